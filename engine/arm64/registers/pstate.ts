/**
 * PSTATE, as SPSR_ELx holds it, and the context registers.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** PSTATE of AArch64, in the form that SPSR_ELx keeps. Rule arm64:A/13. */
export const PSTATE: Layout<
  "N" | "Z" | "C" | "V" | "SS" | "IL" | "D" | "A" | "I" | "F" | "M"
> = defineLayout("PSTATE", 64, "arm64:A/13", [
  res0(63, 32),
  field("N", 31),
  field("Z", 30),
  field("C", 29),
  field("V", 28),
  res0(27, 22),
  field("SS", 21, 21, { about: "software step" }),
  field("IL", 20, 20, { about: "illegal execution state" }),
  res0(19, 10),
  field("D", 9, 9, { about: "debug exceptions masked" }),
  field("A", 8, 8, { about: "SError masked" }),
  field("I", 7, 7, { about: "IRQ masked" }),
  field("F", 6, 6, { about: "FIQ masked" }),
  res0(5),
  field("M", 4, 0, {
    values: { el0t: 0b00000n, el1t: 0b00100n, el1h: 0b00101n },
    about: "exception level and stack",
  }),
]);

/** `CONTEXTIDR_EL1` and `CONTEXTIDR_EL2`. Rule arm64:A/1. */
export const CONTEXTIDR: Layout<"PROCID"> = defineLayout(
  "CONTEXTIDR_ELx",
  64,
  "arm64:A/1",
  [res0(63, 32), field("PROCID", 31, 0, { about: "process identifier" })],
);
