/**
 * The instruction emulator, as far as debug registers go: the checks before an instruction, and DR accesses
 * that come to it because the exit does not say which general-purpose register they use.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { VCPU, VECTOR } from "../blocks.ts";
import { enabledSlots } from "../hardware/match.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS, slotNibble } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { accessDone, byHandler, completed, movePast } from "./complete.ts";
import { queueDbMerged, queueDbPayload, queueException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { tfSet, usesHwBp } from "./state.ts";
import { injectEmulatedDb } from "./step.ts";
import { debugExit, FILLS } from "./user_exits.ts";

/** The access that exited: DR number, and 16 for a write. */
export function exitedDr(f: KvmFrame): number {
  return f.w[f.vcpu + VCPU.exitData] & 0xf;
}

/** The access that exited is a write. */
export function exitedWrite(f: KvmFrame): boolean {
  return (f.w[f.vcpu + VCPU.exitData] & 16) !== 0;
}

/** The program's operand, for a write. */
export function loadOperand(f: KvmFrame, insn: Insn | null): void {
  f.lo = insn?.lo ?? 0;
  f.hi = insn?.hi ?? 0;
}

/** Privilege level of the instruction that exited. */
export function exitedCpl(f: KvmFrame, insn: Insn | null): number {
  return byHandler(f) || insn === null ? 0 : Math.max(0, insn.level);
}

/** Execute breakpoints with nibble 0 at rip, enabled in `dr7`. Rule x86:D25. */
function codeBreakpoints(f: KvmFrame, dr7: number, at: number): number {
  const { w, vcpu } = f;
  let bits = 0;
  for (let n = 0; n < SLOTS; n++) {
    if (slotNibble(dr7, n) !== 0) continue;
    const same = w[at + 2 * n] === w[vcpu + VCPU.pc] &&
      w[at + 2 * n + 1] === w[vcpu + VCPU.pc + 1];
    if (same) bits |= 1 << n;
  }
  return bits & enabledSlots(dr7);
}

/** The debugger's breakpoint at the instruction: no look at RF. Rule x86:D25. */
function debuggerBreakpoint(f: KvmFrame): boolean {
  const { w, vcpu } = f;
  if (!usesHwBp(f)) return false;
  const hits = codeBreakpoints(
    f,
    w[vcpu + VCPU.guestDebugDr7],
    vcpu + VCPU.effDb,
  );
  if (hits === 0) return false;
  debugExit(f, VECTOR.DB, DR6_BITS.RESET | hits, FILLS.dr6, "x86:D25");
  return true;
}

/** The guest's own breakpoint at the instruction: RF holds it back, and on Intel the shadow of MOV SS. */
function ownBreakpoint(f: KvmFrame, shadowInhibits: boolean): number {
  const { w, vcpu } = f;
  if ((w[vcpu + VCPU.rflags] & FLAGS.RF) !== 0) return 0;
  const inhibited = shadowInhibits && f.vendor === "vmx" &&
    w[vcpu + VCPU.shadow] !== 0;
  if (inhibited) return 0;
  return codeBreakpoints(f, w[vcpu + VCPU.dr7], vcpu + VCPU.db);
}

/** `kvm_vcpu_check_code_breakpoint()` of 6.1. Rules x86:D25, x86:F19. */
export function codeBreakpointCheck(f: KvmFrame): Handled | undefined {
  if (byHandler(f)) return undefined;
  if (debuggerBreakpoint(f)) return HANDLED.userPending;
  const hits = ownBreakpoint(f, true);
  if (hits === 0) return undefined;
  queueDbPayload(f, hits);
  return HANDLED.again;
}

/** The same in 7.2, where the #DB may go to userspace. Rules x86:D25, x86:D.12a. */
export function codeBreakpointCheck72(f: KvmFrame): Handled | undefined {
  if (byHandler(f)) return undefined;
  if (debuggerBreakpoint(f)) return HANDLED.userPending;
  const hits = ownBreakpoint(f, true);
  if (hits === 0) return undefined;
  return injectEmulatedDb(f, hits) ? HANDLED.userPending : HANDLED.again;
}

/** The same in 4.4 and 4.9: the shadow of MOV SS is not looked at. Rules x86:D25, x86:F19. */
export function codeBreakpointCheck44(f: KvmFrame): Handled | undefined {
  if (byHandler(f)) return undefined;
  if (debuggerBreakpoint(f)) return HANDLED.userPending;
  const hits = ownBreakpoint(f, false);
  if (hits === 0) return undefined;
  queueDbMerged(f, hits);
  return HANDLED.again;
}

/** 2008: the emulator looks for no breakpoint. */
export function noCheck(_f: KvmFrame): Handled | undefined {
  return undefined;
}

/**
 * General detect in the emulator of 4.4 to 6.1: by the guest's own DR7, and DR6 is written at once.
 *
 * Rule x86:D15.
 */
export function ownGeneralDetect(f: KvmFrame): Handled | undefined {
  const { w, vcpu, kernel } = f;
  if ((w[vcpu + VCPU.dr7] & DR7_BITS.GD) === 0) return undefined;
  kernel.getDr(f, 6);
  f.lo = (f.lo & ~DR6_BITS.TRAPS) | DR6_BITS.BD | DR6_BITS.RESET;
  f.hi = 0;
  kernel.setDr(f, 6);
  queueException(f, VECTOR.DB, -1, "x86:D15");
  return HANDLED.again;
}

/** General detect in the emulator of 7.2: by the effective DR7. Rule x86:D.12a. */
export function effectiveGeneralDetect(f: KvmFrame): Handled | undefined {
  const { w, vcpu } = f;
  const dr7 = w[vcpu + (usesHwBp(f) ? VCPU.guestDebugDr7 : VCPU.dr7)];
  if ((dr7 & DR7_BITS.GD) === 0) return undefined;
  return injectEmulatedDb(f, DR6_BITS.BD) ? HANDLED.userPending : HANDLED.again;
}

/**
 * The emulator raises a fault: rip stays. Where it looks for a step all the same, the step's #DB takes the
 * fault's place.
 *
 * Rules x86:D15, x86:F26.
 */
function fault(f: KvmFrame, vector: number, error: number): Handled {
  queueException(f, vector, error, "x86:D15");
  const { kernel } = f;
  if (kernel.stepsOverFault && tfSet(f) && kernel.step(f)) {
    return HANDLED.userPending;
  }
  return HANDLED.again;
}

/**
 * Emulates MOV to or from a DR: privilege level, bits 63:32 of DR6 and DR7, DR4 and DR5, general detect.
 *
 * Rules x86:D6, x86:D15, x86:D20.
 */
export function emulateDrAccess(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu, kernel } = f;
  const breakpoint = kernel.emulatorCodeBreakpoint(f);
  if (breakpoint !== undefined) return breakpoint;
  const dr = exitedDr(f);
  const isWrite = exitedWrite(f);
  loadOperand(f, insn);
  if (exitedCpl(f, insn) > 0) return fault(f, VECTOR.GP, 0);
  if (isWrite && (dr === 6 || dr === 7) && f.hi !== 0) {
    return fault(f, VECTOR.GP, 0);
  }
  if ((dr === 4 || dr === 5) && (w[vcpu + VCPU.cr4] & CR4_DE) !== 0) {
    return fault(f, VECTOR.UD, -1);
  }
  const detected = kernel.emulatorGeneralDetect(f);
  if (detected !== undefined) return detected;
  if (isWrite) {
    loadOperand(f, insn);
    const taken = kernel.setDr(f, dr);
    if (!taken && kernel.emulatorSeesFailure) return fault(f, VECTOR.GP, 0);
  } else {
    kernel.getDr(f, dr);
  }
  return finishEmulated(f, insn);
}

/** The emulator is done: rip, step, flags. */
export function finishEmulated(f: KvmFrame, insn: Insn | null): Handled {
  movePast(f);
  accessDone(f, insn);
  return completed(f, f.kernel.emulated(f));
}
