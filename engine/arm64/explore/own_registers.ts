/**
 * What the search keeps beside a vCPU of arm64.
 *
 * @module
 */
import { defineBlock, reg64, regs64 } from "../../block.ts";
import { NUMBERED_MAX } from "../registers/ids.ts";

/** Number of the first watchpoint among slots. */
export const WATCHPOINTS = 16;

/** The guest's own registers as written last. */
export const OWN = defineBlock({
  bank: regs64(NUMBERED_MAX),
  mdscr: reg64(),
});
