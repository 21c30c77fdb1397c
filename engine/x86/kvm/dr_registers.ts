/**
 * set_dr and get_dr, and the functions that make what they stored effective.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import { VCPU, VM } from "../blocks.ts";
import { isProtected } from "../hardware/protected.ts";
import { bySlot, copySet } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { SWITCH } from "./constants.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";

const WRITE_DB = bySlot((n): Move => ({
  cause: "write",
  to: ["guest", `DR${n}`],
  from: ["program", `DR${n}`],
  rule: "x86:D2",
}));
const WRITE_EFF = bySlot((n): Move => ({
  cause: "write",
  to: ["kvm", `eff_db${n}`],
  from: ["guest", `DR${n}`],
  rule: "x86:D2",
}));
const WRITE_DR6: Move = {
  cause: "write",
  to: ["guest", "DR6"],
  from: ["program", "DR6"],
  rule: "x86:D3",
};
const WRITE_DR7: Move = {
  cause: "write",
  to: ["guest", "DR7"],
  from: ["program", "DR7"],
  rule: "x86:D4",
};
const EFF_FROM_DB: Move = {
  cause: "decide",
  to: ["kvm", "eff_db"],
  from: ["guest", "DR"],
  rule: "x86:C13",
};
/** With RELOAD. */
const EFF_TO_LOAD: Move = { ...EFF_FROM_DB, rule: "x86:C1" };
const VMCS_OWN: Move = {
  cause: "decide",
  to: ["vmcs", "DR7"],
  from: ["guest", "DR7"],
  rule: "x86:D7",
};
const VMCS_DEBUGGER: Move = {
  cause: "decide",
  to: ["vmcs", "DR7"],
  from: ["kvm", "guest_debug_dr7"],
  rule: "x86:D7",
};
const VMCB_DR6: Move = {
  cause: "decide",
  to: ["vmcs", "DR6"],
  from: ["guest", "DR6"],
  rule: "x86:C2",
};
const BP_ENABLED: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: ["vmcs", "DR7"],
  rule: "x86:D7",
};
const RELOAD: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C1",
};

/** `kvm_dr6_fixed()`: DR6 as set_dr stores it, with RTM and BLD 1 where the CPUID does not have them. Rules x86:C4, x86:D3. */
function statusToStore(f: KvmFrame, value: number): number {
  const { volatile, fixed } = f.kernel.dr6;
  let ones = fixed;
  if (f.w[f.vm + VM.rtm] === 0) ones |= DR6_BITS.RTM;
  if (f.w[f.vm + VM.busLock] === 0) ones |= DR6_BITS.BLD;
  return (value & volatile) | ones;
}

/** DR0 to DR3 written by the guest: effective at once unless userspace debugs. Rules x86:B10, x86:D2. */
export function writeAddress(f: KvmFrame, slot: number): void {
  const { vcpu, lo, hi } = f;
  setPair(f, vcpu + VCPU.db + 2 * slot, lo, hi, WRITE_DB[slot]);
  if (!usesHwBp(f)) {
    setPair(f, vcpu + VCPU.effDb + 2 * slot, lo, hi, WRITE_EFF[slot]);
  }
}

/** DR6 and DR7 stored with the kernel's masks. */
export function storeStatus(f: KvmFrame): void {
  setPair(f, f.vcpu + VCPU.dr6, statusToStore(f, f.lo), 0, WRITE_DR6);
}

/** DR7 stored with the kernel's mask. */
export function storeControl(f: KvmFrame): void {
  const value = (f.lo & f.kernel.dr7Volatile) | DR7_BITS.FIXED;
  setPair(f, f.vcpu + VCPU.dr7, value, 0, WRITE_DR7);
}

/**
 * `kvm_set_dr()`: refuses bits 63:32 of DR6 and DR7, else stores the value, which is in the frame.
 *
 * @returns false if bits 63:32 of DR6 or DR7 are set
 *
 * Rules x86:C4, x86:D2, x86:D3, x86:D4.
 */
export function setDr(f: KvmFrame, dr: number): boolean {
  if (dr < SLOTS) {
    writeAddress(f, dr);
    return true;
  }
  if (f.hi !== 0) return false;
  if (dr === 4 || dr === 6) {
    storeStatus(f);
    updateDr6(f);
  } else {
    storeControl(f);
    f.kernel.updateDr7(f);
  }
  return true;
}

/**
 * `kvm_get_dr()`: DR4 and DR5 are DR6 and DR7. From 4.4 to 5.6 SVM has DR6 in the VMCB, unless userspace debugs.
 *
 * Rules x86:C5, x86:D5.
 */
export function getDr(f: KvmFrame, dr: number): void {
  const { w, vcpu } = f;
  const isStatus = dr === 4 || dr === 6;
  const at = dr < SLOTS ? VCPU.db + 2 * dr : isStatus ? VCPU.dr6 : VCPU.dr7;
  f.lo = w[vcpu + at];
  f.hi = w[vcpu + at + 1];
  if (isStatus && f.kernel.vmDr6IsGuests && !usesHwBp(f)) {
    f.lo = w[vcpu + VCPU.vmDr6];
    f.hi = 0;
  }
}

/** `kvm_update_dr0123()`: until 5.14 it also asks for a load. Rules x86:C1, x86:C13. */
export function updateDr0123(f: KvmFrame): void {
  if (usesHwBp(f)) return;
  const { hasReload } = f.kernel;
  const move = hasReload ? EFF_TO_LOAD : EFF_FROM_DB;
  copySet(f, f.vcpu + VCPU.effDb, f.vcpu + VCPU.db, move);
  if (!hasReload) return;
  const at = f.vcpu + VCPU.switchDbRegs;
  setWord(f, at, f.w[at] | SWITCH.RELOAD, RELOAD);
}

/** `kvm_update_dr6()`, which does something on SVM until 5.6. Rule x86:C2. */
export function updateDr6(f: KvmFrame): void {
  if (!f.kernel.vmDr6IsGuests || usesHwBp(f)) return;
  const { w, vcpu } = f;
  setWord(f, vcpu + VCPU.vmDr6, w[vcpu + VCPU.dr6], VMCB_DR6);
}

/** All registers as KVM keeps them have changed: make them effective. */
export function updateAll(f: KvmFrame): void {
  updateDr0123(f);
  updateDr6(f);
  f.kernel.updateDr7(f);
}

/**
 * The effective DR7 goes to the VMCS or VMCB. Rules x86:C3, x86:D7.
 *
 * @param own how it goes there where it is the guest's own
 */
export function loadEffectiveDr7(f: KvmFrame, own: Move = VMCS_OWN): number {
  const { w, vcpu } = f;
  const debugger_ = usesHwBp(f);
  const from = debugger_ ? VCPU.guestDebugDr7 : VCPU.dr7;
  const high = w[vcpu + from + 1];
  if (high !== 0) {
    warn(f, "bits 63:32 of DR7 are set: no entry will succeed", "x86:F12", [
      debugger_ ? "kvm" : "guest",
      debugger_ ? "guest_debug_dr7" : "DR7",
      0xffff_ffffn << 32n,
    ]);
  }
  const value = w[vcpu + from];
  // What KVM writes to the VMCB does not come to the encrypted save area.
  if (isProtected(f)) return value;
  setPair(
    f,
    vcpu + VCPU.vmDr7,
    value,
    high,
    debugger_ ? VMCS_DEBUGGER : own,
  );
  return value;
}

/** `kvm_update_dr7()`. Rules x86:C3, x86:D7. */
export function updateDr7(f: KvmFrame): void {
  const effective = loadEffectiveDr7(f);
  const at = f.vcpu + VCPU.switchDbRegs;
  const flags = f.w[at] & ~SWITCH.BP_ENABLED;
  const enabled = (effective & DR7_BITS.ENABLES) !== 0 ? SWITCH.BP_ENABLED : 0;
  setWord(f, at, flags | enabled, BP_ENABLED);
}
