/**
 * What the operations of a random program mean on an architecture, and by which names a vCPU does them.
 *
 * @module
 */
import type { ArchName } from "../../engine/architecture.ts";

/** Which registers and values the operations of an architecture mean. */
interface Vocabulary {
  readonly lengthBytes: number;
  address(slot: number): number;
  watchAddress(slot: number): number;
  /**
   * A write of a control register that arms a slot: register and value.
   *
   * @param other the slot beside it
   * @param how 0 or 1: alone; 2: both slots, or linked to the second; 3: of another type
   */
  arm(slots: {
    readonly slot: number;
    readonly other: number;
    readonly watch: boolean;
    readonly how: number;
  }): readonly [register: number, value: number];
  /** The registers that only some operations name. */
  readonly others: readonly (readonly [
    register: number,
    value: number,
    mask: number,
  ])[];
}

const X86: Vocabulary = {
  lengthBytes: 3,
  address: (slot) => slot,
  watchAddress: (slot) => slot,
  arm: ({ slot, other, watch, how }) => {
    const type = (slot: number) =>
      (watch || how === 3 ? 3 : 0) << 16 + 4 * slot;
    const alone = 0x400 | 2 << 2 * slot | type(slot);
    return [7, how === 2 ? alone | 2 << 2 * other | type(other) : alone];
  },
  // The last one has RTM: a transaction's #DB is raised.
  others: [
    [7, 0x400, -1],
    [7, 0x40a, -1],
    [6, 0xffff0ff0 | 0, -1],
    [7, 0xc0a, -1],
  ],
};

export const RFLAGS = 8;
export const DEBUGCTL = 12;

export const MDSCR = 64;
const OSLAR = 66;
const PSTATE = 88;

const ARM64: Vocabulary = {
  lengthBytes: 4,
  address: (slot) => 1 << 4 | slot,
  watchAddress: (slot) => 3 << 4 | slot,
  arm: ({ slot, other, watch, how }) => {
    const register = (watch ? 2 : 0) << 4 | slot;
    const alone = watch ? 0x1ff7 : 0x1e7;
    const linked = 1 << 20 | Math.max(slot, other) << 16;
    // Of a watchpoint the two lower bytes alone; of a breakpoint the context type.
    const type = watch ? 0x77 : 0x1e7 | 2 << 20;
    return [register, how === 2 ? alone | linked : how === 3 ? type : alone];
  },
  others: [
    [MDSCR, 0xa000, -1],
    [MDSCR, 0xa000, -1],
    [MDSCR, 0, -1],
    [OSLAR, 1, -1],
    [PSTATE, 0, 0x200],
    [PSTATE, 0, 0x200],
    // A link to a context-aware breakpoint, and one to a number that no guest has.
    [0, 0x1e5 | 1 << 20 | 3 << 16, -1],
    [2 << 4, 0x1ff7 | 1 << 20 | 9 << 16, -1],
  ],
};

/** What a vCPU calls its own. */
export interface Names {
  readonly arch: ArchName;
  /** Added to addresses of which each vCPU has its own. */
  readonly page: number;
  /** The slot that it uses as the first of two: 0 or 1. */
  readonly slot: number;
  /** What these two begin at. */
  readonly base: number;
  /** Added to addresses of data, not to those of the program. */
  readonly shift: number;
}

export function vocabulary({ arch }: Names): Vocabulary {
  return arch === "x86" ? X86 : ARM64;
}

/** Two addresses of a vCPU's own page, that of its other one, which is the first vCPU's null, and a shared one. */
export function addressOf(to: number, { page, shift }: Names): number {
  return [0x1000 + page, 0x1004 + page, page, 0x8000][to] + shift;
}
