/**
 * What a search is given: machine, programs, who may act when, and what must not happen.
 *
 * @module
 */
import type { FailPoint, Frame } from "../rules.ts";
import type { Monitor } from "./monitor.ts";
import type { ProgrammedMachine } from "./programmed_machine.ts";

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

/**
 * Whether KVM_RUN may return with EINTR at any exit where its userspace has something left to do: a signal comes at any
 * moment, whatever preemption there is.
 */
export const SIGNALS = ["any", "none"] as const;

/** One of `SIGNALS`. */
export type Signals = typeof SIGNALS[number];

/** Whether the VM may be saved and restored into a new one, where no vCPU is in KVM_RUN. */
export const RESTORES = ["any", "none"] as const;

/** One of `RESTORES`. */
export type Restores = typeof RESTORES[number];

/** `always expect` and `finally expect`: a question to a frame. */
export interface Requirement {
  /** Whose view it asks: a vCPU's or a physical CPU's. */
  readonly of: "vcpu" | "cpu";
  /** Index of the vCPU or CPU. */
  readonly index: number;
  /** It asks what the bare machine beside a vCPU has. */
  readonly ofBare?: boolean;
  /**
   * On scratch words, which it may change.
   *
   * @param bare where the block of the bare machine beside the vCPU is, if it asks for that
   */
  holds(f: Frame, bare: number): boolean;
  /** What it finds there, as text: equal where the same value does not hold. The words may change as with `holds`. */
  shown?(f: Frame, bare: number): string;
  /** There is something to ask: what is not there yet is as expected. The words may change as with `holds`. */
  isThere(f: Frame, bare: number): boolean;
}

/** What can happen, and what must not. */
export interface Model extends ProgrammedMachine {
  /** What this architecture's guest must be able to rely on. */
  readonly monitor: Monitor;
  /** When vCPUs are scheduled out. */
  readonly preempt: Preempt;
  /** Where a vCPU may be loaded. */
  readonly migrate: Migrate;
  /** Whether signals end KVM_RUN; `any` if undefined. */
  readonly signals?: Signals;
  /** The VM may be saved and restored by this VMM, of `Architecture.vmms`; undefined if it is not. */
  readonly restores?: string;
  /** First-run initialisation may fail there, as often as it is tried; undefined if it does not. */
  readonly fail?: FailPoint;
  /** Past a failure what the guest has counts as its own: a search that goes on does not find its consequences. */
  readonly acceptsFailures?: boolean;
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
  /** The VM is saved, and restored into a new one. */
  restore: 11,
} as const;

/** One of `STEP`. */
export type StepKind = typeof STEP[keyof typeof STEP];
