/**
 * The rule books: what each rule id says and where it was read, for `why`, `help` and the tests. A book is built
 * when one of its rules is first requested.
 *
 * @module
 */
import { ARCH_NAMES, type ArchName } from "./architecture.ts";
import { arm64RuleSections } from "./arm64/rule_book.ts";
import type { RuleId } from "./events.ts";
import type { KernelRange, RuleEntry, RuleSection } from "./rule_entry.ts";
import { x86RuleSections } from "./x86/rule_book.ts";

export type {
  KernelRange,
  RuleCommit,
  RuleConfidence,
  RuleEntry,
  RuleRow,
  RuleSection,
  RuleSource,
} from "./rule_entry.ts";

type Book = ReadonlyMap<RuleId, RuleEntry>;

const SECTIONS: Readonly<Record<ArchName, () => readonly RuleSection[]>> = {
  arm64: arm64RuleSections,
  x86: x86RuleSections,
};

const books: Partial<Record<ArchName, Book>> = {};

/**
 * Builds a book of its sections.
 *
 * @throws {RangeError} if an id occurs twice: the tables are wrong
 */
export function buildBook(
  arch: ArchName,
  sections: readonly RuleSection[],
): Book {
  const book = new Map<RuleId, RuleEntry>();
  const add = (entry: RuleEntry): void => {
    if (book.has(entry.id)) throw new RangeError(`${entry.id} occurs twice`);
    book.set(entry.id, entry);
  };
  for (const { id, rules, ...section } of sections) {
    const sectionId: RuleId = `${arch}:${id}`;
    add({ id: sectionId, ...section });
    for (const [name, row] of Object.entries(rules)) {
      const { title, sentence, confidence, kernels, source } =
        typeof row === "string" ? { sentence: row } : row;
      add({
        id: `${arch}:${name}`,
        section: sectionId,
        title,
        sentence,
        confidence: confidence ?? section.confidence,
        kernels: isKnown(kernels ?? section.kernels),
        source: source ?? section.source,
      });
    }
  }
  return book;
}

function isKnown(kernels: KernelRange | undefined): KernelRange | undefined {
  return kernels?.since ?? kernels?.until ? kernels : undefined;
}

function book(arch: ArchName): Book {
  return books[arch] ??= buildBook(arch, SECTIONS[arch]());
}

/**
 * A rule by its id.
 *
 * @returns undefined if there is no such rule
 *
 * @example
 * ```ts
 * import { rule } from "./rule_book.ts";
 *
 * console.log(rule("arm64:D8")?.sentence);
 * ```
 */
export function rule(id: RuleId): RuleEntry | undefined {
  const arch = ARCH_NAMES.find((name) => id.startsWith(`${name}:`));
  return arch && book(arch).get(id);
}

/** All rules of an architecture, in the order of the book: each section, then its rules. */
export function allRules(arch: ArchName): readonly RuleEntry[] {
  return [...book(arch).values()];
}

/**
 * The rules that a person means: by id in any case, with the architecture or without.
 *
 * @returns of every architecture that has it; empty if none has
 */
export function findRules(text: string): readonly RuleEntry[] {
  return parseId(text).flatMap(({ arch, name }) =>
    allRules(arch).filter(({ id }) => nameOf(id).toLowerCase() === name)
  );
}

/**
 * The rules nearest to an id that does not exist, for "did you mean": the rule that it would be a part of
 * (`E/2.99` of `E/2`), and the nearest number of its series (`D99` and the last `D`).
 *
 * @returns at most one of each kind, of each architecture that `text` may mean; empty if nothing is like it
 */
export function nearestRules(text: string): readonly RuleEntry[] {
  const found = parseId(text).flatMap(({ arch, name }) => {
    const byName = new Map(
      allRules(arch).map((entry) => [nameOf(entry.id).toLowerCase(), entry]),
    );
    return [
      byName.get(name.replace(/[./][^./]*$/, "")),
      nearestNumber(name, byName),
    ];
  });
  return [...new Set(found.filter((entry) => entry !== undefined))];
}

/** An id without its architecture. */
function nameOf(id: RuleId): string {
  return id.slice(id.indexOf(":") + 1);
}

/** What a person's text may mean, in small letters: in one architecture, or in all. */
function parseId(text: string): { arch: ArchName; name: string }[] {
  const match = /^(?:(\w+):)?([a-z](?:\/?\d[0-9a-z.]*?|[0-9a-z.]*?))\.?$/.exec(
    text.trim().toLowerCase(),
  );
  if (match === null) return [];
  const [, prefix, name] = match;
  return ARCH_NAMES.filter((arch) => prefix === undefined || prefix === arch)
    .map((arch) => ({ arch, name }));
}

/** How far a rule's number may be from the one that is asked for. */
const APART_MAX = 9;

/** The rule whose number is nearest, among those whose ids differ in the last number only. */
function nearestNumber(
  name: string,
  byName: ReadonlyMap<string, RuleEntry>,
): RuleEntry | undefined {
  const [, series, digits] = /^(.*?)(\d+)[a-z]?$/.exec(name) ?? [];
  if (series === undefined) return undefined;
  let best: RuleEntry | undefined;
  // A number further off is no misspelling of this one.
  let bestApart = APART_MAX + 1;
  for (const [candidate, entry] of byName) {
    if (!candidate.startsWith(series)) continue;
    const number = candidate.slice(series.length);
    if (!/^\d+$/.test(number)) continue;
    const apart = Math.abs(Number(number) - Number(digits));
    if (apart >= bestApart) continue;
    best = entry;
    bestApart = apart;
  }
  return best;
}
