/**
 * KVM's own constants.
 *
 * @module
 */

/** Flags of `switch_db_regs`. Rule x86:C/1. */
export const SWITCH = {
  /** The effective DR7 enables something. */
  BP_ENABLED: 1,
  /** DR accesses do not exit until the next exit. */
  WONT_EXIT: 2,
  /** Load DR0 to DR3 at the next entry. */
  RELOAD: 4,
} as const;

/** Bits of DR7 that KVM stores. Rules x86:B/1, x86:D/1. */
export const DR7_VOLATILE = {
  from2008: 0xffff_23ff | 0,
  from2014: 0xffff_2bff | 0,
} as const;

/** Bits of DR6 that KVM stores, and those that it forces, without those that depend on the guest's CPUID. Rules x86:B/1, x86:D/1. */
export const DR6_BITS = {
  from2008: { volatile: 0x0000_e00f, fixed: 0xffff_0ff0 | 0 },
  from2014: { volatile: 0x0001_e00f, fixed: 0xfffe_0ff0 | 0 },
  from2021: { volatile: 0x0001_e80f, fixed: 0xfffe_07f0 | 0 },
} as const;
