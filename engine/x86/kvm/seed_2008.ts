/**
 * The first virtualization of DR0 to DR7, December 2008, as Linux 2.6.30 has it, quirks and all. Rules x86:B.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { warn } from "../../reports.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { CPU, NO_ERROR, VCPU, VECTOR } from "../blocks.ts";
import { accessBit } from "../hardware/mov_dr.ts";
import { copySet } from "../moves.ts";
import { reportGeneralDetect } from "../hardware/hits.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { accessDone, afterTrap, completed, movePast } from "./complete.ts";
import { userWantsDb } from "./db_exit.ts";
import {
  loadEffectiveDr7,
  storeControl,
  storeStatus,
  writeAddress,
} from "./dr_registers.ts";
import { exitedDr, exitedWrite, loadOperand } from "./emulator.ts";
import { LOAD, loadAddresses, loadStatus } from "./entry.ts";
import { queueException } from "./exceptions.ts";
import { reportHostLost } from "./host_breakpoints.ts";
import type { KvmFrame } from "./kernel.ts";
import { singleSteps, usesHwBp } from "./state.ts";
import { skip } from "./step.ts";
import { debugExit, FILLS } from "./user_exits.ts";

/** DR accesses that the SVM side intercepts: reads of DR0-3, writes of DR0-3, DR5 and DR7. Rule x86:B21. */
export const SVM_ACCESSES_2008 = accessBit(0, false) | accessBit(1, false) |
  accessBit(2, false) | accessBit(3, false) | accessBit(0, true) |
  accessBit(1, true) | accessBit(2, true) | accessBit(3, true) |
  accessBit(5, true) | accessBit(7, true);

const SAVE_DR: Move = {
  cause: "save",
  to: ["host", "saved DR"],
  from: ["cpu", "DR"],
  rule: "x86:B2",
};
const SAVE_DR6: Move = {
  cause: "save",
  to: ["host", "saved DR6"],
  from: ["cpu", "DR6"],
  rule: "x86:B1",
};
const SAVE_DR7: Move = {
  cause: "save",
  to: ["host", "saved DR7"],
  from: ["cpu", "DR7"],
  rule: "x86:B1",
};
const BACK_DR: Move = {
  cause: "restore",
  to: ["cpu", "DR"],
  from: ["host", "saved DR"],
  rule: "x86:B6",
};
const BACK_DR6: Move = {
  cause: "restore",
  to: ["cpu", "DR6"],
  from: ["host", "saved DR6"],
  rule: "x86:B7",
};
const BACK_DR7: Move = {
  cause: "restore",
  to: ["cpu", "DR7"],
  from: ["host", "saved DR7"],
  rule: "x86:B7",
};
const SYNC_DR6: Move = {
  cause: "sync",
  to: ["guest", "DR6"],
  from: ["cpu", "DR6"],
  rule: "x86:B5",
};
const SWITCH_FLAG: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: ["program", "DR7"],
  rule: "x86:B13",
};
const VMCS_DR7: Move = {
  cause: "decide",
  to: ["vmcs", "DR7"],
  from: ["guest", "DR7"],
  rule: "x86:B13",
};
const OVERWRITE_DR6: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:B23",
};
const GD_DR6: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:B8",
};
const GD_DR7: Move = {
  cause: "deliver",
  to: ["guest", "DR7"],
  from: null,
  rule: "x86:B8",
};
/** The host's registers are saved, the guest's loaded if anything is enabled; on VMX DR6 always. Rules x86:B1 to x86:B3. */
export function enter2008(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  setWord(f, cpu + CPU.savedDr6, w[cpu + CPU.dr6], SAVE_DR6);
  setWord(f, cpu + CPU.savedDr7, w[cpu + CPU.dr7], SAVE_DR7);
  if (w[vcpu + VCPU.switchDbRegs] !== 0) {
    copySet(f, cpu + CPU.savedDr, cpu + CPU.dr, SAVE_DR);
    f.sink?.push({
      kind: "save",
      vcpu: w[vcpu + VCPU.index],
      cpu: w[cpu + CPU.index],
      set: "host",
      rule: "x86:B2",
    });
    loadAddresses(f, LOAD.in2008);
  }
  if (f.vendor === "vmx") loadStatus(f);
}

/** On VMX DR6 is taken back always; then the host's registers, DR7 last. Rules x86:B5 to x86:B7. */
export function leave2008(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  if (f.vendor === "vmx") {
    setPair(f, vcpu + VCPU.dr6, w[cpu + CPU.dr6], 0, SYNC_DR6);
  }
  if (w[vcpu + VCPU.switchDbRegs] !== 0) {
    copySet(f, cpu + CPU.dr, cpu + CPU.savedDr, BACK_DR);
    f.sink?.push({
      kind: "load",
      vcpu: w[vcpu + VCPU.index],
      cpu: w[cpu + CPU.index],
      set: "host",
      rule: "x86:B6",
    });
  }
  setWord(f, cpu + CPU.dr6, w[cpu + CPU.savedDr6], BACK_DR6);
  setWord(f, cpu + CPU.dr7, w[cpu + CPU.savedDr7], BACK_DR7);
  reportHostLost(f);
}

/** MOV to DR7 as stored, and effective unless userspace debugs. Rule x86:B13, quirk x86:Q25. */
function writeControl(f: KvmFrame): void {
  const { w, vcpu } = f;
  const enables = f.lo & DR7_BITS.ENABLES;
  storeControl(f);
  if (usesHwBp(f)) return;
  setPair(f, vcpu + VCPU.vmDr7, w[vcpu + VCPU.dr7], 0, VMCS_DR7);
  setWord(f, vcpu + VCPU.switchDbRegs, enables, SWITCH_FLAG);
}

/** VMX: the exit for any DR access. Rules x86:B8 to x86:B16. */
export function drAccessVmx2008(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu } = f;
  if ((w[vcpu + VCPU.vmDr7] & DR7_BITS.GD) !== 0) return generalDetect(f);
  const dr = exitedDr(f);
  loadOperand(f, insn, f.kernel.truncatesDrOperand);
  if (exitedWrite(f)) writeVmx(f, dr);
  else readVmx(f, dr);
  accessDone(f, insn);
  // Past the instruction always, an exception queued or not: Q3, Q4.
  movePast(f);
  return completed(f, skip(f, f.kernel.vendorSkipSteps));
}

/** General detect, before the register is looked at. Rule x86:B8, quirks x86:Q5, x86:Q7, x86:Q8. */
function generalDetect(f: KvmFrame): Handled {
  const { w, vcpu } = f;
  reportGeneralDetect(f, ["guest", "DR7"]);
  if (usesHwBp(f)) {
    const stale = w[vcpu + VCPU.dr6];
    debugExit(f, VECTOR.DB, stale, FILLS.dr6 | FILLS.dr7, "x86:B8", "cpu");
    return HANDLED.userPending;
  }
  const dr7 = w[vcpu + VCPU.dr7] & ~DR7_BITS.GD;
  setPair(f, vcpu + VCPU.dr7, dr7, 0, GD_DR7);
  setPair(f, vcpu + VCPU.dr6, w[vcpu + VCPU.dr6] | DR6_BITS.BD, 0, GD_DR6);
  setPair(f, vcpu + VCPU.vmDr7, dr7, 0, VMCS_DR7);
  queueException(f, VECTOR.DB, NO_ERROR, "x86:B8");
  return HANDLED.again;
}

/** DR4 and DR5 read as 0, whatever CR4.DE. Rule x86:B9, quirk x86:Q1. */
function readVmx(f: KvmFrame, dr: number): void {
  const { w, vcpu } = f;
  if (dr === 4 || dr === 5) {
    f.lo = 0;
    f.hi = 0;
    return;
  }
  const at = vcpu +
    (dr < SLOTS ? VCPU.db + 2 * dr : dr === 6 ? VCPU.dr6 : VCPU.dr7);
  f.lo = w[at];
  f.hi = w[at + 1];
}

/** DR4 and DR5: #UD with CR4.DE, else nothing. Rules x86:B10 to x86:B13, quirks x86:Q2, x86:Q4. */
function writeVmx(f: KvmFrame, dr: number): void {
  if (dr < SLOTS) {
    writeAddress(f, dr);
  } else if (dr === 4 || dr === 5) {
    if ((f.w[f.vcpu + VCPU.cr4] & CR4_DE) !== 0) {
      queueException(f, VECTOR.UD, NO_ERROR, "x86:B11");
    }
  } else if (f.hi !== 0) {
    queueException(f, VECTOR.GP, NO_ERROR, dr === 6 ? "x86:B12" : "x86:B13");
  } else if (dr === 6) {
    storeStatus(f);
  } else {
    writeControl(f);
  }
}

/**
 * SVM: what is intercepted goes to the emulator, whose helpers know DR0 to DR3 for reads, and turn every
 * exception into "unhandleable": rip stays, and the guest exits again for ever.
 *
 * Rules x86:B17, x86:B21, quirk x86:Q16.
 */
export function drAccessSvm2008(f: KvmFrame, insn: Insn | null): Handled {
  const dr = exitedDr(f);
  loadOperand(f, insn);
  if (!exitedWrite(f)) {
    readVmx(f, dr);
  } else if (dr < SLOTS) {
    writeAddress(f, dr);
  } else if (dr === 5) {
    if ((f.w[f.vcpu + VCPU.cr4] & CR4_DE) !== 0) return unhandleable(f);
  } else if (f.hi !== 0) {
    return unhandleable(f);
  } else {
    writeControl(f);
  }
  accessDone(f, insn);
  movePast(f);
  return completed(f, f.kernel.emulated(f));
}

function unhandleable(f: KvmFrame): Handled {
  warn(
    f,
    "emulation failed: the exception of a DR access is not injected",
    "x86:B21",
  );
  return HANDLED.again;
}

/** VMX: DR6 is overwritten with the cause. Rules x86:B23, x86:B24, quirk x86:Q10. */
export function dbVmx2008(f: KvmFrame, _insn: Insn | null): Handled {
  const dr6 = (f.w[f.vcpu + VCPU.exitData] & 0xffff) | DR6_BITS.RESET;
  if (userWantsDb(f)) {
    debugExit(f, VECTOR.DB, dr6, FILLS.dr6 | FILLS.dr7, "x86:B24", "cpu");
    return afterTrap(f, true);
  }
  setPair(f, f.vcpu + VCPU.dr6, dr6, 0, OVERWRITE_DR6);
  queueException(f, VECTOR.DB, NO_ERROR, "x86:B23");
  return afterTrap(f, false);
}

/** SVM `get_dr` of 2008, for the views: the VMCB's DR6 and DR7 unless userspace debugs. Rule x86:B19. */
export function getDr2008(f: KvmFrame, dr: number): void {
  readVmx(f, dr);
  if (f.vendor === "vmx" || dr < 6 || usesHwBp(f)) return;
  f.lo = f.w[f.vcpu + (dr === 6 ? VCPU.vmDr6 : VCPU.vmDr7)];
}

/** `set_dr` of 2008. Rules x86:B10 to x86:B13, x86:B17, x86:B18. */
export function setDr2008(f: KvmFrame, dr: number): boolean {
  writeVmx(f, dr);
  return true;
}

/** The effective registers once more. Rule x86:B28. */
export function updateDr72008(f: KvmFrame): void {
  const effective = loadEffectiveDr7(f);
  setWord(
    f,
    f.vcpu + VCPU.switchDbRegs,
    effective & DR7_BITS.ENABLES,
    SWITCH_FLAG,
  );
}

/** RFLAGS for userspace: without TF and RF while it steps. Rule x86:B28. */
export function getFlags2008(f: KvmFrame): number {
  const flags = f.w[f.vcpu + VCPU.rflags];
  return singleSteps(f) ? flags & ~(FLAGS.TF | FLAGS.RF) : flags;
}

/** RFLAGS from userspace, as given. */
export function setFlags2008(f: KvmFrame, flags: number, move?: Move): void {
  if (move) setWord(f, f.vcpu + VCPU.rflags, flags, move);
  else f.w[f.vcpu + VCPU.rflags] = flags;
}
