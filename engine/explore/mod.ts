/**
 * The search of every interleaving.
 *
 * @module
 */
export * from "./graph.ts";
export * from "./model.ts";
export * from "./monitor.ts";
export * from "./monitors.ts";
export * from "./search.ts";
export type { SlotNames, Slots } from "./slots.ts";
export { simulate, type Simulated } from "./simulate.ts";
export * from "./work.ts";
export type { Unread } from "./steps.ts";
