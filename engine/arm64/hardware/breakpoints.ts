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
import { reportCompared } from "./comparisons.ts";
import { breakpointsUnmet } from "./debug_exceptions.ts";
import { DEBUG_FAULT_STATUS, EC } from "./exception_class.ts";
import { setFar, takeDebugException } from "./exception_entry.ts";
import { exceptionLevel } from "./exception_level.ts";
import { reportBreakpointHit } from "./hits.ts";
import { linkUnmet } from "./linking.ts";
import { quietly } from "./quietly.ts";
import { bankAt, isContextAware } from "./register_file.ts";
import { type Open, reportUnpredictable } from "./report.ts";
import { FILTER, filterState } from "./state_filter.ts";
import { UNMET, type Unmet } from "./unmet.ts";
import { highUnmet } from "./value_match.ts";
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

/** Bytes of an A64 instruction. */
const INSTRUCTION_BYTES = 4;

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

/**
 * What of the address differs from the PC: VA[48:2], or only the bits above, where the architecture leaves open
 * whether they are compared. Rules arm64:A/5.1, arm64:A/9.
 */
function addressUnmet(f: Arm64Frame, number: number): Unmet {
  const { w } = f;
  const at = bankAt(f.cpu + CPU.hw, KIND.bvr, number);
  const pc = f.vcpu + VCPU_BASE.pc;
  if (((w[at] ^ w[pc]) & ~3) !== 0) return UNMET.address;
  const unmet = highUnmet({ register: w[at + 1], address: w[pc + 1] });
  if (unmet === UNMET.signExtension && f.sink !== null) {
    unpredictable(f, number, {
      what:
        "matches except for the bits above VA[48], which are not its sign extension",
      outcome: "these bits take part in the match: it does not match",
      rule: "arm64:A/5.1",
    });
  }
  return unmet;
}

/** The address type's half-word select, of a breakpoint whose address is the instruction's. Rule arm64:A/9. */
function halfUnmet(
  f: Arm64Frame,
  number: number,
  control: number,
): Unmet {
  const bas = (control >>> BAS.shift) & BAS.mask;
  if ((bas & FIRST_HALF) !== 0) return UNMET.none;
  if (f.sink !== null && (bas & SECOND_HALF) !== 0) {
    unpredictable(f, number, {
      what: "selects the second half-word of the instruction",
      outcome: "it does not match",
      rule: "arm64:A/9.5",
    });
  }
  return UNMET.byteSelect;
}

/** The filter, of a breakpoint that matches otherwise. */
function stateUnmet(
  f: Arm64Frame,
  number: number,
  control: number,
): Unmet {
  const filter = filterState(f, control, exceptionLevel(f));
  if (filter === FILTER.yes) return UNMET.none;
  if (filter === FILTER.no) return UNMET.level;
  if (f.sink !== null) {
    unpredictable(f, number, {
      what: "has a combination of HMC, SSC and PMC that is not allocated",
      outcome: "it is disabled",
      rule: "arm64:A/10",
    });
  }
  return UNMET.reservedFilter;
}

/** What keeps an address type from firing, or what it links to. */
function addressTypeUnmet(
  f: Arm64Frame,
  number: number,
  control: number,
  type: number,
): Unmet {
  let unmet = addressUnmet(f, number);
  if (unmet === UNMET.none) unmet = halfUnmet(f, number, control);
  if (unmet === UNMET.none) unmet = stateUnmet(f, number, control);
  return unmet !== UNMET.none || type === ADDRESS
    ? unmet
    : linkUnmet(f, control, numberedId(KIND.bcr, number));
}

/** What keeps breakpoint `number` from firing at the PC, if debug exceptions are enabled. */
export function breakpointUnmet(f: Arm64Frame, number: number): Unmet {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  if ((control & E) === 0) return UNMET.enable;
  const type = (control >>> BT.shift) & BT.mask;
  if (type === ADDRESS || type === LINKED_ADDRESS) {
    return addressTypeUnmet(f, number, control, type);
  }
  const mismatch = type === 0b0100 || type === 0b0101;
  if (mismatch || !isContextAware(f, number)) {
    if (f.sink !== null && addressUnmet(f, number) === UNMET.none) {
      unpredictable(f, number, {
        what: mismatch
          ? "has a type that AArch64 reserves"
          : "has a context type but is not context-aware",
        outcome: "it is disabled",
        rule: "arm64:A/9.3",
      });
    }
    return mismatch ? UNMET.reservedType : UNMET.contextAware;
  }
  // A linked context type never fires by itself.
  if ((f.host.model.eventTypes >>> type & 1) === 0) return UNMET.linkedContext;
  return contextMatches(f, number, type)
    ? stateUnmet(f, number, control)
    : UNMET.context;
}

/** True if breakpoint `number` fires at the PC. */
export function breakpointMatches(f: Arm64Frame, number: number): boolean {
  return breakpointUnmet(f, number) === UNMET.none;
}

/** The PC is what breakpoint `number` names, enabled or not; one that compares no address names every instruction. */
export function namesPc(f: Arm64Frame, number: number): boolean {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  const type = (control >>> BT.shift) & BT.mask;
  const comparesAddress = type === ADDRESS || type === LINKED_ADDRESS;
  return !comparesAddress || addressUnmet(f, number) === UNMET.none;
}

/** Reports how each breakpoint compares with the PC. */
function compareAll(f: Arm64Frame, general: Unmet): void {
  for (let number = 0; number < f.host.brps; number++) {
    reportCompared(f, {
      unit: "breakpoint",
      number,
      at: f.vcpu + VCPU_BASE.pc,
      sizeBytes: INSTRUCTION_BYTES,
      access: 0,
      isThere: namesPc(f, number),
      unmet: general === UNMET.none ? breakpointUnmet(f, number) : general,
    });
  }
}

/** The same, for a sink that asks. A function of its own: a closure would cost each check something. */
function reportComparisons(f: Arm64Frame, general: Unmet): void {
  quietly(f, () => compareAll(f, general));
}

/**
 * Takes a breakpoint exception if one fires at the PC. The lowest-numbered one that matches is the one reported.
 *
 * @returns 0: none; 1: taken to EL1; 2: taken to EL2
 *
 * Rules arm64:A/8, arm64:A/9.
 */
export function checkBreakpoints(f: Arm64Frame): 0 | 1 | 2 {
  const general = breakpointsUnmet(f);
  if (f.sink !== null && f.sink.compared) reportComparisons(f, general);
  if (general !== UNMET.none) return 0;
  const { brps } = f.host;
  for (let number = 0; number < brps; number++) {
    if (breakpointUnmet(f, number) !== UNMET.none) continue;
    if (f.sink !== null) reportBreakpointHit(f, number);
    // The list's flags go with any debug exception but a watchpoint's.
    clearHits(f);
    const toEl2 = takeDebugException(f, EC.breakpointLower, DEBUG_FAULT_STATUS);
    // FAR is UNKNOWN: 0, so that nothing of another level shows.
    setFar(f, toEl2, 0, 0);
    return toEl2 ? 2 : 1;
  }
  return 0;
}
