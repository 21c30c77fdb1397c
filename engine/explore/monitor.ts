/**
 * What a guest must be able to rely on, kept beside the vCPU's block and never part of KVM's state: what was
 * written last to each of its debug registers.
 *
 * @module
 */
import type { AllowanceName, Lockstep } from "../bare/lockstep.ts";
import type { ExceptionKind } from "../events.ts";
import type { Insn } from "../program.ts";
import type { Frame } from "../rules.ts";
import type { Breakpoints } from "./breakpoints.ts";
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

/**
 * What an instruction matches: by the registers as the guest has written them, and by the physical ones. A bit for
 * each slot, or for all slots where the architecture's rules do not tell which one fires.
 */
export interface Hits {
  /** By the guest's own registers. */
  readonly own: number;
  /** By the physical registers. */
  readonly physical: number;
}

/** A register that a guest would read something wrong from. */
export interface Unread {
  /** Id of the register. */
  readonly register: number;
  /** What the guest would read. */
  readonly seen: bigint;
  /** What was written last, as the architecture stores it. */
  readonly own: bigint;
  /** It does not read it: it is what the CPU acts on in the guest. */
  readonly isActedOn?: true;
}

/** A physical register that is wrong, as it is before an instruction. */
export interface WrongRegister {
  /** Id of the register. */
  readonly register: number;
  /** What the CPU holds. */
  readonly seen: bigint;
}

/** Why an instruction matches other slots of the CPU than of the guest. */
export interface Mismatch {
  /** By which register the guest's breakpoint does not match; undefined if all of its breakpoints do. */
  readonly missed: WrongRegister | undefined;
  /** By which register one matches that the guest does not have; undefined if none does. */
  readonly stray: WrongRegister | undefined;
  /**
   * It makes no difference to which exceptions the guest takes: userspace's guest debug has them, or the guest takes
   * one of that kind either way.
   */
  readonly isHidden: boolean;
}

/** What a guest can tell from the bare machine beside it. */
export interface Noticed {
  /**
   * Which kind: an exception that it does not take, or that the bare machine does not; a read of another value,
   * which a write of its own or none can have put there; an exception with other values.
   */
  readonly kind: "missed" | "stray" | "leak" | "stale" | "frame";
  /** The exception, of the first two kinds and the last. */
  readonly exception?: ExceptionKind;
  /** Of a missed one: the bare machine takes it before it completes the guest's instruction. */
  readonly isBefore?: true;
  /** The register that is read. */
  readonly register?: number;
  /** What of the exception differs. */
  readonly name?: string;
  /** What the guest has. */
  readonly seen?: bigint;
  /** What the bare machine has. */
  readonly own?: bigint;
  /** The difference is allowed, by this name. */
  readonly allowance?: AllowanceName;
}

/** The same, for the check. */
export interface WrongRead extends Unread {
  /** The vCPU's program, its userspace or the reset can have put the value there, or a debugger has computed it. */
  readonly isKnown: boolean;
}

/** A physical register that is not as the host has set it. */
export interface LostRegister {
  /** Id of the register. */
  readonly register: number;
  /** What the host has set. */
  readonly wanted: bigint;
}

/** One architecture's part of the properties. */
export interface Monitor {
  /** Size of the block. */
  readonly words: number;
  /** Where addresses stand. */
  readonly addresses: AddressPlaces;
  /** Which breakpoint slots can be exchanged, and how. */
  readonly slots: Slots;
  /** Whose breakpoints an instruction matches. */
  readonly breakpoints: Breakpoints;
  /** True if a register holds an address, as a value of its own. */
  isAddress(register: number): boolean;
  /** True if what was written last to a register can be told from what is read. */
  follows(register: number): boolean;
  /** Where the modelled guest's handler of a vCPU begins; undefined if it has no address. */
  handlerAddress(index: number): bigint | undefined;
  /** What the modelled guest's handler does next, after `the guest's`; undefined if it does not run. */
  handlerStep(f: Frame): string | undefined;

  /**
   * The guest has executed an instruction of its program: what it leaves in the registers counts as written.
   *
   * @returns false if it was completed with a fault of its own, and has written nothing
   */
  executed(f: Frame, at: number, insn: Insn): boolean;
  /** What counts as written last: a write of the guest's or of userspace's, or what is read at the start. */
  accept(f: Frame, at: number, register: number, lo: number, hi: number): void;
  /**
   * What the program's instruction matches before it executes; undefined in the guest's exception handler, and while
   * userspace's guest debug owns the debug registers.
   */
  hits(f: Frame, at: number, insn: Insn): Hits | undefined;
  /** Why `hits()` differ, if the architecture can tell it by a register. */
  mismatch?(f: Frame, at: number, hits: Hits): Mismatch;
  /** The exception that the guest takes before or at an instruction that its own registers match. */
  exceptionOf(f: Frame, at: number, insn: Insn): ExceptionKind;
  /** The bare machine that runs beside a vCPU. */
  readonly lockstep: Lockstep;
  /** Two values of a register that a guest cannot tell apart, by the bits that are compared. */
  isSame(f: Frame, register: number, own: bigint, seen: bigint): boolean;
  /** What the guest would read from a register is what was written last, or was there at the start. */
  matches(
    f: Frame,
    at: number,
    register: number,
    lo: number,
    hi: number,
  ): boolean;
  /** What was written last to a register, the bits that are compared. */
  own(f: Frame, at: number, register: number): bigint;
  /** The bits of a value that are compared, as the architecture stores them. */
  stored(register: number, value: bigint): bigint;
  /**
   * What the frame's CPU acts on in the guest of a register that the guest cannot read there, with bits that the guest has
   * not set; undefined if there are none.
   */
  leaked?(f: Frame, at: number, register: number): bigint | undefined;
  /** The host has set something on the frame's CPU that it must find there again. */
  hostHas(f: Frame): boolean;
  /** The first register that the frame's CPU does not hold as the host has set it; undefined if it holds them all. */
  hostLost(f: Frame): LostRegister | undefined;
  /** The modelled guest gives up after some exceptions, so that a script ends. A search ends anyway: it never does. */
  forgetExceptions(f: Frame): void;
  /**
   * Clears what no later step reads, and no view but that of the last run's end.
   *
   * @param isAsked expectations look at views: what KVM only tells userspace stays
   */
  rest(f: Frame, isAsked: boolean): void;
}
