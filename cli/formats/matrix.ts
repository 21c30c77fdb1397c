/**
 * Text of several kernels: a row a scenario, a column a kernel, and what is expected of some kernels only.
 *
 * @module
 */
import type { KernelTerm } from "../../dsl/actions.ts";
import { kernelsText } from "../../dsl/kernels_text.ts";
import { placeOf } from "../../dsl/render.ts";
import { oneLine } from "../../dsl/render/line.ts";
import { statusLine } from "../../dsl/render/scenario.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { fill } from "../../dsl/render/value.ts";
import { headline, type ScenarioResult } from "../../dsl/result.ts";
import { positionAt, type Span } from "../../dsl/source.ts";
import { boundaries, boundaryText, nextStep } from "./boundaries.ts";
import { kernelGroups } from "./matrix_groups.ts";
import { labelOf, type Reporter } from "./reporter.ts";
import { tallyText } from "./text.ts";

const GAP = "  ";

/** Columns that names have at least; longer ones stand on a line of their own. */
const NAME_MIN = 16;

/** What stands in a column, by how it went. */
const CELLS = {
  passed: "ok",
  failed: "FAIL",
  error: "FAIL",
  skipped: "skip",
};

/** A kernel's name in two lines, so that columns are narrow: `watanabe` over `v7`. */
function headOf(profile: string): readonly [string, string] {
  const at = profile.split(" ")[0].lastIndexOf("-");
  return at < 0 ? ["", profile] : [profile.slice(0, at), profile.slice(at + 1)];
}

function cellWidth(profile: string): number {
  return Math.max(4, ...headOf(profile).map(({ length }) => length));
}

/** Characters of a message; the whole message is printed where the kernel is run alone. */
const MESSAGE_MAX = 120;

/** Where and what failed first, or why it was skipped, on one line; undefined if it passed. */
function reasonOf(
  { status, failures, skip }: ScenarioResult,
  { theme }: Page,
): string | undefined {
  const cut = (text: string): string => {
    const line = oneLine(text);
    return line.length > MESSAGE_MAX ? `${line.slice(0, MESSAGE_MAX)}…` : line;
  };
  const at = (span: Span): string => `${theme.place(placeOf(span))}: `;
  switch (status) {
    case "passed":
      return undefined;
    case "skipped":
      return skip && (skip.span ? at(skip.span) : "") + cut(skip.summary);
    case "failed":
    case "error": {
      const { span, message } = headline(failures)!.diagnostic;
      const others = failures.length - 1;
      const more = others > 0 ? `, and ${others} more` : "";
      return at(span) + cut(message) + more;
    }
    default:
      return status satisfies never;
  }
}

/** What failed first, or why it was skipped; kernels of which the same is said together. */
function reasonLines(
  results: readonly ScenarioResult[],
  page: Page,
): string[] {
  const { theme, columns } = page;
  const kernels = new Map<string, string[]>();
  for (const result of results) {
    const { profile } = result;
    const reason = reasonOf(result, page);
    if (reason === undefined) continue;
    const alike = kernels.get(reason);
    if (alike) alike.push(profile);
    else kernels.set(reason, [profile]);
  }
  return [...kernels].flatMap(([reason, profiles]) => [
    theme.quiet(`${GAP}${profiles.join(", ")}:`),
    ...fill(reason, columns - 2 * GAP.length, GAP.length).map((line) =>
      `${GAP}${GAP}${line}`
    ),
  ]);
}

/** Where it begins or stops to fail, and by which change. */
function boundaryLines(
  results: readonly ScenarioResult[],
  { columns }: Page,
): string[] {
  const found = boundaries(results);
  const hasVendors = new Set(found.map(({ later }) => later.vendor)).size > 1;
  return found.flatMap((one) => {
    const on = hasVendors ? ` on ${one.later.vendor}` : "";
    const text = `fails${on} ${boundaryText(one)}`;
    const next = nextStep(one);
    return [
      ...fill(text, columns - GAP.length, GAP.length),
      // A command is copied: it stays on its line.
      ...(next === undefined ? [] : [`${GAP}${next}`]),
    ].map((line) => GAP + line);
  });
}

/** Expectations told of kernels that differ; a kernel run alone is held to all of them. */
const PARTICULAR_MAX = 2;

/** `line 14: traps == 1` of `expect traps == 1 on linux-7.2`. */
function expectedOnly({ source, start, end }: Span): string {
  const statement = oneLine(source.text.slice(start, end));
  const at = statement.lastIndexOf(" on ");
  const expected = statement.slice(0, at < 0 ? undefined : at).replace(
    /^expect /,
    "",
  );
  return `line ${positionAt(source, start).line}: ${expected}`;
}

/** Kernels in words; where all are named, those that ran, or those of them that are missing if that is shorter. */
function checkedText(
  terms: readonly KernelTerm[],
  profiles: readonly string[],
  results: readonly ScenarioResult[],
): string {
  if (terms.some(({ kind }) => kind !== "name")) return kernelsText(terms);
  const others = results.map(({ profile }) => profile).filter((profile) =>
    !profiles.includes(profile)
  );
  return others.length < profiles.length
    ? `all but ${others.join(", ")}`
    : profiles.join(", ");
}

/** What was expected of some of the kernels only; what was expected of the same kernels on one line. */
function differenceLines(
  all: readonly ScenarioResult[],
  { theme, columns }: Page,
): string[] {
  const kernels = new Map<Span, string[]>();
  const terms = new Map<Span, readonly KernelTerm[]>();
  const results = all.filter(({ status }) => status !== "skipped");
  for (const { profile, particular } of results) {
    for (const { span, on } of particular) {
      kernels.set(span, [...kernels.get(span) ?? [], profile]);
      terms.set(span, on);
    }
  }
  const texts = new Map<string, string[]>();
  for (const [span, profiles] of kernels) {
    if (profiles.length === results.length) continue;
    const key = checkedText(terms.get(span)!, profiles, results);
    const text = expectedOnly(span);
    const same = texts.get(key);
    if (same) same.push(text);
    else texts.set(key, [text]);
  }
  return [...texts].flatMap(([key, told]) => {
    const first = told.slice(0, PARTICULAR_MAX).join("; ");
    const more = told.length > PARTICULAR_MAX
      ? `; and ${told.length - PARTICULAR_MAX} more`
      : "";
    return fill(`${key}: ${first}${more}`, columns - GAP.length, GAP.length);
  }).map((line) => theme.quiet(GAP + line));
}

/** What a cell says: `ok` is easily read as "this kernel has no bug". */
const LEGEND =
  "ok: as the scenario expects on that kernel, known bugs included";

/** The same of one that says `skip`, before the first. */
const SKIP_LEGEND = "skip: not asked of that kernel, for the reason below";

/** What kernels agree in: how it went, what failed, and what was expected of them. */
function agreement(
  { status, failures, particular, skip }: ScenarioResult,
): string {
  const [first] = failures;
  return JSON.stringify([
    status,
    skip?.summary,
    skip?.span?.start,
    first?.diagnostic.span.start,
    first?.diagnostic.message,
    particular.map(({ span }) => span.start),
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
    : cells.every((one) => one.cell === CELLS.skipped)
    ? theme.quiet
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
    ...boundaryLines(results, page),
    ...differenceLines(named, page),
  ];
}

/** The architecture, with the vendor if all ran for the same. */
function machineText(results: readonly ScenarioResult[]): string {
  const [{ arch, vendor }] = results;
  return vendor !== undefined && results.every((one) => one.vendor === vendor)
    ? `${arch} ${vendor}`
    : arch;
}

/** A matrix; its head is repeated where other kernels come. */
export function matrixReporter(page: Page): Reporter {
  const { theme, columns } = page;
  let headed = "";
  let isTold = false;
  let isSkipTold = false;
  const legend = (text: string): string =>
    fill(text, columns, 2).map((line) => `${theme.quiet(line)}\n`).join("");
  const skipLegend = (ran: readonly ScenarioResult[]): string => {
    if (isSkipTold || !ran.some(({ status }) => status === "skipped")) {
      return "";
    }
    isSkipTold = true;
    return legend(SKIP_LEGEND);
  };
  return {
    begin: () => "",
    scenario(ran) {
      const [only] = ran;
      if (only.skip?.cause === "arch" || only.skip?.cause === "explore") {
        return `${statusLine(only, page)}\n`;
      }
      // Not above files that cannot be read.
      const first = isTold ? "" : legend(LEGEND);
      isTold = true;
      const told = first + skipLegend(ran);
      const results = ran.map((one) => ({
        ...one,
        profile: labelOf(one, ran),
      }));
      const widths = results.map(({ profile }) => cellWidth(profile));
      const taken = widths.reduce((sum, width) => sum + width + GAP.length, 0);
      if (ran.length > 1 && taken + NAME_MIN > columns) {
        const head = `${machineText(ran)}, ${ran.length} kernels`;
        const lines = head === headed
          ? []
          : [...(headed === "" ? [] : [""]), theme.heading(head)];
        headed = head;
        lines.push(...groupedLines(ran, page));
        return told + lines.map((text) => `${text}\n`).join("");
      }
      const nameWidth = Math.max(NAME_MIN, columns - taken);
      const line = (name: string, cells: readonly string[]): string =>
        [name.padEnd(nameWidth), ...cells].join(GAP).trimEnd();
      const lines: string[] = [];
      const kernels = [
        machineText(ran),
        ...results.map(({ profile }) => profile),
      ].join();
      if (kernels !== headed) {
        if (headed !== "") lines.push("");
        headed = kernels;
        const heads = results.map(({ profile }) => headOf(profile));
        for (const [index, label] of ["", machineText(ran)].entries()) {
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
      lines.push(...boundaryLines(ran, page));
      lines.push(...differenceLines(results, page));
      return told + lines.map((text) => `${text}\n`).join("");
    },
    broken: () => "",
    end: (tally) => `${tallyText(tally)}\n`,
  };
}
