/**
 * What each kernel loads before an entry.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Move, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import { CPU, VCPU } from "../blocks.ts";
import { statusBits } from "../hardware/mov_dr.ts";
import { copySet } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SWITCH } from "./constants.ts";
import type { KvmFrame } from "./kernel.ts";
import { hostActive, usesHwBp } from "./state.ts";

/** The rule of a load that nothing but RELOAD asked for: cost counters tell it from the others. */
export const RELOAD_RULE: RuleId = "x86:C.1";

const DR7_OFF: Move = {
  cause: "force",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:E5",
};
const DR7_OFF_FOR_HOST: Move = {
  cause: "force",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:E6",
};
/** DR0-3 from eff_db, by the rule that asks for it. */
function loadBy(rule: RuleId): Move {
  return {
    cause: "load",
    to: ["cpu", "DR"],
    from: ["kvm", "eff_db"],
    rule,
  };
}

/** The load of each era; that of RELOAD alone has a rule of its own, by which cost counters know it. */
export const LOAD = {
  in2008: loadBy("x86:B2"),
  anyFlag: loadBy("x86:C6"),
  reloadOnly: loadBy(RELOAD_RULE),
  since515: loadBy("x86:D.4"),
} as const;

const LOAD_DR6: Move = {
  cause: "load",
  to: ["cpu", "DR6"],
  from: ["guest", "DR6"],
  rule: "x86:D.4",
};
const LOAD_VMCB_DR6: Move = {
  cause: "load",
  to: ["vmcs", "DR6"],
  from: ["guest", "DR6"],
  rule: "x86:D.4",
};
const CLEAN_VMCB_DR6: Move = {
  cause: "force",
  to: ["vmcs", "DR6"],
  from: null,
  rule: "x86:D9",
};
const CLEAR_RELOAD: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C6",
};
const SET_RELOAD: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C.6",
};

/** vcpu_load with nothing for debug registers. Rule x86:C11. */
export function loadNothing(_f: KvmFrame): void {}

/** vcpu_load of the 2016 workaround: load DR0-3 at the next entry. Rule x86:C.6. */
export function loadAsksReload(f: KvmFrame): void {
  const at = f.vcpu + VCPU.switchDbRegs;
  setWord(f, at, f.w[at] | SWITCH.RELOAD, SET_RELOAD);
}

/** DR7 off, then DR0-3 from eff_db. Rules x86:C6, x86:E5. */
export function loadAddresses(f: KvmFrame, move: Move): void {
  const { w, vcpu, cpu } = f;
  setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, DR7_OFF);
  copySet(f, cpu + CPU.dr, vcpu + VCPU.effDb, move);
  f.sink?.push({
    kind: "load",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    set: usesHwBp(f) ? "external" : "guest",
    rule: move.rule,
  });
}

/** The guest's DR6 into the physical one. */
export function loadStatus(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  if (w[vcpu + VCPU.dr6 + 1] !== 0) {
    warn(f, "bits 63:32 of DR6 reach the CPU: #GP in the host", "x86:F12");
  }
  const value = statusBits(f, w[vcpu + VCPU.dr6]);
  setWord(f, cpu + CPU.dr6, value, LOAD_DR6);
}

/** 4.4 to 5.14: any flag loads DR0-3 and DR6, and RELOAD is done with. Rule x86:C6. */
export function enterOnAnyFlag(f: KvmFrame): void {
  const { w, vcpu } = f;
  const flags = w[vcpu + VCPU.switchDbRegs];
  if (flags === 0) return;
  loadAddresses(f, flags === SWITCH.RELOAD ? LOAD.reloadOnly : LOAD.anyFlag);
  loadStatus(f);
  setWord(
    f,
    vcpu + VCPU.switchDbRegs,
    flags & ~SWITCH.RELOAD,
    CLEAR_RELOAD,
  );
}

/**
 * 5.15 and later: any flag loads DR0-3; else only DR7 goes off, if the host has breakpoints. eff_db alone must be
 * fresh: the CPU's registers matter only with a flag set.
 *
 * Rules x86:C12, x86:D.4, x86:E6.
 */
function enterSince515(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  if (w[vcpu + VCPU.switchDbRegs] !== 0) loadAddresses(f, LOAD.since515);
  else if (hostActive(f)) {
    setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, DR7_OFF_FOR_HOST);
  }
}

/** The guest may touch DR6 freely until the next exit. */
function wontExit(f: KvmFrame): boolean {
  return (f.w[f.vcpu + VCPU.switchDbRegs] & SWITCH.WONT_EXIT) !== 0;
}

/** VMX since 5.15: DR6 is loaded only where the guest may read it. Rules x86:C14, x86:D.4. */
export function statusVmx(f: KvmFrame): void {
  if (wontExit(f)) loadStatus(f);
}

/** 5.15 and later, VMX. */
export function enterVmx(f: KvmFrame): void {
  enterSince515(f);
  statusVmx(f);
}

/** SVM since 5.7: the VMCB has the guest's DR6, or a clean one that will hold just the next cause. Rule x86:D9. */
export function statusSvm(f: KvmFrame): void {
  const { w, vcpu } = f;
  if (wontExit(f)) {
    setWord(f, vcpu + VCPU.vmDr6, w[vcpu + VCPU.dr6], LOAD_VMCB_DR6);
  } else {
    setWord(f, vcpu + VCPU.vmDr6, DR6_BITS.RESET, CLEAN_VMCB_DR6);
  }
}

/** 5.15 and later, SVM. */
export function enterSvm(f: KvmFrame): void {
  enterSince515(f);
  statusSvm(f);
}

/** The fast path's re-entry since 6.14: DR6 is the guest's still. Rule x86:D.4. */
export function keepStatus(_f: KvmFrame): void {}
