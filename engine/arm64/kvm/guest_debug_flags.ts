/**
 * Control flags of KVM_SET_GUEST_DEBUG on arm64.
 *
 * @module
 */

/** The flags, by the kernel's names without their prefix. Rule arm64:B2. */
export const GUESTDBG = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x10000,
  USE_HW: 0x20000,
} as const;

/** All flags that arm64 accepts. */
export const GUESTDBG_VALID: number = GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP |
  GUESTDBG.USE_SW_BP | GUESTDBG.USE_HW;
