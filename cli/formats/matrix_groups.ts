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
} from "../../engine/mod.ts";
import { labelOf } from "./reporter.ts";

/** What is known of the kernel that something ran under. */
export type RanUnder = Pick<ScenarioResult, "arch" | "profile" | "vendor">;

/** Neighbours that agree. */
export interface KernelGroup<R extends RanUnder> {
  /** Which kernels, in words. */
  readonly label: string;
  /** In the order in which they ran. */
  readonly results: readonly R[];
}

/** A mainline release's series, `5.4`; undefined for any other kernel. */
function seriesOf({ profile }: RanUnder): string | undefined {
  return /^linux-(\d+\.\d+)$/.exec(profile)?.[1];
}

/** The changes of a release, as one text. */
function rowsOf(arch: Architecture, series: string): string | undefined {
  const answer = arch.kernel(`linux-${series}`);
  return answer.ok ? answer.info.rows?.join(" ") : undefined;
}

/** The last release that is sure to behave as a series: no change came until then. */
function lastAlike(arch: Architecture, series: string): string {
  const all = allSeries();
  const rows = rowsOf(arch, series);
  let at = all.indexOf(series);
  while (
    rows !== undefined && at + 1 < all.length &&
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
  { profile, vendor }: RanUnder,
  results: readonly RanUnder[],
): string {
  const isTold = results.some((one) =>
    one.profile === profile && one.vendor !== vendor
  );
  return isTold ? ` ${vendor}` : "";
}

/**
 * Releases, first and last, in words.
 *
 * @param isWhole what did not run between behaves as what ran, and is part of the range
 * @param isLast no later release ran: nothing is said of later ones, unless that all behave so
 */
function rangeText(
  arch: Architecture,
  { first, last, isWhole, isLast }: {
    readonly first: string;
    readonly last: string;
    readonly isWhole: boolean;
    readonly isLast: boolean;
  },
): string {
  const alike = isWhole ? lastAlike(arch, last) : last;
  const reachesEnd = alike === allSeries().at(-1);
  if (isWhole && reachesEnd && first !== alike) return `since ${first}`;
  const end = isLast ? last : alike;
  return first === end ? first : `${first} to ${end}`;
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
  const words: string[] = [];
  for (let at = 0; at < some.length;) {
    const first = seriesOf(some[at]);
    if (first === undefined) {
      words.push(labelOf(some[at++], all));
      continue;
    }
    const vendor = vendorText(some[at], all);
    let last = first;
    for (at++; at < some.length; at++) {
      const next = seriesOf(some[at]);
      if (next === undefined || vendorText(some[at], all) !== vendor) break;
      if (allSeries().indexOf(next) < allSeries().indexOf(last)) break;
      last = next;
    }
    const isLast = last === all.map(seriesOf).findLast((one) => one);
    words.push(rangeText(arch, { first, last, isWhole, isLast }) + vendor);
  }
  return words.join(", ");
}

/** Whether releases that did not run behave as ones that did. */
function areWhole(results: readonly RanUnder[]): boolean {
  const arch = architecture(results[0].arch as ArchName)!;
  const series = results.flatMap((result) => seriesOf(result) ?? []);
  return series.every((one, at) =>
    at === 0 || one === series[at - 1] || follows(arch, one, series[at - 1])
  );
}

/**
 * Neighbours that agree, in the order in which they ran.
 *
 * @param results of one scenario
 * @param keyOf what they agree in
 */
export function kernelGroups<R extends RanUnder>(
  results: readonly R[],
  keyOf: (result: R) => string,
): readonly KernelGroup<R>[] {
  const groups: R[][] = [];
  let key: string | undefined;
  for (const result of results) {
    const next = keyOf(result);
    if (next === key) groups.at(-1)!.push(result);
    else groups.push([result]);
    key = next;
  }
  const isWhole = areWhole(results);
  return groups.map((group) => ({
    label: labelText(group, results, isWhole),
    results: group,
  }));
}
