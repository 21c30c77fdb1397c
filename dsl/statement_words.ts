/**
 * Words that begin a statement, for messages and suggestions.
 *
 * @module
 */

/** Words that begin a statement. */
export const STATEMENT_WORDS: readonly string[] = [
  "arch",
  "kernel",
  "host",
  "set",
  "guest",
  "run",
  "interrupt",
  "put",
  "user",
  "expect",
  "show",
  "why",
  "scenario",
  "let",
  "for",
  "include",
];
