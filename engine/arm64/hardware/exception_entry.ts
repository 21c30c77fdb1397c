/**
 * Taking an exception: to EL1, into the modelled guest's handler, or to EL2, out of the guest.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { VCPU_BASE } from "../../rules.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { PSTATE } from "../registers/pstate.ts";
import { routesToEl2 } from "./debug_exceptions.ts";
import { EC, FROM_SAME_LEVEL, syndrome } from "./exception_class.ts";
import { MODE_BITS, MODE_EL1H } from "./exception_level.ts";

/** VBAR_EL1 of the modelled guest. */
export const VECTORS = 0x4000_0000;

/** Vectors of exceptions from EL1 with its own stack pointer. */
const SAME_LEVEL = VECTORS + 0x200;

/** Vectors of exceptions from EL0. */
const LOWER_LEVEL = VECTORS + 0x400;

/** Offsets of a level's vectors. */
export const VECTOR = {
  synchronous: 0,
  interrupt: 0x80,
  serror: 0x180,
} as const;

/** The handler's first instruction, in VCPU_BASE.inHandler. */
export const AT_VECTOR = 1;

/** D, A, I and F: set by every exception. */
const DAIF = placed(PSTATE, "D") | placed(PSTATE, "A") | placed(PSTATE, "I") |
  placed(PSTATE, "F");

/** N, Z, C and V: kept by an exception. */
const FLAGS = placed(PSTATE, "N") | placed(PSTATE, "Z") | placed(PSTATE, "C") |
  placed(PSTATE, "V");

/**
 * Takes a synchronous exception to EL1.
 *
 * Rules arm64:A/8, arm64:A/13.
 */
export function takeToEl1(f: Arm64Frame, esr: number): void {
  const { w } = f;
  enterEl1(f, VECTOR.synchronous);
  w[f.vcpu + VCPU.esr] = esr;
  w[f.vcpu + VCPU.esr + 1] = 0;
  w[f.vcpu + VCPU.asynchronous] = 0;
}

/**
 * Enters EL1, with the return address where the PC is: PSTATE goes to SPSR_EL1, SS with it, and is that of EL1 with
 * everything masked and SS clear.
 *
 * @param vector one of `VECTOR`
 */
export function enterEl1(f: Arm64Frame, vector: number): void {
  const { w } = f;
  const pstate = w[f.vcpu + VCPU.pstate];
  const pc = f.vcpu + VCPU_BASE.pc;
  w[f.vcpu + VCPU.elr] = w[pc];
  w[f.vcpu + VCPU.elr + 1] = w[pc + 1];
  w[f.vcpu + VCPU.spsr] = pstate;
  w[f.vcpu + VCPU.pstate] = (pstate & FLAGS) | DAIF | MODE_EL1H;
  w[pc] = vector + ((pstate & MODE_BITS) === 0 ? LOWER_LEVEL : SAME_LEVEL);
  w[pc + 1] = 0;
  w[f.vcpu + VCPU_BASE.inHandler] = AT_VECTOR;
  w[f.vcpu + VCPU.stepped] = 0;
}

/** Takes an exception to EL2: the vCPU leaves the guest where it is. */
export function takeToEl2(
  f: Arm64Frame,
  exceptionClass: number,
  iss: number,
): void {
  const { w } = f;
  w[f.vcpu + VCPU.exitClass] = exceptionClass;
  w[f.vcpu + VCPU.exitEsr] = syndrome(exceptionClass, iss);
  w[f.vcpu + VCPU.exitEsr + 1] = 0;
}

/** Sets FAR_EL1, or FAR_EL2 for an exception to EL2. */
export function setFar(
  f: Arm64Frame,
  toEl2: boolean,
  lo: number,
  hi: number,
): void {
  const at = f.vcpu + (toEl2 ? VCPU.exitFar : VCPU.farEl1);
  f.w[at] = lo;
  f.w[at + 1] = hi;
}

/**
 * Takes a breakpoint, watchpoint or step exception to the level that debug exceptions go to.
 *
 * @param exceptionClass of the pair, the one from a lower level
 * @returns true if it went to EL2
 *
 * Rules arm64:A/7, arm64:A/8.
 */
export function takeDebugException(
  f: Arm64Frame,
  exceptionClass: number,
  iss: number,
): boolean {
  if (routesToEl2(f)) {
    takeToEl2(f, exceptionClass, iss);
    return true;
  }
  const fromEl0 = (f.w[f.vcpu + VCPU.pstate] & MODE_BITS) === 0;
  takeToEl1(
    f,
    syndrome(fromEl0 ? exceptionClass : exceptionClass | FROM_SAME_LEVEL, iss),
  );
  return false;
}

/** Takes an UNDEFINED exception at the PC, as the hardware does, and KVM for it. */
export function injectUndefined(f: Arm64Frame): void {
  takeToEl1(f, syndrome(EC.unknown, 0));
}
