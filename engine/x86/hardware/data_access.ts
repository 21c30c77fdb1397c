/**
 * Accesses of memory and of ports, as the CPU executes them: they exit, or are compared with the data breakpoints.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import type { Span } from "../../split_access.ts";
import { CPU, EXIT, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { dr7Arms } from "./armed.ts";
import { reportDataCompared } from "./comparisons.ts";
import { dataSlots } from "./data_slots.ts";
import { leaveByAccess, leaveByInstruction } from "./exceptions.ts";
import { reportDataHits } from "./hits.ts";
import { ACCESS, reported } from "./match.ts";
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
    const last = dr7Arms(f) ? UNMET.none : UNMET.unarmed;
    reportDataCompared(f, span, access, last);
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
  if (!dr7Arms(f) || (dr7 & DR7_BITS.ENABLES) === 0) return 0;
  if (f.bare?.debugged) return 0;
  const { lo, hi, sizeBytes } = span;
  const dr = f.cpu + CPU.dr;
  return dataSlots(f, { dr, dr7 }, { lo, hi, sizeBytes, access });
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
