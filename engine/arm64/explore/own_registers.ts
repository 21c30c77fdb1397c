/**
 * What the search keeps beside a vCPU of arm64.
 *
 * @module
 */
import { defineBlock, reg64, regs64, word } from "../../block.ts";
import { NUMBERED_MAX } from "../registers/ids.ts";

/** The guest's own registers as written last. */
export const OWN = defineBlock({
  bank: regs64(NUMBERED_MAX),
  mdscr: reg64(),
  /** Bit n of word k: register 32k + n was written since the start. */
  written: word(),
  written1: word(),
  written2: word(),
});
