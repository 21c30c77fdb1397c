/**
 * Kernels of a history: a base, and changes applied to it or reverted. The same for every architecture.
 *
 * @module
 */
import type { Change } from "./history.ts";
import {
  allSeries,
  compareVersions,
  conflict,
  fieldsOf,
  findRows,
  type Folded,
  foldRecord,
  KNOWN_RANGE,
  ordered,
  parseRelease,
  releaseText,
  rowsOf,
} from "./history_fold.ts";
import { lastPoint } from "./stable_series.ts";

/** A kernel that is no release: an author's, or a distribution's with the backports that name it. */
export interface NamedKernel {
  /** What it is made from. */
  readonly release: string;
  /** The release whose code of KVM it has, where that is a later one. */
  readonly code?: string;
  /** Changes on top. */
  readonly rows?: readonly string[];
  /** What is not known of it: a sentence without its full stop. */
  readonly note?: string;
}

/** What an architecture's history is made of. V: the vendors, or one name for an architecture without any. */
export interface HistoryData<K extends object, V extends string> {
  /** The rows, in any order; made when they are first asked for. */
  readonly tables: readonly (() => readonly Change<K>[])[];
  /** The records of 4.4.1. */
  readonly bases: Readonly<Record<V, K>>;
  /** The last point release read, by series. */
  readonly lastRead: Readonly<Record<string, number>>;
  /** Kernels that are no release. */
  readonly named: Readonly<Record<string, NamedKernel>>;
  /** The release that changes which no release has were written for. */
  readonly unreleased: string;
}

/** Which kernel is asked for. */
export interface KernelSpec {
  /** `linux-5.4.120`, `5.4`, `rhel-8.5`, or the name of an author's kernel. */
  readonly base: string;
  /** Changes to apply, by name or commit hash. */
  readonly with?: readonly string[];
  /** Changes to revert. */
  readonly without?: readonly string[];
}

/** Why there is no such kernel. */
export interface NoKernel {
  readonly ok: false;
  /** A phrase. */
  readonly reason: string;
  /** What could have been there. */
  readonly expected?: readonly string[];
}

/** A kernel. R: the record, or the records by vendor. */
export interface FoundKernel<R> {
  readonly ok: true;
  /** Its name in one spelling: `linux-5.4.120 with root-cause-fix`. */
  readonly name: string;
  /** Its behaviour. */
  readonly kernel: R;
  /** The first release of the series that its base is made from, `linux-5.4`; undefined if that is its base. */
  readonly madeFrom: string | undefined;
  /** Names of the changes that it has over 4.4.1. */
  readonly rows: readonly string[];
  /** At most one: what is not from a tree that was read. */
  readonly notes: readonly string[];
}

/** The kernel, or why there is none. */
export type KernelResult<R> = FoundKernel<R> | NoKernel;

/** What can be asked of a history. */
export interface History<K, V extends string> {
  /** All changes, oldest first; a change comes after those that it needs. */
  changes(): readonly Change<K>[];
  /** A kernel, folded when it is asked for the first time. */
  kernelOf(spec: KernelSpec): KernelResult<Readonly<Record<V, K>>>;
  /** The mainline releases at which behaviour changes, oldest first: `linux-4.4`, `linux-4.5` … */
  distinctKernels(): readonly string[];
  /** The stable point releases at which a row says that behaviour changes, oldest first: `linux-4.4.11` … */
  distinctStablePoints(): readonly string[];
  /** Names of the kernels that are no release. */
  namedKernels(): readonly string[];
  /** The release whose code a base has, `5.4.120`; undefined if there is no such base. */
  codeOf(base: string): string | undefined;
}

/** A base: its name in one spelling, what it is made from, and its changes. */
interface Base extends Folded {
  readonly name: string;
  readonly madeFrom: string | undefined;
}

/** A change that is asked for. */
interface Choice {
  readonly name: string;
  readonly apply: boolean;
}

function no(reason: string, expected?: readonly string[]): NoKernel {
  return { ok: false, reason, ...(expected && { expected }) };
}

/** Records of one architecture have the same fields. */
function sameRecord<K extends object>(a: K, b: K): boolean {
  return a === b ||
    (Object.keys(a) as (keyof K)[]).every((field) => a[field] === b[field]);
}

class KernelHistory<K extends object, V extends string>
  implements History<K, V> {
  readonly #data: HistoryData<K, V>;
  readonly #folded = new Map<string, Readonly<Record<V, K>>>();
  #table: readonly Change<K>[] | undefined;

  constructor(data: HistoryData<K, V>) {
    this.#data = data;
  }

  changes(): readonly Change<K>[] {
    const { tables, unreleased } = this.#data;
    const age = ({ since }: Change<K>): string => since ?? unreleased;
    this.#table ??= ordered(
      tables.flatMap((rows) => rows()).toSorted((a, b) =>
        compareVersions(age(a), age(b))
      ),
    );
    return this.#table;
  }

  kernelOf(
    { base, with: applied = [], without: reverted = [] }: KernelSpec,
  ): KernelResult<Readonly<Record<V, K>>> {
    const of = this.#base(base);
    if ("ok" in of) return of;
    const choices: Choice[] = [];
    for (
      const [texts, apply] of [[applied, true], [reverted, false]] as const
    ) {
      for (const text of texts) {
        const reason = this.#choose(text, { apply, of, choices });
        if (reason !== undefined) return reason;
      }
    }
    const rows = new Set(of.rows);
    for (const { name, apply } of choices) {
      if (apply) rows.add(name);
      else rows.delete(name);
    }
    const reason = conflict(this.changes(), rows) ??
      this.#idle(choices, of, rows);
    if (reason !== undefined) return no(reason);
    const words = choices.map(({ name, apply }) =>
      `${apply ? "with" : "without"} ${name}`
    );
    const inOrder = this.#inOrder(rows);
    return {
      ok: true,
      name: [of.name, ...words].join(" "),
      kernel: this.#records(inOrder),
      madeFrom: of.madeFrom,
      rows: inOrder,
      notes: of.notes,
    };
  }

  distinctKernels(): readonly string[] {
    let before: string | undefined;
    return allSeries().filter((series) => {
      const rows = this.#releaseRows(series);
      const changed = rows !== before;
      before = rows;
      return changed;
    }).map((series) => `linux-${series}`);
  }

  distinctStablePoints(): readonly string[] {
    const points = this.changes().flatMap(({ stable }) =>
      stable.flatMap(({ since, with: read, gone }) =>
        [since, read, gone].filter((one) => one !== undefined)
      )
    );
    return [...new Set(points)].toSorted(compareVersions).map((point) =>
      `linux-${point}`
    );
  }

  namedKernels(): readonly string[] {
    return Object.keys(this.#data.named);
  }

  codeOf(base: string): string | undefined {
    const { named } = this.#data;
    if (Object.hasOwn(named, base)) {
      const { code, release } = named[base];
      return code ?? release;
    }
    const release = parseRelease(base);
    return release && releaseText(release);
  }

  #inOrder(rows: ReadonlySet<string>): readonly string[] {
    return this.changes().map(({ name }) => name).filter((name) =>
      rows.has(name)
    );
  }

  /** Changes of a release, as one text. */
  #releaseRows(release: string): string {
    const found = this.kernelOf({ base: release });
    if (!found.ok) throw new RangeError(`${release}: ${found.reason}`);
    return found.rows.join(" ");
  }

  /** The changes of a base, before `with` and `without`. */
  #base(base: string): Base | NoKernel {
    const { named, lastRead } = this.#data;
    if (Object.hasOwn(named, base)) return this.#namedBase(base);
    const release = parseRelease(base);
    const [first, last] = KNOWN_RANGE;
    const range = [`linux-${first}`, `linux-${last}`];
    if (release === undefined) {
      return no(`there is no kernel ${base}`, [
        ...range,
        ...Object.keys(named),
      ]);
    }
    const { series } = release;
    if (!allSeries().includes(series)) {
      const isOutside = compareVersions(series, first) < 0 ||
        compareVersions(series, last) > 0;
      return no(
        isOutside
          ? `${series} is outside of the known range, ${first} to ${last}`
          : `there was no release ${series}`,
        range,
      );
    }
    const end = lastPoint(series);
    if (end !== undefined && release.point > end) {
      return no(
        `there was no release ${
          releaseText(release)
        }: ${series} ended with ${series}.${end}`,
        [`linux-${series}.${end}`],
      );
    }
    return {
      name: `linux-${releaseText(release)}`,
      madeFrom: release.point === 0 ? undefined : `linux-${series}`,
      ...rowsOf(this.changes(), release, lastRead),
    };
  }

  #namedBase(name: string): Base {
    const { named, lastRead } = this.#data;
    const { release, rows: own = [], note } = named[name];
    const from = parseRelease(release)!;
    const { rows } = rowsOf(this.changes(), from, lastRead);
    const backports = this.changes().filter(({ distributions }) =>
      distributions?.includes(name)
    );
    return {
      name,
      madeFrom: `linux-${from.series}`,
      rows: [...rows, ...backports.map((change) => change.name), ...own],
      notes: note === undefined ? [] : [note],
    };
  }

  /** Adds to `choices` what a text means, or says why it means nothing. */
  #choose(
    text: string,
    { apply, of, choices }: {
      readonly apply: boolean;
      readonly of: Base;
      readonly choices: Choice[];
    },
  ): NoKernel | undefined {
    const found = findRows(this.changes(), text);
    if (found.length === 0) {
      return no(
        `there is no change ${text}`,
        this.changes().map(({ name }) => name),
      );
    }
    for (const { name } of found) {
      if (of.rows.includes(name) === apply) {
        return no(
          apply
            ? `${name} is in ${of.name} already`
            : `${name} is not in ${of.name}`,
        );
      }
      if (choices.some((choice) => choice.name === name)) {
        return no(`${name} is named twice`);
      }
      choices.push({ name, apply });
    }
    return undefined;
  }

  /** Why a choice makes no difference: neither to the base, nor to what all choices give. */
  #idle(
    choices: readonly Choice[],
    of: Base,
    rows: ReadonlySet<string>,
  ): string | undefined {
    const matters = (name: string, among: Iterable<string>): boolean => {
      const [has, without] = [new Set(among).add(name), new Set(among)];
      without.delete(name);
      const [a, b] = [has, without].map((rows) =>
        this.#records(this.#inOrder(rows))
      );
      return Object.keys(a).some((vendor) =>
        !sameRecord(a[vendor as V], b[vendor as V])
      );
    };
    const idle = choices.find(({ name }) =>
      !matters(name, of.rows) && !matters(name, rows)
    );
    if (idle === undefined) return undefined;
    const touched = fieldsOf(
      this.changes().find(({ name }) => name === idle.name)!,
    );
    const instead = this.changes().findLast((change) =>
      change.name !== idle.name && rows.has(change.name) &&
      fieldsOf(change).some((field) => touched.includes(field))
    );
    const why = instead === undefined
      ? ""
      : `: ${instead.name} has taken its place`;
    return `${idle.name} makes no difference to ${of.name}${why}`;
  }

  /** The records with changes, in the order of the table, folded once. */
  #records(inOrder: readonly string[]): Readonly<Record<V, K>> {
    const key = inOrder.join(" ");
    const known = this.#folded.get(key);
    if (known !== undefined) return known;
    const rows = new Set(inOrder);
    const vendors = Object.keys(this.#data.bases) as V[];
    const records = Object.fromEntries(
      vendors.map((vendor) => [
        vendor,
        foldRecord(this.changes(), this.#data.bases[vendor], vendor, rows),
      ]),
    ) as Record<V, K>;
    this.#folded.set(key, records);
    return records;
  }
}

/** A history. Nothing is folded before it is asked for. */
export function historyOf<K extends object, V extends string>(
  data: HistoryData<K, V>,
): History<K, V> {
  return new KernelHistory(data);
}
