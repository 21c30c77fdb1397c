/**
 * The verdict of a question under the releases of mainline, and the neighbours between which it changes.
 *
 * @module
 */
import {
  allSeries,
  type Architecture,
  compareVersions,
  type KernelInfo,
  splitKernel,
} from "../../engine/mod.ts";
import { rowKernel } from "./row_sets.ts";
import type { Verdict, Verdicts } from "./verdicts.ts";

/** A kernel with what it came to. */
export interface Judged {
  readonly kernel: KernelInfo;
  readonly verdict: Verdict;
}

/** A kernel that holds, and one that does not. */
export interface Pair {
  readonly good: Judged;
  readonly bad: Judged;
}

/** A kernel that is known by its name. */
export function infoOf(arch: Architecture, name: string): KernelInfo {
  const answer = arch.kernel(name);
  if (!answer.ok) throw new RangeError(`${name}: ${answer.reason}`);
  return answer.info;
}

/** A release with its point, `5.4.120`; undefined for a kernel that is not made from a release. */
function releaseOf(name: string): string | undefined {
  const words = splitKernel(name);
  const base = "base" in words ? words.base : name;
  return /^linux-(\d+\.\d+(?:\.\d+)?)$/.exec(base)?.[1];
}

/** Whether both are releases, and the first one is older. */
export function isMainlineBefore(a: KernelInfo, b: KernelInfo): boolean {
  const [older, newer] = [a, b].map(({ name }) => releaseOf(name));
  return older !== undefined && newer !== undefined &&
    compareVersions(older, newer) < 0;
}

/** The mainline release whose changes are most like those of a kernel. */
export function nearestRelease(
  arch: Architecture,
  rows: ReadonlySet<string>,
): string {
  const distances = arch.distinctKernels().map((name) => ({
    name,
    distance: rows.symmetricDifference(rowKernel(arch, name)!.rows).size,
  }));
  return distances.reduce((a, b) => b.distance < a.distance ? b : a).name;
}

/**
 * The mainline releases at which behaviour changes, and another kernel in its place among them.
 *
 * @param other stands after the release that it is made from; left out if it is not made of changes
 */
function inOrder(arch: Architecture, other: KernelInfo): readonly KernelInfo[] {
  const releases = arch.distinctKernels();
  const infos = releases.map((name) => infoOf(arch, name));
  if (releases.includes(other.name) || other.rows === undefined) return infos;
  const version = releaseOf(other.name) ??
    releaseOf(nearestRelease(arch, new Set(other.rows)))!;
  const at = infos.findLastIndex(({ name }) =>
    compareVersions(releaseOf(name)!, version) <= 0
  );
  return infos.toSpliced(at + 1, 0, other);
}

/** The verdicts under mainline and one kernel more, oldest first. */
export async function survey(
  verdicts: Verdicts,
  other: KernelInfo,
  heldTo: string,
): Promise<readonly Judged[]> {
  const { arch } = verdicts.question;
  const judged: Judged[] = [];
  for (const kernel of inOrder(arch, other)) {
    judged.push({ kernel, verdict: await verdicts.of(kernel, heldTo) });
  }
  return judged;
}

function isResolved({ verdict }: Judged): boolean {
  return verdict.outcome !== "unresolved";
}

/** Which of two kernels holds; undefined if they agree. */
export function pairOf(a: Judged, b: Judged): Pair | undefined {
  if (!isResolved(a) || !isResolved(b)) return undefined;
  if (a.verdict.outcome === b.verdict.outcome) return undefined;
  return a.verdict.outcome === "holds"
    ? { good: a, bad: b }
    : { good: b, bad: a };
}

/** The neighbours between which the verdict changes, newest first. */
export function boundaries(
  arch: Architecture,
  judged: readonly Judged[],
): readonly Pair[] {
  const resolved = judged.filter(isResolved);
  return resolved.flatMap((after, at) =>
    at === 0
      ? []
      : pairOf(justBefore(arch, resolved[at - 1], after), after) ?? []
  ).toReversed();
}

/** The release before another, if it behaves as one that was judged. */
function justBefore(
  arch: Architecture,
  judged: Judged,
  after: Judged,
): Judged {
  const series = allSeries();
  const at = series.indexOf(releaseOf(after.kernel.name) ?? "");
  if (at < 1 || releaseOf(judged.kernel.name) === undefined) return judged;
  const kernel = infoOf(arch, `linux-${series[at - 1]}`);
  const { rows = [] } = judged.kernel;
  const isAlike = kernel.rows?.join(" ") === rows.join(" ");
  return isAlike ? { ...judged, kernel } : judged;
}

/** Kernels of authors and distributions, each with the release that is most like it. */
export function namedKernels(
  arch: Architecture,
): readonly {
  readonly kernel: KernelInfo;
  readonly release: string;
  /** What it has and the release has not. */
  readonly rows: ReadonlySet<string>;
}[] {
  return arch.kernelNames().flatMap((name) => {
    const kernel = infoOf(arch, name);
    if (kernel.rows === undefined || releaseOf(name) !== undefined) return [];
    const rows = new Set(kernel.rows);
    const release = nearestRelease(arch, rows);
    const own = rows.difference(rowKernel(arch, release)!.rows);
    return own.size === 0 ? [] : [{ kernel, release, rows: own }];
  });
}

/** The pairs that authors' kernels make with the release that is most like each. */
export async function namedPairs(
  verdicts: Verdicts,
  heldTo: string,
): Promise<readonly Pair[]> {
  const { arch } = verdicts.question;
  const pairs: Pair[] = [];
  for (const { kernel, release } of namedKernels(arch)) {
    const base = infoOf(arch, release);
    const pair = pairOf(
      { kernel, verdict: await verdicts.of(kernel, heldTo) },
      { kernel: base, verdict: await verdicts.of(base, heldTo) },
    );
    if (pair !== undefined) pairs.push(pair);
  }
  return pairs;
}

/** The kernels of mainline, the nearest to another first; of two as near, the newer one. */
export function byDistance(
  arch: Architecture,
  from: KernelInfo,
): readonly KernelInfo[] {
  const kernels = inOrder(arch, from);
  const at = kernels.findIndex(({ name }) => name === from.name);
  const distance = (kernel: KernelInfo): number =>
    Math.abs(kernels.indexOf(kernel) - at);
  return kernels.filter((kernel) => kernel !== kernels[at]).toReversed()
    .toSorted((a, b) => distance(a) - distance(b));
}
