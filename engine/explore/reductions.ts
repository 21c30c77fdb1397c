/**
 * What makes a search smaller.
 *
 * @module
 */

/** What makes the search smaller; each can be switched off. */
export interface Reductions {
  /** States that differ in the numbering of vCPUs and CPUs, and the names of addresses, count once. */
  readonly symmetry: boolean;
  /** The same of breakpoint slots that programs and rules do not tell apart. */
  readonly slots: boolean;
  /** From vcpu_load to vcpu_put is one step: meanwhile only the vCPU uses its CPU. */
  readonly transactions: boolean;
  /** Each vCPU against everything that a CPU can hold, before states are searched. */
  readonly pairs: boolean;
  /** What no later step reads is cleared. */
  readonly rest: boolean;
}

/** None of them. */
export const NO_REDUCTIONS: Reductions = {
  symmetry: false,
  slots: false,
  transactions: false,
  pairs: false,
  rest: false,
};

/** All of them. */
export const ALL_REDUCTIONS: Reductions = {
  symmetry: true,
  slots: true,
  transactions: true,
  pairs: true,
  rest: true,
};
