/**
 * Which rules the operands of `dregs rules` mean.
 *
 * @module
 */
import {
  allRules,
  type ArchName,
  findRules,
  nearestRules,
  type RuleConfidence,
  type RuleEntry,
} from "../../engine/mod.ts";
import { UsageError } from "../command.ts";

/** Options that leave rules out. */
export interface RuleFilter {
  readonly arches: readonly ArchName[];
  /** Undefined is any. */
  readonly confidence: RuleConfidence | undefined;
}

/** What was asked for. */
export interface Selection {
  /** `ids`: each operand is an id; `search`: rules in which all words occur, or all that the options leave. */
  readonly kind: "ids" | "search";
  readonly rules: readonly RuleEntry[];
}

/** Whether a rule is of an architecture and known in a way that were asked for. */
function passes(
  { id, confidence }: RuleEntry,
  filter: RuleFilter,
): boolean {
  return filter.arches.some((arch) => id.startsWith(`${arch}:`)) &&
    (filter.confidence === undefined || filter.confidence === confidence);
}

/** The text of a rule that words are looked for in. */
function searchText(entry: RuleEntry): string {
  const { id, title, sentence, source } = entry;
  const commits = (source.commits ?? []).flatMap(({ hash, subject }) => [
    hash ?? "",
    subject,
  ]);
  return [id, title ?? "", sentence, ...source.where, source.read, ...commits]
    .join("\n").toLowerCase();
}

/** Whether a text is written as ids are: a letter and then a number, or with an architecture before it. */
function looksLikeId(text: string): boolean {
  return /^(\w+:.+|[a-z]\/?\d[0-9a-z.]*)$/i.test(text);
}

/** Which option leaves a rule out. */
function leftOut({ id, confidence }: RuleEntry, filter: RuleFilter): string {
  return filter.arches.some((arch) => id.startsWith(`${arch}:`))
    ? `\`--confidence ${filter.confidence}\` leaves it out: its confidence is ${confidence}`
    : `\`--arch ${filter.arches.join()}\` leaves it out`;
}

/** What is said of a text that is no rule and occurs in none. */
function unknown(
  operands: readonly string[],
  filter: RuleFilter,
): UsageError {
  const [other] = operands.flatMap((operand) => findRules(operand)).filter((
    entry,
  ) => !passes(entry, filter));
  if (other) {
    return new UsageError(
      `${other.id} is not among the rules that are asked for`,
      leftOut(other, filter),
    );
  }
  const near = operands.flatMap((operand) => nearestRules(operand)).filter((
    entry,
  ) => passes(entry, filter));
  const ids = [...new Set(near.map(({ id }) => `\`${id}\``))];
  const [operand] = operands;
  const isId = operands.length === 1 && looksLikeId(operand);
  const text = operands.join(" ");
  return new UsageError(
    isId ? `no rule ${text}` : `no rule mentions ${text}`,
    ids.length > 0
      ? `did you mean ${ids.join(" or ")}?`
      : "dregs rules lists the sections",
  );
}

/**
 * The rules that operands and options mean.
 *
 * @param operands ids, or words to search for; with none, all rules that pass
 * @throws {UsageError} if there is no such rule
 */
export function selectRules(
  operands: readonly string[],
  filter: RuleFilter,
): Selection {
  const all = filter.arches.flatMap((arch) => allRules(arch));
  const byId = operands.map((operand) =>
    findRules(operand).filter((entry) => passes(entry, filter))
  );
  if (operands.length > 0 && byId.every((found) => found.length > 0)) {
    return { kind: "ids", rules: [...new Set(byId.flat())] };
  }
  const words = operands.map((operand) => operand.toLowerCase());
  const rules = all.filter((entry) => {
    if (!passes(entry, filter)) return false;
    const text = searchText(entry);
    return words.every((word) => text.includes(word));
  });
  if (rules.length === 0 && operands.length > 0) {
    throw unknown(operands, filter);
  }
  return { kind: "search", rules };
}

/** The rules of a section; empty if the entry is none. */
export function rulesOf({ id, section }: RuleEntry): RuleEntry[] {
  if (section !== undefined) return [];
  const [arch] = id.split(":", 1);
  return allRules(arch as ArchName).filter((entry) => entry.section === id);
}
