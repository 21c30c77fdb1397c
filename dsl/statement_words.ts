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
  "explore",
];

/** Words that begin a line of an `explore` block, and nothing else. */
export const EXPLORE_WORDS: readonly string[] = [
  "vcpu",
  "repeat",
  "either",
  "or",
  "choose",
  "preempt",
  "migrate",
  "fail",
  "never",
  "always",
  "finally",
  "bound",
];
