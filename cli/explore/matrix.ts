/**
 * Verdicts on a block under several kernels, in short: neighbours that agree together.
 *
 * @module
 */
import { counted } from "../../dsl/counted.ts";
import { oneLine } from "../../dsl/render/line.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { fill } from "../../dsl/render/value.ts";
import { vendorsOf } from "../../dsl/vendors.ts";
import { architecture, type ArchName } from "../../engine/mod.ts";
import { kernelGroups } from "../formats/matrix_groups.ts";
import { warningsIn } from "./tried.ts";
import type {
  MatrixGroup,
  MatrixRow,
  NotSearched,
  Verdict,
} from "./verdict.ts";

/** What one kernel came to. */
interface Result
  extends Pick<Verdict, "name" | "source" | "arch" | "kernel" | "vendor"> {
  readonly outcome: MatrixGroup["outcome"];
  readonly broken: readonly string[];
  readonly noticed: string | null;
  readonly warnings: number;
  /** Names of known failures that the search met. */
  readonly met: readonly string[];
  readonly reason: string | null;
}

function rowOf(results: readonly Result[]): MatrixRow {
  const [{ name, source, arch, vendor }] = results;
  const ran = results.map((one) => ({
    ...one,
    profile: one.kernel,
    vendor: one.vendor ?? undefined,
  }));
  const groups = kernelGroups(
    ran,
    ({ outcome, broken, noticed, warnings, met, reason }) =>
      JSON.stringify([outcome, broken, noticed, warnings, met, reason]),
  ).map(({ label, results: same }): MatrixGroup => {
    const [{ outcome, broken, noticed, warnings, met: known, reason }] = same;
    const kernels = same.map(({ kernel }) => kernel);
    return {
      label,
      kernels,
      outcome,
      broken,
      noticed,
      warnings,
      known,
      reason,
    };
  });
  return { name, source, arch, vendor, groups };
}

/** The rows of all blocks, if one was asked for under several kernels or vendors. */
export function matrixOf(
  verdicts: readonly Verdict[],
  skipped: readonly NotSearched[],
): readonly MatrixRow[] {
  const results: readonly Result[] = [
    ...verdicts.map((one) => ({
      ...one,
      warnings: warningsIn(one).length,
      met: one.known.map(({ name }) => name),
      reason: null,
    })),
    ...skipped.map((one) => ({
      ...one,
      outcome: "skipped" as const,
      broken: [],
      noticed: null,
      warnings: 0,
      met: [],
    })),
  ];
  const blocks = Map.groupBy(
    results,
    ({ source, name }) => JSON.stringify([source, name]),
  );
  const all = [...blocks.values()];
  if (all.every(({ length }) => length < 2)) return [];
  return all.flatMap((block) => {
    const arch = architecture(block[0].arch as ArchName)!;
    const byVendor = Map.groupBy(block, ({ vendor }) => vendor);
    return [null, ...vendorsOf(arch)].flatMap((vendor) => {
      const own = byVendor.get(vendor);
      return own === undefined ? [] : [rowOf(own)];
    });
  });
}

/** Columns that names have. */
const NAME_COLUMNS = 20;
const GAP = "  ";

/**
 * Names of what is broken.
 *
 * @param withKind `noticed` with the kind of what the guest notices
 */
export function brokenText(
  { broken, noticed }: Pick<Verdict, "broken" | "noticed">,
  withKind: (name: string, kind: string) => string = (name, kind) =>
    `${name} (${kind})`,
): string {
  const isKnown = (name: string): boolean => name === noticed;
  return broken.map((name, at) =>
    at === 0 && noticed !== null && !broken.some(isKnown)
      ? withKind(name, noticed)
      : name
  ).join(", ");
}

function withMore(outcome: string, more: readonly string[]): string {
  return more.length === 0 ? outcome : `${outcome} (${more.join("; ")})`;
}

/** The known failures that the search went on past. */
function knownText({ known }: MatrixGroup): string[] {
  return known.length === 0 ? [] : [`known: ${known.join(", ")}`];
}

/** What is said of neighbours. */
function cellOf(group: MatrixGroup): string {
  const { outcome } = group;
  switch (outcome) {
    case "broken":
      return withMore("broken", [
        brokenText(group, (name, kind) => `${name}: ${kind}`),
        ...knownText(group),
      ]);
    case "unfinished":
      return withMore("not finished", knownText(group));
    case "skipped":
      return "skip";
    case "holds":
      return withMore("holds", [
        ...group.warnings === 0 ? [] : [counted(group.warnings, "warning")],
        ...knownText(group),
      ]);
    default:
      return outcome satisfies never;
  }
}

/** A row's neighbours, one after the other: those that are not searched are together, whatever the reason. */
function groupsText({ arch, vendor, groups }: MatrixRow): string {
  const results = groups.flatMap((group) =>
    group.kernels.map((profile) => ({
      arch,
      profile,
      vendor: vendor ?? undefined,
      cell: cellOf(group),
    }))
  );
  const text = kernelGroups(results, ({ cell }) => cell).map((
    { label, results: [{ cell }] },
  ) => `${cell} ${label}`);
  // A line ends after a kernel, not within its name.
  return text.join(" | ").replaceAll(" ", "\u00a0").replaceAll(
    /([|,])\u00a0/g,
    "$1 ",
  );
}

/** Why a block is not searched: each reason once, with all kernels that it is for, and the vendor if it is for one only. */
function reasonsOf(rows: readonly MatrixRow[]): readonly string[] {
  const skipped = rows.flatMap(({ vendor, groups }) =>
    groups.flatMap(({ label, reason }) =>
      reason === null ? [] : [{ vendor, label, reason }]
    )
  );
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  return [...byReason].map(([reason, those]) => {
    const byVendor = Map.groupBy(those, ({ vendor }) => vendor);
    const vendors = Map.groupBy(
      byVendor,
      ([, own]) => own.map(({ label }) => label).join(", "),
    );
    const kernels = [...vendors].map(([labels, alike]) =>
      alike.length === rows.length
        ? labels
        : [...alike.flatMap(([vendor]) => vendor ?? []), labels].join(" ")
    );
    return `${kernels.join("; ")}: ${reason}`;
  });
}

/** Lines of a block: one for each vendor, or one for both where they agree. */
function blockLines(
  rows: readonly MatrixRow[],
  { columns, theme }: Page,
): string[] {
  const texts = Map.groupBy(rows, groupsText);
  const name = oneLine(rows[0].name);
  const room = columns - NAME_COLUMNS - GAP.length;
  const cells = [...texts].flatMap(([text, same]) => {
    const vendors = same.flatMap(({ vendor }) => vendor ?? []).join(", ");
    const styled = same[0].groups.some(({ outcome }) => outcome === "broken")
      ? theme.bad
      : theme.good;
    return fill(vendors === "" ? text : `${vendors}: ${text}`, room).map((
      line,
    ) => styled(line.replaceAll("\u00a0", " ")));
  });
  const isLong = name.length > NAME_COLUMNS;
  return [
    ...(isLong ? [name] : []),
    ...cells.map((cell, at) =>
      (at > 0 || isLong ? "" : name).padEnd(NAME_COLUMNS) + GAP + cell
    ),
    ...reasonsOf(rows).flatMap((line) =>
      fill(line, columns - 2 * GAP.length, GAP.length).map((part) =>
        theme.quiet(GAP + part)
      )
    ),
  ];
}

/** The matrix as text; empty if there is no row. */
export function matrixText(rows: readonly MatrixRow[], page: Page): string {
  const arches = Map.groupBy(rows, ({ arch }) => arch);
  return [...arches].flatMap(([arch, own]) => {
    const blocks = Map.groupBy(
      own,
      ({ source, name }) => JSON.stringify([source, name]),
    );
    return [
      "",
      page.theme.heading(`${arch}, by kernel`),
      ...[...blocks.values()].flatMap((block) => blockLines(block, page)),
    ];
  }).map((line) => `${line}\n`).join("");
}
