/**
 * The states of a search: packed words in one array, which is also the queue, each with the number of the state that it
 * was first reached from; and an open-addressing table of these numbers.
 *
 * An entry of the table is a number plus 1 in its low bits, and in the others those bits of the state's hash that do not
 * choose the slot: of two states whose slots are near, almost always the entries tell that they differ.
 *
 * @module
 */
import { grown } from "./grown.ts";
import { type ByKind, Packing, repack, type StateShape } from "./packing.ts";

/** Most of the table that may be in use. */
export const LOAD_MAX = 0.75;

/** States that are entered at once into a larger table. */
export const ENTERED = 64;

/** The memory that the search may use is used up. */
export class OutOfMemory extends Error {
  override name = "OutOfMemory";
}

/** States that are not added yet. */
export interface Batch {
  /** Packed, one after the other. */
  readonly words: Int32Array;
  /** By state: what `hashState` gives. */
  readonly hashes: Int32Array;
  /** By state: the one that it was reached from. */
  readonly parents: Int32Array;
  readonly count: number;
}

/** A set of states, each with a number. */
export interface States {
  /** How they are packed. */
  readonly packing: Packing;
  /** They, one after the other. */
  readonly words: Int32Array;
  /** Where a state was first reached from; -1 for the first. */
  parentOf(state: number): number;
  /**
   * Adds states. Several at once: all that is read of the table, and of states that are there, is asked for first.
   *
   * @returns false if there is no more room; some may have been added
   */
  addAll(batch: Batch): boolean;
}

/** The numbers of a state. */
export function numbersOf(
  { packing, words }: States,
  state: number,
): Int32Array {
  const tuple = new Int32Array(packing.width);
  packing.read(words, state * packing.words, tuple);
  return tuple;
}

/** States that a table has room for. */
export function capacityOf(slots: number): number {
  return Math.floor(slots * LOAD_MAX);
}

/** Bytes of a table and of as many states as it has room for. */
export function bytesOf(slots: number, words: number): number {
  return 4 * (slots + capacityOf(slots) * (words + 1));
}

/** A growing set of states in the order in which they came. */
export class StateStore implements States {
  packing: Packing;
  words: Int32Array;
  /** By state: where it was first reached from; -1 for the first. */
  parents: Int32Array;
  /** How many states there are. */
  count = 0;
  #table: Int32Array;
  readonly #bytesMax: number;

  /**
   * @param counts how many components there are
   * @param bytesMax what all arrays together may take
   */
  constructor(shape: StateShape, counts: ByKind, bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.packing = Packing.of(shape, counts);
    this.#table = new Int32Array(1 << 8);
    const capacity = capacityOf(this.#table.length);
    this.words = new Int32Array(capacity * this.packing.words);
    this.parents = new Int32Array(capacity);
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    return this.words.byteLength + this.parents.byteLength +
      this.#table.byteLength;
  }

  /** Bytes a state, of the arrays' part that is in use, the table whole. */
  get bytesPerState(): number {
    return 4 * (this.packing.words + 1) +
      this.#table.byteLength / Math.max(1, this.count);
  }

  parentOf(state: number): number {
    return this.parents[state];
  }

  /** Packs states anew, with room for so many components. @throws {OutOfMemory} */
  widen(counts: ByKind): void {
    const from = this.packing;
    const to = Packing.of(from.shape, counts);
    if (to.words !== from.words) {
      const { length } = this.#table;
      this.#mustFit(length, to.words);
      this.words = grown(this.words, capacityOf(length) * to.words);
    }
    repack(this.words, this.count, from, to);
    this.packing = to;
    this.#table.fill(0);
    this.#enterAll();
  }

  /** @throws {OutOfMemory} */
  addAll(batch: Batch): boolean {
    const { count, hashes } = batch;
    if (this.count + count > this.parents.length) this.#grow(count);
    const table = this.#table;
    const mask = table.length - 1;
    const { words, parents } = this;
    const { words: size } = this.packing;
    this.touched = touch(batch, table, words, size);
    let states = this.count;
    for (let j = 0; j < count; j++) {
      const at = j * size;
      const h = hashes[j];
      let q = h & mask;
      for (;;) {
        const entry = table[q];
        if (entry === 0) {
          const to = states * size;
          for (let i = 0; i < size; i++) words[to + i] = batch.words[at + i];
          parents[states] = batch.parents[j];
          table[q] = (h & ~mask) | ++states;
          break;
        }
        if (((entry ^ h) & ~mask) === 0) {
          const other = ((entry & mask) - 1) * size;
          let i = 0;
          while (i < size && words[other + i] === batch.words[at + i]) i++;
          if (i === size) break;
        }
        q = (q + 1) & mask;
      }
    }
    this.count = states;
    return true;
  }

  /** Keeps the loads of `addAll` from being left out as useless. */
  touched = 0;

  #mustFit(slots: number, words: number): void {
    if (
      bytesOf(slots, words) > this.#bytesMax ||
      capacityOf(slots) * words > 0x7fff_ffff
    ) throw new OutOfMemory("The states do not fit the memory");
  }

  #grow(more: number): void {
    let slots = this.#table.length;
    while (capacityOf(slots) < this.count + more) slots *= 2;
    const { words } = this.packing;
    this.#mustFit(slots, words);
    const capacity = capacityOf(slots);
    this.words = grown(this.words, capacity * words);
    this.parents = grown(this.parents, capacity);
    this.#table = new Int32Array(slots);
    this.#enterAll();
  }

  /** Enters all states into the empty table, some at a time, for the reason that `addAll` has. */
  #enterAll(): void {
    const { words } = this.packing;
    const table = this.#table;
    const mask = table.length - 1;
    const hashes = new Int32Array(ENTERED);
    for (let from = 0; from < this.count; from += ENTERED) {
      const count = Math.min(ENTERED, this.count - from);
      this.touched = hashAll(this.words, words, from, hashes, count, table);
      for (let j = 0; j < count; j++) {
        const h = hashes[j];
        let q = h & mask;
        while (table[q] !== 0) q = (q + 1) & mask;
        table[q] = (h & ~mask) | (from + j + 1);
      }
    }
  }
}

/**
 * Asks for what `addAll` reads of a table and of its states: asking for all of it before using any lets the processor
 * wait for it side by side.
 *
 * @returns a number that has no use, so that no load is left out as useless
 */
export function touch(
  { hashes, count }: Batch,
  table: Int32Array,
  words: Int32Array,
  size: number,
): number {
  const mask = table.length - 1;
  let touched = 0;
  for (let j = 0; j < count; j++) touched += table[hashes[j] & mask];
  for (let j = 0; j < count; j++) {
    const h = hashes[j];
    const entry = table[h & mask];
    if (entry !== 0 && ((entry ^ h) & ~mask) === 0) {
      touched += words[((entry & mask) - 1) * size];
    }
  }
  return touched;
}

/**
 * Hashes states for the table, and asks for their slots of the table.
 *
 * @param first the first of them
 * @returns as `touch` does
 */
export function hashAll(
  words: Int32Array,
  size: number,
  first: number,
  hashes: Int32Array,
  count: number,
  table: Int32Array,
): number {
  const mask = table.length - 1;
  let touched = 0;
  for (let j = 0; j < count; j++) {
    const h = hashState(words, (first + j) * size, size);
    hashes[j] = h;
    touched += table[h & mask];
  }
  return touched;
}

/** The hash that `addAll` is given for a state, of which all bits count. */
export function hashState(
  words: Int32Array,
  at: number,
  size: number,
): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < size; i++) {
    h = Math.imul(h ^ words[at + i], 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
