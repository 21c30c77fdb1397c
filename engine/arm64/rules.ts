/**
 * The arm64 rules as the machine runs them.
 *
 * @module
 */
import type { CostName } from "../cost.ts";
import { ERRNO } from "../errno.ts";
import type { Event, Place } from "../events.ts";
import { makeInsn } from "../program.ts";
import {
  BEGUN,
  CPU_BASE,
  type FailPoint,
  MODE,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "../rules.ts";
import { copy64, get64, set64, type Words } from "../word64.ts";
import { CPU, PAIRS_MAX, USER, VCPU, VM } from "./blocks.ts";
import type { Arm64Host } from "./frame.ts";
import { beginProgram } from "./guest/handler.ts";
import { ACCESS, access } from "./hardware/access.ts";
import { EXIT_CLASS } from "./hardware/exception_class.ts";
import { executeInstruction } from "./hardware/instruction.ts";
import { readPhysical, writePhysical } from "./hardware/register_file.ts";
import { debuggerRequest, setGuestDebug } from "./kvm/guest_debug.ts";
import { capability } from "./kvm/capabilities.ts";
import {
  completeMmio,
  exitGuest,
  exitValues,
  fakeStep,
  RUN_EXIT,
} from "./kvm/exits.ts";
import { hostDebug } from "./kvm/host_debug.ts";
import { resetIds } from "./kvm/id_values.ts";
import type { Arm64Kernel, KvmFrame } from "./kvm/kernel.ts";
import { enterMdcr, loadMdcr, putMdcr } from "./kvm/mdcr.ts";
import { getOneReg, offeredRegisters, setOneReg } from "./kvm/one_reg.ts";
import { OSLSR_RESET } from "./kvm/os_lock.ts";
import { emulateAccess } from "./kvm/sysreg_traps.ts";
import { registerPlace, reportReset } from "./kvm/trace.ts";
import { adjustPc, enterGuest } from "./kvm/world_switch.ts";
import {
  emulatedPlace,
  inCpu,
  kvmPlace,
  loadedPlace,
  storedPlace,
  untrappedPlace,
  userPlace,
} from "./places.ts";
import { ID_AA64DFR0 } from "./registers/id_aa64dfr0.ts";
import { KIND, NUMBERED_MAX, numberedId, REG } from "./registers/ids.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";

/** PSTATE that KVM resets to: EL1h, DAIF masked. */
const PSTATE_RESET = 0x3c5;

/** FAR_EL1 that KVM resets to, as recorded. */
const FAR_RESET = 0x1de7_ec7e_dbad_c0den;

/** Where vCPU 0's program begins; each further one 64 KiB higher, as in the recordings. */
const PROGRAM_BASE = 0x4008_0000n;
const PROGRAM_STRIDE = 0x1_0000n;

/** Bytes of an A64 instruction. */
const INSTRUCTION_BYTES = 4n;

/** What each failing step of first-run initialisation returns. */
const FAIL_ERRNO: Record<FailPoint, number> = {
  vgic: ERRNO.ENXIO,
  timer: ERRNO.EINVAL,
  pmu: ERRNO.EINVAL,
};

/** What `set` calls the fields of ID_AA64DFR0_EL1 that are counts minus one. */
const COUNT_FIELDS = { brps: "BRPs", ctx: "CTX_CMPs", wrps: "WRPs" } as const;

/** The kernel's own state that `kvm` shows: offset in the vCPU block, and words. Rule arm64:B.1. */
const KVM_STATE: Record<string, { at: number; words: 1 | 2 }> = {
  dirty: { at: VCPU.dirty, words: 1 },
  debug_ptr: { at: VCPU.debugPtr, words: 1 },
  owner: { at: VCPU.owner, words: 1 },
  guest_debug: { at: VCPU.guestDebug, words: 1 },
  ran_once: { at: VCPU.ranOnce, words: 1 },
  active_pending: { at: VCPU.activePending, words: 1 },
  increment_pc: { at: VCPU.incrementPc, words: 1 },
  mdcr_el2: { at: VCPU.mdcrAtEntry, words: 2 },
  external_mdscr_el1: { at: VCPU.externalMdscr, words: 2 },
  saved_mdscr_el1: { at: VCPU.savedMdscr, words: 2 },
};

const NUMBERED = /^(shadow|external|stored)_dbg([bw])([cv])r(\d+)$/;

/** Offset in the vCPU block of a named bank register; undefined if the name is not one. */
function bankOffset(name: string): number | undefined {
  const match = NUMBERED.exec(name);
  if (!match) return undefined;
  const number = Number(match[4]);
  if (number > 15) return undefined;
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

const value = (v: bigint): ViewValue => ({ kind: "value", value: v });
const UNDEF: ViewValue = { kind: "undef" };

function none(why: string): ViewValue {
  return { kind: "none", why };
}

/** What the hw view has before the first entry. */
const NOT_RUN: ViewValue = none("the vCPU has not run yet");

/** A guest read of a register, for peeking. */
function readInsn(register: number) {
  return makeInsn({ op: "read", register, level: 1 });
}

/** What KVM_ARM_VCPU_INIT and a new vCPU hold. Rules arm64:A.15, arm64:W11. */
function resetVcpu(f: KvmFrame): void {
  const { w } = f;
  // A kernel that has lost the numbers resets number 0 as often as there are registers. Rule arm64:F1.
  const count = f.kernel.aliasesNumber0 ? 1 : PAIRS_MAX;
  for (const kind of [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr]) {
    const at = f.vcpu + VCPU.guest + 2 * numberedId(kind, 0);
    w.fill(0, at, at + 2 * count);
  }
  for (
    const at of [
      VCPU.mdscr,
      VCPU.mdccint,
      VCPU.contextidr,
      VCPU.dbgvcr32,
      VCPU.elr,
      VCPU.esr,
    ]
  ) set64(w, f.vcpu + at, 0n);
  set64(w, f.vcpu + VCPU.oslsr, BigInt(OSLSR_RESET));
  w[f.vcpu + VCPU.pstate] = PSTATE_RESET;
  w[f.vcpu + VCPU.spsr] = 0;
  set64(w, f.vcpu + VCPU.farEl1, FAR_RESET);
  w[f.vcpu + VCPU_BASE.inHandler] = 0;
  w[f.vcpu + VCPU_BASE.stopped] = 0;
  w[f.vcpu + VCPU.incrementPc] = 0;
  w[f.vcpu + VCPU.pendingUndef] = 0;
  w[f.vcpu + VCPU.mmioPending] = 0;
  set64(w, f.vcpu + VCPU.mmioNext, 0n);
  w[f.vcpu + VCPU.debugPtr] = 0;
}

/** Userspace has set the PC while it emulates an access: KVM will go past the instruction that is there now. */
function afterMmio(f: KvmFrame): void {
  const at = f.vcpu + VCPU.mmioNext;
  if (get64(f.w, at) === 0n) return;
  set64(f.w, at, get64(f.w, f.vcpu + VCPU_BASE.pc) + INSTRUCTION_BYTES);
}

/** Builds the rules for one kernel on one machine. */
export function arm64Rules(
  kernel: Arm64Kernel,
  host: Arm64Host,
): Rules<KvmFrame> {
  const toGuest = (f: KvmFrame): void => {
    if (f.w[f.vcpu + VCPU_BASE.mode] === MODE.out) {
      begin(f, undefined);
      load(f);
    }
    if (f.w[f.vcpu + VCPU_BASE.mode] !== MODE.guest) enterGuest(f);
    f.w[f.vcpu + VCPU_BASE.mode] = MODE.guest;
  };

  const toUser = (f: KvmFrame): void => {
    if (f.w[f.vcpu + VCPU_BASE.mode] === MODE.out) return;
    if (f.w[f.vcpu + VCPU_BASE.mode] === MODE.guest) {
      interrupt(f);
      exitGuest(f, null);
    }
    put(f);
  };

  const begin = (f: KvmFrame, fail: FailPoint | undefined): number => {
    const { w } = f;
    if (w[f.vcpu + VCPU_BASE.ranOnce] === 0) {
      // Before the steps that can fail: a second try converts again. Rules arm64:D1, arm64:W4.
      kernel.numbering.firstRun(f);
      kernel.debugSwitch.firstRun(f);
      if (fail !== undefined) return -FAIL_ERRNO[fail];
      w[f.vcpu + VCPU_BASE.ranOnce] = 1;
      w[f.vm + VM.ranAny] = 1;
    }
    if (w[f.vcpu + VCPU.mmioPending] === 0) return BEGUN.fresh;
    completeMmio(f);
    return fakeStep(f) ? BEGUN.completedToUser : BEGUN.completed;
  };

  const load = (f: KvmFrame): void => {
    f.sink?.push({
      kind: "vcpu-load",
      vcpu: f.w[f.vcpu + VCPU_BASE.index],
      cpu: f.w[f.cpu + CPU_BASE.index],
      rule: kernel.switchRules.load,
    });
    kernel.debugSwitch.vcpuLoad(f);
    loadMdcr(f);
  };

  const put = (f: KvmFrame): void => {
    kernel.debugSwitch.vcpuPut(f);
    putMdcr(f);
  };

  const interrupt = (f: KvmFrame): void => {
    f.w[f.vcpu + VCPU.exitClass] = EXIT_CLASS.interrupt;
  };

  /** The physical registers that an entry would load, loaded into the scratch CPU. */
  const intoHardware = (f: KvmFrame): void => {
    toUser(f);
    load(f);
    kernel.debugSwitch.setup(f);
    const offset = f.vcpu + kernel.debugSwitch.selected(f);
    for (let id = 0; id < NUMBERED_MAX; id++) {
      f.lo = f.w[offset + 2 * id];
      f.hi = f.w[offset + 2 * id + 1];
      writePhysical(f, id);
    }
    const mdscr = f.vcpu + kernel.debugSwitch.loadedMdscr(f);
    f.lo = f.w[mdscr];
    f.hi = f.w[mdscr + 1];
    writePhysical(f, REG.MDSCR_EL1);
    enterMdcr(f);
    copy64(f.w, {
      to: f.cpu + CPU.contextidr,
      from: f.vcpu + VCPU.contextidr,
      count: 1,
    });
    copy64(f.w, {
      to: f.cpu + CPU.mdccint,
      from: f.vcpu + VCPU.mdccint,
      count: 1,
    });
  };

  /** Where a guest read would find a register. */
  const guestPlace = (f: KvmFrame, register: number): Place | undefined => {
    if (register === REG.PSTATE) return storedPlace(f, register);
    const live = inCpu(f, register);
    toGuest(f);
    switch (access(f, readInsn(register))) {
      case ACCESS.undef:
        return undefined;
      case ACCESS.trap:
        interrupt(f);
        exitGuest(f, null);
        return emulatedPlace(f, register);
      default:
        return live ?? untrappedPlace(f, register);
    }
  };

  const cpuView = (f: KvmFrame, register: number): ViewValue => {
    const info = ARM64_REGISTERS.byId(register);
    if (!info.physical) return none("the model keeps no physical copy of it");
    if (info.number >= 0) {
      const count = info.family.startsWith("dbgb") ? host.brps : host.wrps;
      if (info.number >= count) return UNDEF;
    }
    readPhysical(f, register);
    return value(BigInt.asUintN(64, BigInt(f.hi) << 32n | BigInt(f.lo >>> 0)));
  };

  return {
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words,
      user: USER.words,
      cpu: CPU.words,
    },
    noProgressRule: kernel.rule,
    frame: (w: Words): KvmFrame => ({
      w,
      vm: 0,
      vcpu: 0,
      user: 0,
      cpu: 0,
      lo: 0,
      hi: 0,
      nextLo: 0,
      nextHi: 0,
      sink: null,
      host,
      kernel,
    }),
    initVm: resetIds,
    initVcpu(f, index) {
      f.w[f.vcpu + VCPU_BASE.index] = index;
      resetVcpu(f);
      set64(
        f.w,
        f.vcpu + VCPU_BASE.pc,
        PROGRAM_BASE + PROGRAM_STRIDE * BigInt(index),
      );
    },
    initCpu(f, index) {
      f.w[f.cpu + CPU_BASE.index] = index;
    },
    begin,
    beginProgram,
    completeAccess(f) {
      if (f.w[f.vcpu + VCPU.mmioPending] === 0) return;
      begin(f, undefined);
      adjustPc(f);
    },
    load,
    enter: enterGuest,
    instruction: executeInstruction,
    interrupt,
    exit: exitGuest,
    put(f) {
      put(f);
      f.sink?.push({
        kind: "vcpu-put",
        vcpu: f.w[f.vcpu + VCPU_BASE.index],
        cpu: f.w[f.cpu + CPU_BASE.index],
        rule: kernel.switchRules.put,
      });
    },
    userGet: getOneReg,
    userSet: setOneReg,
    registerList: offeredRegisters,
    userSetPc(f) {
      const at = f.vcpu + VCPU_BASE.pc;
      f.w[at] = f.lo;
      f.w[at + 1] = f.hi;
      f.w[f.vcpu + VCPU_BASE.inHandler] = 0;
      afterMmio(f);
      return 0;
    },
    userInit(f) {
      reportReset(f, () => resetVcpu(f));
      return 0;
    },
    checkExtension: (_f, name) => capability(kernel, host, name),
    setGuestDebug,
    debugger: debuggerRequest,
    setCounts(f, counts) {
      let dfr0 = get64(f.w, f.vm + VM.dfr0);
      for (const [name, count] of Object.entries(counts)) {
        const field = COUNT_FIELDS[name as keyof typeof COUNT_FIELDS];
        if (field === undefined) throw new RangeError(`No count ${name}`);
        dfr0 = ID_AA64DFR0.with(dfr0, { [field]: BigInt(count - 1) });
      }
      f.lo = Number(dfr0 & 0xffff_ffffn) | 0;
      f.hi = Number(dfr0 >> 32n) | 0;
      return setOneReg(f, REG.ID_AA64DFR0_EL1);
    },
    hostDebug,
    exitName: (f) =>
      f.w[f.vcpu + VCPU.runExit] === RUN_EXIT.mmio ? "mmio" : "debug",
    exitValues,
    peek(f, register) {
      if (register === REG.PSTATE) {
        return value(BigInt(f.w[f.vcpu + VCPU.pstate] >>> 0));
      }
      if (ARM64_REGISTERS.byId(register).access === "WO") {
        return none("the register is write-only");
      }
      toGuest(f);
      const insn = readInsn(register);
      switch (access(f, insn)) {
        case ACCESS.undef:
          return UNDEF;
        case ACCESS.done:
          break;
        case ACCESS.trap: {
          interrupt(f);
          exitGuest(f, null);
          if (!emulateAccess(f, register, false)) return UNDEF;
        }
      }
      return value(
        BigInt.asUintN(64, BigInt(f.hi) << 32n | BigInt(f.lo >>> 0)),
      );
    },
    userView(f, register) {
      toUser(f);
      if (getOneReg(f, register) < 0) {
        return none("KVM does not offer it to userspace");
      }
      return value(
        BigInt.asUintN(64, BigInt(f.hi) << 32n | BigInt(f.lo >>> 0)),
      );
    },
    hwView(f, register) {
      if (f.w[f.vcpu + VCPU_BASE.ranOnce] === 0) return NOT_RUN;
      intoHardware(f);
      return cpuView(f, register);
    },
    hwViews(f, registers) {
      if (f.w[f.vcpu + VCPU_BASE.ranOnce] === 0) {
        return registers.map(() => NOT_RUN);
      }
      intoHardware(f);
      return registers.map((register) => cpuView(f, register));
    },
    cpuView,
    numberMap(f) {
      const dfr0 = get64(f.w, f.vm + VM.dfr0);
      const field = (name: "BRPs" | "CTX_CMPs" | "WRPs"): number =>
        Number(ID_AA64DFR0.get(dfr0, name));
      // Numbers as they will be once the vCPU has run: the deciding happens then.
      if (f.w[f.vcpu + VCPU_BASE.ranOnce] === 0) begin(f, undefined);
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
    },
    kvmView(f, name) {
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
    },
    placeOf(f, view, register) {
      switch (view) {
        case "cpu":
          return ARM64_REGISTERS.byId(register).physical
            ? registerPlace(f, "cpu", register)
            : undefined;
        case "guest":
          return guestPlace(f, register);
        case "user":
          return inCpu(f, register) ?? userPlace(f, register);
        case "hw": {
          const live = inCpu(f, register);
          if (live !== undefined) return live;
          toUser(f);
          load(f);
          kernel.debugSwitch.setup(f);
          return loadedPlace(f, register);
        }
        default:
          return view satisfies never;
      }
    },
    kvmPlace,
    costOf,
  };
}

/** Which counters an event adds one to. */
function costOf(event: Event): readonly CostName[] | undefined {
  switch (event.kind) {
    case "enter":
      return ["entries"];
    case "exit":
      return ["exits"];
    case "trap":
      return isDebugRegister(event.register)
        ? ["traps", "dr-exits"]
        : ["traps"];
    case "load":
      return event.set === "host" ? undefined : ["dr-loads"];
    case "save":
      return event.set === "host" ? undefined : ["dr-saves"];
    default:
      return undefined;
  }
}

function isDebugRegister(name: string): boolean {
  const id = ARM64_REGISTERS.find(name)?.id ?? -1;
  return id >= 0 && id < REG.ID_AA64DFR0_EL1;
}
