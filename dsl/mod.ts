/**
 * The language: from text to a checked syntax tree, its canonical form, and running it on the engine. This module
 * loads the parser; what needs no parsing imports the part that it needs.
 *
 * @module
 */
export * from "./ast.ts";
export * from "./bindings.ts";
export { matchesPattern } from "./checks.ts";
export * from "./diagnostics.ts";
export * from "./draft.ts";
export * from "./engine_vocabulary.ts";
export * from "./expressions.ts";
export * from "./format.ts";
export { runFile } from "./interpreter.ts";
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
} from "./session.ts";
export * from "./source.ts";
export * from "./suggest.ts";
export * from "./table.ts";
export * from "./values.ts";
export * from "./vocabulary.ts";
export * from "./words.ts";
export * from "./explore.ts";
export * from "./explore_ast.ts";
export * from "./explore_scenario.ts";
