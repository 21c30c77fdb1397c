/**
 * Which exception levels a breakpoint or watchpoint matches at: HMC, SSC and PMC or PAC. Rule arm64:A/10.
 *
 * @module
 */
import type { Arm64Frame } from "../frame.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";

const HMC = DBGBCR.word("HMC");
const SSC = DBGBCR.word("SSC");
const PMC = DBGBCR.word("PMC");

/** Combinations of HMC, SSC and PxC that no version of the architecture allocates: `HMC SSC PxC`. */
const NEVER_ALLOCATED = [
  "0 11 10",
  "1 00 00",
  "1 00 10",
  "1 01 10",
  "1 10 10",
  "1 11 10",
  // Breakpoints of AArch32 code only.
  "0 00 00",
  "0 01 00",
  "0 10 00",
] as const;

/** Bits of a row of the table: levels matched in the Non-secure state, and not allocated. */
const RESERVED = 1 << 3;

/** Whether a filter lets a level pass. */
export const FILTER = {
  no: 0,
  yes: 1,
  /** Not allocated: CONSTRAINED UNPREDICTABLE, disabled or as some combination that is. */
  reserved: 2,
} as const;

/** One of `FILTER`. */
export type Filter = typeof FILTER[keyof typeof FILTER];

/** EL0 to EL2, as the fields select them in the Non-secure state, a bit each. */
function levels(hmc: number, ssc: number, pxc: number): number {
  // 01 Non-secure, 10 Secure, 11 both with HMC and else Secure.
  if (ssc === 0b10 || (ssc === 0b11 && hmc === 0)) return 0;
  const el2 = hmc === 1 || ssc === 0b11;
  return (pxc >>> 1) | (pxc & 1) << 1 | (el2 ? 4 : 0);
}

/** A row for each value of HMC, SSC and PxC, five bits in that order. */
const TABLE = new Uint8Array(32);
for (let index = 0; index < TABLE.length; index++) {
  TABLE[index] = levels(index >>> 4, (index >>> 2) & 3, index & 3);
}
for (const row of NEVER_ALLOCATED) {
  TABLE[parseInt(row.replaceAll(" ", ""), 2)] |= RESERVED;
}

/**
 * Whether a control register's filter lets a level pass, in the Non-secure state, where guests are.
 *
 * @param control low word of DBGBCR or DBGWCR: the fields are in the same bits
 * @param level 0 to 2
 */
export function filterState(
  f: Arm64Frame,
  control: number,
  level: number,
): Filter {
  const hmc = (control >>> HMC.shift) & HMC.mask;
  const ssc = (control >>> SSC.shift) & SSC.mask;
  const pxc = (control >>> PMC.shift) & PMC.mask;
  if (!f.host.model.reservedFilterDisables) {
    // Each field for itself: SSC 0b10 is Secure, HMC adds EL2, PxC selects EL1 and EL0.
    if (ssc === 0b10) return FILTER.no;
    const selected = level === 2 ? hmc : pxc >>> (1 - level) & 1;
    return selected === 0 ? FILTER.no : FILTER.yes;
  }
  const row = TABLE[hmc << 4 | ssc << 2 | pxc];
  if ((row & RESERVED) !== 0) return FILTER.reserved;
  return (row >>> level & 1) === 0 ? FILTER.no : FILTER.yes;
}
