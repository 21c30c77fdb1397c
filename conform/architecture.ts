/**
 * What a replay needs from one architecture.
 *
 * @module
 */
import type {
  Architecture,
  ArchName,
  Event,
  GuestDebugRequest,
  Machine,
  RunResult,
} from "../engine/mod.ts";
import type { Comparison } from "./difference.ts";
import type { StepReader } from "./step_reader.ts";

/** The physical machine that a recording was made on, as far as one architecture's header tells it. */
export interface RecordedHost {
  /** By the names of `Architecture.hostCounts`, without `cpus`. */
  readonly counts: Readonly<Record<string, number>>;
  /** The hardware model of the recorded CPU, by its name; undefined if there is none. */
  readonly model: string | undefined;
  /** Vendor by the model's name; undefined where there is no choice. */
  readonly vendor: string | undefined;
}

/** The model that a recording is replayed on. */
export interface Stage {
  readonly arch: Architecture;
  readonly machine: Machine;
}

/** Does one step on the model, and compares what the kernel did. */
export type StepAction = (reader: StepReader, comparison: Comparison) => void;

/** What one KVM_RUN did in the model. */
export interface GuestRun {
  /** In order. */
  readonly events: readonly Event[];
  /** `preempted` means that the guest did not exit to userspace within the steps that a replay allows. */
  readonly result: RunResult;
}

/** One architecture's part of one replay. */
export interface ArchitectureReplay {
  /** The steps that only this architecture's recordings have, by `op`. */
  readonly steps: Readonly<Record<string, StepAction>>;
  /** Bits of KVM_SET_GUEST_DEBUG's control word, by the recordings' names. */
  readonly controlBits: Readonly<Record<string, number>>;
  /** The registers of a `guest_debug` step. */
  debugRegisters(reader: StepReader): GuestDebugRequest["registers"];
  /** The kernel accepted a `guest_debug` step on vCPU v. */
  guestDebugAccepted?(v: number, request: GuestDebugRequest): void;
  /** Gives vCPU v the program of a `run` step, and the state that the recorder starts a program with. */
  load(reader: StepReader, v: number): void;
  /** The VM was saved under a name, in the place of what it named before. */
  saved?(name: string): void;
  /** The VM that was saved under a name is the VM now. */
  restored?(name: string): void;
  /** What the recorder does once vCPU v's program has come to its end. */
  programEnded?(v: number): void;
  /** True if vCPU v was given a program. */
  hasProgram(v: number): boolean;
  /** KVM_RUN, as the step tells it; at most `GUEST_STEPS_MAX` guest steps. */
  run(reader: StepReader, v: number): GuestRun;
  /** Index of the recorded op that an address belongs to; -1 if none. */
  indexOf(v: number, pc: bigint): number;
  /** What a resumed run read, by index of the op. */
  readsOfResumed(reader: StepReader): ReadonlyMap<number, bigint>;
  /** Compares exits, exceptions and the state in which KVM_RUN returned. */
  compareRun(
    reader: StepReader,
    comparison: Comparison,
    v: number,
    run: GuestRun,
  ): void;
}

/** How recordings of one architecture are replayed. */
export interface ReplayedArchitecture {
  readonly name: ArchName;
  /** Reads the physical machine from the header. */
  host(header: StepReader, arch: Architecture): RecordedHost;
  /** Begins a replay. The machine has all its vCPUs, and nothing was done with it. */
  begin(stage: Stage): ArchitectureReplay;
}
