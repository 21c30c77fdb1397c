/**
 * What a search found: the verdict, the schedule, and what it cost.
 *
 * @module
 */
import type { Event } from "../events.ts";
import type { Insn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import type { StepKind } from "./model.ts";
import type { LostRegister, Unread } from "./monitor.ts";
import type { Reductions } from "./options.ts";
import type { UserAction } from "./programmed_machine.ts";

/** What is broken, and where. */
export interface Broken {
  /** Bits of `PROPERTY`. */
  readonly properties: number;
  /** Index of the `always expect` that does not hold; of the `finally expect`, if `atEnd`. */
  readonly expectation: number | undefined;
  /** Only where nothing more can happen. */
  readonly atEnd: boolean;
}

/** One step of a schedule. */
export interface ScheduleStep {
  /** What happened. */
  readonly kind: StepKind;
  /** The vCPU that acts; undefined for the host. */
  readonly vcpu: number | undefined;
  /** The CPU on which it acts; undefined for userspace. */
  readonly cpu: number | undefined;
  /** Node of the program of guest, userspace or host that acts. */
  readonly node: number;
  /** The instruction that the guest executes or tries; undefined where it goes on without one, and in other steps. */
  readonly insn?: Insn;
  /** What userspace does, in a step of it. */
  readonly userAction?: UserAction;
  /** What the host does, in a step of it. */
  readonly hostRequest?: HostDebugRequest;
  /** The state after it. */
  readonly after: readonly number[];
  /** An instruction of the vCPU's program was begun and is not over. */
  readonly isMiddle: boolean;
  /** What happened in it. */
  readonly events: readonly Event[];
  /** A register that would read wrongly after it. */
  readonly unread: Unread | undefined;
  /** A register of a breakpoint of the host's that the CPU does not hold after it. */
  readonly lost: LostRegister | undefined;
}

/** What a search found. */
export interface Found {
  /** Everything that can be reached was looked at. */
  readonly complete: boolean;
  /** Why not. */
  readonly bound: "states" | "depth" | "memory" | "stopped" | undefined;
  /** What broke, if anything did. */
  readonly broken: Broken | undefined;
  /** Shortest schedule to what is broken, with the step that breaks it last. */
  readonly schedule: readonly ScheduleStep[];
  /** States that were visited. */
  readonly states: number;
  /** Transitions between them. */
  readonly transitions: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** Distinct blocks of vCPUs and of CPUs, and pairs of them that were looked at. */
  readonly vcpuBlocks: number;
  /** Distinct CPU blocks. */
  readonly cpuBlocks: number;
  /** Pairs of blocks whose successors are remembered. */
  readonly pairs: number;
  /** How often rules ran. */
  readonly ruleRuns: number;
  /** Bytes in use. */
  readonly bytes: number;
  /** Bytes a state. */
  readonly bytesPerState: number;
  /** What was reduced in truth. */
  readonly reductions: Reductions;
  /** Ways of renaming vCPUs, CPUs, breakpoint slots and addresses that change nothing, the identity included. */
  readonly symmetries: number;
}
