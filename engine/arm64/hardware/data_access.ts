/**
 * Loads and stores: memory that answers, watchpoints, and addresses where nothing answers.
 *
 * The modelled guest's memory is Normal memory: an access that is not aligned does not fault.
 *
 * @module
 */
import { fact } from "../../comparison.ts";
import type { Insn } from "../../program.ts";
import type { Arm64Frame } from "../frame.ts";
import {
  ABORT_ISV,
  ABORT_SAS_SHIFT,
  EC,
  TRANSLATION_FAULT,
  WRITE_NOT_READ,
} from "./exception_class.ts";
import { passesExclusive } from "./exclusive.ts";
import { setFar, takeToEl2 } from "./exception_entry.ts";
import { checkListed, reportListed } from "./listed_watchpoints.ts";
import { quietly } from "./quietly.ts";
import { DIRECTION } from "./watchpoint_exception.ts";
import { checkNumbered, reportNumbered } from "./watchpoints.ts";

/** What an instruction does to memory, as `DIRECTION`; 0 if it does not access it. */
export function directionOf(f: Arm64Frame, insn: Insn): number {
  switch (insn.op) {
    case "load":
    case "ldxr":
      return DIRECTION.read;
    case "store":
      return DIRECTION.write;
    case "stxr":
      return passesExclusive(f, insn) ? DIRECTION.write : 0;
    case "rmw":
      return DIRECTION.read | DIRECTION.write;
    default:
      return 0;
  }
}

/** Stage 2 has no translation: a data abort to EL2. Rule arm64:A/8. */
function abort(f: Arm64Frame, insn: Insn, direction: number): void {
  let iss = TRANSLATION_FAULT;
  if (direction === DIRECTION.write) iss |= WRITE_NOT_READ;
  // Size and register are only told of plain accesses of up to 8 bytes.
  if (insn.op !== "rmw" && insn.sizeBytes <= 8) {
    iss |= ABORT_ISV | Math.log2(insn.sizeBytes) << ABORT_SAS_SHIFT;
  }
  takeToEl2(f, EC.dataAbortLower, iss);
  setFar(f, true, insn.lo, insn.hi);
}

/** Watchpoints that the access would have hit do not see it. Rule arm64:A/7.6. */
function reportAbortFirst(
  f: Arm64Frame,
  insn: Insn,
  direction: number,
): void {
  const report = f.host.model.watchpointUnit === "listed"
    ? reportListed
    : reportNumbered;
  quietly(f, () => report(f, insn, direction), (comparison) => ({
    ...comparison,
    unmet: comparison.unmet ??
      fact(
        "the access takes a Data Abort to EL2, which comes before its watchpoint",
        "arm64:A/7.6",
      ),
  }));
}

/**
 * Performs a `load`, `store`, `rmw`, or an exclusive access that passes, or takes its exception. A data abort comes before a watchpoint.
 *
 * @returns 0: done; 1: exception taken to EL1; 2: taken to EL2
 *
 * Rules arm64:A/7, arm64:A/9.
 */
export function accessMemory(f: Arm64Frame, insn: Insn): 0 | 1 | 2 {
  const direction = directionOf(f, insn);
  if (insn.mmio && f.bare === undefined) {
    reportAbortFirst(f, insn, direction);
    abort(f, insn, direction);
    return 2;
  }
  return f.host.model.watchpointUnit === "listed"
    ? checkListed(f, insn, direction)
    : checkNumbered(f, insn, direction);
}
