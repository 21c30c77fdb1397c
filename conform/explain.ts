/**
 * Under which other kernels a recording that differs would agree: what one change of KVM more or less explains.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  type ChangeInfo,
  kernelWithVendor,
} from "../engine/mod.ts";
import type { Replay } from "./difference.ts";
import { RecordingError } from "./recording.ts";
import { NO_EXIT } from "./run.ts";

/** A kernel that explains differences. */
export interface Explanation {
  /** `linux-6.1.192 without payload-at-injection`, with its vendor. */
  readonly kernel: string;
  /** The change of KVM that was applied or reverted, with what depends on it; undefined for another release. */
  readonly change: string | undefined;
  /** The whole recording agrees under it; else only the first step that differs, and there are fewer differences. */
  readonly agrees: boolean;
}

/** A kernel that is tried. */
interface Candidate {
  readonly profile: string;
  readonly change: string | undefined;
  /** The change, and those that depend on it. */
  readonly rows: readonly string[];
}

/** The replayed kernel with a change that it does not have, and with what that needs. */
function applied(
  changes: readonly ChangeInfo[],
  rows: readonly string[],
  name: string,
): readonly string[] {
  const { needs = [] } = changes.find((change) => change.name === name)!;
  const missing = needs.map(({ row }) => row).filter((row) =>
    !rows.includes(row)
  );
  return [...missing.flatMap((row) => applied(changes, rows, row)), name];
}

/** The replayed kernel without a change that it has, and without those that need it. */
function reverted(
  changes: readonly ChangeInfo[],
  rows: readonly string[],
  name: string,
): readonly string[] {
  const above = changes.filter((change) =>
    rows.includes(change.name) &&
    change.needs?.some(({ row }) => row === name) === true
  );
  return [
    ...above.flatMap((change) => reverted(changes, rows, change.name)),
    name,
  ];
}

/** The replayed kernel with one change more or less. */
function oneChange(known: Architecture, profile: string): Candidate[] {
  const answer = known.kernel(profile);
  const rows = answer.ok ? answer.info.rows : undefined;
  if (rows === undefined) return [];
  const changes = known.changes();
  return changes.map(({ name }) => {
    const isThere = rows.includes(name);
    const found = (isThere ? reverted : applied)(changes, rows, name);
    const names = [...new Set(found)];
    const words = names.map((row) => `${isThere ? "without" : "with"} ${row}`);
    return {
      profile: [profile, ...words].join(" "),
      change: name,
      rows: names,
    };
  });
}

/** Releases at which behaviour changes, those first that differ least from the replayed one. */
function releases(known: Architecture, profile: string): Candidate[] {
  const rowsOf = (name: string): ReadonlySet<string> => {
    const answer = known.kernel(name);
    return new Set(answer.ok ? answer.info.rows : []);
  };
  const own = rowsOf(profile);
  const distance = (name: string): number =>
    rowsOf(name).symmetricDifference(own).size;
  return known.distinctKernels().toSorted((a, b) => distance(a) - distance(b))
    .map((release) => ({ profile: release, change: undefined, rows: [] }));
}

/** True if fewer changes do, of some. */
function isPart(
  { rows }: Pick<Candidate, "rows">,
  some: readonly string[],
): boolean {
  return rows.length < some.length && rows.every((row) => some.includes(row));
}

/** A guest that does not exit costs as much as hundreds that do: after so many the search ends. */
const ENDLESS_MAX = 2;

/** In the model a guest did not exit. */
function isEndless({ differences }: Replay): boolean {
  return differences.some(({ modelled }) => modelled === NO_EXIT);
}

/**
 * Kernels that explain what differs: those under which the whole recording agrees. If there is none, those under which
 * the first step that differs agrees and fewer differences are left. A change is preferred to another release. None if
 * the guest does not exit in the model.
 *
 * @param again replays the same recording under another kernel
 */
export function explain(
  replay: Replay,
  again: (profile: string) => Replay,
): readonly Explanation[] {
  if (replay.differences.length === 0 || isEndless(replay)) return [];
  const found: (Explanation & Pick<Candidate, "rows">)[] = [];
  const known = architecture(replay.arch)!;
  const candidates = [
    ...oneChange(known, replay.profile),
    ...releases(known, replay.profile),
  ].filter(({ profile }) =>
    profile !== replay.profile && known.kernel(profile).ok
  );
  let endless = 0;
  for (const { profile, change, rows } of candidates) {
    if (change === undefined && found.some(({ agrees }) => agrees)) break;
    let other: Replay;
    try {
      other = again(profile);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      continue;
    }
    if (isEndless(other) && ++endless > ENDLESS_MAX) break;
    const agrees = other.differences.length === 0;
    const helps = other.differences.length < replay.differences.length &&
      (agrees || other.differences[0].line > replay.differences[0].line);
    if (!helps) continue;
    const kernel = kernelWithVendor(profile, replay.vendor);
    found.push({ kernel, change, agrees, rows });
  }
  const whole = found.filter(({ agrees }) => agrees);
  const best = whole.length > 0 ? whole : found;
  const byChange = best.filter(({ change, rows }) =>
    change !== undefined &&
    !best.some((other) => other.change !== undefined && isPart(other, rows))
  );
  const chosen = byChange.length > 0 ? byChange : best.slice(0, 1);
  return chosen.map(({ kernel, change, agrees }) => ({
    kernel,
    change,
    agrees,
  }));
}
