/**
 * Counters of what the virtualization of debug registers costs.
 *
 * @module
 */

/** Counters, per vCPU since the start, each with what it counts. */
export const COST_ABOUT = {
  entries: "entries into the guest",
  exits: "exits from the guest",
  traps: "exits for an access to a trapped register",
  "dr-exits": "exits for an access to a debug register",
  "dr-loads": "loads of the whole set of address registers into the CPU",
  "dr-saves": "times that the whole set was read back from the CPU",
  // Rule x86:C/1.
  reloads: "loads that only a RELOAD flag asked for",
} as const satisfies Readonly<Record<string, string>>;

/** A cost counter. */
export type CostName = keyof typeof COST_ABOUT;

/** Names of the counters, in the order in which they are shown. */
export const COSTS = Object.keys(COST_ABOUT) as readonly CostName[];
