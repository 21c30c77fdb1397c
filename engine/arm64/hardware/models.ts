/**
 * Hardware models: what a CPU does where it is not just the architecture, as data with reasons.
 *
 * @module
 */

/** Bits that a register keeps when software writes it, as two words. */
export interface KeptBits {
  readonly lo: number;
  readonly hi: number;
}

/** One CPU. KVM's rules never look at it, but for what KVM itself reads from the CPU. */
export interface HardwareModel {
  readonly name: string;
  readonly about: string;
  /** KVM runs at EL2 with VHE on it. Rule arm64:E.1.7. */
  readonly vhe: boolean;
  readonly kept: {
    readonly bcr: KeptBits;
    readonly bvr: KeptBits;
    readonly wcr: KeptBits;
    readonly wvr: KeptBits;
    readonly mdscr: KeptBits;
  };
}
