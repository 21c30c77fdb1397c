/**
 * Single steps over instructions that KVM finishes itself.
 *
 * @module
 */
import { VCPU, VECTOR } from "../blocks.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { FLAGS } from "../registers/rflags.ts";
import { queueDbMerged, queueDbPayload } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { singleSteps, tfSet, usesHwBp } from "./state.ts";
import { debugExit, FILLS, stepExit } from "./user_exits.ts";

/** `kvm_vcpu_do_singlestep()`: to userspace if it steps, else #DB with BS. Rule x86:D27. */
export function doSinglestep(f: KvmFrame): boolean {
  if (singleSteps(f)) {
    stepExit(f);
    return true;
  }
  queueDbPayload(f, DR6_BITS.BS);
  return false;
}

/** 7.2: an emulated #DB goes to userspace also if that uses the hardware breakpoints. Rule x86:D.12a. */
export function injectEmulatedDb(f: KvmFrame, cause: number): boolean {
  if (singleSteps(f) || usesHwBp(f)) {
    debugExit(
      f,
      VECTOR.DB,
      DR6_BITS.RESET | cause,
      FILLS.dr6,
      "x86:D.12a",
    );
    return true;
  }
  queueDbPayload(f, cause);
  return false;
}

/** A step of 7.2. */
export function stepSince72(f: KvmFrame): boolean {
  return injectEmulatedDb(f, DR6_BITS.BS);
}

/** 4.4 and 4.9: pc of the exit is where stepping was asked for. Rule x86:D27. */
export function doSinglestep44(f: KvmFrame): boolean {
  if (!singleSteps(f)) {
    queueDbMerged(f, DR6_BITS.BS);
    return false;
  }
  const { w, vcpu } = f;
  stepExit(f);
  w[vcpu + VCPU.runPc] = w[vcpu + VCPU.singlestepRip];
  w[vcpu + VCPU.runPc + 1] = w[vcpu + VCPU.singlestepRip + 1];
  return true;
}

/** The vendor's part of a skip: the shadow of MOV SS ends, and RF, which SVM still has from before the exit. */
function skipState(f: KvmFrame): void {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.shadow] = 0;
  if ((w[vcpu + VCPU.rflags] & FLAGS.RF) === 0) return;
  kernel.setFlags(f, kernel.getFlags(f) & ~FLAGS.RF);
}

/** `kvm_skip_emulated_instruction()`: steps if TF is really set. Rules x86:D27, x86:F25. */
export function skipSteps(f: KvmFrame): boolean {
  const stepping = tfSet(f);
  skipState(f);
  return stepping && f.kernel.step(f);
}

/** The skip of 4.9 and before: only rip moves. Rule x86:F25. */
export function skipOnly(f: KvmFrame): boolean {
  skipState(f);
  return false;
}

/**
 * The emulator's end since 4.15: a step if TF was set or userspace steps; then the flags as the emulator
 * knows them are written back, without a debugger's TF, so that stepping is lost here.
 *
 * Rules x86:D27, x86:D30.
 */
export function emulatedEnd(f: KvmFrame): boolean {
  const { w, vcpu, kernel } = f;
  const flags = kernel.getFlags(f);
  w[vcpu + VCPU.shadow] = 0;
  const stepping = (flags & FLAGS.TF) !== 0 || singleSteps(f);
  const toUser = stepping && kernel.step(f);
  kernel.setFlags(f, flags & ~FLAGS.RF);
  return toUser;
}

/** The emulator's end in 4.4 and 4.9: a step if TF is really set. Rule x86:D27. */
export function emulatedEnd44(f: KvmFrame): boolean {
  const { w, vcpu, kernel } = f;
  const flags = kernel.getFlags(f);
  w[vcpu + VCPU.shadow] = 0;
  const toUser = tfSet(f) && kernel.step(f);
  kernel.setFlags(f, flags & ~FLAGS.RF);
  return toUser;
}

/** The emulator's end in 2008: no step. Rule x86:D.13. */
export function emulatedEnd2008(f: KvmFrame): boolean {
  f.w[f.vcpu + VCPU.shadow] = 0;
  f.w[f.vcpu + VCPU.rflags] &= ~FLAGS.RF;
  return false;
}
