/**
 * What one kernel does, as a list of named behaviours. A profile is one such list.
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

/** Who owns the debug registers, what traps, and which values an entry loads. */
export interface DebugSwitch {
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
  /** True if userspace's accesses are converted now. Rule arm64:D.7. */
  convertsForUser(f: KvmFrame): boolean;
}

/** ID_AA64DFR0_EL1 as the guest sees it, and what userspace may make of it. */
export interface IdRegister {
  /** Fills VM.dfr0 for a new VM. */
  reset(f: KvmFrame): void;
  /** KVM offers the register to userspace. */
  readonly offered: boolean;
  /** KVM_SET_ONE_REG of the value in the frame. @returns 0 or a negated errno */
  write(f: KvmFrame): number;
}

/** One kernel. */
export interface Arm64Kernel {
  /** As the language spells it. */
  readonly name: string;
  /** One sentence for lists. */
  readonly about: string;
  /** Where the behaviour is read or recorded. */
  readonly source: string;
  /** Who owns the debug registers, and when. */
  readonly debugSwitch: DebugSwitch;
  /** What breakpoint numbers mean. */
  readonly numbering: Numbering;
  /** What the guest is told of its debug registers. */
  readonly idRegister: IdRegister;
  /** MDCR_EL2 bits that are always set, besides HPMN. Rules arm64:B8, arm64:E.1.3. */
  readonly mdcrTraps: number;
  /** The guest's OS lock is kept; else OSLAR writes are ignored. Rule arm64:F7. */
  readonly osLock: boolean;
  /** PC and exceptions that KVM makes are applied at the next entry, not while the exit is handled. */
  readonly adjustsPcAtEntry: boolean;
  /** Skipping an emulated instruction advances the step state machine. Rule arm64:F4. */
  readonly skipAdvancesStep: boolean;
  /** `hsr_high` exists: 64-bit syndromes reach userspace. Rule arm64:F8. */
  readonly hsrHigh: boolean;
  /** Capabilities of KVM_CHECK_EXTENSION that this kernel knows, by name. */
  readonly capabilities: readonly string[];
  /** The rules of its world switch: what events of loading, entering, leaving and putting cite. */
  readonly switchRules: {
    readonly load: RuleId;
    readonly enter: RuleId;
    readonly exit: RuleId;
    readonly put: RuleId;
    /** Registers go into the CPU, and come back. */
    readonly switchIn: RuleId;
    readonly switchOut: RuleId;
  };
  /** The rule of a trapped access. */
  readonly rule: RuleId;
}
