/**
 * Numbers of cases.
 *
 * @module
 */
import { type InsnParts, join64 } from "../engine/mod.ts";

/** As recordings write it. */
export function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

/** An instruction's operand. */
export function value64({ lo = 0, hi = 0 }: InsnParts): bigint {
  return join64(lo, hi);
}
