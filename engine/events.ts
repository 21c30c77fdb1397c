/**
 * What a step did. Every output (tables, traces, `why`, counters, expectations) is derived from the one
 * stream of these events.
 *
 * @module
 */

/** Id of a rule of the reference, always with its architecture: `arm64:D9`, `x86:C9`. */
export type RuleId = `arm64:${string}` | `x86:${string}`;

/**
 * Whose copy of a register.
 *
 * - `guest`: KVM's stored guest value, by the number KVM stores it at
 * - `external`: the values of userspace's guest debug
 * - `shadow`: where `bennee-v2` keeps guest values during guest debug
 * - `cpu`: a physical register; `host`: the host kernel's own wanted value
 * - `vmcs`: the VMCS guest field or the VMCB save area
 * - `kvm`: KVM's own state, by the kernel's names; `vm`: state of the whole VM
 * - `program`: the operand of a guest instruction; `user`: the operand of an ioctl
 */
export type Space =
  | "guest"
  | "external"
  | "shadow"
  | "cpu"
  | "host"
  | "vmcs"
  | "kvm"
  | "vm"
  | "program"
  | "user";

/** One place that holds a value. */
export interface Place {
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

/** A value changed in one place. */
export interface SetEvent {
  readonly kind: "set";
  readonly cause: SetCause;
  readonly to: Place;
  /** Where the value came from; null if the rule made it. */
  readonly from: Place | null;
  readonly old: bigint;
  readonly new: bigint;
  readonly rule: RuleId;
}

/** A guest access to a register exited to KVM. */
export interface TrapEvent {
  readonly kind: "trap";
  readonly vcpu: number;
  readonly access: "read" | "write";
  readonly register: string;
  /** What made it trap, by the name of the control bit. */
  readonly because: string;
  readonly rule: RuleId;
}

/** A guest access to a register came to its end. */
export interface AccessEvent {
  readonly kind: "access";
  readonly vcpu: number;
  readonly access: "read" | "write";
  readonly register: string;
  readonly value: bigint;
  /** Where the instruction is. */
  readonly pc: bigint;
  /** Done by the hardware, by KVM after a trap, or not done: an undefined-instruction or other fault. */
  readonly by: "hardware" | "kvm" | "undef" | "fault";
  /** The name that `as` gave to what was read. */
  readonly name: string | undefined;
  readonly rule: RuleId;
}

/** A set of registers was loaded into, or saved from, the physical registers. */
export interface SwitchEvent {
  readonly kind: "load" | "save";
  readonly vcpu: number;
  readonly cpu: number;
  /** Which set: the guest's own, userspace's, or the host's. */
  readonly set: "guest" | "external" | "host";
  readonly rule: RuleId;
}

/** vcpu_load or vcpu_put. */
export interface SchedEvent {
  readonly kind: "vcpu-load" | "vcpu-put";
  readonly vcpu: number;
  readonly cpu: number;
  readonly rule: RuleId;
}

/** The vCPU entered the guest. */
export interface EnterEvent {
  readonly kind: "enter";
  readonly vcpu: number;
  readonly cpu: number;
  /** Control registers as loaded, such as MDCR_EL2 and MDSCR_EL1. */
  readonly values: Readonly<Record<string, bigint>>;
  readonly rule: RuleId;
}

/** The vCPU left the guest. */
export interface ExitEvent {
  readonly kind: "exit";
  readonly vcpu: number;
  readonly cpu: number;
  /** `trap`, `interrupt`, `debug`, `mmio`, … */
  readonly why: string;
  /** Exception class (arm64) or -1. */
  readonly ec: number;
  /** Where the vCPU was. */
  readonly pc: bigint;
  readonly rule: RuleId;
}

/** KVM_RUN returned to userspace with something to tell. */
export interface UserExitEvent {
  readonly kind: "user-exit";
  readonly vcpu: number;
  readonly exit: "debug" | "mmio" | "io" | "error";
  readonly values: Readonly<Record<string, bigint>>;
  readonly rule: RuleId;
}

/** Kinds of exception that a guest takes, as scenarios name them. */
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
] as const;

/** A kind of exception, by its name in scenarios. */
export type ExceptionKind = typeof EXCEPTION_KINDS[number];

/** The guest took an exception itself. */
export interface ExceptionEvent {
  readonly kind: "exception";
  readonly vcpu: number;
  readonly exception: ExceptionKind;
  /** As recordings name them: esr, ec, far, elr, spsr; vector, rip, error, dr6, dr7. */
  readonly values: Readonly<Record<string, bigint>>;
  readonly rule: RuleId;
}

/** KVM queued an exception for the guest. */
export interface InjectEvent {
  readonly kind: "inject";
  readonly vcpu: number;
  readonly exception: ExceptionKind;
  readonly rule: RuleId;
}

/** A kernel of the day would have printed a warning. */
export interface WarnEvent {
  readonly kind: "warn";
  readonly vcpu: number;
  readonly message: string;
  readonly rule: RuleId;
}

/** The guest relies on a CONSTRAINED UNPREDICTABLE outcome. */
export interface UnpredictableEvent {
  readonly kind: "unpredictable";
  readonly vcpu: number;
  readonly what: string;
  /** The outcome that this machine takes. */
  readonly outcome: string;
  readonly rule: RuleId;
}

/** A user operation was refused. */
export interface RefusedEvent {
  readonly kind: "refused";
  readonly operation: string;
  readonly errno: string;
  readonly why: string;
  readonly rule: RuleId;
}

/** Something about the host's own breakpoints, or about a breakpoint that should have fired. */
export interface BreakpointEvent {
  readonly kind: "hit" | "missed" | "stray" | "host-hit" | "host-lost";
  readonly vcpu: number;
  readonly cpu: number;
  readonly what: string;
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
  | InjectEvent
  | WarnEvent
  | UnpredictableEvent
  | RefusedEvent
  | BreakpointEvent;

/** Takes the events of a step; null in a search, which wants states only. */
export type Sink = { push(event: Event): void } | null;
