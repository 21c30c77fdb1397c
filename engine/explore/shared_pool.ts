/**
 * A pool of blocks that threads share: a block has the same number in all of them.
 *
 * Blocks are added rarely, so that one lock is enough. A thread gets a number from another by an atomic write, which
 * comes after the block's words, and may read them without the lock.
 *
 * @module
 */
import type { Words } from "../word64.ts";
import { type BlockPool, hashOf } from "./pool.ts";

/** Most of an index table that may be in use before it grows. */
const LOAD_MAX = 0.5;

/** Bytes that may become those of a buffer's numbers; only what is used takes memory. */
const RESERVED_BYTES = 2 ** 31;

/** Blocks that are made room for at once. */
const BLOCKS_MIN = 256;

/** Words of `head`. */
const HEAD = { lock: 0, count: 1, slots: 2, words: 3 } as const;

/** What a thread is sent, to have the same pool. */
export interface SharedPoolMemory {
  readonly words: number;
  readonly head: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
}

/** Memory for numbers, all 0, that can grow where it is. */
export function growable(bytes: number, bytesMax: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes, {
    maxByteLength: Math.max(bytes, bytesMax),
  });
}

/** The pool as one thread sees it. */
export class SharedPool implements BlockPool {
  readonly words: number;
  /** The blocks, one after the other, as far as this thread has seen. */
  data: Words;
  readonly memory: SharedPoolMemory;
  readonly #head: Int32Array;
  #table: Int32Array;

  constructor(memory: SharedPoolMemory) {
    this.memory = memory;
    this.words = memory.words;
    this.#head = new Int32Array(memory.head);
    this.data = new Int32Array(memory.data, 0, memory.data.byteLength / 4);
    this.#table = this.#tableView();
  }

  /** A shared pool of the same blocks with the same numbers. */
  static from(pool: BlockPool): SharedPool {
    const { words, count } = pool;
    let slots = 1024;
    while (count > slots * LOAD_MAX) slots *= 2;
    const room = Math.max(1, words) * Math.max(BLOCKS_MIN, count);
    const shared = new SharedPool({
      words,
      head: new SharedArrayBuffer(4 * HEAD.words),
      data: growable(4 * room, RESERVED_BYTES),
      table: growable(4 * slots, RESERVED_BYTES),
    });
    shared.data.set(pool.data.subarray(0, count * words));
    shared.#head[HEAD.count] = count;
    shared.#head[HEAD.slots] = slots;
    shared.#table = shared.#tableView();
    shared.#index();
    return shared;
  }

  get count(): number {
    return Atomics.load(this.#head, HEAD.count);
  }

  get bytes(): number {
    const { data, table } = this.memory;
    return data.byteLength + table.byteLength;
  }

  intern(w: Words, at: number): number {
    this.#lock();
    try {
      return this.#interned(w, at);
    } finally {
      this.#unlock();
    }
  }

  add(w: Words, at: number): boolean {
    this.#lock();
    try {
      const count = this.#head[HEAD.count];
      return this.#interned(w, at) === count;
    } finally {
      this.#unlock();
    }
  }

  load(id: number, w: Words, at: number): void {
    const { words } = this;
    const from = id * words;
    if (from + words > this.data.length) this.catchUp();
    const { data } = this;
    for (let i = 0; i < words; i++) w[at + i] = data[from + i];
  }

  /** Sees all blocks that other threads have added up to now. */
  catchUp(): void {
    const { data } = this.memory;
    if (data.byteLength > this.data.byteLength) {
      this.data = new Int32Array(data, 0, data.byteLength / 4);
    }
  }

  #interned(w: Words, at: number): number {
    const { words } = this;
    const head = this.#head;
    this.catchUp();
    if (this.#table.length !== head[HEAD.slots]) {
      this.#table = this.#tableView();
    }
    const table = this.#table;
    const mask = table.length - 1;
    let q = hashOf(w, at, words) & mask;
    for (;;) {
      const entry = table[q];
      if (entry === 0) break;
      if (this.#equals(entry - 1, w, at)) return entry - 1;
      q = (q + 1) & mask;
    }
    const id = head[HEAD.count];
    if ((id + 1) * words > this.data.length) {
      this.memory.data.grow(2 * this.data.byteLength);
      this.catchUp();
    }
    for (let i = 0; i < words; i++) this.data[id * words + i] = w[at + i];
    table[q] = id + 1;
    Atomics.store(head, HEAD.count, id + 1);
    if (id + 1 > table.length * LOAD_MAX) {
      this.memory.table.grow(2 * table.byteLength);
      head[HEAD.slots] = 2 * table.length;
      this.#table = this.#tableView();
      this.#table.fill(0);
      this.#index();
    }
    return id;
  }

  #equals(id: number, w: Words, at: number): boolean {
    const { words, data } = this;
    const from = id * words;
    for (let i = 0; i < words; i++) {
      if (data[from + i] !== w[at + i]) return false;
    }
    return true;
  }

  /** Enters all blocks into the empty table. */
  #index(): void {
    const { words, data } = this;
    const table = this.#table;
    const mask = table.length - 1;
    const count = this.#head[HEAD.count];
    for (let id = 0; id < count; id++) {
      let q = hashOf(data, id * words, words) & mask;
      while (table[q] !== 0) q = (q + 1) & mask;
      table[q] = id + 1;
    }
  }

  #tableView(): Int32Array {
    return new Int32Array(this.memory.table, 0, this.#head[HEAD.slots]);
  }

  #lock(): void {
    const head = this.#head;
    while (Atomics.compareExchange(head, HEAD.lock, 0, 1) !== 0) {
      Atomics.wait(head, HEAD.lock, 1, 1);
    }
  }

  #unlock(): void {
    Atomics.store(this.#head, HEAD.lock, 0);
    Atomics.notify(this.#head, HEAD.lock, 1);
  }
}
