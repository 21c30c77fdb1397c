/**
 * From a kernel that holds and one that does not to the changes that make the difference.
 *
 * @module
 */
import type { ChangeInfo } from "../../engine/mod.ts";
import {
  type Attempt,
  minimalSets,
  reduced,
  type SetQuestion,
} from "./minimal_sets.ts";
import {
  completed,
  conflicting,
  kernelText,
  kernelWith,
  touched,
} from "./row_sets.ts";
import { namedKernels, type Pair } from "./survey.ts";
import type { Verdicts } from "./verdicts.ts";

/** Most sets of changes that are tried for one pair if nothing is said: a few seconds. */
export const TRIES_DEFAULT = { scenario: 1000, explore: 100 } as const;

/** A kernel that was tried, by its text. */
export interface Trial {
  readonly kernel: string;
  readonly outcome: "holds" | "fails" | "unresolved";
  /** What failed, or why it is unresolved. Empty if it holds. */
  readonly why: string;
}

/** A change that is applied to a kernel, or reverted. */
export interface Applied {
  readonly change: ChangeInfo;
  readonly apply: boolean;
}

/** Changes that fix the bad kernel together. */
export interface MendingSet {
  /** Oldest first. */
  readonly changes: readonly Applied[];
  /** The bad kernel with them, which holds. */
  readonly mended: Trial;
  /** The good kernel without them; undefined if it does not have them. */
  readonly counter: Trial | undefined;
}

/** What an author proposed, tried alone on the bad kernel. */
export interface Proposed {
  /** The author's kernel. */
  readonly author: string;
  /** Names of the changes that it is named for. */
  readonly changes: readonly string[];
  readonly trial: Trial;
}

/** What makes the difference between two kernels. */
export interface Bisection extends Pair {
  readonly sets: readonly MendingSet[];
  /** Sets of more changes than this were not all tried; undefined if all were decided. */
  readonly decidedSize: number | undefined;
  /** Authors' changes about the same rules that do not fix it alone; none where what fixes it is a revert. */
  readonly proposed: readonly Proposed[];
}

/** The changes to a kernel that may be tried, and how. */
class Changes implements SetQuestion {
  readonly changes: readonly string[];
  readonly #verdicts: Verdicts;
  readonly #bad: Pair["bad"];
  readonly #heldTo: string;
  readonly #rows: ReadonlySet<string>;
  readonly #allowed: ReadonlySet<string>;

  constructor(verdicts: Verdicts, { good, bad }: Pair, heldTo: string) {
    this.#verdicts = verdicts;
    this.#bad = bad;
    this.#heldTo = heldTo;
    this.#rows = new Set(bad.kernel.rows);
    const goodRows = new Set(good.kernel.rows);
    // What both have stays.
    this.changes = verdicts.question.arch.changes().map(({ name }) => name)
      .filter((name) => !this.#rows.has(name) || !goodRows.has(name));
    this.#allowed = new Set(this.changes);
  }

  close(set: ReadonlySet<string>): ReadonlySet<string> | undefined {
    const { arch } = this.#verdicts.question;
    return completed(arch, this.#rows, set, this.#allowed);
  }

  async attempt(set: ReadonlySet<string>): Promise<Attempt> {
    const { arch } = this.#verdicts.question;
    const rows = this.#rows.symmetricDifference(set);
    const kernel = kernelWith(arch, this.#bad.kernel.name, rows);
    if (kernel.ok) {
      const { outcome, depends } = await this.#verdicts.of(
        kernel.info,
        this.#heldTo,
      );
      return {
        mends: outcome === "holds",
        matters: (change) => depends.has(change),
      };
    }
    const resolving = conflicting(arch, rows);
    if (resolving !== undefined) {
      return { mends: false, matters: (change) => resolving.has(change) };
    }
    return { mends: false, matters: await this.#mattersBeside(set) };
  }

  /**
   * What could matter beside a set in which a change makes no difference: what matters without that one, and what
   * touches the same behaviours.
   */
  async #mattersBeside(
    set: ReadonlySet<string>,
  ): Promise<(change: string) => boolean> {
    const { vendor, question: { arch } } = this.#verdicts;
    const fieldsOf = (name: string): readonly string[] =>
      touched(arch, arch.changes().find((one) => one.name === name)!, vendor);
    const same = new Set([...set].flatMap(fieldsOf));
    const smaller: Attempt[] = [];
    for (const one of set) {
      const closed = this.close(set.difference(new Set([one])));
      if (closed === undefined || closed.size >= set.size) continue;
      smaller.push(await this.attempt(closed));
    }
    return (change) =>
      smaller.length === 0 || smaller.some((one) => one.matters(change)) ||
      fieldsOf(change).some((field) => same.has(field));
  }
}

/** Tries the good kernel without what fixes the bad one. */
async function counterCheck(
  verdicts: Verdicts,
  { good, bad }: Pair,
  set: readonly string[],
  heldTo: string,
): Promise<Trial | undefined> {
  const { arch } = verdicts.question;
  const [goodRows, badRows] = [good, bad].map(({ kernel }) =>
    new Set(kernel.rows)
  );
  const own = set.filter((row) => goodRows.has(row) !== badRows.has(row));
  if (own.length === 0) return undefined;
  const all = new Set(arch.changes().map(({ name }) => name));
  const undone = completed(arch, goodRows, new Set(own), all) ?? new Set(own);
  return await tried(verdicts, good, undone, heldTo);
}

/** Tries a kernel with some changes applied or reverted. */
export async function tried(
  verdicts: Verdicts,
  { kernel: { name, rows } }: Pair["good"],
  changed: ReadonlySet<string>,
  heldTo: string,
): Promise<Trial> {
  const { arch } = verdicts.question;
  const target = new Set(rows).symmetricDifference(changed);
  const kernel = kernelText(arch, name, target);
  const found = arch.kernel(kernel);
  if (!found.ok) return { kernel, outcome: "unresolved", why: found.reason };
  const { outcome, why } = await verdicts.of(found.info, heldTo);
  return { kernel, outcome, why };
}

/** Rules that say what some changes do. */
export function rulesOf(
  changes: readonly ChangeInfo[],
  names: Iterable<string>,
): ReadonlySet<string> {
  const some = new Set(names);
  return new Set(
    changes.filter(({ name }) => some.has(name)).flatMap(({ rules }) => rules),
  );
}

/** Whether a set only applies changes: an author's change could replace it. */
export function isApplied({ changes }: MendingSet): boolean {
  return changes.every(({ apply }) => apply);
}

/** Authors' changes that are about the same rules as those that fix if applied, and do not fix alone. */
async function proposedAlone(
  verdicts: Verdicts,
  bad: Pair["bad"],
  sets: readonly MendingSet[],
  heldTo: string,
): Promise<Proposed[]> {
  const { arch } = verdicts.question;
  const changes = arch.changes();
  const namesOf = (some: readonly Applied[]): readonly string[] =>
    some.map(({ change }) => change.name);
  const mending = rulesOf(
    changes,
    sets.filter(isApplied).flatMap((set) => namesOf(set.changes)),
  );
  const reverted = new Set(
    namesOf(
      sets.flatMap((set) => set.changes.filter(({ apply }) => !apply)),
    ),
  );
  const has = new Set(bad.kernel.rows);
  const proposed: Proposed[] = [];
  for (const { kernel, rows } of namedKernels(arch)) {
    const missing = rows.difference(has);
    if (rulesOf(changes, rows).isDisjointFrom(mending)) continue;
    if (!rows.isDisjointFrom(reverted)) continue;
    const trial = await tried(verdicts, bad, missing, heldTo);
    if (trial.outcome !== "fails") continue;
    proposed.push({ author: kernel.name, changes: [...rows], trial });
  }
  return proposed;
}

/**
 * Finds what makes the difference.
 *
 * @param heldTo the kernel whose expectations are checked
 * @param triesMax most sets of changes that are tried
 */
export async function bisected(
  verdicts: Verdicts,
  pair: Pair,
  heldTo: string,
  triesMax: number,
): Promise<Bisection> {
  const { arch } = verdicts.question;
  const { good, bad } = pair;
  const changes = new Changes(verdicts, pair, heldTo);
  const { sets: found, decidedSize } = await minimalSets(changes, triesMax);
  const sets = [...found];
  if (decidedSize !== undefined) {
    const all = new Set(good.kernel.rows).symmetricDifference(
      new Set(bad.kernel.rows),
    );
    const { mends } = await changes.attempt(all);
    const one = mends ? await reduced(changes, all) : undefined;
    const isNew = one !== undefined &&
      !sets.some((set) => set.every((row) => one.has(row)));
    if (isNew) sets.push(changes.changes.filter((row) => one.has(row)));
  }
  const has = new Set(bad.kernel.rows);
  const mending: MendingSet[] = [];
  for (const set of sets) {
    mending.push({
      changes: set.map((row) => ({
        change: arch.changes().find(({ name }) => name === row)!,
        apply: !has.has(row),
      })),
      mended: await tried(verdicts, bad, new Set(set), heldTo),
      counter: await counterCheck(verdicts, pair, set, heldTo),
    });
  }
  // What the good kernel has comes first.
  const inOrder = mending.toSorted((a, b) =>
    Number(a.counter === undefined) - Number(b.counter === undefined)
  );
  const proposed = await proposedAlone(verdicts, bad, inOrder, heldTo);
  return { ...pair, sets: inOrder, decidedSize, proposed };
}
