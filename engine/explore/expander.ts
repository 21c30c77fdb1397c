/**
 * All that can happen next in a state, added to the states of a search.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import { WHOLE } from "./coverage.ts";
import type { Model } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { brokenIn, restoreWays } from "./restore_ways.ts";
import type { Steps } from "./steps.ts";
import { hashTuple, type States } from "./store.ts";
import { SUCCESSOR } from "./successors.ts";
import type { Symmetry } from "./symmetry.ts";
import { Transactions } from "./transactions.ts";

/** Largest number of successors of one state before the batch is emptied. */
const BATCH = 512;

/**
 * What happens next in a state.
 *
 * - `all`: whatever can
 * - `owner`: if a vCPU is loaded, only its steps
 * - `transactions`: only states in which none is loaded; from load to put is one step
 */
export type Order = "all" | "owner" | "transactions";

/** What an expansion came to. */
export const EXPANDED = {
  /** All successors are there. */
  done: 0,
  /** One of them breaks a property. */
  broken: 1,
  /** There is no room for all of them. */
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

/** Expands states, one after the other. */
export class Expander {
  /** Transitions of all states that were expanded. */
  transitions = 0;
  readonly #model: Model;
  readonly #steps: Steps;
  readonly #order: Order;
  readonly #symmetry: Symmetry | undefined;
  readonly #vmVaries: boolean;
  readonly #states: States;
  readonly #width: number;
  readonly #transactions: Transactions | undefined;
  readonly #judge: JudgeStep | undefined;
  readonly #batch: Int32Array;
  readonly #hashes: Int32Array;
  #batched = 0;

  /**
   * @param states where tuples are, and successors go
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
    this.#width = states.width;
    this.#transactions = order === "transactions"
      ? new Transactions(steps)
      : undefined;
    this.#batch = new Int32Array(BATCH * this.#width);
    this.#hashes = new Int32Array(BATCH);
  }

  /** Adds the first state. */
  begin(tuple: readonly number[]): void {
    this.#batch.set(tuple);
    this.#emitted();
    this.#flush(NONE);
  }

  /**
   * Adds the successors of a state.
   *
   * @param vm its VM block, unless that varies
   * @returns one of `EXPANDED`; nothing is counted unless it is done
   */
  expand(head: number, vm: number): number {
    const steps = this.#steps;
    const { components, memo } = steps;
    const width = this.#width;
    const { vcpus, cpus } = this.#model;
    const transactions = this.#transactions;
    const { tuples } = this.#states;
    const base = head * width;
    if (this.#vmVaries) vm = tuples[base + width - 1];
    const { mode, where, userActs, occupant, hostActs } = components;
    const before = this.transitions;
    let expanded: number = EXPANDED.done;
    let owner = NONE;
    if (this.#order === "owner") {
      for (let v = 0; v < vcpus; v++) {
        if (mode[tuples[base + v]] !== MODE.out) owner = v;
      }
    }
    for (let v = 0; v < vcpus && expanded === EXPANDED.done; v++) {
      if (owner !== NONE && owner !== v) continue;
      const vid = tuples[base + v];
      const out = mode[vid] === MODE.out;
      if (out && userActs[vid] !== 0) {
        const at = steps.successors(vid, NONE, vm);
        expanded = this.#gather(head, v, NONE, memo.list, at);
        if (expanded !== EXPANDED.done) break;
      }
      const from = out ? 0 : where[vid];
      const to = out ? cpus : from + 1;
      for (let p = from; p < to; p++) {
        const cid = tuples[base + vcpus + p];
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
        const cid = tuples[base + vcpus + p];
        if (hostActs[cid] === 0 || occupant[cid] !== 0) continue;
        const at = steps.successors(NONE, cid, vm);
        expanded = this.#gather(head, NONE, p, memo.list, at);
      }
    }
    if (
      owner === NONE && expanded === EXPANDED.done &&
      this.#model.restores !== undefined
    ) expanded = this.#restored(head, vm);
    if (expanded === EXPANDED.done && this.#batched > 0) {
      if (!this.#flush(head)) expanded = EXPANDED.full;
    }
    if (expanded !== EXPANDED.done) {
      this.#batched = 0;
      this.transitions = before;
    }
    return expanded;
  }

  /** Puts the successors of a state that one pair has into the batch. */
  #gather(
    head: number,
    v: number,
    p: number,
    list: Int32Array,
    at: number,
  ): number {
    const width = this.#width;
    const { vcpus } = this.#model;
    const { tuples } = this.#states;
    const { words } = SUCCESSOR;
    const base = head * width;
    const batch = this.#batch;
    const count = list[at];
    let from = at + 1;
    this.transitions += count;
    for (let j = 0; j < count; j++, from += words) {
      const isBroken = list[from + SUCCESSOR.broken] !== 0;
      if (isBroken && this.#judge === undefined) return EXPANDED.broken;
      const to = this.#batched * width;
      for (let i = 0; i < width; i++) batch[to + i] = tuples[base + i];
      if (v !== NONE) batch[to + v] = list[from + SUCCESSOR.vcpu];
      if (p !== NONE) batch[to + vcpus + p] = list[from + SUCCESSOR.cpu];
      if (this.#vmVaries) batch[to + width - 1] = list[from + SUCCESSOR.vm];
      this.#emitted();
      if (isBroken && !this.#goesOn(head, from)) return EXPANDED.broken;
      if (this.#batched === BATCH && !this.#flush(head)) return EXPANDED.full;
    }
    return EXPANDED.done;
  }

  /** Puts what a state is after a save and restore of the VM into the batch. */
  #restored(head: number, vm: number): number {
    const width = this.#width;
    const { vcpus } = this.#model;
    const { tuples } = this.#states;
    const base = head * width;
    const ways = restoreWays(this.#steps, (v) => tuples[base + v], vcpus, vm);
    this.transitions += ways.length;
    for (const way of ways) {
      const { list } = this.#steps.memo;
      const broken = brokenIn(list, way);
      if (broken !== undefined && this.#judge === undefined) {
        return EXPANDED.broken;
      }
      const to = this.#batched * width;
      for (let i = 0; i < width; i++) this.#batch[to + i] = tuples[base + i];
      way.forEach((at, v) => {
        this.#batch[to + v] = list[at + SUCCESSOR.vcpu];
      });
      this.#emitted();
      if (broken !== undefined && !this.#goesOn(head, broken)) {
        return EXPANDED.broken;
      }
      if (this.#batched === BATCH && !this.#flush(head)) return EXPANDED.full;
    }
    return EXPANDED.done;
  }

  /** Whether to go on past the last tuple of the batch, which breaks something. */
  #goesOn(head: number, at: number): boolean {
    const end = this.#batched * this.#width;
    const tuple = this.#batch.subarray(end - this.#width, end);
    return this.#judge!(head, at, [...tuple]);
  }

  /** The last tuple of the batch is complete. */
  #emitted(): void {
    const at = this.#batched * this.#width;
    this.#symmetry?.canonical(this.#batch, at);
    this.#hashes[this.#batched++] = hashTuple(this.#batch, at, this.#width);
  }

  #flush(from: number): boolean {
    const batched = this.#batched;
    this.#batched = 0;
    return this.#states.addAll(this.#batch, this.#hashes, batched, from);
  }
}

/**
 * The first `finally expect` that does not hold in a state.
 *
 * @returns its index; undefined if all hold, or something can still happen
 */
export function finallyBroken(
  { model, steps, vmVaries }: Expansions,
  { tuples, width }: States,
  head: number,
  vm: number,
): number | undefined {
  const { vcpus, cpus, finally: all } = model;
  const base = head * width;
  if (vmVaries) vm = tuples[base + width - 1];
  for (let v = 0; v < vcpus; v++) {
    if (!steps.components.isOver(tuples[base + v])) return undefined;
  }
  for (let p = 0; p < cpus; p++) {
    if (steps.components.hostActs[tuples[base + vcpus + p]] !== 0) {
      return undefined;
    }
  }
  const { tried } = steps;
  tried.note(WHOLE.ended);
  for (let n = 0; n < all.length; n++) {
    const { of, index } = all[n];
    const v = of === "vcpu" ? index : 0;
    const p = of === "cpu" ? index : 0;
    const w = steps.wordsOf(vm, tuples[base + v], tuples[base + vcpus + p]);
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

/** True if a `finally expect` does not hold in a state, wherever the programs are: no vCPU is loaded there. */
export function isBrokenIn(
  { model, steps, vmVaries }: Expansions,
  state: readonly number[],
  expectation: number,
): boolean {
  const { vcpus, finally: all } = model;
  const { mode } = steps.components;
  for (let v = 0; v < vcpus; v++) {
    if (mode[state[v]] !== MODE.out) return false;
  }
  const { of, index, holds } = all[expectation];
  const v = of === "vcpu" ? index : 0;
  const p = of === "cpu" ? index : 0;
  const vm = vmVaries ? state.at(-1)! : steps.initial().vm;
  const w = steps.wordsOf(vm, state[v], state[vcpus + p]);
  return !holds(steps.frameOf(w), steps.bareAt);
}
