/**
 * A breadth-first search of states.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import {
  EXPANDED,
  Expander,
  type Expansions,
  finallyBroken,
  type Order,
} from "./expander.ts";
import { type Model, PROPERTY, STEP } from "./model.ts";
import { provePairs } from "./modular.ts";
import { ENDING, type SearchJob } from "./job.ts";
import { type Ended, endOf, poolsOf, searchJob } from "./parallel.ts";
import type {
  Answer,
  Broken,
  Found,
  Progress,
  ScheduleStep,
  Searching,
  SearchOptions,
} from "./search.ts";
import { SharedStates } from "./shared_states.ts";
import {
  actionParts,
  EXPECTED_SHIFT,
  NONE,
  Steps,
  SUCCESSOR,
  VmVaries,
} from "./steps.ts";
import { OutOfMemory, type States, StateStore } from "./store.ts";
import { Symmetry } from "./symmetry.ts";

/** Transitions between two looks at the clock; a state may have one, or thousands. */
const SLICE = 1 << 16;

/** A search of one order, from its first state to its end. */
export class Search {
  readonly #model: Model;
  readonly #options: SearchOptions;
  readonly #order: Order;
  readonly #steps: Steps;
  readonly #store: StateStore;
  readonly #symmetry: Symmetry | undefined;
  readonly #width: number;
  readonly #vmVaries: boolean;
  readonly #expansions: Expansions;
  readonly #expander: Expander;
  /** What several threads came to, once they have. */
  #shared: Shared | undefined;
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
    const { symmetry: numbers, slots } = options.reductions;
    if (numbers || slots) {
      const symmetry = new Symmetry(model, this.#steps, { numbers, slots });
      if (symmetry.count > 1) this.#symmetry = symmetry;
    }
    this.#expansions = {
      model,
      steps: this.#steps,
      order,
      symmetry: this.#symmetry,
      vmVaries,
    };
    this.#expander = new Expander(this.#expansions, this.#store);
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
    this.#expander.begin(first);
    return yield* this.#loop(start.vm);
  }

  /** The proof by pairs; undefined if it proves nothing. */
  *prove(): Generator<Progress, Found | undefined, Answer> {
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
    const { bounds, handOver } = this.#options;
    const store = this.#store;
    const steps = this.#steps;
    const expander = this.#expander;
    const hasFinally = this.#model.finally.length > 0;
    let depth = 0;
    let levelEnd = 1;
    let isAlone = handOver === undefined;
    let look = handOver?.states === 0 ? 0 : SLICE;
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
        if (expander.transitions >= look) {
          look = expander.transitions + SLICE;
          const progress = {
            states: store.count,
            transitions: expander.transitions,
            frontier: store.count - head,
            depth,
            bytes: store.bytes + steps.bytes,
          };
          const isLarge = !isAlone && store.count >= handOver!.states;
          let made: SearchJob | undefined;
          const job = isLarge
            ? () => made = this.#job(vm, head, levelEnd, depth)
            : undefined;
          const answer: Answer = yield { ...progress, job };
          if (answer === "stop") {
            return this.#result({ depth, bound: "stopped" });
          }
          if (answer === "worked") return this.#ended(made!);
          // There is nobody to hand it to.
          if (isLarge) isAlone = true;
        }
        if (hasFinally) {
          const n = finallyBroken(this.#expansions, store, head, vm);
          if (n !== undefined) return this.#brokenAtEnd(head, n, depth);
        }
        if (expander.expand(head, vm) === EXPANDED.broken) {
          // An end of the same level is reached in one step less.
          for (let at = head + 1; hasFinally && at < levelEnd; at++) {
            const n = finallyBroken(this.#expansions, store, at, vm);
            if (n !== undefined) return this.#brokenAtEnd(at, n, depth);
          }
          return this.#broken(head, depth);
        }
      }
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      return this.#result({ depth, bound: "memory" });
    }
    return this.#result({ depth, bound: undefined });
  }

  /** The search where it stands, for several threads. */
  #job(vm: number, head: number, levelEnd: number, depth: number): SearchJob {
    const { bounds, handOver, reductions } = this.#options;
    return searchJob({
      ...this.#expansions,
      ...bounds,
      store: this.#store,
      transitions: this.#expander.transitions,
      threads: handOver!.threads,
      rest: reductions.rest,
      vm,
      head,
      levelEnd,
      depth,
    });
  }

  /** What several threads came to. */
  #ended(job: SearchJob): Found {
    const { ending, depth, broken, atEnd, ...sums } = endOf(job);
    if (ending === ENDING.vmVaries) throw new VmVaries();
    const { states: count, ...own } = sums;
    this.#shared = { ...own, count, states: new SharedStates(job.states) };
    this.#steps.usePools(poolsOf(job));
    switch (ending) {
      case ENDING.complete:
        return this.#result({ depth, bound: undefined });
      case ENDING.states:
        return this.#result({ depth, bound: "states" });
      case ENDING.depth:
        return this.#result({ depth, bound: "depth" });
      case ENDING.memory:
        return this.#result({ depth, bound: "memory" });
      case ENDING.stopped:
        return this.#result({ depth, bound: "stopped" });
      case ENDING.broken:
        return atEnd
          ? this.#brokenAtEnd(atEnd.head, atEnd.expectation, depth)
          : this.#broken(broken!, depth);
      default:
        throw new RangeError(`The search ended as ${ending}`);
    }
  }

  /** A `finally expect` does not hold in `head`, which is an end. */
  #brokenAtEnd(head: number, expectation: number, depth: number): Found {
    return this.#result({
      broken: { properties: 0, expectation, atEnd: true },
      // In transactions the steps are not known; the shortest way follows.
      schedule: this.#order === "transactions"
        ? []
        : this.#schedule(head, NONE),
      depth,
      bound: undefined,
    });
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
          schedule: this.#withChoices(this.#told(path)),
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

  /**
   * The steps from the start to a state, by its parents, and one that breaks something if `last` is a state.
   * States are known up to symmetry; the schedule is one of the real machine.
   */
  #schedule(head: number, last: number): ScheduleStep[] {
    const path: number[] = [];
    const states = this.#states;
    for (let s = head; s !== NONE; s = states.parentOf(s)) path.push(s);
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
    return this.#withChoices(schedule);
  }

  /**
   * A try of an instruction that leaves a choice open is one of what is chosen later; of the first way, if nothing
   * is.
   */
  #withChoices(schedule: readonly ScheduleStep[]): ScheduleStep[] {
    const chosen = new Map<number, number>();
    return schedule.toReversed().map((step) => {
      const { kind, vcpu, node, after } = step;
      if (kind !== STEP.instruction && kind !== STEP.idle) return step;
      const v = vcpu!;
      const own = node !== NONE
        ? node
        : chosen.get(v) ?? this.#steps.firstOption(after[v]);
      chosen.set(v, own);
      return own === node ? step : { ...step, node: own };
    }).toReversed();
  }

  get #states(): States {
    return this.#shared?.states ?? this.#store;
  }

  #isState(tuple: readonly number[], wanted: number): boolean {
    const copy = Int32Array.from(tuple);
    this.#symmetry?.canonical(copy, 0);
    const base = wanted * this.#width;
    const { tuples } = this.#states;
    return copy.every((id, i) => id === tuples[base + i]);
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
    const shared = this.#shared;
    const { rest } = this.#options.reductions;
    const states = shared?.count ?? store.count;
    return {
      complete: bound === undefined && broken === undefined,
      bound,
      broken,
      schedule,
      states,
      transitions: shared?.transitions ??
        this.#expander.transitions + this.#transitions,
      depth,
      vcpuBlocks: steps.vcpus.count,
      cpuBlocks: steps.cpus.count,
      pairs: shared?.pairs ?? steps.pairs,
      ruleRuns: steps.ruleRuns + (shared?.ruleRuns ?? 0),
      bytes: (shared ? shared.states.bytes + shared.ownBytes : store.bytes) +
        steps.bytes,
      bytesPerState: shared?.states.bytesPerState(states) ??
        store.bytesPerState,
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

/** The states of several threads, and what else they came to. */
interface Shared
  extends Pick<Ended, "transitions" | "pairs" | "ruleRuns" | "ownBytes"> {
  readonly states: SharedStates;
  readonly count: number;
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
