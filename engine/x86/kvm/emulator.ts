/**
 * The instruction emulator, as far as debug registers go: the checks before an instruction, and DR accesses
 * that come to it because the exit does not say which general-purpose register they use.
 *
 * @module
 */
import { linearRip } from "../hardware/linear.ts";
import { placeIn } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { warn } from "../../reports.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { MAX64 } from "../../word64.ts";
import { NO_ERROR, SHADOW, VCPU, VECTOR } from "../blocks.ts";
import {
  reportGeneralDetect,
  reportSlotHit,
  slotBits,
} from "../hardware/hits.ts";
import { enabledSlots } from "../hardware/match.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS, slotNibble } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { accessDone, byHandler, completed, movePast } from "./complete.ts";
import { queueDb, queueException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";
import {
  emulatorStepDue,
  emulatorTail,
  injectEmulatedDb,
  singleStep,
} from "./step.ts";
import { debugExit, FILLS, internalError } from "./user_exits.ts";

/** The DR of the access that exited. */
export function exitedDr(f: KvmFrame): number {
  return f.w[f.vcpu + VCPU.exitData] & 0xf;
}

/** The access that exited is a write. */
export function exitedWrite(f: KvmFrame): boolean {
  return (f.w[f.vcpu + VCPU.exitData] & 16) !== 0;
}

/**
 * The program's operand, for a write.
 *
 * @param truncates in 32-bit code it has 32 bits
 */
export function loadOperand(
  f: KvmFrame,
  insn: Insn | null,
  truncates = true,
): void {
  f.lo = insn?.lo ?? 0;
  f.hi = truncates && insn?.code32 ? 0 : insn?.hi ?? 0;
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
    const same = w[at + 2 * n] === linearRip(f) &&
      w[at + 2 * n + 1] === w[vcpu + VCPU.pc + 1];
    if (same) bits |= 1 << n;
  }
  return bits & enabledSlots(dr7);
}

/** Reports what KVM compared itself, with the debugger's or the guest's registers. */
function reportHits(f: KvmFrame, hits: number, debuggers: boolean): void {
  if (f.sink === null) return;
  for (let n = 0; n < SLOTS; n++) {
    if ((hits & (1 << n)) === 0) continue;
    const address = debuggers
      ? placeIn(f, "kvm", `eff_db${n}`)
      : placeIn(f, "guest", `DR${n}`);
    const control = debuggers
      ? placeIn(f, "kvm", "guest_debug_dr7")
      : placeIn(f, "guest", "DR7");
    reportSlotHit(f, n, [
      { place: address, bits: MAX64 },
      { place: control, bits: slotBits(n) },
    ], { rule: "x86:D25", owner: debuggers ? "userspace" : "guest" });
  }
}

/** RF holds a breakpoint back, and on Intel the shadow of MOV SS. Rule x86:D25, bug x86:F19. */
function inhibited(f: KvmFrame): boolean {
  const { w, vcpu, kernel } = f;
  if ((w[vcpu + VCPU.rflags] & FLAGS.RF) !== 0) return true;
  return kernel.shadowInhibits && f.vendor === "vmx" &&
    (w[vcpu + VCPU.shadow] & SHADOW.movSs) !== 0;
}

/**
 * The emulator cannot decode: #UD for the guest and, at privilege level 0, an error for userspace.
 *
 * `handle_emulation_failure()`, x86.c, 5.12 to 5.18. Bug x86:F29.
 */
function emulationFails(f: KvmFrame, insn: Insn | null): Handled {
  queueException(f, VECTOR.UD, NO_ERROR, "x86:F29");
  if (exitedCpl(f, insn) > 0) return HANDLED.again;
  internalError(f, "x86:F29");
  return HANDLED.userPending;
}

/**
 * The effective breakpoints at the instruction: where they are the debugger's, neither RF nor the shadow counts.
 *
 * `kvm_vcpu_check_code_breakpoint()`, x86.c, 7.2. Rules x86:D25, x86:D/12a.
 */
function effectiveBreakpoint(f: KvmFrame): Handled | undefined {
  const { w, vcpu } = f;
  const debugged = usesHwBp(f);
  if (!debugged && inhibited(f)) return undefined;
  const dr7 = w[vcpu + (debugged ? VCPU.guestDebugDr7 : VCPU.dr7)];
  const hits = codeBreakpoints(f, dr7, vcpu + VCPU.effDb);
  if (hits === 0) return undefined;
  reportHits(f, hits, debugged);
  return injectEmulatedDb(f, hits) ? HANDLED.userPending : HANDLED.again;
}

/**
 * The look for a code breakpoint before the emulator decodes.
 *
 * Until 7.1 the debugger's breakpoints come first, without a look at RF, and then the guest's own, even if they are
 * not effective. From 5.12 to 5.18 the look is part of decoding. Its result for the guest's breakpoint is taken for a
 * failure; that for the debugger's is taken for success, and the emulator goes on with an instruction that it has not
 * decoded (CVE-2022-1852). What that does depends on the instruction before; the model takes the case that none was
 * decoded before, which fails.
 *
 * Rules x86:D25, x86:D/12a, bug x86:F29.
 */
export function codeBreakpointCheck(
  f: KvmFrame,
  insn: Insn | null,
): Handled | undefined {
  if (byHandler(f)) return undefined;
  const { w, vcpu, kernel } = f;
  if (kernel.emulatorBreakpoints === "effective") return effectiveBreakpoint(f);
  if (usesHwBp(f)) {
    const dr7 = w[vcpu + VCPU.guestDebugDr7];
    const hits = codeBreakpoints(f, dr7, vcpu + VCPU.effDb);
    reportHits(f, hits, true);
    if (hits !== 0 && kernel.breakpointInDecoder) {
      warn(
        f,
        "the emulator goes on with an instruction that it has not decoded: CVE-2022-1852",
        "x86:F29",
      );
      return emulationFails(f, insn);
    }
    if (hits !== 0) {
      debugExit(f, VECTOR.DB, DR6_BITS.RESET | hits, FILLS.dr6, "x86:D25");
      return HANDLED.userPending;
    }
  }
  if (inhibited(f)) return undefined;
  const hits = codeBreakpoints(f, w[vcpu + VCPU.dr7], vcpu + VCPU.db);
  if (hits === 0) return undefined;
  reportHits(f, hits, false);
  queueDb(f, hits);
  return kernel.breakpointInDecoder ? emulationFails(f, insn) : HANDLED.again;
}

/** 2008: the emulator looks for no breakpoint. */
export function noCheck(): Handled | undefined {
  return undefined;
}

/**
 * General detect in the emulator. Until 7.1 by the guest's own DR7, and DR6 is written at once; since 7.2 by the
 * effective DR7. Until 6.0 the emulator takes this #DB for a trap, after which it looks for a step.
 *
 * Rules x86:D15, x86:D20, x86:D/12a, bug x86:F32.
 */
function generalDetect(f: KvmFrame): Handled | undefined {
  const { w, vcpu, kernel } = f;
  const effective = kernel.emulatorGd === "effective";
  const debuggers = effective && usesHwBp(f);
  const dr7 = w[vcpu + (debuggers ? VCPU.guestDebugDr7 : VCPU.dr7)];
  if ((dr7 & DR7_BITS.GD) === 0) return undefined;
  reportGeneralDetect(
    f,
    debuggers ? ["kvm", "guest_debug_dr7"] : ["guest", "DR7"],
  );
  if (effective) {
    return injectEmulatedDb(f, DR6_BITS.BD)
      ? HANDLED.userPending
      : HANDLED.again;
  }
  kernel.getDr(f, 6);
  f.lo = (f.lo & ~DR6_BITS.TRAPS) | DR6_BITS.BD | DR6_BITS.RESET;
  f.hi = 0;
  kernel.setDr(f, 6);
  queueException(f, VECTOR.DB, NO_ERROR, "x86:D15");
  if (!kernel.emulatedDbSteps) return HANDLED.again;
  return emulatorTail(f, 0) ? HANDLED.userPending : HANDLED.again;
}

/**
 * The emulator raises a fault: rip stays. Where it looks for a step even so, the step's #DB takes the
 * fault's place.
 *
 * Rules x86:D15, x86:F26.
 */
function fault(f: KvmFrame, vector: number, error: number): Handled {
  queueException(f, vector, error, "x86:D15");
  const { kernel } = f;
  if (kernel.stepsOverFault && emulatorStepDue(f) && singleStep(f)) {
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
  const breakpoint = kernel.emulatorCodeBreakpoint(f, insn);
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
  const detected = generalDetect(f);
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
