/**
 * Breakpoints: whether one fires at the instruction that is to execute. Rule arm64:A/9.
 *
 * @module
 */
import { VCPU_BASE } from "../../rules.ts";
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { KIND, numberedId } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { contextMatches } from "./context.ts";
import { breakpointsEnabled } from "./debug_exceptions.ts";
import { DEBUG_FAULT_STATUS, EC } from "./exception_class.ts";
import { setFar, takeDebugException } from "./exception_entry.ts";
import { exceptionLevel } from "./exception_level.ts";
import { linkMatches } from "./linking.ts";
import { bankAt, isContextAware } from "./register_file.ts";
import { type Open, reportHit, reportUnpredictable } from "./report.ts";
import { FILTER, filterState } from "./state_filter.ts";
import { clearHits } from "./watchpoint_list.ts";

const BT = DBGBCR.word("BT");
const BAS = DBGBCR.word("BAS");
const E = 1;

/** BT of the address types. */
const ADDRESS = 0b0000;
const LINKED_ADDRESS = 0b0001;

/** BAS of the first and of the second half-word. */
const FIRST_HALF = 0b0001;
const SECOND_HALF = 0b0100;

/** Bits of the high word that belong to VA[48:32]. */
const VA_HIGH = 0x1_ffff;

/** Something that the architecture leaves open, of a breakpoint whose address is the instruction's. */
function unpredictable(
  f: Arm64Frame,
  number: number,
  { what, outcome, rule }: Open,
): void {
  reportUnpredictable(f, {
    what: `${ARM64_REGISTERS.byId(numberedId(KIND.bcr, number)).name} ${what}`,
    outcome,
    rule,
  });
}

/** The breakpoint's address is the PC: VA[48:2], and the bits above as well. Rules arm64:A/5, arm64:A/9. */
function addressMatches(f: Arm64Frame, number: number): boolean {
  const { w } = f;
  const at = bankAt(f.cpu + CPU.hw, KIND.bvr, number);
  const pc = f.vcpu + VCPU_BASE.pc;
  if (((w[at] ^ w[pc]) & ~3) !== 0) return false;
  const differs = w[at + 1] ^ w[pc + 1];
  if (differs === 0) return true;
  if (f.sink !== null && (differs & VA_HIGH) === 0) {
    unpredictable(f, number, {
      what:
        "matches except for the bits above VA[48], which are not its sign extension",
      outcome: "these bits take part in the match: it does not match",
      rule: "arm64:A/5.1",
    });
  }
  return false;
}

/** The address type's half-word select, of a breakpoint whose address is the instruction's. Rule arm64:A/9. */
function halfMatches(
  f: Arm64Frame,
  number: number,
  control: number,
): boolean {
  const bas = (control >>> BAS.shift) & BAS.mask;
  if ((bas & FIRST_HALF) !== 0) return true;
  if (f.sink !== null && (bas & SECOND_HALF) !== 0) {
    unpredictable(f, number, {
      what: "selects the second half-word of the instruction",
      outcome: "it does not match",
      rule: "arm64:A/9.5",
    });
  }
  return false;
}

/** The filter, of a breakpoint that matches otherwise. */
function stateMatches(
  f: Arm64Frame,
  number: number,
  control: number,
): boolean {
  const filter = filterState(f, control, exceptionLevel(f));
  if (filter === FILTER.reserved && f.sink !== null) {
    unpredictable(f, number, {
      what: "has a combination of HMC, SSC and PMC that is not allocated",
      outcome: "it is disabled",
      rule: "arm64:A/10",
    });
  }
  return filter === FILTER.yes;
}

/** True if breakpoint `number` fires at the PC. */
export function breakpointMatches(f: Arm64Frame, number: number): boolean {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  if ((control & E) === 0) return false;
  const type = (control >>> BT.shift) & BT.mask;
  if (type === ADDRESS || type === LINKED_ADDRESS) {
    return addressMatches(f, number) && halfMatches(f, number, control) &&
      stateMatches(f, number, control) &&
      (type === ADDRESS ||
        linkMatches(f, control, numberedId(KIND.bcr, number)));
  }
  const mismatch = type === 0b0100 || type === 0b0101;
  if (mismatch || !isContextAware(f, number)) {
    if (f.sink !== null && addressMatches(f, number)) {
      unpredictable(f, number, {
        what: mismatch
          ? "has a type that AArch64 reserves"
          : "has a context type but is not context-aware",
        outcome: "it is disabled",
        rule: "arm64:A/9.3",
      });
    }
    return false;
  }
  // A linked context type never fires by itself.
  if ((f.host.model.eventTypes >>> type & 1) === 0) return false;
  return contextMatches(f, number, type) && stateMatches(f, number, control);
}

/**
 * Takes a breakpoint exception if one fires at the PC. The lowest-numbered one that matches is the one reported.
 *
 * @returns 0: none; 1: taken to EL1; 2: taken to EL2
 *
 * Rules arm64:A/8, arm64:A/9.
 */
export function checkBreakpoints(f: Arm64Frame): 0 | 1 | 2 {
  if (!breakpointsEnabled(f)) return 0;
  const { brps } = f.host;
  for (let number = 0; number < brps; number++) {
    if (!breakpointMatches(f, number)) continue;
    if (f.sink !== null) {
      reportHit(f, numberedId(KIND.bcr, number), "arm64:A/9");
    }
    // The list's flags go with any debug exception but a watchpoint's.
    clearHits(f);
    const toEl2 = takeDebugException(f, EC.breakpointLower, DEBUG_FAULT_STATUS);
    // FAR is UNKNOWN: 0, so that nothing of another level shows.
    setFar(f, toEl2, 0, 0);
    return toEl2 ? 2 : 1;
  }
  return 0;
}
