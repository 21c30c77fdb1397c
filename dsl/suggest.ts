/**
 * The nearest valid word for a misspelt one.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";

/** Words longer than this are not compared: nobody mistypes them by a letter. */
const LENGTH_MAX = 40;

/** How many letters may differ: one of a short word, a third of a longer one, three at most. */
function distanceMax(length: number): number {
  return length <= 3 ? 1 : Math.min(3, Math.floor((length + 1) / 3));
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
    const apart = distance(wanted, candidate.toLowerCase());
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
  const word2 = nearest(word, candidates);
  return word2 === undefined || word2 === word
    ? undefined
    : `did you mean ${word2}?`;
}
