/**
 * Kernels of a matrix that agree, as neighbours: `4.4 to 4.9 | 4.10 to 5.6 | since 5.7`.
 *
 * @module
 */
import type { ScenarioResult } from "../../dsl/result.ts";
import {
  allSeries,
  type Architecture,
  architecture,
  type ArchName,
  compareVersions,
} from "../../engine/mod.ts";
import { inTimeOrder, releaseOf, timeOf } from "../../dsl/kernel_order.ts";
import { labelOf } from "./reporter.ts";

/** What is known of the kernel that something ran under. */
export type RanUnder = Pick<ScenarioResult, "arch" | "profile" | "vendor">;

/** Neighbours that agree. */
export interface KernelGroup<R extends RanUnder> {
  /** Which kernels, in words. */
  readonly label: string;
  /** Oldest first, of one vendor after the other. */
  readonly results: readonly R[];
}

/** A release, `5.4` or `5.4.120`; undefined for any other kernel. */
function releaseText({ profile }: RanUnder): string | undefined {
  return releaseOf(profile) && profile.replace(/^linux-/, "");
}

/** A mainline release's series, `5.4`; undefined for any other kernel. */
function seriesOf(one: RanUnder): string | undefined {
  const release = releaseText(one);
  return release !== undefined && allSeries().includes(release)
    ? release
    : undefined;
}

/** The changes of a release, as one text. */
function rowsOf(arch: Architecture, series: string): string | undefined {
  const answer = arch.kernel(`linux-${series}`);
  return answer.ok ? answer.info.rows?.join(" ") : undefined;
}

/**
 * The last release that is sure to behave as a series: no change came until then.
 *
 * @param ran later releases that ran themselves, stable ones too, after which the series says nothing
 */
function lastAlike(
  arch: Architecture,
  series: string,
  ran: ReadonlySet<string> = new Set(),
): string {
  const all = allSeries();
  const rows = rowsOf(arch, series);
  let at = all.indexOf(series);
  const ranBefore = (next: string): boolean =>
    [...ran].some((one) =>
      compareVersions(one, next) <= 0 && compareVersions(one, all[at]) > 0
    );
  while (
    rows !== undefined && at + 1 < all.length && !ranBefore(all[at + 1]) &&
    rowsOf(arch, all[at + 1]) === rows
  ) at++;
  return all[at];
}

/** A release comes right after another, or only after ones that behave as that. */
function follows(arch: Architecture, next: string, before: string): boolean {
  const all = allSeries();
  const at = all.indexOf(next);
  return at > all.indexOf(before) &&
    at <= all.indexOf(lastAlike(arch, before)) + 1;
}

/** What tells a vendor, where several ran. */
function vendorText(
  { vendor }: RanUnder,
  results: readonly RanUnder[],
): string {
  const isTold = results.some((one) => one.vendor !== vendor);
  return isTold ? ` ${vendor}` : "";
}

/**
 * Releases, first and last, in words.
 *
 * @param lastSeries the last of them that is a mainline release, which can stand for later ones
 * @param ran all releases that ran: what they say is theirs
 * @param isWhole what did not run between behaves as what ran, and is part of the range
 * @param isLast no later release ran: nothing is said of later ones, unless that all behave so
 */
function rangeText(
  arch: Architecture,
  { first, last, lastSeries, ran, isWhole, isLast }: {
    readonly first: string;
    readonly last: string;
    readonly lastSeries: string | undefined;
    readonly ran: ReadonlySet<string>;
    readonly isWhole: boolean;
    readonly isLast: boolean;
  },
): string {
  const later = [...ran].filter((one) => compareVersions(one, last) > 0);
  const alike = isWhole && lastSeries !== undefined
    ? lastAlike(arch, lastSeries, new Set(later))
    : last;
  const reachesEnd = alike === allSeries().at(-1);
  if (isWhole && reachesEnd && first !== alike) return `since ${first}`;
  const end = isLast || compareVersions(alike, last) < 0 ? last : alike;
  return first === end ? first : `${first} to ${end}`;
}

/** Neighbours that are releases, and kernels between them and after them that are none. */
interface Range {
  readonly first: string;
  last: string;
  lastSeries: string | undefined;
  readonly vendor: string;
  readonly others: string[];
}

/**
 * The kernels of some results in words.
 *
 * @param some neighbours
 * @param all that ran
 * @param isWhole each release between the first and the last ran, or behaves as one that ran
 */
function labelText(
  some: readonly RanUnder[],
  all: readonly RanUnder[],
  isWhole: boolean,
): string {
  const arch = architecture(some[0].arch as ArchName)!;
  const before: string[] = [];
  const ranges: Range[] = [];
  for (const one of some) {
    const range = ranges.at(-1);
    const release = releaseText(one);
    if (release === undefined) {
      (range?.others ?? before).push(labelOf(one, all));
      continue;
    }
    const vendor = vendorText(one, all);
    if (
      range !== undefined && range.vendor === vendor &&
      compareVersions(range.last, release) <= 0
    ) {
      range.last = release;
      range.lastSeries = seriesOf(one) ?? range.lastSeries;
    } else {
      ranges.push({
        first: release,
        last: release,
        lastSeries: seriesOf(one),
        vendor,
        others: [],
      });
    }
  }
  const releases = all.flatMap((one) => releaseText(one) ?? []);
  const ran = new Set(releases);
  return [
    ...before,
    ...ranges.flatMap(({ vendor, others, ...range }) => {
      const isLast = range.last === releases.at(-1);
      const text = rangeText(arch, { ...range, ran, isWhole, isLast });
      return [text + vendor, ...others];
    }),
  ].join(", ");
}

/** Whether releases that did not run behave as ones that did. */
function areWhole(results: readonly RanUnder[]): boolean {
  const arch = architecture(results[0].arch as ArchName)!;
  const series = results.flatMap((result) => seriesOf(result) ?? []);
  return series.every((one, at) =>
    at === 0 || one === series[at - 1] || follows(arch, one, series[at - 1])
  );
}

/** Neighbours of one vendor that agree. */
interface Run<R> {
  readonly key: string;
  readonly results: R[];
}

/**
 * Results of one vendor as neighbours that agree. Releases are neighbours of releases, whatever other kernels lie
 * between; a kernel that is no release joins those at its place in time or the next ones if it agrees with them, and is
 * alone otherwise.
 */
function runsOf<R extends RanUnder>(
  results: readonly R[],
  keyOf: (result: R) => string,
): Run<R>[] {
  const arch = architecture(results[0].arch as ArchName)!;
  const time = ({ profile }: R): number => timeOf(arch, profile);
  const ordered = inTimeOrder(
    results,
    ({ profile }) => ({ arch, kernel: profile }),
  );
  const runs: Run<R>[] = [];
  let before: R | undefined;
  // Of the last mainline release: what did not run after it behaves so.
  let mainlineKey: string | undefined;
  for (const one of ordered.filter(releaseText)) {
    const key = keyOf(one);
    const isApart = before !== undefined && mainlineKey !== key &&
      Math.floor(time(one)) - Math.floor(time(before)) > 1;
    if (runs.at(-1)?.key === key && !isApart) runs.at(-1)!.results.push(one);
    else runs.push({ key, results: [one] });
    if (seriesOf(one) !== undefined) mainlineKey = key;
    before = one;
  }
  for (const one of ordered.filter((one) => releaseText(one) === undefined)) {
    const key = keyOf(one);
    const at = runs.findLastIndex(({ results: [first] }) =>
      time(first) <= time(one)
    );
    const near = [runs[at], runs[at + 1]].find((run) => run?.key === key);
    if (near === undefined) {
      runs.splice(at + 1, 0, { key, results: [one] });
      continue;
    }
    const after = near.results.findIndex((other) => time(other) > time(one));
    near.results.splice(after < 0 ? near.results.length : after, 0, one);
  }
  return runs;
}

/**
 * Neighbours that agree, oldest first, of one vendor after the other.
 *
 * @param results of one scenario
 * @param keyOf what they agree in
 */
export function kernelGroups<R extends RanUnder>(
  results: readonly R[],
  keyOf: (result: R) => string,
): readonly KernelGroup<R>[] {
  const byVendor = Map.groupBy(results, ({ vendor }) => vendor);
  const runs: Run<R>[] = [];
  for (
    const run of [...byVendor.values()].flatMap((own) => runsOf(own, keyOf))
  ) {
    const last = runs.at(-1);
    const isOther = last?.results[0].vendor !== run.results[0].vendor;
    if (last?.key === run.key && isOther) last.results.push(...run.results);
    else runs.push(run);
  }
  const all = runs.flatMap((run) => run.results);
  const isWhole = areWhole(all);
  return runs.map((run) => ({
    label: labelText(run.results, all, isWhole),
    results: run.results,
  }));
}
