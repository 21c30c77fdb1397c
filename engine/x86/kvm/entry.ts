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
import { isProtected } from "../hardware/protected.ts";
import { copySet } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SWITCH } from "./constants.ts";
import type { KvmFrame } from "./kernel.ts";
import { hostActive, usesHwBp } from "./state.ts";

/** The rule of a load that nothing but RELOAD asked for: cost counters tell it from the others. */
export const RELOAD_RULE: RuleId = "x86:C/1";

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
  since515: loadBy("x86:D/4"),
} as const;

const LOAD_DR6: Move = {
  cause: "load",
  to: ["cpu", "DR6"],
  from: ["guest", "DR6"],
  rule: "x86:D/4",
};
/** Until 5.14, with DR0-3. */
const LOAD_DR6_TOO: Move = { ...LOAD_DR6, rule: "x86:C6" };
const LOAD_VMCB_DR6: Move = { ...LOAD_DR6, to: ["vmcs", "DR6"] };
/** Until 5.14. */
const LOAD_VMCB_DR6_OLD: Move = { ...LOAD_VMCB_DR6, rule: "x86:D9" };
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
const PUT_DR6: Move = {
  cause: "force",
  to: ["cpu", "DR6"],
  from: null,
  rule: "x86:E10",
};
const SET_RELOAD: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C/6",
};

/** At vcpu_load the workaround of 2016 asks for a load of DR0-3 at the next entry. Rules x86:C/6, x86:C11. */
export function reloadAtLoad(f: KvmFrame): void {
  if (!f.kernel.loadReloads) return;
  const at = f.vcpu + VCPU.switchDbRegs;
  setWord(f, at, f.w[at] | SWITCH.RELOAD, SET_RELOAD);
}

/** From 4.16 to 5.14 vcpu_put clears the physical DR6. Rule x86:E10. */
export function clearStatusAtPut(f: KvmFrame): void {
  if (!f.kernel.putClearsDr6) return;
  setWord(f, f.cpu + CPU.dr6, statusBits(f, 0), PUT_DR6);
}

/** DR7 off, then DR0-3 from eff_db. Rules x86:C6, x86:E5. */
export function loadAddresses(f: KvmFrame, move: Move): void {
  const { w, vcpu, cpu } = f;
  setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, DR7_OFF);
  // What asked for it is the rule of the load as a whole.
  const each = move.rule === RELOAD_RULE ? LOAD.anyFlag : move;
  copySet(f, cpu + CPU.dr, vcpu + VCPU.effDb, each);
  f.sink?.push({
    kind: "load",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    set: usesHwBp(f) ? "external" : "guest",
    rule: move.rule,
  });
}

/** The guest's DR6 into the physical one. */
export function loadStatus(f: KvmFrame, move = LOAD_DR6): void {
  const { w, vcpu, cpu } = f;
  if (w[vcpu + VCPU.dr6 + 1] !== 0) {
    const bits = 0xffff_ffffn << 32n;
    warn(f, "bits 63:32 of DR6 reach the CPU: #GP in the host", "x86:F12", [
      "guest",
      "DR6",
      bits,
    ]);
  }
  const value = statusBits(f, w[vcpu + VCPU.dr6]);
  setWord(f, cpu + CPU.dr6, value, move);
}

/** Which load it is, by what asked for it. */
function loadOf(f: KvmFrame, flags: number): Move {
  const { hasReload, dr6WithAnyFlag } = f.kernel;
  if (hasReload && flags === SWITCH.RELOAD) return LOAD.reloadOnly;
  return dr6WithAnyFlag ? LOAD.anyFlag : LOAD.since515;
}

/**
 * The entry since 4.4. Any flag loads DR0-3. Until 5.14 it also loads DR6, and RELOAD is done with. Without a flag
 * only DR7 goes off, if the host has breakpoints and the kernel looks.
 *
 * Rules x86:C6, x86:C12, x86:C14, x86:D/4, x86:E6.
 */
export function enter(f: KvmFrame): void {
  const { w, vcpu, cpu, kernel } = f;
  const at = vcpu + VCPU.switchDbRegs;
  const flags = w[at];
  if (flags !== 0) {
    loadAddresses(f, loadOf(f, flags));
    if (kernel.dr6WithAnyFlag) loadStatus(f, LOAD_DR6_TOO);
    if (kernel.hasReload) setWord(f, at, flags & ~SWITCH.RELOAD, CLEAR_RELOAD);
  } else if (kernel.hidesHostDr7 && hostActive(f)) {
    setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, DR7_OFF_FOR_HOST);
  }
  vendorStatus(f);
}

/** The guest may touch DR6 freely until the next exit. */
function wontExit(f: KvmFrame): boolean {
  return (f.w[f.vcpu + VCPU.switchDbRegs] & SWITCH.WONT_EXIT) !== 0;
}

/**
 * The vendor's part: VMX loads DR6 only where the guest may read it. On SVM the VMCB has the guest's DR6, or a clean
 * one that will hold just the next cause.
 *
 * Rules x86:C14, x86:D/4, x86:D9.
 */
function vendorStatus(f: KvmFrame): void {
  const { w, vcpu, kernel } = f;
  // What KVM writes to the VMCB does not come to the encrypted save area.
  if (isProtected(f)) return;
  if (f.vendor === "vmx") {
    if (!kernel.dr6WithAnyFlag && wontExit(f)) loadStatus(f);
  } else if (!kernel.vmDr6IsGuests) {
    if (wontExit(f)) {
      const move = kernel.dr6WithAnyFlag ? LOAD_VMCB_DR6_OLD : LOAD_VMCB_DR6;
      setWord(f, vcpu + VCPU.vmDr6, w[vcpu + VCPU.dr6], move);
    } else {
      setWord(f, vcpu + VCPU.vmDr6, DR6_BITS.RESET, CLEAN_VMCB_DR6);
    }
  }
}

/** The re-entry from the fast path. Rule x86:D/4, bug x86:F9. */
export function reenter(f: KvmFrame): void {
  if (f.kernel.reentryLoadsDr6) vendorStatus(f);
}
