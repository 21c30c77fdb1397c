/**
 * `dregs conform --format tap`: a test point for each recording; the plan comes last.
 *
 * @module
 */
import type { Difference } from "../../conform/mod.ts";
import {
  type ConformReporter,
  explanationText,
  kernelOf,
} from "./conform_reporter.ts";
import { described, yamlBlock } from "./tap.ts";

/** Keys and values of a difference; each beyond the first has its number in the keys. */
function entriesOf(
  source: string,
  { line, op, what, register, recorded, modelled, fields, rule }: Difference,
  index: number,
): [string, string][] {
  const suffix = index === 0 ? "" : `_${index + 1}`;
  const entries: [string, string][] = [
    [`at${suffix}`, `${source}:${line}`],
    [`message${suffix}`, `${op}: ${what}`],
    [`recorded${suffix}`, recorded],
    [`modelled${suffix}`, modelled],
  ];
  if (fields.length > 0) {
    const names = fields.map(({ name }) => `${register}.${name}`);
    entries.push([`fields${suffix}`, names.join(", ")]);
  }
  if (rule !== undefined) entries.push([`rule${suffix}`, rule]);
  return entries;
}

/** Test Anything Protocol, version 14. */
export function conformTapReporter(): ConformReporter {
  let count = 0;
  const text = (lines: readonly string[]): string =>
    lines.map((line) => `${line}\n`).join("");
  return {
    begin: () => "TAP version 14\n",
    replayed(source, replay, why) {
      const { differences } = replay;
      const id = `${++count} - ${described(source)}`;
      const notes = replay.notes.map((note) => `# ${described(note)}`);
      if (differences.length === 0) return text([`ok ${id}`, ...notes]);
      const entries = differences.flatMap((one, index) =>
        entriesOf(source, one, index)
      );
      return text([
        `not ok ${id}`,
        ...yamlBlock([
          ["severity", "fail"],
          ["kernel", kernelOf(replay)],
          ...why.map((one, index): [string, string] => [
            index === 0 ? "explanation" : `explanation_${index + 1}`,
            explanationText(one),
          ]),
          ...entries,
        ]),
        ...notes,
      ]);
    },
    notReplayed({ source, line, message }) {
      const at: [string, string][] = line === undefined
        ? []
        : [["at", `${source}:${line}`]];
      return text([
        `not ok ${++count} - ${described(source)}`,
        ...yamlBlock([["severity", "error"], ["message", message], ...at]),
      ]);
    },
    end: () => `1..${count}\n`,
  };
}
