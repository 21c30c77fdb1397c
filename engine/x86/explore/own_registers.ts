/**
 * What the search keeps beside a vCPU of x86.
 *
 * @module
 */
import { defineBlock, regs64, word } from "../../block.ts";
import { SLOTS } from "../registers/ids.ts";

/** The guest's own registers as written last. */
export const OWN = defineBlock({
  dr: regs64(SLOTS),
  dr7: word(),
  /** Bit n: register n was written since the start. */
  written: word(),
});
