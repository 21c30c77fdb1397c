/**
 * Control flags of KVM_SET_GUEST_DEBUG on x86.
 *
 * @module
 */

/** Bits of KVM_SET_GUEST_DEBUG's control word. Rule x86:D/9. */
export const GUESTDBG = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x1_0000,
  USE_HW_BP: 0x2_0000,
  INJECT_DB: 0x4_0000,
  INJECT_BP: 0x8_0000,
  BLOCKIRQ: 0x10_0000,
} as const;
