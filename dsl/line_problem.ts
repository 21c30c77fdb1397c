/**
 * How a line's first mistake leaves the functions that build or check it. Whoever goes through the lines
 * catches it, so that each line has one diagnostic at most.
 *
 * @module
 */
import type { Diagnostic } from "./diagnostics.ts";

/** What is wrong with a line. */
export class LineProblem extends Error {
  /** @param diagnostic what to report */
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

/** Gives up on a line. */
export function fail(diagnostic: Diagnostic): never {
  throw new LineProblem(diagnostic);
}
