/**
 * The interactive view: a session typed line by line, with every register of guest, userspace and hardware side by
 * side.
 *
 * @module
 */
export { type Offer, Repl, type Reply } from "./repl.ts";
export { runLines } from "./plain.ts";
export { type Keyboard, runTerminal, type TerminalSetup } from "./terminal.ts";
export { fileHistory, historyPath, memoryHistory } from "./history.ts";
export { type Done, type Entry, Timeline } from "./timeline.ts";
export {
  type Change,
  changes,
  type Observation,
  observe,
  type Side,
  type SpareCpu,
} from "../dsl/observation.ts";
export type { Files, History, World } from "./world.ts";
export type { Page, Theme } from "../dsl/render/theme.ts";
export type { CarriedOut } from "../dsl/run/lines.ts";
