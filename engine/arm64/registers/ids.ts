/**
 * Register numbers of the arm64 model: small integers that rules compare, and the names that people read.
 *
 * @module
 */

/** Kinds of numbered register, in the order of `kvm_guest_debug_arch`. */
export const KIND = { bcr: 0, bvr: 1, wcr: 2, wvr: 3 } as const;

/** A kind of numbered register. */
export type Kind = typeof KIND[keyof typeof KIND];

/** First id that is not a numbered breakpoint or watchpoint register. */
export const NUMBERED_MAX = 64;

/** Ids of the registers that exist once. A numbered register's id is `kind << 4 | number`. */
export const REG = {
  MDSCR_EL1: 64,
  MDCCINT_EL1: 65,
  OSLAR_EL1: 66,
  OSLSR_EL1: 67,
  OSDLR_EL1: 68,
  OSDTRRX_EL1: 69,
  OSDTRTX_EL1: 70,
  OSECCR_EL1: 71,
  MDRAR_EL1: 72,
  DBGPRCR_EL1: 73,
  DBGCLAIMSET_EL1: 74,
  DBGCLAIMCLR_EL1: 75,
  DBGAUTHSTATUS_EL1: 76,
  MDCCSR_EL0: 77,
  DBGDTR_EL0: 78,
  DBGDTRRX_EL0: 79,
  DBGDTRTX_EL0: 80,
  DBGVCR32_EL2: 81,
  ID_AA64DFR0_EL1: 82,
  ID_AA64DFR1_EL1: 83,
  CONTEXTIDR_EL1: 84,
  CONTEXTIDR_EL2: 85,
  MDCR_EL2: 86,
  MDSELR_EL1: 87,
  PSTATE: 88,
  ID_DFR0_EL1: 89,
} as const;

/** Name of a register that exists once. */
export type SingleRegister = keyof typeof REG;

/** Id of a numbered register. */
export function numberedId(kind: Kind, number: number): number {
  return kind << 4 | number;
}
