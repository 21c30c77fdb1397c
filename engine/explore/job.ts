/**
 * What several threads are sent, to go on with a search: memory that they share, and how to read it.
 *
 * @module
 */
import type { Order } from "./order.ts";
import type { Job, Progress } from "./progress.ts";
import type { Names } from "./renamings.ts";
import type { SharedPoolMemory } from "./shared_pool.ts";
import type { SharedStatesMemory } from "./shared_states.ts";
import type { Remembered } from "./successors.ts";

/** Words of `control`. */
export const CONTROL = {
  /** Changes when all threads have come. */
  generation: 0,
  /** Threads that wait for the others. */
  arrived: 1,
  /** One of `PHASE`. */
  phase: 2,
  /** An end is requested: one of `ENDING`. */
  stop: 3,
  /** Why it ended: one of `ENDING`. */
  ending: 4,
  /** Next state of the level that no thread has taken. */
  next: 5,
  levelStart: 6,
  levelEnd: 7,
  depth: 8,
  /** A state of which a successor breaks something, plus 1. */
  broken: 9,
  /** A state that is an end and should not be, plus 1, and the index of the expectation. */
  atEnd: 10,
  expectation: 11,
  /** Some thread has no room. */
  full: 12,
  /** Next state to enter into the larger table. */
  entered: 13,
  /** Seeds: the next one's offset, and the least that broke something, plus 1. */
  seed: 14,
  brokenSeed: 15,
  words: 16,
} as const;

/** What threads do between two waits. */
export const PHASE = { expand: 0, enter: 1, over: 2 } as const;

/** Why a search by several threads ended. */
export const ENDING = {
  none: 0,
  complete: 1,
  broken: 2,
  states: 3,
  depth: 4,
  memory: 5,
  stopped: 6,
  /** The VM's block changed. */
  vmVaries: 7,
  /** A thread failed. */
  failed: 8,
} as const;

/** Numbers of a thread's tally. */
export const TALLY = {
  states: 0,
  transitions: 1,
  pairs: 2,
  ruleRuns: 3,
  bytes: 4,
  /** A line of the cache, so that threads do not wait for each other's. */
  numbers: 8,
} as const;

/** What a thread is sent; it can be cloned. */
export interface SearchJob extends Job {
  readonly kind: "search";
  readonly threads: number;
  readonly control: SharedArrayBuffer;
  readonly tallies: SharedArrayBuffer;
  /** What each thread has tried. */
  readonly tried: SharedArrayBuffer;
  readonly states: SharedStatesMemory;
  readonly pools: {
    readonly vms: SharedPoolMemory;
    readonly vcpus: SharedPoolMemory;
    readonly cpus: SharedPoolMemory;
  };
  readonly remembered: Remembered;
  /** Pairs that count once. */
  readonly classes: SharedPoolMemory;
  readonly order: Order;
  readonly symmetry: Names | undefined;
  readonly rest: boolean;
  readonly vmVaries: boolean;
  readonly vm: number;
  readonly statesMax: number;
  readonly depthMax: number;
  /** What there was before. */
  readonly states0: number;
  readonly transitions0: number;
}

/** Random schedules to share out; it can be cloned. */
export interface WalkJob extends Job {
  readonly kind: "walk";
  readonly threads: number;
  readonly control: SharedArrayBuffer;
  readonly tallies: SharedArrayBuffer;
  /** What each thread has tried. */
  readonly tried: SharedArrayBuffer;
  /** Seed of the first, and how many. */
  readonly seed: number;
  readonly schedules: number;
  readonly stepsMax: number;
  readonly rest: boolean;
  readonly states0: number;
  readonly transitions0: number;
}

/** Any job, with what its threads need. */
export type AnyJob = SearchJob | WalkJob;

/** Sums up the tallies of all threads. */
export function total({ tallies, threads }: AnyJob, which: number): number {
  const numbers = new Float64Array(tallies);
  let sum = 0;
  for (let t = 0; t < threads; t++) sum += numbers[t * TALLY.numbers + which];
  return sum;
}

/** Memory for what each thread tries, of so many numbers each. */
export function triedMemory(
  threads: number,
  length: number,
): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * threads * length);
}

/** What each thread has tried. */
export function triedBy({ tried, threads }: AnyJob): Float64Array[] {
  const length = tried.byteLength / 8 / threads;
  return Array.from(
    { length: threads },
    (_, t) => new Float64Array(tried, 8 * t * length, length),
  );
}

/** Where a job is, by what threads have told of it up to now. */
export function jobStatus(given: Job): Progress {
  const job = given as AnyJob;
  const control = new Int32Array(job.control);
  const states = job.states0 + total(job, TALLY.states);
  const transitions = job.transitions0 + total(job, TALLY.transitions);
  const bytes = total(job, TALLY.bytes);
  if (job.kind === "walk") {
    return { states, transitions, frontier: 0, depth: job.stepsMax, bytes };
  }
  const { vms, vcpus, cpus } = job.pools;
  const shared = [
    job.states.states,
    job.states.parents,
    job.states.table,
    ...[vms, vcpus, cpus].flatMap(({ data, table }) => [data, table]),
  ];
  const taken = new Int32Array(job.states.head)[0];
  const next = Math.min(control[CONTROL.next], control[CONTROL.levelEnd]);
  return {
    states,
    transitions,
    frontier: Math.max(0, taken - next),
    depth: control[CONTROL.depth],
    bytes: shared.reduce((sum, { byteLength }) => sum + byteLength, bytes),
  };
}

/** Asks all threads to stop where they are. */
export function stopJob(job: Job): void {
  const control = new Int32Array(job.control);
  Atomics.store(control, CONTROL.stop, ENDING.stopped);
}

/** Makes all threads give up: one of them has failed. */
export function abandonJob(job: Job): void {
  const control = new Int32Array(job.control);
  Atomics.store(control, CONTROL.stop, ENDING.failed);
  Atomics.notify(control, CONTROL.generation);
}
