/**
 * The states of a search, shared by threads: the arrays of `StateStore` in memory that all of them see.
 *
 * A thread takes numbers for new states in runs, so that a run may have a rest that is not used; no state has a
 * parent word of 0. A state is in the set once its number is in the table, which only one thread can put there:
 * its words are written before. Where they are is computed from the entry, so that a thread that reads an entry reads the
 * words after it without an atomic read.
 *
 * @module
 */
import { type ByKind, Packing, repack, type StateShape } from "./packing.ts";
import { growable } from "./shared_pool.ts";
import {
  type Batch,
  bytesOf,
  capacityOf,
  ENTERED,
  hashAll,
  type States,
  type StateStore,
  touch,
} from "./store.ts";

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
  /** Width of the fields of a packed state. */
  vcpuBits: 3,
  cpuBits: 4,
  vmBits: 5,
  words: 6,
} as const;

/** What a thread is sent, to have the same states. */
export interface SharedStatesMemory {
  readonly shape: StateShape;
  readonly bytesMax: number;
  readonly head: SharedArrayBuffer;
  readonly states: SharedArrayBuffer;
  readonly parents: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
}

/** The states as one thread sees them. */
export class SharedStates implements States {
  packing: Packing;
  words: Int32Array;
  readonly memory: SharedStatesMemory;
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
    this.#head = new Int32Array(memory.head);
    this.packing = this.#packingNow();
    this.words = new Int32Array(0);
    this.#parents = this.words;
    this.#table = this.words;
    this.catchUp();
  }

  /** The same states, shared. */
  static from(store: StateStore, bytesMax: number): SharedStates {
    const { packing, count } = store;
    const { shape, bits, width, words: size } = packing;
    let slots = 1 << 8;
    while (capacityOf(slots) < count) slots *= 2;
    const capacity = capacityOf(slots);
    // What the largest table within the bound would need, however wide fields become.
    let slotsMax = slots;
    while (
      slotsMax < 2 ** 29 && bytesOf(2 * slotsMax, size) <= bytesMax &&
      capacityOf(2 * slotsMax) * width <= 0x7fff_ffff
    ) slotsMax *= 2;
    const most = capacityOf(slotsMax);
    const head = new SharedArrayBuffer(4 * HEAD.words);
    new Int32Array(head).set([
      count,
      capacity,
      slots,
      bits.vcpu,
      bits.cpu,
      bits.vm,
    ]);
    const states = new SharedStates({
      shape,
      bytesMax,
      head,
      states: growable(4 * capacity * size, 4 * most * width),
      parents: growable(4 * capacity, 4 * most),
      table: growable(4 * slots, 4 * slotsMax),
    });
    states.words.set(store.words.subarray(0, count * size));
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
    const { states, parents, table } = this.memory;
    return states.byteLength + parents.byteLength + table.byteLength;
  }

  /** Bytes that a number of states takes, the table whole. */
  bytesPerState(count: number): number {
    return 4 * (this.packing.words + 1) +
      this.memory.table.byteLength / Math.max(1, count);
  }

  /** A number that has a state. */
  has(state: number): boolean {
    return this.#parents[state] !== 0;
  }

  parentOf(state: number): number {
    return this.#parents[state] - PARENT_BIAS;
  }

  /** Sees the arrays as large as they are now, and states as they are packed now. */
  catchUp(): void {
    const { states, parents, table } = this.memory;
    const capacity = this.#head[HEAD.capacity];
    const slots = this.#head[HEAD.slots];
    const packing = this.#packingNow();
    if (!this.packing.isOf(packing.bits)) this.packing = packing;
    this.words = new Int32Array(states, 0, capacity * packing.words);
    this.#parents = new Int32Array(parents, 0, capacity);
    this.#table = new Int32Array(table, 0, slots);
  }

  /** The rest of this thread's run stays unused: what it adds from here on comes after all that is there. */
  dropRun(): void {
    this.#next = this.#end;
  }

  /**
   * Makes more room, for wider numbers where they need it and for more states where not, and empties the table; then
   * all states must be entered. No other thread may do anything meanwhile.
   *
   * @param counts how many components there are
   * @returns false if that would take more memory than allowed
   */
  grow(counts: ByKind): boolean {
    const isWide = this.packing.fits(counts);
    return isWide ? this.#doubled() : this.#widened(counts);
  }

  #doubled(): boolean {
    const head = this.#head;
    const { states, parents, table, bytesMax } = this.memory;
    const { words: size } = this.packing;
    const slots = 2 * head[HEAD.slots];
    const capacity = capacityOf(slots);
    if (4 * slots > table.maxByteLength || bytesOf(slots, size) > bytesMax) {
      return false;
    }
    table.grow(4 * slots);
    states.grow(4 * capacity * size);
    parents.grow(4 * capacity);
    this.#table.fill(0);
    head[HEAD.taken] = Math.min(head[HEAD.taken], head[HEAD.capacity]);
    head[HEAD.capacity] = capacity;
    head[HEAD.slots] = slots;
    this.catchUp();
    return true;
  }

  #widened(counts: ByKind): boolean {
    const head = this.#head;
    const { shape, states, bytesMax } = this.memory;
    const from = this.packing;
    const to = Packing.of(shape, counts);
    if (to.words > from.words) {
      if (bytesOf(head[HEAD.slots], to.words) > bytesMax) return false;
      states.grow(4 * head[HEAD.capacity] * to.words);
    }
    head[HEAD.vcpuBits] = to.bits.vcpu;
    head[HEAD.cpuBits] = to.bits.cpu;
    head[HEAD.vmBits] = to.bits.vm;
    this.catchUp();
    repack(this.words, this.taken, from, to);
    this.#table.fill(0);
    return true;
  }

  /** Enters states into a table in which they are not, some at a time, for the reason that `addAll` has. */
  enter(from: number, to: number): void {
    const table = this.#table;
    const { words } = this;
    const { words: size } = this.packing;
    const mask = table.length - 1;
    const hashes = new Int32Array(ENTERED);
    for (let first = from; first < to; first += ENTERED) {
      const count = Math.min(ENTERED, to - first);
      this.touched = hashAll(words, size, first, hashes, count, table);
      for (let j = 0; j < count; j++) {
        if (this.#parents[first + j] === 0) continue;
        const h = hashes[j];
        const entry = (h & ~mask) | (first + j + 1);
        let q = h & mask;
        while (
          table[q] !== 0 || Atomics.compareExchange(table, q, 0, entry) !== 0
        ) q = (q + 1) & mask;
      }
    }
  }

  addAll(batch: Batch): boolean {
    const { count, hashes } = batch;
    const table = this.#table;
    const mask = table.length - 1;
    const { words } = this;
    const { words: size } = this.packing;
    const parents = this.#parents;
    this.touched = touch(batch, table, words, size);
    for (let j = 0; j < count; j++) {
      const at = j * size;
      const h = hashes[j];
      let q = h & mask;
      // Where the state was written to, as long as no other thread was faster.
      let to = -1;
      for (;;) {
        let entry = table[q];
        if (entry === 0) {
          if (to < 0) {
            if (this.#next === this.#end && !this.#takeRun()) return false;
            to = this.#next * size;
            for (let i = 0; i < size; i++) words[to + i] = batch.words[at + i];
          }
          const own = (h & ~mask) | (this.#next + 1);
          entry = Atomics.compareExchange(table, q, 0, own);
          if (entry === 0) {
            parents[this.#next++] = batch.parents[j] + PARENT_BIAS;
            this.added++;
            break;
          }
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
    return true;
  }

  /** Keeps the loads of `addAll` from being left out as useless. */
  touched = 0;

  #packingNow(): Packing {
    const head = this.#head;
    return new Packing(this.memory.shape, {
      vcpu: head[HEAD.vcpuBits],
      cpu: head[HEAD.cpuBits],
      vm: head[HEAD.vmBits],
    });
  }

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
