/**
 * The OS lock: OSLAR_EL1, OSLSR_EL1, OSDLR_EL1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** `OSLAR_EL1`, OS lock access. Rule arm64:A/1. */
export const OSLAR: Layout<"OSLK"> = defineLayout(
  "OSLAR_EL1",
  64,
  "arm64:A/1",
  [res0(63, 1), field("OSLK", 0, 0, { about: "1 sets the OS lock" })],
);

/** `OSLSR_EL1`, OS lock status. OSLM is split: bits 3 and 0. Rule arm64:A/1. */
export const OSLSR: Layout<"OSLM1" | "nTT" | "OSLK" | "OSLM0"> = defineLayout(
  "OSLSR_EL1",
  64,
  "arm64:A/1",
  [
    res0(63, 4),
    field("OSLM1", 3, 3, { about: "OSLM[1]: the OS lock is implemented" }),
    field("nTT", 2, 2, { about: "no 32-bit access" }),
    field("OSLK", 1, 1, { about: "the OS lock is set" }),
    field("OSLM0", 0, 0, { about: "OSLM[0]" }),
  ],
);

/** `OSDLR_EL1`, OS double lock. Rule arm64:A/1. */
export const OSDLR: Layout<"DLK"> = defineLayout(
  "OSDLR_EL1",
  64,
  "arm64:A/1",
  [res0(63, 1), field("DLK", 0, 0, { about: "OS double lock" })],
);
