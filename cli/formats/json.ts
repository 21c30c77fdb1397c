/**
 * `--format json`: one document, schema `dregs.run/2`, a scenario a line. `docs/json.md` describes it.
 *
 * @module
 */
import { diagnosticJson, type Json, scenarioJson } from "../../report/json.ts";
import { boundaries, type Boundary, failedOf } from "./boundaries.ts";
import type { Broken, Reporter, Tally } from "./reporter.ts";

/** Where a scenario begins or stops to fail, as JSON. */
export function boundaryJson(
  { earlier, later, side, changes, release, isApproximate }: Boundary,
): Json {
  return {
    side,
    approximate: isApproximate,
    release: release === undefined ? null : `linux-${release}`,
    earlier: earlier.profile,
    later: later.profile,
    changes: changes.map(({ name, commits }) => ({
      name,
      commits: commits.map(({ hash }) => hash ?? null),
    })),
  };
}

function brokenJson({ source, message, diagnostics }: Broken): Json {
  return { source, message, diagnostics: diagnostics.map(diagnosticJson) };
}

/** One document, written as it grows: scenarios as they end, then the texts that could not run. */
export function jsonReporter(): Reporter {
  let any = false;
  const notRun: Json[] = [];
  const item = (value: Json): string => {
    const before = any ? ",\n" : "\n";
    any = true;
    return `${before}${JSON.stringify(value)}`;
  };
  return {
    begin: () => '{"schema":"dregs.run/2","scenarios":[',
    scenario(results) {
      const found = boundaries(results);
      return results.map((result) =>
        item(
          scenarioJson(
            result,
            found.filter((one) => failedOf(one) === result).map(boundaryJson),
          ),
        )
      ).join("");
    },
    broken(broken) {
      notRun.push(brokenJson(broken));
      return "";
    },
    end: (tally: Tally) =>
      `\n],"notRun":${JSON.stringify(notRun)},"summary":${
        JSON.stringify({
          passed: tally.passed,
          failed: tally.failed,
          error: tally.error,
          skipped: tally.skipped,
          notRun: tally.broken,
        })
      }}\n`,
  };
}
