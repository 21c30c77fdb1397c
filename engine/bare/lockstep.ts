/**
 * What an architecture gives a bare machine that runs in step with a vCPU: the same program on hardware of its own,
 * without a hypervisor.
 *
 * Kept of it are the registers alone. What the modelled guest's software knows, such as where its handler is and what
 * it has read, is the vCPU's own as long as the two do not differ; and once they do, the difference is found.
 *
 * @module
 */
import type { ExceptionKind } from "../events.ts";
import type { Insn } from "../program.ts";
import type { Frame, Outcome, ViewValue } from "../rules.ts";
import type { Words } from "../word64.ts";

/** Differences that are allowed: each has a name, and a rule that says why. */
export const ALLOWANCES = [
  "debugged",
  "step-flag",
  "external-debug",
  "step-syndrome",
] as const;

/** Name of an allowance. */
export type AllowanceName = typeof ALLOWANCES[number];

/** What an exception or a read has that the bare machine's has not. */
export interface OtherValue {
  /** As scenarios name it: `rflags`, `spsr`, `dr6`. */
  readonly name: string;
  /** What the guest has. */
  readonly seen: bigint;
  /** What the bare machine has. */
  readonly own: bigint;
  /** The difference is allowed; undefined if it is not. */
  readonly allowance?: AllowanceName;
}

/** One architecture's part. The bare machine's words are a block that begins at `at` of the guest's words. */
export interface Lockstep {
  /** Size of the block. */
  readonly words: number;
  /** Most steps of the bare machine that one step of a guest under KVM can stand for. */
  readonly stepsMax: number;
  /** Where addresses stand in the block: offsets of pairs of words. */
  readonly addresses: readonly number[];
  /** A frame on a bare machine that goes stepwise, over words that are laid out as a guest's. */
  frame(f: Frame): Frame;
  /** The bare machine holds what the guest would read now. Works on scratch words. */
  begin(f: Frame, at: number, read: (register: number) => ViewValue): void;
  /** Puts the block's registers into a bare frame, where there was the guest's. */
  load(bare: Frame, block: Words, at: number): void;
  /** Takes the registers back into the block. */
  save(bare: Frame, block: Words, at: number): void;
  /**
   * An interrupt that the guest has just begun to handle arrives at the bare machine too.
   *
   * @param bare its words are the guest's before the step, except the registers
   */
  arrives?(f: Frame, bare: Frame): void;
  /** The guest has entered a handler without the bare machine, which will leave it with the guest. */
  enters?(f: Frame, at: number): void;
  /** The next thing that the bare machine does. */
  step(bare: Frame, insn: Insn | null): Outcome;
  /** Guest and bare machine are at the same place: in the program, at an instruction, or in the same handler. */
  isSamePlace(f: Frame, bare: Frame, insn: Insn | null): boolean;
  /** The exception that the bare machine has raised in its last step. */
  raised(bare: Frame): ExceptionKind | undefined;
  /** The exception whose handler the guest is in. */
  handled(f: Frame): ExceptionKind | undefined;
  /** The exception that the block's machine takes before it executes anything more. */
  due(block: Words, at: number): ExceptionKind | undefined;
  /**
   * The exception that the guest takes before it executes anything more.
   *
   * @param held also what the hardware holds back for one more instruction
   */
  pending(f: Frame, held: boolean): ExceptionKind | undefined;
  /** KVM_RUN has returned with an exception that KVM has queued for the guest, and delivers at the next entry. */
  isQueued(f: Frame): boolean;
  /** The allowance by which a guest may take an exception that the bare machine does not; undefined if there is none. */
  allowsStray(
    insn: Insn | null,
    exception: ExceptionKind,
  ): AllowanceName | undefined;
  /** Userspace's guest debug takes the guest's debug exceptions. */
  isDebugged(f: Frame): boolean;
  /** Userspace's DR7 is in the CPU, so that the guest's general detect has no effect. */
  hidesGeneralDetect(f: Frame): boolean;
  /**
   * What differs in the handler's frame and in what it has read.
   *
   * @param entered the bare machine has entered the handler in this step
   */
  differences(f: Frame, bare: Frame, entered: boolean): OtherValue[];
  /** The same of a value that the program read, and of the block's machine. */
  readDiffers(
    f: Frame,
    at: number,
    read: OtherValue & { readonly register: number },
  ): OtherValue | undefined;
  /** The guest has a flag, which the block's machine has not, that keeps breakpoints from matching at its next instruction. */
  resumes(f: Frame, at: number): boolean;
  /** What the block's machine would read from a register. */
  value(f: Frame, at: number, register: number): ViewValue;
  /** Userspace has written a register of the guest's. */
  write(f: Frame, at: number, register: number, lo: number, hi: number): void;
  /** Userspace has the guest go on elsewhere: what it was about to take is dropped. */
  leaveHandler(f: Frame, at: number): void;
  /** As `Rules.setHandlerSteps`. */
  setHandlerSteps(block: Words, at: number, count: number): void;
  /** Userspace has taken the debug exception that is due. */
  dropDue(block: Words, at: number): void;
  /** Userspace has an exception injected into the guest. */
  inject(f: Frame, at: number, exception: "db" | "bp"): void;
}
