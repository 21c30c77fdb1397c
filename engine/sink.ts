/**
 * Where events and comparisons go.
 *
 * @module
 */
import type { CpuComparison } from "./comparison.ts";
import type { Event } from "./events.ts";

/** Takes the events of a step; null in a search, which needs states only. */
export type Sink = {
  push(event: Event): void;
  /** Takes what the CPU compares as well, for `why not`; undefined where it is not asked for. */
  readonly compared?: (comparison: CpuComparison) => void;
} | null;
