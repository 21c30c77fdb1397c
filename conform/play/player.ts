/**
 * What playing a case needs from one architecture.
 *
 * @module
 */
import type { StepReader } from "../step_reader.ts";
import type { Fields } from "./results.ts";

/** Performs the steps of a case. */
export interface CasePlayer {
  /** By `op`: does the step, and gives what a recorder adds to it. */
  readonly steps: Readonly<Record<string, (reader: StepReader) => Fields>>;
}
