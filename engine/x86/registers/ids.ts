/**
 * Register numbers of the x86 model: small integers that rules compare.
 *
 * @module
 */

/** Ids of the registers. A debug register's id is its number. */
export const REG = {
  DR0: 0,
  DR1: 1,
  DR2: 2,
  DR3: 3,
  DR4: 4,
  DR5: 5,
  DR6: 6,
  DR7: 7,
  RFLAGS: 8,
  CR4: 9,
  DEBUGREGS: 10,
  VCPU_EVENTS: 11,
  DEBUGCTL: 12,
} as const;

/** Name of a register. */
export type X86RegisterName = keyof typeof REG;

/** Number of address registers, DR0 to DR3. */
export const SLOTS = 4;
