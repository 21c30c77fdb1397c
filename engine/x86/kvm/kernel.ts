/**
 * What a profile says of one kernel, for one vendor: data, and functions chosen among the named behaviours.
 *
 * @module
 */
import type { Event, RuleId } from "../../events.ts";
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import type { Words } from "../../word64.ts";
import type { X86Frame } from "../frame.ts";
import type { Vendor } from "../hardware/models.ts";

/** A frame with the kernel whose rules apply. */
export interface KvmFrame extends X86Frame {
  /** The kernel. */
  readonly kernel: X86Kernel;
}

/** How a kernel treats DR6 bits of features that the guest may lack. */
export interface StatusRule {
  /** Bits that KVM stores. */
  readonly volatile: number;
  /** Bits that it forces to 1. */
  readonly fixed: number;
}

/** The behaviour of one kernel for one vendor. */
export interface X86Kernel {
  /** Whose CPU it runs on. */
  readonly vendor: Vendor;

  /** The rule of an event in this kernel's own section of the reference; left out, the event's own. */
  readonly ruleOf?: (event: Event) => RuleId;

  /** DR accesses that exit, as bits of `vmDrAccesses`, while they are not let through. */
  readonly drAccesses: number;
  /** The VMCB's DR6 is the guest's unless userspace debugs. Rule x86:C5. */
  readonly vmDr6IsGuests: boolean;
  /** A DR access that exits is let through until the next exit, unless userspace debugs. Rule x86:C7. */
  readonly lazy: boolean;
  /** #DB exits always, or only while userspace debugs. Rule x86:B22. */
  readonly dbExitsAlways: boolean;
  /** DR6's bits in set_dr. Rule x86:D3. */
  readonly dr6: StatusRule;
  /** DR7's volatile bits in set_dr. Rule x86:D4. */
  readonly dr7Volatile: number;
  /** KVM_GET/SET_DEBUGREGS: not there yet, or with bits 63:32 of DR6 and DR7 accepted or refused. Rule x86:D35. */
  readonly debugregs: "none" | "unchecked" | "checked";
  /** Control bits that KVM_CAP_SET_GUEST_DEBUG2 reports; 0 without that capability. */
  readonly guestDebugMask: number;
  /** INJECT_* with an exception pending is refused. Rule x86:D29. */
  readonly injectChecksPending: boolean;
  /** Injection sets RF in the flags of a fault. Rule x86:D19. */
  readonly injectSetsRf: boolean;
  /** Injection of #DB clears the guest's DR7.GD. Rule x86:D19. */
  readonly injectClearsGd: boolean;
  /** The emulator's set_dr failure is seen. Rule x86:D6. */
  readonly emulatorSeesFailure: boolean;
  /**
   * KVM makes BS pending where the VMX entry would be refused without: never, for a #DB that exited, or for
   * every #DB that it injects. Rule x86:D23.
   */
  readonly mendsEntry: "never" | "after-exit" | "at-injection";
  /** The emulator looks for a single step after a fault too. Rule x86:F26. */
  readonly stepsOverFault: boolean;

  /** vcpu_load. */
  vcpuLoad(f: KvmFrame): void;
  /** Before the entry, after events were injected: DR0-3, DR6, DR7 of the CPU. */
  beforeEntry(f: KvmFrame): void;
  /**
   * The re-entry from the fast path, inside the innermost loop, which does nothing of `afterExit` and
   * `beforeEntry` but this; null where the kernel has no fast path. Rule x86:D.4.
   */
  readonly reenter: ((f: KvmFrame) => void) | null;
  /** After the exit, before its reason is handled. */
  afterExit(f: KvmFrame): void;

  /** Reads the guest's DR into the frame. */
  getDr(f: KvmFrame, dr: number): void;
  /** Writes the guest's DR from the frame. @returns false where the value is refused */
  setDr(f: KvmFrame, dr: number): boolean;
  /** DR0-3 as KVM keeps them have changed: make them effective. */
  updateDr0123(f: KvmFrame): void;
  /** DR6 as KVM keeps it has changed. */
  updateDr6(f: KvmFrame): void;
  /** DR7 has changed. */
  updateDr7(f: KvmFrame): void;

  /** The exit for a DR access. */
  drAccess(f: KvmFrame, insn: Insn | null): Handled;
  /** The exit for #DB. */
  db(f: KvmFrame, insn: Insn | null): Handled;
  /** A single step is due for an instruction that KVM finished. @returns true if KVM_RUN returns */
  step(f: KvmFrame): boolean;
  /** KVM moved past an instruction. @returns true if KVM_RUN returns for a step */
  skip(f: KvmFrame): boolean;
  /** The emulator finished an instruction: flags and step. @returns true if KVM_RUN returns */
  emulated(f: KvmFrame): boolean;
  /** The emulator is about to decode: a breakpoint there. @returns undefined to go on */
  emulatorCodeBreakpoint(f: KvmFrame): Handled | undefined;
  /** The emulator's look for a breakpoint before it decodes a device access. @returns undefined to go on */
  deviceCodeBreakpoint(f: KvmFrame): Handled | undefined;
  /** The emulator's general detect test. @returns undefined to go on */
  emulatorGeneralDetect(f: KvmFrame): Handled | undefined;
  /** The emulated task switch, as far as it touches debug registers. */
  taskSwitch(f: KvmFrame): void;

  /** RFLAGS as userspace and the emulator see them, from and to the real ones. */
  getFlags(f: KvmFrame): number;
  /** The same in the other direction. */
  setFlags(f: KvmFrame, flags: number): void;
  /** The part of KVM_SET_GUEST_DEBUG after the injections: registers and flags. */
  applyGuestDebug(f: KvmFrame, control: number, debugreg: Words): void;
  /** The reset of debug registers. */
  reset(f: KvmFrame): void;
}
