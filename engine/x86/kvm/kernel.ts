/**
 * One kernel, for one vendor: data that rows of history change, and the functions that 2008 has of its own.
 *
 * @module
 */
import type { Event, RuleId } from "../../events.ts";
import type { Move } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import type { Words } from "../../word64.ts";
import type { X86Frame } from "../frame.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Behaviour } from "./behaviour.ts";

/** A frame with the kernel whose rules apply. */
export interface KvmFrame extends X86Frame {
  /** The kernel. */
  readonly kernel: X86Kernel;
}

/** The behaviour of one kernel for one vendor. */
export interface X86Kernel extends X86Behaviour {
  /** Whose CPU it runs on. */
  readonly vendor: Vendor;

  /** The rule of an event in this kernel's own section of the rule book; left out, the event's own. */
  readonly ruleOf?: (event: Event) => RuleId;

  /** DR accesses that exit, as bits of `vmDrAccesses`, while they are not let through. */
  readonly drAccesses: number;
  /** A DR access that exits is let through until the next exit, unless userspace debugs. Rule x86:C7. */
  readonly lazy: boolean;
  /** #DB exits always, or only while userspace debugs. Rule x86:B22. */
  readonly dbExitsAlways: boolean;
  /** KVM_INTERRUPT serves VMs whose local APICs alone are in the kernel, since 4.4; the model has no other interrupts. Rule x86:D57. */
  readonly localInterrupts: boolean;
  /** DR7's volatile bits in set_dr. Rule x86:D4. */
  readonly dr7Volatile: number;
  /** Injection sets RF in the flags of a fault. Rule x86:D19. */
  readonly injectSetsRf: boolean;
  /** Injection of #DB clears the guest's DR7.GD. Rule x86:D19. */
  readonly injectClearsGd: boolean;

  /** Before the entry, after events were injected: DR0-3, DR6, DR7 of the CPU. */
  beforeEntry(f: KvmFrame): void;
  /** After the exit, before its reason is handled. */
  afterExit(f: KvmFrame): void;

  /** Reads the guest's DR into the frame. */
  getDr(f: KvmFrame, dr: number): void;
  /** Writes the guest's DR from the frame. @returns false where the value is refused */
  setDr(f: KvmFrame, dr: number): boolean;
  /** DR7 has changed. */
  updateDr7(f: KvmFrame): void;

  /** The exit for a DR access. */
  drAccess(f: KvmFrame, insn: Insn | null): Handled;
  /** The exit for #DB. */
  db(f: KvmFrame, insn: Insn | null): Handled;
  /** The emulator does what it can of a string instruction, and looks for a step then; in 2008 one iteration. Rules x86:D/15, x86:B30. */
  readonly repeatsInEmulator: boolean;
  /** The emulator finished an instruction: flags and step. @returns true if KVM_RUN returns */
  emulated(f: KvmFrame): boolean;
  /** The emulator is about to decode: a breakpoint there. @returns undefined to go on */
  emulatorCodeBreakpoint(f: KvmFrame, insn: Insn | null): Handled | undefined;
  /** The emulated task switch, as far as it touches debug registers. */
  taskSwitch(f: KvmFrame): void;

  /** RFLAGS as userspace and the emulator see them, from and to the real ones. */
  getFlags(f: KvmFrame): number;
  /** The same in the other direction. */
  setFlags(f: KvmFrame, flags: number, move?: Move): void;
  /** The part of KVM_SET_GUEST_DEBUG after the injections: registers and flags. */
  applyGuestDebug(f: KvmFrame, control: number, debugreg: Words): void;
  /** The reset of debug registers. */
  reset(f: KvmFrame): void;
}
