/**
 * IA32_DEBUGCTL as KVM virtualizes it: RDMSR and WRMSR, which always exit, and whose value the CPU holds in the guest
 * and after it.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { refuse } from "../../reports.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { CPU, VCPU, VECTOR, VM } from "../blocks.ts";
import { enterDebugctl } from "../hardware/debugctl.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { accessDone, completed, movePast } from "./complete.ts";
import { queueException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { skip } from "./step.ts";

const STORE: Move = {
  cause: "write",
  to: ["vmcs", "DEBUGCTL"],
  from: ["program", "DEBUGCTL"],
  rule: "x86:D70",
};
const SET_MSR: Move = {
  ...STORE,
  from: ["user", "DEBUGCTL"],
  rule: "x86:D116",
};
const USER_SET: Move = { ...SET_MSR, rule: "x86:D79" };
const LBR_VIRTUALIZED: Move = {
  cause: "decide",
  to: ["kvm", "lbr_virtualization"],
  from: ["vmcs", "DEBUGCTL"],
  rule: "x86:D71",
};
const SNAPSHOT: Move = {
  cause: "save",
  to: ["kvm", "host_debugctl"],
  from: ["cpu", "DEBUGCTL"],
  rule: "x86:D72",
};
const SNAPSHOT_SVM: Move = { ...SNAPSHOT, rule: "x86:D73" };
const LOAD: Move = {
  cause: "load",
  to: ["cpu", "DEBUGCTL"],
  from: ["vmcs", "DEBUGCTL"],
  rule: "x86:D73",
};
const RESTORE: Move = {
  cause: "restore",
  to: ["cpu", "DEBUGCTL"],
  from: ["kvm", "host_debugctl"],
  rule: "x86:D72",
};
const RESTORE_SVM: Move = { ...RESTORE, rule: "x86:D73" };
const KEEP_FREEZE: Move = {
  cause: "decide",
  to: ["vmcs", "DEBUGCTL"],
  from: ["kvm", "host_debugctl"],
  rule: "x86:D74",
};

/** Bits that are the host's in the guest's register. Rule x86:D74. */
function hostOwned(f: KvmFrame): number {
  return f.kernel.debugctlKeepsFreeze ? DEBUGCTL_BITS.FREEZE_IN_SMM : 0;
}

/** What the guest reads. Rules x86:D70, x86:D74. */
export function guestDebugctl(f: KvmFrame): number {
  return f.w[f.vcpu + VCPU.vmDebugctl] & ~hostOwned(f);
}

/** Bits that WRMSR stores, and those that it drops without a fault. */
interface Accepted {
  readonly stored: number;
  readonly dropped: number;
}

/**
 * What WRMSR of the guest may write, or KVM_SET_MSRS.
 *
 * vmx.c: vmx_get_supported_debugctl(). Rules x86:D70, x86:D75, x86:D76, x86:D79.
 */
function acceptedBits(f: KvmFrame, writer: "guest" | "user"): Accepted {
  const { debugctlStores, debugctlDrops, debugctlFeatures, debugctlOfHost } =
    f.kernel;
  const { w, vm, model } = f;
  if (f.vendor === "svm" && !model.lbrVirtualization) {
    return { stored: 0, dropped: -1 };
  }
  const ignoresCpuid = writer === "user" && debugctlOfHost;
  const has = (bit: number, isInCpu: boolean, inCpuid: number): boolean =>
    (debugctlFeatures & bit) !== 0 && isInCpu &&
    (ignoresCpuid || w[vm + inCpuid] !== 0);
  const { BLD, RTM } = DEBUGCTL_BITS;
  const busLock = has(BLD, model.busLockTraps, VM.busLock) ? BLD : 0;
  const rtm = has(RTM, model.statusFeatures, VM.rtm) ? RTM : 0;
  return { stored: debugctlStores | busLock | rtm, dropped: debugctlDrops };
}

/** Rules x86:D70, x86:D71, x86:D74. */
function store(f: KvmFrame, value: number, move: Move): void {
  const { w, vcpu } = f;
  const host = w[vcpu + VCPU.hostDebugctl] & hostOwned(f);
  setWord(f, vcpu + VCPU.vmDebugctl, value | host, move);
  if (f.vendor === "svm") {
    const isOn = (value & DEBUGCTL_BITS.LBR) !== 0 ? 1 : 0;
    setWord(f, vcpu + VCPU.lbrVirtualized, isOn, LBR_VIRTUALIZED);
  }
}

/** KVM_SET_MSRS of what KVM_GET_MSRS gave. Rule x86:D116. */
export function restoreDebugctl(f: KvmFrame, value: number): void {
  store(f, value, SET_MSR);
}

/** WRMSR or KVM_SET_MSRS gives bits that the kernel neither stores nor drops. Rule x86:D70. */
function isRefused(
  { stored, dropped }: Accepted,
  lo: number,
  hi: number,
): boolean {
  return hi !== 0 && dropped !== -1 || (lo & ~(stored | dropped)) !== 0;
}

/** KVM_SET_MSRS of one MSR. Rules x86:D70, x86:D79. */
export function setDebugctl(f: KvmFrame, lo: number, hi: number): number {
  const accepted = acceptedBits(f, "user");
  if (isRefused(accepted, lo, hi)) {
    return refuse(f, "KVM_SET_MSRS", {
      errno: "EINVAL",
      why: "it has set 0 of 1 MSRs, as the kernel does not take these bits",
      rule: "x86:D79",
    });
  }
  store(f, lo & accepted.stored, USER_SET);
  return 0;
}

/**
 * The exit for WRMSR of DEBUGCTL. What the kernel neither stores nor drops is #GP(0), and RIP stays.
 *
 * Rules x86:D70, x86:D71.
 */
export function writeExit(f: KvmFrame, insn: Insn | null): Handled {
  const { kernel } = f;
  const accepted = acceptedBits(f, "guest");
  const lo = insn?.lo ?? 0;
  const hi = insn?.hi ?? 0;
  if (isRefused(accepted, lo, hi)) {
    queueException(f, VECTOR.GP, 0, "x86:D70");
    return HANDLED.again;
  }
  store(f, lo & accepted.stored, STORE);
  f.lo = lo;
  f.hi = hi;
  movePast(f);
  accessDone(f, insn);
  return completed(f, skip(f, kernel.vendorSkipSteps));
}

/** The exit for RDMSR of DEBUGCTL. Rule x86:D70. */
export function readExit(f: KvmFrame, insn: Insn | null): Handled {
  f.lo = guestDebugctl(f);
  f.hi = 0;
  movePast(f);
  accessDone(f, insn);
  return completed(f, skip(f, f.kernel.vendorSkipSteps));
}

function snapshot(f: KvmFrame): void {
  const host = f.w[f.cpu + CPU.debugctl];
  const move = f.vendor === "vmx" ? SNAPSHOT : SNAPSHOT_SVM;
  setWord(f, f.vcpu + VCPU.hostDebugctl, host, move);
}

/** vcpu_load. Rule x86:D72. */
export function loadDebugctl(f: KvmFrame): void {
  if (f.kernel.hostDebugctlAt === "load") snapshot(f);
}

/** SVM: KVM switches DEBUGCTL itself, since the hardware does not. Rule x86:D73. */
function switches(f: KvmFrame): boolean {
  const { w, vcpu } = f;
  return f.kernel.switchesDebugctl && w[vcpu + VCPU.lbrVirtualized] === 0 &&
    w[vcpu + VCPU.hostDebugctl] !== w[vcpu + VCPU.vmDebugctl];
}

/** Before an entry, from outside the inner loop. Rules x86:D72, x86:D73. */
export function snapshotDebugctl(f: KvmFrame): void {
  if (f.kernel.hostDebugctlAt === "entry") snapshot(f);
}

/** Before each entry. Rules x86:D73, x86:D74. */
export function debugctlBeforeEntry(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  const owned = hostOwned(f);
  if (owned !== 0) {
    const host = w[vcpu + VCPU.hostDebugctl] & owned;
    const value = guestDebugctl(f) | host;
    setWord(f, vcpu + VCPU.vmDebugctl, value, KEEP_FREEZE);
  }
  if (switches(f)) {
    setWord(f, cpu + CPU.debugctl, w[vcpu + VCPU.vmDebugctl], LOAD);
  }
}

/** Right after each exit the host's value comes back. Rules x86:D72, x86:D73. */
export function debugctlAfterExit(f: KvmFrame): void {
  const { w, vcpu, cpu, kernel } = f;
  const host = w[vcpu + VCPU.hostDebugctl];
  const at = cpu + CPU.debugctl;
  if (f.vendor === "svm") {
    if (switches(f)) setWord(f, at, host, RESTORE_SVM);
  } else if (kernel.hostDebugctlAt !== "never" && host !== 0) {
    setWord(f, at, host, RESTORE);
  }
}

/** What the CPU would hold in the guest if it entered now. Works on scratch words. */
export function enteredDebugctl(f: KvmFrame): number {
  snapshotDebugctl(f);
  debugctlBeforeEntry(f);
  enterDebugctl(f);
  return f.w[f.cpu + CPU.debugctl];
}

/** DEBUGCTL holds another value than the host has given it, while the host runs. Rule x86:E15. */
export function hostDebugctlLost({ w, cpu }: KvmFrame): boolean {
  return w[cpu + CPU.debugctl] !== w[cpu + CPU.hostDebugctl];
}

/** Says so. */
export function reportDebugctlLost(f: KvmFrame): void {
  if (f.sink === null || !hostDebugctlLost(f)) return;
  const { w, vcpu, cpu } = f;
  const held = w[cpu + CPU.debugctl].toString(16);
  const wanted = w[cpu + CPU.hostDebugctl].toString(16);
  f.sink.push({
    kind: "host-lost",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    what: `DEBUGCTL is 0x${held} after the exit, the host's is 0x${wanted}`,
    register: "DEBUGCTL",
    rule: "x86:E15",
  });
}
