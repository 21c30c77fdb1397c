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
import { UNMET, type Unmet } from "./unmet.ts";

/** MDCR_EL2.TDE. */
export const TDE: number = placed(MDCR, "TDE");
/** MDSCR_EL1.SS. */
export const MDSCR_SS: number = placed(MDSCR, "SS");
/** MDSCR_EL1.MDE. */
export const MDSCR_MDE: number = placed(MDSCR, "MDE");
/** MDSCR_EL1.KDE. */
export const MDSCR_KDE: number = placed(MDSCR, "KDE");
/** PSTATE.D. */
export const PSTATE_D: number = placed(PSTATE, "D");

/** DBGPRCR_EL1.CORENPDRQ: no power down, and then no double lock. */
const CORENPDRQ = 1;

/** True if debug exceptions from EL0 and EL1 go to EL2. */
export function routesToEl2(f: Arm64Frame): boolean {
  return (f.w[f.cpu + CPU.mdcr] & TDE) !== 0;
}

/** What of the OS lock and the double lock masks debug exceptions. */
function lockedBy(f: Arm64Frame): Unmet {
  const { w } = f;
  if (w[f.cpu + CPU.osLock] !== 0) return UNMET.osLock;
  return (w[f.cpu + CPU.osdlr] & ~w[f.cpu + CPU.dbgprcr] & CORENPDRQ) !== 0
    ? UNMET.doubleLock
    : UNMET.none;
}

/**
 * What keeps breakpoint, watchpoint and step exceptions from being taken from a level below EL2, given PSTATE.
 *
 * @param level 0 or 1
 * @param pstate only D counts
 *
 * Rule arm64:A/7; EL3 and the Secure state are not modelled.
 */
function generationUnmet(
  f: Arm64Frame,
  level: number,
  pstate: number,
): Unmet {
  const locked = lockedBy(f);
  if (locked !== UNMET.none) return locked;
  if (f.bare?.debugged) return UNMET.debugged;
  // The level that takes it is higher: KDE and PSTATE.D play no part.
  if (routesToEl2(f) || level === 0) return UNMET.none;
  if ((f.w[f.cpu + CPU.mdscr] & MDSCR_KDE) === 0) return UNMET.kernelEnable;
  return (pstate & PSTATE_D) === 0 ? UNMET.none : UNMET.masked;
}

/**
 * True if breakpoint, watchpoint and step exceptions can be taken from a level below EL2, given PSTATE.
 *
 * @param level 0 or 1
 * @param pstate only D counts
 */
export function generatesDebugExceptions(
  f: Arm64Frame,
  level: number,
  pstate: number,
): boolean {
  return generationUnmet(f, level, pstate) === UNMET.none;
}

/** What keeps debug exceptions from being taken, for the CPU as it is now. */
function debugExceptionsUnmet(f: Arm64Frame): Unmet {
  const pstate = f.w[f.vcpu + VCPU.pstate];
  return generationUnmet(f, (pstate >>> 2) & 3, pstate);
}

/** True if debug exceptions can be taken, for the CPU as it is now. */
export function debugExceptionsEnabled(f: Arm64Frame): boolean {
  return debugExceptionsUnmet(f) === UNMET.none;
}

/** What keeps all breakpoints and watchpoints from firing now. */
export function breakpointsUnmet(f: Arm64Frame): Unmet {
  return (f.w[f.cpu + CPU.mdscr] & MDSCR_MDE) === 0
    ? UNMET.monitorEnable
    : debugExceptionsUnmet(f);
}

/** True if breakpoints and watchpoints can fire now. */
export function breakpointsEnabled(f: Arm64Frame): boolean {
  return breakpointsUnmet(f) === UNMET.none;
}

/** What keeps software step from being active. Rule arm64:A/13. */
export function stepUnmet(f: Arm64Frame): Unmet {
  return (f.w[f.cpu + CPU.mdscr] & MDSCR_SS) === 0
    ? UNMET.stepEnable
    : debugExceptionsUnmet(f);
}
