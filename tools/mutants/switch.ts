/**
 * The switch that changed sources ask at run time: which mutant is on, and which ones were reached.
 *
 * @module
 */

/** No mutant is on. */
export const NONE = -1;

/** How many mutants one run may have. */
export const MOST_MUTANTS = 1 << 17;

/** A loop asks the clock once in so many calls. */
const CALLS_PER_LOOK = 4096;

/** A test runs longer than it may: an endless loop ends here. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** What the runner sets and reads. */
export const state = {
  on: NONE,
  /** 1 at the number of each mutant that was reached. */
  reached: new Uint8Array(MOST_MUTANTS),
  /** In milliseconds of `performance.now()`. */
  deadline: Infinity,
};

let calls = 0;

/** Whether a mutant is on. */
export function at(mutant: number): boolean {
  state.reached[mutant] = 1;
  calls = (calls + 1) % CALLS_PER_LOOK;
  if (calls === 0 && performance.now() > state.deadline) {
    throw new TooLong("the test does not end");
  }
  return state.on === mutant;
}
