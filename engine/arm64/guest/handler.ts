/**
 * The modelled guest's exception handler, as the recordings' guest has it: it records the exception and goes on
 * after the instruction that caused it.
 *
 * Its code is a branch at the vector and a routine at 0x40000800, for interrupts another at 0x40000c00, for SErrors one at
 * 0x40000c40, which return to where they came. While it cannot be observed, it is done at once;
 * while userspace steps the guest or has breakpoints in it, it is executed an instruction at a time.
 *
 * @module
 */
import type { ExceptionKind } from "../../events.ts";
import { type Insn, makeInsn } from "../../program.ts";
import { HANDLER, OUTCOME, type Outcome, VCPU_BASE } from "../../rules.ts";
import { get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { checkBreakpoints } from "../hardware/breakpoints.ts";
import { accessMemory } from "../hardware/data_access.ts";
import {
  MDSCR_MDE,
  MDSCR_SS,
  PSTATE_D,
  routesToEl2,
} from "../hardware/debug_exceptions.ts";
import { EC, FROM_SAME_LEVEL } from "../hardware/exception_class.ts";
import { AT_VECTOR, VECTORS } from "../hardware/exception_entry.ts";
import { acknowledge, ASYNCHRONOUS } from "../hardware/interrupts.ts";
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

/** In `inHandler` the routine's instruction of index n is `FIRST` + n, after the branch at the vector. */
const FIRST = 2;

/**
 * Instructions of the routine by index: the one that does something for the model, and those after which it goes on
 * elsewhere. They are those of the recorder's handler, `recorder/arm64/handler.c`.
 */
const AT = {
  /** Stores the first half of an entry of the log. */
  recordHalf: 3,
  /** Stores the second half of an entry of the log; ESR, ELR, FAR and SPSR are read by then. */
  record: 6,
  /** CBNZ: unless this is the last exception that is counted, it jumps over ORR and MSR, which set SPSR.D. */
  counts: 8,
  afterCount: 11,
  /** B.EQ, for SVC. */
  isSvc: 14,
  /** B.EQ, for a software step from EL1, and for one from EL0. */
  isStep: 16,
  isStepLower: 18,
  /** ERET, to the instruction after the one in ELR. */
  returnPast: 22,
  svc: 23,
  /** B.EQ, for the SVC that asks for SPSR.SS. */
  asksForStep: 25,
  /** ERET, after SVC. */
  returnFromSvc: 26,
  setStep: 27,
  /** ERET, with SPSR.SS set. */
  returnStepping: 30,
} as const;

/**
 * The routines for interrupts and for SErrors: where each is, the number of its first instruction in `inHandler`, and the
 * instructions that do something for the model, by index. They are those of `recorder/arm64/handler.c`.
 */
const ASYNCHRONOUS_ROUTINES = {
  interrupt: {
    address: VECTORS + 0xc00,
    first: 64,
    /** MRS of ICC_IAR1_EL1: the interrupt is acknowledged. Rule arm64:A/17.2. */
    acknowledge: 0,
    /** Store the two halves of an entry of the log. */
    recordHalf: 2,
    record: 4,
    /** ERET. */
    return: 7,
  },
  serror: {
    address: VECTORS + 0xc40,
    first: 80,
    acknowledge: -1,
    recordHalf: 2,
    record: 5,
    return: 7,
  },
} as const;

/** The routine that an instruction of that number is of; undefined if it is of the one for synchronous exceptions. */
function asynchronousRoutine(number: number) {
  const { interrupt, serror } = ASYNCHRONOUS_ROUTINES;
  if (number >= serror.first) return serror;
  return number >= interrupt.first ? interrupt : undefined;
}

/** The exception of a program after which the handler returns with debug exceptions masked. */
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

/** A new program: nothing is recorded yet. */
export function beginProgram(f: Arm64Frame): void {
  f.w[f.vcpu + VCPU.exceptions] = 0;
}

/** The kind of the exception that the handler is in, or was last. */
export function handledKind(f: Arm64Frame): ExceptionKind {
  switch (f.w[f.vcpu + VCPU.asynchronous]) {
    case ASYNCHRONOUS.interrupt:
      return "interrupt";
    case ASYNCHRONOUS.serror:
      return "serror";
    default:
      return kindOf(classOf(f));
  }
}

function record(f: Arm64Frame): void {
  const { w } = f;
  w[f.vcpu + VCPU.exceptions]++;
  if (f.sink === null) return;
  const kind = handledKind(f);
  // What an interrupt does not write is older.
  const own: Record<string, bigint> = kind === "interrupt"
    ? { intid: BigInt(w[f.vcpu + VCPU.intid]) }
    : {
      esr: get64(w, f.vcpu + VCPU.esr),
      ec: BigInt(classOf(f)),
      far: get64(w, f.vcpu + VCPU.farEl1),
    };
  f.sink.push({
    kind: "exception",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exception: kind,
    values: {
      ...own,
      elr: get64(w, f.vcpu + VCPU.elr),
      spsr: BigInt(w[f.vcpu + VCPU.spsr] >>> 0),
    },
    rule: kind === "interrupt" || kind === "serror"
      ? "arm64:A/17"
      : "arm64:A/8",
  });
}

/** True while something outside may stop the guest within its handler, or looks on. */
function isObserved(f: Arm64Frame): boolean {
  if (f.bare?.isStepwise) return true;
  return routesToEl2(f) &&
    (f.w[f.cpu + CPU.mdscr] & (MDSCR_SS | MDSCR_MDE)) !== 0;
}

/** The handler masks debug exceptions once, so that a program that goes on taking them can end. */
function isLastCounted({ w, vcpu }: Arm64Frame): boolean {
  return w[vcpu + VCPU.exceptions] === EXCEPTIONS_MAX;
}

function asksForStep({ w, vcpu }: Arm64Frame): boolean {
  return (w[vcpu + VCPU.esr] & IMMEDIATE) === SVC_STEP;
}

/** Index of the instruction that the routine executes after another one. */
function following(f: Arm64Frame, index: number): number {
  const exceptionClass = classOf(f);
  const next = index + 1;
  switch (index) {
    case AT.counts:
      return isLastCounted(f) ? next : AT.afterCount;
    case AT.isSvc:
      return exceptionClass === EC.svc ? AT.svc : next;
    case AT.isStep:
      return exceptionClass === (EC.stepLower | FROM_SAME_LEVEL)
        ? AT.setStep
        : next;
    case AT.isStepLower:
      return exceptionClass === EC.stepLower ? AT.setStep : next;
    case AT.asksForStep:
      return asksForStep(f) ? AT.setStep : next;
    default:
      return next;
  }
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
      if (asksForStep(f)) spsr |= PSTATE_SS;
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
  if (isLastCounted(f)) spsr |= PSTATE_D;
  const pc = f.vcpu + VCPU_BASE.pc;
  w[pc] = w[elr];
  w[pc + 1] = w[elr + 1];
  w[f.vcpu + VCPU_BASE.inHandler] = 0;
  returnFromEl1(f, spsr);
  return skips || kind === "svc";
}

/** What an instruction of the handler did. */
type Done = "stops" | "goes-on" | "returns" | "returns-past";

/** Executes an instruction of a routine for asynchronous exceptions, of that number. */
function executeAsynchronous(
  f: Arm64Frame,
  routine: typeof ASYNCHRONOUS_ROUTINES["interrupt" | "serror"],
  number: number,
): Done {
  const { w } = f;
  const index = number - routine.first;
  const next = index + 1;
  w[f.vcpu + VCPU_BASE.inHandler] = routine.first + next;
  setPc(f, routine.address + 4 * next, 0);
  switch (index) {
    case routine.acknowledge:
      acknowledge(f);
      return "goes-on";
    case routine.record:
      return recorded(f);
    case routine.return: {
      const elr = f.vcpu + VCPU.elr;
      setPc(f, w[elr], w[elr + 1]);
      w[f.vcpu + VCPU_BASE.inHandler] = 0;
      returnFromEl1(f, w[f.vcpu + VCPU.spsr]);
      return "returns";
    }
    default:
      return "goes-on";
  }
}

function setPc(f: Arm64Frame, lo: number, hi: number): void {
  const pc = f.vcpu + VCPU_BASE.pc;
  f.w[pc] = lo;
  f.w[pc + 1] = hi;
}

/** The exception is recorded: the guest goes on with it, or stops for good. */
function recorded(f: Arm64Frame): Done {
  record(f);
  if (f.w[f.vcpu + VCPU_BASE.handler] !== HANDLER.stop) return "goes-on";
  f.w[f.vcpu + VCPU_BASE.stopped] = 1;
  return "stops";
}

/** Executes the handler's instruction of that number. */
function execute(f: Arm64Frame, number: number): Done {
  const { w } = f;
  const asynchronous = asynchronousRoutine(number);
  if (asynchronous) return executeAsynchronous(f, asynchronous, number);
  const kind = handledKind(f);
  if (number === AT_VECTOR && (kind === "interrupt" || kind === "serror")) {
    const { first, address } = ASYNCHRONOUS_ROUTINES[kind];
    w[f.vcpu + VCPU_BASE.inHandler] = first;
    setPc(f, address, 0);
    return "goes-on";
  }
  const index = number - FIRST;
  const next = number === AT_VECTOR ? 0 : following(f, index);
  w[f.vcpu + VCPU_BASE.inHandler] = FIRST + next;
  setPc(f, ROUTINE + 4 * next, 0);
  switch (index) {
    case AT.record:
      return recorded(f);
    case AT.returnPast:
    case AT.returnFromSvc:
    case AT.returnStepping:
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

/** Where vCPU 0 logs its exceptions, and how far it is to the next one's log. */
const LOG = 0x4001_0000;
const LOG_STRIDE = 0x8000;
const ENTRY_BYTES = 32;

/** Offset in an entry of the log of what a handler's instruction stores; -1 if it stores nothing. */
function storedAt(number: number): number {
  const routine = asynchronousRoutine(number) ??
    { first: FIRST, recordHalf: AT.recordHalf, record: AT.record };
  switch (number - routine.first) {
    case routine.recordHalf:
      return 0;
    case routine.record:
      return ENTRY_BYTES / 2;
    default:
      return -1;
  }
}

/** A debugger's watchpoint sees the handler write its log; the guest's own ones are masked there. */
function hitsWatchpoint(f: Arm64Frame, number: number): boolean {
  const half = storedAt(number);
  if (half < 0) return false;
  const { w, vcpu } = f;
  const store = makeInsn({
    op: "store",
    lo: LOG + LOG_STRIDE * w[vcpu + VCPU_BASE.index] +
      ENTRY_BYTES * w[vcpu + VCPU.exceptions] + half,
    sizeBytes: ENTRY_BYTES / 2,
    addressLo: w[vcpu + VCPU_BASE.pc],
  });
  return accessMemory(f, store) !== 0;
}

/** One instruction of the handler, with a debugger looking on. */
function stepThrough(f: Arm64Frame, insn: Insn | null): Outcome {
  const { w } = f;
  if (checkBreakpoints(f) !== 0) return OUTCOME.exits;
  const number = w[f.vcpu + VCPU_BASE.inHandler];
  if (hitsWatchpoint(f, number)) return OUTCOME.exits;
  const stepped = stepState(f) === STEP.activeNotPending;
  const done = execute(f, number);
  if (stepped && done !== "stops") instructionStepped(f, false);
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
