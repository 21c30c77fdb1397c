/**
 * DBGBCR<n>_EL1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** What a breakpoint compares (`BT`), by the names of arm64:A/3. */
export const BREAKPOINT_TYPE = {
  "unlinked-address": 0b0000n,
  "linked-address": 0b0001n,
  "unlinked-context": 0b0010n,
  "linked-context": 0b0011n,
  "unlinked-mismatch": 0b0100n,
  "linked-mismatch": 0b0101n,
  "unlinked-contextidr-el1": 0b0110n,
  "linked-contextidr-el1": 0b0111n,
  "unlinked-vmid": 0b1000n,
  "linked-vmid": 0b1001n,
  "unlinked-vmid-context": 0b1010n,
  "linked-vmid-context": 0b1011n,
  "unlinked-contextidr-el2": 0b1100n,
  "linked-contextidr-el2": 0b1101n,
  "unlinked-both-contexts": 0b1110n,
  "linked-both-contexts": 0b1111n,
} as const;

/** Privilege filter of a breakpoint (`PMC`) or watchpoint (`PAC`) with HMC = 0. */
export const PRIVILEGE = {
  none: 0b00n,
  el1: 0b01n,
  el0: 0b10n,
  both: 0b11n,
} as const;

/** Fields of DBGBCR<n>_EL1. */
export type DbgbcrField = "BT" | "LBN" | "SSC" | "HMC" | "BAS" | "PMC" | "E";

/** `DBGBCR<n>_EL1`, breakpoint control, Armv8.0 fields. Rule arm64:A/3. */
export const DBGBCR: Layout<DbgbcrField> = defineLayout(
  "DBGBCR<n>_EL1",
  64,
  "arm64:A/3",
  [
    res0(63, 24),
    field("BT", 23, 20, { values: BREAKPOINT_TYPE, about: "breakpoint type" }),
    field("LBN", 19, 16, { about: "linked breakpoint number" }),
    field("SSC", 15, 14, { about: "security state control" }),
    field("HMC", 13, 13, { about: "higher mode control" }),
    res0(12, 9),
    field("BAS", 8, 5, { about: "byte address select" }),
    res0(4, 3),
    field("PMC", 2, 1, { values: PRIVILEGE, about: "privilege mode control" }),
    field("E", 0, 0, { about: "enable" }),
  ],
);
