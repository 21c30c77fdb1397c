/**
 * The nearest valid word for a misspelt one.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";

/** Words longer than this are not compared: a misspelling of one letter is unlikely. */
const LENGTH_MAX = 40;

/** What the field calls a word of the language, in small letters. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  amd: "svm",
  "kvm-amd": "svm",
  kvm_amd: "svm",
  intel: "vmx",
  "kvm-intel": "vmx",
  kvm_intel: "vmx",
  hlt: "idle",
  fail_entry: "error",
  internal_error: "error",
};

/** The word of the language that another name stands for; undefined if it is none of the candidates. */
function meant(
  word: string,
  candidates: readonly string[],
): string | undefined {
  const key = word.toLowerCase().replace(/^kvm_exit_/, "");
  const own = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : key;
  return own !== word && candidates.includes(own) ? own : undefined;
}

/** How many letters may differ: one of a short word, a third of a longer one, three at most. */
function distanceMax(length: number): number {
  return length <= 3 ? 1 : Math.min(3, Math.floor((length + 1) / 3));
}

/** Whether two neighbouring letters have changed places, which counts as one mistake. */
function swapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] &&
    a.slice(at + 2) === b.slice(at + 2);
}

/**
 * The candidate nearest to a word, letter case aside.
 *
 * @returns undefined if none is near enough to be meant; of equally near ones the first
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  if (word.length > LENGTH_MAX) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = distanceMax(word.length) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const text = candidate.toLowerCase();
    const apart = swapped(wanted, text) ? 1 : distance(wanted, text);
    if (apart < bestDistance && apart < candidate.length) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/** `did you mean X?`, or undefined if nothing is near. */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  return suggestion(word, candidates).hint;
}

/** What a diagnostic suggests instead of what stands at its place; empty if it suggests nothing. */
export interface Suggestion {
  /** For people. */
  readonly hint?: string;
  /** What could stand there. */
  readonly suggestion?: string;
}

/** A word that was probably meant, as a diagnostic has it. */
export function suggested(word: string): Suggestion {
  return { hint: `did you mean \`${word}\`?`, suggestion: word };
}

/** The candidate nearest to a word, as a diagnostic has it. */
export function suggestion(
  word: string,
  candidates: Iterable<string>,
): Suggestion {
  const words = [...candidates];
  const near = meant(word, words) ?? nearest(word, words);
  return near === undefined || near === word ? {} : suggested(near);
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? words.join()
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
