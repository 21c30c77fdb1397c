/**
 * Text of several kernels: a row a scenario, a column a kernel, and what is expected of some kernels only.
 *
 * @module
 */
import { placeOf } from "../../dsl/render.ts";
import { oneLine } from "../../dsl/render/line.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { fill } from "../../dsl/render/value.ts";
import type { ScenarioResult } from "../../dsl/result.ts";
import type { Span } from "../../dsl/source.ts";
import { kernelGroups } from "./matrix_groups.ts";
import { labelOf, type Reporter } from "./reporter.ts";
import { tallyText } from "./text.ts";

const GAP = "  ";

/** Columns that names have at least; longer ones stand on a line of their own. */
const NAME_MIN = 16;

/** What stands in a column, by how it went. */
const CELLS = { passed: "ok", failed: "FAIL", error: "FAIL", skipped: "–" };

/** A kernel's name in two lines, so that columns are narrow: `watanabe` over `v7`. */
function headOf(profile: string): readonly [string, string] {
  const at = profile.split(" ")[0].lastIndexOf("-");
  return at < 0 ? ["", profile] : [profile.slice(0, at), profile.slice(at + 1)];
}

function cellWidth(profile: string): number {
  return Math.max(4, ...headOf(profile).map(({ length }) => length));
}

/** Characters of a message; it is told whole where the kernel is run alone. */
const MESSAGE_MAX = 120;

/** Where and what failed first, on one line; kernels that fail alike together. */
function reasonLines(
  results: readonly ScenarioResult[],
  { theme }: Page,
): string[] {
  const kernels = new Map<string, string[]>();
  for (const { profile, status, failures } of results) {
    if (status !== "failed" && status !== "error") continue;
    const [first] = failures;
    const { span, message } = first.diagnostic;
    const text = oneLine(message);
    const cut = text.length > MESSAGE_MAX
      ? `${text.slice(0, MESSAGE_MAX)}…`
      : text;
    const more = failures.length > 1 ? `, and ${failures.length - 1} more` : "";
    const reason = `${theme.place(placeOf(span))}: ${cut}${more}`;
    const alike = kernels.get(reason);
    if (alike) alike.push(profile);
    else kernels.set(reason, [profile]);
  }
  return [...kernels].flatMap(([reason, profiles]) => [
    theme.quiet(`${GAP}${profiles.join(", ")}:`),
    `${GAP}${GAP}${reason}`,
  ]);
}

/** Expectations told of kernels that differ; a kernel run alone is held to all of them. */
const PARTICULAR_MAX = 2;

/** `traps == 1` of `expect traps == 1 on linux-7.2`. */
function expectedOnly(statement: string): string {
  const at = statement.lastIndexOf(" on ");
  return statement.slice(0, at < 0 ? undefined : at).replace(/^expect /, "");
}

/** Kernels by name, or those that are missing, whichever is shorter. */
function kernelsText(
  profiles: readonly string[],
  results: readonly ScenarioResult[],
): string {
  const others = results.map(({ profile }) => profile).filter((profile) =>
    !profiles.includes(profile)
  );
  return others.length < profiles.length
    ? `all but ${others.join(", ")}`
    : profiles.join(", ");
}

/** What was expected of some of the kernels only; kernels of which the same was expected together. */
function differenceLines(
  results: readonly ScenarioResult[],
  { theme }: Page,
): string[] {
  const kernels = new Map<Span, string[]>();
  for (const { profile, particular } of results) {
    for (const span of particular) {
      const checked = kernels.get(span);
      if (checked) checked.push(profile);
      else kernels.set(span, [profile]);
    }
  }
  const texts = new Map<string, string[]>();
  for (const [{ source, start, end }, profiles] of kernels) {
    if (profiles.length === results.length) continue;
    const text = expectedOnly(oneLine(source.text.slice(start, end)));
    const key = kernelsText(profiles, results);
    const same = texts.get(key);
    if (!same) texts.set(key, [text]);
    else if (!same.includes(text)) same.push(text);
  }
  return [...texts].map(([profiles, all]) => {
    const told = all.slice(0, PARTICULAR_MAX).join("; ");
    const more = all.length > PARTICULAR_MAX
      ? `; and ${all.length - PARTICULAR_MAX} more`
      : "";
    return theme.quiet(`${GAP}${profiles}: ${told}${more}`);
  });
}

/** What kernels agree in: how it went, what failed, and what was expected of them. */
function agreement(
  { status, failures, particular }: ScenarioResult,
): string {
  const [first] = failures;
  return JSON.stringify([
    status,
    first?.diagnostic.span.start,
    first?.diagnostic.message,
    particular.map(({ start }) => start),
  ]);
}

/** A scenario under more kernels than fit side by side: neighbours that agree are one. */
function groupedLines(
  results: readonly ScenarioResult[],
  page: Page,
): string[] {
  const { theme, columns } = page;
  const groups = kernelGroups(results, agreement);
  const cells = groups.map(({ label, results: [{ status }] }) => ({
    label,
    cell: CELLS[status],
  }));
  const [{ cell }] = cells;
  const isSame = cells.every((one) => one.cell === cell);
  const text = cells.length === 1
    ? cell
    : isSame
    ? `${cell}${GAP}${cells.map(({ label }) => label).join(" | ")}`
    : cells.map((one) => `${one.cell} ${one.label}`).join(" | ");
  const name = oneLine(results[0].name);
  const isLong = name.length > NAME_MIN;
  const styled = cells.some((one) => one.cell === CELLS.failed)
    ? theme.bad
    : theme.good;
  // A line ends between kernels, not within their names.
  const lines = fill(
    text.replaceAll(" ", "\u00a0").replaceAll("|\u00a0", "| "),
    columns - NAME_MIN - GAP.length,
  ).map((line) => line.replaceAll("\u00a0", " "));
  const named = groups.map(({ label, results: [first] }) => ({
    ...first,
    profile: label,
  }));
  return [
    ...(isLong ? [name] : []),
    ...lines.map((line, at) =>
      (at > 0 || isLong ? "" : name).padEnd(NAME_MIN) + GAP + styled(line)
    ),
    ...reasonLines(named, page),
    ...differenceLines(named, page),
  ];
}

/** A matrix; its head is repeated where other kernels come. */
export function matrixReporter(page: Page): Reporter {
  const { theme, columns } = page;
  let headed = "";
  return {
    begin: () => "",
    scenario(ran) {
      const results = ran.map((one) => ({
        ...one,
        profile: labelOf(one, ran),
      }));
      const widths = results.map(({ profile }) => cellWidth(profile));
      const taken = widths.reduce((sum, width) => sum + width + GAP.length, 0);
      if (ran.length > 1 && taken + NAME_MIN > columns) {
        const head = `${ran[0].arch}, ${ran.length} kernels`;
        const lines = head === headed
          ? []
          : [...(headed === "" ? [] : [""]), theme.heading(head)];
        headed = head;
        lines.push(...groupedLines(ran, page));
        return lines.map((text) => `${text}\n`).join("");
      }
      const nameWidth = Math.max(NAME_MIN, columns - taken);
      const line = (name: string, cells: readonly string[]): string =>
        [name.padEnd(nameWidth), ...cells].join(GAP).trimEnd();
      const lines: string[] = [];
      const kernels = results.map(({ profile }) => profile).join();
      if (kernels !== headed) {
        if (headed !== "") lines.push("");
        headed = kernels;
        const heads = results.map(({ profile }) => headOf(profile));
        for (const [index, label] of ["", results[0].arch].entries()) {
          const cells = heads.map((head, column) =>
            head[index].padEnd(widths[column])
          );
          lines.push(theme.heading(line(label, cells)));
        }
      }
      const name = oneLine(results[0].name);
      const isLong = name.length > nameWidth;
      if (isLong) lines.push(name);
      const cells = results.map(({ status }, column) => {
        const cell = CELLS[status].padEnd(widths[column]);
        return status === "passed"
          ? theme.good(cell)
          : status === "skipped"
          ? theme.quiet(cell)
          : theme.bad(cell);
      });
      lines.push(line(isLong ? "" : name, cells));
      lines.push(...reasonLines(results, page));
      lines.push(...differenceLines(results, page));
      return lines.map((text) => `${text}\n`).join("");
    },
    broken: () => "",
    end: (tally) => `${tallyText(tally)}\n`,
  };
}
