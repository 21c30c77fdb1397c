/**
 * Changes that fix one scenario, tried on others: the same bug may need more where something else happens too.
 *
 * @module
 */
import {
  isApplied,
  type MendingSet,
  rulesOf,
  type Trial,
  tried,
} from "./bisection.ts";
import type { Question } from "./question.ts";
import type { Report } from "./report.ts";
import { completed } from "./row_sets.ts";

/** A set of changes that fixes one bad kernel, on another. */
export interface Across {
  /** Whose set it is. */
  readonly from: Report;
  readonly set: MendingSet;
  /** What it was tried on. */
  readonly on: Question;
  /** The bad kernel with the changes. */
  readonly trial: Trial;
  /** Undefined if it was asked too. */
  readonly catalogue?: {
    /** The operand that asks it. */
    readonly operand: string;
    /** What it says of itself: a sentence. */
    readonly about: string;
    /** The bad kernel with other sets, which fix this too. */
    readonly mended: readonly Trial[];
  };
}

/** Tries a set on the bad kernel of another report, the first one. */
async function triedOn(
  { changes }: MendingSet,
  { verdicts, bisections, heldTo, question: { arch } }: Report,
): Promise<Trial | undefined> {
  if (bisections.length === 0) return undefined;
  const [{ bad }] = bisections;
  const rows = new Set(bad.kernel.rows);
  const missing = new Set(
    changes.filter(({ change, apply }) => rows.has(change.name) !== apply).map((
      { change },
    ) => change.name),
  );
  const all = new Set(arch.changes().map(({ name }) => name));
  const closed = completed(arch, rows, missing, all) ?? missing;
  return await tried(verdicts, bad, closed, heldTo);
}

function namesOf({ changes }: MendingSet): readonly string[] {
  return changes.map(({ change }) => change.name);
}

function isSameSet(a: MendingSet, b: MendingSet): boolean {
  return new Set(namesOf(a)).symmetricDifference(new Set(namesOf(b))).size ===
    0;
}

/**
 * Sets of applied changes that fix the bad kernel of one report and not that of another, where both are about the same rules.
 *
 * @param reports of one architecture and vendor or several: each is compared with its like
 */
export async function across(
  reports: readonly Report[],
): Promise<readonly Across[]> {
  const found: Across[] = [];
  for (const from of reports) {
    const { arch } = from.question;
    for (const on of reports) {
      const isLike = on !== from && on.question.arch === arch &&
        on.vendor === from.vendor;
      if (!isLike) continue;
      const own = on.bisections.flatMap(({ sets }) => sets);
      const rules = rulesOf(arch.changes(), own.flatMap(namesOf));
      const sets = from.bisections.flatMap((one) => one.sets);
      for (const set of sets.filter(isApplied)) {
        if (own.some((one) => isSameSet(one, set))) continue;
        if (rulesOf(arch.changes(), namesOf(set)).isDisjointFrom(rules)) {
          continue;
        }
        const trial = await triedOn(set, on);
        if (trial?.outcome === "fails") {
          found.push({ from, set, on: on.question, trial });
        }
      }
    }
  }
  return found;
}
