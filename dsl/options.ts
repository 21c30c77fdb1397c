/**
 * Options of statements and the words that some of them take: what the builder accepts and completion offers.
 *
 * @module
 */

/** Options that every guest instruction takes. */
export const PLACEMENT_OPTIONS = ["at", "el", "cpl", "len"] as const;

/** Options of `run`. */
export const RUN_OPTIONS = [
  "cpu",
  "steps",
  "attempts",
  "stop",
  "fail",
] as const;

/** Where `run stop=` leaves the vCPU. */
export const RUN_STOPS = ["put", "exit", "guest"] as const;

/** What `run fail=` makes fail. */
export const RUN_FAILS = ["vgic", "timer", "pmu"] as const;

/** Options of `watch`. */
export const WATCH_OPTIONS = ["size", "on"] as const;

/** What a watchpoint of the host's watches. */
export const HOST_WATCH_ON = ["store", "access"] as const;

/** What a watchpoint of userspace's watches. */
export const DEBUG_WATCH_ON = ["load", "store", "access"] as const;

/** Options of `user debug raw` beside registers. */
export const RAW_OPTIONS = ["control", "inject", "blockirq"] as const;

/** What `user debug raw inject=` injects. */
export const RAW_INJECT = ["db", "bp"] as const;

/** Options of `host` that are no counts. */
export const HOST_WORDS = ["model", "unpredictable"] as const;

/** What the modelled guest does with an exception. */
export const HANDLER_MODES = ["skip", "mask", "stop"] as const;

/** When `preempt` lets the host take the CPU. */
export const PREEMPT_MODES = ["any", "between", "none"] as const;

/** Where `migrate` lets a vCPU be loaded. */
export const MIGRATE_MODES = ["any", "none"] as const;

/** Options of `bound`. */
export const BOUND_OPTIONS = ["states", "depth"] as const;
