/**
 * The steps of a pair, remembered: the rules run once for each pair of components.
 *
 * @module
 */
import type { Event, ExceptionKind } from "../events.ts";
import type { StepKind } from "./model.ts";
import type { LostRegister, Mismatch, Noticed, Unread } from "./monitor.ts";
import { PROPERTIES_MAX } from "./properties.ts";

/** Numbers of a remembered successor. */
export const SUCCESSOR = {
  vcpu: 0,
  cpu: 1,
  vm: 2,
  /** Kind, 4 bits, and the node that acted. */
  action: 3,
  /** Bits of `PROPERTY`, and from `EXPECTED_SHIFT` on those of an expectation. */
  broken: 4,
  words: 5,
} as const;

/** Bits above those of `PROPERTY`: the first `always expect` that does not hold. */
export const EXPECTED_SHIFT = PROPERTIES_MAX;

/** What happened in a step. */
export interface Explained {
  readonly events: readonly Event[];
  readonly bareEvents: readonly Event[];
  readonly handler: string | undefined;
  readonly unread: Unread | undefined;
  readonly lost: LostRegister | undefined;
  readonly noticed: Noticed | undefined;
  readonly mismatch: Mismatch | undefined;
  readonly exception: ExceptionKind | undefined;
}

/** Components after a step, and what the step was. */
export interface RememberedSuccessor {
  readonly vcpu: number;
  readonly cpu: number;
  readonly vm: number;
  /** As `actionOf` gives it. */
  readonly action: number;
  /** Bits of `PROPERTY`, and from `EXPECTED_SHIFT` on those of an expectation. */
  readonly broken: number;
}

/** A successor before it is remembered. */
export interface Successor extends RememberedSuccessor {
  /** The step left the program's next choice as it was. */
  readonly isOpen: boolean;
  /** What happened, if that was asked for. */
  readonly explained: Explained | undefined;
}

/** The same states, whatever led to them. */
export function sameStates(
  a: readonly Successor[],
  b: readonly Successor[],
): boolean {
  return a.length === b.length &&
    a.every((one, i) =>
      one.vcpu === b[i].vcpu && one.cpu === b[i].cpu && one.vm === b[i].vm
    );
}

/** A step's action as one number. */
export function actionOf(kind: StepKind, node: number): number {
  return kind | (node << 4);
}

/** Kind and node of an action. */
export function actionParts(
  action: number,
): { readonly kind: StepKind; readonly node: number } {
  return { kind: (action & 15) as StepKind, node: action >> 4 };
}

/** What is remembered, for another thread to begin with. */
export interface Remembered {
  readonly list: Int32Array;
  readonly listEnd: number;
  readonly table: Int32Array;
  readonly pairs: number;
}

/** An open-addressing table of pairs, each with its successors. */
export class SuccessorMemo {
  /** By pair: how many successors it has, then `SUCCESSOR.words` numbers each. */
  list: Int32Array = new Int32Array(1 << 12);
  #table = new Int32Array(1 << 12);
  #pairs = 0;
  /** 0 is no place in the list. */
  #listEnd = 1;

  /** How many pairs are remembered. */
  get pairs(): number {
    return this.#pairs;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.list.byteLength + this.#table.byteLength;
  }

  /** What is remembered up to now. */
  get remembered(): Remembered {
    return {
      list: this.list,
      listEnd: this.#listEnd,
      table: this.#table,
      pairs: this.#pairs,
    };
  }

  /** Begins with what another thread remembers. */
  beginWith({ list, listEnd, table, pairs }: Remembered): void {
    this.list = list.slice();
    this.#listEnd = listEnd;
    this.#table = table.slice();
    this.#pairs = pairs;
  }

  /** Where the successors of a pair begin in `list`; 0 if they are not remembered. */
  find(vcpu: number, cpu: number, vm: number): number {
    const table = this.#table;
    const mask = table.length / 4 - 1;
    let q = pairHash(vcpu, cpu, vm) & mask;
    for (;;) {
      const found = table[4 * q + 3];
      if (
        found === 0 ||
        table[4 * q] === vcpu && table[4 * q + 1] === cpu &&
          table[4 * q + 2] === vm
      ) return found;
      q = (q + 1) & mask;
    }
  }

  /** The pair and VM block whose successor is at a place of `list`, and which of theirs it is. */
  placeOf(
    at: number,
  ): readonly [vcpu: number, cpu: number, vm: number, number: number] {
    const table = this.#table;
    for (let q = 0; q < table.length; q += 4) {
      const begin = table[q + 3];
      if (begin === 0) continue;
      const after = at - begin - 1;
      if (after >= 0 && after < this.list[begin] * SUCCESSOR.words) {
        const number = after / SUCCESSOR.words;
        return [table[q], table[q + 1], table[q + 2], number];
      }
    }
    throw new RangeError(`No successor is at ${at}`);
  }

  /** The successors that begin at a place of `list`. */
  at(begin: number): RememberedSuccessor[] {
    const { list } = this;
    return Array.from({ length: list[begin] }, (_, j) => {
      const from = begin + 1 + j * SUCCESSOR.words;
      return {
        vcpu: list[from + SUCCESSOR.vcpu],
        cpu: list[from + SUCCESSOR.cpu],
        vm: list[from + SUCCESSOR.vm],
        action: list[from + SUCCESSOR.action],
        broken: list[from + SUCCESSOR.broken],
      };
    });
  }

  /** Remembers the successors of a pair. @returns where they begin in `list` */
  add(
    vcpu: number,
    cpu: number,
    vm: number,
    found: readonly Successor[],
  ): number {
    const begin = this.#listEnd;
    const need = begin + 1 + found.length * SUCCESSOR.words;
    if (need > this.list.length) {
      let { length } = this.list;
      while (length < need) length *= 2;
      const list = new Int32Array(length);
      list.set(this.list);
      this.list = list;
    }
    let at = begin;
    this.list[at++] = found.length;
    for (const one of found) {
      this.list[at + SUCCESSOR.vcpu] = one.vcpu;
      this.list[at + SUCCESSOR.cpu] = one.cpu;
      this.list[at + SUCCESSOR.vm] = one.vm;
      this.list[at + SUCCESSOR.action] = one.action;
      this.list[at + SUCCESSOR.broken] = one.broken;
      at += SUCCESSOR.words;
    }
    this.#listEnd = at;
    if (++this.#pairs > this.#table.length / 8) this.#grow();
    this.#put(vcpu, cpu, vm, begin);
    return begin;
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Int32Array(old.length * 2);
    for (let q = 0; q < old.length; q += 4) {
      if (old[q + 3] !== 0) {
        this.#put(old[q], old[q + 1], old[q + 2], old[q + 3]);
      }
    }
  }

  #put(vcpu: number, cpu: number, vm: number, found: number): void {
    const table = this.#table;
    const mask = table.length / 4 - 1;
    let q = pairHash(vcpu, cpu, vm) & mask;
    while (table[4 * q + 3] !== 0) q = (q + 1) & mask;
    table[4 * q] = vcpu;
    table[4 * q + 1] = cpu;
    table[4 * q + 2] = vm;
    table[4 * q + 3] = found;
  }
}

function pairHash(vcpu: number, cpu: number, vm: number): number {
  let h = Math.imul(vcpu, 0x9e3779b1) ^ Math.imul(cpu, 0x85ebca6b) ^
    Math.imul(vm, 0xc2b2ae35);
  h ^= h >>> 15;
  return h;
}
