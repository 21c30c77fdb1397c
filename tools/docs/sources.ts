/**
 * docs/sources.md: functions of kernels and sections of manuals, each with the code of the model that does the same.
 *
 * @module
 */
import type { CitationIndex } from "../../cli/citations/index.ts";
import { citedBy } from "../../cli/citations/index.ts";
import {
  allRules,
  ARCH_NAMES,
  type ArchName,
  type RuleId,
} from "../../engine/mod.ts";
import { enclosing } from "./enclosing.ts";
import { escapedAroundCode } from "./markdown.ts";
import { rulePath } from "./rules.ts";

/** The page, from the root of the working copy. */
export const SOURCES_PAGE = "docs/sources.md";

const HEAD = `<!-- Generated from the rule books by \`deno task docs\`. -->

# From a source to the code

Functions of KVM and sections of manuals, each with the code that cites the
rules read in it; the file with most citations comes first. Code that cites no
rule is not here, and where only \`cited_rules.ts\` is named, the rule is cited for
events of the whole world switch. A function that was renamed or moved has an entry for each
name. A kernel's fields of the record of behaviours are in [kernels/](kernels/).
`;

/** Code that does what KVM or the CPU does. */
const MODEL = /^engine\/(arm64|x86)\/(kvm|hardware|guest|bare)\//;

/** The types of the records: they name a behaviour and do nothing. */
const RECORDS = /\/kvm\/(kernel|behaviour)\.ts$/;

/** Tables of rules that are cited in place of others: where an event is put down to a kernel's own section. */
const RENAMES = /^engine\/(x86\/kvm\/rules_\d+|arm64\/cited_rules)\.ts$/;

/** Code that puts comparisons into words, after the code that compares. */
const WORDING = /\/hardware\/(comparisons|unmet)\.ts$/;

/** How many files a source leads to at most, how many names in each, and how many rules. */
const FILES_MAX = 4;
const NAMES_MAX = 4;
const RULES_MAX = 6;

/** Kernels' own tests, recordings and unit tests are not what KVM does. */
function isShown(where: string): boolean {
  return !/^(tests|tools)\/|kvm-unit-tests|selftests/.test(where);
}

/** Order of headings: kernels' files, then manuals, then mails. */
function heading(where: string): string {
  const file = /^((?:arch|include|kernel|virt)\/[^:]+): /.exec(where);
  if (file) return file[1];
  const manual = /^(Arm ARM DDI \d+|Intel SDM|AMD APM)/.exec(where);
  return manual ? manual[1] : "Patches";
}

function rank(title: string): number {
  return title.includes("/") ? 0 : title === "Patches" ? 2 : 1;
}

/** What is listed below a heading. */
function nameUnder(title: string, where: string): string {
  if (title.includes("/")) return `\`${where.slice(title.length + 2)}\``;
  return where.startsWith(title) ? where.slice(title.length).trim() : where;
}

/** What of a file follows a source. */
interface Place {
  readonly path: string;
  /** Functions first, those that cite most of the rules before others. */
  readonly names: readonly string[];
  /** How many citations it has. */
  readonly times: number;
}

/** Files that cite some rules, the one that cites most of them first. */
function placesOf(
  rules: readonly RuleId[],
  index: CitationIndex,
  sources: ReadonlyMap<string, string>,
  isAsked: (path: string) => boolean,
): readonly Place[] {
  const found = new Map<string, Map<string, number>>();
  for (const id of rules) {
    for (const { path, lines } of citedBy(index, id).code) {
      if (!isAsked(path)) continue;
      const names = found.get(path) ?? new Map<string, number>();
      found.set(path, names);
      for (const name of enclosing(sources.get(path)!, lines)) {
        names.set(name, (names.get(name) ?? 0) + 1);
      }
    }
  }
  const isCode = (name: string) => name.endsWith("()") ? 0 : 1;
  return [...found].map(([path, names]) => ({
    path,
    names: [...names].sort(([a, m], [b, n]) =>
      isCode(a) - isCode(b) || n - m || (a < b ? -1 : 1)
    ).map(([name]) => name),
    times: [...names.values()].reduce((sum, n) => sum + n, 0),
  })).sort((a, b) =>
    Number(WORDING.test(a.path)) - Number(WORDING.test(b.path)) ||
    b.times - a.times || (a.path < b.path ? -1 : 1)
  );
}

/** The places as text, with links. */
function placesText(places: readonly Place[]): string {
  return places.slice(0, FILES_MAX).map(({ path, names }) => {
    const code = names.filter((name) => name.endsWith("()"));
    const shown = (code.length > 0 ? code : names).slice(0, NAMES_MAX);
    const link = `[${path.slice("engine/".length)}](../${path})`;
    return [link, shown.map((name) => `\`${name}\``).join(", ")].join(" ")
      .trim();
  }).join("; ");
}

/** Rules that stand for another in the code, by that other: `x86:D25` is cited as `x86:C20` under 4.4. */
function renamedRules(
  sources: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly RuleId[]> {
  const result = new Map<string, RuleId[]>();
  for (const [path, text] of sources) {
    if (!RENAMES.test(path)) continue;
    for (
      const [, inCode, cited] of text.matchAll(
        /"((?:x86|arm64):[^"]+)": "((?:x86|arm64):[^"]+)"/g,
      )
    ) result.set(cited, [...result.get(cited) ?? [], inCode as RuleId]);
  }
  return result;
}

/** The sources of an architecture with the rules that were read there. */
function rulesBySource(arch: ArchName): Map<string, RuleId[]> {
  const result = new Map<string, RuleId[]>();
  for (const { id, source } of allRules(arch)) {
    for (const where of source.where.filter(isShown)) {
      result.set(where, [...result.get(where) ?? [], id]);
    }
  }
  return result;
}

/**
 * The page.
 *
 * @param sources texts by path from the root
 */
export function sourcesPage(
  index: CitationIndex,
  sources: ReadonlyMap<string, string>,
): string {
  const parts = [HEAD];
  const renamed = renamedRules(sources);
  for (const arch of ARCH_NAMES) {
    parts.push(`\n## ${arch}\n`);
    const found = rulesBySource(arch);
    const titles = [...new Set([...found.keys()].map(heading))].sort((a, b) =>
      rank(a) - rank(b) || (a < b ? -1 : 1)
    );
    for (const title of titles) {
      const lines = [...found].filter(([where]) => heading(where) === title)
        .map(([where, rules]) => {
          const model = (path: string) =>
            MODEL.test(path) && !RECORDS.test(path) && !RENAMES.test(path);
          const inCode = rules.flatMap((id) => [id, ...renamed.get(id) ?? []]);
          const places = [
            model,
            (path: string) => path.startsWith("engine/") && !RENAMES.test(path),
            (path: string) => RENAMES.test(path),
          ].map((asked) => placesOf(inCode, index, sources, asked))
            .find(({ length }) => length > 0);
          const links = rules.slice(0, RULES_MAX).map((id) =>
            `[${id.slice(id.indexOf(":") + 1)}](rules/${rulePath(id)})`
          );
          const more = rules.length > links.length ? ", …" : "";
          const to = places ? placesText(places) : "no code cites these rules";
          return `- ${escapedAroundCode(nameUnder(title, where))}: ${to} (${
            links.join(", ")
          }${more})`;
        }).sort();
      parts.push(`\n### ${title}\n\n${lines.join("\n")}\n`);
    }
  }
  return parts.join("");
}
