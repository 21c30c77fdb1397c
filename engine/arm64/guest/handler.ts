/**
 * The modelled guest's exception handler, as the recordings' guest has it: it records the exception and goes on
 * after the instruction that caused it.
 *
 * Its code is a branch at the vector and a routine at 0x40000800. While it cannot be observed, it is done at once;
 * while userspace steps the guest or has breakpoints in it, it is executed an instruction at a time.
 *
 * @module
 */
import type { ExceptionKind } from "../../events.ts";
import type { Insn } from "../../program.ts";
import { HANDLER, OUTCOME, type Outcome, VCPU_BASE } from "../../rules.ts";
import { get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { checkBreakpoints } from "../hardware/breakpoints.ts";
import {
  MDSCR_MDE,
  MDSCR_SS,
  PSTATE_D,
  routesToEl2,
} from "../hardware/debug_exceptions.ts";
import { EC, FROM_SAME_LEVEL } from "../hardware/exception_class.ts";
import { VECTORS } from "../hardware/exception_entry.ts";
import {
  instructionStepped,
  PSTATE_SS,
  returnFromEl1,
  returnToOwnLevel,
  STEP,
  stepState,
} from "../hardware/software_step.ts";

/** Where the handler's routine is. */
const ROUTINE = VECTORS + 0x800;

/** Handler instructions by number, counted from 1: what they do for the model. */
const AT = {
  /** The branch at the vector. */
  branch: 1,
  /** After registers are saved and ESR, FAR, ELR and SPSR are read: the store that counts the entry of the log. */
  record: 12,
  /** ERET, after registers are restored. */
  return: 20,
} as const;

/** Exceptions after which the handler masks debug exceptions for good, so that a program ends. */
const EXCEPTIONS_MAX = 20;

/** Immediate of the SVC that asks the handler to return with SPSR.SS set. */
const SVC_STEP = 0x53;

const IMMEDIATE = 0xffff;

/** The exception class of ESR_EL1. */
function classOf(f: Arm64Frame): number {
  return f.w[f.vcpu + VCPU.esr] >>> 26;
}

/** What scenarios call an exception. */
export function kindOf(exceptionClass: number): ExceptionKind {
  switch (exceptionClass) {
    case EC.svc:
      return "svc";
    case EC.brk:
      return "brk";
    case EC.breakpointLower:
    case EC.breakpointLower | FROM_SAME_LEVEL:
      return "breakpoint";
    case EC.stepLower:
    case EC.stepLower | FROM_SAME_LEVEL:
      return "step";
    case EC.watchpointLower:
    case EC.watchpointLower | FROM_SAME_LEVEL:
      return "watchpoint";
    default:
      // UNDEFINED, and what EL0 may not access.
      return "undef";
  }
}

/** A new program: nothing is recorded yet, and debug exceptions may be unmasked again. */
export function beginProgram(f: Arm64Frame): void {
  f.w[f.vcpu + VCPU.exceptions] = 0;
  f.w[f.vcpu + VCPU.gaveUp] = 0;
}

function record(f: Arm64Frame): void {
  const { w } = f;
  const count = w[f.vcpu + VCPU.exceptions] + 1;
  w[f.vcpu + VCPU.exceptions] = count;
  if (count >= EXCEPTIONS_MAX) w[f.vcpu + VCPU.gaveUp] = 1;
  if (f.sink === null) return;
  const exceptionClass = classOf(f);
  f.sink.push({
    kind: "exception",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exception: kindOf(exceptionClass),
    values: {
      esr: get64(w, f.vcpu + VCPU.esr),
      ec: BigInt(exceptionClass),
      far: get64(w, f.vcpu + VCPU.farEl1),
      elr: get64(w, f.vcpu + VCPU.elr),
      spsr: BigInt(w[f.vcpu + VCPU.spsr] >>> 0),
    },
    rule: "arm64:A/8",
  });
}

/** True while something outside may stop the guest within its handler, or looks on. */
function isObserved(f: Arm64Frame): boolean {
  if (f.bare?.isStepwise) return true;
  return routesToEl2(f) &&
    (f.w[f.cpu + CPU.mdscr] & (MDSCR_SS | MDSCR_MDE)) !== 0;
}

/**
 * What the handler makes of SPSR and ELR, by the kind of exception and the policy; then ERET.
 *
 * @returns true if it returned past the instruction, and not to it
 */
function returnToProgram(f: Arm64Frame): boolean {
  const { w } = f;
  const mask = w[f.vcpu + VCPU_BASE.handler] === HANDLER.mask;
  const elr = f.vcpu + VCPU.elr;
  let spsr = w[f.vcpu + VCPU.spsr];
  const kind = kindOf(classOf(f));
  let skips = false;
  switch (kind) {
    case "svc":
      if ((w[f.vcpu + VCPU.esr] & IMMEDIATE) === SVC_STEP) spsr |= PSTATE_SS;
      break;
    case "step":
      spsr |= PSTATE_SS;
      break;
    case "breakpoint":
    case "watchpoint":
      if (mask) spsr |= PSTATE_D;
      else skips = true;
      break;
    default:
      // An undefined instruction and a BRK would come again for ever.
      skips = true;
  }
  if (skips) {
    w[elr] = f.nextLo;
    w[elr + 1] = f.nextHi;
  }
  if (w[f.vcpu + VCPU.gaveUp] !== 0) spsr |= PSTATE_D;
  const pc = f.vcpu + VCPU_BASE.pc;
  w[pc] = w[elr];
  w[pc + 1] = w[elr + 1];
  w[f.vcpu + VCPU_BASE.inHandler] = 0;
  returnFromEl1(f, spsr);
  return skips || kind === "svc";
}

/** What an instruction of the handler did. */
type Done = "stops" | "goes-on" | "returns" | "returns-past";

/** Executes handler instruction `number`. */
function execute(f: Arm64Frame, number: number): Done {
  const { w } = f;
  const pc = f.vcpu + VCPU_BASE.pc;
  w[f.vcpu + VCPU_BASE.inHandler] = number + 1;
  w[pc] = ROUTINE + 4 * (number - AT.branch);
  w[pc + 1] = 0;
  switch (number) {
    case AT.record:
      record(f);
      if (w[f.vcpu + VCPU_BASE.handler] === HANDLER.stop) {
        w[f.vcpu + VCPU_BASE.stopped] = 1;
        return "stops";
      }
      return "goes-on";
    case AT.return:
      return returnToProgram(f) ? "returns-past" : "returns";
    default:
      return "goes-on";
  }
}

/**
 * What the machine is to do after an instruction of the handler. Past the instruction is past it even where the
 * program goes on at the same address; a step that was reported after its instruction returns elsewhere.
 */
function outcomeOf(f: Arm64Frame, insn: Insn | null, done: Done): Outcome {
  const { w } = f;
  const pc = f.vcpu + VCPU_BASE.pc;
  switch (done) {
    case "stops":
      return OUTCOME.drained;
    case "goes-on":
      return OUTCOME.stay;
    case "returns":
      if (
        insn === null ||
        (w[pc] === insn.addressLo && w[pc + 1] === insn.addressHi)
      ) return OUTCOME.stay;
      returnToOwnLevel(f);
      return OUTCOME.next;
    case "returns-past":
      if (insn === null) return OUTCOME.stay;
      returnToOwnLevel(f);
      return OUTCOME.skipped;
    default:
      return done satisfies never;
  }
}

/** The rest of the handler at once. */
function complete(f: Arm64Frame, insn: Insn | null): Outcome {
  const { w } = f;
  const at = f.vcpu + VCPU_BASE.inHandler;
  let done: Done = "returns";
  while (w[at] !== 0) {
    done = execute(f, w[at]);
    if (done === "stops") break;
  }
  return outcomeOf(f, insn, done);
}

/** One instruction of the handler, with a debugger looking on. */
function stepThrough(f: Arm64Frame, insn: Insn | null): Outcome {
  const { w } = f;
  if (checkBreakpoints(f) !== 0) return OUTCOME.exits;
  const stepped = stepState(f) === STEP.activeNotPending;
  const done = execute(f, w[f.vcpu + VCPU_BASE.inHandler]);
  if (stepped && done !== "stops") instructionStepped(f);
  return outcomeOf(f, insn, done);
}

/**
 * Goes on in the handler: to its end, or by one instruction if a debugger may look on.
 *
 * @param insn the program's instruction that is pending
 * @returns `skipped` once the handler returned past the instruction, `stay` if it did not return or returned to it
 */
export function continueHandler(f: Arm64Frame, insn: Insn | null): Outcome {
  return isObserved(f) ? stepThrough(f, insn) : complete(f, insn);
}

/** The guest took an exception: its handler is done at once, unless a debugger may look on. */
export function enterHandler(f: Arm64Frame, insn: Insn | null): Outcome {
  return isObserved(f) ? OUTCOME.stay : complete(f, insn);
}
