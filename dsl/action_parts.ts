/**
 * The parts of actions: what several statements and the commands share. Registers are the engine's ids, numbers are
 * numbers. The actions themselves are in `forms/`, and `actions.ts` has the union of them.
 *
 * @module
 */
import type {
  CostName,
  DebuggerRequest,
  ErrnoName,
  ExceptionKind,
  ExitName,
  GuestDebugRequest,
  InsnParts,
  RunOptions,
  UnmetQuestion,
  UserEventName,
} from "../engine/mod.ts";
import type { Span } from "./source.ts";
import type { Comparison, ViewName } from "./syntax/nodes.ts";

/** A guest instruction. */
export interface GuestInstruction {
  /** What it is, without its address. */
  readonly parts: InsnParts;
  /** Where it is; after the one before it if undefined. */
  readonly address: bigint | undefined;
}

/** One thing that userspace does with a vCPU. */
export type UserOperation =
  | {
    readonly kind: "get";
    /** By its id, as everywhere in actions. */
    readonly register: number;
    /** The name of what it gives. */
    readonly as: string | undefined;
  }
  | {
    readonly kind: "set";
    readonly register: number;
    readonly value: bigint;
  }
  /** KVM_SET_REGS of the program counter; on arm64 KVM_SET_ONE_REG. */
  | { readonly kind: "set-pc"; readonly value: bigint }
  /** KVM_ARM_VCPU_INIT; on x86 the INIT reset. */
  | { readonly kind: "init" }
  /** KVM_INTERRUPT, KVM_NMI, KVM_IRQ_LINE or KVM_SET_VCPU_EVENTS: an interrupt or another event becomes pending. */
  | { readonly kind: "interrupt" | UserEventName; readonly vector: number }
  /** KVM_CHECK_EXTENSION. */
  | {
    readonly kind: "check";
    readonly capability: string;
    readonly as: string | undefined;
  }
  /** KVM_ENABLE_CAP of the VM. */
  | { readonly kind: "enable"; readonly capability: string }
  /** The VM is saved under a name, with the ioctls of a VMM. */
  | { readonly kind: "save"; readonly name: string; readonly vmm: string }
  /** What was saved goes into a new VM. */
  | {
    readonly kind: "restore";
    readonly name: string;
    /** Counts in which the machine of the new VM differs. */
    readonly counts: Readonly<Record<string, number>>;
  }
  | { readonly kind: "debugger"; readonly request: DebuggerRequest }
  | { readonly kind: "guest-debug"; readonly request: GuestDebugRequest };

/** `VIEW R[.field]`. */
export interface Seen {
  /** The view. */
  readonly view: ViewName;
  /** vCPU, or physical CPU for the cpu view. */
  readonly index: number;
  /** The register's id; undefined in the kvm view. */
  readonly register: number | undefined;
  /** The name in the kvm view; undefined in the others. */
  readonly kvmName: string | undefined;
  /** The field's name. */
  readonly field: string | undefined;
}

/** A field of an exit or an exception that `why` is asked about. */
export interface FieldAsked {
  /** As `expect` names it. */
  readonly name: string;
  /** Name of a field of the register that it is. */
  readonly part: string | undefined;
}

/** What `why not` is asked about. */
export interface UnmetAsked {
  /** What, whose and of which vCPU. */
  readonly question: UnmetQuestion;
  /** The owner was written. */
  readonly isOwnerGiven: boolean;
  /** Address of the instruction or of what it accesses; decided by the run if undefined. */
  readonly address: bigint | undefined;
}

/** A field of an exit or an exception that is expected. */
export interface ExpectedField {
  /** As `expect` names it. */
  readonly name: string;
  /** What it must be. */
  readonly value: bigint;
  /** Where it was written; undefined if it was not. */
  readonly span: Span | undefined;
}

/** What is expected. */
export type Expected =
  | {
    readonly kind: "view";
    readonly seen: Seen;
    readonly operator: Comparison;
    readonly value: bigint | "undef";
  }
  /** The value of an expression. */
  | {
    readonly kind: "number";
    /** The name alone, if it is one. */
    readonly name: string | undefined;
    readonly left: bigint;
    readonly operator: Comparison;
    readonly value: bigint;
  }
  /** What `as` named, which may be undefined. */
  | {
    readonly kind: "read";
    readonly name: string;
    readonly operator: Comparison;
    readonly value: bigint | "undef";
  }
  | {
    readonly kind: "exit";
    readonly reason: ExitName;
    readonly fields: readonly ExpectedField[];
  }
  | { readonly kind: "exceptions"; readonly kinds: readonly ExceptionKind[] }
  | {
    readonly kind: "exception-count" | "traps";
    readonly operator: Comparison;
    readonly count: bigint;
  }
  | {
    readonly kind: "exception";
    readonly exception: ExceptionKind;
    readonly fields: readonly ExpectedField[];
  }
  | {
    readonly kind:
      | "no-exception"
      | "ok"
      | "trap"
      | "no-trap"
      | "warning"
      | "no-warning"
      | "loss"
      | "no-loss";
  }
  | { readonly kind: "error"; readonly errno: ErrnoName }
  | {
    readonly kind: "cost";
    readonly vcpu: number;
    readonly counter: CostName;
    readonly operator: Comparison;
    readonly count: bigint;
  };

/** Kernels after `on`. Releases are mainline's, as `linux-6.12`; a change is by its name. */
export type KernelTerm =
  & {
    /** On a machine of this vendor only; any if left out. */
    readonly vendor?: string;
  }
  & (
    | { readonly kind: "name"; readonly name: string }
    /** Every kernel but one. */
    | { readonly kind: "other"; readonly name: string }
    | {
      readonly kind: "side";
      readonly operator: "<" | "<=" | ">" | ">=";
      readonly release: string;
    }
    | { readonly kind: "range"; readonly from: string; readonly to: string }
    /** It has the one, and does not have the other; every kernel if both are empty. */
    | {
      readonly kind: "changes";
      readonly with: readonly string[];
      readonly without: readonly string[];
    }
  );

/** A view in `show`. */
export interface ShownView {
  /** Its name. */
  readonly name: ViewName;
  /** As written; undefined where the table decides. */
  readonly index: number | undefined;
}

/** The options of a run, as `run` has them. */
export type RunChoice = Pick<
  RunOptions,
  "cpu" | "steps" | "attempts" | "stop" | "fail"
>;
