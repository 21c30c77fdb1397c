/**
 * The middle of measured values.
 *
 * @module
 */

/** The middle value; of an even number of them the larger of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
