/**
 * What a search found: the verdict, the schedule, and what it cost.
 *
 * @module
 */
import type { Event, ExceptionKind } from "../events.ts";
import type { MachineBlocks } from "../machine_words.ts";
import type { Insn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import type { Coverage } from "./coverage.ts";
import type { Order } from "./order.ts";
import type { StepKind } from "./model.ts";
import type { LostRegister, Mismatch, Noticed, Unread } from "./monitor.ts";
import type { Reductions } from "./reductions.ts";
import type { UserAction } from "./programmed_machine.ts";

/** What is broken, and where. */
export interface Broken {
  /** Bits of `PROPERTY`. */
  readonly properties: number;
  /** Index of the `always expect` that does not hold; of the `finally expect`, if `atEnd`. */
  readonly expectation: number | undefined;
  /** It is broken in a state in which nothing more can happen. */
  readonly atEnd: boolean;
}

/** One step of a schedule. */
export interface ScheduleStep {
  /** What kind of step it is. */
  readonly kind: StepKind;
  /** The vCPU that acts; undefined for the host. */
  readonly vcpu: number | undefined;
  /** The CPU on which it acts; undefined for userspace. */
  readonly cpu: number | undefined;
  /** Node of the acting program: the guest's, userspace's or the host's; -1 if no program acts. */
  readonly node: number;
  /** The instruction that the guest executes or tries, in a step of the guest; undefined at its program's end. */
  readonly insn?: Insn;
  /** What userspace does, in a step of userspace. */
  readonly userAction?: UserAction;
  /** What the host kernel does, in a step of the host. */
  readonly hostRequest?: HostDebugRequest;
  /** The state after it. */
  readonly after: readonly number[];
  /** An instruction of the vCPU's program was begun and is not over. */
  readonly isMiddle: boolean;
  /** The events of the step. */
  readonly events: readonly Event[];
  /** What the guest's handler does in it, after `the guest's`; undefined if it is not the handler's step. */
  readonly handler?: string;
  /** What happened on the bare machine beside the vCPU in it; empty if there is none. */
  readonly bareEvents: readonly Event[];
  /** The first register that the guest would read a wrong value from after the step. */
  readonly unread: Unread | undefined;
  /** The first register of a host breakpoint that the CPU does not hold after the step. */
  readonly lost: LostRegister | undefined;
  /** What the guest can first tell from a bare machine after the step. */
  readonly noticed: Noticed | undefined;
  /** Why its instruction matches other slots of the CPU than of the guest. */
  readonly mismatch: Mismatch | undefined;
  /** The exception that the guest must take at its instruction, by its own registers, and misses. */
  readonly exception: ExceptionKind | undefined;
}

/** What a search found. */
export interface Found {
  /** All reachable states were visited. */
  readonly complete: boolean;
  /** Why the search stopped early; undefined if it did not. */
  readonly bound: "states" | "depth" | "memory" | "stopped" | undefined;
  /** What is broken; undefined if nothing is. */
  readonly broken: Broken | undefined;
  /** Something breaks, but the search for the schedule came to its bound; undefined elsewhere. */
  readonly breaks?: true;
  /** Shortest schedule to what is broken, with the step that breaks it last. */
  readonly schedule: readonly ScheduleStep[];
  /** How many steps shorter it is than the one to the end at which a `finally expect` is asked. */
  readonly leftOut: number;
  /** The machine before the last step of the schedule; undefined if there is none. */
  readonly before: MachineBlocks | undefined;
  /** The machine after the schedule; undefined if there is none. */
  readonly end: MachineBlocks | undefined;
  /** States that were visited. */
  readonly states: number;
  /** Transitions between them. */
  readonly transitions: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** Distinct vCPU blocks. */
  readonly vcpuBlocks: number;
  /** Distinct CPU blocks. */
  readonly cpuBlocks: number;
  /** Pairs of blocks whose successors are remembered. */
  readonly pairs: number;
  /** How often rules ran. */
  readonly ruleRuns: number;
  /** Bytes in use. */
  readonly bytes: number;
  /** Bytes per state. */
  readonly bytesPerState: number;
  /** The reductions that took effect. */
  readonly reductions: Reductions;
  /** What counted as one step. */
  readonly order: Order;
  /** Ways of renaming vCPUs, CPUs, breakpoint slots and addresses that change nothing, the identity included. */
  readonly symmetries: number;
  /** What was tried. */
  readonly coverage: Coverage;
}
