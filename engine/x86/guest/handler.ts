/**
 * The modelled guest's exception handlers, the same as in the recordings' guest: they record the exception and
 * go on. That of #DB reads DR6 and DR7, and DRn for each execute breakpoint that DR6 tells of, by real
 * instructions, which may exit. It never clears DR6.
 *
 * @module
 */
import type { Place, RuleId } from "../../events.ts";
import { type Move, placeIn } from "../../moves.ts";
import { type Insn, readsRegister, writesRegister } from "../../program.ts";
import { HANDLER, OUTCOME, type Outcome } from "../../rules.ts";
import { join64, unsigned } from "../../word64.ts";
import {
  exceptionKind,
  EXIT,
  FIRST_INTERRUPT,
  STOPPED,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { reportTf } from "../moves.ts";
import {
  boundaryCause,
  HANDLER_END,
  leaveByInstruction,
  raiseDb,
} from "../hardware/exceptions.ts";
import { registerName } from "../hardware/reported_access.ts";
import { endNmi, iretIntercepted } from "../hardware/interrupts.ts";
import { linearOf } from "../hardware/linear.ts";
import { accessBit, movDr } from "../hardware/mov_dr.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { RW, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { REG } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";

const POP_FLAGS: Move = {
  cause: "restore",
  to: ["guest", "RFLAGS"],
  from: ["guest", "pushed_RFLAGS"],
  rule: "x86:A6",
};

/** The port that the handler writes to when it gives up. */
export const GIVE_UP_PORT = 0xe2;

/** First step that reads an address register. */
export const READ_DR0 = 3;

/** Executes the handler's next instruction. */
export function handlerStep(f: X86Frame, insn: Insn | null): Outcome {
  const step = f.w[f.vcpu + VCPU.inHandler];
  if (step === HANDLER_END) return finish(f, insn);
  const outcome = movDr(f, handlerRegister(f), false, 0);
  if (outcome === OUTCOME.next) {
    handlerGot(f);
    return OUTCOME.stay;
  }
  return outcome;
}

/** Number of the debug register that the handler's next instruction reads. */
export function handlerRegister(f: X86Frame): number {
  const step = f.w[f.vcpu + VCPU.inHandler];
  return step === 1 ? REG.DR6 : step === 2 ? REG.DR7 : step - READ_DR0;
}

/** The handler's read is complete, its value in the frame: what it does with it, and what it reads next. */
export function handlerGot(f: X86Frame): void {
  const { w, vcpu } = f;
  let step = w[vcpu + VCPU.inHandler];
  if (step === 1) {
    w[vcpu + VCPU.handlerDr6] = f.lo;
  } else if (step === 2) {
    w[vcpu + VCPU.handlerDr7] = f.lo;
  } else if (
    f.lo === savedRip(f) && f.hi === w[vcpu + VCPU.handlerRip + 1]
  ) {
    w[vcpu + VCPU.handlerHit] = 1;
  }
  do step++; while (
    step >= READ_DR0 && step < HANDLER_END && !readsSlot(f, step - READ_DR0)
  );
  w[vcpu + VCPU.inHandler] = step;
}

/** The linear address of the rip in the frame, its low word; a handler that was interrupted is 64-bit code. */
function savedRip(f: X86Frame): number {
  const { w, vcpu } = f;
  const isProgram = w[vcpu + VCPU.outerStep] === 0;
  return linearOf(
    f,
    w[vcpu + VCPU.handlerRip],
    isProgram && w[vcpu + VCPU.code32] !== 0,
  );
}

/** DR6 tells of slot n, which is an enabled execute breakpoint. */
function readsSlot(f: X86Frame, slot: number): boolean {
  const { w, vcpu } = f;
  const dr7 = w[vcpu + VCPU.handlerDr7];
  return (w[vcpu + VCPU.handlerDr6] & (1 << slot)) !== 0 &&
    slotEnabled(dr7, slot) && (slotNibble(dr7, slot) & 3) === RW.execute;
}

/**
 * The handler records the exception and returns, by IRET: a step is due after it with TF, which only KVM or userspace can
 * have set here. Rules x86:A6, x86:A12.
 */
function finish(f: X86Frame, insn: Insn | null): Outcome {
  const { w, vcpu } = f;
  if (iretIntercepted(f)) return leaveByInstruction(f, EXIT.iret);
  const vector = w[vcpu + VCPU.handlerVector];
  report(f, vector);
  const policy = w[vcpu + VCPU.handler];
  if (policy === HANDLER.stop) {
    w[vcpu + VCPU.stopped] = STOPPED.idle;
    return OUTCOME.stay;
  }
  let flags = w[vcpu + VCPU.handlerFlags];
  let lo = w[vcpu + VCPU.handlerRip];
  let hi = w[vcpu + VCPU.handlerRip + 1];
  const atInsn = insn !== null && insn.addressLo === lo &&
    insn.addressHi === hi;
  if (vector === VECTOR.DB) {
    if (w[vcpu + VCPU.handlerHit] !== 0) flags |= FLAGS.RF;
    if (policy === HANDLER.mask) flags = (flags | FLAGS.RF) & ~FLAGS.TF;
    else flags = countStep(f, flags);
    // A transaction that was rolled back would come to its breakpoint again.
    if (
      atInsn && insn.op === "xbegin" &&
      (w[vcpu + VCPU.handlerDr6] & DR6_BITS.RTM) === 0
    ) {
      lo = f.nextLo;
      hi = f.nextHi;
    }
  } else if ((vector === VECTOR.UD || vector === VECTOR.GP) && atInsn) {
    reportFault(f, insn, vector);
    lo = f.nextLo;
    hi = f.nextHi;
  }
  const stepping = (w[vcpu + VCPU.rflags] & FLAGS.TF) !== 0 &&
    !f.bare?.debugged;
  endNmi(f);
  reportTf(f, w[vcpu + VCPU.rflags], flags, POP_FLAGS);
  w[vcpu + VCPU.rflags] = flags;
  if (w[vcpu + VCPU.outerStep] !== 0) {
    resumeOuter(f);
    return stepping ? trapAfterReturn(f, false) : OUTCOME.stay;
  }
  forgetFrame(f);
  w[vcpu + VCPU.pc] = lo;
  w[vcpu + VCPU.pc + 1] = hi;
  const over = insn !== null && lo === f.nextLo && hi === f.nextHi &&
    !(insn.addressLo === lo && insn.addressHi === hi);
  if (stepping) return trapAfterReturn(f, over);
  return over ? OUTCOME.skipped : OUTCOME.stay;
}

/**
 * The step trap of the handler's IRET, which comes before anything else.
 *
 * @param over the program's instruction is over
 */
function trapAfterReturn(f: X86Frame, over: boolean): Outcome {
  const { w, vcpu } = f;
  w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  const returned = over ? OUTCOME.skipped : OUTCOME.stay;
  if (f.bare?.isStepwise) return returned;
  const atProgram = w[vcpu + VCPU.inHandler] === 0;
  const outcome = raiseDb(
    f,
    boundaryCause(f, w[vcpu + VCPU.pendingDb], atProgram),
  );
  if (outcome !== OUTCOME.exits) return returned;
  w[vcpu + VCPU.exitDone] = over ? 1 : 0;
  return outcome;
}

/** The handler returned: nothing of it is left, so that states that differ in nothing else are the same. */
function forgetFrame(f: X86Frame): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.inHandler] = 0;
  w[vcpu + VCPU.handlerVector] = 0;
  w[vcpu + VCPU.handlerError] = 0;
  w[vcpu + VCPU.handlerRip] = 0;
  w[vcpu + VCPU.handlerRip + 1] = 0;
  w[vcpu + VCPU.handlerFlags] = 0;
  w[vcpu + VCPU.handlerDr6] = 0;
  w[vcpu + VCPU.handlerDr7] = 0;
  w[vcpu + VCPU.handlerHit] = 0;
}

/** Clears TF in the flags to return with, once it has seen as many steps as the program asked for. */
function countStep(f: X86Frame, flags: number): number {
  const at = f.vcpu + VCPU.stepsLeft;
  if ((flags & FLAGS.TF) === 0 || f.w[at] === 0) return flags;
  return --f.w[at] === 0 ? flags & ~FLAGS.TF : flags;
}

/** The handler that was interrupted goes on, at the address that all have. */
function resumeOuter(f: X86Frame): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.inHandler] = w[vcpu + VCPU.outerStep];
  w[vcpu + VCPU.handlerVector] = w[vcpu + VCPU.outerVector];
  w[vcpu + VCPU.handlerError] = w[vcpu + VCPU.outerError];
  w[vcpu + VCPU.handlerRip] = w[vcpu + VCPU.outerRip];
  w[vcpu + VCPU.handlerRip + 1] = w[vcpu + VCPU.outerRip + 1];
  w[vcpu + VCPU.handlerFlags] = w[vcpu + VCPU.outerFlags];
  w[vcpu + VCPU.handlerHit] = w[vcpu + VCPU.outerHit];
  w[vcpu + VCPU.outerStep] = 0;
  w[vcpu + VCPU.outerVector] = 0;
  w[vcpu + VCPU.outerError] = 0;
  w[vcpu + VCPU.outerRip] = 0;
  w[vcpu + VCPU.outerRip + 1] = 0;
  w[vcpu + VCPU.outerFlags] = 0;
  w[vcpu + VCPU.outerHit] = 0;
}

/** Where the handler's read finds a register: the CPU, or, if its accesses exit, KVM's copy. */
function readFrom(f: X86Frame, register: number): Place {
  const exits =
    (f.w[f.vcpu + VCPU.vmDrAccesses] & accessBit(register, false)) !== 0;
  return placeIn(f, exits ? "guest" : "cpu", `DR${register}`);
}

function report(f: X86Frame, vector: number): void {
  const { w, vcpu } = f;
  if (f.sink === null) return;
  const error = w[vcpu + VCPU.handlerError];
  f.sink.push({
    kind: "exception",
    vcpu: w[vcpu + VCPU.index],
    exception: exceptionKind(vector),
    values: {
      vector: BigInt(vector),
      rip: join64(w[vcpu + VCPU.handlerRip], w[vcpu + VCPU.handlerRip + 1]),
      ...(error >= 0 ? { error: BigInt(error) } : {}),
      rflags: unsigned(w[vcpu + VCPU.handlerFlags]),
      ...(vector === VECTOR.DB
        ? {
          dr6: unsigned(w[vcpu + VCPU.handlerDr6]),
          dr7: unsigned(w[vcpu + VCPU.handlerDr7]),
        }
        : {}),
    },
    from: vector === VECTOR.DB
      ? { dr6: readFrom(f, REG.DR6), dr7: readFrom(f, REG.DR7) }
      : {},
    rule: ruleOf(vector),
  });
}

/** What an exception of a vector is about. */
function ruleOf(vector: number): RuleId {
  switch (exceptionKind(vector)) {
    case "db":
    case "bp":
      return "x86:A/5";
    case "interrupt":
      return vector >= FIRST_INTERRUPT ? "x86:A15" : "x86:A13";
    case "nmi":
      return "x86:A15";
    default:
      return "x86:A5";
  }
}

/** Says that an access of the program raised an exception instead. */
function reportFault(f: X86Frame, insn: Insn, vector: number): void {
  const isAccess = readsRegister(insn) || writesRegister(insn);
  if (f.sink === null || !isAccess) return;
  f.sink.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU.index],
    access: writesRegister(insn) ? "write" : "read",
    register: registerName(insn.register),
    value: 0n,
    pc: join64(insn.addressLo, insn.addressHi),
    by: vector === VECTOR.UD ? "undef" : "fault",
    name: insn.name,
    rule: "x86:A5",
  });
}
