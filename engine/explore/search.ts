/**
 * Breadth-first search of all interleavings.
 *
 * @module
 */
import type { Event } from "../events.ts";
import { MODE } from "../rules.ts";
import { provePairs } from "./modular.ts";
import { type Model, PROPERTY, type StepKind } from "./model.ts";
import {
  actionParts,
  EXPECTED_SHIFT,
  NONE,
  Steps,
  SUCCESSOR,
  type Unread,
  VmVaries,
} from "./steps.ts";
import { hashTuple, OutOfMemory, StateStore } from "./store.ts";
import { Symmetry } from "./symmetry.ts";
import { Transactions } from "./transactions.ts";

/** What makes the search smaller; each can be switched off. */
export interface Reductions {
  /** States that differ in the numbering of vCPUs and CPUs, and the names of addresses, count once. */
  readonly symmetry: boolean;
  /** The same of breakpoint slots that programs and rules do not tell apart. */
  readonly slots: boolean;
  /** From vcpu_load to vcpu_put nobody else acts: the CPU is the vCPU's alone. */
  readonly transactions: boolean;
  /** Each vCPU against everything that a CPU can hold, before states are searched. */
  readonly pairs: boolean;
  /** What no later step reads is cleared. */
  readonly rest: boolean;
}

/** Where a search stops although there is more. */
export interface Bounds {
  /** Most states. */
  readonly statesMax: number;
  /** Most steps from the beginning. */
  readonly depthMax: number;
  /** Most bytes. */
  readonly bytesMax: number;
}

/** No bounds but the memory of the arrays. */
export const UNBOUNDED: Bounds = {
  statesMax: Infinity,
  depthMax: Infinity,
  bytesMax: Infinity,
};

/** How a search is to go. */
export interface SearchOptions {
  /** Which reductions are on. */
  readonly reductions: Reductions;
  /** When to stop. */
  readonly bounds: Bounds;
}

/** Where a search is. */
export interface Progress {
  /** States that were visited. */
  readonly states: number;
  /** Transitions between them. */
  readonly transitions: number;
  /** States that were reached and not expanded yet. */
  readonly frontier: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** Bytes in use. */
  readonly bytes: number;
}

/** What is broken, and where. */
export interface Broken {
  /** Bits of `PROPERTY`. */
  readonly properties: number;
  /** Index of the `always expect` that does not hold; of the `finally expect`, if `atEnd`. */
  readonly expectation: number | undefined;
  /** Only where nothing more can happen. */
  readonly atEnd: boolean;
}

/** One step of a schedule. */
export interface ScheduleStep {
  /** What happened. */
  readonly kind: StepKind;
  /** The vCPU that acts; undefined for the host. */
  readonly vcpu: number | undefined;
  /** The CPU on which it acts; undefined for userspace. */
  readonly cpu: number | undefined;
  /** Node of the program of guest, userspace or host that acts. */
  readonly node: number;
  /** The state after it. */
  readonly after: readonly number[];
  /** An instruction of the vCPU's program was begun and is not over. */
  readonly isMiddle: boolean;
  /** What happened in it. */
  readonly events: readonly Event[];
  /** A register that would read wrongly after it. */
  readonly unread: Unread | undefined;
}

/** What a search found. */
export interface Found {
  /** Everything that can be reached was looked at. */
  readonly complete: boolean;
  /** Why not. */
  readonly bound: "states" | "depth" | "memory" | "stopped" | undefined;
  /** What broke, if anything did. */
  readonly broken: Broken | undefined;
  /** Shortest schedule to what is broken, with the step that breaks it last. */
  readonly schedule: readonly ScheduleStep[];
  /** States that were visited. */
  readonly states: number;
  /** Transitions between them. */
  readonly transitions: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** Distinct blocks of vCPUs and of CPUs, and pairs of them that were looked at. */
  readonly vcpuBlocks: number;
  /** Distinct CPU blocks. */
  readonly cpuBlocks: number;
  /** Pairs of blocks whose successors are remembered. */
  readonly pairs: number;
  /** How often rules ran. */
  readonly ruleRuns: number;
  /** Bytes in use. */
  readonly bytes: number;
  /** Bytes a state. */
  readonly bytesPerState: number;
  /** What was reduced in truth. */
  readonly reductions: Reductions;
  /** Ways of renaming vCPUs, CPUs, breakpoint slots and addresses that change nothing, the identity included. */
  readonly symmetries: number;
}

/** States between two looks at the clock. */
const SLICE = 1 << 14;

/** Largest number of successors of one state before the batch is emptied. */
const BATCH = 512;

/** A search that is going on: it tells now and then where it is, and stops if it is answered so. */
export type Searching = Generator<Progress, Found, "stop" | undefined>;

/** Searches a model to the end. */
export function search(model: Model, options: SearchOptions): Found {
  const searching = searchSteps(model, options);
  for (;;) {
    const { done, value } = searching.next();
    if (done) return value;
  }
}

/** Searches a model, a slice at a time. */
export function* searchSteps(
  model: Model,
  options: SearchOptions,
): Searching {
  try {
    return yield* searchOnce(model, options, false);
  } catch (error) {
    if (!(error instanceof VmVaries)) throw error;
    // What all vCPUs share changes: a loaded vCPU is not on its own.
    const reductions = { ...options.reductions, transactions: false };
    return yield* searchOnce(model, { ...options, reductions }, true);
  }
}

function* searchOnce(
  model: Model,
  options: SearchOptions,
  vmVaries: boolean,
): Searching {
  const { pairs, transactions } = options.reductions;
  if (pairs && !vmVaries) {
    const proof = new Search(model, options, "transactions", true);
    const found = yield* proof.prove();
    if (found !== undefined) return found;
  }
  if (transactions) {
    const quick = new Search(model, options, "transactions", vmVaries);
    const found = yield* quick.run();
    if (found.broken === undefined) return found;
    // The shortest way in steps, not in transactions.
    return yield* new Search(model, options, "owner", vmVaries).run();
  }
  return yield* new Search(model, options, "all", vmVaries).run();
}

/** What random schedules came to. */
export interface Simulated {
  /** Schedules that were tried. */
  readonly schedules: number;
  /** Seed of the one that broke something; undefined if none did. */
  readonly seed: number | undefined;
  /** What was found, if anything. */
  readonly found: Found | undefined;
  /** Steps of all schedules. */
  readonly steps: number;
}

/** Numbers that are the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    // The finalizer of MurmurHash3 over a Weyl sequence.
    state = (state + 0x9e3779b9) | 0;
    let h = state ^ (state >>> 16);
    h = Math.imul(h, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) % below;
  };
}

/**
 * Tries schedules at random, with seeds from `seed` on, until one breaks something.
 *
 * @param stepsMax steps of one schedule
 */
export function* simulate(
  model: Model,
  { schedules, seed, stepsMax, rest }: {
    readonly schedules: number;
    readonly seed: number;
    readonly stepsMax: number;
    readonly rest: boolean;
  },
): Generator<Progress, Simulated, "stop" | undefined> {
  const reductions = {
    symmetry: false,
    slots: false,
    transactions: false,
    pairs: false,
    rest,
  };
  const options = { reductions, bounds: UNBOUNDED };
  const walker = new Search(model, options, "all", true);
  for (let n = 0; n < schedules; n++) {
    const found = walker.walk(randomOf(seed + n), stepsMax);
    if (found) {
      return { schedules: n + 1, seed: seed + n, found, steps: walker.walked };
    }
    const answer = yield {
      states: n + 1,
      transitions: walker.walked,
      frontier: 0,
      depth: stepsMax,
      bytes: 0,
    };
    if (answer === "stop") {
      return { schedules: n + 1, seed: undefined, found, steps: walker.walked };
    }
  }
  const steps = walker.walked;
  return { schedules, seed: undefined, found: undefined, steps };
}

/**
 * What happens next in a state.
 *
 * - `all`: whatever can
 * - `owner`: if a vCPU is loaded, only its steps
 * - `transactions`: only states in which none is loaded; from load to put is one step
 */
type Order = "all" | "owner" | "transactions";

class Search {
  readonly #model: Model;
  readonly #options: SearchOptions;
  readonly #order: Order;
  readonly #steps: Steps;
  readonly #store: StateStore;
  readonly #symmetry: Symmetry | undefined;
  readonly #width: number;
  readonly #vmVaries: boolean;
  readonly #batch: Int32Array;
  readonly #hashes: Int32Array;
  #batched = 0;
  #transitions = 0;

  constructor(
    model: Model,
    options: SearchOptions,
    order: Order,
    vmVaries: boolean,
  ) {
    this.#model = model;
    this.#options = options;
    this.#order = order;
    this.#vmVaries = vmVaries;
    this.#steps = new Steps(model, options.reductions.rest);
    this.#steps.vmVaries = vmVaries;
    this.#width = model.vcpus + model.cpus + (vmVaries ? 1 : 0);
    this.#store = new StateStore(this.#width, options.bounds.bytesMax);
    this.#batch = new Int32Array(BATCH * this.#width);
    this.#hashes = new Int32Array(BATCH);
    const { symmetry: numbers, slots } = options.reductions;
    if (numbers || slots) {
      const symmetry = new Symmetry(model, this.#steps, { numbers, slots });
      if (symmetry.count > 1) this.#symmetry = symmetry;
    }
  }

  *run(): Searching {
    const start = this.#steps.initial();
    const first = [...start.vcpus, ...start.cpus];
    if (this.#vmVaries) first.push(start.vm);
    if (start.broken !== 0) {
      return this.#result({
        broken: brokenOf(start.broken),
        schedule: [],
        depth: 0,
        bound: undefined,
      });
    }
    this.#batch.set(first);
    this.#emitted();
    this.#flush(NONE);
    return yield* this.#loop(start.vm);
  }

  /** The proof by pairs; undefined if it proves nothing. */
  *prove(): Generator<Progress, Found | undefined, "stop" | undefined> {
    const proof = provePairs(this.#model, this.#steps, this.#symmetry);
    let pairs: number;
    let stopped = false;
    for (;;) {
      const { done, value } = proof.next();
      ({ pairs, transitions: this.#transitions } = value);
      if (done) {
        if (!value.holds) return undefined;
        break;
      }
      const answer = yield {
        states: pairs,
        transitions: this.#transitions,
        frontier: 0,
        depth: 0,
        bytes: this.#steps.bytes,
      };
      if (answer === "stop") {
        stopped = true;
        break;
      }
    }
    const found = this.#result({
      depth: 0,
      bound: stopped ? "stopped" : undefined,
    });
    return {
      ...found,
      states: pairs,
      bytesPerState: this.#steps.bytes / Math.max(1, pairs),
      reductions: {
        ...found.reductions,
        transactions: false,
        pairs: true,
      },
    };
  }

  /** Expands all states in order. */
  *#loop(vm: number): Searching {
    const { bounds } = this.#options;
    const store = this.#store;
    const steps = this.#steps;
    const width = this.#width;
    const { vcpus, cpus } = this.#model;
    const order = this.#order;
    const transactions = order === "transactions"
      ? new Transactions(steps)
      : undefined;
    const { words } = SUCCESSOR;
    const hasFinally = this.#model.finally.length > 0;
    let depth = 0;
    let levelEnd = 1;
    let slice = SLICE;
    let head = 0;
    try {
      for (; head < store.count; head++) {
        if (head === levelEnd) {
          depth++;
          levelEnd = store.count;
          if (depth >= bounds.depthMax) {
            return this.#result({ depth, bound: "depth" });
          }
        }
        if (store.count >= bounds.statesMax) {
          return this.#result({ depth, bound: "states" });
        }
        if (--slice === 0) {
          slice = SLICE;
          const answer = yield {
            states: store.count,
            transitions: this.#transitions,
            frontier: store.count - head,
            depth,
            bytes: store.bytes + steps.bytes,
          };
          if (answer === "stop") {
            return this.#result({ depth, bound: "stopped" });
          }
        }
        const { tuples } = store;
        const base = head * width;
        if (this.#vmVaries) vm = tuples[base + width - 1];
        if (hasFinally) {
          const broken = this.#finallyBroken(base, vm);
          if (broken !== undefined) {
            return this.#result({
              broken,
              // In transactions the steps are not known; the shortest way follows.
              schedule: transactions ? [] : this.#schedule(head, NONE),
              depth,
              bound: undefined,
            });
          }
        }
        const { mode, where, userActs, occupant, hostActs } = steps;
        let owner = NONE;
        if (order === "owner") {
          for (let v = 0; v < vcpus; v++) {
            if (mode[tuples[base + v]] !== MODE.out) owner = v;
          }
        }
        for (let v = 0; v < vcpus; v++) {
          if (owner !== NONE && owner !== v) continue;
          const vid = tuples[base + v];
          const out = mode[vid] === MODE.out;
          if (out && userActs[vid] !== 0) {
            const at = steps.successors(vid, NONE, vm);
            if (this.#gather(base, v, NONE, steps.list, at, words)) {
              return this.#broken(head, depth);
            }
          }
          const from = out ? 0 : where[vid];
          const to = out ? cpus : from + 1;
          for (let p = from; p < to; p++) {
            const cid = tuples[base + vcpus + p];
            if (out && occupant[cid] !== 0) continue;
            let at: number;
            let list: Int32Array;
            if (transactions !== undefined) {
              at = transactions.ends(vid, cid, vm);
              ({ list } = transactions);
            } else {
              at = steps.successors(vid, cid, vm);
              ({ list } = steps);
            }
            if (this.#gather(base, v, p, list, at, words)) {
              return this.#broken(head, depth);
            }
          }
        }
        if (owner === NONE) {
          for (let p = 0; p < cpus; p++) {
            const cid = tuples[base + vcpus + p];
            if (hostActs[cid] === 0 || occupant[cid] !== 0) continue;
            const at = steps.successors(NONE, cid, vm);
            if (this.#gather(base, NONE, p, steps.list, at, words)) {
              return this.#broken(head, depth);
            }
          }
        }
        if (this.#batched > 0) this.#flush(head);
      }
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      return this.#result({ depth, bound: "memory" });
    }
    return this.#result({ depth, bound: undefined });
  }

  /**
   * Puts the successors of a state that one pair has into the batch.
   *
   * @returns true if one of them breaks a property
   */
  #gather(
    base: number,
    v: number,
    p: number,
    list: Int32Array,
    at: number,
    words: number,
  ): boolean {
    const width = this.#width;
    const { vcpus } = this.#model;
    const { tuples } = this.#store;
    const batch = this.#batch;
    const count = list[at];
    let from = at + 1;
    this.#transitions += count;
    for (let j = 0; j < count; j++, from += words) {
      if (list[from + SUCCESSOR.broken] !== 0) return true;
      const to = this.#batched * width;
      for (let i = 0; i < width; i++) batch[to + i] = tuples[base + i];
      if (v !== NONE) batch[to + v] = list[from + SUCCESSOR.vcpu];
      if (p !== NONE) batch[to + vcpus + p] = list[from + SUCCESSOR.cpu];
      if (this.#vmVaries) batch[to + width - 1] = list[from + SUCCESSOR.vm];
      this.#emitted();
      if (this.#batched === BATCH) this.#flush(Math.floor(base / width));
    }
    return false;
  }

  /** The last tuple of the batch is complete. */
  #emitted(): void {
    const at = this.#batched * this.#width;
    this.#symmetry?.canonical(this.#batch, at);
    this.#hashes[this.#batched++] = hashTuple(this.#batch, at, this.#width);
  }

  #flush(from: number): void {
    this.#store.addAll(this.#batch, this.#hashes, this.#batched, from);
    this.#batched = 0;
  }

  /** A successor of `head` breaks a property. */
  #broken(head: number, depth: number): Found {
    // In transactions only that it does is known; the search for the shortest way follows.
    if (this.#order === "transactions") {
      return this.#result({
        broken: { properties: 0, expectation: undefined, atEnd: false },
        depth,
        bound: undefined,
      });
    }
    const schedule = this.#schedule(head, head);
    return this.#result({
      broken: brokenOf(this.#lastBroken),
      schedule,
      depth: schedule.length,
      bound: undefined,
    });
  }

  /**
   * One schedule at random.
   *
   * @param random gives a number from 0 to below its argument
   * @returns undefined if it broke nothing
   */
  walk(random: (below: number) => number, stepsMax: number): Found | undefined {
    const start = this.#steps.initial();
    let state = [...start.vcpus, ...start.cpus];
    if (this.#vmVaries) state.push(start.vm);
    const path: number[] = [];
    for (let depth = 0; depth < stepsMax; depth++) {
      const steps = this.#stepsFrom(state, start.vm);
      if (steps.length === 0) break;
      const chosen = random(steps.length);
      const step = steps[chosen];
      path.push(chosen);
      this.#transitions++;
      if (step.broken !== 0) {
        return this.#result({
          broken: brokenOf(step.broken),
          schedule: this.#told(path),
          depth: path.length,
          bound: undefined,
        });
      }
      state = [...step.after];
    }
    return undefined;
  }

  /** A schedule by the choices that made it, with what happened. */
  #told(path: readonly number[]): ScheduleStep[] {
    const start = this.#steps.initial();
    let state = [...start.vcpus, ...start.cpus];
    if (this.#vmVaries) state.push(start.vm);
    return path.map((chosen) => {
      const step = this.#stepsFrom(state, start.vm, true)[chosen];
      state = [...step.after];
      return step;
    });
  }

  /** Steps that `walk` took. */
  get walked(): number {
    return this.#transitions;
  }

  #lastBroken = 0;

  #finallyBroken(base: number, vm: number): Broken | undefined {
    const { vcpus, cpus } = this.#model;
    const { tuples } = this.#store;
    const steps = this.#steps;
    for (let v = 0; v < vcpus; v++) {
      if (!steps.isOver(tuples[base + v])) return undefined;
    }
    for (let p = 0; p < cpus; p++) {
      if (steps.hostActs[tuples[base + vcpus + p]] !== 0) return undefined;
    }
    const all = this.#model.finally;
    for (let n = 0; n < all.length; n++) {
      const { of, index } = all[n];
      const v = of === "vcpu" ? index : 0;
      const p = of === "cpu" ? index : 0;
      const w = steps.wordsOf(
        vm,
        tuples[base + v],
        tuples[base + vcpus + p],
      );
      if (!all[n].holds(steps.frameOf(w))) {
        return { properties: 0, expectation: n, atEnd: true };
      }
    }
    return undefined;
  }

  /**
   * The steps from the start to a state, by its parents, and one that breaks something if `last` is a state.
   * States are known up to symmetry; the schedule is one of the real machine.
   */
  #schedule(head: number, last: number): ScheduleStep[] {
    const path: number[] = [];
    for (let s = head; s !== NONE; s = this.#store.parents[s]) path.push(s);
    path.reverse();
    const start = this.#steps.initial();
    let state = [...start.vcpus, ...start.cpus];
    if (this.#vmVaries) state.push(start.vm);
    const schedule: ScheduleStep[] = [];
    for (const wanted of path.slice(1)) {
      const step = this.#stepsFrom(state, start.vm, true).find((
        { after, broken },
      ) => broken === 0 && this.#isState(after, wanted));
      if (!step) throw new RangeError("A state has no step from its parent");
      schedule.push(step);
      state = [...step.after];
    }
    if (last !== NONE) {
      const step = this.#stepsFrom(state, start.vm, true).find(({ broken }) =>
        broken !== 0
      );
      if (!step) throw new RangeError("No step breaks a property");
      this.#lastBroken = step.broken;
      schedule.push(step);
    }
    return schedule;
  }

  #isState(tuple: readonly number[], wanted: number): boolean {
    const copy = Int32Array.from(tuple);
    this.#symmetry?.canonical(copy, 0);
    const base = wanted * this.#width;
    return copy.every((id, i) => id === this.#store.tuples[base + i]);
  }

  /** All steps of a state, as objects, in the order of the search. */
  #stepsFrom(
    state: readonly number[],
    vm: number,
    withEvents = false,
  ): (ScheduleStep & { readonly broken: number })[] {
    const steps = this.#steps;
    const { vcpus, cpus } = this.#model;
    if (this.#vmVaries) vm = state[this.#width - 1];
    const found: (ScheduleStep & { readonly broken: number })[] = [];
    const add = (v: number, p: number, at: number): void => {
      const vcpu = v === NONE ? NONE : state[v];
      const cpu = p === NONE ? NONE : state[vcpus + p];
      const explained = withEvents ? steps.explain(vcpu, cpu, vm) : undefined;
      const { list } = steps;
      for (let j = 0; j < list[at]; j++) {
        const from = at + 1 + j * SUCCESSOR.words;
        const after = [...state];
        if (v !== NONE) after[v] = list[from + SUCCESSOR.vcpu];
        if (p !== NONE) after[vcpus + p] = list[from + SUCCESSOR.cpu];
        if (this.#vmVaries) after[this.#width - 1] = list[from + SUCCESSOR.vm];
        const { kind, node } = actionParts(list[from + SUCCESSOR.action]);
        found.push({
          kind,
          node,
          vcpu: v === NONE ? undefined : v,
          cpu: p === NONE ? undefined : p,
          after,
          isMiddle: v !== NONE && steps.isMiddle(after[v]),
          events: explained?.[j].events ?? [],
          unread: explained?.[j].unread,
          broken: list[from + SUCCESSOR.broken],
        });
      }
    };
    for (let v = 0; v < vcpus; v++) {
      const vid = state[v];
      const out = steps.mode[vid] === MODE.out;
      if (out && steps.userActs[vid] !== 0) {
        add(v, NONE, steps.successors(vid, NONE, vm));
      }
      for (let p = 0; p < cpus; p++) {
        if (!out && p !== steps.where[vid]) continue;
        const cid = state[vcpus + p];
        if (out && steps.occupant[cid] !== 0) continue;
        add(v, p, steps.successors(vid, cid, vm));
      }
    }
    for (let p = 0; p < cpus; p++) {
      const cid = state[vcpus + p];
      if (steps.hostActs[cid] === 0 || steps.occupant[cid] !== 0) continue;
      add(NONE, p, steps.successors(NONE, cid, vm));
    }
    return found;
  }

  #result(
    { broken, schedule = [], depth, bound }: {
      readonly broken?: Broken;
      readonly schedule?: readonly ScheduleStep[];
      readonly depth: number;
      readonly bound: Found["bound"];
    },
  ): Found {
    const steps = this.#steps;
    const store = this.#store;
    const { rest } = this.#options.reductions;
    return {
      complete: bound === undefined && broken === undefined,
      bound,
      broken,
      schedule,
      states: store.count,
      transitions: this.#transitions,
      depth,
      vcpuBlocks: steps.vcpus.count,
      cpuBlocks: steps.cpus.count,
      pairs: steps.pairs,
      ruleRuns: steps.ruleRuns,
      bytes: store.bytes + steps.bytes,
      bytesPerState: store.bytesPerState,
      reductions: {
        symmetry: this.#symmetry?.ofNumbers ?? false,
        slots: this.#symmetry?.ofSlots ?? false,
        transactions: this.#order !== "all",
        pairs: false,
        rest,
      },
      symmetries: this.#symmetry?.count ?? 1,
    };
  }
}

function brokenOf(bits: number): Broken {
  const expectation = bits >>> EXPECTED_SHIFT;
  const all = Object.values(PROPERTY).reduce((a, b) => a | b, 0);
  return {
    properties: bits & all,
    expectation: expectation === 0 ? undefined : expectation - 1,
    atEnd: false,
  };
}
