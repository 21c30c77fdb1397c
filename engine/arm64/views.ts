/**
 * A register as one actor sees it now. All of these work on scratch words, which they may change.
 *
 * @module
 */
import { type Insn, makeInsn } from "../program.ts";
import { MODE, type NumberMap, VCPU_BASE, type ViewValue } from "../rules.ts";
import { copy64, get64, join64 } from "../word64.ts";
import { CPU, VCPU, VM } from "./blocks.ts";
import type { Arm64Frame } from "./frame.ts";
import { ACCESS, access } from "./hardware/access.ts";
import { readPhysical, writePhysical } from "./hardware/register_file.ts";
import { exitGuest } from "./kvm/exits.ts";
import type { KvmFrame } from "./kvm/kernel.ts";
import { enterMdcr } from "./kvm/mdcr.ts";
import { getOneReg } from "./kvm/one_reg.ts";
import { emulateAccess } from "./kvm/sysreg_traps.ts";
import {
  beginRun,
  commit,
  interrupt,
  vcpuLoad,
  vcpuPut,
} from "./kvm/vcpu_run.ts";
import { enterGuest } from "./kvm/world_switch.ts";
import { ID_AA64DFR0 } from "./registers/id_aa64dfr0.ts";
import { KIND, NUMBERED_MAX, REG } from "./registers/ids.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";

const UNDEF: ViewValue = { kind: "undef" };

function value(v: bigint): ViewValue {
  return { kind: "value", value: v };
}

function none(why: string): ViewValue {
  return { kind: "none", why };
}

/** What the hw view has before the first entry. */
const NOT_RUN: ViewValue = none("the vCPU has not run yet");

/** The value in the transfer register. */
function transferred(f: Arm64Frame): ViewValue {
  return value(join64(f.lo, f.hi));
}

/** The instruction of a guest read of a register. */
export function readInsn(register: number): Insn {
  return makeInsn({ op: "read", register, level: 1 });
}

/** Puts the vCPU into the guest, if it is not there. */
export function toGuest(f: KvmFrame): void {
  const mode = f.w[f.vcpu + VCPU_BASE.mode];
  if (mode === MODE.out) {
    beginRun(f, undefined);
    vcpuLoad(f);
  }
  if (mode !== MODE.guest) enterGuest(f);
  f.w[f.vcpu + VCPU_BASE.mode] = MODE.guest;
}

/** Lets KVM_RUN return, if it has not. No view shows the PC, so the next address is not needed. */
export function toUser(f: KvmFrame): void {
  const mode = f.w[f.vcpu + VCPU_BASE.mode];
  const isDue = commit.isDue(f);
  if (mode === MODE.out) {
    if (!isDue) return;
    vcpuLoad(f);
  }
  if (mode === MODE.guest) {
    interrupt(f);
    exitGuest(f, null);
  }
  if (isDue) commit.apply(f);
  vcpuPut(f);
}

/** The physical registers that an entry would load, loaded into the scratch CPU. */
function intoHardware(f: KvmFrame): void {
  const { w, kernel: { debugSwitch } } = f;
  toUser(f);
  vcpuLoad(f);
  debugSwitch.setup(f);
  const load = (register: number, at: number): void => {
    f.lo = w[at];
    f.hi = w[at + 1];
    writePhysical(f, register);
  };
  const bank = f.vcpu + debugSwitch.selected(f);
  for (let id = 0; id < NUMBERED_MAX; id++) load(id, bank + 2 * id);
  load(REG.MDSCR_EL1, f.vcpu + debugSwitch.loadedMdscr(f));
  enterMdcr(f);
  for (const field of ["contextidr", "mdccint"] as const) {
    const [to, from] = [f.cpu + CPU[field], f.vcpu + VCPU[field]];
    copy64(w, { to, from });
  }
}

/** What a guest read would give now. */
export function peek(f: KvmFrame, register: number): ViewValue {
  return peeker(f)(register);
}

/** `peek()` of several registers, with one entry. */
export function peeker(f: KvmFrame): (register: number) => ViewValue {
  const pstate = f.w[f.vcpu + VCPU.pstate] >>> 0;
  let entered: Int32Array | undefined;
  return (register) => {
    if (register === REG.PSTATE) return value(BigInt(pstate));
    if (ARM64_REGISTERS.byId(register).access === "WO") {
      return none("the register is write-only");
    }
    if (entered === undefined) {
      toGuest(f);
      entered = f.w.slice();
    } else {
      // A read that exited has left the guest.
      f.w.set(entered);
    }
    return peekInGuest(f, register);
  };
}

function peekInGuest(f: KvmFrame, register: number): ViewValue {
  switch (access(f, readInsn(register))) {
    case ACCESS.undef:
      return UNDEF;
    case ACCESS.trap:
      interrupt(f);
      exitGuest(f, null);
      return emulateAccess(f, register, false) ? transferred(f) : UNDEF;
    default:
      return transferred(f);
  }
}

/** What KVM_GET_ONE_REG would give now. */
export function userView(f: KvmFrame, register: number): ViewValue {
  toUser(f);
  return getOneReg(f, register) < 0
    ? none("KVM does not offer it to userspace")
    : transferred(f);
}

/** What an entry would load. */
export function hwView(f: KvmFrame, register: number): ViewValue {
  return hwViews(f, [register])[0];
}

/** `hwView()` of several registers, with one entry. */
export function hwViews(
  f: KvmFrame,
  registers: readonly number[],
): ViewValue[] {
  if (f.w[f.vcpu + VCPU_BASE.ranOnce] === 0) {
    return registers.map(() => NOT_RUN);
  }
  intoHardware(f);
  return registers.map((register) => cpuView(f, register));
}

/** What a physical CPU holds. */
export function cpuView(f: Arm64Frame, register: number): ViewValue {
  const info = ARM64_REGISTERS.byId(register);
  if (!info.physical) return none("the model keeps no physical copy of it");
  if (info.number >= 0) {
    const count = info.family.startsWith("dbgb") ? f.host.brps : f.host.wrps;
    if (info.number >= count) return UNDEF;
  }
  readPhysical(f, register);
  return transferred(f);
}

/** The kernel's own state that `kvm` shows: offset in the vCPU block, and words. Rule arm64:B/1. */
const KVM_STATE: Record<string, { at: number; words: 1 | 2 }> = {
  dirty: { at: VCPU.dirty, words: 1 },
  debug_ptr: { at: VCPU.debugPtr, words: 1 },
  owner: { at: VCPU.owner, words: 1 },
  guest_debug: { at: VCPU.guestDebug, words: 1 },
  ran_once: { at: VCPU.ranOnce, words: 1 },
  active_pending: { at: VCPU.activePending, words: 1 },
  increment_pc: { at: VCPU.incrementPc, words: 1 },
  pending_spis: { at: VCPU.spis, words: 1 },
  serror_pending: { at: VCPU.serror, words: 1 },
  mdcr_el2: { at: VCPU.mdcrAtEntry, words: 2 },
  external_mdscr_el1: { at: VCPU.externalMdscr, words: 2 },
  saved_mdscr_el1: { at: VCPU.savedMdscr, words: 2 },
};

const NUMBERED = /^(shadow|external|stored)_dbg([bw])([cv])r(\d|1[0-5])$/;

/** Offset in the vCPU block of a named bank register; undefined if the name is not one. */
function bankOffset(name: string): number | undefined {
  const match = NUMBERED.exec(name);
  if (!match) return undefined;
  const number = Number(match[4]);
  const kind = (match[2] === "b" ? 0 : 2) + (match[3] === "c" ? 0 : 1);
  const bank = match[1] === "shadow"
    ? VCPU.shadow
    : match[1] === "external"
    ? VCPU.external
    : VCPU.guest;
  return bank + 2 * (kind << 4 | number);
}

/** Names that the kvm view knows, for lists and suggestions. */
export const ARM64_KVM_NAMES: readonly string[] = [
  ...Object.keys(KVM_STATE),
  "emulate",
  "shadow_mdscr_el1",
  ...["shadow", "external", "stored"].flatMap((bank) =>
    ["bcr", "bvr", "wcr", "wvr"].flatMap((kind) =>
      Array.from({ length: 16 }, (_, n) => `${bank}_dbg${kind}${n}`)
    )
  ),
];

/** What each is, in a few words. */
export const ARM64_KVM_ABOUT: Readonly<Record<string, string>> = {
  dirty: "DEBUG_DIRTY: the next entry switches the debug registers",
  debug_ptr: "0: the guest's own set is selected; 1: userspace's",
  owner: "debug_owner, since 6.14: 0 free, 1 host, 2 guest",
  guest_debug: "control word of the last KVM_SET_GUEST_DEBUG",
  ran_once: "first-run initialisation is complete",
  active_pending: "a software step was pending at the last exit",
  increment_pc: "the next entry moves the PC past an emulated instruction",
  pending_spis: "interrupts 32 to 63 that are pending for the vCPU, a bit each",
  serror_pending: "HCR_EL2.VSE: an SError waits until the guest unmasks it",
  mdcr_el2: "MDCR_EL2 at the last entry",
  external_mdscr_el1:
    "MDSCR_EL1 that is loaded while the host owns the registers, since 6.14",
  saved_mdscr_el1: "the guest's MDSCR_EL1, kept while KVM changes it",
  emulate: "of the VM: a renumbering is in force, every access traps",
  shadow_mdscr_el1:
    "the same as saved_mdscr_el1, by the name of the 2015 series",
  shadow_dbgbcr:
    "where the 2015 series, version 2, keeps the guest's set; likewise bvr, wcr, wvr",
  external_dbgbcr:
    "userspace's set, by physical number; likewise bvr, wcr, wvr",
  stored_dbgbcr:
    "the guest's set as KVM stores it, by the slot's number; likewise bvr, wcr, wvr",
};

/** KVM's own state. */
export function kvmView(f: KvmFrame, name: string): ViewValue {
  const { w } = f;
  if (name === "emulate") return value(BigInt(w[f.vm + VM.emulate]));
  if (name === "mdcr_el2" && w[f.vcpu + VCPU.entered] === 0) {
    return none("the vCPU has not entered the guest yet");
  }
  if (name === "shadow_mdscr_el1") {
    return value(get64(w, f.vcpu + VCPU.savedMdscr));
  }
  const bank = bankOffset(name);
  if (bank !== undefined) return value(get64(w, f.vcpu + bank));
  const state = KVM_STATE[name];
  if (state === undefined) throw new RangeError(`No KVM state ${name}`);
  const at = f.vcpu + state.at;
  return value(state.words === 2 ? get64(w, at) : BigInt(w[at] >>> 0));
}

/** Guest and physical breakpoint numbers. */
export function numberMap(f: KvmFrame): NumberMap {
  const { host, kernel } = f;
  const dfr0 = get64(f.w, f.vm + VM.dfr0);
  const field = (name: "BRPs" | "CTX_CMPs" | "WRPs"): number =>
    Number(ID_AA64DFR0.get(dfr0, name));
  // Numbers as they will be once the vCPU has run: its first run decides them, and a later one leaves them.
  beginRun(f, undefined);
  const physical: (number | undefined)[] = [];
  for (let n = 0; n <= field("BRPs"); n++) {
    const slot = kernel.numbering.userSlot(f, KIND.bcr, n);
    physical.push(slot < 0 ? undefined : slot);
  }
  const emulated = f.w[f.vm + VM.emulate] !== 0;
  return {
    physical,
    guestCount: field("BRPs") + 1,
    guestContextFrom: field("BRPs") - field("CTX_CMPs"),
    hostCount: host.brps,
    hostContextFrom: host.brps - host.ctx,
    guestWatchpoints: field("WRPs") + 1,
    hostWatchpoints: host.wrps,
    emulated,
    sink: emulated ? host.brps - host.ctx - 1 : undefined,
  };
}
