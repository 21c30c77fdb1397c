/**
 * The arm64 rule book: its sections, each read when the book is built.
 *
 * @module
 */
import type { RuleSection } from "../rule_entry.ts";
import { architectureSections } from "./rule_book/architecture.ts";
import { bugsSection } from "./rule_book/bugs.ts";
import { mainlineSections } from "./rule_book/mainline.ts";
import { savingSections } from "./rule_book/saving.ts";
import { scenarioSections } from "./rule_book/scenarios.ts";
import { series2015Sections } from "./rule_book/series_2015.ts";
import { series2022Sections } from "./rule_book/series_2022.ts";

/** All sections, in the order of the book. */
export function arm64RuleSections(): readonly RuleSection[] {
  return [
    ...architectureSections(),
    ...series2015Sections(),
    ...series2022Sections(),
    ...mainlineSections(),
    ...savingSections(),
    bugsSection(),
    ...scenarioSections(),
  ];
}
