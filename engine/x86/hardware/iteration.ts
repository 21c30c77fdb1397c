/**
 * What one iteration of a string instruction with REP accesses: MOVS, STOS, INS, OUTS. Addresses go up: the model's
 * DF is 0.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import type { Span } from "../../split_access.ts";
import { ACCESS } from "./match.ts";

/** One access. */
export interface Access extends Span {
  /** A bit of `ACCESS`. */
  readonly access: number;
  /** It leaves a guest under KVM before it is done: a port, or an address where nothing answers. */
  readonly leaves: boolean;
}

/** Accesses of the instructions, in order. */
const KINDS = {
  movs: { first: ACCESS.read, second: ACCESS.write },
  stos: { first: ACCESS.write, second: 0 },
  ins: { first: ACCESS.io, second: ACCESS.write },
  // The load comes before the port.
  outs: { first: ACCESS.io, second: ACCESS.read },
} as const;

/** A string instruction with REP. */
export function repeats({ count }: Insn): boolean {
  return count > 0;
}

function moved(lo: number, hi: number, bytes: number): [number, number] {
  const low = (lo + bytes) | 0;
  return [low, (hi + (low >>> 0 < lo >>> 0 ? 1 : 0)) | 0];
}

/**
 * The accesses of the iteration that is next.
 *
 * @param left iterations that are left, with this one
 */
export function accessesOf(insn: Insn, left: number): readonly Access[] {
  const { first, second } = KINDS[insn.op as keyof typeof KINDS];
  const { sizeBytes } = insn;
  const done = (insn.count - left) * sizeBytes;
  const [lo, hi] = first === ACCESS.io
    ? [insn.lo, insn.hi]
    : moved(insn.lo, insn.hi, done);
  const one: Access = {
    lo,
    hi,
    sizeBytes,
    access: first,
    leaves: first === ACCESS.io || insn.mmio,
  };
  if (second === 0) return [one];
  const [otherLo, otherHi] = moved(insn.otherLo, insn.otherHi, done);
  const other: Access = {
    lo: otherLo,
    hi: otherHi,
    sizeBytes,
    access: second,
    leaves: insn.otherMmio,
  };
  return insn.op === "outs" ? [other, one] : [one, other];
}
