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
import type { Source, Span } from "./source.ts";

// ---- Words and expressions --------------------------------------------------------------------------

/** A word as the author wrote it: a register, a field, a profile, a name from `let`, `for` or `as`. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** A word out of a fixed list; anything else was a diagnostic. */
export interface Choice<T extends string> {
  readonly text: T;
  readonly span: Span;
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
export interface NumberExpr {
  readonly kind: "number";
  readonly value: bigint;
  readonly span: Span;
}

/**
 * A word inside an expression: a name that `let`, `for` or `as` bound, or, where a field's value stands
 * alone, one of the field's named values (`bt=linked-address`).
 */
export interface NameExpr {
  readonly kind: "name";
  readonly text: string;
  readonly span: Span;
}

/** Two operands. Parentheses only show in the shape of the tree. */
export interface BinaryExpr {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

/** An unevaluated expression: `evaluate()` in expressions.ts gives it a value. */
export type Expr = NumberExpr | NameExpr | BinaryExpr;

/** `undef`, in `expect … == undef`: the access would be undefined. */
export interface Undef {
  readonly kind: "undef";
  readonly span: Span;
}

/** A register: `dbgbcr0`, `DBGBCR0_EL1`, `dr7`, or with an index `dbgbvr[i]`. */
export interface RegisterRef {
  /** As written, in any case; with `index`, without the number. */
  readonly name: Name;
  readonly index: Expr | undefined;
  readonly span: Span;
}

/** `field=value`. */
export interface FieldSetting {
  readonly field: Name;
  /** An expression, or a lone name that is one of the field's named values: see `fieldValue()`. */
  readonly value: Expr;
  readonly span: Span;
}

/** `R=VALUE`, in `user debug raw`. */
export interface RegisterSetting {
  readonly register: RegisterRef;
  readonly value: Expr;
  readonly span: Span;
}

/** `brps=4`: a count that `host` or `set` gives. */
export interface CountSetting {
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

/** `clear=after-exit`, `model=…`: an option whose value is a word. */
export interface WordSetting {
  readonly name: Name;
  readonly value: Name;
  readonly span: Span;
}

/** A text in quotes; escapes are resolved. */
export interface StringLiteral {
  readonly value: string;
  readonly span: Span;
}

/** A text in quotes with `{EXPR}` inside: the parts in order. */
export interface Template {
  readonly parts: readonly (StringLiteral | Expr)[];
  readonly span: Span;
}

/** Names of views. */
export type ViewName = "guest" | "user" | "hw" | "cpu" | "kvm";

/** `guest@1`: a view, of vCPU `at` (of physical CPU `at` for `cpu`), 0 if left out. */
export interface ViewRef {
  readonly name: ViewName;
  readonly at: Expr | undefined;
  readonly span: Span;
}

/** A register in `show`, or a pattern with `*` such as `dbgb*`. */
export interface RegisterPattern {
  /** As written, `*` included. */
  readonly text: string;
  readonly index: Expr | undefined;
  readonly span: Span;
}

// ---- The machine ------------------------------------------------------------------------------------

/** `arch arm64|x86`. */
export interface ArchStatement {
  readonly kind: "arch";
  readonly name: Choice<"arm64" | "x86">;
  readonly span: Span;
}

/** `kernel PROFILE [vmx|svm] [option=value …]`. */
export interface KernelStatement {
  readonly kind: "kernel";
  readonly profile: Name;
  readonly vendor: Name | undefined;
  readonly options: readonly WordSetting[];
  readonly span: Span;
}

/** `host brps=5 ctx=2 … [model=M] [unpredictable=…]`: the physical machine. */
export interface HostStatement {
  readonly kind: "host";
  readonly counts: readonly CountSetting[];
  readonly model: Name | undefined;
  readonly unpredictable: Name | undefined;
  readonly span: Span;
}

/** `host@p break …`, `watch …`, `off`: the host kernel's own breakpoints on physical CPU `cpu` (0). */
export interface HostActionStatement {
  readonly kind: "host-action";
  readonly cpu: Expr | undefined;
  readonly action: HostAction;
  readonly span: Span;
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
export interface SetStatement {
  readonly kind: "set";
  readonly counts: readonly CountSetting[];
  readonly span: Span;
}

// ---- The guest --------------------------------------------------------------------------------------

/** `guest@v …`: appends an instruction to vCPU `vcpu`'s (0) program. */
export interface GuestStatement {
  readonly kind: "guest";
  readonly vcpu: Expr | undefined;
  readonly instruction: Instruction;
  readonly span: Span;
}

/** `guest@v handler skip|mask|stop`. */
export interface HandlerStatement {
  readonly kind: "handler";
  readonly vcpu: Expr | undefined;
  readonly mode: Choice<"skip" | "mask" | "stop">;
  readonly span: Span;
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
  | "movss"
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
    | { readonly kind: "popf"; readonly tf: Expr | undefined }
    | { readonly kind: PlainOperation }
  );

/** Kinds of guest instructions. */
export type InstructionKind = Instruction["kind"];

// ---- Running ----------------------------------------------------------------------------------------

/** `run [@v] [cpu=p] [steps=n] [stop=…] [fail=…]`. */
export interface RunStatement {
  readonly kind: "run";
  readonly vcpu: Expr | undefined;
  readonly cpu: Expr | undefined;
  readonly steps: Expr | undefined;
  /** `put` if left out. */
  readonly stop: Choice<"put" | "exit" | "guest"> | undefined;
  readonly fail: Choice<"vgic" | "timer" | "pmu"> | undefined;
  readonly span: Span;
}

/** `interrupt [@v]`: a host interrupt, handled in the kernel. */
export interface InterruptStatement {
  readonly kind: "interrupt";
  readonly vcpu: Expr | undefined;
  readonly span: Span;
}

/** `put [@v]`: scheduled out. */
export interface PutStatement {
  readonly kind: "put";
  readonly vcpu: Expr | undefined;
  readonly span: Span;
}

// ---- Userspace --------------------------------------------------------------------------------------

/** `user@v …`: one thing that the VMM does. */
export interface UserStatement {
  readonly kind: "user";
  readonly vcpu: Expr | undefined;
  readonly operation: UserOperation;
  readonly span: Span;
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
export interface ExpectStatement {
  readonly kind: "expect";
  readonly expectation: Expectation;
  /** Only these kernels; every one if empty. */
  readonly on: readonly Name[];
  readonly span: Span;
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
  /** `no exception`, `ok`, `trap`, `no trap`. */
  | {
    readonly kind: "no-exception" | "ok" | "trap" | "no-trap";
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
export interface ShowStatement {
  readonly kind: "show";
  readonly views: readonly ViewRef[];
  readonly registers: readonly RegisterPattern[];
  readonly span: Span;
}

/** `show map`: the picture of virtual and physical numbers. */
export interface ShowMapStatement {
  readonly kind: "show-map";
  readonly span: Span;
}

/** `show cost`: the counters. */
export interface ShowCostStatement {
  readonly kind: "show-cost";
  readonly span: Span;
}

/** `why VIEW R[.field]`: the chain of events behind a value. */
export interface WhyStatement {
  readonly kind: "why";
  readonly view: ViewRef;
  readonly register: RegisterRef;
  readonly field: Name | undefined;
  readonly span: Span;
}

// ---- Structure --------------------------------------------------------------------------------------

/**
 * `{ … }`. The span holds the braces.
 *
 * @typeParam S what stands in it: `Statement`, or `Line` while a text may still have errors
 */
export interface Block<S = Statement> {
  readonly statements: readonly S[];
  readonly span: Span;
}

/** `scenario "name" { … }`: a fresh machine. */
export interface ScenarioStatement<S = Statement> {
  readonly kind: "scenario";
  readonly name: Template;
  readonly body: Block<S>;
  /** The header, without the block. */
  readonly span: Span;
}

/** `let x = EXPR`: x is known from the next statement to the end of the block. */
export interface LetStatement {
  readonly kind: "let";
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

/** `for i in FROM..TO { … }`: TO is included. */
export interface ForStatement<S = Statement> {
  readonly kind: "for";
  readonly variable: Name;
  readonly from: Expr;
  readonly to: Expr;
  readonly body: Block<S>;
  /** The header, without the block. */
  readonly span: Span;
}

/** `include "file"`: the file's statements stand here, in this scope. */
export interface IncludeStatement<S = Statement> {
  readonly kind: "include";
  readonly path: StringLiteral;
  /** What was read; undefined only in a tree that has errors. */
  readonly file: File<S> | undefined;
  readonly span: Span;
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
  | ScenarioStatement
  | LetStatement
  | ForStatement
  | IncludeStatement;

/** Kinds of statements. */
export type StatementKind = Statement["kind"];

/** One text's tree. */
export interface File<S = Statement> {
  readonly source: Source;
  readonly statements: readonly S[];
}
