/**
 * The order of kernels in time.
 *
 * @module
 */
import {
  allSeries,
  type Architecture,
  parseRelease,
  type Release,
} from "../engine/mod.ts";

/** Point releases of a series are fewer. */
const POINTS_MAX = 10_000;

/** A mainline or stable release, `linux-5.4` or `linux-5.4.120`; undefined for any other kernel. */
export function releaseOf(kernel: string): Release | undefined {
  const release = parseRelease(kernel);
  return release !== undefined && allSeries().includes(release.series)
    ? release
    : undefined;
}

function placeOf({ series, point }: Release): number {
  return allSeries().indexOf(series) + point / POINTS_MAX;
}

/**
 * A kernel's place in time: releases by their numbers; one with changes right after its base; an author's or a
 * distribution's after the stable releases of the series that it is made from, and one that is made of no changes after
 * the release before it in the list.
 *
 * @param kernel in one spelling
 */
export function timeOf(arch: Architecture, kernel: string): number {
  const [base] = kernel.split(" ");
  const isPicked = base !== kernel;
  const release = releaseOf(base);
  if (release !== undefined) {
    return placeOf(release) + (isPicked ? 0.5 / POINTS_MAX : 0);
  }
  const answer = arch.kernel(base);
  const madeFrom = answer.ok ? answer.info.madeFrom : undefined;
  const from = madeFrom === undefined ? undefined : releaseOf(madeFrom);
  if (from !== undefined) return placeOf(from) + (isPicked ? 0.6 : 0.5);
  const listed = arch.profiles.map(({ name }) => name);
  const at = listed.indexOf(base);
  if (at < 0) return Infinity;
  const before = listed.slice(0, at).map(releaseOf).findLast((one) =>
    one !== undefined
  );
  return before === undefined ? at - listed.length : placeOf(before) + 0.5;
}

/**
 * What was asked of several kernels, in their order in time; kernels of the same place stay as they are.
 *
 * @param kernelOf the kernel of each, in one spelling, and an architecture that has it
 */
export function inTimeOrder<T>(
  some: readonly T[],
  kernelOf: (
    one: T,
  ) => { readonly arch: Architecture; readonly kernel: string },
): readonly T[] {
  const time = (one: T): number => {
    const { arch, kernel } = kernelOf(one);
    return timeOf(arch, kernel);
  };
  return some.map((one) => ({ one, time: time(one) }))
    .toSorted((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0)
    .map(({ one }) => one);
}
