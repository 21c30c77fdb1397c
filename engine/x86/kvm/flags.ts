/**
 * RFLAGS between KVM and userspace: TF of a debugger's single step is hidden.
 *
 * @module
 */
import { VCPU } from "../blocks.ts";
import { FLAGS } from "../registers/rflags.ts";
import type { KvmFrame } from "./kernel.ts";
import { atSinglestepRip, singleSteps } from "./state.ts";

/** `kvm_get_rflags()`: without TF while userspace steps. Rule x86:D30. */
export function getFlags(f: KvmFrame): number {
  const flags = f.w[f.vcpu + VCPU.rflags];
  return singleSteps(f) ? flags & ~FLAGS.TF : flags;
}

/** `kvm_set_rflags()`: with TF where userspace asked for the step, and only there. Rule x86:D30. */
export function setFlags(f: KvmFrame, flags: number): void {
  const step = singleSteps(f) && atSinglestepRip(f);
  f.w[f.vcpu + VCPU.rflags] = step ? flags | FLAGS.TF : flags;
}
