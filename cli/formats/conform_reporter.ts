/**
 * What a format of `dregs conform` is: texts for each recording in order, so that nothing is kept.
 *
 * @module
 */
import type { Explanation, Replay } from "../../conform/mod.ts";
import { kernelWithVendor } from "../../engine/mod.ts";

/** A recording that could not be replayed to its end. */
export interface NotReplayed {
  /** Its name, as messages have it. */
  readonly source: string;
  /** The line at fault, from 1; undefined if the file could not be read. */
  readonly line: number | undefined;
  /** Why, in one line. */
  readonly message: string;
}

/** How all went. */
export interface ConformTally {
  agree: number;
  differ: number;
  notReplayed: number;
  /** Observations that were compared, of all recordings. */
  observations: number;
}

/** A format. Each function returns text to print, empty for nothing. */
export interface ConformReporter {
  begin(): string;
  /** @param why kernels that explain what differs */
  replayed(
    source: string,
    replay: Replay,
    why: readonly Explanation[],
  ): string;
  /** It was reported on standard error already. */
  notReplayed(what: NotReplayed): string;
  end(tally: ConformTally): string;
}

/** `linux-6.1 vmx` and what stood in for the CPU. */
export function kernelOf({ profile, vendor, model }: Replay): string {
  const kernel = kernelWithVendor(profile, vendor);
  return `${kernel} on ${model}`;
}

/** What a kernel explains, as a clause: `agrees with linux-6.1 svm without payload-at-injection`. */
export function explanationText({ kernel, agrees }: Explanation): string {
  return agrees
    ? `agrees with ${kernel}`
    : `the first step that differs agrees with ${kernel}`;
}
