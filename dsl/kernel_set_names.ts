/**
 * Sets of kernels that have a name.
 *
 * @module
 */

/** What each is. */
export const KERNEL_SETS = {
  all: "all that are listed",
  lts: "the first release of each series with long-term support",
  changes: "one for each distinct behaviour",
} as const;
