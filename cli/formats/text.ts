/**
 * `--format text`: for people.
 *
 * @module
 */
import { renderRunning, renderScenario } from "../../dsl/render/scenario.ts";
import type { Page } from "../../dsl/render/theme.ts";
import type { Reporter, Tally } from "./reporter.ts";

/** `3 passed, 1 failed`. */
export function tallyText(
  { passed, failed, error, skipped, broken }: Tally,
): string {
  const parts = [`${passed} passed`, `${failed} failed`];
  if (error > 0) parts.push(`${error} wrong`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  if (broken > 0) {
    parts.push(`${broken} ${broken === 1 ? "file" : "files"} not run`);
  }
  return parts.join(", ");
}

/** How many scenarios and files there were. */
export function tallyCount(
  { passed, failed, error, skipped, broken }: Tally,
): number {
  return passed + failed + error + skipped + broken;
}

/** Scenarios one below the other. */
export function textReporter(page: Page): Reporter {
  const text = (lines: readonly string[]): string =>
    lines.map((line) => `${line}\n`).join("");
  return {
    begin: () => "",
    shown: (running, outputs, isFirst) =>
      text(renderRunning(running, outputs, isFirst, page)),
    scenario: (results) =>
      text(results.flatMap((result) => renderScenario(result, page))),
    broken: () => "",
    end: (tally) => tallyCount(tally) > 1 ? `${tallyText(tally)}\n` : "",
  };
}
