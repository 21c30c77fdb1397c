/**
 * Which slots an access or an instruction matches.
 *
 * @module
 */
import type { Words } from "../../word64.ts";
import { RW, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { UNMET, type Unmet } from "./unmet.ts";

/** Bytes that a slot covers, less one, by LENn. Rule x86:A/2. */
const LENGTH_MASK = [0, 1, 7, 3] as const;

/** Kinds of data access, as bits. */
export const ACCESS = { read: 1, write: 2, io: 4 } as const;

/** True if a canonical address: bits 63:47 all alike. Rule x86:A/1. */
function canonical(hi: number): boolean {
  const top = hi >> 15;
  return top === 0 || top === -1;
}

/**
 * What keeps the execute breakpoint of slot n from matching an address, enabled or not.
 *
 * @param dr word index of DR0; DR1 to DR3 follow
 *
 * @param ranged LENn counts. With an execute breakpoint any but one byte is undefined, and CPUs differ. Rule x86:A1.
 */
export function codeUnmet(
  w: Words,
  dr: number,
  dr7: number,
  n: number,
  lo: number,
  hi: number,
  ranged: boolean,
): Unmet {
  const nibble = slotNibble(dr7, n);
  if ((nibble & 3) !== RW.execute) return UNMET.type;
  const compared = ranged ? ~LENGTH_MASK[nibble >> 2] : -1;
  const differs = (w[dr + 2 * n] ^ lo) & compared;
  if (differs !== 0 || w[dr + 2 * n + 1] !== hi) return UNMET.address;
  return canonical(hi) ? UNMET.none : UNMET.canonical;
}

/**
 * Slots whose execute breakpoint is at an address, enabled or not.
 *
 * @param dr word index of DR0; DR1 to DR3 follow
 * @returns bit n for slot n
 *
 * @param ranged LENn counts. With an execute breakpoint any but one byte is undefined, and CPUs differ. Rule x86:A1.
 */
export function codeMatches(
  w: Words,
  dr: number,
  dr7: number,
  lo: number,
  hi: number,
  ranged: boolean,
): number {
  let bits = 0;
  for (let n = 0; n < SLOTS; n++) {
    if (codeUnmet(w, dr, dr7, n, lo, hi, ranged) === UNMET.none) bits |= 1 << n;
  }
  return bits;
}

/** Bits of an address below the page. */
const PAGE_OFFSET = 0xfff;

/** True if an execute slot, enabled or not, is in the page of an address. */
export function executeSlotInPage(
  w: Words,
  dr: number,
  dr7: number,
  lo: number,
  hi: number,
): boolean {
  for (let n = 0; n < SLOTS; n++) {
    if ((slotNibble(dr7, n) & 3) !== RW.execute) continue;
    const differs = (w[dr + 2 * n] ^ lo) & ~PAGE_OFFSET;
    if (differs === 0 && w[dr + 2 * n + 1] === hi) return true;
  }
  return false;
}

/**
 * What keeps slot n from matching an access of memory or of an I/O port, enabled or not.
 *
 * @param dr word index of DR0
 * @param lo address of the first byte, low word
 * @param hi high word
 * @param sizeBytes bytes accessed, 1 to 64
 * @param access what kinds of access it is: bits of `ACCESS`
 * @param de CR4.DE: I/O breakpoints exist
 *
 * Rules x86:A2, x86:A3.
 */
export function dataUnmet(
  w: Words,
  dr: number,
  dr7: number,
  n: number,
  lo: number,
  hi: number,
  sizeBytes: number,
  access: number,
  de: boolean,
): Unmet {
  const nibble = slotNibble(dr7, n);
  const rw = nibble & 3;
  const kinds = rw === RW.write
    ? ACCESS.write
    : rw === RW.access
    ? ACCESS.read | ACCESS.write
    : rw === RW.io
    ? ACCESS.io
    : 0;
  if ((kinds & access) === 0) return UNMET.type;
  if (rw === RW.io && !de) return UNMET.ioEnable;
  const mask = LENGTH_MASK[nibble >> 2];
  const baseLo = w[dr + 2 * n] & ~mask;
  const baseHi = w[dr + 2 * n + 1];
  if (!canonical(baseHi)) return UNMET.canonical;
  return near(baseLo, baseHi, lo, hi, sizeBytes) ||
      near(lo, hi, baseLo, baseHi, mask + 1)
    ? UNMET.none
    : UNMET.address;
}

/**
 * Slots that an access of memory or of an I/O port matches, enabled or not; the parameters are those of
 * `dataUnmet()`.
 *
 * @returns bit n for slot n
 */
export function dataMatches(
  w: Words,
  dr: number,
  dr7: number,
  lo: number,
  hi: number,
  sizeBytes: number,
  access: number,
  de: boolean,
): number {
  let bits = 0;
  for (let n = 0; n < SLOTS; n++) {
    if (
      dataUnmet(w, dr, dr7, n, lo, hi, sizeBytes, access, de) === UNMET.none
    ) bits |= 1 << n;
  }
  return bits;
}

/** True if address a lies in the `length` bytes from b on. */
function near(
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  length: number,
): boolean {
  const distance = (aLo - bLo) >>> 0;
  if (distance >= length) return false;
  const carry = (aLo >>> 0) < (bLo >>> 0) ? 1 : 0;
  return aHi === ((bHi + carry) | 0);
}

/** Slots that are enabled, locally or globally. */
export function enabledSlots(dr7: number): number {
  let bits = 0;
  for (let n = 0; n < SLOTS; n++) if (slotEnabled(dr7, n)) bits |= 1 << n;
  return bits;
}

/**
 * What of the matches the CPU reports.
 *
 * @returns 0 unless an enabled slot matched; else the enabled ones, or all if the CPU reports them
 */
export function reported(
  matches: number,
  dr7: number,
  withDisabled: boolean,
): number {
  const enabled = matches & enabledSlots(dr7);
  if (enabled === 0) return 0;
  return withDisabled ? matches : enabled;
}
