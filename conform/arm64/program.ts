/**
 * Guest programs of recordings of KVM/arm64.
 *
 * @module
 */
import {
  type Architecture,
  halves,
  type Insn,
  type InsnParts,
  lowWord,
  makeInsn,
} from "../../engine/mod.ts";
import { registerOf } from "../operands.ts";
import type { StepReader } from "../step_reader.ts";

/** Where vCPU 0's programs begin, and how far apart those of the vCPUs are. */
const CODE = 0x4008_0000n;
const CODE_STRIDE = 0x1_0000n;

/** Address that the end of a program stores to: no memory is there. The store is not listed in the recording. */
const END_ADDRESS = 0x1000_0000;

/** Bytes that a load or store accesses. */
const SIZES = [1, 2, 4, 8, 16];

/** Bytes that a load-exclusive or store-exclusive accesses. */
const EXCLUSIVE_SIZES = [1, 2, 4, 8];

/** What an ERET takes from SPSR_EL1: SS, DAIF, and the level. */
const RETURNED = 1 << 21 | 0x3c0 | 1 << 2;

/** Values of a 16-bit immediate. */
const IMM16_COUNT = 0x1_0000;

/** Addresses below the recorded guests' memory: an access is MMIO. */
const isMmio = (address: bigint): boolean =>
  address >= 0x1000_0000n && address < 0x4000_0000n;

/** A64 encodings that a debugger writes in the recordings. */
/** PSTATE.D, A, I and F. */
const DAIF = 0x3c0;

const BRK_0 = 0xd4200000n;
const BRK_MASK = 0xffe0001fn;
const NOP = 0xd503201fn;

/** A program as the recorder built it. */
export interface Program {
  /** The listed instructions, then the store at the end. */
  readonly insns: readonly Insn[];
  /** Number of listed instructions. */
  readonly length: number;
  /** Indices of the instructions that access an address without memory. */
  readonly mmio: ReadonlySet<number>;
  /** What each instruction does, by its address, so that a patch can be undone. */
  readonly parts: ReadonlyMap<bigint, InsnParts>;
}

/** Reads the program of a `run` step of vCPU v. */
export function programOf(
  reader: StepReader,
  arch: Architecture,
  v: number,
): Program {
  const insns: Insn[] = [];
  const mmio = new Set<number>();
  const byAddress = new Map<bigint, InsnParts>();
  let end = CODE + CODE_STRIDE * BigInt(v);
  const add = (address: bigint, parts: InsnParts): void => {
    const { lo: addressLo, hi: addressHi } = halves(address);
    insns.push(makeInsn({ ...parts, addressLo, addressHi }));
    end = BigInt.asUintN(64, address + 4n);
  };
  const ops = reader.list("program");
  for (const [index, op] of ops.entries()) {
    const parts = partsOf(op, arch, ops.length);
    const address = op.value("pc");
    byAddress.set(address, parts);
    if (parts.mmio) mmio.add(index);
    add(address, parts);
  }
  add(end, { op: "store", lo: END_ADDRESS, sizeBytes: 4, mmio: true });
  return { insns, length: ops.length, mmio, parts: byAddress };
}

/** @param length number of listed instructions; a branch can go to the store after them */
function partsOf(
  op: StepReader,
  arch: Architecture,
  length: number,
): InsnParts {
  const name = op.text("i");
  switch (name) {
    case "mrs":
      return {
        op: "read",
        register: registerOf(op, arch, op.text("reg")).id,
      };
    case "msr":
      return {
        op: "write",
        register: registerOf(op, arch, op.text("reg")).id,
        ...halves(op.value("value")),
      };
    case "daifclr":
    case "daifset": {
      // Bits of the immediate are D, A, I, F from 3 down to 0; PSTATE has them at 9 to 6.
      const mask = Number(op.value("imm") & 0xfn) << 6;
      return {
        op: "write",
        register: registerOf(op, arch, "pstate").id,
        lo: name === "daifset" ? DAIF : 0,
        maskLo: mask,
        maskHi: 0,
      };
    }
    case "nop":
      return { op: "exec" };
    case "isb":
      return { op: "isb" };
    case "clrex":
      return { op: "clrex" };
    case "ldxr":
    case "stxr":
      return {
        op: name,
        ...halves(op.value("addr")),
        sizeBytes: op.size(EXCLUSIVE_SIZES),
      };
    case "eret":
      return {
        op: "eret",
        lo: lowWord(op.value("spsr")),
        maskLo: RETURNED,
        maskHi: 0,
      };
    case "brk":
    case "svc":
    case "hvc":
    case "smc":
      return { op: name, lo: op.index("imm", IMM16_COUNT) };
    case "ldr":
    case "str": {
      const address = op.value("addr");
      return {
        op: name === "ldr" ? "load" : "store",
        ...halves(address),
        sizeBytes: op.size(SIZES),
        mmio: isMmio(address),
      };
    }
    case "b":
      return { op: "exec", branch: op.index("to", length + 1) };
    default:
      return op.fail(`the model has no instruction ${name}`);
  }
}

/**
 * The instruction that a debugger wrote over one of the program.
 *
 * @param original what the program has there
 * @returns undefined if the model cannot express it
 */
export function patchOf(
  encoding: bigint,
  original: InsnParts | undefined,
): InsnParts | undefined {
  if ((encoding & BRK_MASK) === BRK_0) {
    return { op: "brk", lo: Number((encoding >> 5n) & 0xffffn) };
  }
  return encoding === NOP ? { op: "exec" } : original;
}
