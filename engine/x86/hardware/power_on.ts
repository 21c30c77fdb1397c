/**
 * A CPU that was just switched on.
 *
 * @module
 */
import { CPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";

/** What a CPU holds before anything was loaded. Rule x86:A/1. */
export function powerOn(f: X86Frame, index: number): void {
  const { w, cpu } = f;
  w[cpu + CPU.index] = index;
  w[cpu + CPU.dr6] = DR6_BITS.RESET;
  w[cpu + CPU.dr7] = DR7_BITS.FIXED;
}
