/**
 * A breadth-first search of states.
 *
 * @module
 */
import type { MachineBlocks } from "../machine_words.ts";
import {
  EXPANDED,
  Expander,
  type Expansions,
  finallyBroken,
  isBrokenIn,
  shownIn,
} from "./expander.ts";
import type { Ending, PossibleStep } from "./ending.ts";
import type { Broken, Found, ScheduleStep } from "./found.ts";
import { ENDING, type SearchJob } from "./job.ts";
import type { Model } from "./model.ts";
import type { Order } from "./order.ts";
import { provePairs } from "./modular.ts";
import type { SearchOptions } from "./options.ts";
import { PairClasses } from "./pair_classes.ts";
import { NONE } from "./pair_frame.ts";
import { triedBy } from "./job.ts";
import { type Ended, endOf, poolsOf, searchJob } from "./parallel.ts";
import { PossibleSteps, type State } from "./possible_steps.ts";
import type { Answer, Progress } from "./progress.ts";
import { brokenOf, Schedules } from "./schedule.ts";
import { SharedStates } from "./shared_states.ts";
import { VmVaries } from "./step_results.ts";
import { Steps } from "./steps.ts";
import { SUCCESSOR } from "./successors.ts";
import { numbersOf, OutOfMemory, type States, StateStore } from "./store.ts";
import { Symmetry } from "./symmetry.ts";

/** A search that is going on: it tells now and then where it is, and stops if it is answered so. */
export type Searching = Generator<Progress, Found, Answer>;

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
  /** Pairs that have counted; without a symmetry each does, and none is kept. */
  readonly #classes: PairClasses = new PairClasses(undefined);
  readonly #vmVaries: boolean;
  readonly #expansions: Expansions;
  readonly #expander: Expander;
  /** What was decided on steps that break something, by their places in the list of steps. */
  readonly #judged = new Map<number, boolean>();
  /** What was decided on each `finally expect` that does not hold. */
  readonly #judgedEnds = new Map<number, boolean>();
  /** The failure that ends a search that goes on past others. */
  #ending: Found | undefined;
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
    this.#store = new StateStore(
      { vcpus: model.vcpus, cpus: model.cpus, vmVaries },
      this.#steps.components.counts,
      options.bounds.bytesMax,
    );
    const { symmetry: numbers, slots } = options.reductions;
    if (numbers || slots) {
      const symmetry = new Symmetry(model, this.#steps, { numbers, slots });
      if (symmetry.count > 1) {
        this.#symmetry = symmetry;
        this.#classes = new PairClasses(symmetry);
        this.#steps.classes = this.#classes;
      }
    }
    this.#expansions = {
      model,
      steps: this.#steps,
      order,
      symmetry: this.#symmetry,
      vmVaries,
    };
    this.#expander = new Expander(
      this.#expansions,
      this.#store,
      options.judge && ((head, at, tuple) => this.#goesOn(head, at, tuple)),
    );
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
    this.#store.widen(this.#steps.components.counts);
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
    const { bounds, handOver, judge } = this.#options;
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
      for (;; head++) {
        if (head === levelEnd) {
          expander.flush();
          if (head === store.count) break;
          depth++;
          levelEnd = store.count;
          if (depth >= bounds.depthMax) {
            return this.#result({ depth, bound: "depth" });
          }
        }
        if (store.count + expander.gathered >= bounds.statesMax) {
          // Some may be there already.
          expander.flush();
          if (store.count >= bounds.statesMax) {
            return this.#result({ depth, bound: "states" });
          }
        }
        if (expander.transitions >= look) {
          look = expander.transitions + SLICE;
          expander.flush();
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
          // There is no thread to hand it to.
          if (isLarge) isAlone = true;
        }
        if (hasFinally) {
          const n = finallyBroken(this.#expansions, store, head, vm);
          if (n !== undefined && !this.#goesOnAtEnd(head, n, depth)) {
            expander.flush();
            return this.#brokenAtEnd(head, n, depth);
          }
        }
        let expanded = expander.expand(head, vm);
        while (expanded === EXPANDED.full) {
          expander.flush();
          store.widen(steps.components.counts);
          expanded = expander.expand(head, vm);
        }
        if (expanded === EXPANDED.broken) {
          expander.flush();
          if (this.#ending) return this.#ending;
          // An end of the same level is reached in one step less.
          for (let at = head + 1; hasFinally && at < levelEnd; at++) {
            const n = finallyBroken(this.#expansions, store, at, vm);
            if (n !== undefined) return this.#brokenAtEnd(at, n, depth);
          }
          return this.#broken(head, depth);
        }
        if (expander.isMany || judge) expander.flush();
      }
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      return this.#result({ depth, bound: "memory" });
    }
    return this.#result({ depth, bound: undefined });
  }

  /** Whether the search goes on past a step that breaks something. */
  #goesOn(head: number, at: number, tuple: readonly number[]): boolean {
    const known = this.#judged.get(at);
    if (known !== undefined) return known;
    const bits = this.#steps.memo.list[at + SUCCESSOR.broken];
    const [vcpu, cpu, vm, number] = this.#steps.memo.placeOf(at);
    const { noticed } = this.#steps.explain(vcpu, cpu, vm)[number];
    const failure = { broken: brokenOf(bits), noticed: noticed?.kind };
    const found = (): Found => {
      const { schedule, before, end } = this.#schedule(
        head,
        ({ broken, after }) => broken === bits && this.#isTuple(after, tuple),
      );
      return this.#result({
        broken: failure.broken,
        schedule,
        before,
        end,
        depth: schedule.length,
        bound: undefined,
      });
    };
    const goesOn = this.#options.judge!(failure, found);
    if (!goesOn) this.#ending = found();
    this.#judged.set(at, goesOn);
    return goesOn;
  }

  /** The same of a `finally expect` that does not hold. */
  #goesOnAtEnd(head: number, expectation: number, depth: number): boolean {
    const { judge } = this.#options;
    if (judge === undefined) return false;
    const known = this.#judgedEnds.get(expectation);
    if (known !== undefined) return known;
    const broken = { properties: 0, expectation, atEnd: true };
    const goesOn = judge(
      { broken, noticed: undefined },
      () => this.#brokenAtEnd(head, expectation, depth),
    );
    this.#judgedEnds.set(expectation, goesOn);
    return goesOn;
  }

  /** The search where it stands, for several threads. */
  #job(vm: number, head: number, levelEnd: number, depth: number): SearchJob {
    const { bounds, handOver, reductions } = this.#options;
    return searchJob({
      ...this.#expansions,
      ...bounds,
      store: this.#store,
      classes: this.#classes,
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
    this.#steps.components.usePools(poolsOf(job));
    for (const numbers of triedBy(job)) this.#steps.tried.add(numbers);
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
      // In transactions the steps are not known; the shortest way follows.
      ...this.#order === "transactions"
        ? {}
        : this.#schedule(head, undefined, expectation),
      broken: { properties: 0, expectation, atEnd: true },
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
    const { schedule, broken, before, end } = this.#schedule(head, () => true);
    return this.#result({
      broken: brokenOf(broken),
      schedule,
      before,
      end,
      depth: schedule.length,
      bound: undefined,
    });
  }

  /**
   * The steps from the start to a state, by its parents, and one that breaks something if one is wanted.
   * States are known up to symmetry; the schedule is one of the real machine.
   */
  #schedule(
    head: number,
    last?: (step: PossibleStep) => boolean,
    expectation?: number,
  ): ReturnType<Schedules["byStates"]> {
    const path: number[] = [];
    const states = this.#states;
    for (let s = head; s !== NONE; s = states.parentOf(s)) path.push(s);
    path.reverse();
    const possible = new PossibleSteps(
      this.#model,
      this.#steps,
      this.#vmVaries,
    );
    return new Schedules(this.#steps, possible).byStates(
      path.slice(1).map((wanted) => (state) => this.#isState(state, wanted)),
      last,
      expectation === undefined ? undefined : this.#endingOf(expectation),
    );
  }

  #endingOf(expectation: number): Ending {
    const { of, index } = this.#model.finally[expectation];
    return {
      isBroken: (state) => isBrokenIn(this.#expansions, state, expectation),
      shown: (state) => shownIn(this.#expansions, state, expectation),
      isOwn: ({ vcpu, cpu }) =>
        of === "vcpu" ? vcpu === index : vcpu === undefined && cpu === index,
    };
  }

  get #states(): States {
    return this.#shared?.states ?? this.#store;
  }

  #isState(state: State, wanted: number): boolean {
    return this.#isTuple(state, numbersOf(this.#states, wanted));
  }

  #isTuple(state: State, tuple: ArrayLike<number>): boolean {
    const copy = Int32Array.from(state);
    this.#symmetry?.canonical(copy, 0);
    return copy.every((id, i) => id === tuple[i]);
  }

  #result(
    { broken, schedule = [], leftOut = 0, before, end, depth, bound }: {
      readonly broken?: Broken;
      readonly schedule?: readonly ScheduleStep[];
      readonly leftOut?: number;
      readonly before?: MachineBlocks;
      readonly end?: MachineBlocks;
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
      leftOut,
      before,
      end,
      states,
      transitions: shared?.transitions ??
        this.#expander.transitions + this.#transitions,
      depth,
      vcpuBlocks: steps.components.vcpus.count,
      cpuBlocks: steps.components.cpus.count,
      pairs: shared?.pairs ?? steps.memo.pairs,
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
      order: this.#order,
      symmetries: this.#symmetry?.count ?? 1,
      coverage: steps.coverage(this.#symmetry?.renamings),
    };
  }
}

/** The states of several threads, and what else they came to. */
interface Shared
  extends Pick<Ended, "transitions" | "pairs" | "ruleRuns" | "ownBytes"> {
  readonly states: SharedStates;
  readonly count: number;
}
