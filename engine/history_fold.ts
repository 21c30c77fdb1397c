/**
 * Which changes a version of the kernel has, and whether a choice of changes makes sense. The same for every
 * architecture.
 *
 * @module
 */
import type { Change, Relation, StableSeries } from "./history.ts";
import { lastPoint } from "./stable_series.ts";

/** A release: `5.4` is `{ series: "5.4", point: 0 }`, `5.4.120` has point 120. */
export interface Release {
  /** `5.4`. */
  readonly series: string;
  /** 0 for the first release of the series. */
  readonly point: number;
}

/** The last series of each major version from 4.4 on. Mainline releases, kernel.org. */
const LAST_SERIES: readonly (readonly [major: number, last: number])[] = [
  [4, 20],
  [5, 19],
  [6, 19],
  [7, 3],
];

/** The first series that is known. */
const FIRST_SERIES = 4;

/** All series of the known range, oldest first. */
export function allSeries(): readonly string[] {
  return LAST_SERIES.flatMap(([major, last], i) =>
    Array.from({ length: last + 1 }, (_, minor) => `${major}.${minor}`).slice(
      i === 0 ? FIRST_SERIES : 0,
    )
  );
}

/** The range of releases that a version may be in. */
export const KNOWN_RANGE: readonly [first: string, last: string] = [
  allSeries().at(0)!,
  allSeries().at(-1)!,
];

/** The numbers of versions, which are few and compared often. */
const NUMBERS = new Map<string, readonly number[]>();

function numbers(version: string): readonly number[] {
  const known = NUMBERS.get(version);
  if (known !== undefined) return known;
  const found = version.replace(/-rc\d+$/, "").split(".").map(Number);
  NUMBERS.set(version, found);
  return found;
}

/**
 * Compares versions by their numbers; a missing point release is 0.
 *
 * @param a `4.19` or `4.19.72`
 * @param b the same
 * @returns below 0 if a is older, 0 if they are the same
 *
 * ```ts
 * import { assert } from "@std/assert";
 * assert(compareVersions("4.9", "4.19.1") < 0);
 * ```
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [numbers(a), numbers(b)];
  return x[0] - y[0] || x[1] - y[1] || pointOf(a) - pointOf(b);
}

/** `5.4.120`; `5.4` for a first release. */
export function releaseText({ series, point }: Release): string {
  return point === 0 ? series : `${series}.${point}`;
}

/**
 * A release by its text.
 *
 * @param text `5.4`, `5.4.0`, `5.4.120`, each also with `linux-` before it
 * @returns undefined if the text has another form
 */
export function parseRelease(text: string): Release | undefined {
  const found = /^(?:linux-)?(\d+\.\d+)(?:\.(\d+))?$/.exec(text);
  if (found === null) return undefined;
  return { series: found[1], point: Number(found[2] ?? 0) };
}

/** Where a decision is not from a tree that was read. */
interface Guess {
  readonly has: boolean;
  /** Between which trees: `not in 5.4.38, in 5.4.59`. */
  readonly between?: string;
}

function pointOf(version: string): number {
  return numbers(version)[2] ?? 0;
}

/** A point release in a stable series that got the change: as the nearest tree that was read. */
function inStable(stable: StableSeries, point: number): Guess {
  const gone = stable.gone === undefined ? Infinity : pointOf(stable.gone);
  if (stable.since !== undefined) {
    return { has: point >= pointOf(stable.since) && point < gone };
  }
  const first = stable.with === undefined ? Infinity : pointOf(stable.with);
  const without = stable.without === undefined ? 0 : pointOf(stable.without);
  if (point <= without) return { has: false };
  if (point < first) {
    return {
      has: first - point <= point - without,
      between: `not in ${stable.series}.${without}, in ${stable.with}`,
    };
  }
  if (point >= gone) return { has: false };
  const next = stable.gone !== undefined && point > first;
  if (!next) return { has: true };
  return {
    has: gone - point >= point - first,
    between: `in ${stable.with}, not in ${stable.gone}`,
  };
}

/** Whether a release has a change. */
function decide<K>(change: Change<K>, { series, point }: Release): Guess {
  const stable = change.stable.find((one) => one.series === series);
  const inMainline = change.since !== undefined &&
    compareVersions(series, change.since) >= 0;
  if (stable !== undefined && !inMainline) return inStable(stable, point);
  const { bracket } = change;
  const release = releaseText({ series, point });
  const isBetween = bracket !== undefined &&
    compareVersions(release, bracket.without) > 0 &&
    compareVersions(release, bracket.with) < 0;
  return isBetween
    ? {
      has: inMainline,
      between: `not in ${bracket.without}, in ${bracket.with}`,
    }
    : { has: inMainline };
}

/** The changes of a release, and one note where they are not from a tree that was read. */
export interface Folded {
  /** Names, in the order of the table. */
  readonly rows: readonly string[];
  /** At most one. */
  readonly notes: readonly string[];
}

/**
 * The changes that a release has.
 *
 * @param changes the table
 * @param release a release of the known range
 * @param lastRead the last point release read, by series
 */
export function rowsOf<K>(
  changes: readonly Change<K>[],
  release: Release,
  lastRead: Readonly<Record<string, number>>,
): Folded {
  const decisions = changes.map((change) => ({
    name: change.name,
    ...decide(change, release),
  }));
  const rows = decisions.filter(({ has }) => has).map(({ name }) => name);
  const guesses = decisions.flatMap(({ name, has, between }) =>
    between === undefined
      ? []
      : [`${has ? "with" : "without"} ${name} (${between})`]
  );
  const last = lastRead[release.series] ?? 0;
  // Of a series that has ended, a single point release may be the tree that was read.
  const isLater = release.point > last &&
    (last > 0 || lastPoint(release.series) === undefined);
  const parts = [
    ...(guesses.length > 0
      ? [`between trees that were read, taken ${guesses.join(", ")}`]
      : []),
    ...(isLater
      ? [
        last > 0
          ? `after ${release.series}.${last}, the last that was read`
          : `after ${release.series}, and no later one of that series was read`,
      ]
      : []),
  ];
  return {
    rows,
    notes: parts.length === 0
      ? []
      : [`linux-${releaseText(release)} is ${parts.join("; ")}`],
  };
}

function broken(
  relations: readonly Relation[] | undefined,
  fails: (row: string) => boolean,
): Relation | undefined {
  return relations?.find(({ row }) => fails(row));
}

/**
 * Why a set of changes makes no sense.
 *
 * @param changes the table
 * @param rows names of the set
 * @returns undefined if it does
 */
export function conflict<K>(
  changes: readonly Change<K>[],
  rows: ReadonlySet<string>,
): string | undefined {
  for (const { name, needs, excludes } of changes) {
    if (!rows.has(name)) continue;
    const missing = broken(needs, (row) => !rows.has(row));
    if (missing !== undefined) {
      return `${name} needs ${missing.row}: ${missing.why}`;
    }
    // What a later row takes back is gone.
    const against = broken(
      excludes,
      (row) => rows.has(row) && !undone(changes, rows, row),
    );
    if (against !== undefined) {
      return `${name} does not go with ${against.row}: ${against.why}`;
    }
  }
  return undefined;
}

/** Another row of the set needs this one, and touches the same fields: it takes them back. */
function undone<K>(
  changes: readonly Change<K>[],
  rows: ReadonlySet<string>,
  row: string,
): boolean {
  const fields = fieldsOf(changes.find(({ name }) => name === row)!);
  return changes.some((change) =>
    rows.has(change.name) &&
    change.needs?.some((relation) => relation.row === row) === true &&
    fieldsOf(change).some((field) => fields.includes(field))
  );
}

/** The fields that a change touches, as `vendor.field`. */
export function fieldsOf<K>({ fields }: Change<K>): readonly string[] {
  return Object.entries(fields).flatMap(([vendor, { after }]) =>
    Object.keys(after).map((field) => `${vendor}.${field}`)
  );
}

/**
 * A record with a set of changes.
 *
 * @param changes the table: a change comes after those that it needs
 * @param base the record without any
 * @param vendor which fields to take
 * @param rows names of the set
 */
export function foldRecord<K, R extends K>(
  changes: readonly Change<K>[],
  base: R,
  vendor: string,
  rows: ReadonlySet<string>,
): R {
  return changes.filter(({ name }) => rows.has(name)).reduce(
    (record, { fields }) => ({ ...record, ...fields[vendor]?.after }),
    base,
  );
}

/**
 * The table in an order in which each change comes after those that it needs; otherwise as it is.
 *
 * @throws {RangeError} if a change needs one that there is not, or itself
 */
export function ordered<K>(changes: readonly Change<K>[]): Change<K>[] {
  const done = new Set<string>();
  const result: Change<K>[] = [];
  const visit = (change: Change<K>, above: readonly string[]): void => {
    if (done.has(change.name)) return;
    if (above.includes(change.name)) {
      throw new RangeError(`${change.name} needs itself`);
    }
    for (const { row } of change.needs ?? []) {
      const needed = changes.find(({ name }) => name === row);
      if (needed === undefined) throw new RangeError(`There is no row ${row}`);
      visit(needed, [...above, change.name]);
    }
    done.add(change.name);
    result.push(change);
  };
  for (const change of changes) visit(change, []);
  return result;
}

/** The changes that a name or a commit hash of at least seven digits means. */
export function findRows<C extends Pick<Change<unknown>, "name" | "commits">>(
  changes: readonly C[],
  text: string,
): readonly C[] {
  const byName = changes.filter(({ name }) => name === text);
  if (byName.length > 0 || !/^[0-9a-f]{7,40}$/.test(text)) return byName;
  return changes.filter(({ commits }) =>
    commits.some(({ hash }) =>
      hash !== undefined && (hash.startsWith(text) || text.startsWith(hash))
    )
  );
}
