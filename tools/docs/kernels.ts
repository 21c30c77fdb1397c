/**
 * docs/kernels/: which kernels have which behaviour, a page for each architecture, of the rows of history.
 *
 * @module
 */
import {
  commitLines,
  sinceText,
  stableLines,
} from "../../dsl/render/history.ts";
import {
  allSeries,
  ARCH_NAMES,
  type Architecture,
  architecture,
  type ArchName,
  type ChangeInfo,
  compareVersions,
  kernelProfile,
  type StableSeries,
} from "../../engine/mod.ts";
import { ARM64_HIDDEN } from "../../engine/arm64/history/hidden.ts";
import type { HiddenChange } from "../../engine/history.ts";
import { X86_HIDDEN } from "../../engine/x86/history/hidden.ts";
import { LTS } from "../../dsl/kernel_sets.ts";
import { fill } from "../../dsl/render/value.ts";
import { escaped, escapedAroundCode } from "./markdown.ts";
import { rulePath } from "./rules.ts";

/** The folder, from the root of the working copy. */
export const FOLDER = "docs/kernels";

/** Where the fields of an architecture's record are described, and the interface that has them. */
export const RECORDS: Readonly<
  Record<ArchName, readonly [path: string, name: string]>
> = {
  arm64: ["engine/arm64/kvm/kernel.ts", "Arm64Kernel"],
  x86: ["engine/x86/kvm/behaviour.ts", "X86Behaviour"],
};

/** Changes that the model does not show. */
const HIDDEN: Readonly<Record<ArchName, readonly HiddenChange[]>> = {
  arm64: ARM64_HIDDEN,
  x86: X86_HIDDEN,
};

/** What a page begins with: a change by hand would be lost. */
const GENERATED =
  "<!-- Generated from the rows of history by `deno task docs`. -->";

/** Fields that only say which rules events cite. */
const CITED_RULES = ["rule", "switchRules"];

/** A table whose columns are aligned in the text too. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, at) =>
    Math.max(3, ...rows.map((row) => row[at].length))
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(" | ")} |`;
  const [head, ...body] = rows;
  return [
    line(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...body.map(line),
  ];
}

/** Releases in words: `to 4.5`, `4.6 to 5.14`, `since 5.15`, `in all`. */
function rangeText(first: string, last: string): string {
  const all = allSeries();
  const [isFirst, isLast] = [first === all[0], last === all.at(-1)];
  if (isFirst && isLast) return "in all";
  if (isFirst) return `to ${last}`;
  if (isLast) return `since ${first}`;
  return first === last ? first : `${first} to ${last}`;
}

/** A point release without its series: `.120`; of the first release `.0`. */
function point(release: string, series: string): string {
  return release.slice(series.length) || ".0";
}

/** Since which point release a series has a change. */
function stableCell(
  { series, since, without, with: first, gone }: StableSeries,
): string {
  const lost = gone === undefined ? "" : `, gone ${point(gone, series)}`;
  if (since !== undefined) return `${point(since, series)}${lost}`;
  const range = [without ?? series, first].flatMap((release) =>
    release === undefined ? [] : point(release, series)
  ).join("–");
  return `${range}${lost}`;
}

/** Whether the releases of a series have a change. */
function cell({ since, stable }: ChangeInfo, series: string): string {
  if (since !== undefined && compareVersions(series, since) >= 0) return "yes";
  const found = stable.find((one) => one.series === series);
  return found === undefined ? "–" : stableCell(found);
}

/** The vendor of a change that is of one only. */
function vendorMark(arch: Architecture, { vendors }: ChangeInfo): string {
  const all = arch.profiles[0].vendors;
  return vendors.length === 1 && all.length > 1 ? ` (${vendors[0]})` : "";
}

function linkTo(name: string): string {
  return `[${name}](#${name})`;
}

function changesTable(arch: Architecture): string[] {
  return table([
    ["change", "mainline", ...LTS],
    ...arch.changes().map((change) => [
      `${change.name}${vendorMark(arch, change)}`,
      change.since ?? "none",
      ...LTS.map((series) => cell(change, series)),
    ]),
  ]);
}

/** Mainline releases that behave alike, with what came. */
function releasesTable(arch: Architecture): string[] {
  const firsts = arch.distinctKernels().map((name) =>
    name.replace(/^linux-/, "")
  );
  const all = allSeries();
  let before: readonly string[] = [];
  return table([
    ["mainline", "what came"],
    ...firsts.map((first, at) => {
      const next = firsts.at(at + 1);
      const last = next === undefined
        ? all.at(-1)!
        : all[all.indexOf(next) - 1];
      const rows = rowsOf(arch, first);
      const came = rows.filter((row) => !before.includes(row));
      before = rows;
      return [
        first === last ? first : `${first} to ${last}`,
        came.map(linkTo).join(", ") || "–",
      ];
    }),
  ]);
}

function rowsOf(arch: Architecture, series: string): readonly string[] {
  const answer = arch.kernel(`linux-${series}`);
  if (!answer.ok || answer.info.rows === undefined) {
    throw new RangeError(`${series} is not made of changes`);
  }
  return answer.info.rows;
}

/** A record's fields. */
type Fields = Readonly<Record<string, unknown>>;

/** The record of a mainline release, of each vendor. */
function recordsOf(
  arch: ArchName,
  series: string,
): Readonly<Record<string, Fields>> {
  const name = `linux-${series}`;
  if (arch === "arm64") return { arm64: { ...kernelProfile(arch, name) } };
  const { vmx, svm } = kernelProfile(arch, name);
  return { vmx: { ...vmx }, svm: { ...svm } };
}

/** A number, in the base that suits it. */
function numberText(value: number): string {
  const unsigned = value >>> 0;
  return unsigned > 15 ? `0x${unsigned.toString(16)}` : `${unsigned}`;
}

/** A field's value; undefined for what has no short text. */
function valueText(value: unknown): string | undefined {
  switch (typeof value) {
    case "boolean":
      return value ? "yes" : "no";
    case "string":
      return `\`${value}\``;
    case "number":
      return `\`${numberText(value)}\``;
    default:
      break;
  }
  const entries = Object.entries(value as object);
  if (!entries.every(([, part]) => typeof part === "number")) return undefined;
  return entries.map(([name, part]) => `${name} \`${numberText(part)}\``)
    .join(", ");
}

/** The values of a field by mainline releases. */
function valuesText(
  arch: Architecture,
  field: string,
  vendor: string,
): string {
  const values: { value: unknown; first: string; last: string }[] = [];
  for (const series of allSeries()) {
    const value = recordsOf(arch.name, series)[vendor][field];
    const before = values.at(-1);
    if (before !== undefined && before.value === value) before.last = series;
    else values.push({ value, first: series, last: series });
  }
  return values.map(({ value, first, last }) => {
    const text = valueText(value) ??
      bringing(arch, field, vendor, first) ?? "4.4's";
    return `${text} ${rangeText(first, last)}`;
  }).join("; ");
}

/** The change that gave a field its value in a release; undefined if none did. */
function bringing(
  arch: Architecture,
  field: string,
  vendor: string,
  series: string,
): string | undefined {
  const change = arch.changes().find(({ touches, since }) =>
    since === series && touches[vendor]?.includes(field)
  );
  return change && linkTo(change.name);
}

/** What each field is, from the doc comments of the record's type. */
export function fieldComments(
  text: string,
  name: string,
): ReadonlyMap<string, string> {
  const from = text.indexOf(`export interface ${name} {`);
  if (from < 0) throw new RangeError(`There is no interface ${name}`);
  const body = text.slice(from, text.indexOf("\n}", from));
  return new Map(
    [
      ...body.matchAll(
        /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)/g,
      ),
    ].map(([, comment, field]) => [
      field,
      comment.replace(/^\s*\* ?/gm, " ").replace(/\s+/g, " ").trim(),
    ]),
  );
}

/** Kernels against behaviours: a row for each field that changes. */
function behavioursTable(
  arch: Architecture,
  comments: ReadonlyMap<string, string>,
): string[] {
  const vendors = Object.keys(recordsOf(arch.name, allSeries()[0]));
  const fields = [
    ...new Set(
      arch.changes().flatMap((change) => Object.values(change.touches).flat()),
    ),
  ].filter((field) => !CITED_RULES.includes(field));
  const inOrder = [...comments.keys()].filter((field) =>
    fields.includes(field)
  );
  const missing = fields.filter((field) => !comments.has(field));
  if (missing.length > 0) {
    throw new RangeError(`No doc comment has ${missing.join(", ")}`);
  }
  return table([
    ["behaviour", ...vendors, "what it is"],
    ...inOrder.map((field) => {
      const values = vendors.map((vendor) => valuesText(arch, field, vendor));
      const cells = values.map((value, at) =>
        at > 0 && value === values[0] ? `as ${vendors[0]}` : value
      );
      return [
        `\`${field}\``,
        ...cells,
        escapedAroundCode(comments.get(field)!).replaceAll("|", "\\|"),
      ];
    }),
  ]);
}

/** One change with all that is known of it. */
function changeLines(arch: Architecture, change: ChangeInfo): string[] {
  const { name, before, after, touches, needs = [], excludes = [] } = change;
  const touched = [...new Set(Object.values(touches).flat())].filter((field) =>
    !CITED_RULES.includes(field)
  );
  const item = (text: string): string => `- ${escapedAroundCode(text)}`;
  return [
    `### <a id="${name}"></a>${name}${vendorMark(arch, change)}`,
    "",
    item(`Without it: ${before}`),
    item(`With it: ${after}`),
    ...commitLines(change).map(item),
    item(sinceText(change)),
    ...stableLines(change).map(item),
    ...needs.map(({ row, why }) => `- needs ${linkTo(row)}: ${escaped(why)}`),
    ...excludes.map(({ row, why }) =>
      `- excludes ${linkTo(row)}: ${escaped(why)}`
    ),
    ...touched.length === 0
      ? []
      : [`- behaviours: ${touched.map((one) => `\`${one}\``).join(", ")}`],
    `- rules: ${
      change.rules.map((id) => `[${id}](../rules/${rulePath(id)})`).join(", ")
    }; known by ${change.confidence}`,
    "",
  ];
}

/** Changes that the model does not show, and why. */
function hiddenTable(arch: Architecture): string[] {
  return table([
    ["mainline", "change", "what the model would need"],
    ...HIDDEN[arch.name].map(({ since, subject, missing }) =>
      [since, subject, missing].map((text) =>
        escapedAroundCode(text).replaceAll("|", "\\|")
      )
    ),
  ]);
}

function page(
  arch: Architecture,
  comments: ReadonlyMap<string, string>,
): string {
  const lines = [
    GENERATED,
    "",
    `# ${arch.name}: kernels and behaviours`,
    "",
    ...fill(
      `${arch.changes().length} changes of KVM between Linux ${
        allSeries()[0]
      } and ${
        allSeries().at(-1)
      } that the model shows. \`dregs profiles KERNEL\` tells what one kernel is made of, \`dregs history NAME\` has a change, and \`dregs bisect FILE\` finds the changes that a scenario depends on.`,
      80,
    ),
    "",
    "## Which series have a change",
    "",
    "`mainline` is the first release that has it. `yes`: every release of the series",
    "has it. `.101`: since that point release. `.38–.59`: not in the one, in the",
    "other; what lies between was not read. `–`: no release that was read. Other",
    "stable series are [below](#changes), with each change.",
    "",
    ...changesTable(arch),
    "",
    "## Mainline releases that behave alike",
    "",
    ...releasesTable(arch),
    "",
    "## Kernels against behaviours",
    "",
    "The fields of a kernel's record, and their values by mainline release.",
    "",
    ...behavioursTable(arch, comments),
    "",
    "## Changes",
    "",
    ...arch.changes().flatMap((change) => changeLines(arch, change)),
    "## Changes that the model does not show",
    "",
    ...hiddenTable(arch),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/**
 * The pages by file name.
 *
 * @param read gives the text of a source file by its path from the root
 */
export function kernelPages(
  read: (path: string) => string,
): ReadonlyMap<string, string> {
  return new Map(ARCH_NAMES.map((name) => {
    const [path, type] = RECORDS[name];
    const comments = fieldComments(read(path), type);
    return [`${name}.md`, page(architecture(name)!, comments)];
  }));
}
