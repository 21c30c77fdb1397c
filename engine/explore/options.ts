/**
 * How a search goes: reductions, bounds, threads.
 *
 * @module
 */

/** What makes the search smaller; each can be switched off. */
export interface Reductions {
  /** States that differ in the numbering of vCPUs and CPUs, and the names of addresses, count once. */
  readonly symmetry: boolean;
  /** The same of breakpoint slots that programs and rules do not tell apart. */
  readonly slots: boolean;
  /** From vcpu_load to vcpu_put is one step: meanwhile only the vCPU uses its CPU. */
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

/** How a search goes. */
export interface SearchOptions {
  /** Which reductions are on. */
  readonly reductions: Reductions;
  /** When to stop. */
  readonly bounds: Bounds;
  /** When to hand over to several threads; undefined for one. */
  readonly handOver?: HandOver;
}
