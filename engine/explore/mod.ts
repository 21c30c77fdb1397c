/**
 * The search of every interleaving.
 *
 * @module
 */
export {
  type Actor,
  asksForStep,
  type Coverage,
  type RegisterWrite,
  TRIED,
  type TriedAction,
  WHOLE,
  writtenBy,
} from "./coverage.ts";
export type { Ending, ExpectedOutcome } from "./expected_outcome.ts";
export * from "./found.ts";
export type { Order } from "./order.ts";
export * from "./graph.ts";
export * from "./model.ts";
export {
  type Breakpoints,
  DEBUGGING,
  type Obstacle,
  type SlotMatches,
  type Written,
} from "./breakpoints.ts";
export * from "./monitor.ts";
export * from "./monitors.ts";
export * from "./options.ts";
export * from "./programmed_machine.ts";
export * from "./reductions.ts";
export * from "./progress.ts";
export * from "./properties.ts";
export * from "./search.ts";
export { searchStart } from "./search_start.ts";
export type { SlotNames, Slots } from "./slots.ts";
export { simulate, type Simulated } from "./simulate.ts";
export { isMet } from "./vacuity.ts";
export * from "./work.ts";
export type { Searching } from "./state_search.ts";
