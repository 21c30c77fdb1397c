/**
 * What 32-bit code reaches.
 *
 * @module
 */
import { type InsnParts, join64 } from "../../engine/mod.ts";
import { fail } from "../problem.ts";
import type { InstructionNode } from "../syntax/nodes.ts";

/** The first address that 32-bit code does not reach. */
const END = 1n << 32n;

/**
 * An instruction in 32-bit code is below 4 GiB, and so is what it accesses.
 *
 * @param address where it is, if it says so
 */
export function checkReach(
  { span }: InstructionNode,
  { lo = 0, hi = 0, otherLo = lo, otherHi = hi, sizeBytes = 0, count = 1 }:
    InsnParts,
  address = 0n,
): void {
  const bytes = BigInt(sizeBytes * count);
  const isBelow = (one: bigint) => one + bytes <= END;
  const isInReach = address < END &&
    (sizeBytes === 0 ||
      isBelow(join64(lo, hi)) && isBelow(join64(otherLo, otherHi)));
  if (isInReach) return;
  fail({
    code: "out-of-range",
    span,
    message: "32-bit code reaches addresses below 4 GiB",
    expected: ["addresses below 0x1_0000_0000"],
  });
}
