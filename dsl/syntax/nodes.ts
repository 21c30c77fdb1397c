/**
 * The parts of which lines of the syntax tree are made: words, expressions, references, each with its place.
 *
 * Nothing is looked up and nothing is evaluated here. Registers, fields, kernels and the other words of an architecture
 * stay text, expressions stay trees: `resolve/` gives them their meaning.
 *
 * @module
 */
import type {
  UnmetSubject,
  UserEventName,
  ViewName,
} from "../../engine/mod.ts";
import type { Span } from "../source.ts";

export type { ViewName } from "../../engine/mod.ts";

/** Something that stands somewhere in the text. */
export interface Spanned {
  /** Where it stands. */
  readonly span: Span;
}

/** A part of the tree with its kind, by which `switch` tells them apart. */
export interface Node<K extends string> extends Spanned {
  /** What it is. */
  readonly kind: K;
}

/** A word as the author wrote it. */
export interface Name extends Spanned {
  /** As the author wrote it. */
  readonly text: string;
}

/** Operators of expressions, by precedence of C. */
export type BinaryOperator =
  | "|"
  | "^"
  | "&"
  | "<<"
  | ">>"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** Operators of `expect`. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A number, 0 … 2^64 - 1. */
export interface NumberExpr extends Node<"number"> {
  /** Its value. */
  readonly value: bigint;
}

/**
 * A word inside an expression: a name that `let`, `for`, `choose` or `as` bound, or, where a field's value stands
 * alone, one of the field's named values (`bt=linked-address`).
 */
export interface NameExpr extends Node<"name"> {
  /** As the author wrote it. */
  readonly text: string;
}

/** Two operands. Parentheses only show in the shape of the tree. */
export interface BinaryExpr extends Node<"binary"> {
  /** Between the two. */
  readonly operator: BinaryOperator;
  /** Left of the operator. */
  readonly left: Expr;
  /** Right of the operator. */
  readonly right: Expr;
}

/** `-X`: never a value, since values are unsigned; in the tree so that the other mistakes of its line are found. */
export interface NegativeExpr extends Node<"negative"> {
  /** What follows the sign. */
  readonly operand: Expr;
}

/** An expression: `evaluate()` in resolve/expressions.ts gives it a value. */
export type Expr = NumberExpr | NameExpr | BinaryExpr | NegativeExpr;

/** `undef`, in `expect … == undef`: the access would be undefined. */
export type Undef = Node<"undef">;

/** A register: `dbgbcr0`, `DBGBCR0_EL1`, `dr7`, or with an index `dbgbvr[i]`. */
export interface RegisterRef extends Spanned {
  /** As written, in any case; with `index`, without the number. */
  readonly name: Name;
  /** The number in brackets, if there is one. */
  readonly index: Expr | undefined;
}

/** `name=value`: an option, a field, a count, or a register that `debug raw` sets. */
export interface Argument extends Spanned {
  /** What stands before `=`; only a register can have an index. */
  readonly target: RegisterRef;
  /** An expression, or a word. */
  readonly value: Expr;
}

/** A text in quotes; escapes are resolved. */
export interface StringLiteral extends Spanned {
  /** Its value. */
  readonly value: string;
}

/** A text in quotes with `{EXPR}` inside: the parts in order. */
export interface Template extends Spanned {
  /** In order. */
  readonly parts: readonly (StringLiteral | Expr)[];
}

/** `guest@1`: a view, of vCPU `at` (of physical CPU `at` for `cpu`), 0 if left out. */
export interface ViewRef extends Spanned {
  /** Its name. */
  readonly name: ViewName;
  /** Which one; 0 if left out. */
  readonly at: Expr | undefined;
}

/** `VIEW R[.field]`; for the kvm view `register` is one of KVM's own names. */
export interface SeenRef {
  /** The view. */
  readonly view: ViewRef;
  /** The register. */
  readonly register: RegisterRef;
  /** The field. */
  readonly field: Name | undefined;
}

/** A register in `show`, or a pattern with `*` such as `dbgb*`. */
export interface RegisterPattern extends Spanned {
  /** As written, `*` included. */
  readonly text: string;
  /** The number in brackets, if there is one. */
  readonly index: Expr | undefined;
}

/** `with ROW` or `without ROW`: a change of KVM that is applied or reverted. */
export interface ChoiceNode extends Spanned {
  /** Which of the two. */
  readonly word: "with" | "without";
  /** The change's name, or its commit's hash. */
  readonly row: Name;
}

/**
 * Kernels after `on`: one by its name, or all but one, those on one side of a release, those from one release to
 * another, or those that have a change or do not have it; of one vendor or of each.
 */
export type KernelTermNode =
  & Spanned
  & {
    /** The vendor after a kernel or releases. */
    readonly vendor: Name | undefined;
  }
  & (
    | {
      readonly kind: "name";
      /** It can also be a vendor, alone or before changes. */
      readonly name: Name;
      /** Changes that are applied to it or reverted. */
      readonly choices: readonly ChoiceNode[];
    }
    | { readonly kind: "changes"; readonly choices: readonly ChoiceNode[] }
    | {
      readonly kind: "side";
      readonly operator: Comparison;
      /** After `!=`, any kernel. */
      readonly release: Name;
    }
    | { readonly kind: "range"; readonly from: Name; readonly to: Name }
  );

/** One guest instruction, not yet tied to a vCPU. Which parts there are depends on its word. */
export interface InstructionNode extends Spanned {
  /** Its word. */
  readonly word: Name;
  /** The register that it reads or writes. */
  readonly register: RegisterRef | undefined;
  /** An address, a port, an immediate or a value. */
  readonly operand: Expr | undefined;
  /** The name of what it reads. */
  readonly as: Name | undefined;
  /** Fields of a written register, and options. */
  readonly args: readonly Argument[];
}

/** `break ADDR`, `watch ADDR [name=value …]`: of the host kernel, or of a debugger in userspace. */
export type PointNode =
  | (Node<"break"> & { readonly address: Expr })
  | (Node<"watch"> & {
    readonly address: Expr;
    readonly args: readonly Argument[];
  });

/** What the host kernel does with its own breakpoints and an MSR. */
export type HostActionNode =
  | PointNode
  | Node<"off">
  | (Node<"msr"> & {
    readonly register: RegisterRef;
    readonly value: Expr | undefined;
    readonly args: readonly Argument[];
  });

/** KVM_SET_GUEST_DEBUG: as a debugger uses it, each adding to what is set; or raw, as given. */
export type DebugNode =
  | PointNode
  | Node<"step" | "swbreak" | "off">
  | (Node<"raw"> & { readonly args: readonly Argument[] });

/** What the VMM does, not yet tied to a vCPU. */
export type UserNode =
  & Spanned
  & (
    | {
      readonly kind: "get";
      readonly register: RegisterRef;
      readonly as: Name | undefined;
    }
    | {
      readonly kind: "set";
      readonly register: RegisterRef;
      readonly value: Expr | undefined;
      readonly args: readonly Argument[];
    }
    | { readonly kind: "init" }
    | { readonly kind: "interrupt"; readonly vector: Expr }
    | { readonly kind: UserEventName }
    | {
      readonly kind: "check";
      readonly capability: Name;
      readonly as: Name | undefined;
    }
    | { readonly kind: "enable"; readonly capability: Name }
    | {
      readonly kind: "save";
      readonly as: Name;
      readonly args: readonly Argument[];
    }
    | {
      readonly kind: "restore";
      readonly name: Name;
      readonly args: readonly Argument[];
    }
    | { readonly kind: "debug"; readonly request: DebugNode }
  );

/** What is expected. */
export type ExpectationNode =
  & Spanned
  & (
    /** `VIEW R[.field] OP VALUE`. With a field, a lone name may be one of its named values. */
    | {
      readonly kind: "view";
      readonly seen: SeenRef;
      readonly operator: Comparison;
      readonly value: Expr | Undef;
    }
    /** `EXPR OP VALUE`: names from `let`, `for` and `as`. */
    | {
      readonly kind: "expression";
      readonly left: Expr;
      readonly operator: Comparison;
      readonly value: Expr | Undef;
    }
    /** `exit REASON [field=value …]`: how the last run ended. */
    | {
      readonly kind: "exit";
      readonly reason: Name;
      readonly args: readonly Argument[];
    }
    /** `exceptions KIND, KIND …`: all that the guest took since the last run began, in order. */
    | { readonly kind: "exceptions"; readonly kinds: readonly Name[] }
    /** `exceptions OP N`: how many. */
    | {
      readonly kind: "exception-count";
      readonly operator: Comparison;
      readonly count: Expr;
    }
    /** `exception KIND [field=value …]`: one of them. */
    | {
      readonly kind: "exception";
      readonly exception: Name;
      readonly args: readonly Argument[];
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
    /** `error ERRNO`: the last user operation was rejected. */
    | { readonly kind: "error"; readonly errno: Name }
    /** `traps OP N`: since the last run began. */
    | {
      readonly kind: "traps";
      readonly operator: Comparison;
      readonly count: Expr;
    }
    /** `cost[@v] NAME OP N`: since the start. */
    | {
      readonly kind: "cost";
      readonly vcpu: Expr | undefined;
      readonly counter: Name;
      readonly operator: Comparison;
      readonly count: Expr;
    }
  );

/** What `why` can be asked of besides values. */
export type Happening = "trap" | "exit" | "exception" | "miss" | "refused";

/** Field of an exit or an exception, and a field of that register: `dr6.b0`. */
export interface FieldRef {
  /** As written. */
  readonly name: Name;
  /** Undefined for the whole. */
  readonly part: Name | undefined;
}

/** `breakpoint 0`, `step`: what `why not` asks about. */
export interface UnmetNode {
  /** `guest@v` or `user@v`, as written; undefined if none is written. */
  readonly owner: ViewRef | undefined;
  /** What did not happen. */
  readonly subject: UnmetSubject;
  /** Undefined where the subject has none. */
  readonly number: Expr | undefined;
  /** Options. */
  readonly args: readonly Argument[];
}
