/**
 * DR7, the debug control register.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0, res1 } from "../../layout.ts";

/** What a slot matches (`RWn`). */
export const BREAK_ON = {
  execute: 0b00n,
  write: 0b01n,
  io: 0b10n,
  access: 0b11n,
} as const;

/** How many bytes a slot covers (`LENn`). */
export const BREAK_LENGTH = {
  bytes1: 0b00n,
  bytes2: 0b01n,
  bytes4: 0b11n,
  bytes8: 0b10n,
} as const;

/** Number of a slot, as it stands in field names. */
type SlotDigit = "0" | "1" | "2" | "3";

/** Names of the fields of DR7. */
export type Dr7Field =
  | `LEN${SlotDigit}`
  | `RW${SlotDigit}`
  | `L${SlotDigit}`
  | `G${SlotDigit}`
  | "GD"
  | "RTM"
  | "GE"
  | "LE";

/** `DR7`, debug control. Rule x86:A/2. */
export const DR7: Layout<Dr7Field> = defineLayout("DR7", 64, "x86:A/2", [
  res0(63, 32),
  field("LEN3", 31, 30, {
    values: BREAK_LENGTH,
    about: "bytes that slot 3 covers",
  }),
  field("RW3", 29, 28, {
    values: BREAK_ON,
    about: "what slot 3 matches",
  }),
  field("LEN2", 27, 26, {
    values: BREAK_LENGTH,
    about: "bytes that slot 2 covers",
  }),
  field("RW2", 25, 24, {
    values: BREAK_ON,
    about: "what slot 2 matches",
  }),
  field("LEN1", 23, 22, {
    values: BREAK_LENGTH,
    about: "bytes that slot 1 covers",
  }),
  field("RW1", 21, 20, {
    values: BREAK_ON,
    about: "what slot 1 matches",
  }),
  field("LEN0", 19, 18, {
    values: BREAK_LENGTH,
    about: "bytes that slot 0 covers",
  }),
  field("RW0", 17, 16, {
    values: BREAK_ON,
    about: "what slot 0 matches",
  }),
  res0(15, 14),
  field("GD", 13, 13, { about: "general detect: the next DR access faults" }),
  res0(12),
  field("RTM", 11, 11, { about: "advanced debugging of transactions" }),
  res1(10),
  field("GE", 9, 9, { about: "exact, global: no effect" }),
  field("LE", 8, 8, { about: "exact, local: no effect" }),
  field("G3", 7, 7, { about: "slot 3 enabled, globally" }),
  field("L3", 6, 6, { about: "slot 3 enabled, until a task switch" }),
  field("G2", 5, 5, { about: "slot 2 enabled, globally" }),
  field("L2", 4, 4, { about: "slot 2 enabled, until a task switch" }),
  field("G1", 3, 3, { about: "slot 1 enabled, globally" }),
  field("L1", 2, 2, { about: "slot 1 enabled, until a task switch" }),
  field("G0", 1, 1, { about: "slot 0 enabled, globally" }),
  field("L0", 0, 0, { about: "slot 0 enabled, until a task switch" }),
]);

/** Bits of DR7, and masks that hardware and kernel share. */
export const DR7_BITS = {
  /** All L and G bits. */
  ENABLES: 0xff,
  /** The G bits: what Linux uses for itself. */
  GLOBAL: 0xaa,
  GE: 0x200,
  /** Bit 10 reads 1 always: the reset value. */
  FIXED: 0x400,
  RTM: 0x800,
  GD: 0x2000,
  /** L0 to L3 and LE: what a task switch clears. Rule x86:A8. */
  LOCAL: 0x155,
  /** Bits 12, 14 and 15. */
  RESERVED: 0xd000,
} as const;

/** Values of RWn. */
export const RW = { execute: 0, write: 1, io: 2, access: 3 } as const;

/** `LEN<<2 | RW` of a slot. */
export function slotNibble(dr7: number, slot: number): number {
  return (dr7 >>> (16 + 4 * slot)) & 0xf;
}

/** True if slot's L or G bit is set. */
export function slotEnabled(dr7: number, slot: number): boolean {
  return ((dr7 >>> (2 * slot)) & 3) !== 0;
}
