/**
 * Whose breakpoints and watchpoints an arm64 instruction matches: for what the guest must be able to rely on, and for
 * coverage. A breakpoint's slot is its number, a watchpoint's is `WATCHPOINTS` more.
 *
 * @module
 */
import { type Breakpoints, DEBUGGING } from "../../explore/breakpoints.ts";
import type { Insn } from "../../program.ts";
import { VCPU_BASE } from "../../rules.ts";
import { get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { breakpointMatches } from "../hardware/breakpoints.ts";
import {
  breakpointsEnabled,
  MDSCR_SS,
  stepUnmet,
} from "../hardware/debug_exceptions.ts";
import { directionOf } from "../hardware/data_access.ts";
import { bankAt } from "../hardware/register_file.ts";
import { STEP, stepState } from "../hardware/software_step.ts";
import { UNMET } from "../hardware/unmet.ts";
import { GUESTDBG } from "../kvm/guest_debug_flags.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, NUMBERED_MAX, numberedId, REG } from "../registers/ids.ts";
import { guestFrame, tryFrame } from "./guest_frame.ts";
import { nearness, obstacle, watchpointFires } from "./nearness.ts";
import { OWN, WATCHPOINTS } from "./own_registers.ts";

const E = 1;
/** BT[0] of a breakpoint, WT of a watchpoint: it is linked to the breakpoint that LBN names. */
const LINKED = 1 << 20;
const LBN = DBGBCR.word("LBN");
const BT = DBGBCR.word("BT");
const MASK = DBGWCR.word("MASK");

/** The last of BT that compares an address and nothing else. */
const LINKED_ADDRESS = 1;

/** Bit of a slot of the frame's CPU that fires, and of the breakpoint that it is linked to. */
function slotBits(f: Arm64Frame, kind: 0 | 2, n: number): number {
  const control = f.w[bankAt(f.cpu + CPU.hw, kind, n)];
  const bit = 1 << (kind === KIND.wcr ? WATCHPOINTS + n : n);
  return (control & LINKED) === 0
    ? bit
    : bit | 1 << (control >>> LBN.shift & LBN.mask);
}

/** Breakpoints and watchpoints of the frame's CPU by which the instruction would be stopped. */
function firing(f: Arm64Frame, insn: Insn, emulated: boolean): number {
  if (!breakpointsEnabled(f)) return 0;
  let bits = 0;
  for (let n = 0; n < f.host.brps; n++) {
    if (breakpointMatches(f, n)) bits |= slotBits(f, KIND.bcr, n);
  }
  const direction = directionOf(f, insn);
  if (direction === 0 || insn.mmio && !emulated) return bits;
  for (let n = 0; n < f.host.wrps; n++) {
    if (!watchpointFires(f, n, insn, direction)) continue;
    bits |= slotBits(f, KIND.wcr, n);
  }
  return bits;
}

/** Something else than the program's instruction, or an exception of another kind, comes first. */
export function comesLater(f: Arm64Frame): boolean {
  const { w } = f;
  return w[f.vcpu + VCPU_BASE.inHandler] !== 0 ||
    w[f.vcpu + VCPU_BASE.stopped] !== 0 ||
    stepState(f) === STEP.activePending;
}

/** What of the physical registers fires at an instruction. */
export function firingOnCpu(
  f: Arm64Frame,
  insn: Insn,
  emulated = false,
): number {
  return firing(tryFrame(f, insn, f.host), insn, emulated);
}

/**
 * What would fire if the CPU had the guest's registers as it wrote them, and as many as the guest was given.
 *
 * @param at where the monitor's block is
 * @param emulated an access that KVM or userspace emulates counts too
 */
export function firingOfGuest(
  f: Arm64Frame,
  at: number,
  insn: Insn,
  emulated = false,
): number {
  return firing(guestFrame(f, at, insn), insn, emulated);
}

/**
 * A breakpoint would fire at an instruction that the guest's registers match, as it wrote them: before the instruction
 * executes, so that no watchpoint does. Rule arm64:A/9.
 *
 * @param at where the monitor's block is
 */
export function breakpointFires(
  f: Arm64Frame,
  at: number,
  insn: Insn,
): boolean {
  const own = guestFrame(f, at, insn);
  if (!breakpointsEnabled(own)) return false;
  for (let n = 0; n < own.host.brps; n++) {
    if (breakpointMatches(own, n)) return true;
  }
  return false;
}

/** Register id of a slot's value register. */
function valueRegister(slot: number): number {
  return slot < WATCHPOINTS
    ? numberedId(KIND.bvr, slot)
    : numberedId(KIND.wvr, slot - WATCHPOINTS);
}

/** The arm64 part of what coverage asks. */
export const ARM64_BREAKPOINTS: Breakpoints = {
  matches(frame, at, insn) {
    const f = frame as Arm64Frame;
    if (comesLater(f)) return undefined;
    const debugs = f.w[f.vcpu + VCPU.guestDebug] & GUESTDBG.USE_HW;
    return {
      own: firingOfGuest(f, at, insn, true),
      user: debugs === 0 ? 0 : firingOnCpu(f, insn, true),
      isDetected: false,
    };
  },
  nearness: (frame, at, insn, slot) =>
    comesLater(frame as Arm64Frame)
      ? 0
      : nearness(frame as Arm64Frame, at, insn, slot),
  obstacle,
  asksForStep: ({ op, register, lo }) =>
    op === "write" && register === REG.MDSCR_EL1 && (lo & MDSCR_SS) !== 0,
  stepNearness(frame, at, insn) {
    const f = frame as Arm64Frame;
    if (f.w[f.vcpu + VCPU_BASE.inHandler] !== 0) return undefined;
    const unmet = stepUnmet(guestFrame(f, at, insn));
    return unmet === UNMET.stepEnable ? undefined : unmet;
  },
  writersOf: (register) => [register],
  controlRegister: (slot) =>
    slot < WATCHPOINTS
      ? numberedId(KIND.bcr, slot)
      : numberedId(KIND.wcr, slot - WATCHPOINTS),
  slotsOf(register, lo) {
    if (register >= NUMBERED_MAX) return 0;
    const kind = register >> 4;
    const isWatch = kind === KIND.wcr || kind === KIND.wvr;
    const bit = 1 << ((isWatch ? WATCHPOINTS : 0) + (register & 15));
    const isControl = kind === KIND.bcr || kind === KIND.wcr;
    return isControl && (lo & E) === 0 ? 0 : bit;
  },
  isInForce({ w }, at, register, { lo, hi, maskLo, maskHi }) {
    const own = at + OWN.bank + 2 * register;
    return ((w[own] ^ lo) & maskLo) === 0 && ((w[own + 1] ^ hi) & maskHi) === 0;
  },
  isWide: (register, lo) =>
    register >> 4 === KIND.wcr
      ? (lo >>> MASK.shift & MASK.mask) !== 0
      : (lo >>> BT.shift & BT.mask) > LINKED_ADDRESS,
  slotName: (slot) =>
    slot < WATCHPOINTS
      ? `breakpoint ${slot}`
      : `watchpoint ${slot - WATCHPOINTS}`,
  addressRegister: valueRegister,
  userAddress: ({ w, cpu }, slot) =>
    get64(w, cpu + CPU.hw + 2 * valueRegister(slot)),
  hostAddresses({ w, cpu }) {
    const of = (kind: 1 | 3, count: number) =>
      Array.from(
        { length: count },
        (_, n) => get64(w, cpu + CPU.host + 2 * numberedId(kind, n)),
      );
    return [
      ...of(KIND.bvr, w[cpu + CPU.hostBreakpoints]),
      ...of(KIND.wvr, w[cpu + CPU.hostWatchpoints]),
    ];
  },
  debugging({ w, vcpu }) {
    const control = w[vcpu + VCPU.guestDebug];
    if (control === 0) return 0;
    const steps = (control & GUESTDBG.SINGLESTEP) !== 0;
    return steps ? DEBUGGING.on | DEBUGGING.steps : DEBUGGING.on;
  },
};
