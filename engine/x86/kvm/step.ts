/**
 * Single steps over instructions that KVM finishes itself, and other #DBs that KVM raises without the CPU.
 *
 * @module
 */
import { fact } from "../../comparison.ts";
import type { Event } from "../../events.ts";
import { VCPU, VECTOR } from "../blocks.ts";
import { flagCondition, reportStepCompared } from "../hardware/comparisons.ts";
import { reportSingleStep } from "../hardware/hits.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { FLAGS } from "../registers/rflags.ts";
import { queueDb } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { singleSteps, tfSet, usesHwBp } from "./state.ts";
import { debugExit, type ExitPc, FILLS, stepExit } from "./user_exits.ts";

/** The debug exit that 7.2 makes for every #DB of its own: dr7 is not filled. Rule x86:D/12a. */
function emulatedDbExit(f: KvmFrame, cause: number, pc?: ExitPc): void {
  debugExit(f, VECTOR.DB, DR6_BITS.RESET | cause, FILLS.dr6, "x86:D/12a", pc);
}

/**
 * `kvm_vcpu_do_singlestep()`: to userspace if it steps, else #DB with BS. 7.2 goes to userspace also if that uses the
 * hardware breakpoints. Until 5.6 pc of the exit is where the step was asked for.
 *
 * @returns true if KVM_RUN returns
 *
 * Rules x86:D27, x86:D/12a.
 */
export function singleStep(f: KvmFrame): boolean {
  const { kernel } = f;
  reportSingleStep(f, "x86:D27");
  const debugged = kernel.oneEmulatedDb && usesHwBp(f);
  if (!singleSteps(f) && !debugged) {
    queueDb(f, DR6_BITS.BS, "x86:D27");
    return false;
  }
  const pc = kernel.stepPc === "requested" ? "requested" : "linear";
  if (kernel.oneEmulatedDb) emulatedDbExit(f, DR6_BITS.BS, pc);
  else stepExit(f, pc);
  return true;
}

/**
 * `kvm_inject_emulated_db()` of 7.2, for code breakpoints and general detect in the emulator.
 *
 * @returns true if KVM_RUN returns
 *
 * Rule x86:D/12a.
 */
export function injectEmulatedDb(f: KvmFrame, cause: number): boolean {
  if (usesHwBp(f) || (f.kernel.oneEmulatedDb && singleSteps(f))) {
    emulatedDbExit(f, cause);
    return true;
  }
  queueDb(f, cause, cause === DR6_BITS.BD ? "x86:D15" : "x86:D25");
  return false;
}

/** Reports whether a step is due where KVM skips an instruction. */
function reportSkipped(f: KvmFrame, steps: boolean): void {
  const unmet = !tfSet(f)
    ? flagCondition(f, "TF", 1, "x86:A6")
    : steps
    ? undefined
    : fact(
      "KVM skips the instruction and does not look for a step there",
      "x86:F25",
    );
  reportStepCompared(f, unmet);
}

/**
 * KVM moved past an instruction: the shadow of MOV SS ends. On SVM RF is still there from before the exit; it goes only
 * where KVM had to decode the instruction to find the next one. A step is due if TF is really set and the kernel looks.
 * RIP is moved by the caller.
 *
 * @param steps the kernel looks: `commonSkipSteps` or `vendorSkipSteps`
 * @returns true if KVM_RUN returns
 *
 * Rules x86:D27, x86:D49, x86:D77, x86:F25.
 */
export function skip(f: KvmFrame, steps: boolean): boolean {
  const { w, vcpu, kernel } = f;
  const stepping = steps && tfSet(f);
  if (f.sink !== null && f.sink.compared) reportSkipped(f, steps);
  const decodes = f.vendor === "svm" && w[vcpu + VCPU.nextRipKnown] === 0;
  w[vcpu + VCPU.shadow] = 0;
  if (decodes && (w[vcpu + VCPU.rflags] & FLAGS.RF) !== 0) {
    kernel.setFlags(f, kernel.getFlags(f) & ~FLAGS.RF);
  }
  return stepping && singleStep(f);
}

/** `skip()` before an exit that is written over a step's, which userspace then does not get. */
export function skipUnseen(f: KvmFrame, steps: boolean): void {
  const { sink } = f;
  if (sink !== null) {
    const push = (event: Event) => {
      if (event.kind !== "user-exit") sink.push(event);
    };
    f.sink = sink.compared ? { push, compared: sink.compared } : { push };
  }
  skip(f, steps);
  f.sink = sink;
}

/**
 * A step is due after an instruction that the emulator worked on.
 *
 * Until 4.11 the real TF counts. Since 4.12 it is the guest's, which is hidden while userspace steps, and SINGLESTEP,
 * which 5.0 to 5.6 forget.
 *
 * Rule x86:D27, bug x86:F28.
 */
export function emulatorStepDue(f: KvmFrame): boolean {
  const { kernel } = f;
  switch (kernel.emulatorSteps) {
    case "real-tf":
      return tfSet(f);
    case "guest-tf":
      return (kernel.getFlags(f) & FLAGS.TF) !== 0;
    case "guest-tf-or-singlestep":
      return (kernel.getFlags(f) & FLAGS.TF) !== 0 || singleSteps(f);
    default:
      return kernel.emulatorSteps satisfies never;
  }
}

/**
 * The emulator looks for a step and writes the flags back as it knows them: without a debugger's TF, so that stepping
 * is lost where RIP has moved. Until 4.9 a guest's own step loses TF too.
 *
 * @param clears bits of RFLAGS that the instruction clears
 * @param sets bits that it sets
 * @returns true if KVM_RUN returns
 *
 * Rules x86:D27, x86:D30, bug x86:F34.
 */
export function emulatorTail(f: KvmFrame, clears: number, sets = 0): boolean {
  const { kernel } = f;
  let flags = kernel.getFlags(f) & ~clears | sets;
  const due = emulatorStepDue(f);
  const toUser = due && singleStep(f);
  if (due && !toUser && !kernel.emulatedStepKeepsTf) flags &= ~FLAGS.TF;
  kernel.setFlags(f, flags);
  return toUser;
}

/** The emulator's end since 4.4. Rules x86:D27, x86:D30. */
export function emulatedEnd(f: KvmFrame): boolean {
  f.w[f.vcpu + VCPU.shadow] = 0;
  return emulatorTail(f, FLAGS.RF);
}

/** The emulator's end in 2008: no step. Rule x86:D/13. */
export function emulatedEnd2008(f: KvmFrame): boolean {
  f.w[f.vcpu + VCPU.shadow] = 0;
  f.w[f.vcpu + VCPU.rflags] &= ~FLAGS.RF;
  return false;
}
