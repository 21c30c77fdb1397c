/**
 * Guest instructions as data.
 *
 * @module
 */
import { join64 } from "./word64.ts";

/** The default length of an instruction in bytes, on each architecture that has it in the language. */
export interface OperationLengths {
  /** On arm64, where it has a fixed length. */
  readonly arm64?: number;
  /** On x86, where `len=` can give another. */
  readonly x86?: number;
}

/**
 * What an instruction can do, a row each. `exec` is any instruction that only executes, a NOP.
 */
export const OPERATIONS = {
  write: { arm64: 4, x86: 3 },
  read: { arm64: 4, x86: 3 },
  exec: { arm64: 4, x86: 1 },
  load: { arm64: 4, x86: 7 },
  store: { arm64: 4, x86: 7 },
  rmw: { arm64: 4, x86: 7 },
  lock: { x86: 8 },
  in: { x86: 2 },
  out: { x86: 2 },
  brk: { arm64: 4 },
  svc: { arm64: 4 },
  hvc: { arm64: 4 },
  smc: { arm64: 4 },
  eret: { arm64: 4 },
  ldxr: { arm64: 4 },
  stxr: { arm64: 4 },
  clrex: { arm64: 4 },
  isb: { arm64: 4 },
  int3: { x86: 1 },
  icebp: { x86: 1 },
  int1: { x86: 2 },
  int: { x86: 2 },
  ud2: { x86: 2 },
  cpuid: { x86: 2 },
  rdmsr: { x86: 2 },
  wrmsr: { x86: 2 },
  jump: { x86: 5 },
  movss: { x86: 2 },
  pushf: { x86: 1 },
  popf: { x86: 1 },
  iret: { x86: 2 },
  sti: { x86: 1 },
  cli: { x86: 1 },
  hypercall: { x86: 3 },
  hlt: { x86: 1 },
  taskswitch: { x86: 7 },
  movs: { x86: 2 },
  stos: { x86: 2 },
  ins: { x86: 2 },
  outs: { x86: 2 },
  syscall: { x86: 2 },
  sysret: { x86: 3 },
  xbegin: { x86: 6 },
  xend: { x86: 3 },
} as const satisfies Readonly<Record<string, OperationLengths>>;

/** An instruction's operation. */
export type Operation = keyof typeof OPERATIONS;

/** The operations that an architecture has in the language, with their default lengths in bytes. */
export function operationLengths(
  arch: keyof OperationLengths,
): Readonly<Partial<Record<Operation, number>>> {
  return Object.fromEntries(
    Object.entries<OperationLengths>(OPERATIONS).flatMap(([name, lengths]) =>
      lengths[arch] === undefined ? [] : [[name, lengths[arch]]]
    ),
  );
}

/** One guest instruction. 64-bit operands are two signed words, low first. */
export interface Insn {
  /** What it does. */
  readonly op: Operation;
  /** Register id of a read or write, by the architecture's table; -1 otherwise. */
  readonly register: number;
  /** Value written, memory or I/O address, or immediate. Of `movs` the address that it loads from. */
  readonly lo: number;
  /** High word of the same. */
  readonly hi: number;
  /** Bits that a write changes: all, except for registers of which only named fields change. */
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
  /** x86: it is in a segment of 32-bit code; else in one of 64-bit code. */
  readonly code32: boolean;
  /**
   * x86: an XBEGIN with what follows it to its XEND, itself first. Empty for every other instruction, and for an XBEGIN
   * that nothing follows yet.
   */
  readonly members: readonly Insn[];
  /** Index of the instruction that the guest branches to after this one; -1 is the one that follows. */
  readonly branch: number;
  /** Nothing answers at the address: the access is MMIO, emulated by userspace. */
  readonly mmio: boolean;
  /** Iterations of a string instruction with REP; 0 for every other instruction. */
  readonly count: number;
  /** The second address: what `movs` and `ins` store to, and `outs` loads from. */
  readonly otherLo: number;
  /** High word of the same. */
  readonly otherHi: number;
  /** As `mmio`, of the second address. */
  readonly otherMmio: boolean;
  /** Name that `as` gave to what a read reads, or to the status of a store-exclusive. */
  readonly name: string | undefined;
}

/** The instruction writes the register that it names. */
export function writesRegister(
  { op, register }: Pick<Insn, "op" | "register">,
): boolean {
  return op === "write" || op === "wrmsr" && register >= 0;
}

/** The instruction reads the register that it names. */
export function readsRegister({ op }: Pick<Insn, "op">): boolean {
  return op === "read" || op === "rdmsr";
}

/** Where the guest goes on after an instruction, if its program does not say so. */
export function followingAddress(insn: Insn): bigint {
  const last = insn.members.at(-1) ?? insn;
  return last.op === "jump"
    ? join64(last.lo, last.hi)
    : BigInt.asUintN(64, addressOf(last) + BigInt(last.lengthBytes));
}

/** An instruction, or those of a transaction. */
export function flat(insn: Insn): readonly Insn[] {
  return insn.members.length === 0 ? [insn] : insn.members;
}

/** It is an XBEGIN whose XEND is still to come. */
export function isOpenTransaction(insn: Insn): boolean {
  if (insn.op !== "xbegin") return false;
  let depth = 0;
  for (const { op } of flat(insn)) {
    if (op === "xbegin") depth++;
    else if (op === "xend") depth--;
  }
  return depth > 0;
}

/** Where an instruction is. */
export function addressOf({ addressLo, addressHi }: Insn): bigint {
  return join64(addressLo, addressHi);
}

/**
 * Whether an instruction accesses an address of a range, as memory or as a port; one with REP in any iteration, and a
 * transaction with any of its instructions.
 */
export function accesses(insn: Insn, from: bigint, to: bigint): boolean {
  if (insn.members.length > 0) {
    return insn.members.some((one) => accesses(one, from, to));
  }
  const { op, lo, hi, otherLo, otherHi, sizeBytes, count } = insn;
  if (sizeBytes === 0) return false;
  const bytes = BigInt(sizeBytes * Math.max(1, count));
  const meets = (first: bigint) => first <= to && first + bytes > from;
  return meets(join64(lo, hi)) ||
    count > 0 && op !== "stos" && meets(join64(otherLo, otherHi));
}

const ALONE: readonly Insn[] = [];

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
    code32: parts.code32 ?? false,
    members: parts.members ?? ALONE,
    branch: parts.branch ?? -1,
    mmio: parts.mmio ?? false,
    count: parts.count ?? 0,
    otherLo: parts.otherLo ?? 0,
    otherHi: parts.otherHi ?? 0,
    otherMmio: parts.otherMmio ?? false,
    name: parts.name,
  };
}
