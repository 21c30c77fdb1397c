/**
 * `--except NAME`: whether a search has met the failure that it names.
 *
 * @module
 */
import type { Document, Excepted, Verdict } from "./verdict.ts";

/** What became of each failure that was asked for by its name. */
export function exceptedIn(
  names: Iterable<string>,
  verdicts: readonly Verdict[],
): readonly Excepted[] {
  // What a search has not come to, it cannot have met.
  const isWhole = verdicts.length > 0 &&
    verdicts.every(({ outcome, choices, choicesDone }) =>
      outcome === "holds" && choices === choicesDone
    );
  return [...new Set(names)].map((name) => {
    const met = verdicts.some(({ known }) =>
      known.some((one) => one.name === name)
    );
    return { name, met: met || (isWhole ? false : null) };
  });
}

/** Names that documents have: those of the search that they are parts of. */
export function exceptedNames(documents: readonly Document[]): string[] {
  return documents.flatMap(({ except }) => except.map(({ name }) => name));
}

/** Warnings of those that no search met, each with its line end. */
export function exceptedText(excepted: readonly Excepted[]): string {
  return excepted.filter(({ met }) => met === false).map(({ name }) =>
    `dregs explore: warning[never-met]: \`--except ${name}\` goes past nothing: no search met this failure\n`
  ).join("");
}
