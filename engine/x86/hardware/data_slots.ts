/**
 * Which slots an access matches, as the CPU compares it: at its own bytes, or in parts as QEMU does.
 *
 * @module
 */
import { comparedSpans, isAligned, type Span } from "../../split_access.ts";
import { VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { CR4_DE } from "../registers/rflags.ts";
import { ACCESS, dataMatches, dataUnmet, enabledSlots } from "./match.ts";
import { UNMET, type Unmet } from "./unmet.ts";

/** Whose slots are compared. */
interface Registers {
  /** Word index of DR0; DR1 to DR3 follow. */
  readonly dr: number;
  readonly dr7: number;
}

/** What is accessed. */
export interface DataAccess extends Span {
  /** Bits of `ACCESS`. */
  readonly access: number;
}

/** I/O breakpoints exist. */
function hasIo({ w, vcpu }: X86Frame): boolean {
  return (w[vcpu + VCPU.cr4] & CR4_DE) !== 0;
}

/** The access is compared as a whole, as QEMU does with every access of a port (target/i386/tcg/sysemu/bpt_helper.c). */
function isWhole({ model }: X86Frame, accessed: DataAccess): boolean {
  return model.unaligned === "bytes" || accessed.access === ACCESS.io ||
    isAligned(accessed);
}

/** The parts in which QEMU compares an access that is not aligned, in order. */
function partsOf(accessed: DataAccess): readonly DataAccess[] {
  const parts = (access: number, direction: "load" | "store") =>
    (accessed.access & access) === 0
      ? []
      : comparedSpans(accessed, direction).map((span) => ({ ...span, access }));
  return [...parts(ACCESS.read, "load"), ...parts(ACCESS.write, "store")];
}

/** The parts in which the CPU compares an access, in order. */
export function comparedParts(
  f: X86Frame,
  accessed: DataAccess,
): readonly DataAccess[] {
  return isWhole(f, accessed) ? [accessed] : partsOf(accessed);
}

function slotsAt(
  f: X86Frame,
  { dr, dr7 }: Registers,
  { lo, hi, sizeBytes }: Span,
  access: number,
): number {
  return dataMatches(f.w, dr, dr7, lo, hi, sizeBytes, access, hasIo(f));
}

/** Slots that an access matches, enabled or not; of one in parts, those of the first part that an enabled slot matches. Rule x86:A2. */
export function dataSlots(
  f: X86Frame,
  registers: Registers,
  accessed: DataAccess,
): number {
  const { access } = accessed;
  if (isWhole(f, accessed)) return slotsAt(f, registers, accessed, access);
  const enabled = enabledSlots(registers.dr7);
  for (const part of partsOf(accessed)) {
    const matches = slotsAt(f, registers, part, part.access);
    if ((matches & enabled) !== 0) return matches;
  }
  return 0;
}

/** What keeps slot n, which is enabled, from matching an access. */
export function dataSlotUnmet(
  f: X86Frame,
  registers: Registers,
  n: number,
  accessed: DataAccess,
): Unmet {
  const { lo, hi, sizeBytes, access } = accessed;
  const { dr, dr7 } = registers;
  const unmet = dataUnmet(
    f.w,
    dr,
    dr7,
    n,
    lo,
    hi,
    sizeBytes,
    access,
    hasIo(f),
  );
  if (isWhole(f, accessed)) return unmet;
  if ((dataSlots(f, registers, accessed) & 1 << n) !== 0) return UNMET.none;
  return unmet === UNMET.none ? UNMET.earlierPart : unmet;
}
