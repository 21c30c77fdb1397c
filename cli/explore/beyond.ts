/**
 * Searches that go on past failures: past those that are known, and past the first for what else breaks.
 *
 * @module
 */
import type { Found, Judge, SearchOptions } from "../../engine/mod.ts";
import type { KnownFailure } from "../../dsl/explore/known.ts";
import type { Instance } from "../../dsl/explore/model.ts";
import type { AlsoBroken, KnownMet } from "./verdict.ts";

/** States in which the search for what else breaks looks, unless it is asked for all. */
const STATES_LOOKED_AT = 20_000;

/** A judge that goes on past known failures, and what it has met. */
export interface KnownJudge {
  readonly judge: Judge;
  /** By name, with the steps of the shortest schedule. */
  readonly met: readonly KnownMet[];
}

/** Goes on past known failures. */
export async function knownJudge(
  instance: Instance,
  known: readonly KnownFailure[],
): Promise<KnownJudge> {
  const { knownAs } = await import("../../dsl/explore/known.ts");
  const met: KnownMet[] = [];
  return {
    met,
    judge(failure, found) {
      const those = knownAs(instance, known, failure, found);
      for (const { name } of those) {
        if (met.some((one) => one.name === name)) continue;
        met.push({ name, steps: found().schedule.length });
      }
      return those.length > 0;
    },
  };
}

/** What else breaks: the shortest schedule of each kind that another has not. */
export async function alsoBroken(
  instance: Instance,
  first: Found,
  known: readonly KnownFailure[],
  options: SearchOptions,
  isAll: boolean,
): Promise<{
  readonly also: readonly AlsoBroken[];
  /** It has not looked at all states. */
  readonly statesMax: number | null;
}> {
  const { searchSteps } = await import("../../engine/explore/mod.ts");
  const { brokenNames, scheduleLines } = await import(
    "../../dsl/explore/schedule.ts"
  );
  const { explained } = await import("../../dsl/explore/explain/mod.ts");
  const { kindsOf, knownAs } = await import("../../dsl/explore/known.ts");
  const namesOf = (found: Found): string[] =>
    brokenNames(instance, found).map((name) =>
      name === "noticed" ? found.schedule.at(-1)?.noticed?.kind ?? name : name
    );
  const seen = new Set(namesOf(first));
  const also: AlsoBroken[] = [];
  const judge: Judge = (failure, find) => {
    const isNew = failure.broken.expectation !== undefined ||
      kindsOf(failure).some((kind) => !seen.has(kind));
    if (!isNew) return true;
    if (knownAs(instance, known, failure, find).length > 0) return true;
    const found = find();
    const names = namesOf(found).filter((name) => !seen.has(name));
    if (names.length === 0) return true;
    for (const name of names) seen.add(name);
    also.push({
      broken: names,
      steps: found.schedule.length,
      schedule: isAll ? scheduleLines(instance, found.schedule) : [],
      explanation: isAll ? explained(instance, found) : [],
    });
    return true;
  };
  const { bounds } = options;
  const statesMax = isAll
    ? bounds.statesMax
    : Math.min(bounds.statesMax, STATES_LOOKED_AT);
  const model = known.length === 0
    ? instance.model
    : { ...instance.model, acceptsFailures: true };
  const searching = searchSteps(model, {
    reductions: options.reductions,
    bounds: { ...bounds, statesMax },
    judge,
  });
  for (;;) {
    const { done, value } = searching.next();
    if (!done) continue;
    return { also, statesMax: value.bound === undefined ? null : statesMax };
  }
}
