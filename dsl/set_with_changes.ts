/**
 * A set of kernels with changes: each of its kernels has them, `lts with root-cause-fix`.
 *
 * @module
 */
import {
  type Architecture,
  findRows,
  type KernelWords,
  splitKernel,
} from "../engine/mod.ts";
import type { KernelOfSet } from "./kernel_sets.ts";

/** Kernels of a set that cannot have the changes, for one reason. */
export interface LeftOut {
  /** As the set has them, oldest first. */
  readonly kernels: readonly string[];
  /** A phrase. */
  readonly reason: string;
}

/** The kernels of a set with changes, or that none of them can have these. */
export type ChangedSet =
  | {
    readonly ok: true;
    readonly kernels: readonly KernelOfSet[];
    readonly leftOut: readonly LeftOut[];
  }
  | {
    readonly ok: false;
    /** The first kernel of the set with the changes, which tells why. */
    readonly text: string;
  };

/** Names of the changes that words mean; undefined if one means none, or one is named twice. */
function named(
  arch: Architecture,
  words: KernelWords,
): Pick<KernelWords, "with" | "without"> | undefined {
  const namesOf = (texts: readonly string[]): readonly string[] | undefined => {
    const found = texts.map((text) => findRows(arch.changes(), text));
    return found.some(({ length }) => length === 0)
      ? undefined
      : found.flatMap((rows) => rows.map(({ name }) => name));
  };
  const [applied, reverted] = [words.with, words.without].map(namesOf);
  if (applied === undefined || reverted === undefined) return undefined;
  const all = [...applied, ...reverted];
  return new Set(all).size === all.length
    ? { with: applied, without: reverted }
    : undefined;
}

/**
 * The kernels of a set, each with changes applied and reverted. One that has a change anyway, or has not what is
 * reverted, stays as it is in that; one that cannot have a change is left out, and so are the kernels of an
 * architecture that does not know it.
 *
 * @param kernels of the set
 * @param choices words after the set: `with root-cause-fix`
 */
export function withChanges(
  kernels: readonly KernelOfSet[],
  choices: readonly string[],
): ChangedSet {
  const isMade = ({ text, of }: KernelOfSet): boolean =>
    of.some((arch) => {
      const answer = arch.kernel(text);
      return answer.ok && answer.info.rows !== undefined;
    });
  const first = kernels.find(isMade) ?? kernels[0];
  const bad = { ok: false, text: [first.text, ...choices].join(" ") } as const;
  const words = splitKernel(bad.text);
  if (!("base" in words)) return bad;
  const found = new Map<string, Architecture[]>();
  const reasons = new Map<string, string>();
  for (const { text, of } of kernels) {
    for (const arch of of) {
      const names = named(arch, words);
      const base = arch.kernel(text);
      if (names === undefined || !base.ok) continue;
      const { rows = [] } = base.info;
      const changed = [
        text,
        ...names.with.filter((name) => !rows.includes(name)).map((name) =>
          `with ${name}`
        ),
        ...names.without.filter((name) => rows.includes(name)).map((name) =>
          `without ${name}`
        ),
      ].join(" ");
      const answer = arch.kernel(changed);
      if (!answer.ok) {
        reasons.set(text, answer.reason.replace(text, "it"));
        continue;
      }
      const { name } = answer.info;
      found.set(name, [...found.get(name) ?? [], arch]);
    }
  }
  if (found.size === 0) return bad;
  return {
    ok: true,
    kernels: [...found].map(([text, of]) => ({ text, of })),
    leftOut: [...Map.groupBy(reasons, ([, reason]) => reason)].map((
      [reason, those],
    ) => ({ kernels: those.map(([kernel]) => kernel), reason })),
  };
}
