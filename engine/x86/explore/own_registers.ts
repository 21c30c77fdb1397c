/**
 * What the search keeps beside a vCPU of x86.
 *
 * @module
 */
import { defineBlock, regs64, word } from "../../block.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";

/** Bits of DR7 that a guest can rely on. Rule x86:A/2. */
export const DR7_KEEPS: number = 0xffff_2bff & ~DR7_BITS.GD;

/** The guest's own registers as written last. */
export const OWN = defineBlock({
  dr: regs64(SLOTS),
  dr7: word(),
  debugctl: word(),
});
