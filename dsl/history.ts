/**
 * Which changes of KVM a question means.
 *
 * @module
 */
import {
  allSeries,
  type Architecture,
  type ChangeInfo,
  compareVersions,
  findRows,
  findRules,
  KNOWN_RANGE,
} from "../engine/mod.ts";
import { didYouMean } from "./suggest.ts";

/** What is asked for. */
export interface HistoryQuery {
  /** A change's name, a rule's id, a commit's hash, or a word in what the change says; all if undefined. */
  readonly word: string | undefined;
  /** The first mainline release, `5.4`; any if undefined. */
  readonly from: string | undefined;
  /** The last one. */
  readonly to: string | undefined;
}

/** A change with its architecture. */
export interface FoundChange {
  readonly arch: Architecture;
  readonly change: ChangeInfo;
}

/** Changes; or what is wrong with the question. */
export type HistoryAnswer =
  | { readonly ok: true; readonly found: readonly FoundChange[] }
  | {
    readonly ok: false;
    readonly reason: string;
    readonly hint: string | undefined;
  };

/** A release that a question names, as `5.4` or `5.4.120`; undefined if there is none. */
function releaseOf(text: string): string | undefined {
  const [, release, series] =
    /^(?:linux-)?((\d+\.\d+)(?:\.\d+)?)$/.exec(text) ?? [];
  return series !== undefined && allSeries().includes(series)
    ? release
    : undefined;
}

/** What a change says, for a word in it. */
function textOf({ name, commits, before, after }: ChangeInfo): string {
  const subjects = commits.map(({ subject }) => subject);
  return [name, ...subjects, before, after].join("\n").toLowerCase();
}

/** Changes that a word means: by name or hash, else by rule, else by what they say. */
function changesFor(
  arches: readonly Architecture[],
  word: string,
): readonly FoundChange[] {
  const key = word.toLowerCase();
  const those = (
    pick: (arch: Architecture) => readonly ChangeInfo[],
  ): FoundChange[] =>
    arches.flatMap((arch) => pick(arch).map((change) => ({ arch, change })));
  const exact = those((arch) => findRows(arch.changes(), key));
  if (exact.length > 0) return exact;
  const rules = new Set(findRules(word).map(({ id }) => id));
  const byRule = those((arch) =>
    arch.changes().filter((one) => one.rules.some((id) => rules.has(id)))
  );
  if (byRule.length > 0 || rules.size > 0) return byRule;
  return those((arch) =>
    arch.changes().filter((one) => textOf(one).includes(key))
  );
}

/**
 * The changes that are asked for, of each architecture oldest first.
 *
 * With releases: those that came in a mainline release from the one to the other, both included.
 */
export function findChanges(
  arches: readonly Architecture[],
  { word, from, to }: HistoryQuery,
): HistoryAnswer {
  const [first, last] = KNOWN_RANGE;
  const ends = [from, to].map((text) =>
    text === undefined ? undefined : releaseOf(text)
  );
  const wrong = [from, to].find((text, at) =>
    text !== undefined && ends[at] === undefined
  );
  if (wrong !== undefined) {
    return {
      ok: false,
      reason: `there is no release ${wrong}`,
      hint: `the known range is ${first} to ${last}`,
    };
  }
  const point = ends.find((end) => end !== undefined && /\.\d+\./.test(end));
  if (point !== undefined) {
    return {
      ok: false,
      reason: `${point} is a stable release: the range is of mainline's`,
      hint: `\`dregs profiles linux-${point}\` shows what it has`,
    };
  }
  const [low, high] = ends;
  if (
    low !== undefined && high !== undefined && compareVersions(low, high) > 0
  ) {
    return {
      ok: false,
      reason: `${low} to ${high} runs backwards`,
      hint: undefined,
    };
  }
  const named = word === undefined
    ? arches.flatMap((arch) =>
      arch.changes().map((change) => ({ arch, change }))
    )
    : changesFor(arches, word);
  if (word !== undefined && named.length === 0) {
    const names = arches.flatMap((arch) =>
      arch.changes().map(({ name }) => name)
    );
    return {
      ok: false,
      reason: `no change is named \`${word}\`, and none mentions it`,
      hint: releaseOf(word) === undefined
        ? didYouMean(word, names)
        : /\.\d+\./.test(word)
        ? `\`dregs profiles ${
          word.startsWith("linux-") ? word : `linux-${word}`
        }\` shows what it has`
        : `\`--from ${word} --to ${word}\` lists what that release changed`,
    };
  }
  const found = named.filter(({ change: { since } }) =>
    (low === undefined ||
      since !== undefined && compareVersions(since, low) >= 0) &&
    (high === undefined ||
      since !== undefined && compareVersions(since, high) <= 0)
  );
  return { ok: true, found };
}

/** A release of mainline at which behaviour changes, with the changes that it brings. */
export interface ChangingRelease {
  /** `linux-4.5`. */
  readonly name: string;
  /** Names of the changes that the one before does not have; of the first none. */
  readonly changes: readonly string[];
}

/** The mainline releases of an architecture at which behaviour changes, oldest first. */
export function changingReleases(
  arch: Architecture,
): readonly ChangingRelease[] {
  let before: readonly string[] = [];
  return arch.distinctKernels().map((name) => {
    const answer = arch.kernel(name);
    const rows = answer.ok ? answer.info.rows ?? [] : [];
    const changes = rows.filter((row) => !before.includes(row));
    before = rows;
    return { name, changes };
  });
}
