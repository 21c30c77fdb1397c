/**
 * What a running search reports to its caller, and what the caller answers.
 *
 * @module
 */

/** What several threads are to do; it can be cloned, and is theirs to read. */
export interface Job {
  /** A search of states, or random schedules. */
  readonly kind: "search" | "walk";
  /** By what threads wait for each other. */
  readonly control: SharedArrayBuffer;
}

/** Where a search is. */
export interface Progress {
  /** States that were visited. */
  readonly states: number;
  /** Transitions between them. */
  readonly transitions: number;
  /** States that were reached and not expanded yet. */
  readonly frontier: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** Bytes in use. */
  readonly bytes: number;
  /** Makes what several threads may do from here on, instead of this one. */
  readonly job?: () => Job;
}

/**
 * What a search gets when it has said where it is: to stop, or that threads have done the job that came with
 * it. Anything else lets it go on.
 */
export type Answer = "stop" | "worked" | undefined;
