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

/**
 * Names of the bits that are set; those without a name as one number in hex.
 *
 * @param names of single bits
 */
export function flagNames(
  names: readonly (readonly [bit: number, name: string])[],
  word: number,
): string[] {
  const set = names.filter(([bit]) => (word & bit) !== 0);
  const left = set.reduce((rest, [bit]) => rest & ~bit, word);
  return [
    ...set.map(([, name]) => name),
    ...(left === 0 ? [] : [hex(BigInt(left >>> 0))]),
  ];
}
