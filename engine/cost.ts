/**
 * Counters of what the virtualization of debug registers costs.
 *
 * @module
 */

/**
 * Counters, per vCPU since the start.
 *
 * - `exits`, `entries`: world switches
 * - `traps`, `dr-exits`: exits for an access to a debug register; `traps` counts other trapped registers too
 * - `dr-loads`, `dr-saves`: the whole set of address registers loaded into the CPU, or read back
 * - `reloads`: loads that only a RELOAD flag asked for (x86:C.1)
 */
export const COSTS = [
  "entries",
  "exits",
  "traps",
  "dr-exits",
  "dr-loads",
  "dr-saves",
  "reloads",
] as const;

/** A cost counter. */
export type CostName = typeof COSTS[number];
