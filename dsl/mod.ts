/**
 * The language: from text to actions, their text again, and carrying them out on the engine. This module loads the
 * parser; what needs no parsing imports the part that it needs.
 *
 * @module
 */
export * from "./actions.ts";
export * from "./diagnostics.ts";
export * from "./include_path.ts";
export * from "./instructions.ts";
export * from "./limits.ts";
export * from "./load.ts";
export * from "./render.ts";
export * from "./result.ts";
export * from "./seen.ts";
export * from "./source.ts";
export * from "./statements.ts";
export * from "./suggest.ts";
export * from "./table.ts";
export * from "./values.ts";
export * from "./watch.ts";
export type { FormAction, FormLine } from "./forms/mod.ts";
export type { CompileOptions, Unmet } from "./explore/begin.ts";
export * from "./explore/exploration.ts";
export * from "./explore/model.ts";
export * from "./explore/origins.ts";
export * from "./explore/scenario.ts";
export * from "./explore/schedule.ts";
export * from "./print/action.ts";
export * from "./print/format.ts";
export {
  compare,
  evaluate,
  type Evaluation,
  type Lookup,
} from "./resolve/expressions.ts";
export { matchesPattern } from "./resolve/pattern.ts";
export { type Definition, Scope } from "./resolve/scope.ts";
export { type Executed, perform } from "./run/perform.ts";
export {
  holdsExplore,
  runFile,
  runWatched,
  type WatchedSettings,
} from "./run/scenario.ts";
export type { Covered } from "./resolve/kernel_terms.ts";
export type { DescribedFailure } from "./resolve/known_failure.ts";
export * from "./run/session.ts";
export * from "./syntax/lines.ts";
export type * from "./syntax/nodes.ts";
export * from "./incremental.ts";
export { Checker, type CheckOptions } from "./resolve/checker.ts";
export type * from "./resolve/observer.ts";
