/**
 * The states of a search, shared by threads: the arrays of `StateStore` in memory that all of them see.
 *
 * A thread takes numbers for new states in runs, so that a run may have a rest that is not used; no state has a
 * parent word of 0. A state is in the set once its number is in the table, which only one thread can put there:
 * its tuple is written before.
 *
 * @module
 */
import { growable } from "./shared_pool.ts";
import { hashTuple, LOAD_MAX, type States, type StateStore } from "./store.ts";

/** Added to a parent's number, so that 0 is no state: the first has -1. */
const PARENT_BIAS = 2;

/** Words of `head`. */
const HEAD = {
  /** Numbers that are given away. */
  taken: 0,
  /** States that there is room for. */
  capacity: 1,
  /** Slots of the table. */
  slots: 2,
  words: 3,
} as const;

/** What a thread is sent, to have the same states. */
export interface SharedStatesMemory {
  readonly width: number;
  readonly bytesMax: number;
  readonly head: SharedArrayBuffer;
  readonly tuples: SharedArrayBuffer;
  readonly parents: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
}

/** States that a table has room for. */
function capacityOf(slots: number): number {
  return Math.floor(slots * LOAD_MAX);
}

function bytesOf(slots: number, width: number): number {
  return 4 * (slots + capacityOf(slots) * (width + 1));
}

/** The states as one thread sees them. */
export class SharedStates implements States {
  tuples: Int32Array;
  readonly memory: SharedStatesMemory;
  readonly width: number;
  /** States that this thread added. */
  added = 0;
  /** Numbers that are taken at once. */
  run = 1;
  readonly #head: Int32Array;
  #parents: Int32Array;
  #table: Int32Array;
  #next = 0;
  #end = 0;

  constructor(memory: SharedStatesMemory) {
    this.memory = memory;
    this.width = memory.width;
    this.#head = new Int32Array(memory.head);
    this.tuples = new Int32Array(0);
    this.#parents = this.tuples;
    this.#table = this.tuples;
    this.catchUp();
  }

  /** The same states, shared. */
  static from(store: StateStore, bytesMax: number): SharedStates {
    const { width, count } = store;
    let slots = 1 << 8;
    while (capacityOf(slots) < count) slots *= 2;
    const capacity = capacityOf(slots);
    // What the largest table within the bound would need.
    let slotsMax = slots;
    while (
      slotsMax < 2 ** 29 && bytesOf(2 * slotsMax, width) <= bytesMax &&
      capacityOf(2 * slotsMax) * width <= 0x7fff_ffff
    ) slotsMax *= 2;
    const most = capacityOf(slotsMax);
    const states = new SharedStates({
      width,
      bytesMax,
      head: new SharedArrayBuffer(4 * HEAD.words),
      tuples: growable(4 * capacity * width, 4 * most * width),
      parents: growable(4 * capacity, 4 * most),
      table: growable(4 * slots, 4 * slotsMax),
    });
    states.#head[HEAD.taken] = count;
    states.#head[HEAD.capacity] = capacity;
    states.#head[HEAD.slots] = slots;
    states.catchUp();
    states.tuples.set(store.tuples.subarray(0, count * width));
    for (let s = 0; s < count; s++) {
      states.#parents[s] = store.parentOf(s) + PARENT_BIAS;
    }
    states.enter(0, count);
    return states;
  }

  /** Numbers that are given away; not each has a state. */
  get taken(): number {
    // The last run may be cut off where there is no more room.
    const taken = Atomics.load(this.#head, HEAD.taken);
    return Math.min(taken, this.#head[HEAD.capacity]);
  }

  get bytes(): number {
    const { tuples, parents, table } = this.memory;
    return tuples.byteLength + parents.byteLength + table.byteLength;
  }

  /** Bytes that a number of states takes, the table whole. */
  bytesPerState(count: number): number {
    return 4 * (this.width + 1) +
      this.memory.table.byteLength / Math.max(1, count);
  }

  /** A number that has a state. */
  has(state: number): boolean {
    return this.#parents[state] !== 0;
  }

  parentOf(state: number): number {
    return this.#parents[state] - PARENT_BIAS;
  }

  /** Sees the arrays as large as they are now. */
  catchUp(): void {
    const { tuples, parents, table } = this.memory;
    const capacity = this.#head[HEAD.capacity];
    const slots = this.#head[HEAD.slots];
    this.tuples = new Int32Array(tuples, 0, capacity * this.width);
    this.#parents = new Int32Array(parents, 0, capacity);
    this.#table = new Int32Array(table, 0, slots);
  }

  /** The rest of this thread's run stays unused: what it adds from here on comes after all that is there. */
  dropRun(): void {
    this.#next = this.#end;
  }

  /**
   * Makes more room and empties the table; then all states must be entered. No other thread may do anything
   * meanwhile.
   *
   * @returns false if that would take more memory than allowed
   */
  grow(): boolean {
    const head = this.#head;
    const { tuples, parents, table, bytesMax } = this.memory;
    const slots = 2 * head[HEAD.slots];
    const capacity = capacityOf(slots);
    if (
      4 * slots > table.maxByteLength || bytesOf(slots, this.width) > bytesMax
    ) return false;
    table.grow(4 * slots);
    tuples.grow(4 * capacity * this.width);
    parents.grow(4 * capacity);
    this.#table.fill(0);
    head[HEAD.taken] = Math.min(head[HEAD.taken], head[HEAD.capacity]);
    head[HEAD.capacity] = capacity;
    head[HEAD.slots] = slots;
    this.catchUp();
    return true;
  }

  /** Enters states into a table in which they are not. */
  enter(from: number, to: number): void {
    const table = this.#table;
    const { tuples, width } = this;
    const mask = table.length - 1;
    for (let s = from; s < to; s++) {
      if (this.#parents[s] === 0) continue;
      let q = hashTuple(tuples, s * width, width) & mask;
      while (Atomics.compareExchange(table, q, 0, s + 1) !== 0) {
        q = (q + 1) & mask;
      }
    }
  }

  addAll(
    batch: Int32Array,
    hashes: Int32Array,
    count: number,
    from: number,
  ): boolean {
    const table = this.#table;
    const mask = table.length - 1;
    const { width, tuples } = this;
    const parents = this.#parents;
    // Asking for all slots before using any lets the processor wait for them side by side.
    let touched = 0;
    for (let j = 0; j < count; j++) touched += table[hashes[j] & mask];
    this.touched = touched;
    for (let j = 0; j < count; j++) {
      const at = j * width;
      let q = hashes[j] & mask;
      // Where the tuple was written to, as long as no other thread was faster.
      let to = -1;
      for (;;) {
        let entry = Atomics.load(table, q);
        if (entry === 0) {
          if (to < 0) {
            if (this.#next === this.#end && !this.#takeRun()) return false;
            to = this.#next * width;
            for (let i = 0; i < width; i++) tuples[to + i] = batch[at + i];
          }
          entry = Atomics.compareExchange(table, q, 0, this.#next + 1);
          if (entry === 0) {
            parents[this.#next++] = from + PARENT_BIAS;
            this.added++;
            break;
          }
        }
        const other = (entry - 1) * width;
        let i = 0;
        while (i < width && tuples[other + i] === batch[at + i]) i++;
        if (i === width) break;
        q = (q + 1) & mask;
      }
    }
    return true;
  }

  /** Keeps the loads of `addAll` from being left out as useless. */
  touched = 0;

  #takeRun(): boolean {
    const head = this.#head;
    const capacity = head[HEAD.capacity];
    const from = Atomics.load(head, HEAD.taken) < capacity
      ? Atomics.add(head, HEAD.taken, this.run)
      : capacity;
    if (from >= capacity) return false;
    this.#next = from;
    this.#end = Math.min(from + this.run, capacity);
    return true;
  }
}
