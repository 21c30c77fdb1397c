/**
 * docs/rules/: the rule books as pages, one for each part of a book, with what cites each rule.
 *
 * @module
 */
import {
  type CitationIndex,
  citedBy,
  CITING_KINDS,
} from "../../cli/citations/index.ts";
import { rulesOf } from "../../cli/rules/select.ts";
import { ruleCounts, summaryLines } from "../../cli/rules/summary.ts";
import {
  commitText,
  CONFIDENCE_TEXTS,
  memoryMark,
  releasesText,
} from "../../dsl/render/rule.ts";
import {
  allRules,
  ARCH_NAMES,
  type ArchName,
  rule,
  type RuleEntry,
  type RuleId,
} from "../../engine/mod.ts";
import { escaped } from "./markdown.ts";

/** The folder, from the root of the working copy. */
export const FOLDER = "docs/rules";

/** The root of the working copy, from the folder. */
const ROOT = "../..";

/** What a page begins with: a change by hand would be lost. */
const GENERATED =
  "<!-- Generated from the rule books of the engine by `deno task docs`. -->";

/** The name of an id without its architecture. */
function nameOf({ id }: RuleEntry): string {
  return id.slice(id.indexOf(":") + 1);
}

/** The file name of the page of an architecture's part. */
function pageName(arch: ArchName, part: string): string {
  return `${arch}_${part.toLowerCase()}.md`;
}

/** The place of a rule in its page: `x86_c.md#C/4`. */
export function rulePath(id: RuleId): string {
  const entry = rule(id);
  const [arch, section] = (entry?.section ?? id).split(":") as [
    ArchName,
    string,
  ];
  return `${pageName(arch, section[0])}#${id.slice(id.indexOf(":") + 1)}`;
}

/** Items of a list below the item `name`; nothing if there are none. */
function subList(name: string, items: readonly string[]): string[] {
  return items.length === 0
    ? []
    : [`- ${name}:`, ...items.map((item) => `  - ${item}`)];
}

/** A rule or a section: its sentence, and what is known of it. */
function entryLines(
  entry: RuleEntry,
  level: string,
  index: CitationIndex,
): string[] {
  const { id, title, sentence, confidence, kernels, source } = entry;
  const releases = releasesText(kernels);
  const cited = citedBy(index, id);
  const heading = title === undefined ? id : `${id}: ${escaped(title)}`;
  return [
    `${level} <a id="${nameOf(entry)}"></a>${heading}`,
    "",
    escaped(sentence) + memoryMark(confidence),
    "",
    `- Known: ${CONFIDENCE_TEXTS[confidence]}`,
    ...releases === undefined ? [] : [`- Releases: ${releases}`],
    ...subList("Source", source.where.map((place) => `\`${place}\``)),
    `- Read in: ${escaped(source.read)}`,
    ...subList(
      "Commits",
      (source.commits ?? []).map((commit) => escaped(commitText(commit))),
    ),
    ...CITING_KINDS.flatMap((kind) =>
      subList(
        `${kind[0].toUpperCase()}${kind.slice(1)}`,
        cited[kind].map(({ path }) => `[${path}](${ROOT}/${path})`),
      )
    ),
    "",
  ];
}

/** The parts of a book: the sections with a letter alone, each with the sections that begin with it. */
function partsOf(arch: ArchName): { part: RuleEntry; all: RuleEntry[] }[] {
  const sections = allRules(arch).filter(({ section }) =>
    section === undefined
  );
  return sections.filter((entry) => nameOf(entry).length === 1).map((part) => ({
    part,
    all: sections.filter((entry) => nameOf(entry)[0] === nameOf(part)),
  }));
}

function page(
  sections: readonly RuleEntry[],
  index: CitationIndex,
): string {
  const lines = sections.flatMap((section, at) => [
    ...entryLines(section, at === 0 ? "#" : "##", index),
    ...rulesOf(section).flatMap((entry) => entryLines(entry, "###", index)),
  ]);
  return `${GENERATED}\n\n${lines.join("\n").trimEnd()}\n`;
}

function contents(): string {
  const lines = ARCH_NAMES.flatMap((arch) => [
    `## ${arch}`,
    "",
    ...partsOf(arch).flatMap(({ part, all }) => [
      `- [${part.id}](${pageName(arch, nameOf(part))}): ${
        escaped(part.title!)
      }`,
      ...all.filter((entry) => entry !== part).map((section) =>
        `  - [${section.id}](${pageName(arch, nameOf(part))}#${
          nameOf(section)
        }): ${escaped(section.title!)}`
      ),
    ]),
    "",
  ]);
  return `${GENERATED}

# Rules

What the model does, a rule for each thing: what it says, how it is known, the
releases that have it, where it was read, the commits that changed it, and what
cites it. \`dregs rules\` prints the same, \`dregs rules x86:C9\` one rule, and
\`help C9\` in the interactive view too. "Until" names the first release that no
longer has a rule. A release is the first or last one that was read.

How many rules are known in which way, sections included:

\`\`\`
${summaryLines(ruleCounts()).map((line) => line.trimEnd()).join("\n")}
\`\`\`

${lines.join("\n").trimEnd()}
`;
}

/** The pages by file name. */
export function rulePages(index: CitationIndex): Map<string, string> {
  return new Map([
    ["README.md", contents()],
    ...ARCH_NAMES.flatMap((arch) =>
      partsOf(arch).map(({ part, all }) =>
        [pageName(arch, nameOf(part)), page(all, index)] as const
      )
    ),
  ]);
}
