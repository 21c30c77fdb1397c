/**
 * The exception that a watchpoint makes. Rule arm64:A/8.
 *
 * @module
 */
import { carryOf } from "../../word64.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGWCR, LOAD_STORE } from "../registers/dbgwcr.ts";
import { DEBUG_FAULT_STATUS, EC, WRITE_NOT_READ } from "./exception_class.ts";
import { setFar, takeDebugException } from "./exception_entry.ts";
import { reportWatchpointHit } from "./hits.ts";

/** A data access; an instruction is one. */
export interface DataAccess {
  /** Address, low word. */
  readonly lo: number;
  /** Address, high word. */
  readonly hi: number;
  readonly sizeBytes: number;
}

const LSC = DBGWCR.word("LSC");

/** Directions of an access, as LSC has them in place; both for one that reads and writes. */
export const DIRECTION = {
  read: Number(LOAD_STORE.load) << LSC.shift,
  write: Number(LOAD_STORE.store) << LSC.shift,
} as const;

/**
 * Takes the exception of watchpoint `number`.
 *
 * @param offset of the address to report, from that of the access
 * @param write what WnR says
 * @returns 1: to EL1; 2: to EL2
 */
export function takeWatchpoint(
  f: Arm64Frame,
  number: number,
  access: DataAccess,
  offset: number,
  write: boolean,
): 1 | 2 {
  if (f.sink !== null) reportWatchpointHit(f, number);
  const toEl2 = takeDebugException(
    f,
    EC.watchpointLower,
    DEBUG_FAULT_STATUS | (write ? WRITE_NOT_READ : 0),
  );
  const lo = (access.lo + offset) | 0;
  setFar(f, toEl2, lo, (access.hi + carryOf(access.lo, lo)) | 0);
  return toEl2 ? 2 : 1;
}
