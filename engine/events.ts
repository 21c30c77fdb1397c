/**
 * What a step did. Every output (tables, traces, `why`, counters, expectations) is derived from the one
 * stream of these events.
 *
 * @module
 */

/** Id of a rule, always with its architecture: `arm64:D9`, `x86:C9`. */
export type RuleId = `arm64:${string}` | `x86:${string}`;

/**
 * Whose copy of a register.
 *
 * - `guest`: KVM's stored guest value, by the number KVM stores it at
 * - `external`: the values of userspace's guest debug
 * - `shadow`: where `bennee-v2` keeps guest values during guest debug
 * - `cpu`: a physical register; `host`: the host kernel's own wanted value
 * - `bare`: a register of the machine without a hypervisor beside a vCPU
 * - `vmcs`, with SVM `vmcb`: a guest field of the VMCS, or of the VMCB's save area
 * - `kvm`: KVM's own state, by the kernel's names; `vm`: state of the whole VM
 * - `program`: the operand of a guest instruction; `user`: the operand of an ioctl
 */
export type Space =
  | "guest"
  | "external"
  | "shadow"
  | "bare"
  | "cpu"
  | "host"
  | "vmcs"
  | "vmcb"
  | "kvm"
  | "vm"
  | "program"
  | "user";

/** One place that holds a value. */
export interface Place {
  /** Whose copy. */
  readonly space: Space;
  /** vCPU index, or physical CPU index for `cpu` and `host`; 0 for `vm`. */
  readonly index: number;
  /** Architectural name (`DBGBCR0_EL1`) or the kernel's name (`dirty`). */
  readonly name: string;
}

/** Why a value moved. */
export type SetCause =
  | "write"
  | "load"
  | "save"
  | "convert"
  | "reset"
  | "force"
  | "restore"
  | "decide"
  | "sync"
  | "deliver";

/** A place, and the bits of it that something depended on. */
export interface Part {
  /** Where. */
  readonly place: Place;
  /** A bit each. */
  readonly bits: bigint;
  /** They count as they were before the instruction, which has changed the place. */
  readonly isBefore?: true;
}

/** A value changed in one place. */
export interface SetEvent {
  /** Which event. */
  readonly kind: "set";
  /** Why it moved. */
  readonly cause: SetCause;
  /** Where the value is now. */
  readonly to: Place;
  /** Where the value came from; null if the rule made it. */
  readonly from: Place | null;
  /** What was there before. */
  readonly old: bigint;
  /** What is there now. */
  readonly new: bigint;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A guest access to a register exited to KVM. */
export interface TrapEvent {
  /** Which event. */
  readonly kind: "trap";
  /** vCPU index. */
  readonly vcpu: number;
  /** What the guest tried. */
  readonly access: "read" | "write";
  /** Architectural name of the register. */
  readonly register: string;
  /** What made it trap, by the name of the control bit. */
  readonly because: string;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A guest access to a register came to its end. */
export interface AccessEvent {
  /** Which event. */
  readonly kind: "access";
  /** vCPU index. */
  readonly vcpu: number;
  /** What the guest tried. */
  readonly access: "read" | "write";
  /** Architectural name of the register. */
  readonly register: string;
  /** What was read or written. */
  readonly value: bigint;
  /** Where the instruction is. */
  readonly pc: bigint;
  /** Done by the hardware, by KVM after a trap, or not done: an undefined-instruction or other fault. */
  readonly by: "hardware" | "kvm" | "undef" | "fault";
  /** The name that `as` gave to what was read. */
  readonly name: string | undefined;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A set of registers was loaded into, or saved from, the physical registers. */
export interface SwitchEvent {
  /** Which event. */
  readonly kind: "load" | "save";
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** Which set: the guest's own, userspace's, or the host's. */
  readonly set: "guest" | "external" | "host";
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** vcpu_load or vcpu_put. */
export interface SchedEvent {
  /** Which event. */
  readonly kind: "vcpu-load" | "vcpu-put";
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** The vCPU entered the guest. */
export interface EnterEvent {
  /** Which event. */
  readonly kind: "enter";
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** Control registers as loaded, such as MDCR_EL2 and MDSCR_EL1. */
  readonly values: Readonly<Record<string, bigint>>;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** The vCPU left the guest. */
export interface ExitEvent {
  /** Which event. */
  readonly kind: "exit";
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** `trap`, `interrupt`, `debug`, `mmio`, … */
  readonly why: string;
  /** Exception class (arm64) or -1. */
  readonly ec: number;
  /** Where the vCPU was. */
  readonly pc: bigint;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** KVM_RUN returned to userspace with something to tell. */
export interface UserExitEvent {
  /** Which event. */
  readonly kind: "user-exit";
  /** vCPU index. */
  readonly vcpu: number;
  /** What KVM_RUN returned with. */
  readonly exit: "debug" | "mmio" | "io" | "error";
  /** Exit data, by the names of the recordings. */
  readonly values: Readonly<Record<string, bigint>>;
  /** Registers that the kernel copied into the data, by name. */
  readonly from?: Readonly<Record<string, Place>>;
  /** Names of data that this exit did not fill: what an earlier one left. */
  readonly left?: readonly string[];
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** Kinds of exception that a guest takes, as scenarios name them. `interrupt` is any other vector of x86, and a virtual interrupt of arm64. */
export const EXCEPTION_KINDS = [
  "undef",
  "breakpoint",
  "watchpoint",
  "step",
  "brk",
  "svc",
  "db",
  "bp",
  "ud",
  "gp",
  "interrupt",
  "nmi",
  "serror",
] as const;

/** A kind of exception, by its name in scenarios. */
export type ExceptionKind = typeof EXCEPTION_KINDS[number];

/** The guest took an exception itself. */
export interface ExceptionEvent {
  /** Which event. */
  readonly kind: "exception";
  /** vCPU index. */
  readonly vcpu: number;
  /** Which exception. */
  readonly exception: ExceptionKind;
  /** As recordings name them: esr, ec, far, elr, spsr; vector, rip, error, dr6, dr7. */
  readonly values: Readonly<Record<string, bigint>>;
  /** Registers that the guest's handler read, by name of the value. */
  readonly from?: Readonly<Record<string, Place>>;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** Something other than a breakpoint raises an exception: a step, general detect, or the instruction itself. */
export interface RaiseEvent {
  /** Which event. */
  readonly kind: "raise";
  /** vCPU index. */
  readonly vcpu: number;
  /** Which exception. */
  readonly exception: ExceptionKind;
  /** What raises it, in one phrase. */
  readonly what: string;
  /** Where the vCPU is. */
  readonly pc: bigint;
  /** Bits of DR6 that tell of it, where the architecture has them. */
  readonly status?: bigint;
  /** What it depended on; empty where the instruction is all. */
  readonly needed: readonly Part[];
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** KVM queued an exception for the guest. */
export interface InjectEvent {
  /** Which event. */
  readonly kind: "inject";
  /** vCPU index. */
  readonly vcpu: number;
  /** Which exception. */
  readonly exception: ExceptionKind;
  /** What KVM found there to queue it, where that is a register. */
  readonly needed?: readonly Part[];
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A kernel of the day would have printed a warning. */
export interface WarnEvent {
  /** Which event. */
  readonly kind: "warn";
  /** vCPU index. */
  readonly vcpu: number;
  /** What the kernel would print. */
  readonly message: string;
  /** What it depended on. */
  readonly needed?: readonly Part[];
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** The modelled guest, or a run of it, does not go on: the model's own message, which no kernel prints. */
export interface StoppedEvent {
  /** Which event. */
  readonly kind: "stopped";
  /** vCPU index. */
  readonly vcpu: number;
  /** Why, in one phrase. */
  readonly message: string;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A guest that was saved and restored has something else than before: what no ioctl of the VMM gave and set. */
export interface LostEvent {
  /** Which event. */
  readonly kind: "lost";
  /** vCPU index. */
  readonly vcpu: number;
  /** What it is, as a noun. */
  readonly what: string;
  /** What it was before. */
  readonly old: bigint;
  /** What it is now. */
  readonly new: bigint;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** The guest relies on a CONSTRAINED UNPREDICTABLE outcome. */
export interface UnpredictableEvent {
  /** Which event. */
  readonly kind: "unpredictable";
  /** vCPU index. */
  readonly vcpu: number;
  /** What happened or is relied on, in one phrase. */
  readonly what: string;
  /** The outcome that this machine takes. */
  readonly outcome: string;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** A user operation was refused. */
export interface RefusedEvent {
  /** Which event. */
  readonly kind: "refused";
  /** The ioctl, with its register. */
  readonly operation: string;
  /** The error number by name. */
  readonly errno: string;
  /** What made the kernel refuse. */
  readonly why: string;
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** Whose breakpoint a physical register has: the guest's own, that of userspace's guest debug, or the host's. */
export type BreakpointOwner = "guest" | "userspace" | "host";

/** Something about the host's own breakpoints, or about a breakpoint that should have fired. */
export interface BreakpointEvent {
  /** Which event; a stray hit is of an address that is neither this guest's nor the host's. */
  readonly kind: "hit" | "missed" | "stray" | "host-hit" | "host-lost";
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** What happened or is relied on, in one phrase. */
  readonly what: string;
  /** Architectural name of the register that has, or should have had, the address; undefined if not known. */
  readonly register?: string;
  /** Of a hit: whose breakpoint it is; undefined if it was left from what ran there before. */
  readonly owner?: BreakpointOwner;
  /** Of a hit: address of the instruction. */
  readonly pc?: bigint;
  /** Of a hit: what it depended on, the address first. */
  readonly needed?: readonly Part[];
  /** The rule that did it. */
  readonly rule: RuleId;
}

/** Anything that a step did. */
export type Event =
  | SetEvent
  | TrapEvent
  | AccessEvent
  | SwitchEvent
  | SchedEvent
  | EnterEvent
  | ExitEvent
  | UserExitEvent
  | ExceptionEvent
  | RaiseEvent
  | InjectEvent
  | WarnEvent
  | StoppedEvent
  | LostEvent
  | UnpredictableEvent
  | RefusedEvent
  | BreakpointEvent;
