/**
 * The states of a search: tuples of numbers in one array, which is also the queue, each with the number of the
 * state that it was first reached from; and an open-addressing table of indices.
 *
 * @module
 */

/** Most of the table that may be in use. */
export const LOAD_MAX = 0.6;

/** The memory that the search may use is used up. */
export class OutOfMemory extends Error {
  override name = "OutOfMemory";
}

/** A set of tuples, each with a number. */
export interface States {
  /** Numbers in a tuple. */
  readonly width: number;
  /** Tuples, one after the other. */
  readonly tuples: Int32Array;
  /** Where a state was first reached from; -1 for the first. */
  parentOf(state: number): number;
  /**
   * Adds tuples `from` a state, with the hashes that `hashTuple` gives. Several at once: the table's slots are
   * all asked for first.
   *
   * @returns false if there is no more room; some may have been added
   */
  addAll(
    batch: Int32Array,
    hashes: Int32Array,
    count: number,
    from: number,
  ): boolean;
}

/** A growing set of tuples in the order in which they came. */
export class StateStore implements States {
  /** Tuples, one after the other. */
  tuples: Int32Array;
  /** By state: where it was first reached from; -1 for the first. */
  parents: Int32Array;
  /** How many states there are. */
  count = 0;
  #table: Int32Array;
  readonly #bytesMax: number;

  /**
   * @param width numbers in a tuple
   * @param bytesMax what all arrays together may take
   */
  constructor(readonly width: number, bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#table = new Int32Array(1 << 8);
    const capacity = Math.floor(this.#table.length * LOAD_MAX);
    this.tuples = new Int32Array(capacity * width);
    this.parents = new Int32Array(capacity);
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    return this.tuples.byteLength + this.parents.byteLength +
      this.#table.byteLength;
  }

  /** Bytes a state, of the arrays' part that is in use, the table whole. */
  get bytesPerState(): number {
    return 4 * (this.width + 1) +
      this.#table.byteLength / Math.max(1, this.count);
  }

  parentOf(state: number): number {
    return this.parents[state];
  }

  /** @throws {OutOfMemory} */
  addAll(
    batch: Int32Array,
    hashes: Int32Array,
    count: number,
    from: number,
  ): boolean {
    if (this.count + count > this.parents.length) this.#grow(count);
    const table = this.#table;
    const mask = table.length - 1;
    const { width, tuples, parents } = this;
    // Asking for all slots before using any lets the processor wait for them side by side.
    let touched = 0;
    for (let j = 0; j < count; j++) touched += table[hashes[j] & mask];
    this.touched = touched;
    let states = this.count;
    for (let j = 0; j < count; j++) {
      const at = j * width;
      let q = hashes[j] & mask;
      for (;;) {
        const entry = table[q];
        if (entry === 0) {
          const to = states * width;
          for (let i = 0; i < width; i++) tuples[to + i] = batch[at + i];
          parents[states] = from;
          table[q] = ++states;
          break;
        }
        const other = (entry - 1) * width;
        let i = 0;
        while (i < width && tuples[other + i] === batch[at + i]) i++;
        if (i === width) break;
        q = (q + 1) & mask;
      }
    }
    this.count = states;
    return true;
  }

  /** Keeps the loads of `addAll` from being left out as useless. */
  touched = 0;

  #grow(more: number): void {
    let slots = this.#table.length;
    while (slots * LOAD_MAX < this.count + more) slots *= 2;
    const capacity = Math.floor(slots * LOAD_MAX);
    const bytes = 4 * (slots + capacity * (this.width + 1));
    if (bytes > this.#bytesMax || capacity * this.width > 0x7fff_ffff) {
      throw new OutOfMemory("The states do not fit the memory");
    }
    this.tuples = grown(this.tuples, capacity * this.width);
    this.parents = grown(this.parents, capacity);
    const table = new Int32Array(slots);
    const mask = slots - 1;
    for (let s = 0; s < this.count; s++) {
      let q = hashTuple(this.tuples, s * this.width, this.width) & mask;
      while (table[q] !== 0) q = (q + 1) & mask;
      table[q] = s + 1;
    }
    this.#table = table;
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

/** The hash that `addAll` is given for a tuple. */
export function hashTuple(
  tuple: Int32Array,
  at: number,
  width: number,
): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < width; i++) {
    h = Math.imul(h ^ tuple[at + i], 0x85ebca6b);
    h ^= h >>> 15;
  }
  return Math.imul(h, 0xc2b2ae35) >>> 3;
}
