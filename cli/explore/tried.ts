/**
 * What a search has tried, as part of a verdict, and joined with that of other parts of the search.
 *
 * @module
 */
import type { Exploration } from "../../dsl/explore/exploration.ts";
import {
  joinedCoverage,
  type LineCoverage,
} from "../../dsl/explore/coverage.ts";
import type { Instance } from "../../dsl/explore/model.ts";
import type { CoverageWarning } from "../../dsl/explore/coverage_warning.ts";
import { joinedWarnings } from "../../dsl/explore/warnings.ts";
import type { Coverage } from "../../engine/mod.ts";

/** What a search came to, as `Verdict` has it. */
export type Outcome = "holds" | "broken" | "unfinished";

/** What of a verdict is about what was tried. */
export interface Tried {
  /** By the block's lines; null where something is broken, and the search ended before it had tried all. */
  readonly coverage: LineCoverage | null;
  /** What can have no part in breaking anything; empty unless the block holds. */
  readonly warnings: readonly CoverageWarning[];
}

/** Nothing was tried, or it does not matter. */
export const UNTRIED: Tried = { coverage: null, warnings: [] };

/**
 * What a search of one choice of values has tried.
 *
 * @param known failures that it has met
 */
export async function triedBy(
  exploration: Exploration,
  instance: Instance,
  coverage: Coverage,
  outcome: Outcome,
  known: readonly { readonly name: string }[],
): Promise<Tried> {
  if (outcome === "broken") return UNTRIED;
  const { coverageOf } = await import("../../dsl/explore/coverage.ts");
  const { warningsOf } = await import("../../dsl/explore/warnings.ts");
  const lines = coverageOf(exploration, instance, coverage);
  return {
    coverage: lines,
    warnings: outcome === "holds"
      ? warningsOf({
        exploration,
        instance,
        coverage: lines,
        tried: coverage,
        met: new Set(known.map(({ name }) => name)),
      })
      : [],
  };
}

/** Joins what two parts of a search have tried. */
export function joinedTried(
  a: Tried,
  b: Tried,
  outcome: Outcome,
): Tried {
  if (outcome === "broken") return UNTRIED;
  // A part to which no choice fell has tried nothing.
  if (a.coverage === null) return b;
  if (b.coverage === null) return a;
  return {
    coverage: joinedCoverage([a.coverage, b.coverage]),
    warnings: joinedWarnings([a.warnings, b.warnings]),
  };
}

/** The warnings of a verdict on the whole: a part says nothing of what others try. */
export function warningsIn(
  { choices, choicesDone, outcome, warnings }: Tried & {
    readonly choices: number;
    readonly choicesDone: number;
    readonly outcome: Outcome;
  },
): readonly CoverageWarning[] {
  return outcome === "holds" && choicesDone === choices ? warnings : [];
}
