/**
 * Breadth-first search of all interleavings.
 *
 * @module
 */
import type { Event } from "../events.ts";
import type { Model, StepKind } from "./model.ts";
import type { Job } from "./job.ts";
import { Search } from "./state_search.ts";
import { type Unread, VmVaries } from "./steps.ts";

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

/** None of them. */
export const NO_REDUCTIONS: Reductions = {
  symmetry: false,
  slots: false,
  transactions: false,
  pairs: false,
  rest: false,
};

/** All of them. */
export const ALL_REDUCTIONS: Reductions = {
  symmetry: true,
  slots: true,
  transactions: true,
  pairs: true,
  rest: true,
};

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

/** When a search goes on in several threads. */
export interface HandOver {
  /** How many. */
  readonly threads: number;
  /** Not before there are so many states. */
  readonly states: number;
}

/** How a search is to go. */
export interface SearchOptions {
  /** Which reductions are on. */
  readonly reductions: Reductions;
  /** When to stop. */
  readonly bounds: Bounds;
  /** When to hand over to several threads; undefined for one. */
  readonly handOver?: HandOver;
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
  /** Makes what several threads may do from here on, instead of this one. */
  readonly job?: () => Job;
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

/**
 * What a search is told when it has said where it is: to stop, or that threads have done the job that came with
 * it. Anything else lets it go on.
 */
export type Answer = "stop" | "worked" | undefined;

/** A search that is going on: it tells now and then where it is, and stops if it is answered so. */
export type Searching = Generator<Progress, Found, Answer>;

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
