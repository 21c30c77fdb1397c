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

/** Words that are views. */
export const VIEW_WORDS = ["guest", "user", "hw", "cpu", "kvm"] as const;

/** What can stand behind a statement's word, where a name can as well: nearly one of these is a misspelt one. */
export const AFTER: Readonly<Record<string, readonly string[]>> = {
  expect: [
    ...VIEW_WORDS,
    "exit",
    "exceptions",
    "exception",
    "no",
    "error",
    "ok",
    "trap",
    "traps",
    "warning",
    "cost",
  ],
  show: [...VIEW_WORDS, "map", "cost"],
};

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
