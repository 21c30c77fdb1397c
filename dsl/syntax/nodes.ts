/**
 * The syntax tree: what a text says, with the place of every part. A closed union by `kind`.
 *
 * Nothing is evaluated here. Expressions stay trees until `let` and `for` have bound their names; registers,
 * fields, profiles and the other words of an architecture stay text, which the checks have looked up in the
 * vocabulary. A tree is only handed out for running when its text has no error, so whoever executes it need
 * not check again what `check` can know; only what needs values (an index out of range, a sum too large, a
 * field's computed value too wide) is left.
 *
 * `@n` and other optional parts are `undefined` where the author wrote none; the default is in the comment.
 *
 * @module
 */
import type { ViewName } from "../../engine/mod.ts";
import type {
  EitherStatement,
  ExplorePlainLine,
  ExploreStatement,
  ProgramStatement,
  RepeatStatement,
} from "./explore_nodes.ts";
import type { Source, Span } from "../source.ts";

// ---- Words and expressions --------------------------------------------------------------------------

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

/** A word as the author wrote it: a register, a field, a profile, a name from `let`, `for` or `as`. */
export interface Name extends Spanned {
  /** As the author wrote it. */
  readonly text: string;
}

/** A word out of a fixed list; anything else was a diagnostic. */
export interface Choice<T extends string> extends Spanned {
  /** As the author wrote it. */
  readonly text: T;
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
 * A word inside an expression: a name that `let`, `for` or `as` bound, or, where a field's value stands
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

/** An unevaluated expression: `evaluate()` in expressions.ts gives it a value. */
export type Expr = NumberExpr | NameExpr | BinaryExpr;

/** `undef`, in `expect … == undef`: the access would be undefined. */
export type Undef = Node<"undef">;

/** A register: `dbgbcr0`, `DBGBCR0_EL1`, `dr7`, or with an index `dbgbvr[i]`. */
export interface RegisterRef extends Spanned {
  /** As written, in any case; with `index`, without the number. */
  readonly name: Name;
  /** The number in brackets, if there is one. */
  readonly index: Expr | undefined;
}

/** `field=value`. */
export interface FieldSetting extends Spanned {
  /** The field. */
  readonly field: Name;
  /** An expression, or a lone name that is one of the field's named values: see `namedValue()`. */
  readonly value: Expr;
}

/** `R=VALUE`, in `user debug raw`. */
export interface RegisterSetting extends Spanned {
  /** The register. */
  readonly register: RegisterRef;
  /** Its value. */
  readonly value: Expr;
}

/** `brps=4`: a count that `host` or `set` gives. */
export interface CountSetting extends Spanned {
  /** Its name. */
  readonly name: Name;
  /** Its value. */
  readonly value: Expr;
}

/** `clear=after-exit`, `model=…`: an option whose value is a word. */
export interface WordSetting extends Spanned {
  /** Its name. */
  readonly name: Name;
  /** Its value. */
  readonly value: Name;
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

export type { ViewName } from "../../engine/mod.ts";

/** `guest@1`: a view, of vCPU `at` (of physical CPU `at` for `cpu`), 0 if left out. */
export interface ViewRef extends Spanned {
  /** Its name. */
  readonly name: ViewName;
  /** Which one; 0 if left out. */
  readonly at: Expr | undefined;
}

/** A register in `show`, or a pattern with `*` such as `dbgb*`. */
export interface RegisterPattern extends Spanned {
  /** As written, `*` included. */
  readonly text: string;
  /** The number in brackets, if there is one. */
  readonly index: Expr | undefined;
}

// ---- The machine ------------------------------------------------------------------------------------

/** `arch arm64|x86`. */
export interface ArchStatement extends Node<"arch"> {
  /** Its name. */
  readonly name: Choice<"arm64" | "x86">;
}

/** `kernel PROFILE [vmx|svm] [option=value …]`. */
export interface KernelStatement extends Node<"kernel"> {
  /** Which kernel. */
  readonly profile: Name;
  /** `vmx` or `svm`; the default of the profile if left out. */
  readonly vendor: Name | undefined;
  /** Options of its own. */
  readonly options: readonly WordSetting[];
}

/** `host brps=5 ctx=2 … [model=M] [unpredictable=…]`: the physical machine. */
export interface HostStatement extends Node<"host"> {
  /** In the order of the text, each once. */
  readonly counts: readonly CountSetting[];
  /** A hardware model. */
  readonly model: Name | undefined;
  /** Which outcome a CONSTRAINED UNPREDICTABLE case takes. */
  readonly unpredictable: Name | undefined;
}

/** `host@p break …`, `watch …`, `off`: the host kernel's own breakpoints on physical CPU `cpu` (0). */
export interface HostActionStatement extends Node<"host-action"> {
  /** Which physical CPU; 0 if left out. */
  readonly cpu: Expr | undefined;
  /** What is done. */
  readonly action: HostAction;
}

/** What the host kernel does with its own breakpoints. */
export type HostAction =
  | { readonly kind: "break"; readonly address: Expr; readonly span: Span }
  | {
    readonly kind: "watch";
    readonly address: Expr;
    /** Bytes; the default is the engine's. */
    readonly size: Expr | undefined;
    /** `store` if left out. */
    readonly on: Choice<"store" | "access"> | undefined;
    readonly span: Span;
  }
  | { readonly kind: "off"; readonly span: Span };

/** `set brps=4 ctx=2 …`: what userspace gives the guest. One statement is one write of the ID register. */
export interface SetStatement extends Node<"set"> {
  /** In the order of the text, each once. */
  readonly counts: readonly CountSetting[];
}

// ---- The guest --------------------------------------------------------------------------------------

/** `guest@v …`: appends an instruction to vCPU `vcpu`'s (0) program. */
export interface GuestStatement extends Node<"guest"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What is appended. */
  readonly instruction: Instruction;
}

/** `guest@v handler skip|mask|stop`. */
export interface HandlerStatement extends Node<"handler"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What the guest does with an exception. */
  readonly mode: Choice<"skip" | "mask" | "stop">;
}

/** What any instruction takes. */
export interface Placement {
  /** `at=`: its address; for `exec` the address is in the instruction. */
  readonly at: Expr | undefined;
  /** `el=0|1`, arm64. */
  readonly el: Expr | undefined;
  /** `cpl=0|3`, x86. */
  readonly cpl: Expr | undefined;
  /** `len=`: bytes, x86. */
  readonly len: Expr | undefined;
}

/** Instructions without an operand of their own. */
export type PlainOperation =
  | "svc"
  | "hvc"
  | "isb"
  | "int3"
  | "icebp"
  | "int1"
  | "cpuid"
  | "wrmsr"
  | "hlt"
  | "taskswitch";

/** One guest instruction, not yet tied to a vCPU. */
export type Instruction =
  & { readonly placement: Placement; readonly span: Span }
  & (
    | {
      readonly kind: "write";
      readonly register: RegisterRef;
      /** The whole value; fields not named are 0 if it is left out. */
      readonly value: Expr | undefined;
      readonly fields: readonly FieldSetting[];
    }
    | {
      readonly kind: "read";
      readonly register: RegisterRef;
      readonly as: Name | undefined;
    }
    | { readonly kind: "exec"; readonly address: Expr }
    | {
      readonly kind: "load" | "store" | "rmw";
      readonly address: Expr;
      readonly size: Expr | undefined;
    }
    | {
      readonly kind: "in" | "out";
      readonly port: Expr;
      readonly size: Expr | undefined;
    }
    | { readonly kind: "brk"; readonly immediate: Expr | undefined }
    | {
      readonly kind: "movss";
      /** Where in memory the selector is; it is in a register if left out. */
      readonly address: Expr | undefined;
    }
    | { readonly kind: "popf"; readonly tf: Expr | undefined }
    | { readonly kind: PlainOperation }
  );

/** Kinds of guest instructions. */
export type InstructionKind = Instruction["kind"];

// ---- Running ----------------------------------------------------------------------------------------

/** `run [@v] [cpu=p] [steps=n] [stop=…] [fail=…]`. */
export interface RunStatement extends Node<"run"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** Which physical CPU; 0 if left out. */
  readonly cpu: Expr | undefined;
  /** Guest instructions to execute; all that are pending if left out. */
  readonly steps: Expr | undefined;
  /** Tries of an instruction to take, or steps of the handler; no limit if left out. */
  readonly attempts: Expr | undefined;
  /** `put` if left out. */
  readonly stop: Choice<"put" | "exit" | "guest"> | undefined;
  /** First-run initialisation fails there. */
  readonly fail: Choice<"vgic" | "timer" | "pmu"> | undefined;
}

/** `interrupt [@v]`: a host interrupt, handled in the kernel. */
export interface InterruptStatement extends Node<"interrupt"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
}

/** `put [@v]`: scheduled out. */
export interface PutStatement extends Node<"put"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
}

// ---- Userspace --------------------------------------------------------------------------------------

/** `user@v …`: one thing that the VMM does. */
export interface UserStatement extends Node<"user"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What is done. */
  readonly operation: UserOperation;
}

/** What the VMM does, not yet tied to a vCPU. */
export type UserOperation =
  | {
    readonly kind: "get";
    readonly register: RegisterRef;
    readonly as: Name | undefined;
    readonly span: Span;
  }
  | {
    readonly kind: "set";
    readonly register: RegisterRef;
    readonly value: Expr | undefined;
    readonly fields: readonly FieldSetting[];
    readonly span: Span;
  }
  /** KVM_SET_REGS of the program counter. */
  | { readonly kind: "set-pc"; readonly value: Expr; readonly span: Span }
  /** KVM_ARM_VCPU_INIT; on x86 the INIT reset. */
  | { readonly kind: "init"; readonly span: Span }
  /** KVM_CHECK_EXTENSION. */
  | {
    readonly kind: "check";
    readonly capability: Name;
    readonly as: Name | undefined;
    readonly span: Span;
  }
  | {
    readonly kind: "debug";
    readonly request: DebugRequest;
    readonly span: Span;
  };

/** KVM_SET_GUEST_DEBUG: as a debugger drives it, each adding to what is set; or raw, as given. */
export type DebugRequest =
  | { readonly kind: "break"; readonly address: Expr; readonly span: Span }
  | {
    readonly kind: "watch";
    readonly address: Expr;
    readonly size: Expr | undefined;
    /** `store` if left out. */
    readonly on: Choice<"load" | "store" | "access"> | undefined;
    readonly span: Span;
  }
  | { readonly kind: "step" | "swbreak" | "off"; readonly span: Span }
  | {
    readonly kind: "raw";
    readonly control: Expr | undefined;
    /** Registers not named are 0. */
    readonly registers: readonly RegisterSetting[];
    readonly inject: Choice<"db" | "bp"> | undefined;
    readonly blockirq: Expr | undefined;
    readonly span: Span;
  };

// ---- Expectations and views -------------------------------------------------------------------------

/** `expect … [on PROFILE, …]`. */
export interface ExpectStatement extends Node<"expect"> {
  /** What is expected. */
  readonly expectation: Expectation;
  /** Only these kernels; every one if empty. */
  readonly on: readonly Name[];
}

/** What is expected. */
export type Expectation =
  | {
    /** `VIEW R[.field] OP VALUE`; for the kvm view `register` is one of KVM's own names. */
    readonly kind: "view";
    readonly view: ViewRef;
    readonly register: RegisterRef;
    readonly field: Name | undefined;
    readonly operator: Comparison;
    /** With a field, a lone name may be one of its named values. `undef` only with == and !=. */
    readonly value: Expr | Undef;
    readonly span: Span;
  }
  | {
    /** `EXPR OP VALUE`: names from `let`, `for` and `as`. */
    readonly kind: "expression";
    readonly left: Expr;
    readonly operator: Comparison;
    readonly value: Expr | Undef;
    readonly span: Span;
  }
  | {
    /** `exit REASON [field=value …]`: how the last run ended. */
    readonly kind: "exit";
    readonly reason: Name;
    readonly fields: readonly FieldSetting[];
    readonly span: Span;
  }
  | {
    /** `exceptions KIND, KIND …`: all that the guest took since the last run began, in order. */
    readonly kind: "exceptions";
    readonly kinds: readonly Name[];
    readonly span: Span;
  }
  | {
    /** `exceptions OP N`: how many. */
    readonly kind: "exception-count";
    readonly operator: Comparison;
    readonly count: Expr;
    readonly span: Span;
  }
  | {
    /** `exception KIND [field=value …]`: one of them. */
    readonly kind: "exception";
    readonly exception: Name;
    readonly fields: readonly FieldSetting[];
    readonly span: Span;
  }
  /** `no exception`, `ok`, `trap`, `no trap`, `warning`, `no warning`. */
  | {
    readonly kind:
      | "no-exception"
      | "ok"
      | "trap"
      | "no-trap"
      | "warning"
      | "no-warning";
    readonly span: Span;
  }
  /** `error ERRNO`: the last user operation was refused. */
  | { readonly kind: "error"; readonly errno: Name; readonly span: Span }
  /** `traps OP N`: since the last run began. */
  | {
    readonly kind: "traps";
    readonly operator: Comparison;
    readonly count: Expr;
    readonly span: Span;
  }
  /** `cost[@v] NAME OP N`: since the start. */
  | {
    readonly kind: "cost";
    readonly vcpu: Expr | undefined;
    readonly counter: Name;
    readonly operator: Comparison;
    readonly count: Expr;
    readonly span: Span;
  };

/** `show [VIEW …] [R …]`: the table; all views, all registers of interest if none is named. */
export interface ShowStatement extends Node<"show"> {
  /** Views asked for. */
  readonly views: readonly ViewRef[];
  /** Registers asked for. */
  readonly registers: readonly RegisterPattern[];
}

/** `show map`: the picture of virtual and physical numbers. */
export type ShowMapStatement = Node<"show-map">;

/** `show cost`: the counters. */
export type ShowCostStatement = Node<"show-cost">;

/** `why VIEW R[.field]`: the chain of events behind a value. */
export interface WhyStatement extends Node<"why"> {
  /** In which view. */
  readonly view: ViewRef;
  /** The register. */
  readonly register: RegisterRef;
  /** The field. */
  readonly field: Name | undefined;
}

/** What `why` can be asked of besides values. */
export type Happening = "trap" | "exit" | "exception" | "miss" | "refused";

/** `why trap`, `why exit` …: the chain of events behind the last one. */
export interface WhyHappenedStatement extends Node<"why-happened"> {
  /** What happened. */
  readonly what: Happening;
}

// ---- Structure --------------------------------------------------------------------------------------

/**
 * `{ … }`. The span holds the braces.
 *
 * @typeParam S what stands in it: `Statement`, or `Line` while a text may still have errors
 */
export interface Block<S = Statement> extends Spanned {
  /** In the order of the text. */
  readonly statements: readonly S[];
}

/** `scenario "name" { … }`: a fresh machine. */
export interface ScenarioStatement<S = Statement> extends Node<"scenario"> {
  /** Its name. */
  readonly name: Template;
  /** What stands in the block. */
  readonly body: Block<S>;
  /** The header, without the block. */
  readonly span: Span;
}

/** `let x = EXPR`: x is known from the next statement to the end of the block. */
export interface LetStatement extends Node<"let"> {
  /** Its name. */
  readonly name: Name;
  /** Its value. */
  readonly value: Expr;
}

/** `for i in FROM..TO { … }`: TO is included. */
export interface ForStatement<S = Statement> extends Node<"for"> {
  /** The name that counts. */
  readonly variable: Name;
  /** First value. */
  readonly from: Expr;
  /** Last value. */
  readonly to: Expr;
  /** What stands in the block. */
  readonly body: Block<S>;
  /** The header, without the block. */
  readonly span: Span;
}

/** `include "file"`: the file's statements stand here, in this scope. */
export interface IncludeStatement<S = Statement> extends Node<"include"> {
  /** As written, relative to this text. */
  readonly path: StringLiteral;
  /** What was read; undefined only in a tree that has errors. */
  readonly file: File<S> | undefined;
}

/** Everything that can stand on a line. */
export type Statement =
  | ArchStatement
  | KernelStatement
  | HostStatement
  | HostActionStatement
  | SetStatement
  | GuestStatement
  | HandlerStatement
  | RunStatement
  | InterruptStatement
  | PutStatement
  | UserStatement
  | ExpectStatement
  | ShowStatement
  | ShowMapStatement
  | ShowCostStatement
  | WhyStatement
  | WhyHappenedStatement
  | ScenarioStatement
  | LetStatement
  | ForStatement
  | IncludeStatement
  | ExploreStatement
  | ProgramStatement
  | RepeatStatement
  | EitherStatement
  | ExplorePlainLine;

/** Kinds of statements. */
export type StatementKind = Statement["kind"];

/** One text's tree. */
export interface File<S = Statement> {
  /** The text. */
  readonly source: Source;
  /** In the order of the text. */
  readonly statements: readonly S[];
}
