/**
 * Counts in sentences.
 *
 * @module
 */

/**
 * A count with its noun: `1 step`, `2 steps`.
 *
 * @param noun of one; of several it has an `s`
 * @param digits the count as it is written
 */
export function counted(
  count: number,
  noun: string,
  digits = `${count}`,
): string {
  return `${digits} ${noun}${count === 1 ? "" : "s"}`;
}
