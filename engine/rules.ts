/**
 * What an architecture gives the machine: its blocks, and each smallest thing that can happen as a
 * function over a frame. `run` composes these steps; the search interleaves the same ones.
 *
 * @module
 */
import {
  type BlockOffsets,
  defineBlock,
  type FieldShape,
  reg64,
  word,
} from "./block.ts";
import type { CpuComparison, UnmetQuestion, Verdict } from "./comparison.ts";
import type { CostName } from "./cost.ts";
import type { Event, Place, RuleId } from "./events.ts";
import type { Insn } from "./program.ts";
import type { Saving } from "./saving.ts";
import type { Sink } from "./sink.ts";
import type { Words } from "./word64.ts";

/** Where a vCPU is. */
export const MODE = {
  /** Not loaded on a CPU. */
  out: 0,
  /** Loaded, in the host kernel. */
  loaded: 1,
  /** The guest's registers are in the CPU. */
  guest: 2,
  /** Left the guest; the exit is not handled yet. */
  exiting: 3,
} as const;

/** What the modelled guest does after it has recorded an exception. */
export const HANDLER = { skip: 0, mask: 1, stop: 2 } as const;

/** Name of a handler policy. */
export type HandlerName = keyof typeof HANDLER;

/** The fields that every architecture's vCPU block begins with. */
export const VCPU_HEADER = {
  /** One of `MODE`. */
  mode: word(),
  /** vCPU index. */
  index: word(),
  /** Index + 1 of the CPU that it is loaded on, or was last; 0 before. */
  cpu: word(),
  /** First-run initialisation is complete. */
  ranOnce: word(),
  /** Index of the next instruction of the vCPU's program. */
  next: word(),
  /** One of `HANDLER`. */
  handler: word(),
  /** Handler instruction to execute next, counted from 1; 0 outside the modelled handler. */
  inHandler: word(),
  /** The guest stopped in its handler for good. */
  stopped: word(),
  /** Program counter. */
  pc: reg64(),
} as const satisfies Record<string, FieldShape>;

/** The fields that every architecture's CPU block begins with. */
export const CPU_HEADER = {
  /** CPU index. */
  index: word(),
  /** Index + 1 of the vCPU loaded here; 0 if none. */
  loaded: word(),
} as const satisfies Record<string, FieldShape>;

/** Offsets of the common part of a vCPU block. */
export const VCPU_BASE: BlockOffsets<keyof typeof VCPU_HEADER> = defineBlock(
  VCPU_HEADER,
);

/** Offsets of the common part of a CPU block. */
export const CPU_BASE: BlockOffsets<keyof typeof CPU_HEADER> = defineBlock(
  CPU_HEADER,
);

/**
 * What a step may touch: one VM, one vCPU, that vCPU's userspace and one CPU, by the offsets of their blocks.
 * A step touches nothing else.
 */
export interface Frame {
  /** Virtualization extension of the CPU, where there are two: `vmx` or `svm`. */
  readonly vendor?: string | undefined;
  /** State words; the blocks are runs in it. */
  readonly w: Words;
  /** Offset of the VM block. */
  vm: number;
  /** Offset of the vCPU block. */
  vcpu: number;
  /** Offset of the block of that vCPU's userspace. */
  user: number;
  /** Offset of the CPU block. */
  cpu: number;
  /** Transfer register: the value that an access reads or writes, low word. */
  lo: number;
  /** Transfer register, high word. */
  hi: number;
  /** Address of the instruction after the one that executes, low word. */
  nextLo: number;
  /** Address of the instruction after the one that executes, high word. */
  nextHi: number;
  /** Receives the events; null where they are not read. */
  sink: Sink;
  /** There is no hypervisor: nothing that the guest does exits. Undefined under KVM. */
  readonly bare?: BareMode | undefined;
}

/** How a machine without a hypervisor goes through its program. */
export interface BareMode {
  /**
   * In the smallest steps in which a guest under KVM is seen to go: an exception is delivered in a step after the one
   * that raised it, and the guest's handler is executed one instruction at a time.
   */
  readonly isStepwise: boolean;
  /** A call to a hypervisor is done, as the hypervisor of the guest beside it has done it. */
  readonly answersCalls: boolean;
  /** No debug exception is raised: under KVM userspace's guest debug takes them all. */
  debugged: boolean;
  /** DR7.GD has no effect: under KVM userspace's DR7 is in the CPU. */
  hidesGeneralDetect: boolean;
  /** Bits of the status register that the last debug exceptions have left there, and another CPU may have cleared. */
  leftStatus: number;
}

/** How a guest step ended. */
export const OUTCOME = {
  /** The program's instruction was executed: go on with the one after it. */
  next: 0,
  /** Still in the guest, the program's instruction still pending: an exception or a handler step came first. */
  stay: 1,
  /** The vCPU left the guest; an exit step comes next. */
  exits: 2,
  /** Nothing was there to execute: no instruction given, nothing pending, not in the handler. */
  drained: 3,
  /** The guest's exception handler went on after the program's instruction. */
  skipped: 4,
  /** As `stay`, with progress: an iteration of the program's instruction was executed, and more are left. */
  repeats: 5,
} as const;

/** One of `OUTCOME`. */
export type Outcome = typeof OUTCOME[keyof typeof OUTCOME];

/** What the handling of an exit decided. */
export const HANDLED = {
  /** Re-enter; the program's instruction is still pending. */
  again: 0,
  /** Re-enter; KVM completed the program's instruction. */
  done: 1,
  /** KVM_RUN returns to userspace with the program's instruction still pending. */
  userPending: 2,
  /** KVM_RUN returns to userspace; the program's instruction is over. */
  userDone: 3,
} as const;

/** One of `HANDLED`. */
export type Handled = typeof HANDLED[keyof typeof HANDLED];

/** What the beginning of KVM_RUN found, if it was not refused. */
export const BEGUN = {
  fresh: 0,
  /** The access that userspace was asked to emulate is complete: its instruction is over. */
  completed: 1,
  /** The same, and KVM_RUN returns to userspace at once: a step was due, or there is more to emulate. */
  completedToUser: 2,
  /** KVM_RUN returns to userspace at once, and the program's instruction is still pending. */
  toUser: 3,
} as const;

/** True if the program's instruction is over by what KVM_RUN began with, of `BEGUN`. */
export function isCompleted(begun: number): boolean {
  return begun === BEGUN.completed || begun === BEGUN.completedToUser;
}

/** First-run initialisation steps that can be made to fail. */
export const FAIL_POINTS = ["vgic", "timer", "pmu"] as const;

/** A first-run step that fails. */
export type FailPoint = typeof FAIL_POINTS[number];

/** What `set` names: counts of debug resources, or features; what is not named stays. */
export type CountChange = Readonly<Record<string, number>>;

/** A breakpoint or watchpoint of the host kernel itself, all of them removed, or a write of an MSR. */
export type HostDebugRequest =
  | { readonly action: "break"; readonly address: bigint }
  | {
    readonly action: "watch";
    readonly address: bigint;
    readonly sizeBytes: number;
    readonly on: "store" | "access";
  }
  | { readonly action: "off" }
  | {
    readonly action: "wrmsr";
    /** Id of the MSR. */
    readonly register: number;
    readonly value: bigint;
  };

/** What a debugger in userspace asks for, each adding to what it asked before. */
export type DebuggerRequest =
  | { readonly action: "break"; readonly address: bigint }
  | {
    readonly action: "watch";
    readonly address: bigint;
    readonly sizeBytes: number;
    readonly on: "load" | "store" | "access";
  }
  | { readonly action: "step" }
  | { readonly action: "swbreak" }
  | { readonly action: "off" };

/** Why userspace gets nothing or something from KVM_RUN. */
export type ExitName =
  | "idle"
  | "debug"
  | "preempted"
  | "io"
  | "mmio"
  | "error";

/** A register as one actor sees it. */
export type ViewValue =
  | {
    readonly kind: "value";
    readonly value: bigint;
    /** What a number stands for, where no register's fields say it: `WONT_EXIT`. */
    readonly label?: string;
  }
  /** An access would be undefined. */
  | { readonly kind: "undef" }
  /** There is nothing yet, or no such interface: shown as `–`. */
  | { readonly kind: "none"; readonly why: string };

/** What KVM_SET_GUEST_DEBUG is given. */
export interface GuestDebugRequest {
  /** Control word, all bits as userspace gives them. */
  readonly control: number;
  /** An exception to inject: its flag is added to the control word, where the architecture has one. */
  readonly inject: "db" | "bp" | undefined;
  /** BLOCKIRQ is added to the control word, where the architecture has it. */
  readonly blockirq: boolean;
  /** Register id and value; registers not named are 0. */
  readonly registers: readonly {
    readonly register: number;
    readonly value: bigint;
  }[];
}

/** Which physical breakpoint each of the guest's means. */
export interface NumberMap {
  /** By guest number: the physical number; undefined if the guest has no such breakpoint. */
  readonly physical: readonly (number | undefined)[];
  /** Breakpoints of the guest and of the machine; the context-aware ones begin at `…ContextFrom`. */
  readonly guestCount: number;
  /** Lowest context-aware breakpoint of the guest's. */
  readonly guestContextFrom: number;
  /** Breakpoints of the machine. */
  readonly hostCount: number;
  /** Lowest context-aware breakpoint of the machine's. */
  readonly hostContextFrom: number;
  /** Watchpoints; their numbers are never changed. */
  readonly guestWatchpoints: number;
  /** Watchpoints of the machine. */
  readonly hostWatchpoints: number;
  /** The numbers differ, and every access traps. */
  readonly emulated: boolean;
  /** Physical number that an invalid link is sent to. */
  readonly sink: number | undefined;
}

/** A change of the guest's state that KVM has decided on, and that KVM_RUN applies before it returns to userspace. */
export interface Commit<F extends Frame = Frame> {
  /** There is one, and the kernel applies it. */
  isDue(f: F): boolean;
  /** Applies it to a vCPU that is loaded. The frame's next address is where the program goes on. Touches the vCPU. */
  apply(f: F): void;
}

/** The rules of one architecture under one configuration. */
export interface Rules<F extends Frame = Frame> {
  /** Sizes of the blocks, in words. */
  readonly sizes: {
    readonly vm: number;
    readonly vcpu: number;
    readonly user: number;
    readonly cpu: number;
  };
  /** A frame over the given words. */
  frame(w: Words): F;
  /** Which cost counters an event adds one to, if any. */
  costOf(event: Event): readonly CostName[] | undefined;
  /**
   * The rule of an event as the rule book has it for this kernel; several kernels do the same, and what they do
   * is written once. Left out, the event's own.
   */
  readonly ruleOf?: (event: Event) => RuleId;
  /** The rule to name when KVM re-enters for ever without progress. */
  readonly noProgressRule: RuleId;

  /** Fills the frame's VM, vCPU, or CPU block with what a new one holds. */
  initVm(f: F): void;
  /** Fills the vCPU block with what a new one holds. */
  initVcpu(f: F, index: number): void;
  /** Fills the CPU block with what a new one holds. */
  initCpu(f: F, index: number): void;

  /**
   * KVM_RUN begins: first-run initialisation, and the end of an access that userspace emulated.
   * Touches VM and vCPU.
   *
   * @returns one of `BEGUN`, or a negated errno
   */
  begin(f: F, fail: FailPoint | undefined): number;
  /** A new program, or more of one that had come to its end: the modelled handler's record begins anew. */
  beginProgram(f: F): void;
  /**
   * KVM_RUN with immediate_exit: an access that userspace emulated is completed, and nothing is entered.
   *
   * @returns one of `BEGUN`
   */
  completeAccess(f: F): number;
  /** vcpu_load. Touches vCPU and CPU. */
  load(f: F): void;
  /** World switch into the guest. Touches vCPU and CPU, reads VM. */
  enter(f: F): void;
  /**
   * The next thing that the guest does: a pending exception, an instruction of the modelled handler, or
   * the program's instruction, if there is one. Touches vCPU and CPU, reads VM.
   */
  instruction(f: F, insn: Insn | null): Outcome;
  /** The host interrupts the guest: the next step is its exit. Touches vCPU. */
  interrupt(f: F): void;
  /** World switch out of the guest and the handling of the exit. Touches VM, vCPU and CPU. */
  exit(f: F, insn: Insn | null): Handled;
  /** vcpu_put. Touches vCPU and CPU. */
  put(f: F): void;
  /** What KVM_RUN applies before it returns to userspace. Left out: nothing. */
  readonly commit?: Commit<F>;
  /** KVM_GET_ONE_REG or its kind: the value is left in the frame. @returns 0 or a negated errno */
  userGet(f: F, register: number): number;
  /**
   * KVM_SET_ONE_REG or its kind, of the value in the frame.
   *
   * @param isPart the register is one of a structure that userspace fills without a get before
   * @returns 0 or a negated errno
   */
  userSet(f: F, register: number, isPart?: boolean): number;
  /** Single steps that the modelled guest's handler lets pass before it ends stepping; 0 for all. */
  setHandlerSteps?(f: F, count: number): void;
  /** Names of the model's registers that KVM_GET_REG_LIST gives, in its order. */
  registerList(f: F): readonly string[];
  /** KVM_SET_REGS of the program counter, on arm64 KVM_SET_ONE_REG, from the frame. @returns 0 or a negated errno */
  userSetPc(f: F): number;
  /**
   * An interrupt of a number, or another event by its own, of `Architecture.interrupts`, becomes pending, or is
   * delivered. Touches vCPU.
   *
   * @returns 0, or a negated errno
   */
  userEvent(f: F, vector: number): number;
  /** KVM_ARM_VCPU_INIT, or the INIT reset on x86. @returns 0 or a negated errno */
  userInit(f: F): number;
  /** KVM_CHECK_EXTENSION; a negative number if there is no such capability by that name. */
  checkExtension(f: F, name: string): number;
  /**
   * KVM_ENABLE_CAP of the VM, of a capability that `Architecture.enabled` lists.
   *
   * @returns 0 or a negated errno
   */
  enableCapability?(f: F, name: string): number;
  /** The physical machine is another one from now on, with these counts. Its CPUs' blocks are the caller's. */
  moveHost?(counts: CountChange): void;
  /** The counts that `moveHost` changes. */
  hostCounts?(f: F): CountChange;
  /** How VMMs save and restore a vCPU; undefined where the model does not have that. */
  readonly saving?: Saving<F>;
  /** KVM_SET_GUEST_DEBUG. @returns 0 or a negated errno */
  setGuestDebug(f: F, request: GuestDebugRequest): number;
  /**
   * KVM_SET_GUEST_DEBUG as a debugger drives it. Touches the userspace block too.
   *
   * @returns 0 or a negated errno, also where the debugger itself finds no free slot (ENOSPC)
   */
  debugger(f: F, request: DebuggerRequest): number;
  /** What KVM_SET_GUEST_DEBUG is given for all that the debugger has asked for so far. */
  debuggerState(f: F): GuestDebugRequest;
  /** What `set` does: userspace gives the guest counts or features. @returns 0 or a negated errno */
  setCounts(f: F, counts: CountChange): number;
  /** What the host kernel does with its own debug registers on the frame's CPU. @returns 0 or a negated errno */
  hostDebug(f: F, request: HostDebugRequest): number;

  /** Which exit KVM_RUN returned with, once it has returned to userspace. */
  exitName(f: F): Exclude<ExitName, "preempted">;
  /** The exit data of the last KVM_RUN, by the recordings' names. */
  exitValues(f: F): Record<string, bigint>;
  /** What a guest read would give now. Works on scratch words: it may change the frame's blocks. */
  peek(f: F, register: number): ViewValue;
  /** `peek()` of several registers, where one entry shows them all. Works on scratch words, which nothing else changes. */
  peeker?(f: F): (register: number) => ViewValue;
  /** What userspace would get now. Works on scratch words. */
  userView(f: F, register: number): ViewValue;
  /** What the physical registers are meant to hold in the guest. Works on scratch words. */
  hwView(f: F, register: number): ViewValue;
  /** `hwView()` of several registers, where one entry shows them all. Works on scratch words. */
  hwViews?(f: F, registers: readonly number[]): ViewValue[];
  /** What the physical CPU holds. */
  cpuView(f: F, register: number): ViewValue;
  /** Guest and physical breakpoint numbers; undefined where the architecture has no such difference. */
  numberMap(f: F): NumberMap | undefined;
  /** KVM's own state by the kernel's name. */
  kvmView(f: F, name: string): ViewValue;
  /**
   * Where the value that a view shows is kept, as `set` events name it; undefined if no place keeps it. Works
   * on scratch words.
   */
  placeOf(
    f: F,
    view: "guest" | "user" | "hw" | "cpu",
    register: number,
  ): Place | undefined;
  /** Where a name of the kvm view is kept. */
  kvmPlace(f: F, name: string): Place;
  /**
   * What a comparison that the CPU has just made means for a question; undefined if it has nothing to do with it.
   * Changes nothing.
   */
  verdict(
    f: F,
    question: UnmetQuestion,
    comparison: CpuComparison,
  ): Verdict | undefined;
}
