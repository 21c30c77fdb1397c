/**
 * What a search is given: machine, programs, who may act when, and what must not happen.
 *
 * @module
 */
import type { FailPoint, Frame } from "../rules.ts";
import type { Monitor } from "./monitor.ts";
import type { ProgrammedMachine } from "./programmed_machine.ts";

/**
 * Built-in properties, as bits. What each of them means exactly:
 *
 * - `missed`: the guest executes an instruction that one of its own breakpoints or watchpoints covers, by the
 *   values that this guest (or its userspace, for it) wrote last and by the architecture's matching rules, and
 *   the physical registers do not cover it, while userspace's guest debug does not own the registers.
 * - `stray`: the guest executes an instruction that the physical registers cover in a slot in which its own
 *   breakpoint or watchpoint does not, while userspace's guest debug does not own them: what fires is another
 *   guest's, the host's, or its own of before.
 * - `leak`: while the vCPU is in the guest, a read of a watched register would give a value that neither the
 *   reset, nor any write of this vCPU's program, nor its userspace can have put there. A control register that
 *   a debugger of userspace makes up may have any value.
 * - `stale`: while the vCPU is in the guest, a read of a watched register would give something else than was
 *   written last by guest or userspace, or than was there at the start, so that a leak is stale too; bits that the hardware changes on its
 *   own, and registers made of such bits, are left out.
 * - `host-lost`: the host runs on a CPU, after an exit, a vcpu_put or between runs, and a breakpoint that the
 *   host wants there is not in the CPU's registers, or not enabled.
 * - `warn`: the kernel would print a warning.
 *
 * The watched registers are those that programs of guests or userspaces of the model name.
 */
export const PROPERTY = {
  missed: 1,
  stray: 2,
  leak: 4,
  stale: 8,
  "host-lost": 16,
  warn: 32,
} as const;

/** Name of a built-in property. */
export type PropertyName = keyof typeof PROPERTY;

/** The built-in properties, in the order in which they are named. */
export const PROPERTY_NAMES = Object.keys(PROPERTY) as PropertyName[];

/**
 * When the host may take the CPU from a vCPU.
 *
 * - `any`: a host interrupt at any moment in the guest, and the vCPU scheduled out whenever it is in the kernel
 * - `between`: both only between two instructions of the program: not between an access that trapped and its
 *   second try, and not in the guest's exception handler
 * - `none`: a vCPU leaves the CPU when KVM_RUN returns to userspace
 */
export const PREEMPT = ["any", "between", "none"] as const;

/** One of `PREEMPT`. */
export type Preempt = typeof PREEMPT[number];

/** Where a vCPU may be loaded: on any free CPU, or only where it was first. */
export const MIGRATE = ["any", "none"] as const;

/** One of `MIGRATE`. */
export type Migrate = typeof MIGRATE[number];

/** `always expect` and `finally expect`: a question to a frame. */
export interface Requirement {
  /** Whose view it asks: a vCPU's or a physical CPU's. */
  readonly of: "vcpu" | "cpu";
  /** Index of the vCPU or CPU. */
  readonly index: number;
  /** On scratch words, which it may change. */
  holds(f: Frame): boolean;
}

/** What can happen, and what must not. */
export interface Model extends ProgrammedMachine {
  /** What this architecture's guest must be able to rely on. */
  readonly monitor: Monitor;
  /** When vCPUs are scheduled out. */
  readonly preempt: Preempt;
  /** Where a vCPU may be loaded. */
  readonly migrate: Migrate;
  /** First-run initialisation may fail there, as often as it is tried; undefined if it does not. */
  readonly fail?: FailPoint;
  /** Bits of `PROPERTY`: what must never happen. */
  readonly never: number;
  /** Checked at the start and after each step of the vCPU or CPU that it asks about. */
  readonly always: readonly Requirement[];
  /** Checked where all programs are over and no vCPU is loaded. */
  readonly finally: readonly Requirement[];
}

/** Kinds of steps. */
export const STEP = {
  /** KVM_RUN, if it is not in progress, and vcpu_load. */
  load: 0,
  /** World switch into the guest. */
  enter: 1,
  /** What the guest does next; an exit that it causes is handled. */
  instruction: 2,
  /** A host interrupt; the exit is handled. */
  interrupt: 3,
  /** Scheduled out while KVM_RUN goes on. */
  put: 4,
  /** KVM_RUN returns with EINTR. */
  return: 5,
  /** Nothing is left to execute: KVM_RUN ends. */
  idle: 6,
  /** An action of userspace. */
  user: 7,
  /** An action of the host kernel. */
  host: 8,
  /** KVM_RUN completes an access that userspace emulated, and returns at once. */
  complete: 9,
  /** KVM_RUN fails in first-run initialisation. */
  fail: 10,
} as const;

/** One of `STEP`. */
export type StepKind = typeof STEP[keyof typeof STEP];
