/**
 * A kernel as text: a release, and the changes that are applied to it and reverted.
 *
 * @module
 */
import type { KernelSpec } from "./history_kernels.ts";

/** The words of a kernel's text. */
export type KernelWords = Required<KernelSpec>;

/** What is wrong with a text that is no kernel's. */
export interface NoKernelWords {
  /** A phrase that names the wrong word. */
  readonly reason: string;
  /** The word. */
  readonly wrong: string;
  /** Words that can stand there; undefined where a name is missing. */
  readonly expected?: readonly string[];
}

/** A commit hash, long enough or not. */
const HASH = /^[0-9a-f]{1,40}$/i;

/** Fewest digits of a commit hash. */
export const HASH_MIN = 7;

/** Words that apply a change, and revert one. */
export const CHOICES = ["with", "without"] as const;

/**
 * Takes a kernel's text apart.
 *
 * @param text words with single spaces: `linux-4.4 with root-cause-fix`
 * @returns the words; or what is wrong
 */
export function splitKernel(
  text: string,
): KernelWords | NoKernelWords {
  const [base, ...rest] = text.split(" ");
  const chosen = { with: [] as string[], without: [] as string[] };
  for (let at = 0; at < rest.length; at += 2) {
    const word = CHOICES.find((one) => one === rest[at]);
    const row = rest.at(at + 1);
    if (word === undefined) {
      return {
        wrong: rest[at],
        reason: `unexpected ${rest[at]}`,
        expected: CHOICES,
      };
    }
    if (row === undefined) {
      return { wrong: word, reason: `${word} needs the name of a change` };
    }
    chosen[word].push(HASH.test(row) ? row.toLowerCase() : row);
  }
  return { base, ...chosen };
}

/** What is said of a change that is not there. */
export function rowText(row: string): string {
  return HASH.test(row) && /\d/.test(row)
    ? row.length < HASH_MIN
      ? `${row} is too short for a commit: ${HASH_MIN} digits or more`
      : `no change is commit ${row}`
    : `there is no change ${row}`;
}

/** A kernel with its vendor, which stands after the release: `linux-4.4 svm with root-cause-fix`. */
export function kernelWithVendor(
  profile: string,
  vendor: string | undefined,
): string {
  if (vendor === undefined) return profile;
  const at = profile.indexOf(" ");
  return at < 0
    ? `${profile} ${vendor}`
    : `${profile.slice(0, at)} ${vendor}${profile.slice(at)}`;
}
