/**
 * What one kernel does, as a record of named behaviours.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import type { Arm64Frame } from "../frame.ts";
import type { Kind } from "../registers/ids.ts";

/** A frame with the kernel whose rules apply. */
export interface KvmFrame extends Arm64Frame {
  /** The kernel. */
  readonly kernel: Arm64Kernel;
}

/** Whether the host kernel runs at EL2. Rule arm64:E/1.39. */
export function runsAtEl2({ host, kernel }: KvmFrame): boolean {
  return kernel.usesVhe && host.vhe;
}

/** Who owns the debug registers, what traps, and which values an entry loads. */
export interface DebugSwitch {
  /** First-run initialisation of a vCPU, before its first vcpu_load. */
  firstRun(f: KvmFrame): void;
  /** vcpu_load. */
  vcpuLoad(f: KvmFrame): void;
  /** vcpu_put. */
  vcpuPut(f: KvmFrame): void;
  /** Before every entry: MDSCR_EL1, PSTATE.SS, MDCR_EL2 and the set in use are decided. */
  setup(f: KvmFrame): void;
  /** Directly after an exit, or after its handling: what `setup` changed is taken back. */
  clear(f: KvmFrame): void;
  /** `clear` runs when the exit was handled, not directly after the exit. Rule arm64:C13. */
  readonly clearsAfterHandling: boolean;
  /** The registers are switched on this entry. */
  switches(f: KvmFrame): boolean;
  /** Offset in the vCPU block of the set that is selected, switched or not. Valid after `setup`. */
  selected(f: KvmFrame): number;
  /** Offset in the vCPU block of the MDSCR_EL1 that is loaded and saved. */
  loadedMdscr(f: KvmFrame): number;
  /** The registers were switched out. */
  switchedOut(f: KvmFrame): void;
  /** Offset in the vCPU block of the set that a trapped guest access works on. */
  accessedBank(f: KvmFrame): number;
  /** Offset in the vCPU block of the MDSCR_EL1 that a trapped guest access works on. */
  accessedMdscr(f: KvmFrame): number;
  /** A trapped access to a register of the debug set was emulated. */
  accessed(f: KvmFrame, access: { write: boolean; register: number }): void;
  /** The guest wrote OSLAR_EL1. */
  lockWritten(f: KvmFrame): void;
  /** KVM_SET_GUEST_DEBUG switched debugging off. */
  debugOff(f: KvmFrame): void;
  /** A software-step exit goes to userspace. */
  stepExit(f: KvmFrame): void;
  /** PSTATE as userspace reads it once KVM_RUN has returned; asked while the exit is handled. */
  returnedPstate(f: KvmFrame): number;
}

/** What a guest's breakpoint number means to KVM and to the hardware. */
export interface Numbering {
  /** At a vCPU's first run, before anything else. */
  firstRun(f: KvmFrame): void;
  /** Every access traps for the life of the VM. Rule arm64:D4. */
  trapsAlways(f: KvmFrame): boolean;
  /** Slot of a trapped guest access; -1 if the guest has no such register. */
  guestSlot(f: KvmFrame, kind: Kind, number: number): number;
  /** Slot of a userspace access; -1 if it reads as zero and ignores writes. */
  userSlot(f: KvmFrame, kind: Kind, number: number): number;
  /** Converts the transfer register from what the guest says to what the hardware holds. */
  toHardware(f: KvmFrame, kind: Kind): void;
  /** Converts the transfer register from what the hardware holds to what the guest says. */
  toGuest(f: KvmFrame, kind: Kind): void;
  /** True if userspace's accesses are converted now. Rule arm64:D/7. */
  convertsForUser(f: KvmFrame): boolean;
}

/** The rules that the events of a kernel's world switch cite. */
export interface SwitchRules {
  /** vcpu_load. */
  readonly load: RuleId;
  /** The world switch into the guest. */
  readonly enter: RuleId;
  /** The world switch out of it. */
  readonly exit: RuleId;
  /** vcpu_put. */
  readonly put: RuleId;
  /** Registers go into the CPU. */
  readonly switchIn: RuleId;
  /** They come back. */
  readonly switchOut: RuleId;
  /** MDCR_EL2 is built. */
  readonly mdcr: RuleId;
  /** MDSCR_EL1 and the set in use are decided before an entry. */
  readonly setup: RuleId;
  /** PSTATE.SS is set or cleared for userspace's step. */
  readonly step: RuleId;
  /** They are put back after the exit. */
  readonly clear: RuleId;
  /** DIRTY, or the owner, is decided before an entry, and DIRTY is cleared after it. */
  readonly dirty: RuleId;
  /** A trapped access decides it. */
  readonly accessed: RuleId;
}

/**
 * One kernel: the behaviours in which kernels differ. A change of KVM is a row of the history that gives some of these
 * fields another value. Two rows share a field only where the later commit rewrote the code of the earlier one.
 */
export interface Arm64Kernel {
  /** Who owns the debug registers, what traps, and which values an entry loads. */
  readonly debugSwitch: DebugSwitch;
  /** What a guest's breakpoint number means to KVM and to the hardware. */
  readonly numbering: Numbering;
  /** The rules of its world switch. */
  readonly switchRules: SwitchRules;
  /** The rule of a trapped access. */
  readonly rule: RuleId;

  /** MDSCR_EL1 bits forced for userspace's breakpoints: KDE and MDE in 2015, then MDE. Rules arm64:B8, arm64:B20. */
  readonly forcedMdscr: number;
  /** The guest's PSTATE.SS is kept while userspace steps, and given back. Rule arm64:F2. */
  readonly keepsSs: boolean;
  /** A step that was pending at an exit stays pending. Rule arm64:F3. */
  readonly tracksPending: boolean;
  /** Skipping an emulated instruction advances the step state machine. Rule arm64:F4. */
  readonly skipAdvancesStep: boolean;
  /** An SMC of the guest is UNDEFINED, is answered but not passed, or is answered and skipped. Rules arm64:E/1.32, arm64:F26. */
  readonly smc: "undefined" | "stays" | "skips";
  /** After an emulated instruction KVM makes up the step exit that userspace waits for. Rule arm64:F5. */
  readonly fakesStep: boolean;
  /** The PC goes past an MMIO instruction when its emulation is complete, not before KVM_EXIT_MMIO. */
  readonly skipsMmioAfterwards: boolean;
  /** PC and exceptions that KVM makes are applied at the next entry, not while the exit is handled. */
  readonly adjustsPcAtEntry: boolean;

  /** KVM_RUN applies them before it returns to userspace. Rule arm64:E/5.5. */
  readonly commitsPc: boolean;

  /** On a CPU with VHE the host kernel runs at EL2; else at EL1 on every CPU. Rule arm64:E/1.39. */
  readonly usesVhe: boolean;
  /** HCR_EL2.TVM is not set on a CPU with FEAT_S2FWB; else it is set on any. Rule arm64:E/1.38. */
  readonly leavesVmWithFwb: boolean;
  /** MDCR_EL2.TPMS is set. Rule arm64:E/1.3. */
  readonly trapsSpe: boolean;
  /** MDCR_EL2.TTRF is set. Rule arm64:E/1.3. */
  readonly trapsTraceFilter: boolean;
  /** With VHE MDCR_EL2 is written at vcpu_load and not at each entry. Rule arm64:E/1.7. */
  readonly mdcrAtLoad: boolean;
  /** With VHE an MDCR_EL2 that changed since vcpu_load is written before the entry. Rule arm64:E/1.7. */
  readonly writesMdcrChanges: boolean;
  /** MDCR_EL2 of a new vCPU is built before its first vcpu_load; else it is 0 there. Rule arm64:F9. */
  readonly initialMdcr: boolean;

  /** Every DBGBVR, DBGBCR, DBGWVR and DBGWCR that KVM emulates is number 0. Rule arm64:F1. */
  readonly aliasesNumber0: boolean;
  /** The guest's OS lock is kept; else OSLAR writes are ignored. Rule arm64:F7. */
  readonly osLock: boolean;
  /** `hsr_high` exists: 64-bit syndromes reach userspace, with a flag that says so. Rule arm64:F8. */
  readonly hsrHigh: boolean;
  /** KVM_CAP_GUEST_DEBUG_HW_BPS and _WPS are known. Rule arm64:B7. */
  readonly hwDebugCapabilities: boolean;
  /** KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS exist. Rule arm64:E/1.34. */
  readonly vcpuEvents: boolean;
  /** An SError that the guest does not mask is delivered by the ioctl. Rule arm64:E/1.35. */
  readonly serrorAtOnce: boolean;
  /** Its syndrome has IL set, as hardware sets it. Rule arm64:E/1.35. */
  readonly serrorSetsIl: boolean;
  /** KVM_CAP_SET_GUEST_DEBUG2 is known. */
  readonly setGuestDebug2: boolean;

  /**
   * HCR_EL2.TID3: the guest's reads of ID registers are KVM's to answer, and userspace has them in KVM_GET_ONE_REG.
   * Else the guest reads the CPU's own.
   */
  readonly trapsIdRegisters: boolean;
  /** DebugVer that is shown: the machine's, always 6, or the machine's up to 10. Rule arm64:E/1.13. */
  readonly debugVersion: "host" | "v8.0" | "up to v8.8";
  /** Largest PMUVer and PerfMon that are shown; 15 where there is no limit. */
  readonly pmuVersionLimit: number;
  /** PMUVer is 0 for a vCPU without a PMU. */
  readonly hidesAbsentPmu: boolean;
  /** ID_DFR0_EL1.PerfMon is 0 for a vCPU without a PMU. */
  readonly hidesAbsentAa32Pmu: boolean;
  /** PMSVer is 0. */
  readonly hidesSpe: boolean;
  /** Userspace may write PMUVer and PerfMon. */
  readonly writesPmuVersion: boolean;
  /** ID registers are the VM's, and fixed once a vCPU has run. Rule arm64:E/2.13. */
  readonly vmWideIds: boolean;
  /** Userspace may lower WRPs and DoubleLock. Rule arm64:E/2.13. */
  readonly writesWatchpoints: boolean;
  /** PMUVer and PerfMon are compared as unsigned numbers. */
  readonly unsignedPmuVersion: boolean;
  /** Userspace may lower any field: the series of 2022, and its KVM_CAP_ARM_ID_REG_CONFIGURABLE. Rule arm64:D/8. */
  readonly configurableIds: boolean;
}
