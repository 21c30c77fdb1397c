/**
 * One instruction of the guest, or what comes before it.
 *
 * What an instruction writes to a debug register counts from the next instruction on: the modelled CPUs need no
 * ISB in between.
 *
 * @module
 */
import { type Move, reportWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome, VCPU_BASE } from "../../rules.ts";
import { join64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import {
  beginProgram,
  continueHandler,
  enterHandler,
} from "../guest/handler.ts";
import { type RegisterRoute, reportRegister } from "../moves.ts";
import { REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { ACCESS, access } from "./access.ts";
import { checkBreakpoints } from "./breakpoints.ts";
import { accessMemory } from "./data_access.ts";
import { reportStepCompared } from "./comparisons.ts";
import { routesToEl2, stepUnmet } from "./debug_exceptions.ts";
import { accessIss, daifIss } from "./encoding.ts";
import { EC, syndrome } from "./exception_class.ts";
import { injectUndefined, takeToEl1, takeToEl2 } from "./exception_entry.ts";
import {
  borrowLevel,
  exceptionLevel,
  giveLevelBack,
  MODE_BITS,
  MODE_EL0T,
  MODE_EL1H,
} from "./exception_level.ts";
import { clearExclusive, markExclusive, passesExclusive } from "./exclusive.ts";
import { reportRaise } from "./hits.ts";
import { takeAsynchronous } from "./interrupts.ts";
import { readPhysical } from "./register_file.ts";
import {
  instructionStepped,
  PSTATE_SS,
  returnFromEl1,
  returnToOwnLevel,
  STEP,
  stepBeforeException,
  type StepState,
  stepState,
  takeStep,
} from "./software_step.ts";

/** Bits of the immediate of BRK, SVC and HVC. */
const IMMEDIATE = 0xffff;

function moveToNext(f: Arm64Frame): void {
  const pc = f.vcpu + VCPU_BASE.pc;
  f.w[pc] = f.nextLo;
  f.w[pc + 1] = f.nextHi;
}

/** The instruction was emulated: the PC goes past it. */
export function skipInstruction(f: Arm64Frame): void {
  moveToNext(f);
  giveLevelBack(f);
}

/** A step exception is pending. */
function takePendingStep(f: Arm64Frame, insn: Insn | null): Outcome {
  return takeStep(f) ? OUTCOME.exits : enterHandler(f, insn);
}

/** The instruction was executed. */
function finish(f: Arm64Frame, insn: Insn, before: StepState): Outcome {
  moveToNext(f);
  returnToOwnLevel(f);
  return over(f, insn, before);
}

/** The instruction was executed, and PC and PSTATE are those after it. */
function over(f: Arm64Frame, insn: Insn, before: StepState): Outcome {
  if (before !== STEP.activeNotPending) return OUTCOME.next;
  instructionStepped(f, insn.op === "ldxr");
  if (f.host.model.stepIsFinal && !routesToEl2(f)) {
    takeStep(f);
    return enterHandler(f, insn);
  }
  return OUTCOME.next;
}

/** The instruction took an exception. */
function excepted(f: Arm64Frame, insn: Insn, taken: 1 | 2): Outcome {
  return taken === 2 ? OUTCOME.exits : enterHandler(f, insn);
}

function reportAccess(f: Arm64Frame, insn: Insn, done: boolean): void {
  if (f.sink === null) return;
  const write = insn.op === "write";
  const value = write
    ? join64(insn.lo, insn.hi)
    : done
    ? join64(f.lo, f.hi)
    : 0n;
  f.sink.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    access: write ? "write" : "read",
    register: ARM64_REGISTERS.byId(insn.register).name,
    value,
    pc: join64(insn.addressLo, insn.addressHi),
    by: done ? "hardware" : "undef",
    name: insn.name,
    rule: "arm64:A/1",
  });
}

/** The physical register that a write is to change. Uses the transfer register. */
function physicalValue(f: Arm64Frame, register: number): bigint {
  readPhysical(f, register);
  return join64(f.lo, f.hi);
}

const WRITE: RegisterRoute = { cause: "write", to: "cpu", from: "program" };
/** PSTATE is in no physical register of the model. */
const WRITE_PSTATE: Move = {
  cause: "write",
  to: ["guest", "PSTATE"],
  from: ["program", "PSTATE"],
  rule: "arm64:A/13",
};

/** ERET makes PSTATE of SPSR_EL1. */
const RETURNED: Move = {
  cause: "write",
  to: ["guest", "PSTATE"],
  from: ["program", "PSTATE"],
  rule: "arm64:A/13.1",
};

/** What a write left in a physical register: what the CPU keeps of the value. */
function reportKept(f: Arm64Frame, { register }: Insn, old: bigint): void {
  const kept = physicalValue(f, register);
  reportRegister(f, old, kept, WRITE, register, "arm64:A/1");
}

/** MSR or MRS. */
function executeAccess(f: Arm64Frame, insn: Insn, before: StepState): Outcome {
  const reports = f.sink !== null && insn.op === "write" &&
    ARM64_REGISTERS.byId(insn.register).physical;
  const old = reports ? physicalValue(f, insn.register) : 0n;
  const pstate = f.w[f.vcpu + VCPU.pstate];
  switch (access(f, insn)) {
    case ACCESS.trap:
      return OUTCOME.exits;
    case ACCESS.undef:
      reportAccess(f, insn, false);
      reportRaise(f, "undef", "the access is UNDEFINED", "arm64:A/1");
      injectUndefined(f);
      return enterHandler(f, insn);
    case ACCESS.trapToEl1: {
      reportAccess(f, insn, false);
      reportRaise(f, "undef", "EL0 may not access it", "arm64:A/1");
      const iss = insn.register === REG.PSTATE
        ? daifIss(insn, f.host.model.swapsImmediateOps)
        : accessIss(insn.register, insn.op === "write");
      takeToEl1(f, syndrome(EC.systemRegister, iss));
      return enterHandler(f, insn);
    }
    case ACCESS.done:
      reportAccess(f, insn, true);
      if (reports) reportKept(f, insn, old);
      if (insn.register === REG.PSTATE) {
        reportWord(f, pstate, f.w[f.vcpu + VCPU.pstate], WRITE_PSTATE);
      }
      return finish(f, insn, before);
  }
}

/** The status that a store-exclusive writes to a register: 0 if it stored. */
function reportStatus(f: Arm64Frame, insn: Insn, passes: boolean): void {
  f.sink?.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    access: "read",
    register: STATUS,
    value: passes ? 0n : 1n,
    pc: join64(insn.addressLo, insn.addressHi),
    by: "hardware",
    name: insn.name,
    rule: "arm64:A/16",
  });
}

/** What the status of a store-exclusive is called in events. */
const STATUS = "status of STXR";

/** SPSR_EL1.M[3:2]: the level that ERET goes to. */
const SPSR_EL = 0b01100;

/** ERET at EL1, to the next instruction: SPSR_EL1 is PSTATE with the bits that the instruction names. */
function executeReturn(f: Arm64Frame, insn: Insn, before: StepState): Outcome {
  const { w } = f;
  const pstate = w[f.vcpu + VCPU.pstate];
  const own = w[f.vcpu + VCPU.ownMode];
  w[f.vcpu + VCPU.ownMode] = 0;
  let spsr = pstate & ~PSTATE_SS;
  if (own !== 0) spsr = (spsr & ~MODE_BITS) | (own - 1);
  spsr = (spsr & ~insn.maskLo) | (insn.lo & insn.maskLo);
  if ((insn.maskLo & SPSR_EL) !== 0) {
    spsr = (spsr & ~MODE_BITS) |
      ((insn.lo & SPSR_EL) === 0 ? MODE_EL0T : MODE_EL1H);
  }
  moveToNext(f);
  w[f.vcpu + VCPU.elr] = f.nextLo;
  w[f.vcpu + VCPU.elr + 1] = f.nextHi;
  w[f.vcpu + VCPU.spsr] = spsr;
  returnFromEl1(f, spsr);
  reportWord(f, pstate, w[f.vcpu + VCPU.pstate], RETURNED);
  return over(f, insn, before);
}

/** HVC and SMC. */
function executeCall(f: Arm64Frame, insn: Insn): Outcome {
  const name = insn.op === "hvc" ? "HVC" : "SMC";
  // Without EL2 and EL3 there is no such call.
  const missing = f.bare?.answersCalls === false;
  if (missing || exceptionLevel(f) === 0) {
    const why = !missing ? "at EL0" : `without ${HANDLING_LEVEL[name]}`;
    reportRaise(f, "undef", `${name} ${why}`, "arm64:A/8.1");
    injectUndefined(f);
    return enterHandler(f, insn);
  }
  if (name === "SMC" && f.bare === undefined) {
    // HCR_EL2.TSC: a trap, and not a call. Rule arm64:A/8.2.
    takeToEl2(f, EC.smc, insn.lo & IMMEDIATE);
    return OUTCOME.exits;
  }
  stepBeforeException(f);
  moveToNext(f);
  // Beside a guest it is the hypervisor's to answer.
  if (f.bare !== undefined) return OUTCOME.next;
  takeToEl2(f, EC.hvc, insn.lo & IMMEDIATE);
  return OUTCOME.exits;
}

/** The level that a call is for. */
const HANDLING_LEVEL = { HVC: "EL2", SMC: "EL3" } as const;

function execute(f: Arm64Frame, insn: Insn): Outcome {
  const before = stepState(f);
  if (f.sink !== null && f.sink.compared) reportStepCompared(f, stepUnmet(f));
  switch (insn.op) {
    case "write":
    case "read":
      return executeAccess(f, insn, before);
    case "clrex":
      clearExclusive(f);
      return finish(f, insn, before);
    case "exec":
    case "isb":
      return finish(f, insn, before);
    case "load":
    case "store":
    case "rmw": {
      const taken = accessMemory(f, insn);
      return taken === 0 ? finish(f, insn, before) : excepted(f, insn, taken);
    }
    case "ldxr": {
      const taken = accessMemory(f, insn);
      if (taken !== 0) return excepted(f, insn, taken);
      markExclusive(f, insn);
      return finish(f, insn, before);
    }
    case "stxr": {
      // What fails stores nothing, and no watchpoint sees it. Rule arm64:A/16.3.
      const passes = passesExclusive(f, insn);
      const taken = passes ? accessMemory(f, insn) : 0;
      if (taken !== 0) return excepted(f, insn, taken);
      clearExclusive(f);
      reportStatus(f, insn, passes);
      return finish(f, insn, before);
    }
    case "eret":
      if (exceptionLevel(f) === 0) {
        reportRaise(f, "undef", "ERET at EL0", "arm64:A/8.1");
        injectUndefined(f);
        return enterHandler(f, insn);
      }
      return executeReturn(f, insn, before);
    case "brk": {
      const iss = insn.lo & IMMEDIATE;
      reportRaise(f, "brk", "BRK", "arm64:A/7");
      if (routesToEl2(f)) {
        takeToEl2(f, EC.brk, iss);
        return OUTCOME.exits;
      }
      takeToEl1(f, syndrome(EC.brk, iss));
      return enterHandler(f, insn);
    }
    case "svc":
      reportRaise(f, "svc", "SVC", "arm64:A/8.1");
      stepBeforeException(f);
      moveToNext(f);
      takeToEl1(f, syndrome(EC.svc, insn.lo & IMMEDIATE));
      return enterHandler(f, insn);
    case "hvc":
    case "smc":
      return executeCall(f, insn);
    default:
      throw new RangeError(`arm64 has no instruction ${insn.op}`);
  }
}

/**
 * The next thing that the guest does: an interrupt or SError, a pending step exception, its handler, a breakpoint, or the instruction.
 *
 * @param insn the program's instruction that is pending; null at the program's end
 * @returns see `OUTCOME`
 *
 * Rules arm64:A/7 (priorities), arm64:A/13.
 */
export function executeInstruction(f: Arm64Frame, insn: Insn | null): Outcome {
  const { w } = f;
  if (w[f.vcpu + VCPU_BASE.stopped] !== 0) return OUTCOME.drained;
  const inHandler = w[f.vcpu + VCPU_BASE.inHandler] !== 0;
  if (!inHandler) {
    if (insn !== null) {
      w[f.vcpu + VCPU_BASE.pc] = insn.addressLo;
      w[f.vcpu + VCPU_BASE.pc + 1] = insn.addressHi;
    }
    if (insn === null || insn.level < 0) returnToOwnLevel(f);
  }
  const isPending = stepState(f) === STEP.activePending;
  const isStepped = isPending && w[f.vcpu + VCPU.stepped] !== 0;
  if (!isStepped && takeAsynchronous(f)) return enterHandler(f, insn);
  if (isPending) return takePendingStep(f, insn);
  if (inHandler) return continueHandler(f, insn);
  if (insn === null) {
    beginProgram(f);
    return OUTCOME.drained;
  }
  if (insn.level >= 0) borrowLevel(f, insn.level);
  const hit = checkBreakpoints(f);
  if (hit !== 0) return excepted(f, insn, hit);
  return execute(f, insn);
}
