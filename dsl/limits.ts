/**
 * Limits: what a text may ask for before the program says no.
 *
 * @module
 */

/** The largest value: 64 bits. */
export const VALUE_MAX: bigint = (1n << 64n) - 1n;

/** Blocks inside blocks. Fixed: deeper ones are not readable. */
export const BLOCK_DEPTH_MAX = 64;

/** Parentheses inside parentheses. Fixed. */
export const PAREN_DEPTH_MAX = 200;

/** Operators of one statement. Fixed. */
export const OPERATORS_MAX = 1000;

/** Files including files. Fixed. */
export const INCLUDE_DEPTH_MAX = 64;

/** `run steps=` and `attempts=`. Fixed. */
export const RUN_STEPS_MAX = 1_000_000_000;

/** Lines that the checks look at again in the iterations of loops, all loops of a text together. Fixed. */
export const CHECKED_LINES_MAX = 1 << 14;

/** Combinations of values that the `choose` of a block can have. Fixed. */
export const CHOICES_MAX = 10_000;

/** What `--limit` is if not given. */
export const LIMIT_DEFAULT = 1_000_000;

/** Limits that `--limit N` raises. */
export interface Limits {
  /** N: statements of a text with all that it includes; loop iterations. */
  readonly statements: number;
  /** N: loop iterations. */
  readonly iterations: number;
  /** Files that may be included, N / 100. */
  readonly includes: number;
}

/**
 * Limits for `--limit N`.
 *
 * @param n statements and iterations that are allowed, a positive whole number
 */
export function limitsOf(n: number = LIMIT_DEFAULT): Limits {
  return { statements: n, iterations: n, includes: Math.ceil(n / 100) };
}
