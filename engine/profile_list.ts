/**
 * The kernels of one architecture: those that are listed by name, to which others can be added, and releases with
 * their changes.
 *
 * @module
 */
import type {
  ChangeInfo,
  KernelAnswer,
  KernelInfo,
  ProfileInfo,
} from "./architecture.ts";
import { BARE } from "./bare/kernel.ts";
import { allSeries, findRows, parseRelease } from "./history_fold.ts";
import type {
  FoundKernel,
  History,
  KernelResult,
  KernelSpec,
} from "./history_kernels.ts";
import {
  CHOICES,
  type KernelWords,
  rowText,
  splitKernel,
} from "./kernel_text.ts";

/** What a text can name: a word of the language, not one that follows a kernel. */
const NAME = /^[a-z_]\w*(?:-\w+(?:\.\d\w*)*)*$/i;

/** What a profile's options change, of a record: by name, by value; the default value first. */
export type ProfileOptions<Kernel> = Readonly<
  Record<string, Readonly<Record<string, Partial<Kernel>>>>
>;

/** What every architecture's profile says. */
export interface ProfileHead<Kernel> {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Where its behaviour is read or recorded. */
  readonly source: string;
  /** The release whose code it is, or is nearest to, where it is not made of changes: `2.6.30`. */
  readonly code?: string;
  /** Options of its own. */
  readonly options?: ProfileOptions<Kernel>;
}

/** A listed kernel whose record its history folds when it is first asked for. */
export interface FoldedHead extends ProfileHead<unknown> {
  readonly isFolded: true;
  /** What the fold gives, where that is written out. */
  readonly kept?: () => FoundKernel<object>;
}

/** A listed kernel of history; of one that is often used what the fold gives. */
export function folded(
  name: string,
  head: Omit<ProfileHead<unknown>, "name">,
  kept?: () => FoundKernel<object>,
): FoldedHead {
  return { ...head, name, isFolded: true, ...(kept && { kept }) };
}

/** A record with what chosen options change; those that are not chosen have their first value. */
export function withOptions<Kernel>(
  kernel: Kernel,
  options: ProfileOptions<Kernel> | undefined,
  chosen: Readonly<Record<string, string>>,
): Kernel {
  return Object.entries(options ?? {}).reduce(
    (changed, [name, values]) => ({
      ...changed,
      ...values[chosen[name] ?? Object.keys(values)[0]],
    }),
    kernel,
  );
}

/** What a list asks of an architecture's history. A found kernel is spread into its profile. */
export interface ListHistory extends
  Pick<
    History<object, string>,
    "changes" | "distinctKernels" | "namedKernels" | "codeOf"
  > {
  /** A kernel by its release and changes. */
  kernelOf(spec: KernelSpec): KernelResult<object>;
}

/** An architecture without rows of history: it has its listed kernels. */
export const NO_HISTORY: ListHistory = {
  changes: () => [],
  distinctKernels: () => [],
  namedKernels: () => [],
  codeOf: () => undefined,
  kernelOf: ({ base }) => ({
    ok: false,
    reason: `there is no kernel ${base}`,
  }),
};

/** A listed kernel's own release: `linux-6.12`. */
const MAINLINE = /^linux-(\d+\.\d+)$/;

/** Texts whose answers are kept; a session names a few. */
const ANSWERS_MAX = 1000;

/** Profiles, oldest first; those added come last. */
export class ProfileList<Profile extends ProfileHead<unknown>> {
  readonly #vendors: readonly string[];
  readonly #history: ListHistory;
  readonly #profiles: (Profile | FoldedHead)[] = [];
  readonly #infos: KernelInfo[] = [];
  #changes: readonly ChangeInfo[] | undefined;
  readonly #answers = new Map<string, KernelAnswer>();
  readonly #made = new Map<string, Profile>();

  /**
   * @param vendors that each of them can be run for, the default first
   * @param history of the architecture
   */
  constructor(
    profiles: readonly (Profile | FoldedHead)[],
    vendors: readonly string[],
    history: ListHistory = NO_HISTORY,
  ) {
    this.#vendors = vendors;
    this.#history = history;
    for (const profile of profiles) this.#append(profile);
  }

  /** All listed profiles; follows what is added and removed. */
  get all(): readonly ProfileHead<unknown>[] {
    return this.#profiles;
  }

  /** The same, for lists and checks. */
  get infos(): readonly ProfileInfo[] {
    return this.#infos;
  }

  /** The rows of history, for lists. */
  get changes(): readonly ChangeInfo[] {
    return this.#changes ??= this.#history.changes().map(
      ({ fields, ...change }) => ({
        ...change,
        vendors: Object.keys(fields).filter((name) =>
          this.#vendors.includes(name)
        ),
        touches: Object.fromEntries(
          Object.entries(fields).map(([vendor, { after }]) => [
            vendor,
            Object.keys(after),
          ]),
        ),
      }),
    );
  }

  /** The mainline releases at which behaviour changes; without a history those that are listed. */
  distinctKernels(): readonly string[] {
    const distinct = this.#history.distinctKernels();
    return distinct.length > 0
      ? distinct
      : this.#profiles.map(({ name }) => name).filter((name) =>
        MAINLINE.test(name)
      );
  }

  /** Names of listed kernels, of releases at which behaviour changes, and of kernels that are no release. */
  names(): readonly string[] {
    return [
      ...new Set([
        ...this.#profiles.map(({ name }) => name),
        ...this.#history.distinctKernels(),
        ...this.#history.namedKernels(),
      ]),
    ];
  }

  /**
   * The profile of a name, or of a release with changes.
   *
   * @throws {RangeError} if there is none: a caller's bug
   */
  byName(name: string): Profile {
    const listed = this.#listed(name);
    if (listed !== undefined && !isFolded(listed)) return listed;
    const made = this.#made.get(name) ?? this.#make(name);
    keep(this.#made, name, made);
    return made;
  }

  #make(name: string): Profile {
    const answer = this.find(name);
    if (!answer.ok) throw new RangeError(`${name}: ${answer.reason}`);
    const { info } = answer;
    const listed = this.#listed(info.name);
    if (listed !== undefined && !isFolded(listed)) return listed;
    const words = splitKernel(info.name);
    const found = "base" in words &&
      (listed?.kept?.() ?? this.#history.kernelOf(words));
    if (!found || !found.ok) throw new RangeError(`${name} is not folded`);
    const { about, source } = info;
    const options = this.#listed(words.base)?.options;
    // A history gives what a profile is besides its head.
    return {
      ...found.kernel,
      name: info.name,
      about,
      source,
      ...(options && { options }),
    } as unknown as Profile;
  }

  #listed(name: string): Profile | FoldedHead | undefined {
    return this.#profiles.find((one) => one.name === name);
  }

  /** The kernel of a text, or why there is none. Answers are kept: the same text is the same object. */
  find(text: string): KernelAnswer {
    const key = text.trim().replace(/\s+/g, " ");
    const answer = this.#answers.get(key) ?? this.#find(key);
    keep(this.#answers, key, answer);
    return answer;
  }

  #find(text: string): KernelAnswer {
    const listed = this.#infos.find((info) => info.name === text);
    if (listed !== undefined) return { ok: true, info: listed };
    const words = splitKernel(text);
    if ("reason" in words) {
      const { expected } = words;
      return {
        ...words,
        ok: false,
        expected: expected ? [...this.#vendors, ...expected] : [],
      };
    }
    const found = this.#history.kernelOf(words);
    if (!found.ok) return this.#none(text, words, found.expected ?? []);
    const known = this.#infos.find(({ name }) => name === found.name);
    return { ok: true, info: known ?? this.#infoOf(found, words) };
  }

  /** Which part of a text is wrong, and what is said of it. */
  #none(
    text: string,
    words: KernelWords,
    expected: readonly string[],
  ): KernelAnswer {
    const { base, with: applied, without: reverted } = words;
    const picked = [...applied, ...reverted];
    const no = (
      wrong: string,
      reason: string,
      instead: readonly string[] = [],
    ): KernelAnswer => ({ ok: false, reason, wrong, expected: instead });
    const ofBase = this.#history.kernelOf({ base });
    const isListed = this.#listed(base) !== undefined;
    if (!ofBase.ok) {
      return isListed
        ? no(picked[0], `${base} is not made of changes`)
        : no(base, ofBase.reason, [
          ...new Set([
            ...this.#infos.map(({ name }) => name),
            ...expected,
            ...releasesNear(base),
          ]),
        ]);
    }
    const names = (rows: readonly string[]): string[] =>
      rows.flatMap((row) => findRows(this.#history.changes(), row)).map((
        { name },
      ) => name);
    const both = names(applied).find((name) => names(reverted).includes(name));
    if (both !== undefined) {
      return no(text, `${both} is both applied and reverted`);
    }
    for (const [rows, apply] of [[applied, true], [reverted, false]] as const) {
      for (const row of rows) {
        const alone = apply ? { with: [row] } : { without: [row] };
        const found = this.#history.kernelOf({ base, ...alone });
        if (found.ok) continue;
        const own = names([row]);
        if (own.length === 0) {
          return no(row, rowText(row), this.changes.map(({ name }) => name));
        }
        if (own.some((name) => ofBase.rows.includes(name) === apply)) {
          return no(row, found.reason);
        }
      }
    }
    const whole = this.#history.kernelOf(words);
    return no(text, whole.ok ? "" : whole.reason);
  }

  #infoOf(
    { name, madeFrom, rows, notes }: FoundKernel<unknown>,
    { base, with: applied, without: reverted }: KernelWords,
  ): KernelInfo {
    const release = parseRelease(base);
    const isPicked = applied.length + reverted.length > 0;
    const series = release?.series;
    const isMainline = !isPicked && series !== undefined &&
      sameRows(rows, this.#history.kernelOf({ base: series }));
    const total = this.#history.changes().length;
    return {
      name,
      about: `${rows.length} of ${total} changes to Linux 4.4.1`,
      source: "the changes of KVM that `dregs history` lists",
      vendors: this.#vendors,
      options: optionsOf(this.#listed(base)?.options),
      release: isMainline ? series : undefined,
      code: this.#history.codeOf(base),
      madeFrom,
      rows,
      notes,
    };
  }

  /**
   * Adds a profile.
   *
   * @returns removes it again
   * @throws {RangeError} if there is one of that name, releases included, or a text cannot name it
   */
  add(profile: Profile | FoldedHead): () => void {
    const { name } = profile;
    if (!NAME.test(name) || CHOICES.some((word) => word === name)) {
      throw new RangeError(
        `${name} is no name of a kernel: a word as linux-5.4.120`,
      );
    }
    if (name === BARE || this.find(name).ok) {
      throw new RangeError(`There is a kernel ${name} already`);
    }
    return this.#append(profile);
  }

  /** @returns removes it again */
  #append(profile: Profile | FoldedHead): () => void {
    this.#forget();
    this.#profiles.push(profile);
    this.#infos.push(this.#infoOfListed(profile));
    return () => {
      const at = this.#profiles.indexOf(profile);
      if (at < 0) return;
      this.#forget();
      this.#profiles.splice(at, 1);
      this.#infos.splice(at, 1);
    };
  }

  #forget(): void {
    this.#answers.clear();
    this.#made.clear();
  }

  #infoOfListed(profile: ProfileHead<unknown> | FoldedHead): KernelInfo {
    const { name, about, source, code, options } = profile;
    const history = this.#history;
    const kept = isFolded(profile) ? profile.kept : undefined;
    let answer: KernelResult<object> | undefined;
    const found = (): KernelResult<object> =>
      answer ??= kept?.() ?? history.kernelOf({ base: name });
    return {
      name,
      about,
      source,
      vendors: this.#vendors,
      options: optionsOf(options),
      release: MAINLINE.exec(name)?.[1],
      code: code ?? history.codeOf(name),
      // Nothing is folded before it is asked for.
      get madeFrom(): string | undefined {
        const kernel = found();
        return kernel.ok ? kernel.madeFrom : undefined;
      },
      get rows(): readonly string[] | undefined {
        const kernel = found();
        return kernel.ok ? kernel.rows : undefined;
      },
      get notes(): readonly string[] {
        const kernel = found();
        return kernel.ok ? kernel.notes : [];
      },
    };
  }
}

function isFolded(
  profile: ProfileHead<unknown> | FoldedHead,
): profile is FoldedHead {
  return "isFolded" in profile;
}

/** Keeps a value, and not too many. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= ANSWERS_MAX) map.clear();
  map.set(key, value);
}

/** Names of options, each with its values. */
function optionsOf(
  options: ProfileOptions<unknown> | undefined,
): ProfileInfo["options"] {
  return Object.fromEntries(
    Object.entries(options ?? {}).map(([option, values]) => [
      option,
      Object.keys(values),
    ]),
  );
}

function sameRows(
  rows: readonly string[],
  other: KernelResult<object>,
): boolean {
  return other.ok && other.rows.join(" ") === rows.join(" ");
}

/** What a misspelt release may have been meant to be: the release that it begins with, or one of the same length. */
function releasesNear(text: string): readonly string[] {
  const begins = /^linux-(\d+\.\d+)(?:\.\d+)?/.exec(text);
  const known = begins && allSeries().includes(begins[1]);
  if (known) return [begins[0]];
  return /^linux/.test(text) ? allSeries().map((one) => `linux-${one}`) : [];
}
