/**
 * DBGWCR<n>_EL1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";
import { PRIVILEGE } from "./dbgbcr.ts";

/** Accesses that a watchpoint matches (`LSC`). */
export const LOAD_STORE = { load: 0b01n, store: 0b10n, both: 0b11n } as const;

/** Fields of DBGWCR<n>_EL1. */
export type DbgwcrField =
  | "MASK"
  | "WT"
  | "LBN"
  | "SSC"
  | "HMC"
  | "BAS"
  | "LSC"
  | "PAC"
  | "E";

/** `DBGWCR<n>_EL1`, watchpoint control, Armv8.0 fields. Rule arm64:A/4. */
export const DBGWCR: Layout<DbgwcrField> = defineLayout(
  "DBGWCR<n>_EL1",
  64,
  "arm64:A/4",
  [
    res0(63, 29),
    field("MASK", 28, 24, { about: "low address bits ignored" }),
    res0(23, 21),
    field("WT", 20, 20, {
      values: { unlinked: 0n, linked: 1n },
      about: "watchpoint type",
    }),
    field("LBN", 19, 16, { about: "linked breakpoint number" }),
    field("SSC", 15, 14, { about: "security state control" }),
    field("HMC", 13, 13, { about: "higher mode control" }),
    field("BAS", 12, 5, { about: "byte address select" }),
    field("LSC", 4, 3, { values: LOAD_STORE, about: "load/store control" }),
    field("PAC", 2, 1, {
      values: PRIVILEGE,
      about: "privilege access control",
    }),
    field("E", 0, 0, { about: "enable" }),
  ],
);
