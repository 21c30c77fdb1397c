/**
 * The exit for #DB.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import { ICEBP, NO_ERROR, VCPU, VECTOR } from "../blocks.ts";
import { isProtected } from "../hardware/protected.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { afterTrap, completed, movePast } from "./complete.ts";
import { queueDb, queueException } from "./exceptions.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import { nmiStepTrapped } from "./interrupts.ts";
import type { KvmFrame } from "./kernel.ts";
import { tfSet } from "./state.ts";
import { debugExit, FILLS } from "./user_exits.ts";

/** Userspace gets every #DB, the guest's own too. Rule x86:D33. */
export function userWantsDb(f: KvmFrame): boolean {
  const flags = GUESTDBG.SINGLESTEP | GUESTDBG.USE_HW_BP;
  return (f.w[f.vcpu + VCPU.guestDebug] & flags) !== 0;
}

/** The exit data, without the mark of INT1. */
function cause(f: KvmFrame): number {
  return f.w[f.vcpu + VCPU.exitData] & ~ICEBP;
}

/**
 * The exit for #DB on VMX: for userspace, or reflected; INT1's is moved past first (SVM: `icebpExit()`). The exit
 * qualification is the cause. Until 5.6 RTM is 0 in the debug exit's dr6.
 *
 * Rules x86:C15, x86:C16, x86:D/10, x86:D18, x86:D22, x86:D23.
 */
export function dbVmx(f: KvmFrame, _insn: Insn | null): Handled {
  const { w, vcpu, kernel } = f;
  const isIcebp = (w[vcpu + VCPU.exitData] & ICEBP) !== 0;
  if (userWantsDb(f)) {
    // Rule x86:D58.
    if (isIcebp) w[vcpu + VCPU.eventLength] = 1;
    const rtm = kernel.debugExitRtm ? DR6_BITS.RTM : 0;
    const dr6 = cause(f) | (DR6_BITS.RESET & ~DR6_BITS.RTM) | rtm;
    debugExit(f, VECTOR.DB, dr6, FILLS.dr6 | FILLS.dr7, "x86:D/10", "cpu");
    return afterTrap(f, true);
  }
  if (isIcebp) {
    movePast(f);
    w[vcpu + VCPU.shadow] = 0;
  } else if (
    kernel.mendsEntry === "after-exit" && tfSet(f) &&
    w[vcpu + VCPU.shadow] !== 0
  ) {
    w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  }
  queueDb(f, cause(f));
  return isIcebp ? completed(f, false) : afterTrap(f, false);
}

/**
 * The exit for #DB on SVM, for userspace or reflected. The VMCB's DR6 held only this cause. Until 5.6 it is the guest's, where the cause is added by the CPU, and the
 * debug exit fills neither register.
 *
 * Rules x86:C16, x86:D9, x86:D18, quirk x86:Q17.
 */
export function dbSvm(f: KvmFrame, _insn: Insn | null): Handled {
  const { w, vcpu, kernel } = f;
  const dr6 = w[vcpu + VCPU.vmDr6];
  if (isProtected(f)) {
    queueException(f, VECTOR.DB, NO_ERROR, "x86:D82");
    return afterTrap(f, false);
  }
  if (nmiStepTrapped(f)) return afterTrap(f, false);
  if (userWantsDb(f)) {
    if (kernel.dbExitFills) {
      debugExit(f, VECTOR.DB, dr6, FILLS.dr6 | FILLS.dr7, "x86:D/10", "cpu");
    } else debugExit(f, VECTOR.DB, 0, 0, "x86:Q17", "cpu");
    return afterTrap(f, true);
  }
  if (kernel.vmDr6IsGuests) queueException(f, VECTOR.DB, NO_ERROR, "x86:C16");
  else queueDb(f, dr6 ^ DR6_BITS.RESET);
  return afterTrap(f, false);
}
