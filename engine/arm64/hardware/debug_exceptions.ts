/**
 * When a debug exception can be taken, and to which level. Rule arm64:A/7.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { MDCR, MDSCR } from "../registers/mdscr.ts";
import { PSTATE } from "../registers/pstate.ts";

/** MDCR_EL2.TDE. */
export const TDE: number = placed(MDCR, "TDE");
/** MDSCR_EL1.SS. */
export const MDSCR_SS: number = placed(MDSCR, "SS");
/** MDSCR_EL1.MDE. */
export const MDSCR_MDE: number = placed(MDSCR, "MDE");
const MDSCR_KDE = placed(MDSCR, "KDE");
/** PSTATE.D. */
export const PSTATE_D: number = placed(PSTATE, "D");

/** DBGPRCR_EL1.CORENPDRQ: no power down, and then no double lock. */
const CORENPDRQ = 1;

/** True if debug exceptions from EL0 and EL1 go to EL2. */
export function routesToEl2(f: Arm64Frame): boolean {
  return (f.w[f.cpu + CPU.mdcr] & TDE) !== 0;
}

/** True while the CPU's own OS lock or double lock masks debug exceptions. */
function locked(f: Arm64Frame): boolean {
  const { w } = f;
  return w[f.cpu + CPU.osLock] !== 0 ||
    (w[f.cpu + CPU.osdlr] & ~w[f.cpu + CPU.dbgprcr] & CORENPDRQ) !== 0;
}

/**
 * True if breakpoint, watchpoint and step exceptions can be taken from a level below EL2, given PSTATE.
 *
 * @param level 0 or 1
 * @param pstate only D counts
 *
 * Rule arm64:A/7; EL3 and the Secure state are not modelled.
 */
export function generatesDebugExceptions(
  f: Arm64Frame,
  level: number,
  pstate: number,
): boolean {
  if (locked(f) || f.bare?.debugged) return false;
  // The level that takes it is higher: KDE and PSTATE.D play no part.
  if (routesToEl2(f) || level === 0) return true;
  return (f.w[f.cpu + CPU.mdscr] & MDSCR_KDE) !== 0 &&
    (pstate & PSTATE_D) === 0;
}

/** The same, for the CPU as it is now. */
export function debugExceptionsEnabled(f: Arm64Frame): boolean {
  const pstate = f.w[f.vcpu + VCPU.pstate];
  return generatesDebugExceptions(f, (pstate >>> 2) & 3, pstate);
}

/** True if breakpoints and watchpoints can fire now. */
export function breakpointsEnabled(f: Arm64Frame): boolean {
  return (f.w[f.cpu + CPU.mdscr] & MDSCR_MDE) !== 0 &&
    debugExceptionsEnabled(f);
}
