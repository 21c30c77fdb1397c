/**
 * What a VMM saves of a VM, and how it puts it into another: the part that both architectures share.
 *
 * @module
 */
import type { Words } from "./word64.ts";

/** What the ioctls gave of one vCPU. */
export interface SavedVcpu {
  /**
   * The vCPU's block as it was. A restore takes of it what is in the guest's memory and where the program is, and
   * nothing that is KVM's.
   */
  readonly block: Words;
  /** What each ioctl gave, by names that the architecture chooses. */
  readonly given: ReadonlyMap<string, bigint>;
}

/** How VMMs save a vCPU and restore it, by frames of the architecture. */
export interface Saving<F> {
  /**
   * KVM_RUN must be called again before the vCPU can be saved: an access that userspace emulates is not complete.
   */
  isAccessPending(f: F): boolean;
  /**
   * The ioctls by which a VMM saves a vCPU that is not in KVM_RUN, in its order.
   *
   * @param vmm one of `Architecture.vmms`
   */
  save(f: F, vmm: string): SavedVcpu;
  /**
   * The ioctls by which a VMM restores a vCPU, in its order. The frame's vCPU is a new one.
   *
   * @param vmm one of `Architecture.vmms`
   * @returns 0, or the negated errno of the first ioctl that the kernel refuses
   */
  restore(f: F, saved: SavedVcpu, vmm: string): number;
}
