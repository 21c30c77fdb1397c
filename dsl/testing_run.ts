/**
 * Runs of texts, for tests.
 *
 * @module
 */
import { load, type LoadOptions } from "./load.ts";
import type { RunSettings, ScenarioResult } from "./result.ts";
import { runFile } from "./run/scenario.ts";

/**
 * The results of a text that has no diagnostic.
 *
 * @throws {Error} if it has one
 */
export function run(
  text: string,
  settings: Partial<RunSettings> = {},
  options: LoadOptions = {},
): ScenarioResult[] {
  const loaded = load({ name: "test.dregs", text }, options);
  const [first] = loaded.diagnostics;
  if (!loaded.ok || first !== undefined) throw new Error(first?.message);
  return [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: 1_000_000,
    ...settings,
  })];
}
