/**
 * `dregs rules` as text.
 *
 * @module
 */
import { allRules, type ArchName, type RuleEntry } from "../../engine/mod.ts";
import { factLines, memoryMark, renderRule } from "../../dsl/render/rule.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { fill } from "../../dsl/render/value.ts";
import { BUILTIN } from "../builtin.ts";
import {
  type CitationIndex,
  citedBy,
  CITING_KINDS,
  type CitingFile,
} from "../citations/index.ts";
import { rulesOf } from "./select.ts";

/** Columns of ids in lists. */
const ID_WIDTH = 14;

/** A row of a list. */
function row(id: string, text: string, { columns, theme }: Page): string[] {
  return fill(text, columns - ID_WIDTH - 2).map((line, index) =>
    `  ${theme.heading((index === 0 ? id : "").padEnd(ID_WIDTH))}${line}`
  );
}

/** Rules by id and sentence. */
export function ruleList(rules: readonly RuleEntry[], page: Page): string[] {
  return rules.flatMap(({ id, title, sentence, confidence }) =>
    row(
      id,
      (title === undefined ? "" : `${title}. `) + sentence +
        memoryMark(confidence),
      page,
    )
  );
}

/** The sections of an architecture by id and title, with the number of their rules. */
export function sectionList(arch: ArchName, page: Page): string[] {
  const sections = allRules(arch).filter(({ section }) =>
    section === undefined
  );
  return [
    page.theme.heading(arch),
    ...sections.flatMap((entry) => {
      const count = rulesOf(entry).length;
      const rules = count === 0
        ? ""
        : count === 1
        ? ", 1 rule"
        : `, ${count} rules`;
      return row(entry.id, `${entry.title}${rules}`, page);
    }),
  ];
}

/** A file with its lines; a scenario by the name by which it can be run. */
function fileText({ path, lines }: CitingFile): string {
  const scenario = /^scenarios\/(.*)\.dregs$/.exec(path)?.[1];
  return scenario === undefined
    ? `${path}:${lines.join(", ")}`
    : `${BUILTIN}${scenario}`;
}

/** What cites a rule, a line a file. */
function citationLines(
  { id, section }: RuleEntry,
  index: CitationIndex,
  page: Page,
): string[] {
  const cited = citedBy(index, id);
  const lines = CITING_KINDS.flatMap((kind) =>
    factLines(kind, cited[kind].map(fileText), page)
  );
  if (lines.length > 0) return lines;
  const text = section === undefined
    ? "not by its own id"
    : `not by its own id; dregs rules ${section} has its section`;
  return factLines("cited", [text], page);
}

/** A rule with all that is known of it, and the rules of a section. */
export function ruleDetails(
  entry: RuleEntry,
  index: CitationIndex,
  page: Page,
): string[] {
  const parts = rulesOf(entry);
  return [
    ...renderRule(entry, page),
    ...citationLines(entry, index, page),
    ...parts.length === 0 ? [] : ["", ...ruleList(parts, page)],
  ];
}
