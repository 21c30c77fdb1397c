/**
 * Whose breakpoints and watchpoints an instruction matches, for coverage: asked before the guest executes it, once a
 * pair, and never part of a verdict.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import type { Frame } from "../rules.ts";

/** Slots that an instruction matches, a bit each, numbered as `Slots` has them. */
export interface SlotMatches {
  /** By the guest's own registers, as written last, whichever are in the CPU. */
  readonly own: number;
  /** By userspace's, while its hardware breakpoints are in the CPU. */
  readonly user: number;
  /** Another debug exception comes first or instead, by DR7.GD on x86. */
  readonly isDetected: boolean;
}

/** What userspace's guest debug does, as bits. */
export const DEBUGGING = { on: 1, steps: 2 } as const;

/** A value that is written, and which of its bits are. */
export type Written = Pick<Insn, "lo" | "hi" | "maskLo" | "maskHi">;

/** What keeps an access from matching a slot. */
export interface Obstacle {
  /** Registers of which one decides, by id; none if it is no register's. */
  readonly registers: readonly number[];
  /** What is so, as a part of a sentence: `MDSCR_EL1.KDE is 0`. */
  readonly what: string;
  /** What would have to be so instead, after `it must be`; undefined if that is not one thing. */
  readonly needed?: string;
  /** It fires by another breakpoint, which has a cause of its own. */
  readonly isLinked?: true;
  /** It comes of a return from an exception at the instruction, which can have told of the breakpoint. */
  readonly isReturn?: true;
  /** Bits of such a register's low word, and their value where it is so; undefined if any value may be the cause. */
  readonly bits?: { readonly mask: number; readonly value: number };
}

/**
 * Added to a nearness where the breakpoint names what is accessed: what else fails is nearer than another address. Larger
 * than any condition.
 */
export const THERE = 32;

/** One architecture's answers. */
export interface Breakpoints {
  /** What the program's instruction matches; undefined where something else comes before it. */
  matches(f: Frame, at: number, insn: Insn): SlotMatches | undefined;
  /**
   * How near the program's instruction comes to match a slot of the guest's own that it does not match, by the condition
   * that fails: the larger the nearer; 0 if it is not compared with it at all. `obstacle()` says what it is.
   */
  nearness(f: Frame, at: number, insn: Insn, slot: number): number;
  /**
   * The condition of a nearness.
   *
   * @param control low word of what the program writes to the slot's control register
   */
  obstacle(nearness: number, slot: number, control: number): Obstacle;
  /** A write, or an instruction that loads flags, makes the guest step itself; `lo` has the bits that are written. */
  asksForStep(insn: Pick<Insn, "op" | "register" | "lo">): boolean;
  /**
   * How near the guest comes to step itself at what is next, by the condition that fails, as `nearness` has it.
   *
   * @param insn null at the program's end
   * @returns undefined while it does not ask for that
   */
  stepNearness(f: Frame, at: number, insn: Insn | null): number | undefined;
  /** The registers by which a program changes a register: itself, and others that write the same. */
  writersOf(register: number): readonly number[];
  /** Id of the register that enables a slot. */
  controlRegister(slot: number): number;
  /**
   * The slots that a write makes match: of an address register its own, of a control register those that the value
   * enables.
   *
   * @param lo low word of the value, of the bits that are written
   */
  slotsOf(register: number, lo: number): number;
  /** What the guest has written last to a register has the bits of a value that a mask has. */
  isInForce(f: Frame, at: number, register: number, insn: Written): boolean;
  /** A control value makes its breakpoint cover more than the double word at its address, or compare no address. */
  isWide(register: number, lo: number): boolean;
  /** Slots as people say them: `breakpoint 0`, `watchpoint 2`. */
  slotName(slot: number): string;
  /** The register of a slot that has the address. */
  addressRegister(slot: number): number;
  /** The address of a slot that userspace has in the CPU. */
  userAddress(f: Frame, slot: number): bigint;
  /** Addresses of the host's breakpoints on the frame's CPU. */
  hostAddresses(f: Frame): readonly bigint[];
  /** Bits of `DEBUGGING`. */
  debugging(f: Frame): number;
}
