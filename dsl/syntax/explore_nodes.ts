/**
 * The lines of an `explore` block. What stands where is for the checks: the grammar takes each of them
 * anywhere, so that a line in the wrong place is a diagnostic of its own and hides nothing.
 *
 * @module
 */
import type {
  Block,
  Choice,
  Expectation,
  Expr,
  HostAction,
  Instruction,
  Name,
  Node,
  Statement,
  UserOperation,
} from "./nodes.ts";

/** `explore { … }`: what can happen, and what must not. */
export interface ExploreStatement<S = Statement> extends Node<"explore"> {
  /** What stands in the block. */
  readonly body: Block<S>;
}

/** `vcpu N { … }`, `user N { … }`, `host N { … }`: the programs of a guest, of its userspace, of a CPU's host. */
export interface ProgramStatement<S = Statement> extends Node<"program"> {
  /** Whose it is. */
  readonly of: "vcpu" | "user" | "host";
  /** vCPU, or physical CPU. */
  readonly index: Expr;
  /** What stands in the block. */
  readonly body: Block<S>;
}

/** `repeat N { … }`. */
export interface RepeatStatement<S = Statement> extends Node<"repeat"> {
  /** How often. */
  readonly count: Expr;
  /** What stands in the block. */
  readonly body: Block<S>;
}

/** `either { … }`, and each `or { … }` behind it. */
export interface EitherStatement<S = Statement> extends Node<"either"> {
  /** It is the `either`, not an `or`. */
  readonly isFirst: boolean;
  /** What stands in the block. */
  readonly body: Block<S>;
}

/** `choose x in A..B` or `choose x in A, B, C`: x has one of the values, to the end of the block. */
export interface ChooseStatement extends Node<"choose"> {
  /** The name. */
  readonly name: Name;
  /** The values; of a range, first and last. */
  readonly values: readonly Expr[];
  /** The values are a range. */
  readonly isRange: boolean;
}

/** A line of `vcpu N { … }`. */
export interface InstructionStatement extends Node<"instruction"> {
  /** What the guest executes. */
  readonly instruction: Instruction;
}

/** A line of `user N { … }`. */
export interface UserLineStatement extends Node<"user-line"> {
  /** What userspace does. */
  readonly operation: UserOperation;
}

/** A line of `host N { … }`. */
export interface HostLineStatement extends Node<"host-line"> {
  /** What the host kernel does. */
  readonly action: HostAction;
}

/** `preempt any|between|none`. */
export interface PreemptStatement extends Node<"preempt"> {
  /** When a vCPU may lose its CPU. */
  readonly mode: Choice<"any" | "between" | "none">;
}

/** `migrate any|none`. */
export interface MigrateStatement extends Node<"migrate"> {
  /** Where a vCPU may be loaded. */
  readonly mode: Choice<"any" | "none">;
}

/** `fail vgic|timer|pmu`: first-run initialisation may fail there, and KVM_RUN be tried again. */
export interface FailStatement extends Node<"fail"> {
  /** Where. */
  readonly at: Choice<"vgic" | "timer" | "pmu">;
}

/** `never missed, stray, …`: built-in properties. */
export interface NeverStatement extends Node<"never"> {
  /** Their names. */
  readonly properties: readonly Name[];
}

/** `always expect …` and `finally expect …`. */
export interface PropertyStatement extends Node<"property"> {
  /** After each step, or at the end of all programs. */
  readonly when: "always" | "finally";
  /** What is expected. */
  readonly expectation: Expectation;
  /** Only these kernels; every one if empty. */
  readonly on: readonly Name[];
}

/** `bound states=N depth=N`: where the search stops. */
export interface BoundStatement extends Node<"bound"> {
  /** Most states; no bound if left out. */
  readonly states: Expr | undefined;
  /** Most steps of a schedule; no bound if left out. */
  readonly depth: Expr | undefined;
}

/** Lines of an `explore` block that have no block. */
export type ExplorePlainLine =
  | ChooseStatement
  | InstructionStatement
  | UserLineStatement
  | HostLineStatement
  | PreemptStatement
  | MigrateStatement
  | FailStatement
  | NeverStatement
  | PropertyStatement
  | BoundStatement;
