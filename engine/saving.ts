/**
 * What a VMM saves of a VM, and how it puts it into another: the part that both architectures share.
 *
 * @module
 */
import type { LostEvent, RuleId } from "./events.ts";
import type { Words } from "./word64.ts";

/** Something that a guest goes on with: a register, or what is on its way to it. */
export interface Carried {
  /** What it is, as a noun. */
  readonly what: string;
  /** Its value, as the guest has it where it goes on. */
  readonly value: bigint;
}

/** What the ioctls gave of one vCPU. */
export interface SavedVcpu {
  /**
   * The vCPU's block as it was. A restore takes of it what is in the guest's memory and where the program is, and
   * nothing that is KVM's.
   */
  readonly block: Words;
  /** What each ioctl gave, by names that the architecture chooses. */
  readonly given: ReadonlyMap<string, bigint>;
  /** What the guest had, as `Saving.carried` lists it. */
  readonly carried: readonly Carried[];
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
  save(f: F, vmm: string): Omit<SavedVcpu, "carried">;
  /**
   * The ioctls by which a VMM restores a vCPU, in its order. The frame's vCPU is a new one.
   *
   * @param vmm one of `Architecture.vmms`
   * @returns 0, or the negated errno of the first ioctl that the kernel refuses
   */
  restore(f: F, saved: Omit<SavedVcpu, "carried">, vmm: string): number;
  /**
   * The VM's block is that of a new VM, where `restore` writes the ID registers. Left out, it is what the VM had that was
   * saved. The search leaves it out too: what differs is which ID registers can still be written.
   */
  renewVm?(f: F): void;
  /** The PC that was saved is that of an instruction that KVM has completed: it will be executed again. */
  isBehind?(f: F): boolean;
  /**
   * What the guest of a vCPU that is not loaded goes on with, without userspace's guest debug, and once what is queued
   * for it is injected: the same names in the same order for any state. Works on scratch words.
   */
  carried(f: F): readonly Carried[];
  /** The rule by which a VMM's save and restore loses what `carried` has under a name. */
  lostBy(what: string, vmm: string): RuleId;
}

/** What differs between two lists of `Saving.carried`: a `lost` event for each. */
export function lostEvents<F>(
  saving: Saving<F>,
  vcpu: number,
  vmm: string,
  { before, after }: {
    readonly before: readonly Carried[];
    readonly after: readonly Carried[];
  },
): LostEvent[] {
  return before.flatMap(({ what, value }, n) =>
    value === after[n].value ? [] : [{
      kind: "lost" as const,
      vcpu,
      what,
      old: value,
      new: after[n].value,
      rule: saving.lostBy(what, vmm),
    }]
  );
}
