/**
 * The language: from text to checked trees, and running them on the engine.
 *
 * @module
 */
export * from "./ast.ts";
export * from "./bindings.ts";
export * from "./diagnostics.ts";
export * from "./engine_vocabulary.ts";
export { format, type Formatted } from "./format.ts";
export { runFile } from "./interpreter.ts";
export { LIMIT_DEFAULT, type Limits, limitsOf } from "./limits.ts";
export {
  load,
  type Loaded,
  type LoadOptions,
  pathReader,
  type Reader,
} from "./load.ts";
export {
  placeOf,
  PLAIN,
  renderDiagnostic,
  renderDiagnostics,
  type Style,
} from "./render.ts";
export * from "./result.ts";
export {
  type Executed,
  type LastOperation,
  Session,
  type SessionSettings,
  type SessionState,
} from "./session.ts";
export * from "./source.ts";
export { nearest } from "./suggest.ts";
export * from "./table.ts";
export * from "./values.ts";
export * from "./vocabulary.ts";
