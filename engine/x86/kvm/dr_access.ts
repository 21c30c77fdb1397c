/**
 * The exit for MOV to or from a debug register.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { VCPU, VECTOR } from "../blocks.ts";
import { setDrAccesses } from "../moves.ts";
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
import { queueDbMerged, queueDbPayload, queueException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";
import { debugExit, FILLS } from "./user_exits.ts";

const WONT_EXIT: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:D.6",
};

/** Lets DR accesses through until the next exit; the instruction is executed again. Rules x86:C7, x86:C8, x86:D.6. */
function letThrough(f: KvmFrame): Handled {
  const { w, vcpu } = f;
  setDrAccesses(f, 0, "x86:D.6");
  const at = vcpu + VCPU.switchDbRegs;
  setWord(f, at, w[at] | SWITCH.WONT_EXIT, WONT_EXIT);
  return HANDLED.again;
}

/** DR4 or DR5 with CR4.DE: #UD. @returns true if so. Rule x86:D1. */
function requireDr(f: KvmFrame): boolean {
  const dr = exitedDr(f);
  const missing = (dr === 4 || dr === 5) &&
    (f.w[f.vcpu + VCPU.cr4] & CR4_DE) !== 0;
  if (missing) queueException(f, VECTOR.UD, -1, "x86:D1");
  return missing;
}

/** get_dr or set_dr for the access, then past it, or #GP(0) with rip kept. */
function perform(f: KvmFrame, insn: Insn | null): Handled {
  const { kernel } = f;
  loadOperand(f, insn);
  if (exitedWrite(f)) {
    if (!kernel.setDr(f, exitedDr(f))) {
      const isDr7 = (exitedDr(f) & 1) !== 0;
      const own = isDr7 ? "x86:D4" : "x86:D3";
      queueException(f, VECTOR.GP, 0, f.vendor === "vmx" ? "x86:D14" : own);
      return HANDLED.again;
    }
  } else {
    kernel.getDr(f, exitedDr(f));
  }
  accessDone(f, insn);
  movePast(f);
  return completed(f, kernel.skip(f));
}

/**
 * VMX `handle_dr()`: #UD, #GP, general detect, then lazy mode or the access itself.
 *
 * Rules x86:C7, x86:D14.
 */
function handleDrVmx(
  f: KvmFrame,
  insn: Insn | null,
  generalDetect: (f: KvmFrame) => Handled,
): Handled {
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

/** General detect since 5.7: BD to the debugger, or as payload to the guest. Rules x86:D14, x86:F13. */
function generalDetectPayload(f: KvmFrame): Handled {
  if (usesHwBp(f)) {
    debugExit(
      f,
      VECTOR.DB,
      DR6_BITS.RESET | DR6_BITS.BD,
      FILLS.dr6 | FILLS.dr7,
      "x86:D14",
    );
    return HANDLED.userPending;
  }
  queueDbPayload(f, DR6_BITS.BD);
  return HANDLED.again;
}

/** General detect of 4.4 and 4.9: the debugger is shown the guest's DR6, without BD. Rule x86:C7. */
function generalDetectStale(f: KvmFrame): Handled {
  if (usesHwBp(f)) {
    debugExit(
      f,
      VECTOR.DB,
      f.w[f.vcpu + VCPU.dr6],
      FILLS.dr6 | FILLS.dr7,
      "x86:C7",
    );
    return HANDLED.userPending;
  }
  queueDbMerged(f, DR6_BITS.BD);
  return HANDLED.again;
}

/** VMX, 6.1 and 7.2. Rule x86:D14. */
export function drAccessVmx(f: KvmFrame, insn: Insn | null): Handled {
  return handleDrVmx(f, insn, generalDetectPayload);
}

/** VMX, 4.4 and 4.9. Rule x86:C7. */
export function drAccessVmx44(f: KvmFrame, insn: Insn | null): Handled {
  return handleDrVmx(f, insn, generalDetectStale);
}

/**
 * SVM, 6.1 and 7.2: lazy mode, or the access itself; without decode assists the emulator does it. #UD, #GP
 * for the level and general detect are the CPU's.
 *
 * Rule x86:D15.
 */
export function drAccessSvm(f: KvmFrame, insn: Insn | null): Handled {
  if (f.w[f.vcpu + VCPU.guestDebug] === 0) return letThrough(f);
  if (!f.model.decodeAssists) return emulateDrAccess(f, insn);
  return perform(f, insn);
}

/** SVM, 4.4 and 4.9: DR4 and DR5 are tested once more. Rule x86:C8. */
export function drAccessSvm44(f: KvmFrame, insn: Insn | null): Handled {
  if (f.w[f.vcpu + VCPU.guestDebug] === 0) return letThrough(f);
  if (!f.model.decodeAssists) return emulateDrAccess(f, insn);
  if (requireDr(f)) return HANDLED.again;
  return perform(f, insn);
}
