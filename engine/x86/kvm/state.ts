/**
 * Questions that KVM's rules ask of the state.
 *
 * @module
 */
import { linearRip } from "../hardware/linear.ts";
import { CPU, EVENTS, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { isProtected } from "../hardware/protected.ts";
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

/** TF and RF, where KVM's step for an NMI has set them and they are not the guest's too. */
export function addedFlags(events: number): number {
  return ((events & EVENTS.stepTf) === 0 ? FLAGS.TF : 0) |
    ((events & EVENTS.stepRf) === 0 ? FLAGS.RF : 0);
}

/**
 * The vendor's get_rflags: with a debugger's TF. Since 4.13 TF and RF of SVM's step for an NMI are hidden, unless they
 * are the guest's too.
 *
 * `svm_get_rflags()`, svm.c. Rule x86:D55, bug x86:F17.
 */
export function vendorFlags({ w, vcpu, kernel }: KvmFrame): number {
  const flags = w[vcpu + VCPU.rflags];
  const events = w[vcpu + VCPU.events];
  if ((events & EVENTS.nmiStep) === 0 || !kernel.hidesNmiStep) return flags;
  return flags & ~addedFlags(events);
}

/** TF as the CPU has it for the guest or a debugger. */
export function tfSet(f: KvmFrame): boolean {
  // KVM does not see the flags of a protected guest.
  return !isProtected(f) &&
    (vendorFlags(f) & FLAGS.TF) !== 0;
}

/** `kvm_is_linear_rip(vcpu, singlestep_rip)`: both have the base of CS or neither does. Rule x86:D/17.3. */
export function atSinglestepRip(f: KvmFrame): boolean {
  const { w, vcpu } = f;
  const lo = f.kernel.stepRip === "base-plus-rip"
    ? linearRip(f)
    : w[vcpu + VCPU.pc];
  return lo === w[vcpu + VCPU.singlestepRip] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.singlestepRip + 1];
}
