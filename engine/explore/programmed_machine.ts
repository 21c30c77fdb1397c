/**
 * The machine that a search begins with, and the programs that run on it.
 *
 * @module
 */
import type { UserEventName } from "../architecture.ts";
import type { Insn } from "../program.ts";
import type {
  DebuggerRequest,
  GuestDebugRequest,
  HostDebugRequest,
  Rules,
} from "../rules.ts";
import type { Words } from "../word64.ts";
import type { Graph } from "./graph.ts";

/** One thing that userspace does between two KVM_RUNs of its vCPU. */
export type UserAction =
  | { readonly kind: "debugger"; readonly request: DebuggerRequest }
  | { readonly kind: "guest-debug"; readonly request: GuestDebugRequest }
  | { readonly kind: "set"; readonly register: number; readonly value: bigint }
  | { readonly kind: "get"; readonly register: number }
  | { readonly kind: "init" }
  | UserEvent;

/** An interrupt becomes pending, or an NMI, which has a vector of its own. */
export interface UserEvent {
  /** Which. */
  readonly kind: "interrupt" | UserEventName;
  /** Its vector. */
  readonly vector: number;
}

/** The machine, on which no vCPU is loaded. */
export interface MachineStart {
  /** The rules of kernel and machine. */
  readonly rules: Rules;
  /** How many vCPUs. */
  readonly vcpus: number;
  /** How many physical CPUs. */
  readonly cpus: number;
  /** The machine at the start: the VM's block, a block of vCPU and userspace each, a block of each CPU. */
  readonly initial: {
    readonly vm: Words;
    readonly vcpus: readonly Words[];
    readonly cpus: readonly Words[];
    /** A block of each vCPU's bare machine; what the guest's registers hold where it is not kept. */
    readonly bare?: readonly Words[];
  };
}

/** The machine with its programs. */
export interface ProgrammedMachine extends MachineStart {
  /** Guest programs, by vCPU. */
  readonly guests: readonly Graph<Insn>[];
  /** What userspace does, by vCPU. */
  readonly users: readonly Graph<UserAction>[];
  /** What the host kernel does with its own breakpoints, by CPU. */
  readonly hosts: readonly Graph<HostDebugRequest>[];
}
