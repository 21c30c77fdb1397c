/**
 * The software step state machine. Rule arm64:A/13.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { type Move, reportWord } from "../../moves.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { registerPlace } from "../moves.ts";
import { REG } from "../registers/ids.ts";
import { PSTATE } from "../registers/pstate.ts";
import {
  debugExceptionsEnabled,
  generatesDebugExceptions,
  MDSCR_SS,
  stepUnmet,
} from "./debug_exceptions.ts";
import {
  DEBUG_FAULT_STATUS,
  EC,
  STEP_EX,
  STEP_ISV,
} from "./exception_class.ts";
import { takeDebugException } from "./exception_entry.ts";
import { giveLevelBack } from "./exception_level.ts";
import { clearExclusive } from "./exclusive.ts";
import { UNMET } from "./unmet.ts";
import { reportRaise } from "./hits.ts";
import { clearHits } from "./watchpoint_list.ts";

/** PSTATE.SS. */
export const PSTATE_SS: number = placed(PSTATE, "SS");

/** The CPU clears the flag: an instruction was executed. */
const STEPPED: Move = {
  cause: "sync",
  to: ["guest", "PSTATE"],
  from: null,
  rule: "arm64:A/13",
};
/** The CPU sets or clears it: an exception, or the return from one. */
const RETURNED: Move = { ...STEPPED, rule: "arm64:A/13.1" };

/** Reports PSTATE, where SS is another. */
function reportSs(f: Arm64Frame, old: number, move: Move): void {
  if (f.sink === null) return;
  const now = f.w[f.vcpu + VCPU.pstate];
  if (((old ^ now) & PSTATE_SS) !== 0) reportWord(f, old, now, move);
}

function clearSs(f: Arm64Frame): void {
  const old = f.w[f.vcpu + VCPU.pstate];
  f.w[f.vcpu + VCPU.pstate] = old & ~PSTATE_SS;
  reportSs(f, old, STEPPED);
}

/** States of the machine. */
export const STEP = {
  inactive: 0,
  /** One instruction is executed, then the exception is taken. */
  activeNotPending: 1,
  /** The exception is taken before anything is executed. */
  activePending: 2,
} as const;

/** One of `STEP`. */
export type StepState = typeof STEP[keyof typeof STEP];

/** The state that the CPU is in. */
export function stepState(f: Arm64Frame): StepState {
  const { w } = f;
  if (stepUnmet(f) !== UNMET.none) return STEP.inactive;
  return (w[f.vcpu + VCPU.pstate] & PSTATE_SS) !== 0
    ? STEP.activeNotPending
    : STEP.activePending;
}

/**
 * An instruction that began in the active-not-pending state was executed.
 *
 * @param isExclusive it was a load-exclusive: EX of the syndrome
 */
export function instructionStepped(f: Arm64Frame, isExclusive: boolean): void {
  clearSs(f);
  f.w[f.vcpu + VCPU.stepped] = 1;
  f.w[f.vcpu + VCPU.steppedExclusive] = isExclusive ? 1 : 0;
}

/** An instruction counts as executed although it takes an exception: SVC and HVC. */
export function stepBeforeException(f: Arm64Frame): void {
  if (stepState(f) === STEP.activeNotPending) clearSs(f);
}

/** Whatever was stepped is over. */
function forgetStepped(f: Arm64Frame): void {
  f.w[f.vcpu + VCPU.stepped] = 0;
  f.w[f.vcpu + VCPU.steppedExclusive] = 0;
}

/**
 * Takes the step exception, with the next instruction to execute as its return address. Rule arm64:A/13.2.
 *
 * @returns true if it went to EL2
 */
export function takeStep(f: Arm64Frame): boolean {
  const { w } = f;
  let iss = DEBUG_FAULT_STATUS;
  if (w[f.vcpu + VCPU.stepped] !== 0) {
    iss |= STEP_ISV;
    if (w[f.vcpu + VCPU.steppedExclusive] !== 0) iss |= STEP_EX;
  }
  forgetStepped(f);
  if (f.sink !== null) {
    const flag = registerPlace(f, "guest", REG.PSTATE);
    reportRaise(f, "step", "software step", "arm64:A/13", MDSCR_SS, [
      { place: flag, bits: BigInt(PSTATE_SS) },
    ]);
  }
  clearHits(f);
  return takeDebugException(f, EC.stepLower, iss);
}

/**
 * PSTATE after an exception return: SS is that of SPSR only if the return goes from where debug exceptions are
 * disabled to where stepping is active.
 *
 * @param spsr where the return goes
 * @param enabledHere debug exceptions are enabled at the level that returns
 */
export function returned(
  f: Arm64Frame,
  spsr: number,
  enabledHere: boolean,
): number {
  const keeps = !enabledHere && (f.w[f.cpu + CPU.mdscr] & MDSCR_SS) !== 0 &&
    generatesDebugExceptions(f, (spsr >>> 2) & 3, spsr);
  return keeps ? spsr : spsr & ~PSTATE_SS;
}

/** ERET of the guest at EL1, to `spsr`; the PC is the caller's. Rules arm64:A/13.1, arm64:A/16.2. */
export function returnFromEl1(f: Arm64Frame, spsr: number): void {
  const here = debugExceptionsEnabled(f);
  f.w[f.vcpu + VCPU.pstate] = returned(f, spsr, here);
  forgetStepped(f);
  clearExclusive(f);
}

/**
 * The instruction with `el=` is over, in the guest: to its own level it comes as by an exception return, with
 * PSTATE.SS clear where stepping is not active.
 */
export function returnToOwnLevel(f: Arm64Frame): void {
  if (giveLevelBack(f) && stepState(f) === STEP.inactive) {
    f.w[f.vcpu + VCPU.pstate] &= ~PSTATE_SS;
  }
}

/**
 * ERET of the hypervisor into the guest: VCPU.pstate is its SPSR_EL2, and MDCR_EL2 and MDSCR_EL1 are loaded.
 * A hypervisor runs with debug exceptions disabled. Rules arm64:A/13.1, arm64:A/16.2; a stepped loop of exclusives
 * never ends by it, arm64:F13, arm64:S22.
 */
export function returnFromEl2(f: Arm64Frame): void {
  const old = f.w[f.vcpu + VCPU.pstate];
  f.w[f.vcpu + VCPU.pstate] = returned(f, old, false);
  reportSs(f, old, RETURNED);
  forgetStepped(f);
  clearExclusive(f);
}
