/**
 * 64-bit values as two consecutive words of an `Int32Array`, low word first.
 *
 * The machine's state is made of words because that is what can be copied, hashed and compared fast
 * (docs/representation.md); a `bigint` appears only where text is read or printed.
 *
 * @module
 */

/** The words that hold state: blocks of registers and of KVM's own fields. */
export type Words = Int32Array;

/** Largest unsigned 64-bit value. */
export const MAX64 = 0xffff_ffff_ffff_ffffn;

/**
 * Reads a 64-bit value for printing or comparing with text.
 *
 * @param w state words
 * @param at index of the low word
 * @returns unsigned, 0 to 2^64 - 1
 */
export function get64(w: Words, at: number): bigint {
  return join64(w[at], w[at + 1]);
}

/**
 * Stores a 64-bit value that came from text.
 *
 * @param w state words, changed
 * @param at index of the low word
 * @param value unsigned; bits above 63 are a caller's bug
 * @throws {RangeError} if the value is negative or wider than 64 bits
 */
export function set64(w: Words, at: number, value: bigint): void {
  if (value < 0n || value > MAX64) {
    throw new RangeError(`Cannot store ${value}: not an unsigned 64-bit value`);
  }
  w[at] = lowWord(value);
  w[at + 1] = highWord(value);
}

/** Bits 31:0 of a 64-bit value, as a signed word. */
export function lowWord(value: bigint): number {
  return Number(value & 0xffff_ffffn) | 0;
}

/** Bits 63:32 of a 64-bit value, as a signed word. */
export function highWord(value: bigint): number {
  return Number((value >> 32n) & 0xffff_ffffn) | 0;
}

/** The two signed words of a 64-bit value. */
export function halves(
  value: bigint,
): { readonly lo: number; readonly hi: number } {
  return { lo: lowWord(value), hi: highWord(value) };
}

/** A word as an unsigned value. */
export function unsigned(word: number): bigint {
  return BigInt(word >>> 0);
}

/** Joins two words to an unsigned 64-bit value. */
export function join64(lo: number, hi: number): bigint {
  return (unsigned(hi) << 32n) | unsigned(lo);
}

/**
 * What is added to a high word whose low word has grown by less than 2^31.
 *
 * @param before the low word as it was
 * @param after the low word as it is now
 * @returns 1 if it went past its end, else 0
 */
export function carryOf(before: number, after: number): 0 | 1 {
  return (before & ~after) < 0 ? 1 : 0;
}

/** Copies a 64-bit value within the words. */
export function copy64(
  w: Words,
  { to, from }: { to: number; from: number },
): void {
  w[to] = w[from];
  w[to + 1] = w[from + 1];
}

/** Copies a set of `count` 64-bit values within the words. */
export function copySet64(
  w: Words,
  { to, from, count }: { to: number; from: number; count: number },
): void {
  w.copyWithin(to, from, from + 2 * count);
}
