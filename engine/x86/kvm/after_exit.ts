/**
 * What each kernel takes back after an exit, before it looks at the exit's reason.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import { CPU, VCPU } from "../blocks.ts";
import { copySet, setDrAccesses } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { SWITCH } from "./constants.ts";
import { updateAll } from "./dr_registers.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import { restoreHost } from "./host_breakpoints.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";

const SYNC_DB: Move = {
  cause: "sync",
  to: ["guest", "DR"],
  from: ["cpu", "DR"],
  rule: "x86:C17",
};
const SYNC_DR6_VMX: Move = {
  cause: "sync",
  to: ["guest", "DR6"],
  from: ["cpu", "DR6"],
  rule: "x86:C17",
};
const SYNC_DR6_SVM: Move = {
  cause: "sync",
  to: ["guest", "DR6"],
  from: ["vmcs", "DR6"],
  rule: "x86:C17",
};
const SYNC_DR7: Move = {
  cause: "sync",
  to: ["guest", "DR7"],
  from: ["vmcs", "DR7"],
  rule: "x86:C17",
};
const CLEAR_WONT_EXIT: Move = {
  cause: "sync",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C17",
};
const CLEAN_DR6: Move = {
  cause: "force",
  to: ["cpu", "DR6"],
  from: null,
  rule: "x86:D11",
};
const EFF_ONLY: Move = {
  cause: "sync",
  to: ["kvm", "eff_db"],
  from: ["guest", "DR"],
  rule: "x86:C9",
};
const CLEAR_RELOAD: Move = {
  cause: "sync",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C18",
};

/**
 * Intercepts DR accesses again (WONT_EXIT off), and takes over what the guest did to the registers.
 *
 * Rules x86:C17, x86:D11 to x86:D13.
 */
function sync(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  if (usesHwBp(f)) {
    warn(
      f,
      "WARN_ON: DR accesses were let through while userspace uses the hardware breakpoints",
      "x86:D10",
      ["kvm", "guest_debug", BigInt(GUESTDBG.USE_HW_BP)],
      ["kvm", "switch_db_regs", BigInt(SWITCH.WONT_EXIT)],
      ["kvm", "dr_intercept", 1n],
    );
  }
  copySet(f, vcpu + VCPU.db, cpu + CPU.dr, SYNC_DB);
  if (f.vendor === "vmx") {
    setPair(f, vcpu + VCPU.dr6, w[cpu + CPU.dr6], 0, SYNC_DR6_VMX);
  } else {
    setPair(f, vcpu + VCPU.dr6, w[vcpu + VCPU.vmDr6], 0, SYNC_DR6_SVM);
  }
  setPair(f, vcpu + VCPU.dr7, w[vcpu + VCPU.vmDr7], 0, SYNC_DR7);
  const at = vcpu + VCPU.switchDbRegs;
  setWord(f, at, w[at] & ~SWITCH.WONT_EXIT, CLEAR_WONT_EXIT);
  setDrAccesses(f, f.kernel.drAccesses, "x86:C17");
  f.sink?.push({
    kind: "save",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    set: "guest",
    rule: "x86:C17",
  });
}

function wasLetThrough(f: KvmFrame): boolean {
  return (f.w[f.vcpu + VCPU.switchDbRegs] & SWITCH.WONT_EXIT) !== 0;
}

/**
 * The sync, and what follows it.
 *
 * 4.4 copies eff_db and recomputes nothing, so that BP_ENABLED misses a DR7 that the guest wrote natively. The
 * root-cause fix of 2016 runs all update functions; RELOAD is not needed right after it. Since 5.15 VMX gives the
 * host a clean DR6 back.
 *
 * Rules x86:C9, x86:C10, x86:C18, x86:C/4, x86:C/6, x86:D10 to x86:D12, x86:E10.
 */
export function afterExit(f: KvmFrame): void {
  if (wasLetThrough(f)) {
    const { kernel } = f;
    sync(f);
    if (!kernel.dr6WithAnyFlag && f.vendor === "vmx") {
      setWord(f, f.cpu + CPU.dr6, DR6_BITS.RESET, CLEAN_DR6);
    }
    if (kernel.lazySync === "addresses") {
      copySet(f, f.vcpu + VCPU.effDb, f.vcpu + VCPU.db, EFF_ONLY);
    } else {
      updateAll(f);
      const at = f.vcpu + VCPU.switchDbRegs;
      setWord(f, at, f.w[at] & ~SWITCH.RELOAD, CLEAR_RELOAD);
    }
  }
  restoreHost(f);
}
