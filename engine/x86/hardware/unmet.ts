/**
 * Conditions of breakpoints and steps, as numbers: what a match returns that failed, and 0 if it matched.
 *
 * @module
 */

/** Conditions that may not be met, in the order in which they are looked at. */
export const UNMET = {
  none: 0,
  /** Neither Ln nor Gn of DR7 is 1. */
  enable: 1,
  /** R/Wn has no such access. */
  type: 2,
  /** R/Wn is I/O, and CR4.DE is 0. */
  ioEnable: 3,
  /** The address, or the bytes that LENn gives, are others. */
  address: 4,
  /** The address is not canonical. */
  canonical: 5,
  /** RFLAGS.RF is 1. */
  resumeFlag: 6,
  /** The shadow of MOV SS. */
  shadow: 7,
  /** The access leaves the guest before it is done. */
  exits: 8,
  /** RFLAGS.TF is 0. */
  trapFlag: 9,
  /** The transaction that it is in is aborted instead. */
  transaction: 10,
  /** The CPU arms no breakpoint for a guest. */
  unarmed: 11,
  /** Another slot matches an earlier part of the access. */
  earlierPart: 12,
} as const;

/** One of `UNMET`. */
export type Unmet = typeof UNMET[keyof typeof UNMET];
