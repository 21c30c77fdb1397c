/**
 * What a machine gives back: results of user operations, and states that can be brought back.
 *
 * @module
 */
import type { JournalMark } from "./journal.ts";
import type { TallyMark } from "./machine_tally.ts";
import type { CountChange } from "./rules.ts";
import type { RunResult } from "./run.ts";
import type { SavedVcpu } from "./saving.ts";
import type { ProgramMark } from "./vcpu_program.ts";
import type { Words } from "./word64.ts";

/** The result of a user operation. */
export interface UserResult {
  /** What was tried, for messages: `KVM_SET_ONE_REG DBGBCR0_EL1`. */
  readonly operation: string;
  /** 0, or a negated errno. */
  readonly result: number;
  /** What a get gave. */
  readonly value: bigint | undefined;
}

/** A VM that was saved. */
export interface SavedVm {
  /** The VMM that saved it, and restores it. */
  readonly vmm: string;
  /** The VM's block: what the VMM gave the guest, and gives that of the new VM. */
  readonly vm: Words;
  /** By vCPU: what the ioctls gave. */
  readonly vcpus: readonly SavedVcpu[];
  /** By vCPU: the block of the bare machine beside it. */
  readonly bare: readonly Words[];
  /** By vCPU: its program, which is in the guest's memory. */
  readonly programs: readonly ProgramMark[];
}

/** A state that `restore` brings back, byte for byte. */
export interface Snapshot extends TallyMark {
  /** All state words. */
  readonly words: Words;
  /** How many vCPUs. */
  readonly vcpus: number;
  /** The program of each vCPU. */
  readonly programs: readonly ProgramMark[];
  /** Where the journal was. */
  readonly journal: JournalMark;
  /** VMs that were saved, by name. */
  readonly saved: ReadonlyMap<string, SavedVm>;
  /** Counts of the physical machine, where a restore can change them. */
  readonly hostCounts: CountChange;
  /** How the last run ended. */
  readonly lastRun: RunResult | undefined;
}
