/**
 * A register as one actor sees it now. All of these work on scratch words, which they may change.
 *
 * @module
 */
import { MODE, type ViewValue } from "../rules.ts";
import { join64 } from "../word64.ts";
import { CPU, EVENTS, VCPU } from "./blocks.ts";
import type { X86Frame } from "./frame.ts";
import { pushedFlags } from "./hardware/flags.ts";
import { accessBit, readDr, statusBits } from "./hardware/mov_dr.ts";
import { entryDr6, entryDr7, leaveGuest } from "./hardware/world_switch.ts";
import { isProtected, swapsDebug } from "./hardware/protected.ts";
import { SWITCH } from "./kvm/constants.ts";
import {
  debugctlAfterExit,
  enteredDebugctl,
  guestDebugctl,
} from "./kvm/debugctl.ts";
import { userGet } from "./kvm/debugregs.ts";
import { isStep, nmis } from "./kvm/interrupts.ts";
import type { KvmFrame } from "./kvm/kernel.ts";
import { DR7_BITS } from "./registers/dr7.ts";
import { REG, SLOTS } from "./registers/ids.ts";
import { CR4_DE } from "./registers/rflags.ts";

function value(lo: number, hi: number): ViewValue {
  return { kind: "value", value: join64(lo, hi) };
}

function none(why: string): ViewValue {
  return { kind: "none", why };
}

/** What would be true had the guest been left just now: what it did natively is in KVM's copies. */
function outOfGuest(f: KvmFrame): void {
  if (f.w[f.vcpu + VCPU.mode] !== MODE.guest) return;
  leaveGuest(f);
  debugctlAfterExit(f);
  f.kernel.afterExit(f);
}

/** A read that the guest would do now. */
export function peek(f: KvmFrame, register: number): ViewValue {
  const { w, vcpu, kernel } = f;
  if (register === REG.RFLAGS) return value(pushedFlags(f), 0);
  if (register === REG.CR4) return value(w[vcpu + VCPU.cr4], 0);
  if (register === REG.DEBUGCTL) return value(guestDebugctl(f), 0);
  if (register > REG.DR7) return none("not a register of the guest's");
  if (isProtected(f)) return protectedPeek(f, register);
  const { cr4, vmDrAccesses, guestDebug, mode } = VCPU;
  const exits = (w[vcpu + vmDrAccesses] & accessBit(register, false)) !== 0;
  // An exit that KVM emulates, before the CPU looks at CR4.DE: VMX of 2008.
  const kvmFirst = exits && f.vendor === "vmx" && !kernel.lazy;
  const alias = register === REG.DR4 || register === REG.DR5;
  if (alias && (w[vcpu + cr4] & CR4_DE) !== 0 && !kvmFirst) {
    return { kind: "undef" };
  }
  const real = alias ? register + 2 : register;
  if (exits && (!kernel.lazy || w[vcpu + guestDebug] !== 0)) {
    kernel.getDr(f, register);
  } else if (!exits && w[vcpu + mode] === MODE.guest) {
    readDr(f, real);
  } else {
    loadedAtEntry(f, real);
  }
  return value(f.lo, f.hi);
}

const HIDDEN = "KVM does not see the registers of a protected guest";

/** A read that a protected guest would do now. */
function protectedPeek(f: KvmFrame, register: number): ViewValue {
  const { w, vcpu } = f;
  const alias = register === REG.DR4 || register === REG.DR5;
  if (alias && (w[vcpu + VCPU.cr4] & CR4_DE) !== 0) return { kind: "undef" };
  const real = alias ? register + 2 : register;
  if (real === REG.DR7 && !swapsDebug(f)) {
    return value(w[vcpu + VCPU.cachedDr7] | DR7_BITS.FIXED, 0);
  }
  if (w[vcpu + VCPU.mode] === MODE.guest) {
    readDr(f, real);
    return value(f.lo, f.hi);
  }
  if (real === REG.DR6) return value(entryDr6(f, w[vcpu + VCPU.vmDr6]), 0);
  if (real === REG.DR7) return value(entryDr7(f), 0);
  if (!swapsDebug(f)) {
    return none("without DebugSwap the guest finds what the CPU holds then");
  }
  const at = vcpu + VCPU.vmDr + 2 * real;
  return value(w[at], w[at + 1]);
}

/** What the guest would find in a register that the next entry loads for it. */
function loadedAtEntry(f: KvmFrame, register: number): void {
  const { w, vcpu, kernel } = f;
  f.hi = 0;
  if (register < SLOTS) {
    f.lo = w[vcpu + VCPU.effDb + 2 * register];
    f.hi = w[vcpu + VCPU.effDb + 2 * register + 1];
  } else if (register === REG.DR7) {
    f.lo = entryDr7(f);
    f.hi = w[vcpu + VCPU.vmDr7 + 1];
  } else {
    kernel.getDr(f, REG.DR6);
    f.lo = f.vendor === "svm" ? entryDr6(f, f.lo) : statusBits(f, f.lo);
  }
}

/** A debug register of the CPU's, by a name that is no other's. */
function isPhysical(register: number): boolean {
  return register <= REG.DR7 && register !== REG.DR4 && register !== REG.DR5;
}

/** KVM_GET_DEBUGREGS, KVM_GET_REGS. */
export function userView(f: KvmFrame, register: number): ViewValue {
  if (isProtected(f) && register > REG.DR7) return none(HIDDEN);
  outOfGuest(f);
  if (userGet(f, register) < 0) {
    return none(
      isProtected(f)
        ? HIDDEN
        : "this kernel offers no such register to userspace",
    );
  }
  return value(f.lo, f.hi);
}

/** What KVM means the CPU to hold in the guest. */
export function hwView(f: KvmFrame, register: number): ViewValue {
  const { w, vcpu } = f;
  const isDebugctl = register === REG.DEBUGCTL;
  if (!isDebugctl && !isPhysical(register)) {
    return none("no physical debug register");
  }
  if (w[vcpu + VCPU.ranOnce] === 0) return none("before the first run");
  outOfGuest(f);
  if (isDebugctl) return value(enteredDebugctl(f), 0);
  if (isProtected(f)) return none(HIDDEN);
  if (register !== REG.DR6) {
    loadedAtEntry(f, register);
    return value(f.lo, f.hi);
  }
  // VMX loads DR6 only where the kernel says so: else it is what the CPU holds.
  f.kernel.beforeEntry(f);
  const lo = f.vendor === "svm"
    ? entryDr6(f, w[vcpu + VCPU.vmDr6])
    : w[f.cpu + CPU.dr6];
  return value(lo, 0);
}

/** What a physical CPU holds. */
export function cpuView(f: X86Frame, register: number): ViewValue {
  if (register === REG.DEBUGCTL) return value(f.w[f.cpu + CPU.debugctl], 0);
  if (!isPhysical(register)) return none("no physical debug register");
  readDr(f, register);
  return value(f.lo, f.hi);
}

/** How a named field of the vCPU block is shown. */
type KvmField = readonly [at: number, words: 1 | 2];

/** KVM's own state by the kernel's names. */
const FIELDS: Readonly<Record<string, KvmField>> = {
  switch_db_regs: [VCPU.switchDbRegs, 1],
  db0: [VCPU.db, 2],
  db1: [VCPU.db + 2, 2],
  db2: [VCPU.db + 4, 2],
  db3: [VCPU.db + 6, 2],
  eff_db0: [VCPU.effDb, 2],
  eff_db1: [VCPU.effDb + 2, 2],
  eff_db2: [VCPU.effDb + 4, 2],
  eff_db3: [VCPU.effDb + 6, 2],
  dr6: [VCPU.dr6, 2],
  dr7: [VCPU.dr7, 2],
  guest_debug: [VCPU.guestDebug, 1],
  guest_debug_dr7: [VCPU.guestDebugDr7, 2],
  singlestep_rip: [VCPU.singlestepRip, 2],
  vmcs_dr7: [VCPU.vmDr7, 2],
  vmcb_dr7: [VCPU.vmDr7, 2],
  vmcb_dr6: [VCPU.vmDr6, 1],
  vmcs_debugctl: [VCPU.vmDebugctl, 1],
  vmcb_debugctl: [VCPU.vmDebugctl, 1],
  lbr_virtualization: [VCPU.lbrVirtualized, 1],
  host_debugctl: [VCPU.hostDebugctl, 1],
  rip: [VCPU.pc, 2],
  rflags: [VCPU.rflags, 1],
  rcx: [VCPU.rcx, 1],
  interrupt_shadow: [VCPU.shadow, 1],
};

/** What each is; of numbered ones by the name without its number. */
export const X86_KVM_ABOUT: Readonly<Record<string, string>> = {
  switch_db_regs:
    "1 BP_ENABLED, 2 WONT_EXIT, 4 RELOAD; the low byte of DR7 in 2008",
  db: "the guest's DR0 to DR3 as KVM stores them",
  eff_db: "what an entry loads into DR0 to DR3",
  dr6: "the guest's DR6 as KVM stores it",
  dr7: "the guest's DR7 as KVM stores it",
  guest_debug: "control word of the last KVM_SET_GUEST_DEBUG",
  guest_debug_dr7: "DR7 of userspace's hardware breakpoints",
  singlestep_rip: "where userspace asked for a single step",
  vmcs_dr7: "GUEST_DR7 of the VMCS as of the last exit",
  vmcb_dr7: "DR7 of the VMCB as of the last exit",
  vmcb_dr6: "DR6 of the VMCB as of the last exit",
  vmcs_debugctl: "GUEST_IA32_DEBUGCTL of the VMCS as of the last exit",
  vmcb_debugctl: "DBGCTL of the VMCB as of the last exit",
  lbr_virtualization: "with SVM, the CPU switches DEBUGCTL at entry and exit",
  host_debugctl: "the host's DEBUGCTL as KVM read it last",
  rip: "the guest's RIP",
  rflags: "the guest's RFLAGS",
  rcx: "the guest's RCX: iterations of `rep` that are left",
  interrupt_shadow: "1 after MOV SS, 2 after STI; both block interrupts",
  pending_external_vector:
    "the interrupt that userspace has made pending, or 0",
  nmi_pending: "how many NMIs are pending",
  nmi_singlestep: "KVM steps the guest to where it takes an NMI",
  dr_intercept: "accesses to debug registers exit",
  entry_dr7: "the physical DR7 with which KVM would come to the entry now",
};

/** Names of what is in the encrypted save area of a protected guest. */
const ENCRYPTED: ReadonlySet<string> = new Set([
  "vmcb_dr6",
  "vmcb_dr7",
  "rip",
  "rflags",
]);

/** What is in `events`, by the kernel's names. */
const EVENT_FIELDS: Readonly<Record<string, (events: number) => number>> = {
  pending_external_vector: (events) => events & EVENTS.vector,
  nmi_pending: nmis,
  nmi_singlestep: isStep,
};

/** Names of the kvm view: `entry_dr7` is the physical DR7 with which KVM would come to the entry now. */
export const X86_KVM_NAMES: readonly string[] = [
  ...Object.keys(FIELDS),
  ...Object.keys(EVENT_FIELDS),
  "dr_intercept",
  "entry_dr7",
];

/** `switch_db_regs` with the names of its flags; in 2008 it is no flags, but DR7's enables. Rule x86:C/1. */
function switchValue(f: KvmFrame): ViewValue {
  const flags = f.w[f.vcpu + VCPU.switchDbRegs];
  const names = Object.entries(SWITCH).filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name);
  const plain = { kind: "value", value: BigInt(flags) } as const;
  return f.kernel.lazy && names.length > 0
    ? { ...plain, label: names.join(" | ") }
    : plain;
}

/** KVM's own state. */
export function kvmView(f: KvmFrame, name: string): ViewValue {
  const { w, vcpu } = f;
  if (name === "dr_intercept") {
    return value(w[vcpu + VCPU.vmDrAccesses] !== 0 ? 1 : 0, 0);
  }
  if (name === "entry_dr7") {
    outOfGuest(f);
    f.kernel.beforeEntry(f);
    return value(w[f.cpu + CPU.dr7], 0);
  }
  const event = EVENT_FIELDS[name];
  if (event !== undefined) return value(event(w[vcpu + VCPU.events]), 0);
  const field = FIELDS[name];
  if (isProtected(f) && ENCRYPTED.has(name)) return none(HIDDEN);
  if (field === undefined) return none("KVM has no such field");
  if (name.startsWith("vmcb_") && f.vendor !== "svm") {
    return none("there is no VMCB with VMX");
  }
  if (name.startsWith("vmcs_") && f.vendor !== "vmx") {
    return none("there is no VMCS with SVM");
  }
  if (name === "lbr_virtualization" && f.vendor !== "svm") {
    return none("LBR virtualization is SVM's");
  }
  if (name === "switch_db_regs") return switchValue(f);
  const [at, words] = field;
  return value(w[vcpu + at], words === 2 ? w[vcpu + at + 1] : 0);
}
