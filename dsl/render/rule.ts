/**
 * Rules as text: what a rule says, how it is known and where it was read.
 *
 * @module
 */
import {
  type KernelRange,
  rule,
  type RuleConfidence,
  type RuleEntry,
  type RuleId,
  type RuleSource,
} from "../../engine/mod.ts";
import type { Page } from "./theme.ts";
import { fill } from "./value.ts";

/** How a rule is known, for readers. */
export const CONFIDENCE_TEXTS: Readonly<Record<RuleConfidence, string>> = {
  source: "read in source code or in a patch",
  architecture: "read in a manual of the architecture",
  derived: "follows from what was read",
  recorded: "recorded on a real kernel",
  memory: "from memory: not checked against a source",
};

/** What follows an event whose rule rests on memory; empty for any other. */
export function memoryMark(confidence: RuleConfidence | undefined): string {
  return confidence === "memory" ? " (rule from memory)" : "";
}

/** A rule's id as it is cited in passing, `x86:C9`; one that rests on memory is marked. */
export function citationText(
  id: RuleId,
  confidence: RuleConfidence | undefined = rule(id)?.confidence,
): string {
  return confidence === "memory" ? `${id}, from memory` : id;
}

/** `since 5.18, before 6.14`; undefined if no release is known. The second is the first that has the rule no more. */
export function releasesText(
  kernels: KernelRange | undefined,
): string | undefined {
  const { since, until } = kernels ?? {};
  const parts = [
    ...since === undefined ? [] : [`since ${since}`],
    ...until === undefined ? [] : [`before ${until}`],
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** The first place of a source, how many others there are, and the releases in which they were read. */
export function shortSource({ where, read }: RuleSource): string {
  const [first, ...others] = where;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `${first}${more} (${read})`;
}

/** A short source, for a line below the rule's sentence; one of a rule from memory is marked. */
export function sourceLine(
  confidence: RuleConfidence,
  source: RuleSource,
): string {
  const mark = confidence === "memory" ? "from memory, believed to be in " : "";
  return `source: ${mark}${shortSource(source)}`;
}

/** `x86:C9`, or `x86:C: 2016: missed hardware breakpoints`. */
export function ruleHeading({ id, title }: RuleEntry): string {
  return title === undefined ? id : `${id}: ${title}`;
}

/** Columns of the names of facts. */
const NAME_WIDTH = 10;

/** A fact of a rule: its name, then its lines. */
export function factLines(
  name: string,
  lines: readonly string[],
  { columns, theme }: Page,
): string[] {
  const width = columns - NAME_WIDTH - 4;
  return lines.flatMap((line) => fill(line, width, 2)).map((line, index) =>
    `  ${theme.quiet((index === 0 ? name : "").padEnd(NAME_WIDTH))}  ${line}`
  );
}

/** A commit as `git log --oneline` has it; only its subject where the hash is not known. */
export function commitText(
  { hash, subject }: NonNullable<RuleSource["commits"]>[number],
): string {
  return hash === undefined ? subject : `${hash} ${subject}`;
}

/** A rule with its sentence, how it is known, its releases, its section, where it was read, and commits. */
export function renderRule(entry: RuleEntry, page: Page): string[] {
  const { sentence, confidence, kernels, section, source } = entry;
  const releases = releasesText(kernels);
  const fact = (name: string, lines: readonly string[]) =>
    factLines(name, lines, page);
  return [
    page.theme.heading(ruleHeading(entry)),
    ...fill(sentence, page.columns - 2).map((line) => `  ${line}`),
    ...fact("known", [CONFIDENCE_TEXTS[confidence]]),
    ...releases === undefined ? [] : fact("releases", [releases]),
    ...section === undefined ? [] : fact("section", [section]),
    ...fact("source", source.where),
    ...fact("read in", [source.read]),
    ...fact("changed by", (source.commits ?? []).map(commitText)),
  ];
}
