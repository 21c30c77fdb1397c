/**
 * What a search has tried as text, and its warnings.
 *
 * @module
 */
import { counted } from "../../dsl/counted.ts";
import { type CoveredLine, isSamePlace } from "../../dsl/explore/coverage.ts";
import type { CoverageWarning } from "../../dsl/explore/coverage_warning.ts";
import { warningText } from "../../dsl/explore/warnings.ts";
import type { Style } from "../../dsl/render.ts";
import { warningsIn } from "./tried.ts";
import type { Verdict } from "./verdict.ts";

/** How many of an actor's lines were tried. */
function share(lines: readonly CoveredLine[], what: string): string[] {
  if (lines.length === 0) return [];
  const done = lines.filter(({ tried }) => tried > 0);
  return [`${done.length} of ${counted(lines.length, what)}`];
}

/** What was tried, in two lines. */
export function coverageText(
  { coverage }: Pick<Verdict, "coverage">,
): string[] {
  if (coverage === null) return [];
  const of = (actor: CoveredLine["actor"]) =>
    coverage.lines.filter((one) => one.actor === actor);
  const tried = [
    ...share(of("guest"), "instruction"),
    ...share(of("user"), "action").map((text) => `${text} of userspace`),
    ...share(of("host"), "action").map((text) => `${text} of the host`),
  ];
  const matched = coverage.lines.flatMap(({ matched, line, column }) =>
    matched === null ? [] : [`at ${line}:${column} ${timesText(matched)}`]
  );
  return [
    ...tried.length === 0 ? [] : [`  tried: ${tried.join(", ")}`],
    ...matched.length === 0
      ? []
      : [`  breakpoints matched: ${matched.join(", ")}`],
  ];
}

function timesText(count: number): string {
  if (count === 0) return "never";
  return count === 1 ? "once" : `${count} times`;
}

/** A table of what came of each line, in distinct pairs of a vCPU's and a CPU's block. */
export function coverageTable(
  { coverage }: Pick<Verdict, "coverage">,
): string[] {
  if (coverage === null) return [];
  const rows = [
    ["line", "tried", "done", "refused", "stopped", "matched", ""],
    ...coverage.lines.map((one) => [
      `${one.line}`,
      `${one.tried}`,
      `${one.done}`,
      one.errno === null ? `${one.refused}` : `${one.refused} ${one.errno}`,
      `${one.stopped}`,
      one.matched === null ? "–" : `${one.matched}`,
      one.text,
    ]),
    ...coverage.ways.map((one) => [
      `${one.line}`,
      `${one.tried}`,
      "",
      "",
      "",
      "",
      one.chosen ?? one.text,
    ]),
  ];
  const widths = rows[0].map((_, at) =>
    Math.max(...rows.map((row) => [...row[at]].length))
  );
  return [
    `  of ${coverage.pairs} distinct pairs of a vCPU's block and a CPU's`,
    ...rows.map((row) =>
      `  ${
        row.map((cell, at) =>
          at === row.length - 1 ? cell : cell.padStart(widths[at])
        ).join("  ")
      }`.trimEnd()
    ),
  ];
}

/** Of the lines that a program never comes to the first: that it does not come to those after it follows. */
function withoutFollowing(
  warnings: readonly CoverageWarning[],
  lines: readonly CoveredLine[],
): readonly CoverageWarning[] {
  // Programs may share a line, by an included file: each has its own warning.
  const untried = lines.filter(({ tried }) => tried === 0);
  const told = warnings.map((one) => {
    const at = one.code === "never-executed"
      ? untried.findIndex((line) => isSamePlace(line, one))
      : -1;
    if (at < 0) return { one, program: undefined };
    const [{ actor, index }] = untried.splice(at, 1);
    return { one, program: `${actor} ${index}` };
  });
  const programs = Map.groupBy(told, ({ program }) => program);
  return told.flatMap((each) => {
    const { one, program } = each;
    if (program === undefined) return [one];
    const [first, ...more] = programs.get(program)!;
    if (each !== first) return [];
    return more.length === 0 ? [one] : [{
      ...one,
      message: `${one.message}, nor to ${more.length} more after it`,
    }];
  });
}

/** The warnings of a verdict, each with its line end. */
export function warningsText(verdict: Verdict, style: Style): string {
  const lines = verdict.coverage?.lines ?? [];
  return withoutFollowing(warningsIn(verdict), lines).map((one) =>
    `${warningText(one, style)}\n`
  ).join("");
}
