/**
 * What a guest must be able to rely on, kept beside the vCPU's block and never part of KVM's state: what was
 * written last to each of its debug registers.
 *
 * @module
 */
import type { Frame } from "../rules.ts";
import type { Insn } from "../program.ts";
import type { Slots } from "./slots.ts";

/** Where addresses stand in the blocks, for renaming them: offsets of pairs of words. */
export interface AddressPlaces {
  /** Words of the vCPU block. */
  readonly vcpu: readonly number[];
  /** Words of the block of the vCPU's userspace. */
  readonly user: readonly number[];
  /** Words of the CPU block. */
  readonly cpu: readonly number[];
  /** Words of the monitor block. */
  readonly monitor: readonly number[];
}

/** One architecture's part of the properties. */
export interface Monitor {
  /** Size of the block. */
  readonly words: number;
  /** Where addresses stand. */
  readonly addresses: AddressPlaces;
  /** Which breakpoint slots can be exchanged, and how. */
  readonly slots: Slots;
  /** True if a register holds an address, as a value of its own. */
  isAddress(register: number): boolean;
  /** True if what was written last to a register can be told from what is read. */
  follows(register: number): boolean;
  /** Where the modelled guest's handler of a vCPU begins; undefined if it has no address. */
  handlerAddress(index: number): bigint | undefined;

  /** The guest's write of a register is complete. */
  wrote(f: Frame, at: number, insn: Insn): void;
  /** What the guest reads from a register counts as written: the start, or a write of userspace. */
  accept(f: Frame, at: number, register: number, lo: number, hi: number): void;
  /**
   * Before the program's instruction executes.
   *
   * @returns bits of `PROPERTY` that this breaks
   */
  before(f: Frame, at: number, insn: Insn): number;
  /**
   * What the guest would read from a register, against what it may expect.
   *
   * @returns 0: as expected; 1: not what was there at the start; 2: not what was written last
   */
  compare(
    f: Frame,
    at: number,
    register: number,
    lo: number,
    hi: number,
  ): number;
  /** What was written last to a register, the bits that are compared. */
  own(f: Frame, at: number, register: number): bigint;
  /** The bits of a value that are compared, as the architecture stores them. */
  stored(register: number, value: bigint): bigint;
  /** A breakpoint that the host wants on the frame's CPU is not there. */
  hostLost(f: Frame): boolean;
  /** Clears what no later step reads, and no view but that of the last run's end. */
  rest(f: Frame): void;
}
