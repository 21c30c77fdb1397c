/**
 * Arrays that become longer.
 *
 * @module
 */

/** A longer array, which begins with what an array has. */
export function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
