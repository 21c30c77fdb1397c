/**
 * A warning about a search that holds, and what warnings are made of.
 *
 * @module
 */
import type { Coverage } from "../../engine/mod.ts";
import {
  type CoveredPlace,
  isSamePlace,
  type LineCoverage,
  placeIn,
} from "./coverage.ts";
import type { Exploration } from "./exploration.ts";
import type { Instance } from "./model.ts";

/** What kind of vacuity it is. Stable: scripts may rely on it. */
export type WarningCode =
  /** A breakpoint is set, and no access matches it. */
  | "never-matched"
  /** A breakpoint has the address of an access, and nothing enables it. */
  | "never-enabled"
  /** A guest makes itself single-step, and never does. */
  | "never-stepped"
  /** An instruction is not executed, or an action never tried. */
  | "never-executed"
  /** The guest takes an exception each time, or the kernel rejects the request each time. */
  | "always-rejected"
  /** A way of an `either`, or a value of a `choose`, is never taken. */
  | "never-chosen"
  /** Nothing uses the value of a `choose`. */
  | "never-used"
  /** Userspace of a vCPU that has no program. */
  | "no-program"
  /** Nothing in the block can break a property. */
  | "nothing-to-break"
  /** The search has not met a known failure. */
  | "never-met";

/** A warning, with the place that it is about. */
export interface CoverageWarning extends CoveredPlace {
  readonly code: WarningCode;
  /** The wrong thing first; no period. */
  readonly message: string;
  /** What to do about it; null if there is nothing to say. */
  readonly hint: string | null;
}

/** What warnings are made of. */
export interface Searched {
  readonly exploration: Exploration;
  readonly instance: Instance;
  readonly coverage: LineCoverage;
  /** The same, by actions. */
  readonly tried: Coverage;
  /** Names of the known failures that it has met. */
  readonly met: ReadonlySet<string>;
}

/** A warning about a place. */
export function warning(
  { source, line, column, text }: CoveredPlace,
  code: WarningCode,
  message: string,
  hint: string | null = null,
): CoverageWarning {
  return { code, source, line, column, text, message, hint };
}

/** The actions of a line. */
export function actionsAt(
  { instance: { origins } }: Searched,
  place: CoveredPlace,
): readonly unknown[] {
  return [...origins.lines].flatMap(([action, { span }]) =>
    isSamePlace(placeIn(span), place) ? [action] : []
  );
}
