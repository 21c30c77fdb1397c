/**
 * Guest instructions as data.
 *
 * @module
 */

/** What an instruction does. `exec` is any instruction that only executes, a NOP. */
export const OPERATIONS = [
  "write",
  "read",
  "exec",
  "load",
  "store",
  "rmw",
  "in",
  "out",
  "brk",
  "svc",
  "hvc",
  "isb",
  "int3",
  "icebp",
  "int1",
  "ud2",
  "cpuid",
  "wrmsr",
  "movss",
  "popf",
  "hlt",
  "taskswitch",
] as const;

/** An instruction's operation. */
export type Operation = typeof OPERATIONS[number];

/** One guest instruction. 64-bit operands are two signed words, low first. */
export interface Insn {
  /** What it does. */
  readonly op: Operation;
  /** Register id of a read or write, by the architecture's table; -1 otherwise. */
  readonly register: number;
  /** Value written, memory or I/O address, or immediate. */
  readonly lo: number;
  /** High word of the same. */
  readonly hi: number;
  /** Bits that a write changes: all, but for registers of which only named fields change. */
  readonly maskLo: number;
  /** High word of the mask. */
  readonly maskHi: number;
  /** Bytes accessed by load, store, rmw, in, out. */
  readonly sizeBytes: number;
  /** Where the instruction is. */
  readonly addressLo: number;
  /** High word of the address. */
  readonly addressHi: number;
  /** Bytes from this instruction to the one after it. */
  readonly lengthBytes: number;
  /** `el=` or `cpl=`, for this instruction only; -1 leaves the vCPU's level. */
  readonly level: number;
  /** Index of the instruction that the guest branches to after this one; -1 is the one that follows. */
  readonly branch: number;
  /** Nothing answers at the address: the access is MMIO, emulated by userspace. */
  readonly mmio: boolean;
  /** Name that `as` gave to what a read reads. */
  readonly name: string | undefined;
}

/** The parts of an instruction that differ from the defaults. */
export type InsnParts = Partial<Omit<Insn, "op">> & { readonly op: Operation };

/** Makes an instruction; all of one shape, so that rules stay fast. */
export function makeInsn(parts: InsnParts): Insn {
  return {
    op: parts.op,
    register: parts.register ?? -1,
    lo: parts.lo ?? 0,
    hi: parts.hi ?? 0,
    maskLo: parts.maskLo ?? -1,
    maskHi: parts.maskHi ?? -1,
    sizeBytes: parts.sizeBytes ?? 0,
    addressLo: parts.addressLo ?? 0,
    addressHi: parts.addressHi ?? 0,
    lengthBytes: parts.lengthBytes ?? 4,
    level: parts.level ?? -1,
    branch: parts.branch ?? -1,
    mmio: parts.mmio ?? false,
    name: parts.name,
  };
}
