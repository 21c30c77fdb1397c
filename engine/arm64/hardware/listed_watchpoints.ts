/**
 * The watchpoint unit of a stand-in CPU, QEMU's TCG: a list of ranges, the first of which that matches is the one
 * reported, and flags of the last hit that tell reads from writes and are not always cleared.
 *
 * @module
 */
import { comparedSpans, isAligned, type Span } from "../../split_access.ts";
import { carryOf } from "../../word64.ts";
import { CPU, PAIRS_MAX } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, numberedId } from "../registers/ids.ts";
import { reportAccessCompared } from "./comparisons.ts";
import { breakpointsEnabled, breakpointsUnmet } from "./debug_exceptions.ts";
import { exceptionLevel } from "./exception_level.ts";
import { linkUnmet } from "./linking.ts";
import { quietly } from "./quietly.ts";
import { bankAt } from "./register_file.ts";
import { FILTER, filterState } from "./state_filter.ts";
import { UNMET, type Unmet } from "./unmet.ts";
import {
  type DataAccess,
  DIRECTION,
  takeWatchpoint,
} from "./watchpoint_exception.ts";
import {
  clearHit,
  flagHit,
  HIT,
  hitFlags,
  listedWatchpoint,
} from "./watchpoint_list.ts";

const MASK = DBGWCR.word("MASK");
const BAS = DBGWCR.word("BAS");
const WT = DBGWCR.word("WT");
const E = 1;

/** WVR[2]: the word-aligned form. */
const WORD_FORM = 4;

/** Its loads and stores of 16 bytes are two of 8. */
const CHUNK_BYTES = 8;

/** Its pages: only accesses to a page with a watchpoint are looked at. */
const PAGE_MASK = ~0xfff;

/** The range that a watchpoint watches; `size` 0 if none. One, so that a check makes no objects. */
const RANGE = { lo: 0, hi: 0, size: 0 };

/**
 * Works out the range that a watchpoint watches, as that CPU does when a register is written.
 *
 * @returns why there is none
 */
function rangeOf(f: Arm64Frame, number: number, control: number): Unmet {
  const at = bankAt(f.cpu + CPU.hw, KIND.wvr, number);
  // What the guest wrote, which the search looks at, can have bits 1 and 0.
  const value = f.w[at] & ~3;
  RANGE.hi = f.w[at + 1];
  RANGE.size = 0;
  if ((control & E) === 0) return UNMET.enable;
  const mask = (control >>> MASK.shift) & MASK.mask;
  // A reserved MASK disables; with any other, BAS is ignored.
  if (mask === 1 || mask === 2) return UNMET.reservedMask;
  if (mask > 0) {
    RANGE.size = 2 ** mask;
    RANGE.lo = value & ~(RANGE.size - 1);
    return UNMET.none;
  }
  let bas = (control >>> BAS.shift) & BAS.mask;
  if ((value & WORD_FORM) !== 0) bas &= 0xf;
  if (bas === 0) return UNMET.byteSelect;
  // Of a BAS with holes, the first run.
  const start = 31 - Math.clz32(bas & -bas);
  const run = bas >>> start;
  RANGE.size = 31 - Math.clz32(~run & (run + 1));
  RANGE.lo = value + start;
  return UNMET.none;
}

/** Bytes from the range's start to the chunk's, as a number; beyond 2^53 only its size matters. */
function distance(lo: number, hi: number): number {
  return ((hi >>> 0) - (RANGE.hi >>> 0)) * 0x1_0000_0000 +
    ((lo >>> 0) - (RANGE.lo >>> 0));
}

/** True if the range and the bytes have one in common. */
function overlaps(lo: number, hi: number, size: number): boolean {
  const from = distance(lo, hi);
  return RANGE.size > 0 && from < RANGE.size && from + size > 0;
}

/** True if a watchpoint that looks at this direction lies in the chunk's page. */
function pageIsWatched(
  f: Arm64Frame,
  lo: number,
  hi: number,
  direction: number,
): boolean {
  for (let number = 0; number < f.host.wrps; number++) {
    const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
    if ((control & direction) === 0) continue;
    rangeOf(f, number, control);
    if (overlaps(lo & PAGE_MASK, hi, -PAGE_MASK)) return true;
  }
  return false;
}

/** What keeps a watchpoint that an access touches from firing: its filter, or what it links to. */
function passUnmet(
  f: Arm64Frame,
  number: number,
  control: number,
  level: number,
): Unmet {
  const filter = filterState(f, control, level);
  if (filter !== FILTER.yes) {
    return filter === FILTER.no ? UNMET.level : UNMET.reservedFilter;
  }
  return (control >>> WT.shift & WT.mask) === 0
    ? UNMET.none
    : linkUnmet(f, control, numberedId(KIND.wcr, number));
}

/** True if any watchpoint whose flags are set, of whatever age, passes its filter and link. */
function anyHit(f: Arm64Frame): boolean {
  if (!breakpointsEnabled(f)) return false;
  const level = exceptionLevel(f);
  for (let number = 0; number < f.host.wrps; number++) {
    if (hitFlags(f, number) === 0) continue;
    const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
    if (passUnmet(f, number, control, level) === UNMET.none) return true;
  }
  return false;
}

/** One chunk in one direction. @returns the watchpoint that fires, or -1 */
function checkChunk(
  f: Arm64Frame,
  { lo, hi, sizeBytes: size }: Span,
  direction: number,
): number {
  if (!pageIsWatched(f, lo, hi, direction)) return -1;
  const flag = direction === DIRECTION.write ? HIT.write : HIT.read;
  for (let place = 0; place < PAIRS_MAX; place++) {
    const number = listedWatchpoint(f, place);
    if (number >= f.host.wrps) continue;
    const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
    rangeOf(f, number, control);
    if ((control & direction) === 0 || !overlaps(lo, hi, size)) {
      clearHit(f, number);
      continue;
    }
    flagHit(f, number, flag);
    if (anyHit(f)) return number;
    clearHit(f, number);
  }
  return -1;
}

/** The parts of an access that are compared, in order. */
function* partsOf(access: DataAccess, direction: number): Generator<Span> {
  const kind = direction === DIRECTION.write ? "store" : "load";
  for (let done = 0; done < access.sizeBytes; done += CHUNK_BYTES) {
    const lo = (access.lo + done) | 0;
    const hi = (access.hi + carryOf(access.lo, lo)) | 0;
    // Sizes are powers of 2, so that chunks are of one size.
    const sizeBytes = Math.min(CHUNK_BYTES, access.sizeBytes);
    const chunk = { lo, hi, sizeBytes };
    yield* isAligned(chunk) ? [chunk] : comparedSpans(chunk, kind);
  }
}

function checkDirection(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): 0 | 1 | 2 {
  for (const span of partsOf(access, direction)) {
    const number = checkChunk(f, span, direction);
    if (number < 0) continue;
    rangeOf(f, number, f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)]);
    const offset = Math.max(0, -distance(span.lo, span.hi));
    const write = (hitFlags(f, number) & HIT.write) !== 0;
    return takeWatchpoint(f, number, span, offset, write);
  }
  return 0;
}

/** True if the range and a part of the access have a byte in common. */
function isTouched(access: DataAccess, directions: number): boolean {
  return [DIRECTION.read, DIRECTION.write].some((direction) =>
    (directions & direction) !== 0 &&
    partsOf(access, direction).some((span) =>
      overlaps(span.lo, span.hi, span.sizeBytes)
    )
  );
}

/** Makes the range all bytes that BAS has bits for. @returns false if a MASK replaces BAS */
function selectsOther(f: Arm64Frame, number: number, control: number): boolean {
  if ((control >>> MASK.shift & MASK.mask) !== 0) return false;
  RANGE.lo = f.w[bankAt(f.cpu + CPU.hw, KIND.wvr, number)] & ~3;
  RANGE.size = (RANGE.lo & WORD_FORM) === 0 ? 8 : 4;
  return true;
}

/**
 * What keeps watchpoint `number` from firing at an access, by itself: the flags of others do not count.
 *
 * @param direction `DIRECTION`, both for an access that reads and writes
 * @returns also whether the access touches what it watches, enabled or not
 */
export function listedUnmet(
  f: Arm64Frame,
  number: number,
  access: DataAccess,
  direction: number,
): { readonly unmet: Unmet; readonly isThere: boolean } {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
  rangeOf(f, number, control | E);
  const isThere = isTouched(access, direction);
  let unmet = rangeOf(f, number, control);
  const directions = control & direction;
  if (unmet === UNMET.none && directions === 0) unmet = UNMET.direction;
  if (unmet === UNMET.none && !isTouched(access, directions)) {
    unmet = selectsOther(f, number, control) && isTouched(access, directions)
      ? UNMET.byteSelect
      : UNMET.address;
  }
  if (unmet === UNMET.none) {
    unmet = passUnmet(f, number, control, exceptionLevel(f));
  }
  return { unmet, isThere };
}

/** Reports how each watchpoint compares with an access. */
export function reportListed(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): void {
  const general = breakpointsUnmet(f);
  for (let number = 0; number < f.host.wrps; number++) {
    const { unmet, isThere } = listedUnmet(f, number, access, direction);
    reportAccessCompared(f, access, direction, {
      number,
      isThere,
      unmet: general === UNMET.none ? unmet : general,
    });
  }
}

/** The comparisons, for a sink that asks. A function of its own: a closure would cost each check something. */
function reportAll(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): void {
  quietly(f, () => reportListed(f, access, direction));
}

/**
 * Takes a watchpoint exception if a data access hits one; the access is not done then.
 *
 * @param direction `DIRECTION`, both for an access that reads and writes
 * @returns 0: none; 1: taken to EL1; 2: taken to EL2
 */
export function checkListed(
  f: Arm64Frame,
  access: DataAccess,
  direction: number,
): 0 | 1 | 2 {
  if (f.sink !== null && f.sink.compared) reportAll(f, access, direction);
  if ((direction & DIRECTION.read) !== 0) {
    const taken = checkDirection(f, access, DIRECTION.read);
    if (taken !== 0) return taken;
  }
  if ((direction & DIRECTION.write) === 0) return 0;
  return checkDirection(f, access, DIRECTION.write);
}
