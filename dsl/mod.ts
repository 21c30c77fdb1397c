/**
 * The language: from text to a checked syntax tree, its canonical form, and running it on the engine. This module
 * loads the parser; what needs no parsing imports the part that it needs.
 *
 * @module
 */
export * from "./syntax/nodes.ts";
export * from "./bindings.ts";
export { matchesPattern } from "./resolve/checks.ts";
export * from "./diagnostics.ts";
export * from "./syntax/draft.ts";
export * from "./resolve/engine_vocabulary.ts";
export * from "./resolve/expressions.ts";
export * from "./print/format.ts";
export { runFile } from "./run/scenario.ts";
export * from "./include_path.ts";
export * from "./limits.ts";
export * from "./load.ts";
export * from "./render.ts";
export * from "./result.ts";
export type { Missing } from "./evaluation.ts";
export {
  type Executed,
  type LastOperation,
  type RefusedGet,
  Session,
  type SessionSettings,
  type SessionState,
} from "./run/session.ts";
export * from "./source.ts";
export * from "./suggest.ts";
export * from "./table.ts";
export * from "./values.ts";
export * from "./resolve/vocabulary.ts";
export * from "./resolve/words.ts";
export * from "./explore/model.ts";
export * from "./syntax/explore_nodes.ts";
export * from "./explore/schedule.ts";
