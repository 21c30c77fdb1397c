/**
 * RFLAGS between KVM and userspace: TF of a debugger's single step is hidden.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import { EVENTS, VCPU } from "../blocks.ts";
import { reportTf } from "../moves.ts";
import { FLAGS } from "../registers/rflags.ts";
import type { KvmFrame } from "./kernel.ts";
import { atSinglestepRip, singleSteps, vendorFlags } from "./state.ts";

const OWN_TF: Move = {
  cause: "decide",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:D30",
};

/** `kvm_get_rflags()`: without TF while userspace steps. Rule x86:D30. */
export function getFlags(f: KvmFrame): number {
  const flags = vendorFlags(f);
  return singleSteps(f) ? flags & ~FLAGS.TF : flags;
}

/**
 * `kvm_set_rflags()`: with TF where userspace asked for the step, and only there.
 *
 * @param move of a value that userspace gives; TF alone is reported without it
 *
 * Rule x86:D30.
 */
export function setFlags(f: KvmFrame, flags: number, move?: Move): void {
  const step = singleSteps(f) && atSinglestepRip(f);
  const at = f.vcpu + VCPU.rflags;
  const forNmi = f.kernel.hidesNmiStep &&
    (f.w[f.vcpu + VCPU.events] & EVENTS.nmiStep) !== 0;
  const shown = step ? flags | FLAGS.TF : flags;
  const stored = forNmi ? shown | FLAGS.TF | FLAGS.RF : shown;
  if (move) setWord(f, at, stored, move);
  else {
    reportTf(f, f.w[at], stored, OWN_TF);
    f.w[at] = stored;
  }
}
