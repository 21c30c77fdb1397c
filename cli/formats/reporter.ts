/**
 * What a format of `dregs run` is: texts for each thing that happens, in order, so that nothing is kept.
 *
 * @module
 */
import type { Diagnostic } from "../../dsl/diagnostics.ts";
import { oneLine } from "../../dsl/render/line.ts";
import { kernelWithVendor } from "../../engine/mod.ts";
import type { Output, Running, ScenarioResult } from "../../dsl/result.ts";

/** A text that was not run. */
export interface Broken {
  /** Its name, as messages have it. */
  readonly source: string;
  /** Why, in one line. */
  readonly message: string;
  /** The mistakes in it; empty if it could not be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How all went. */
export interface Tally {
  passed: number;
  failed: number;
  /** Scenarios that are wrong themselves. */
  error: number;
  skipped: number;
  /** Texts that were not run. */
  broken: number;
}

/** A format. Each function returns text to print, empty for nothing. */
export interface Reporter {
  begin(): string;
  /**
   * What a scenario shows while it runs, if the format can tell it before the scenario's end.
   *
   * @param isFirst nothing was printed of this scenario before
   */
  shown?(
    running: Running,
    outputs: readonly Output[],
    isFirst: boolean,
  ): string;
  /**
   * A scenario ran.
   *
   * @param results how it went under each kernel, one if none was asked for
   */
  scenario(results: readonly ScenarioResult[]): string;
  /** A text could not be run. It was reported on standard error already. */
  broken(broken: Broken): string;
  end(tally: Tally): string;
}

/** A scenario's name, with its kernel if it ran under several. */
export function nameOf(
  result: ScenarioResult,
  results: readonly ScenarioResult[],
): string {
  const { name } = result;
  return results.length > 1 ? `${name} [${labelOf(result, results)}]` : name;
}

/** Why a scenario was skipped, on one line. */
export function skipReason({ skip }: ScenarioResult): string {
  return oneLine(skip?.reason ?? "");
}

/** A kernel's name; with its vendor, if not all ran for the same. */
export function labelOf(
  { profile, vendor }: Pick<ScenarioResult, "profile" | "vendor">,
  results: readonly Pick<ScenarioResult, "profile" | "vendor">[],
): string {
  const isTold = results.some((one) => one.vendor !== vendor);
  return isTold ? kernelWithVendor(profile, vendor) : profile;
}
