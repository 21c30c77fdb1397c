/**
 * Watchpoints: whether one fires at a data access. Rule arm64:A/9.
 *
 * @module
 */
import { carryOf } from "../../word64.ts";
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, numberedId } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { reportAccessCompared } from "./comparisons.ts";
import { breakpointsEnabled, breakpointsUnmet } from "./debug_exceptions.ts";
import { exceptionLevel } from "./exception_level.ts";
import { linkUnmet } from "./linking.ts";
import { quietly } from "./quietly.ts";
import { bankAt } from "./register_file.ts";
import { type Open, reportUnpredictable } from "./report.ts";
import { FILTER, filterState } from "./state_filter.ts";
import { UNMET, type Unmet } from "./unmet.ts";
import { highUnmet } from "./value_match.ts";
import {
  type DataAccess,
  DIRECTION,
  takeWatchpoint,
} from "./watchpoint_exception.ts";

const MASK = DBGWCR.word("MASK");
const BAS = DBGWCR.word("BAS");
const WT = DBGWCR.word("WT");
const E = 1;

/** All bytes of a double word. */
const BAS_ALL = 0xff;

/** WVR[2]: the word-aligned form. */
const WORD_FORM = 4;

function unpredictable(
  f: Arm64Frame,
  number: number,
  { what, outcome, rule }: Open,
): void {
  reportUnpredictable(f, {
    what: `${ARM64_REGISTERS.byId(numberedId(KIND.wcr, number)).name} ${what}`,
    outcome,
    rule,
  });
}

/** True if the set bits are one run. */
export function isContiguous(bas: number): boolean {
  const above = bas + (bas & -bas);
  return (above & (above - 1)) === 0;
}

/** What a watchpoint watches, of the block of bytes that its value register names. */
interface Window {
  /** Low address bits that do not take part. */
  ignoredBits: number;
  /** Bytes that are watched, a bit each by the low address bits; `BAS_ALL` for all of a larger block. */
  bytes: number;
  disabled: boolean;
}

/** One, so that a check makes no objects. */
const WINDOW: Window = { ignoredBits: 0, bytes: 0, disabled: false };

/** Works out what a watchpoint watches. Rule arm64:A/9. */
function windowOf(control: number, value: number): Window {
  const window = WINDOW;
  const bas = (control >>> BAS.shift) & BAS.mask;
  const mask = (control >>> MASK.shift) & MASK.mask;
  const bottom = (value & WORD_FORM) === 0 ? 3 : 2;
  window.disabled = mask === 1 || mask === 2;
  window.ignoredBits = Math.max(bottom, mask);
  // With a mask, BAS ought to be all ones; if it is not, it is ignored. If it has holes, they are watched too.
  if (mask > 0) window.bytes = BAS_ALL;
  else if (!isContiguous(bas)) {
    window.bytes = BAS_ALL;
    window.ignoredBits = 3;
  } else window.bytes = bottom === 2 ? (bas & 0xf) * 0x11 : bas;
  return window;
}

/** Reports what the architecture leaves open, of a watchpoint that a byte falls into. */
function reportOpenCases(
  f: Arm64Frame,
  number: number,
  control: number,
  value: number,
): void {
  const bas = (control >>> BAS.shift) & BAS.mask;
  const mask = (control >>> MASK.shift) & MASK.mask;
  if (mask === 1 || mask === 2) {
    unpredictable(f, number, {
      what: "has a reserved MASK",
      outcome: "it is disabled",
      rule: "arm64:A/4",
    });
  } else if (mask > 0 && bas !== BAS_ALL) {
    unpredictable(f, number, {
      what: "has both a MASK and a BAS that is not all ones",
      outcome: "BAS is ignored",
      rule: "arm64:A/9.w2",
    });
  } else if (mask === 0 && !isContiguous(bas)) {
    unpredictable(f, number, {
      what: "has a BAS that is not one run",
      outcome: "the whole double word is watched",
      rule: "arm64:A/9.w2",
    });
  }
  const bottom = (value & WORD_FORM) === 0 ? 3 : 2;
  const masked = mask > bottom ? value & lowBits(mask) & ~lowBits(bottom) : 0;
  if (masked !== 0) {
    unpredictable(f, number, {
      what: "has a value with bits set below its MASK",
      outcome: "these bits are ignored",
      rule: "arm64:A/5.4",
    });
  }
}

/** A mask of the lowest bits; up to 31. */
function lowBits(count: number): number {
  return (1 << count) - 1;
}

/** Where the access first touches a watched byte, as an offset from its address; if nowhere, why, below 0. */
function firstWatchedByte(
  f: Arm64Frame,
  number: number,
  control: number,
  access: DataAccess,
): number {
  const { w } = f;
  const at = bankAt(f.cpu + CPU.hw, KIND.wvr, number);
  const valueLo = w[at];
  const valueHi = w[at + 1];
  const window = windowOf(control, valueLo);
  const compared = ~lowBits(window.ignoredBits);
  let unmet: Unmet = UNMET.address;
  for (let offset = 0; offset < access.sizeBytes; offset++) {
    const lo = (access.lo + offset) | 0;
    if (((lo ^ valueLo) & compared) !== 0) continue;
    const hi = (access.hi + carryOf(access.lo, lo)) | 0;
    const high = highUnmet({ register: valueHi, address: hi });
    if ((window.bytes >>> (lo & 7) & 1) === 0) {
      if (high === UNMET.none) unmet = UNMET.byteSelect;
      continue;
    }
    if (high === UNMET.address) continue;
    if (high === UNMET.signExtension) {
      if (f.sink !== null) {
        unpredictable(f, number, {
          what:
            "matches except for the bits above VA[48], which are not its sign extension",
          outcome: "these bits take part in the match: it does not match",
          rule: "arm64:A/5.1",
        });
      }
      return -UNMET.signExtension;
    }
    if (f.sink !== null) reportOpenCases(f, number, control, valueLo);
    return window.disabled ? -UNMET.reservedMask : offset;
  }
  return -unmet;
}

function stateUnmet(f: Arm64Frame, number: number, control: number): Unmet {
  const filter = filterState(f, control, exceptionLevel(f));
  if (filter === FILTER.yes) return UNMET.none;
  if (filter === FILTER.no) return UNMET.level;
  if (f.sink !== null) {
    unpredictable(f, number, {
      what: "has a combination of HMC, SSC and PAC that is not allocated",
      outcome: "it is disabled",
      rule: "arm64:A/10",
    });
  }
  return UNMET.reservedFilter;
}

/**
 * Where an access first touches what watchpoint `number` watches, if that fires; else the negative of what keeps it
 * from that, one of `UNMET`.
 *
 * @param direction `DIRECTION`, both for an access that reads and writes
 */
export function watchpointMatches(
  f: Arm64Frame,
  number: number,
  access: DataAccess,
  direction: number,
): number {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
  if ((control & E) === 0) return -UNMET.enable;
  if ((control & direction) === 0) return -UNMET.direction;
  const offset = firstWatchedByte(f, number, control, access);
  if (offset < 0) return offset;
  let unmet = stateUnmet(f, number, control);
  if (unmet === UNMET.none && (control >>> WT.shift & WT.mask) !== 0) {
    unmet = linkUnmet(f, control, numberedId(KIND.wcr, number));
  }
  return unmet === UNMET.none ? offset : -unmet;
}

/** An access touches what watchpoint `number` watches, enabled or not. */
export function watches(
  f: Arm64Frame,
  number: number,
  access: DataAccess,
): boolean {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
  return firstWatchedByte(f, number, control, access) >= 0;
}

/** Reports how each watchpoint compares with an access. */
export function reportNumbered(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): void {
  const general = breakpointsUnmet(f);
  for (let number = 0; number < f.host.wrps; number++) {
    const fires = watchpointMatches(f, number, access, direction);
    reportAccessCompared(f, access, direction, {
      number,
      isThere: watches(f, number, access),
      // Below 0 it is the condition that is not met, negated.
      unmet: general !== UNMET.none
        ? general
        : Math.max(UNMET.none, -fires) as Unmet,
    });
  }
}

/** WnR: of an access that reads and writes, a read if the watchpoint watches reads. Rule arm64:A/8. */
function reportsWrite(
  f: Arm64Frame,
  number: number,
  direction: number,
): boolean {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
  return (direction & control & DIRECTION.read) === 0;
}

/** The comparisons, for a sink that asks. A function of its own: a closure would cost each check something. */
function reportAll(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): void {
  quietly(f, () => reportNumbered(f, access, direction));
}

/**
 * Takes a watchpoint exception if a data access hits one; the access is not done then. The lowest-numbered one
 * that matches is the one reported, with the lowest byte that it watches as the address.
 *
 * @param direction `DIRECTION`, both for an access that reads and writes
 * @returns 0: none; 1: taken to EL1; 2: taken to EL2
 *
 * Rules arm64:A/8, arm64:A/9.
 */
export function checkNumbered(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): 0 | 1 | 2 {
  if (f.sink !== null && f.sink.compared) reportAll(f, access, direction);
  if (!breakpointsEnabled(f)) return 0;
  const { wrps } = f.host;
  for (let number = 0; number < wrps; number++) {
    const offset = watchpointMatches(f, number, access, direction);
    if (offset < 0) continue;
    return takeWatchpoint(
      f,
      number,
      access,
      offset,
      reportsWrite(f, number, direction),
    );
  }
  return 0;
}
