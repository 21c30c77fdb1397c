/**
 * A search that several threads go on with, on memory that they share: breadth first, level by level.
 *
 * Threads take the states of a level in portions. At its end all wait for each other, so that a state is always
 * reached by a shortest way, whichever thread is faster. The last to come decides what is next: the next level, more room,
 * or the end. How threads are started is none of the engine's business: each is sent a `Job` and calls `work()`.
 *
 * @module
 */
import type { Pools } from "./components.ts";
import {
  EXPANDED,
  Expander,
  type Expansions,
  finallyBroken,
} from "./expander.ts";
import {
  abandonJob,
  CONTROL,
  ENDING,
  PHASE,
  type SearchJob,
  TALLY,
  total,
  triedBy,
  triedMemory,
} from "./job.ts";
import type { Model } from "./model.ts";
import { PairClasses } from "./pair_classes.ts";
import { SharedPool } from "./shared_pool.ts";
import { SharedStates } from "./shared_states.ts";
import { VmVaries } from "./step_results.ts";
import { Steps } from "./steps.ts";
import type { StateStore } from "./store.ts";
import { Symmetry } from "./symmetry.ts";

/** States that a thread takes at once, at most. */
const PORTION_MAX = 256;

/** Longest sleep before a thread looks whether all is over. */
const WAIT_MS = 100;

/** What a search has come to when it is handed over. */
export interface HandedOver extends Expansions {
  readonly store: StateStore;
  /** The pairs that have counted, if not all do. */
  readonly classes: PairClasses;
  readonly transitions: number;
  readonly threads: number;
  readonly rest: boolean;
  readonly vm: number;
  readonly statesMax: number;
  readonly depthMax: number;
  readonly bytesMax: number;
  /** The state that is expanded next, the end of its level, and its depth. */
  readonly head: number;
  readonly levelEnd: number;
  readonly depth: number;
}

/** Puts a search into shared memory, where it stands. */
export function searchJob(from: HandedOver): SearchJob {
  const { steps, store, head, levelEnd, depth } = from;
  const control = new SharedArrayBuffer(4 * CONTROL.words);
  const words = new Int32Array(control);
  words[CONTROL.next] = head;
  words[CONTROL.levelStart] = head;
  words[CONTROL.levelEnd] = levelEnd;
  words[CONTROL.depth] = depth;
  return {
    kind: "search",
    threads: from.threads,
    control,
    tallies: new SharedArrayBuffer(8 * TALLY.numbers * from.threads),
    tried: triedMemory(from.threads, steps.tried.length),
    classes: SharedPool.from(from.classes.pool).memory,
    states: SharedStates.from(store, from.bytesMax).memory,
    pools: {
      vms: SharedPool.from(steps.components.vms).memory,
      vcpus: SharedPool.from(steps.components.vcpus).memory,
      cpus: SharedPool.from(steps.components.cpus).memory,
    },
    remembered: steps.memo.remembered,
    order: from.order,
    symmetry: from.symmetry?.names,
    rest: from.rest,
    vmVaries: from.vmVaries,
    vm: from.vm,
    statesMax: from.statesMax,
    depthMax: from.depthMax,
    states0: store.count,
    transitions0: from.transitions,
  };
}

/** The pools of a job. */
export function poolsOf({ pools }: SearchJob): Pools {
  return {
    vms: new SharedPool(pools.vms),
    vcpus: new SharedPool(pools.vcpus),
    cpus: new SharedPool(pools.cpus),
  };
}

/** What threads came to. */
export interface Ended {
  /** One of `ENDING`. */
  readonly ending: number;
  readonly depth: number;
  /** A state of which a successor breaks something. */
  readonly broken: number | undefined;
  /** A state that is an end and should not be, and the index of what should hold. */
  readonly atEnd:
    | { readonly head: number; readonly expectation: number }
    | undefined;
  readonly states: number;
  readonly transitions: number;
  readonly pairs: number;
  readonly ruleRuns: number;
  /** Bytes that threads do not share. */
  readonly ownBytes: number;
}

/** How a job ended, after all threads have. */
export function endOf(job: SearchJob): Ended {
  const control = new Int32Array(job.control);
  const broken = control[CONTROL.broken];
  const atEnd = control[CONTROL.atEnd];
  return {
    ending: control[CONTROL.ending],
    depth: control[CONTROL.depth],
    broken: broken === 0 ? undefined : broken - 1,
    atEnd: atEnd === 0
      ? undefined
      : { head: atEnd - 1, expectation: control[CONTROL.expectation] },
    states: job.states0 + total(job, TALLY.states),
    transitions: job.transitions0 + total(job, TALLY.transitions),
    pairs: total(job, TALLY.pairs),
    ruleRuns: total(job, TALLY.ruleRuns),
    ownBytes: total(job, TALLY.bytes),
  };
}

/** One thread's part of a search. Returns when all threads are at the end. */
export function workOnSearch(
  model: Model,
  job: SearchJob,
  thread: number,
): void {
  try {
    new Thread(model, job, thread).run();
  } catch (error) {
    if (!(error instanceof VmVaries)) throw error;
    // The search is begun anew, without what relied on it.
    const control = new Int32Array(job.control);
    control[CONTROL.ending] = ENDING.vmVaries;
    abandonJob(job);
  }
}

class Thread {
  readonly #job: SearchJob;
  readonly #control: Int32Array;
  readonly #tally: Float64Array;
  readonly #steps: Steps;
  readonly #states: SharedStates;
  readonly #expansions: Expansions;
  readonly #expander: Expander;
  readonly #hasFinally: boolean;
  /** The part of a portion that is not expanded yet. */
  #at = 0;
  #to = 0;
  /** Successors of what is before in the portion are added. */
  #flushed = 0;

  constructor(model: Model, job: SearchJob, thread: number) {
    this.#job = job;
    this.#control = new Int32Array(job.control);
    this.#tally = new Float64Array(
      job.tallies,
      8 * TALLY.numbers * thread,
      TALLY.numbers,
    );
    const steps = new Steps(model, job.rest, poolsOf(job));
    steps.vmVaries = job.vmVaries;
    steps.memo.beginWith(job.remembered);
    steps.tried.numbers = triedBy(job)[thread];
    this.#steps = steps;
    this.#states = new SharedStates(job.states);
    const symmetry = job.symmetry && new Symmetry(model, steps, job.symmetry);
    steps.classes = new PairClasses(symmetry, new SharedPool(job.classes));
    this.#expansions = {
      model,
      steps,
      order: job.order,
      symmetry,
      vmVaries: job.vmVaries,
    };
    this.#expander = new Expander(this.#expansions, this.#states);
    this.#hasFinally = model.finally.length > 0;
  }

  run(): void {
    const control = this.#control;
    for (;;) {
      switch (control[CONTROL.phase]) {
        case PHASE.expand:
          this.#expandLevel();
          break;
        case PHASE.enter:
          this.#enterAll();
          break;
        default:
          return;
      }
      this.#tell();
      if (!this.#wait()) return;
    }
  }

  /** Expands what no other thread has taken, to the end of the level unless something comes up. */
  #expandLevel(): void {
    const control = this.#control;
    const states = this.#states;
    const from = control[CONTROL.levelStart];
    const end = control[CONTROL.levelEnd];
    const { threads } = this.#job;
    const share = Math.ceil((end - from) / (threads * 8));
    const portion = Math.max(1, Math.min(PORTION_MAX, share));
    states.run = Math.max(4, Math.min(1024, share));
    this.#steps.components.catchUp();
    for (;;) {
      if (this.#at === this.#to) {
        if (!this.#flush() || this.#isOver()) return;
        this.#tell();
        const at = Atomics.load(control, CONTROL.next) < end
          ? Atomics.add(control, CONTROL.next, portion)
          : end;
        if (at >= end) return;
        this.#at = at;
        this.#flushed = at;
        this.#to = Math.min(end, at + portion);
      }
      while (this.#at < this.#to) {
        if (states.has(this.#at) && !this.#expand(this.#at)) return;
        this.#at++;
        if (this.#expander.isMany && !this.#flush()) return;
      }
    }
  }

  /** Adds what is gathered. @returns false if there is no room: what it was gathered of is expanded again */
  #flush(): boolean {
    if (!this.#expander.flush()) {
      this.#at = this.#flushed;
      Atomics.store(this.#control, CONTROL.full, 1);
      return false;
    }
    this.#flushed = this.#at;
    return true;
  }

  /** @returns false if there is no room */
  #expand(head: number): boolean {
    const control = this.#control;
    const { vm } = this.#job;
    if (this.#hasFinally) {
      const n = finallyBroken(this.#expansions, this.#states, head, vm);
      if (n !== undefined) {
        if (
          Atomics.compareExchange(control, CONTROL.atEnd, 0, head + 1) === 0
        ) {
          control[CONTROL.expectation] = n;
        }
        return true;
      }
      // The rest of the level can still have a shorter way: an end of this level.
      if (Atomics.load(control, CONTROL.broken) !== 0) return true;
    }
    switch (this.#expander.expand(head, vm)) {
      case EXPANDED.full:
        // What is gathered must be added before states are packed another way.
        if (this.#flush()) Atomics.store(control, CONTROL.full, 1);
        return false;
      case EXPANDED.broken:
        Atomics.compareExchange(control, CONTROL.broken, 0, head + 1);
        return true;
      default:
        return true;
    }
  }

  /** There is no use in going on with this level. */
  #isOver(): boolean {
    const control = this.#control;
    const { statesMax, states0 } = this.#job;
    if (Atomics.load(control, CONTROL.stop) !== 0) return true;
    if (Atomics.load(control, CONTROL.full) !== 0) return true;
    if (Atomics.load(control, CONTROL.atEnd) !== 0) return true;
    if (!this.#hasFinally && Atomics.load(control, CONTROL.broken) !== 0) {
      return true;
    }
    return statesMax !== Infinity &&
      states0 + total(this.#job, TALLY.states) >= statesMax;
  }

  /** Enters states into the larger table. */
  #enterAll(): void {
    const states = this.#states;
    const { taken } = states;
    const portion = 1 << 12;
    for (;;) {
      const at = Atomics.add(this.#control, CONTROL.entered, portion);
      if (at >= taken) return;
      states.enter(at, Math.min(taken, at + portion));
    }
  }

  #tell(): void {
    const tally = this.#tally;
    tally[TALLY.states] = this.#states.added;
    tally[TALLY.transitions] = this.#expander.transitions;
    tally[TALLY.pairs] = this.#steps.memo.pairs;
    tally[TALLY.ruleRuns] = this.#steps.ruleRuns;
    tally[TALLY.bytes] = this.#steps.memo.bytes;
  }

  /**
   * Waits for all threads; the last to come decides what is next.
   *
   * @returns false if one of them has failed
   */
  #wait(): boolean {
    const control = this.#control;
    const generation = Atomics.load(control, CONTROL.generation);
    const levelEnd = control[CONTROL.levelEnd];
    if (Atomics.add(control, CONTROL.arrived, 1) + 1 === this.#job.threads) {
      control[CONTROL.phase] = this.#decide();
      control[CONTROL.arrived] = 0;
      Atomics.add(control, CONTROL.generation, 1);
      Atomics.notify(control, CONTROL.generation);
    } else {
      while (Atomics.load(control, CONTROL.generation) === generation) {
        if (Atomics.load(control, CONTROL.stop) === ENDING.failed) return false;
        Atomics.wait(control, CONTROL.generation, generation, WAIT_MS);
      }
    }
    this.#states.catchUp();
    if (control[CONTROL.levelEnd] !== levelEnd) this.#states.dropRun();
    return true;
  }

  /** What all threads do next; all of them wait. */
  #decide(): number {
    const control = this.#control;
    const states = this.#states;
    if (control[CONTROL.phase] === PHASE.enter) return PHASE.expand;
    const over = (ending: number): number => {
      control[CONTROL.ending] = ending;
      return PHASE.over;
    };
    const { statesMax, depthMax, states0 } = this.#job;
    if (control[CONTROL.atEnd] !== 0) return over(ENDING.broken);
    if (control[CONTROL.stop] !== 0) {
      return over(
        control[CONTROL.broken] !== 0 ? ENDING.broken : control[CONTROL.stop],
      );
    }
    if (control[CONTROL.full] !== 0) {
      control[CONTROL.full] = 0;
      if (!states.grow(this.#steps.components.counts)) {
        return over(
          control[CONTROL.broken] !== 0 ? ENDING.broken : ENDING.memory,
        );
      }
      control[CONTROL.entered] = 0;
      return PHASE.enter;
    }
    if (control[CONTROL.broken] !== 0) return over(ENDING.broken);
    const { taken } = states;
    const end = control[CONTROL.levelEnd];
    let isMore = false;
    for (let s = end; s < taken && !isMore; s++) isMore = states.has(s);
    const isUnexpanded = control[CONTROL.next] < end;
    if (isMore || isUnexpanded) {
      const count = states0 + total(this.#job, TALLY.states);
      if (count >= statesMax) return over(ENDING.states);
    }
    if (!isMore) return over(ENDING.complete);
    control[CONTROL.levelStart] = end;
    control[CONTROL.levelEnd] = taken;
    control[CONTROL.next] = end;
    control[CONTROL.depth]++;
    return control[CONTROL.depth] >= depthMax
      ? over(ENDING.depth)
      : PHASE.expand;
  }
}
