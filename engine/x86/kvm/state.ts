/**
 * Questions that KVM's rules ask of the state.
 *
 * @module
 */
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { FLAGS } from "../registers/rflags.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

/** Userspace uses the hardware breakpoints. */
export function usesHwBp(f: X86Frame): boolean {
  return (f.w[f.vcpu + VCPU.guestDebug] & GUESTDBG.USE_HW_BP) !== 0;
}

/** Userspace single-steps the guest. */
export function singleSteps(f: X86Frame): boolean {
  return (f.w[f.vcpu + VCPU.guestDebug] & GUESTDBG.SINGLESTEP) !== 0;
}

/** `hw_breakpoint_active()`: the host has breakpoints on this CPU. Rule x86:E3. */
export function hostActive(f: X86Frame): boolean {
  return (f.w[f.cpu + CPU.hostDr7] & DR7_BITS.GLOBAL) !== 0;
}

/** TF as the CPU has it, not as KVM shows it. */
export function tfSet(f: X86Frame): boolean {
  return (f.w[f.vcpu + VCPU.rflags] & FLAGS.TF) !== 0;
}

/** `kvm_is_linear_rip(vcpu, singlestep_rip)`. */
export function atSinglestepRip(f: KvmFrame): boolean {
  const { w, vcpu } = f;
  return w[vcpu + VCPU.pc] === w[vcpu + VCPU.singlestepRip] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.singlestepRip + 1];
}
