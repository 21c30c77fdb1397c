/**
 * Actions: statements whose meaning is settled. Registers are the engine's ids, numbers are numbers, and nothing is left
 * to evaluate. Actions are plain data: they can be compared, cloned and sent to a worker.
 *
 * `resolve/` makes actions of lines and is the only code that rejects a line. A line with a name that has no value yet
 * (a guest's read, the variable of a loop) has no action until the name has one: it goes through the same code again
 * then, so a value is checked in one place, whatever it comes from. `run/` carries actions out, `explore/` makes models
 * of them and schedules into them, `print/` writes them as text.
 *
 * @module
 */
import type {
  ArchName,
  CostName,
  DebuggerRequest,
  ErrnoName,
  ExceptionKind,
  ExitName,
  FailPoint,
  GuestDebugRequest,
  HandlerName,
  HostDebugRequest,
  InsnParts,
  Migrate,
  Preempt,
  RunOptions,
  UnmetQuestion,
} from "../engine/mod.ts";
import type { Span } from "./source.ts";
import type { Comparison, Happening, ViewName } from "./syntax/nodes.ts";

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
  /** KVM_SET_REGS of the program counter. */
  | { readonly kind: "set-pc"; readonly value: bigint }
  /** KVM_ARM_VCPU_INIT; on x86 the INIT reset. */
  | { readonly kind: "init" }
  /** KVM_CHECK_EXTENSION. */
  | {
    readonly kind: "check";
    readonly capability: string;
    readonly as: string | undefined;
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
      | "no-warning";
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
  | { readonly kind: "name"; readonly name: string }
  | {
    readonly kind: "side";
    readonly operator: "<" | "<=" | ">" | ">=";
    readonly release: string;
  }
  | { readonly kind: "range"; readonly from: string; readonly to: string }
  /** It has the one, and does not have the other. */
  | {
    readonly kind: "changes";
    readonly with: readonly string[];
    readonly without: readonly string[];
  };

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

/** What a line of a script does. */
export type Action =
  | { readonly kind: "arch"; readonly arch: ArchName }
  | {
    readonly kind: "kernel";
    /** In one spelling, with the changes: `linux-4.4 with root-cause-fix`. */
    readonly profile: string;
    readonly vendor: string | undefined;
    readonly options: Readonly<Record<string, string>>;
  }
  /** What the line says of the physical machine; the rest stays. */
  | {
    readonly kind: "host";
    readonly counts: Readonly<Record<string, number>>;
    readonly model: string | undefined;
    readonly unpredictable: string | undefined;
  }
  | {
    readonly kind: "host-debug";
    readonly cpu: number;
    readonly request: HostDebugRequest;
  }
  | {
    readonly kind: "set";
    readonly counts: Readonly<Record<string, number>>;
  }
  | {
    readonly kind: "guest";
    readonly vcpu: number;
    readonly instruction: GuestInstruction;
  }
  | {
    readonly kind: "handler";
    readonly vcpu: number;
    readonly mode: HandlerName;
  }
  | {
    readonly kind: "run";
    readonly vcpu: number;
    readonly options: RunChoice;
  }
  | {
    readonly kind: "vcpu-operation";
    /** The statement's word. */
    readonly word: string;
    readonly vcpu: number;
    /** Those that are given, by name. */
    readonly options: Readonly<Record<string, number | string>>;
  }
  | {
    readonly kind: "user";
    readonly vcpu: number;
    readonly operation: UserOperation;
  }
  | {
    readonly kind: "expect";
    readonly expected: Expected;
    /** Only these kernels; every one if empty. */
    readonly on: readonly KernelTerm[];
  }
  | {
    readonly kind: "show";
    readonly views: readonly ShownView[];
    /** Names and patterns, in any case. */
    readonly registers: readonly string[];
  }
  | { readonly kind: "show-map" | "show-cost" }
  | { readonly kind: "why"; readonly seen: Seen }
  | {
    readonly kind: "why-happened";
    readonly what: Happening;
    /** Of an exit or an exception, the field that is asked about. */
    readonly field: FieldAsked | undefined;
  }
  | {
    readonly kind: "why-not";
    readonly question: UnmetQuestion;
    /** The owner was written. */
    readonly isOwnerGiven: boolean;
    /** Address of the instruction or of what it accesses; decided by the run if undefined. */
    readonly address: bigint | undefined;
  }
  | { readonly kind: "let"; readonly name: string; readonly value: bigint }
  // Lines of an explore block.
  | { readonly kind: "choose"; readonly values: readonly bigint[] }
  | { readonly kind: "preempt"; readonly mode: Preempt }
  | { readonly kind: "migrate"; readonly mode: Migrate }
  | { readonly kind: "fail"; readonly at: FailPoint }
  | { readonly kind: "never"; readonly properties: readonly string[] }
  | {
    readonly kind: "property";
    readonly when: "always" | "finally";
    readonly expected: Extract<Expected, { readonly kind: "view" }>;
    readonly on: readonly KernelTerm[];
  }
  | {
    readonly kind: "bound";
    readonly states: number | undefined;
    readonly depth: number | undefined;
  };

/** An action of one kind. */
export type ActionOf<K extends Action["kind"]> = Extract<
  Action,
  { readonly kind: K }
>;
