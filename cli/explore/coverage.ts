/**
 * What a search has tried as text, and its warnings.
 *
 * @module
 */
import type { CoveredLine } from "../../dsl/explore/coverage.ts";
import type { CoverageWarning } from "../../dsl/explore/coverage_warning.ts";
import { warningText } from "../../dsl/explore/warnings.ts";
import type { Style } from "../../dsl/render.ts";
import { warningsIn } from "./tried.ts";
import type { Verdict } from "./verdict.ts";

/** `1 warning`, `2 warnings` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

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
  return count === 0 ? "never" : `${count} times`.replace(/^1 times$/, "once");
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

/** Of instructions that are never executed the first of each program: what comes after it follows from it. */
function withoutFollowing(
  warnings: readonly CoverageWarning[],
): CoverageWarning[] {
  const seen = new Map<string, number>();
  const key = ({ code, message }: CoverageWarning) =>
    code === "never-executed" ? message : undefined;
  for (const one of warnings) {
    const at = key(one);
    if (at !== undefined) seen.set(at, (seen.get(at) ?? 0) + 1);
  }
  const told = new Set<string>();
  return warnings.flatMap((one) => {
    const at = key(one);
    if (at === undefined) return [one];
    if (told.has(at)) return [];
    told.add(at);
    const more = seen.get(at)! - 1;
    return more === 0
      ? [one]
      : [{ ...one, message: `${one.message}, nor to ${more} more after it` }];
  });
}

/** The warnings of a verdict, each with its line end. */
export function warningsText(verdict: Verdict, style: Style): string {
  return withoutFollowing(warningsIn(verdict)).map((one) =>
    `${warningText(one, style)}\n`
  ).join("");
}
