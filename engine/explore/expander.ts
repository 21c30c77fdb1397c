/**
 * All that can happen next in a state, added to the states of a search.
 *
 * @module
 */
import { type Frame, MODE } from "../rules.ts";
import { WHOLE } from "./coverage.ts";
import type { Model, Requirement } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { brokenIn, restoreWays } from "./restore_ways.ts";
import type { Steps } from "./steps.ts";
import { grown } from "./grown.ts";
import type { Packing } from "./packing.ts";
import { hashState, numbersOf, type States } from "./store.ts";
import type { Order } from "./order.ts";
import { SUCCESSOR } from "./successors.ts";
import type { Symmetry } from "./symmetry.ts";
import { Transactions } from "./transactions.ts";

/** Successors that are added at once, of several states; those of one state are never apart. */
const BATCH = 256;

/** What an expansion came to. */
export const EXPANDED = {
  /** All successors are there. */
  done: 0,
  /** One of them breaks a property. */
  broken: 1,
  /** A component's number has no room in a packed state: nothing was gathered. */
  full: 2,
} as const;

/** How a state comes to a tuple and its successors. */
export interface Expansions {
  readonly model: Model;
  readonly steps: Steps;
  readonly order: Order;
  readonly symmetry: Symmetry | undefined;
  /** The last number of a tuple is that of the VM's block. */
  readonly vmVaries: boolean;
}

/**
 * Decides whether to go on past a step that breaks something.
 *
 * @param head the state
 * @param at where the successor is in the list of steps
 * @param tuple the state after it, as states are stored
 */
export type JudgeStep = (
  head: number,
  at: number,
  tuple: readonly number[],
) => boolean;

/**
 * Expands states, one after the other. Their successors are gathered, and added to the states when there are many or
 * when that is asked for.
 */
export class Expander {
  /** Transitions of all states that were expanded. */
  transitions = 0;
  /** Successors that are gathered and not added yet. */
  gathered = 0;
  readonly #model: Model;
  readonly #steps: Steps;
  readonly #order: Order;
  readonly #symmetry: Symmetry | undefined;
  readonly #vmVaries: boolean;
  readonly #states: States;
  readonly #transactions: Transactions | undefined;
  readonly #judge: JudgeStep | undefined;
  /** The numbers of the state that is expanded, and those of a successor. */
  readonly #tuple: Int32Array;
  readonly #after: Int32Array;
  /** How states are packed, and where that puts their parts. */
  #packing: Packing;
  #words: Int32Array;
  #hashes: Int32Array;
  #parents: Int32Array;
  /** Transitions of the states whose successors are gathered. */
  #pending = 0;

  /**
   * @param states where states are, and successors go
   * @param judge whether to go on past a step that breaks something; not in transactions
   */
  constructor(
    { model, steps, order, symmetry, vmVaries }: Expansions,
    states: States,
    judge?: JudgeStep,
  ) {
    this.#judge = judge;
    this.#model = model;
    this.#steps = steps;
    this.#order = order;
    this.#symmetry = symmetry;
    this.#vmVaries = vmVaries;
    this.#states = states;
    this.#transactions = order === "transactions"
      ? new Transactions(steps)
      : undefined;
    this.#tuple = new Int32Array(states.packing.width);
    this.#after = new Int32Array(states.packing.width);
    this.#packing = states.packing;
    this.#words = new Int32Array(2 * BATCH * states.packing.words);
    this.#hashes = new Int32Array(2 * BATCH);
    this.#parents = new Int32Array(2 * BATCH);
  }

  /** Adds the first state, which must have room. */
  begin(tuple: readonly number[]): void {
    this.#adopt(this.#states.packing);
    this.#after.set(tuple);
    this.#emit(NONE);
    this.flush();
  }

  /**
   * Gathers the successors of a state.
   *
   * @param vm its VM block, unless that varies
   * @returns one of `EXPANDED`; nothing of it is gathered or counted unless it is done
   */
  expand(head: number, vm: number): number {
    const steps = this.#steps;
    const { components, memo } = steps;
    const { vcpus, cpus } = this.#model;
    const transactions = this.#transactions;
    const states = this.#states;
    if (states.packing !== this.#packing) this.#adopt(states.packing);
    const tuple = this.#tuple;
    this.#packing.read(states.words, head * this.#packing.words, tuple);
    if (this.#vmVaries) vm = tuple[vcpus + cpus];
    const { mode, where, userActs, occupant, hostActs } = components;
    const { transitions, gathered } = this;
    let expanded: number = EXPANDED.done;
    let owner = NONE;
    if (this.#order === "owner") {
      for (let v = 0; v < vcpus; v++) {
        if (mode[tuple[v]] !== MODE.out) owner = v;
      }
    }
    for (let v = 0; v < vcpus && expanded === EXPANDED.done; v++) {
      if (owner !== NONE && owner !== v) continue;
      const vid = tuple[v];
      const out = mode[vid] === MODE.out;
      if (out && userActs[vid] !== 0) {
        const at = steps.successors(vid, NONE, vm);
        expanded = this.#gather(head, v, NONE, memo.list, at);
        if (expanded !== EXPANDED.done) break;
      }
      const from = out ? 0 : where[vid];
      const to = out ? cpus : from + 1;
      for (let p = from; p < to; p++) {
        const cid = tuple[vcpus + p];
        if (out && occupant[cid] !== 0) continue;
        if (transactions !== undefined) {
          const at = transactions.ends(vid, cid, vm);
          expanded = this.#gather(head, v, p, transactions.list, at);
        } else {
          const at = steps.successors(vid, cid, vm);
          expanded = this.#gather(head, v, p, memo.list, at);
        }
        if (expanded !== EXPANDED.done) break;
      }
    }
    if (owner === NONE) {
      for (let p = 0; p < cpus && expanded === EXPANDED.done; p++) {
        const cid = tuple[vcpus + p];
        if (hostActs[cid] === 0 || occupant[cid] !== 0) continue;
        const at = steps.successors(NONE, cid, vm);
        expanded = this.#gather(head, NONE, p, memo.list, at);
      }
    }
    if (
      owner === NONE && expanded === EXPANDED.done &&
      this.#model.restores !== undefined
    ) expanded = this.#restored(head, vm);
    if (expanded === EXPANDED.done) {
      this.#pending += this.transitions - transitions;
    } else {
      this.gathered = gathered;
      this.transitions = transitions;
    }
    return expanded;
  }

  /** Whether so many successors are gathered that they should be added. */
  get isMany(): boolean {
    return this.gathered >= BATCH;
  }

  /**
   * Adds what is gathered.
   *
   * @returns false if there is no room: then nothing of what was gathered counts, and the states that it was gathered
   * of must be expanded again
   */
  flush(): boolean {
    const count = this.gathered;
    if (count === 0) return true;
    this.gathered = 0;
    const pending = this.#pending;
    this.#pending = 0;
    const isAdded = this.#states.addAll({
      words: this.#words,
      hashes: this.#hashes,
      parents: this.#parents,
      count,
    });
    if (!isAdded) this.transitions -= pending;
    return isAdded;
  }

  /** Gathers the successors that one pair has. */
  #gather(
    head: number,
    v: number,
    p: number,
    list: Int32Array,
    at: number,
  ): number {
    const count = list[at];
    this.transitions += count;
    if (this.#symmetry !== undefined || this.#judge !== undefined) {
      return this.#gatherNumbers(head, v, p, list, at);
    }
    while (this.gathered + count > this.#hashes.length) this.#makeRoom();
    const packing = this.#packing;
    const { words: size, wordOf, shiftOf, bitsOf } = packing;
    const { vcpus, cpus } = this.#model;
    const tuple = this.#tuple;
    const { words: states } = this.#states;
    const base = head * size;
    const words = this.#words;
    const hashes = this.#hashes;
    const parents = this.#parents;
    let beyond = 0;
    let n = this.gathered;
    let from = at + 1;
    for (let j = 0; j < count; j++, n++, from += SUCCESSOR.words) {
      if (list[from + SUCCESSOR.broken] !== 0) return EXPANDED.broken;
      const to = n * size;
      for (let i = 0; i < size; i++) words[to + i] = states[base + i];
      if (v !== NONE) {
        const id = list[from + SUCCESSOR.vcpu];
        beyond |= id >>> bitsOf[v];
        words[to + wordOf[v]] ^= (id ^ tuple[v]) << shiftOf[v];
      }
      if (p !== NONE) {
        const place = vcpus + p;
        const id = list[from + SUCCESSOR.cpu];
        beyond |= id >>> bitsOf[place];
        words[to + wordOf[place]] ^= (id ^ tuple[place]) << shiftOf[place];
      }
      if (this.#vmVaries) {
        const place = vcpus + cpus;
        const id = list[from + SUCCESSOR.vm];
        beyond |= id >>> bitsOf[place];
        words[to + wordOf[place]] ^= (id ^ tuple[place]) << shiftOf[place];
      }
      hashes[n] = hashState(words, to, size);
      parents[n] = head;
    }
    if (beyond !== 0) return EXPANDED.full;
    this.gathered = n;
    return EXPANDED.done;
  }

  /** The same by the numbers of the successors, which are renamed or asked about. */
  #gatherNumbers(
    head: number,
    v: number,
    p: number,
    list: Int32Array,
    at: number,
  ): number {
    const { vcpus, cpus } = this.#model;
    const after = this.#after;
    const count = list[at];
    let from = at + 1;
    for (let j = 0; j < count; j++, from += SUCCESSOR.words) {
      const isBroken = list[from + SUCCESSOR.broken] !== 0;
      if (isBroken && this.#judge === undefined) return EXPANDED.broken;
      after.set(this.#tuple);
      if (v !== NONE) after[v] = list[from + SUCCESSOR.vcpu];
      if (p !== NONE) after[vcpus + p] = list[from + SUCCESSOR.cpu];
      if (this.#vmVaries) after[vcpus + cpus] = list[from + SUCCESSOR.vm];
      if (!this.#emit(head)) return EXPANDED.full;
      if (isBroken && !this.#judge!(head, from, [...after])) {
        return EXPANDED.broken;
      }
    }
    return EXPANDED.done;
  }

  /** Gathers what a state is after a save and restore of the VM. */
  #restored(head: number, vm: number): number {
    const { vcpus } = this.#model;
    const tuple = this.#tuple;
    const after = this.#after;
    const ways = restoreWays(this.#steps, (v) => tuple[v], vcpus, vm);
    this.transitions += ways.length;
    for (const way of ways) {
      const { list } = this.#steps.memo;
      const broken = brokenIn(list, way);
      if (broken !== undefined && this.#judge === undefined) {
        return EXPANDED.broken;
      }
      after.set(tuple);
      way.forEach((at, v) => {
        after[v] = list[at + SUCCESSOR.vcpu];
      });
      if (!this.#emit(head)) return EXPANDED.full;
      if (broken !== undefined && !this.#judge!(head, broken, [...after])) {
        return EXPANDED.broken;
      }
    }
    return EXPANDED.done;
  }

  /** Gathers the successor of a state whose numbers are complete. @returns false if one has no room */
  #emit(head: number): boolean {
    this.#symmetry?.canonical(this.#after, 0);
    const n = this.gathered;
    if (n === this.#hashes.length) this.#makeRoom();
    const { words } = this.#packing;
    if (!this.#packing.write(this.#after, this.#words, n * words)) return false;
    this.#hashes[n] = hashState(this.#words, n * words, words);
    this.#parents[n] = head;
    this.gathered = n + 1;
    return true;
  }

  /** Doubles the batch. */
  #makeRoom(): void {
    const length = 2 * this.#hashes.length;
    this.#words = grown(this.#words, length * this.#packing.words);
    this.#hashes = grown(this.#hashes, length);
    this.#parents = grown(this.#parents, length);
  }

  /** States are packed another way from here on; nothing is gathered. */
  #adopt(packing: Packing): void {
    this.#packing = packing;
    this.#words = new Int32Array(this.#hashes.length * packing.words);
  }
}

/**
 * The first `finally expect` that does not hold in a state.
 *
 * @returns its index; undefined if all hold, or something can still happen
 */
export function finallyBroken(
  { model, steps, vmVaries }: Expansions,
  states: States,
  head: number,
  vm: number,
): number | undefined {
  const { vcpus, cpus, finally: all } = model;
  const tuple = numbersOf(states, head);
  if (vmVaries) vm = tuple[vcpus + cpus];
  for (let v = 0; v < vcpus; v++) {
    if (!steps.components.isOver(tuple[v])) return undefined;
  }
  for (let p = 0; p < cpus; p++) {
    if (steps.components.hostActs[tuple[vcpus + p]] !== 0) return undefined;
  }
  const { tried } = steps;
  tried.note(WHOLE.ended);
  for (let n = 0; n < all.length; n++) {
    const { of, index } = all[n];
    const v = of === "vcpu" ? index : 0;
    const p = of === "cpu" ? index : 0;
    const w = steps.wordsOf(vm, tuple[v], tuple[vcpus + p]);
    const f = steps.frameOf(w);
    const isAsked = WHOLE.asked + model.always.length + n;
    if (tried.numbers[isAsked] === 0) {
      if (all[n].isThere(steps.frameOf(w.slice()), steps.bareAt)) {
        tried.note(isAsked);
      }
    }
    if (!all[n].holds(f, steps.bareAt)) return n;
  }
  return undefined;
}

/** A question to what a `finally expect` is about. */
function asked<T>(
  { model, steps, vmVaries }: Expansions,
  state: readonly number[],
  expectation: number,
  ask: (requirement: Requirement, f: Frame) => T,
): T {
  const { vcpus, finally: all } = model;
  const { of, index } = all[expectation];
  const v = of === "vcpu" ? index : 0;
  const p = of === "cpu" ? index : 0;
  const vm = vmVaries ? state.at(-1)! : steps.initial().vm;
  const w = steps.wordsOf(vm, state[v], state[vcpus + p]);
  return ask(all[expectation], steps.frameOf(w));
}

/** True if a `finally expect` does not hold in a state, wherever the programs are: no vCPU is loaded there. */
export function isBrokenIn(
  expansions: Expansions,
  state: readonly number[],
  expectation: number,
): boolean {
  const { model, steps } = expansions;
  const { mode } = steps.components;
  for (let v = 0; v < model.vcpus; v++) {
    if (mode[state[v]] !== MODE.out) return false;
  }
  return asked(
    expansions,
    state,
    expectation,
    (requirement, f) => !requirement.holds(f, steps.bareAt),
  );
}

/** What a `finally expect` finds in a state, as text; undefined if it does not say. */
export function shownIn(
  expansions: Expansions,
  state: readonly number[],
  expectation: number,
): string | undefined {
  return asked(
    expansions,
    state,
    expectation,
    (requirement, f) => requirement.shown?.(f, expansions.steps.bareAt),
  );
}
