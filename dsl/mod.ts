/**
 * The language: from text to a checked syntax tree and its canonical form. This module loads the parser;
 * what needs no parsing should import the part that it needs.
 *
 * @module
 */
export * from "./ast.ts";
export { matchesPattern } from "./checks.ts";
export * from "./diagnostics.ts";
export * from "./draft.ts";
export * from "./expressions.ts";
export * from "./format.ts";
export * from "./limits.ts";
export * from "./load.ts";
export * from "./render.ts";
export * from "./source.ts";
export * from "./suggest.ts";
export * from "./vocabulary.ts";
export * from "./words.ts";
