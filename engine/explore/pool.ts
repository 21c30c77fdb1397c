/**
 * Each distinct block is stored once and known by its number: equal blocks, equal numbers.
 *
 * @module
 */
import type { Words } from "../word64.ts";

/** Most of an index table that may be in use before it grows. */
const LOAD_MAX = 0.5;

/** Of more words than this, a call into the runtime is cheaper, most of all while the loop is not compiled yet. */
const COPIED_SINGLY_MAX = 16;

/** The distinct blocks of one kind, numbered from 0 as they come. */
export interface BlockPool {
  /** Size of a block. */
  readonly words: number;
  /** The blocks, one after the other. */
  readonly data: Words;
  /** How many there are. */
  readonly count: number;
  /** Bytes in use. */
  readonly bytes: number;
  /** The number of a block, which is added if it is new. */
  intern(w: Words, at: number): number;
  /** Adds a block. @returns false if it is there */
  add(w: Words, at: number): boolean;
  /** Copies a block out. */
  load(id: number, w: Words, at: number): void;
  /** Sees all blocks that other threads have added up to now. */
  catchUp(): void;
}

/** The pool of one thread. */
export class Pool implements BlockPool {
  /** The blocks, one after the other. */
  data: Words;
  /** How many there are. */
  count = 0;
  #table: Int32Array;

  /** @param words size of a block */
  constructor(readonly words: number) {
    this.data = new Int32Array(Math.max(1, words) * 256);
    this.#table = new Int32Array(1024);
  }

  /** The number of a block, which is added if it is new. */
  intern(w: Words, at: number): number {
    const { words } = this;
    const mask = this.#table.length - 1;
    let q = hashOf(w, at, words) & mask;
    for (;;) {
      const entry = this.#table[q];
      if (entry === 0) break;
      if (this.#equals(entry - 1, w, at)) return entry - 1;
      q = (q + 1) & mask;
    }
    const id = this.count++;
    if (this.count * words > this.data.length) {
      const data = new Int32Array(this.data.length * 2);
      data.set(this.data);
      this.data = data;
    }
    this.data.set(w.subarray(at, at + words), id * words);
    this.#table[q] = id + 1;
    if (this.count > this.#table.length * LOAD_MAX) this.#grow();
    return id;
  }

  /** Adds a block. @returns false if it is there */
  add(w: Words, at: number): boolean {
    const { count } = this;
    return this.intern(w, at) === count;
  }

  /** Copies a block out. */
  load(id: number, w: Words, at: number): void {
    const { words, data } = this;
    const from = id * words;
    if (words > COPIED_SINGLY_MAX) {
      w.set(data.subarray(from, from + words), at);
      return;
    }
    for (let i = 0; i < words; i++) w[at + i] = data[from + i];
  }

  /** There are no other threads. */
  catchUp(): void {}

  /** Bytes in use. */
  get bytes(): number {
    return this.data.byteLength + this.#table.byteLength;
  }

  #equals(id: number, w: Words, at: number): boolean {
    const { words, data } = this;
    const from = id * words;
    for (let i = 0; i < words; i++) {
      if (data[from + i] !== w[at + i]) return false;
    }
    return true;
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let id = 0; id < this.count; id++) {
      let q = hashOf(this.data, id * this.words, this.words) & mask;
      while (table[q] !== 0) q = (q + 1) & mask;
      table[q] = id + 1;
    }
    this.#table = table;
  }
}

/** Mixes words to a number whose low bits are well spread. */
export function hashOf(w: Words, at: number, words: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ w[at + i], 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
