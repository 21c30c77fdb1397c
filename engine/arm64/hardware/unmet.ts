/**
 * Conditions of debug exceptions, as numbers: what a match returns that failed, and 0 if it matched.
 *
 * @module
 */

/** Conditions that may not be met, in the order in which they are looked at. */
export const UNMET = {
  none: 0,

  // Of debug exceptions as a whole.
  /** MDSCR_EL1.MDE is 0. */
  monitorEnable: 1,
  osLock: 2,
  doubleLock: 3,
  /** MDSCR_EL1.KDE is 0, at the level that takes the exception. */
  kernelEnable: 4,
  /** PSTATE.D is 1, at the level that takes the exception. */
  masked: 5,
  /** MDSCR_EL1.SS is 0. */
  stepEnable: 6,

  // Of one breakpoint or watchpoint.
  /** E is 0. */
  enable: 7,
  /** BT is reserved. */
  reservedType: 8,
  /** BT compares a context, and the breakpoint is not context-aware. */
  contextAware: 9,
  /** BT is a linked context type, which never fires by itself. */
  linkedContext: 10,
  /** LSC does not have the direction. */
  direction: 11,
  address: 12,
  /** The bits above VA[48] alone. */
  signExtension: 13,
  byteSelect: 14,
  reservedMask: 15,
  context: 16,
  /** HMC, SSC and PMC or PAC are a combination that is not allocated. */
  reservedFilter: 17,
  /** The level is not selected. */
  level: 18,

  // Of what it links to.
  linkMissing: 19,
  linkEnable: 20,
  linkType: 21,
  linkContext: 22,

  /** On a bare machine beside a guest, of debug exceptions as a whole: userspace's guest debug takes them. */
  debugged: 23,
} as const;

/** One of `UNMET`. */
export type Unmet = typeof UNMET[keyof typeof UNMET];
