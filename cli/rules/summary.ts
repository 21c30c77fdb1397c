/**
 * How many rules there are of each architecture, by how they are known.
 *
 * @module
 */
import {
  allRules,
  ARCH_NAMES,
  type ArchName,
  type RuleConfidence,
} from "../../engine/mod.ts";
import { CONFIDENCE_TEXTS } from "../../dsl/render/rule.ts";

/** In the order in which they are listed. */
export const CONFIDENCES = Object.keys(CONFIDENCE_TEXTS) as RuleConfidence[];

/** Numbers of rules, sections included. */
export type Counts = Readonly<Record<RuleConfidence, number>>;

/** The numbers of each architecture. */
export function ruleCounts(): Readonly<Record<ArchName, Counts>> {
  const countsOf = (arch: ArchName): Counts => {
    const counts = { ...NONE };
    for (const { confidence } of allRules(arch)) counts[confidence]++;
    return counts;
  };
  return Object.fromEntries(
    ARCH_NAMES.map((arch) => [arch, countsOf(arch)]),
  ) as Record<ArchName, Counts>;
}

const NONE: Record<RuleConfidence, number> = {
  source: 0,
  architecture: 0,
  derived: 0,
  recorded: 0,
  memory: 0,
};

function total(counts: Counts): number {
  return CONFIDENCES.reduce((sum, name) => sum + counts[name], 0);
}

/** The numbers as a table: a column each architecture, and their sum. */
export function summaryLines(
  counts: Readonly<Record<ArchName, Counts>>,
): string[] {
  const columns = ARCH_NAMES.map((arch) => counts[arch]);
  const row = (
    name: string,
    numbers: readonly (number | string)[],
    about = "",
  ): string =>
    [
      name.padEnd(12),
      ...numbers.map((number) => String(number).padStart(7)),
      about === "" ? "" : `  ${about}`,
    ].join("");
  const sums = (numbers: readonly number[]) => [
    ...numbers,
    numbers.reduce((sum, number) => sum + number, 0),
  ];
  return [
    row("", [...ARCH_NAMES, "all"]),
    ...CONFIDENCES.map((name) =>
      row(
        name,
        sums(columns.map((one) => one[name])),
        CONFIDENCE_TEXTS[name],
      )
    ),
    row("all", sums(columns.map(total))),
  ];
}
