/**
 * What is looked at, as the fragment of the page's address: `#2.0.7` is the run 0 of scenario 2 at its step 7, `#2.0+1.7`
 * the runs 0 and 1 side by side, `#matrix` all runs.
 *
 * @module
 */
import type { ReportJson } from "../report/document.ts";

/** What is looked at. */
export type Place =
  | { readonly kind: "matrix" }
  | {
    readonly kind: "run";
    readonly group: number;
    /** One run, or two that are compared. */
    readonly runs: readonly number[];
    /** The step to begin with if undefined. */
    readonly step: number | undefined;
  };

/** The place as a fragment, without `#`. */
export function placeText(place: Place): string {
  if (place.kind === "matrix") return "matrix";
  const { group, runs, step } = place;
  return [
    `${group}`,
    runs.join("+"),
    ...(step === undefined ? [] : [`${step}`]),
  ]
    .join(".");
}

/** The place that a fragment names; undefined if it names none of the document. */
export function placeOf(
  fragment: string,
  { groups }: ReportJson,
): Place | undefined {
  if (fragment === "matrix") return { kind: "matrix" };
  const match = /^(\d{1,6})\.(\d{1,4})(?:\+(\d{1,4}))?(?:\.(\d{1,6}))?$/.exec(
    fragment,
  );
  if (match === null) return undefined;
  const [group, a, b, step] = match.slice(1).map((text) =>
    text === undefined ? undefined : Number(text)
  );
  const runs = b === undefined ? [a!] : [a!, b];
  const known = groups[group!]?.runs;
  if (!runs.every((run) => known?.[run] !== undefined)) return undefined;
  return { kind: "run", group: group!, runs, step };
}

/** What a report begins with: what was found, the matrix of several kernels, or the first scenario that failed. */
export function firstPlace({ groups, findings }: ReportJson): Place {
  const [finding] = findings;
  if (finding !== undefined) {
    const { group, compared } = finding;
    return { kind: "run", group, runs: compared, step: undefined };
  }
  if (groups.some(({ runs }) => runs.length > 1) || groups.length > 1) {
    return { kind: "matrix" };
  }
  return { kind: "run", group: 0, runs: [0], step: undefined };
}
