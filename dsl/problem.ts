/**
 * How a mistake of the author leaves the code that found it.
 *
 * @module
 */
import type { Diagnostic } from "./diagnostics.ts";
import { orNotModelled } from "./not_modelled.ts";

/** Carries a diagnostic to the code that goes through the lines or carries the statement out. */
export class Problem extends Error {
  /** @param diagnostic what to report */
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

/** Gives up on what is being read, resolved or carried out. A word for what the model leaves out says so. */
export function fail(diagnostic: Diagnostic): never {
  throw new Problem(orNotModelled(diagnostic));
}
