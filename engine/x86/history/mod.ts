/**
 * The kernels of x86: a version is 4.4.1 and the changes that it has. Records are folded when they are asked for.
 *
 * @module
 */
import {
  allSeries,
  compareVersions,
  conflict,
  findRows,
  type Folded,
  foldRecord,
  KNOWN_RANGE,
  ordered,
  parseRelease,
  releaseText,
  rowsOf,
} from "../../history_fold.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { DISTRIBUTIONS, RELEASES_WITH } from "../profiles/named.ts";
import { BASE_SVM, BASE_VMX } from "./base.ts";
import { DELIVERY } from "./delivery.ts";
import { EMULATOR } from "./emulator.ts";
import { INTERFACES } from "./interfaces.ts";
import type { X86Change } from "./row.ts";
import { STEPPING } from "./stepping.ts";
import { SWITCHING } from "./switching.ts";
import { LAST_READ } from "./trees.ts";

export { compareVersions } from "../../history_fold.ts";
export { X86_HIDDEN } from "./hidden.ts";

/** A kernel for both vendors. */
export type X86Kernels = Readonly<Record<Vendor, X86Kernel>>;

/** Which kernel is asked for. */
export interface KernelSpec {
  /** `linux-5.4.120`, `5.4`, `rhel-8.5`, or the name of an author's kernel. */
  readonly base: string;
  /** Changes to apply, by name or commit hash. */
  readonly with?: readonly string[];
  /** Changes to revert. */
  readonly without?: readonly string[];
}

/** The kernel, or why there is none. */
export type KernelResult =
  | {
    readonly ok: true;
    /** Its name in one spelling: `linux-5.4.120 with root-cause-fix`. */
    readonly name: string;
    /** Its behaviour. */
    readonly kernel: X86Kernels;
    /** Names of the changes that it has over 4.4.1. */
    readonly rows: readonly string[];
    /** At most one: what is not from a tree that was read. */
    readonly notes: readonly string[];
  }
  | {
    readonly ok: false;
    /** A phrase. */
    readonly reason: string;
    /** What could have been there. */
    readonly expected?: readonly string[];
  };

/** A release's age for the order of the table; what no release has comes with the one that it was written for. */
function age({ since }: X86Change): string {
  return since ?? "4.5";
}

let table: readonly X86Change[] | undefined;

/** All changes, oldest first; a change comes after those that it needs. */
export function changes(): readonly X86Change[] {
  table ??= ordered(
    [...SWITCHING, ...STEPPING, ...DELIVERY, ...EMULATOR, ...INTERFACES]
      .toSorted((a, b) => compareVersions(age(a), age(b))),
  );
  return table;
}

/** The changes of a base, before `with` and `without`. */
function rowsOfBase(
  base: string,
): (Folded & { readonly name: string }) | KernelResult & { ok: false } {
  const special = RELEASES_WITH[base];
  if (special !== undefined) {
    const rows = rowsOfBase(special.release);
    return "ok" in rows
      ? rows
      : { name: base, rows: [...rows.rows, special.row], notes: rows.notes };
  }
  if (Object.hasOwn(DISTRIBUTIONS, base)) {
    const { rows } = rowsOf(
      changes(),
      parseRelease(DISTRIBUTIONS[base])!,
      LAST_READ,
    );
    const backports = changes().filter(({ distributions }) =>
      distributions?.includes(base)
    ).map(({ name }) => name);
    return { name: base, rows: [...rows, ...backports], notes: [] };
  }
  const release = parseRelease(base);
  const [first, last] = KNOWN_RANGE;
  const range = [`linux-${first}`, `linux-${last}`];
  if (release === undefined) {
    return {
      ok: false,
      reason: `there is no kernel ${base}`,
      expected: [
        ...range,
        ...Object.keys(RELEASES_WITH),
        ...Object.keys(DISTRIBUTIONS),
      ],
    };
  }
  if (!allSeries().includes(release.series)) {
    const { series } = release;
    const isOutside = compareVersions(series, first) < 0 ||
      compareVersions(series, last) > 0;
    return {
      ok: false,
      reason: isOutside
        ? `${series} is outside of the known range, ${first} to ${last}`
        : `there was no release ${series}`,
      expected: range,
    };
  }
  return {
    name: `linux-${releaseText(release)}`,
    ...rowsOf(changes(), release, LAST_READ),
  };
}

/** Applies or reverts one. @returns the reason if that makes no sense */
function choose(
  rows: Set<string>,
  text: string,
  apply: boolean,
  base: string,
): (KernelResult & { ok: false }) | readonly string[] {
  const found = findRows(changes(), text);
  if (found.length === 0) {
    return {
      ok: false,
      reason: `there is no change ${text}`,
      expected: changes().map(({ name }) => name),
    };
  }
  const names = found.map(({ name }) => name);
  for (const name of names) {
    if (rows.has(name) === apply) {
      return {
        ok: false,
        reason: `${name} is ${apply ? "in" : "not in"} ${base}${
          apply ? " already" : ""
        }`,
      };
    }
    if (apply) rows.add(name);
    else rows.delete(name);
  }
  return names;
}

const folded = new Map<string, X86Kernels>();

/** The record of a set of changes, folded once. */
function kernelsOf(rows: ReadonlySet<string>): X86Kernels {
  const names = changes().map(({ name }) => name).filter((name) =>
    rows.has(name)
  );
  const key = names.join(" ");
  const known = folded.get(key);
  if (known !== undefined) return known;
  const kernels = {
    vmx: foldRecord(changes(), BASE_VMX, "vmx", rows),
    svm: foldRecord(changes(), BASE_SVM, "svm", rows),
  };
  folded.set(key, kernels);
  return kernels;
}

/**
 * A kernel.
 *
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * const found = kernelOf({ base: "linux-4.4", with: ["root-cause-fix"] });
 * assert(found.ok);
 * assertEquals(found.rows, ["root-cause-fix"]);
 * ```
 */
export function kernelOf(spec: KernelSpec): KernelResult {
  const { base, with: applied = [], without: reverted = [] } = spec;
  const of = rowsOfBase(base);
  if ("ok" in of) return of;
  const rows = new Set(of.rows);
  const words = [of.name];
  for (const [texts, apply] of [[applied, true], [reverted, false]] as const) {
    for (const text of texts) {
      const chosen = choose(rows, text, apply, of.name);
      if ("ok" in chosen) return chosen;
      words.push(
        ...chosen.map((name) => `${apply ? "with" : "without"} ${name}`),
      );
    }
  }
  const reason = conflict(changes(), rows);
  if (reason !== undefined) return { ok: false, reason };
  return {
    ok: true,
    name: words.join(" "),
    kernel: kernelsOf(rows),
    rows: changes().map(({ name }) => name).filter((name) => rows.has(name)),
    notes: of.notes,
  };
}

/** Changes of a release, as one text. */
function rowsText(release: string): string {
  const found = kernelOf({ base: release });
  if (!found.ok) throw new RangeError(`${release}: ${found.reason}`);
  return found.rows.join(" ");
}

/** The mainline releases at which behaviour changes, oldest first: `linux-4.4`, `linux-4.6` … */
export function distinctKernels(): readonly string[] {
  let before: string | undefined;
  return allSeries().filter((series) => {
    const rows = rowsText(series);
    const changed = rows !== before;
    before = rows;
    return changed;
  }).map((series) => `linux-${series}`);
}

/** The stable point releases at which a row says that behaviour changes, oldest first: `linux-4.4.11` … */
export function distinctStablePoints(): readonly string[] {
  const points = changes().flatMap(({ stable }) =>
    stable.flatMap(({ since, with: read, gone }) =>
      [since, read, gone].filter((one) => one !== undefined)
    )
  );
  return [...new Set(points)].toSorted(compareVersions).map((point) =>
    `linux-${point}`
  );
}

/** Names of the kernels that are no release: authors' and distributions'. */
export function namedKernels(): readonly string[] {
  return [...Object.keys(RELEASES_WITH), ...Object.keys(DISTRIBUTIONS)];
}
