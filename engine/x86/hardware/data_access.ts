/**
 * Accesses of memory and of ports, as the CPU executes them: they exit, or are compared with the data breakpoints.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { comparedSpans, isAligned, type Span } from "../../split_access.ts";
import { CPU, EXIT, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { CR4_DE } from "../registers/rflags.ts";
import { reportDataCompared } from "./comparisons.ts";
import { leaveByAccess, leaveByInstruction } from "./exceptions.ts";
import { reportDataHits } from "./hits.ts";
import { ACCESS, dataMatches, enabledSlots, reported } from "./match.ts";
import { UNMET } from "./unmet.ts";

/** Bytes of a cache line. */
const LINE_BYTES = 64;

/** An access goes across two cache lines. */
export function spansLines({ lo, sizeBytes }: Span): boolean {
  return (lo & (LINE_BYTES - 1)) + sizeBytes > LINE_BYTES;
}

/** A memory access. Where nothing answers it exits and has no effect, and no breakpoint sees it. */
export function accessMemory(f: X86Frame, insn: Insn, access: number): Outcome {
  if (insn.mmio && f.bare === undefined) {
    reportLeaves(f, insn, access);
    return leaveByAccess(f, (access & ACCESS.write) !== 0);
  }
  return compareData(f, insn, access);
}

/** The access is done; the slots that it matches are traps after it. */
export function compareData(f: X86Frame, span: Span, access: number): Outcome {
  const { w, vcpu } = f;
  if (f.sink !== null && f.sink.compared) {
    reportDataCompared(f, span, access, UNMET.none);
  }
  const matches = armedMatches(f, span, access);
  const told = toldOf(f, matches);
  if (told !== 0 && f.sink !== null) reportDataHits(f, told);
  w[vcpu + VCPU.pendingDb] |= told;
  if (told === 0 && f.model.disabledStays) w[vcpu + VCPU.latentDb] |= matches;
  return OUTCOME.next;
}

/** Slots that an access matches, if any is armed. */
function armedMatches(f: X86Frame, span: Span, access: number): number {
  const dr7 = f.w[f.cpu + CPU.dr7];
  if (!f.model.entryArms || (dr7 & DR7_BITS.ENABLES) === 0) return 0;
  return f.bare?.debugged ? 0 : dataSlots(f, span, access);
}

/** Of slots that match, those that the CPU reports. */
function toldOf(f: X86Frame, matches: number): number {
  return reported(matches, f.w[f.cpu + CPU.dr7], f.model.reportsDisabled);
}

/** Data breakpoints that an access in a transaction hits. */
export function hitsInTransaction(
  f: X86Frame,
  span: Span,
  access: number,
): number {
  return toldOf(f, armedMatches(f, span, access));
}

/** The access leaves the guest before it is done: no breakpoint sees it, whatever it matches. */
export function reportLeaves(f: X86Frame, span: Span, access: number): void {
  if (f.sink !== null && f.sink.compared) {
    reportDataCompared(f, span, access, UNMET.exits);
  }
}

/** Slots that an access matches, enabled or not, as the CPU compares them. Rule x86:A2. */
function dataSlots(f: X86Frame, accessed: Span, access: number): number {
  if (f.model.unaligned === "bytes" || isAligned(accessed)) {
    return slotsAt(f, accessed, access);
  }
  const enabled = enabledSlots(f.w[f.cpu + CPU.dr7]);
  for (const kind of [ACCESS.read, ACCESS.write]) {
    if ((access & kind) === 0) continue;
    const direction = kind === ACCESS.read ? "load" : "store";
    for (const span of comparedSpans(accessed, direction)) {
      const matches = slotsAt(f, span, kind);
      if ((matches & enabled) !== 0) return matches;
    }
  }
  return 0;
}

function slotsAt(
  { w, vcpu, cpu }: X86Frame,
  { lo, hi, sizeBytes }: Span,
  access: number,
): number {
  const de = (w[vcpu + VCPU.cr4] & CR4_DE) !== 0;
  const dr7 = w[cpu + CPU.dr7];
  return dataMatches(w, cpu + CPU.dr, dr7, lo, hi, sizeBytes, access, de);
}

/**
 * A port. The model's hypervisor intercepts every one, so that an I/O breakpoint never sees the access; without one
 * it is compared with the port's number, zero-extended.
 *
 * Rules x86:A2, x86:A3.
 */
export function accessPort(f: X86Frame, insn: Insn): Outcome {
  if (f.bare === undefined) {
    reportLeaves(f, insn, ACCESS.io);
    return leaveByInstruction(f, EXIT.io, insn.op === "out" ? 1 : 0);
  }
  return compareData(f, insn, ACCESS.io);
}
