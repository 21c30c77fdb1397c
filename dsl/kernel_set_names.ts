/**
 * Sets of kernels that have a name.
 *
 * @module
 */

/** What each is. */
export const KERNEL_SETS = {
  lts: "the first release of each series with long-term support",
  changes: "the first release of each distinct behaviour",
  all:
    "those of changes, and all that dregs profiles lists by name: authors', distributions' and described ones",
} as const;
