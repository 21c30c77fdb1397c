/**
 * Sets of changes that make a difference, as small as they can be: delta debugging for one of them, and all of them by
 * what each attempt depended on.
 *
 * Nothing is assumed of how changes act together: a set may make a difference while a larger one makes none.
 *
 * @module
 */

/** What a set of changes came to. */
export interface Attempt {
  /** The set makes the difference. */
  readonly mends: boolean;
  /** Whether a further change could lead to another outcome. If it says no for all that are added, none does. */
  matters(change: string): boolean;
}

/** What is asked of the sets. */
export interface SetQuestion {
  /** Changes that a set may have, in the order in which they are tried. */
  readonly changes: readonly string[];
  /**
   * The set with all that its changes need.
   *
   * @returns undefined if one of these is not among `changes`
   */
  close(set: ReadonlySet<string>): ReadonlySet<string> | undefined;
  /** Makes the attempt. */
  attempt(set: ReadonlySet<string>): Promise<Attempt>;
}

/**
 * Makes a fixing set small by leaving parts of it out: ddmin of Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002, figure 2. A part is tried with what it needs.
 *
 * @param set fixes
 * @returns a set that fixes, and does not if any one of its changes is left out
 */
export async function reduced(
  question: SetQuestion,
  set: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  let changes = [...set];
  let parts = 2;
  while (changes.length > 1) {
    const smaller = await smallerSet(question, changes, parts);
    if (smaller !== undefined) {
      changes = [...smaller.set];
      parts = smaller.isPart ? 2 : Math.max(parts - 1, 2);
    } else if (parts < changes.length) {
      parts = Math.min(2 * parts, changes.length);
    } else break;
  }
  return new Set(changes);
}

/** A part, or all but a part, that fixes too. */
async function smallerSet(
  question: SetQuestion,
  changes: readonly string[],
  parts: number,
): Promise<
  { readonly set: ReadonlySet<string>; readonly isPart: boolean } | undefined
> {
  const chunks = Array.from(
    { length: parts },
    (_, at) =>
      changes.slice(
        Math.floor(at * changes.length / parts),
        Math.floor((at + 1) * changes.length / parts),
      ),
  );
  const rests = chunks.map((chunk) =>
    changes.filter((one) => !chunk.includes(one))
  );
  for (const [some, isPart] of [[chunks, true], [rests, false]] as const) {
    for (const one of some) {
      const set = question.close(new Set(one));
      if (set === undefined || set.size >= changes.length) continue;
      if ((await question.attempt(set)).mends) return { set, isPart };
    }
  }
  return undefined;
}

/** Minimal sets. */
export interface MinimalSets {
  /** Sets that fix and of which no part does, smallest first. */
  readonly sets: readonly (readonly string[])[];
  /** All sets up to this size were decided; undefined if all sets were. */
  readonly decidedSize: number | undefined;
}

/** A set, and the changes that no larger set on this way may have: sets with them are reached on another. */
interface Node {
  readonly set: ReadonlySet<string>;
  readonly left: ReadonlySet<string>;
}

/**
 * All sets that fix and of which no part does.
 *
 * Small sets are tried first. A set that does not fix grows only by changes that matter to its attempt: without any of
 * these, a larger set would come to the same.
 *
 * @param attemptsMax most attempts; sets of sizes that were not reached are left undecided
 */
export async function minimalSets(
  question: SetQuestion,
  attemptsMax: number,
): Promise<MinimalSets> {
  const { changes } = question;
  const bySize = new Map<number, Node[]>([
    [0, [{ set: new Set(), left: new Set() }]],
  ]);
  const sets: (readonly string[])[] = [];
  let attempts = 0;
  for (let size = 0; size <= changes.length; size++) {
    for (const { set, left } of bySize.get(size) ?? []) {
      if (sets.some((found) => found.every((one) => set.has(one)))) continue;
      if (attempts++ >= attemptsMax) return { sets, decidedSize: size - 1 };
      const made = await question.attempt(set);
      if (made.mends) {
        sets.push(changes.filter((one) => set.has(one)));
        continue;
      }
      const leftOut = new Set(left);
      for (const change of changes) {
        if (set.has(change) || left.has(change) || !made.matters(change)) {
          continue;
        }
        const larger = question.close(new Set([...set, change]));
        if (
          larger !== undefined && ![...larger].some((one) => leftOut.has(one))
        ) {
          const node = { set: larger, left: new Set(leftOut) };
          const nodes = bySize.get(larger.size);
          if (nodes) nodes.push(node);
          else bySize.set(larger.size, [node]);
        }
        leftOut.add(change);
      }
    }
    bySize.delete(size);
  }
  return { sets, decidedSize: undefined };
}
