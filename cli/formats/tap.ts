/**
 * `--format tap`: Test Anything Protocol, version 14.
 *
 * @module
 */
import { placeOf } from "../../dsl/render.ts";
import { oneLine } from "../../dsl/render/line.ts";
import { headlineFirst, type ScenarioResult } from "../../dsl/result.ts";
import {
  boundaries,
  type Boundary,
  boundaryText,
  failedOf,
} from "./boundaries.ts";
import { nameOf, type Reporter, skipReason } from "./reporter.ts";

/** A description: a `#` in it would begin a directive. */
export function described(name: string): string {
  return oneLine(name).replace(/[\\#]/g, "\\$&");
}

/** A YAML block below a test point. JSON's strings are YAML's. */
export function yamlBlock(
  entries: readonly (readonly [string, string])[],
): string[] {
  return [
    "  ---",
    ...entries.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "  ...",
  ];
}

/** The failures of a scenario, the headline first; each beyond it has its number in the keys. */
function failureBlock(
  { status, profile, failures }: ScenarioResult,
  fails: readonly string[],
): string[] {
  const entries: [string, string][] = [
    ["severity", status === "error" ? "error" : "fail"],
    ["kernel", profile],
  ];
  for (const [index, failure] of headlineFirst(failures).entries()) {
    const suffix = index === 0 ? "" : `_${index + 1}`;
    const { diagnostic, expected, found } = failure;
    entries.push([`message${suffix}`, diagnostic.message]);
    entries.push([`at${suffix}`, placeOf(diagnostic.span)]);
    if (expected !== undefined) entries.push([`expected${suffix}`, expected]);
    if (found !== undefined) entries.push([`found${suffix}`, found]);
  }
  return yamlBlock([
    ...entries,
    ...fails.map((text, index): [string, string] => [
      index === 0 ? "fails" : `fails_${index + 1}`,
      text,
    ]),
  ]);
}

/** A test point for each scenario and kernel; the plan comes last. */
export function tapReporter(): Reporter {
  let count = 0;
  const text = (lines: readonly string[]): string =>
    lines.map((line) => `${line}\n`).join("");
  const point = (
    result: ScenarioResult,
    results: readonly ScenarioResult[],
    found: readonly Boundary[],
  ): string[] => {
    const name = described(nameOf(result, results));
    const id = `${++count} - ${name}`;
    switch (result.status) {
      case "passed":
        return [`ok ${id}`];
      case "skipped":
        return [`ok ${id} # SKIP ${skipReason(result)}`];
      case "failed":
      case "error":
        return [
          `not ok ${id}`,
          ...failureBlock(
            result,
            found.filter((one) => failedOf(one) === result).map(boundaryText),
          ),
        ];
      default:
        return result.status satisfies never;
    }
  };
  return {
    begin: () => "TAP version 14\n",
    scenario(results) {
      const found = boundaries(results);
      return text(results.flatMap((result) => point(result, results, found)));
    },
    broken: ({ source, message, diagnostics }) =>
      text([
        `not ok ${++count} - ${described(source)}`,
        ...yamlBlock([
          ["severity", "error"],
          ["message", message],
          ...diagnostics.map((
            { span, message },
            index,
          ): [string, string] => [
            `mistake_${index + 1}`,
            `${placeOf(span)}: ${message}`,
          ]),
        ]),
      ]),
    end: () => `1..${count}\n`,
  };
}
