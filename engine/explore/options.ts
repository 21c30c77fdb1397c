/**
 * How a search goes: reductions, bounds, threads.
 *
 * @module
 */
import type { Broken, Found } from "./found.ts";
import type { Noticed } from "./monitor.ts";
import type { Reductions } from "./reductions.ts";

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

/** A failure that a search comes to, as far as it is known without its schedule. */
export interface SearchFailure {
  /** What is broken. */
  readonly broken: Broken;
  /** Which kind the guest notices, if it can tell. */
  readonly noticed: Noticed["kind"] | undefined;
}

/**
 * Decides on a failure whether the search goes on past it.
 *
 * @param found the shortest schedule that comes to it
 */
export type Judge = (failure: SearchFailure, found: () => Found) => boolean;

/** How a search goes. */
export interface SearchOptions {
  /** Which reductions are on. */
  readonly reductions: Reductions;
  /** When to stop. */
  readonly bounds: Bounds;
  /** When to hand over to several threads; undefined for one. */
  readonly handOver?: HandOver;
  /** Whether to go on past failures; undefined to stop at the first. Such a search is of states, in one thread. */
  readonly judge?: Judge;
}
