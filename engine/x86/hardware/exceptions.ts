/**
 * Exceptions as the CPU raises and delivers them: intercepted, or taken by the guest's own handler.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Move, setWord } from "../../moves.ts";
import { reportStopped } from "../../reports.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import {
  CPU,
  EXIT,
  NO_ERROR,
  SHADOW,
  STOPPED,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { reportTf } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { FLAGS } from "../registers/rflags.ts";
import { dr7Arms } from "./armed.ts";
import { reportCodeCompared } from "./comparisons.ts";
import { clearBranchSteps } from "./debugctl.ts";
import { reportCodeHits } from "./hits.ts";
import { linearRip } from "./linear.ts";
import { codeMatches, executeSlotInPage, reported } from "./match.ts";
import { UNMET, type Unmet } from "./unmet.ts";

/** Step of the modelled handler at which it has read all that it reads. */
export const HANDLER_END = 7;

/** Exceptions of one program that the modelled handler logs. At the next one it gives up and tells userspace through a port. */
export const EXCEPTIONS_MAX = 24;

/** Where the modelled handler's code is: outside of every program. */
export const HANDLER_ADDRESS = 0x8000;

const DR6_HIT: Move = {
  cause: "deliver",
  to: ["cpu", "DR6"],
  from: null,
  rule: "x86:A/3",
};
const DR7_GD: Move = {
  cause: "deliver",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:A5",
};

const PUSH_FLAGS: Move = {
  cause: "save",
  to: ["guest", "pushed_RFLAGS"],
  from: ["guest", "RFLAGS"],
  rule: "x86:A6",
};
const CLEAR_TF: Move = {
  cause: "force",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:A6",
};

/** Flags that the CPU clears as it enters a handler through an interrupt gate, as all of the modelled guest's are. Rule x86:A13. */
const CLEARED_BY_GATE = FLAGS.TF | FLAGS.IF | FLAGS.NT | FLAGS.RF | FLAGS.VM;

/** Leaves the guest: the exit step comes next. */
export function leave(f: X86Frame, reason: number, data = 0): Outcome {
  f.w[f.vcpu + VCPU.exitReason] = reason;
  f.w[f.vcpu + VCPU.exitData] = data;
  f.w[f.vcpu + VCPU.exitDone] = 0;
  return OUTCOME.exits;
}

/**
 * Leaves the guest because of an instruction. VMX saves RF as 0, SVM as it stands.
 *
 * Rule x86:A/6.
 */
export function leaveByInstruction(
  f: X86Frame,
  reason: number,
  data = 0,
): Outcome {
  const { w } = f;
  const flags = w[f.vcpu + VCPU.rflags];
  if (f.vendor === "vmx") w[f.vcpu + VCPU.rflags] = flags & ~FLAGS.RF;
  if (f.model.exitLeavesStep && (flags & FLAGS.TF) !== 0) {
    w[f.vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  }
  // Saved as pending debug exceptions.
  w[f.vcpu + VCPU.pendingDb] |= w[f.vcpu + VCPU.latentDb];
  w[f.vcpu + VCPU.latentDb] = 0;
  return leave(f, reason, data);
}

/**
 * Leaves the guest because nothing answers at an address. It is like a fault: VMX saves RF as 1, so that no
 * execute breakpoint is looked for again. Rule x86:A/6.6.
 */
export function leaveByAccess(f: X86Frame, isWrite: boolean): Outcome {
  const outcome = leaveByInstruction(f, EXIT.mmio, isWrite ? 1 : 0);
  if (f.vendor === "vmx" && f.model.accessExitSetsRf) {
    f.w[f.vcpu + VCPU.rflags] |= FLAGS.RF;
  }
  return outcome;
}

/** True if the exception exits instead of being delivered. */
export function intercepted(f: X86Frame, vector: number): boolean {
  return (f.w[f.vcpu + VCPU.vmExceptions] & (1 << vector)) !== 0;
}

/** A #DB leaves these of B0 to B3 of DR6 as they were. Rule x86:A/3. */
export function keepsTraps({ bare }: X86Frame, dr6: number): void {
  if (bare !== undefined) bare.leftStatus = dr6 & DR6_BITS.TRAPS;
}

/**
 * DR6 after a #DB: B0 to B3 are replaced; BD, BS and BT stay, and the active-low bits go to 0 for what happened.
 *
 * Rule x86:A/3.
 */
function recordCause(f: X86Frame, bits: number): void {
  const keep = f.w[f.cpu + CPU.dr6] & ~DR6_BITS.TRAPS;
  keepsTraps(f, 0);
  const low = bits & (DR6_BITS.RTM | DR6_BITS.BLD);
  setWord(f, f.cpu + CPU.dr6, (keep | (bits & 0xe00f)) & ~low, DR6_HIT);
}

/**
 * Raises #DB.
 *
 * Intercepted by VMX it leaves DR6, DR7.GD and DEBUGCTL alone and gives the cause as exit data; by SVM it sets DR6 and
 * clears DEBUGCTL.BTF as if delivered. Delivered, it sets DR6 and clears DR7.GD and BTF.
 *
 * @param cause as active-high bits of DR6
 *
 * Rules x86:A4, x86:A5, x86:A20, x86:A/6.
 */
export function raiseDb(f: X86Frame, cause: number): Outcome {
  const { w } = f;
  const bits = cause | w[f.vcpu + VCPU.latentDb];
  w[f.vcpu + VCPU.pendingDb] = 0;
  w[f.vcpu + VCPU.latentDb] = 0;
  if (intercepted(f, VECTOR.DB)) {
    if (f.vendor === "svm") {
      recordCause(f, bits);
      clearBranchSteps(f);
    }
    return leave(f, EXIT.db, bits);
  }
  recordCause(f, bits);
  clearBranchSteps(f);
  clearGeneralDetect(f);
  deliver(f, VECTOR.DB, NO_ERROR, "x86:A/5");
  return OUTCOME.stay;
}

/** The CPU clears DR7.GD as it enters the #DB handler. Rule x86:A5. */
export function clearGeneralDetect(f: X86Frame): void {
  const dr7 = f.w[f.cpu + CPU.dr7];
  if ((dr7 & DR7_BITS.GD) === 0) return;
  setWord(f, f.cpu + CPU.dr7, dr7 & ~DR7_BITS.GD, DR7_GD);
}

/** An exception drops what no #DB has told yet, where the CPU does so. */
export function dropTraps(f: X86Frame): void {
  f.w[f.vcpu + VCPU.latentDb] = 0;
  if (f.model.exceptionDropsHeld) f.w[f.vcpu + VCPU.pendingDb] = 0;
}

/**
 * An exit caused by a software exception: VMX saves the flags as they would be pushed, with RF=0.
 *
 * Rule x86:A/6.3.
 */
export function leaveBySoftwareException(
  f: X86Frame,
  reason: number,
  data = 0,
): Outcome {
  if (f.vendor === "vmx") f.w[f.vcpu + VCPU.rflags] &= ~FLAGS.RF;
  return leave(f, reason, data);
}

/** Raises a fault that is not #DB: RF is 1 in the flags that it pushes. Rule x86:A16. */
export function raiseFault(
  f: X86Frame,
  vector: number,
  error: number,
): Outcome {
  dropTraps(f);
  if (intercepted(f, vector)) return leave(f, EXIT.ud);
  if (f.model.faultsPushRf) f.w[f.vcpu + VCPU.rflags] |= FLAGS.RF;
  deliver(f, vector, error, "x86:A16");
  return OUTCOME.stay;
}

/** An exception is raised and not delivered yet: only on a bare machine that goes stepwise. */
export function isRaised({ w, vcpu, bare }: X86Frame): boolean {
  return bare !== undefined && w[vcpu + VCPU.pendingException] !== 0;
}

/** Delivers an exception: at once, or on a bare machine that goes stepwise in a step of its own. */
export function deliver(
  f: X86Frame,
  vector: number,
  error: number,
  rule: RuleId,
): void {
  if (f.bare?.isStepwise) {
    f.w[f.vcpu + VCPU.pendingException] = vector + 1;
    f.w[f.vcpu + VCPU.pendingError] = error;
  } else enterHandler(f, vector, error, rule);
}

/**
 * Enters the guest's handler: the saved rip is the current one, and the saved flags too.
 *
 * A second exception inside the handler keeps the first one's frame aside; a third stops the guest, as a
 * triple fault would.
 *
 * Rules x86:A1, x86:A6.
 */
export function enterHandler(
  f: X86Frame,
  vector: number,
  error: number,
  rule: RuleId,
): void {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.inHandler] !== 0) {
    if (w[vcpu + VCPU.outerStep] !== 0) {
      w[vcpu + VCPU.stopped] = STOPPED.idle;
      reportStopped(
        f,
        "third exception inside the guest's handlers: it stops",
        rule,
      );
      return;
    }
    w[vcpu + VCPU.outerStep] = w[vcpu + VCPU.inHandler];
    w[vcpu + VCPU.outerVector] = w[vcpu + VCPU.handlerVector];
    w[vcpu + VCPU.outerError] = w[vcpu + VCPU.handlerError];
    w[vcpu + VCPU.outerRip] = w[vcpu + VCPU.handlerRip];
    w[vcpu + VCPU.outerRip + 1] = w[vcpu + VCPU.handlerRip + 1];
    w[vcpu + VCPU.outerFlags] = w[vcpu + VCPU.handlerFlags];
    w[vcpu + VCPU.outerHit] = w[vcpu + VCPU.handlerHit];
  }
  const flags = w[vcpu + VCPU.rflags];
  const taken = flags & ~CLEARED_BY_GATE;
  reportTf(f, 0, flags, PUSH_FLAGS);
  reportTf(f, flags, taken, CLEAR_TF);
  w[vcpu + VCPU.handlerVector] = vector;
  w[vcpu + VCPU.handlerError] = error;
  w[vcpu + VCPU.handlerRip] = w[vcpu + VCPU.pc];
  w[vcpu + VCPU.handlerRip + 1] = w[vcpu + VCPU.pc + 1];
  w[vcpu + VCPU.handlerFlags] = flags;
  w[vcpu + VCPU.handlerHit] = 0;
  w[vcpu + VCPU.rflags] = taken;
  w[vcpu + VCPU.inHandler] = vector === VECTOR.DB ? 1 : HANDLER_END;
  w[vcpu + VCPU.pc] = HANDLER_ADDRESS + 0x10_0000 * w[vcpu + VCPU.index];
  w[vcpu + VCPU.pc + 1] = 0;
  if (++w[vcpu + VCPU.exceptions] > EXCEPTIONS_MAX) {
    w[vcpu + VCPU.stopped] = STOPPED.atOut;
  }
}

/**
 * What #DB there is at an instruction boundary: the traps that are due, with the execute breakpoint of the
 * next instruction joined in, if one hits.
 *
 * @param traps due traps, active-high bits of DR6
 * @param atProgram false while the handler runs, whose code no breakpoint is at
 *
 * Rule x86:A4.
 */
export function boundaryCause(
  f: X86Frame,
  traps: number,
  atProgram: boolean,
): number {
  if (!atProgram) return traps;
  const matches = codeAt(f);
  const told = toldOf(f, matches);
  switch (f.model.boundaryTells) {
    case "enabled":
      return traps | told;
    case "armed":
      return traps | matches;
    case "all":
      return traps | told | codeSlots(f);
  }
}

/** The instruction boundary drops matches of slots that are not enabled, where the CPU handles an event there. */
export function boundaryDropsLatent(f: X86Frame): void {
  const { w, vcpu, cpu } = f;
  if (w[vcpu + VCPU.latentDb] === 0) return;
  const [lo, hi] = [linearRip(f), w[vcpu + VCPU.pc + 1]];
  const handlesEvent = (w[vcpu + VCPU.rflags] & FLAGS.TF) !== 0 ||
    executeSlotInPage(w, cpu + CPU.dr, w[cpu + CPU.dr7], lo, hi);
  if (handlesEvent) w[vcpu + VCPU.latentDb] = 0;
}

/** The shadow of MOV SS holds debug traps. Rule x86:A7. */
export function trapsHeld({ w, vcpu }: X86Frame): boolean {
  return (w[vcpu + VCPU.shadow] & SHADOW.movSs) !== 0;
}

/** What holds execute breakpoints back at the program counter. Rules x86:A1, x86:A7. */
export function codeHeldBack(f: X86Frame): Unmet {
  const { w, vcpu } = f;
  if (!dr7Arms(f)) return UNMET.unarmed;
  if ((w[vcpu + VCPU.rflags] & FLAGS.RF) !== 0) return UNMET.resumeFlag;
  return f.vendor === "vmx" && trapsHeld(f) ? UNMET.shadow : UNMET.none;
}

/**
 * Execute breakpoints that hit at the program counter.
 *
 * RF suppresses them, and on Intel the shadow of MOV SS. Rules x86:A1, x86:A7.
 */
export function codeHits(f: X86Frame): number {
  return toldOf(f, codeAt(f));
}

/** Of execute slots that match, those that the CPU reports. */
function toldOf(f: X86Frame, matches: number): number {
  const dr7 = f.w[f.cpu + CPU.dr7];
  const hits = reported(matches, dr7, f.model.reportsDisabled);
  if (hits !== 0 && f.sink !== null) reportCodeHits(f, hits);
  return hits;
}

/** Execute slots that match at the program counter, enabled or not. */
function codeSlots(f: X86Frame): number {
  const { w, vcpu, cpu } = f;
  return codeMatches(
    w,
    cpu + CPU.dr,
    w[cpu + CPU.dr7],
    linearRip(f),
    w[vcpu + VCPU.pc + 1],
    f.model.executeRange,
  );
}

/** The same, unless none is enabled or they are suppressed. */
function codeAt(f: X86Frame): number {
  const { w, cpu } = f;
  if (f.sink !== null && f.sink.compared) {
    reportCodeCompared(f, codeHeldBack(f));
  }
  const dr7 = w[cpu + CPU.dr7];
  if ((dr7 & DR7_BITS.ENABLES) === 0) return 0;
  if (f.bare?.debugged || codeHeldBack(f) !== UNMET.none) return 0;
  return codeSlots(f);
}
