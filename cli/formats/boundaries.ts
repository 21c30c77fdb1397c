/**
 * Where a scenario that ran under several releases begins to fail, or stops: the changes of KVM between the neighbours.
 *
 * @module
 */
import { headline, type ScenarioResult } from "../../dsl/result.ts";
import { statusUnder } from "../../dsl/run/scenario.ts";
import type { Span } from "../../dsl/source.ts";
import {
  allSeries,
  type Architecture,
  architecture,
  type ArchName,
  type ChangeInfo,
  kernelWithVendor,
} from "../../engine/mod.ts";

/** Two releases, neighbours among those that ran, of which one fails. */
export interface Boundary {
  /** The earlier release. */
  readonly earlier: ScenarioResult;
  /** The later one. */
  readonly later: ScenarioResult;
  /** The later one fails: it fails `since` a release, and otherwise `before` one. */
  readonly side: "since" | "before";
  /** Changes that the later one has and the earlier one does not, or the reverse; at least one. */
  readonly changes: readonly ChangeInfo[];
  /** The mainline release, `5.7`, at which all of them came; undefined if that is not known. */
  readonly release: string | undefined;
  /** The tree of that release was not read: one of the next releases may be the one. */
  readonly isApproximate: boolean;
}

/** A mainline release's place in the order; undefined for any other kernel. */
function orderOf({ profile }: ScenarioResult): number | undefined {
  const series = /^linux-(\d+\.\d+)$/.exec(profile)?.[1];
  const at = series === undefined ? -1 : allSeries().indexOf(series);
  return at < 0 ? undefined : at;
}

function isFailed({ status }: ScenarioResult): boolean {
  return status === "failed" || status === "error";
}

/** The changes of a kernel that matter for a vendor. */
function changesOf(
  arch: Architecture,
  { profile, vendor }: ScenarioResult,
): ReadonlySet<string> {
  const answer = arch.kernel(profile);
  const names = answer.ok ? answer.info.rows ?? [] : [];
  const other = arch.changes().filter(({ vendors }) =>
    vendor !== undefined && vendors.length > 0 && !vendors.includes(vendor)
  ).map(({ name }) => name);
  return new Set(names.filter((name) => !other.includes(name)));
}

function contains(outer: Span, inner: Span): boolean {
  return outer.source === inner.source && outer.start <= inner.start &&
    inner.end <= outer.end;
}

/** The same is expected of both kernels, so that they differ in what they do. */
function isComparable(failed: ScenarioResult, held: ScenarioResult): boolean {
  const { code, span } = headline(failed.failures)!.diagnostic;
  const isIn = ({ particular }: ScenarioResult, one: Span): boolean =>
    particular.some((other) => other.span === one);
  if (code === "refused") {
    // An `expect error` for one of them may have answered it.
    return failed.particular.length === held.particular.length &&
      failed.particular.every((one) => isIn(held, one.span));
  }
  return failed.particular.every((one) =>
    !contains(one.span, span) || isIn(held, one.span)
  );
}

/** Most changes between two kernels of which each is tried alone. */
const TRIED_MAX = 16;

/** A kernel with one change applied or reverted; undefined if that makes no sense. */
function withOne(
  arch: Architecture,
  { profile }: ScenarioResult,
  { name }: ChangeInfo,
  apply: boolean,
): string | undefined {
  const answer = arch.kernel(
    `${profile} ${apply ? "with" : "without"} ${name}`,
  );
  return answer.ok ? answer.info.name : undefined;
}

/**
 * The change that makes the difference by itself: the kernel that fails passes with it, none of the others does that,
 * and the kernel that holds fails without it. Expectations are those of the kernel that holds.
 */
function soleChange(
  arch: Architecture,
  failed: ScenarioResult,
  held: ScenarioResult,
  between: readonly ChangeInfo[],
): ChangeInfo | undefined {
  if (between.length > TRIED_MAX) return undefined;
  const has = changesOf(arch, held);
  const under = (kernel: string | undefined) =>
    kernel === undefined ? undefined : statusUnder(held, kernel, held.profile);
  const [one, ...more] = between.filter((change) =>
    under(withOne(arch, failed, change, has.has(change.name))) === "passed"
  );
  if (one === undefined || more.length > 0) return undefined;
  const counter = under(withOne(arch, held, one, !has.has(one.name)));
  return counter === "failed" ? one : undefined;
}

function boundary(
  arch: Architecture,
  earlier: ScenarioResult,
  later: ScenarioResult,
): Boundary | undefined {
  if (isFailed(earlier) === isFailed(later)) return undefined;
  const [failed, held] = isFailed(later) ? [later, earlier] : [earlier, later];
  if (!isComparable(failed, held)) return undefined;
  const [before, after] = [earlier, later].map((one) => changesOf(arch, one));
  const between = arch.changes().filter(({ name }) =>
    before.has(name) !== after.has(name)
  );
  if (between.length === 0) return undefined;
  const sole = between.length === 1
    ? undefined
    : soleChange(arch, failed, held, between);
  const changes = sole === undefined ? between : [sole];
  // Where releases lie between that did not run, only their commits' own releases tell.
  const isNext = orderOf(later)! - orderOf(earlier)! === 1;
  const releases = new Set(
    changes.map(({ name, since }) =>
      isNext
        ? allSeries()[orderOf(later)!]
        // One that a release lost again has no release of its own here.
        : before.has(name)
        ? undefined
        : since
    ),
  );
  const [release] = releases.size === 1 ? releases : [undefined];
  const side = failed === later ? "since" : "before";
  const isApproximate = changes.some(({ approximate }) => approximate);
  return { earlier, later, side, changes, release, isApproximate };
}

/**
 * Where a scenario begins or stops to fail.
 *
 * @param results of one scenario, in any order; kernels that are no mainline release are left out
 */
export function boundaries(
  results: readonly ScenarioResult[],
): readonly Boundary[] {
  const [first] = results;
  const arch = architecture(first?.arch as ArchName);
  if (arch === undefined || results.length < 2) return [];
  return [...new Set(results.map(({ vendor }) => vendor))].flatMap((vendor) => {
    const own = results.filter((one) =>
      one.vendor === vendor && one.status !== "skipped" &&
      orderOf(one) !== undefined
    ).toSorted((a, b) => orderOf(a)! - orderOf(b)!);
    return own.slice(1).flatMap((later, at) =>
      boundary(arch, own[at], later) ?? []
    );
  });
}

/** The hashes of a change, those from memory marked; its name where none is known. */
function hashes({ name, commits }: ChangeInfo): string {
  const known = commits.flatMap(({ hash }) => hash ?? []);
  if (known.length === 0) return name;
  const isRemembered = commits.some(({ seen }) => seen === "memory");
  return known.join(", ") + (isRemembered ? "; from memory" : "");
}

/** A word of a shell. */
function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Where the failure begins or ends, as a clause: `since linux-5.7 (13196638d5d9)`. No commit is named if it may be another. */
export function boundaryText(
  { earlier, later, side, changes, release, isApproximate }: Boundary,
): string {
  const about = isApproximate ? "about " : "";
  const where = release === undefined
    ? `${side} ${later.profile} or an earlier release after ${earlier.profile}`
    : `${side} ${about}linux-${release}`;
  const [change, ...more] = changes;
  return more.length === 0
    ? `${where} (${hashes(change)})`
    : `${where}, by one of ${changes.length} changes`;
}

/** The result that fails. */
export function failedOf({ earlier, later, side }: Boundary): ScenarioResult {
  return side === "since" ? later : earlier;
}

/** The command that finds the change, if it may be one of several. */
export function nextStep(
  { earlier, later, side, changes }: Boundary,
): string | undefined {
  if (changes.length === 1) return undefined;
  const [good, bad] = (side === "since" ? [earlier, later] : [later, earlier])
    .map(({ profile, vendor }) => quoted(kernelWithVendor(profile, vendor)));
  const { source } = later;
  const file = source.startsWith("<") ? "FILE" : quoted(source);
  return `dregs bisect ${file} --good ${good} --bad ${bad}`;
}
