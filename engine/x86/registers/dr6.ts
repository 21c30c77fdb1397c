/**
 * DR6, the debug status register.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0, res1 } from "../../layout.ts";

/** Names of the fields of DR6. */
export type Dr6Field =
  | "RTM"
  | "BT"
  | "BS"
  | "BD"
  | "BLD"
  | "B3"
  | "B2"
  | "B1"
  | "B0";

/** `DR6`, debug status. Rule x86:A/3. */
export const DR6: Layout<Dr6Field> = defineLayout("DR6", 64, "x86:A/3", [
  res0(63, 32),
  res1(31, 17),
  field("RTM", 16, 16, {
    about: "active low: 0 is a #DB or #BP inside a transaction",
  }),
  field("BT", 15, 15, { about: "task switch to a TSS with T=1" }),
  field("BS", 14, 14, { about: "single step" }),
  field("BD", 13, 13, { about: "DR access caught by DR7.GD" }),
  res0(12),
  field("BLD", 11, 11, { about: "active low: 0 is a bus lock trap" }),
  res1(10, 4),
  field("B3", 3, 3, { about: "condition 3 met" }),
  field("B2", 2, 2, { about: "condition 2 met" }),
  field("B1", 1, 1, { about: "condition 1 met" }),
  field("B0", 0, 0, { about: "condition 0 met" }),
]);

/** Bits of DR6, and the masks that hardware and kernel share. As signed words. */
export const DR6_BITS = {
  /** B0 to B3. */
  TRAPS: 0xf,
  BLD: 0x800,
  /** An enabled breakpoint matched: only in VMX's pending debug exceptions. Rule x86:A/3. */
  ENABLED_BP: 0x1000,
  BD: 0x2000,
  BS: 0x4000,
  BT: 0x8000,
  RTM: 0x1_0000,
  /** Reset value; also the bits that read 1 while nothing happened. */
  RESET: 0xffff_0ff0 | 0,
  /** What software may change on a CPU without RTM and bus lock detection. */
  WRITABLE: 0xe00f,
} as const;
