/**
 * Whose breakpoints an x86 instruction matches, for coverage.
 *
 * @module
 */
import { type Breakpoints, DEBUGGING } from "../../explore/breakpoints.ts";
import type { Insn } from "../../program.ts";
import { get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { enabledSlots } from "../hardware/match.ts";
import { slotMatches } from "../hardware/slot_matches.ts";
import { singleSteps, usesHwBp } from "../kvm/state.ts";
import { DR7_BITS, slotEnabled } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { nearness, obstacle, stepNearness } from "./nearness.ts";
import { DR7_KEEPS, OWN } from "./own_registers.ts";

/** Bits of DR7 that are kept as they were written. */
const KEPT = DR7_KEEPS & ~DR7_BITS.FIXED;

/** Enabled slots that an instruction matches by the architecture, whether a CPU executes it or KVM does. */
function matching(f: X86Frame, insn: Insn, dr: number, dr7: number): number {
  return slotMatches(f, insn, dr, dr7, true);
}

/** Something else than the program's instruction comes first. */
function comesLater({ w, vcpu }: X86Frame): boolean {
  return w[vcpu + VCPU.inHandler] !== 0 || w[vcpu + VCPU.stopped] !== 0 ||
    w[vcpu + VCPU.pendingDb] !== 0;
}

/** The x86 part of what coverage asks. */
export const X86_BREAKPOINTS: Breakpoints = {
  matches(frame, at, insn) {
    const f = frame as X86Frame;
    const { w, cpu } = f;
    if (comesLater(f)) return undefined;
    const dr7 = w[cpu + CPU.dr7];
    const isMovDr = (insn.op === "read" || insn.op === "write") &&
      insn.register >= 0 && insn.register <= REG.DR7;
    return {
      own: matching(f, insn, at + OWN.dr, w[at + OWN.dr7]),
      user: usesHwBp(f) ? matching(f, insn, cpu + CPU.dr, dr7) : 0,
      isDetected: isMovDr && (dr7 & DR7_BITS.GD) !== 0,
    };
  },
  nearness: (frame, at, insn, slot) =>
    comesLater(frame as X86Frame)
      ? 0
      : nearness(frame as X86Frame, at, insn, slot),
  obstacle,
  asksForStep: ({ op, register, lo }) =>
    op === "popf" && lo !== 0 ||
    (op === "iret" || op === "write" && register === REG.RFLAGS) &&
      (lo & FLAGS.TF) !== 0,
  stepNearness: (frame, _, insn) => stepNearness(frame as X86Frame, insn),
  writersOf: (register) =>
    register === REG.DR7 ? [REG.DR7, REG.DR5] : [register],
  controlRegister: () => REG.DR7,
  slotsOf(register, lo) {
    if (register < SLOTS) return 1 << register;
    return register === REG.DR7 || register === REG.DR5 ? enabledSlots(lo) : 0;
  },
  isInForce({ w }, at, register, { lo, hi, maskLo, maskHi }) {
    if (register >= SLOTS) {
      return ((w[at + OWN.dr7] ^ lo) & maskLo & KEPT) === 0;
    }
    const own = at + OWN.dr + 2 * register;
    return ((w[own] ^ lo) & maskLo) === 0 && ((w[own + 1] ^ hi) & maskHi) === 0;
  },
  isWide: () => false,
  slotName: (slot) => `breakpoint ${slot}`,
  addressRegister: (slot) => slot,
  userAddress: ({ w, cpu }, slot) => get64(w, cpu + CPU.dr + 2 * slot),
  hostAddresses({ w, cpu }) {
    const found: bigint[] = [];
    for (let n = 0; n < SLOTS; n++) {
      if (!slotEnabled(w[cpu + CPU.hostDr7], n)) continue;
      found.push(get64(w, cpu + CPU.hostDr + 2 * n));
    }
    return found;
  },
  debugging(frame) {
    const f = frame as X86Frame;
    const steps = singleSteps(f);
    return (steps || usesHwBp(f) ? DEBUGGING.on : 0) |
      (steps ? DEBUGGING.steps : 0);
  },
};
