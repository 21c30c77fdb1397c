/**
 * The exit for #DB.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import { ICEBP, VCPU, VECTOR } from "../blocks.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { afterTrap, completed, movePast } from "./complete.ts";
import { queueDbMerged, queueDbPayload, queueException } from "./exceptions.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
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

function dbVmx(
  f: KvmFrame,
  queue: (f: KvmFrame, cause: number) => void,
): Handled {
  const { w, vcpu } = f;
  if (userWantsDb(f)) {
    const dr6 = cause(f) | DR6_BITS.RESET;
    debugExit(f, VECTOR.DB, dr6, FILLS.dr6 | FILLS.dr7, "x86:D.10");
    return afterTrap(f, true);
  }
  const isIcebp = (w[vcpu + VCPU.exitData] & ICEBP) !== 0;
  if (isIcebp) {
    movePast(f);
    w[vcpu + VCPU.shadow] = 0;
  } else if (
    f.kernel.mendsEntry === "after-exit" && tfSet(f) &&
    w[vcpu + VCPU.shadow] !== 0
  ) {
    w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  }
  queue(f, cause(f));
  return isIcebp ? completed(f, false) : afterTrap(f, false);
}

/** VMX, 6.1 and 7.2: the qualification is the payload. Rules x86:D18, x86:D22, x86:D23. */
export function dbVmxPayload(f: KvmFrame, _insn: Insn | null): Handled {
  return dbVmx(f, queueDbPayload);
}

/** VMX, 4.4 and 4.9: B0 to B3 replaced, the rest added. Rules x86:C15, x86:C16, quirk x86:Q10. */
export function dbVmxMerged(f: KvmFrame, _insn: Insn | null): Handled {
  return dbVmx(f, queueDbMerged);
}

/** SVM, 6.1 and 7.2: the VMCB's DR6 held only this cause, or the guest's own. Rules x86:D9, x86:D18. */
export function dbSvmPayload(f: KvmFrame, _insn: Insn | null): Handled {
  const { w, vcpu } = f;
  const dr6 = w[vcpu + VCPU.vmDr6];
  if (userWantsDb(f)) {
    debugExit(f, VECTOR.DB, dr6, FILLS.dr6 | FILLS.dr7, "x86:D.10");
    return afterTrap(f, true);
  }
  queueDbPayload(f, dr6 ^ DR6_BITS.RESET);
  return afterTrap(f, false);
}

/** SVM, 4.4 and 4.9: DR6 stays in the VMCB, and the debug exit fills neither register. Quirk x86:Q17. */
export function dbSvmInVmcb(f: KvmFrame, _insn: Insn | null): Handled {
  if (userWantsDb(f)) {
    debugExit(f, VECTOR.DB, 0, 0, "x86:Q17");
    return afterTrap(f, true);
  }
  queueException(f, VECTOR.DB, -1, "x86:C16");
  return afterTrap(f, false);
}
