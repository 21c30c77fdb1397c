/**
 * The exit for MOV to or from a debug register.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { NO_ERROR, VCPU, VECTOR } from "../blocks.ts";
import { setDrAccesses } from "../moves.ts";
import { reportGeneralDetect, reportNoAlias } from "../hardware/hits.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { CR4_DE } from "../registers/rflags.ts";
import { accessDone, completed, movePast } from "./complete.ts";
import { SWITCH } from "./constants.ts";
import {
  emulateDrAccess,
  exitedCpl,
  exitedDr,
  exitedWrite,
  loadOperand,
} from "./emulator.ts";
import { queueDb, queueException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";
import { skip } from "./step.ts";
import { debugExit, FILLS } from "./user_exits.ts";

const WONT_EXIT: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:D/6",
};

/**
 * Lets DR accesses through until the next exit; the instruction is executed again. Any flag of guest debug turns this
 * off.
 *
 * Rules x86:C7, x86:C8, x86:D/6, x86:D16.
 */
function letThrough(f: KvmFrame): Handled {
  const { w, vcpu } = f;
  setDrAccesses(f, 0, "x86:D/6");
  const at = vcpu + VCPU.switchDbRegs;
  setWord(f, at, w[at] | SWITCH.WONT_EXIT, WONT_EXIT);
  return HANDLED.again;
}

/** DR4 or DR5 with CR4.DE: #UD. @returns true if so. Rule x86:D1. */
function requireDr(f: KvmFrame): boolean {
  const dr = exitedDr(f);
  const missing = (dr === 4 || dr === 5) &&
    (f.w[f.vcpu + VCPU.cr4] & CR4_DE) !== 0;
  if (missing) {
    reportNoAlias(f);
    queueException(f, VECTOR.UD, NO_ERROR, "x86:D1");
  }
  return missing;
}

/**
 * get_dr or set_dr for the access, then past it; a refused value is #GP(0) with RIP kept.
 *
 * Until 5.12 kvm-amd takes all 64 bits of the general register, also in 32-bit code: rule x86:D/17.1.
 * Until 5.11 kvm-amd ignores that set_dr failed, and moves on. Quirk x86:Q4, bug x86:F31.
 */
function perform(f: KvmFrame, insn: Insn | null): Handled {
  const { kernel } = f;
  loadOperand(f, insn, kernel.truncatesDrOperand);
  let refused = false;
  if (exitedWrite(f)) {
    refused = !kernel.setDr(f, exitedDr(f));
    if (refused) {
      const own = (exitedDr(f) & 1) !== 0 ? "x86:D4" : "x86:D3";
      queueException(f, VECTOR.GP, 0, f.vendor === "vmx" ? "x86:D14" : own);
      if (!kernel.failedWriteMoves) return HANDLED.again;
    }
  } else {
    kernel.getDr(f, exitedDr(f));
  }
  if (!refused) accessDone(f, insn);
  movePast(f);
  return completed(f, skip(f, kernel.vendorSkipSteps));
}

/**
 * General detect: BD goes to the debugger, or to the guest. Until 5.6 the debugger is shown the guest's DR6,
 * without BD.
 *
 * Rules x86:C7, x86:D14, bug x86:F13.
 */
function generalDetect(f: KvmFrame): Handled {
  reportGeneralDetect(f, ["vmcs", "DR7"]);
  if (!usesHwBp(f)) {
    queueDb(f, DR6_BITS.BD, "x86:D14");
    return HANDLED.again;
  }
  const shows = f.kernel.gdExitShowsBd;
  debugExit(
    f,
    VECTOR.DB,
    shows ? DR6_BITS.RESET | DR6_BITS.BD : f.w[f.vcpu + VCPU.dr6],
    // `int dr7`, which is sign-extended.
    FILLS.dr6 | FILLS.dr7 | FILLS.signed,
    shows ? "x86:D14" : "x86:C7",
  );
  return HANDLED.userPending;
}

/**
 * VMX `handle_dr()`: #UD, #GP, general detect, then lazy mode or the access itself.
 *
 * Rules x86:C7, x86:D14.
 */
export function drAccessVmx(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu } = f;
  if (requireDr(f)) return HANDLED.again;
  if (exitedCpl(f, insn) > 0) {
    queueException(f, VECTOR.GP, 0, "x86:D14");
    return HANDLED.again;
  }
  if ((w[vcpu + VCPU.vmDr7] & DR7_BITS.GD) !== 0) return generalDetect(f);
  if (w[vcpu + VCPU.guestDebug] === 0) return letThrough(f);
  return perform(f, insn);
}

/**
 * SVM: lazy mode, or the access itself; without decode assists the emulator does it. #UD, #GP for the level and
 * general detect are the CPU's. (Until 5.11 KVM tests DR4 and DR5 once more, in vain.)
 *
 * Rules x86:C8, x86:D15.
 */
export function drAccessSvm(f: KvmFrame, insn: Insn | null): Handled {
  if (f.w[f.vcpu + VCPU.guestDebug] === 0) return letThrough(f);
  if (!f.model.decodeAssists) return emulateDrAccess(f, insn);
  return perform(f, insn);
}
