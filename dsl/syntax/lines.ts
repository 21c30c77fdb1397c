/**
 * The syntax tree: a line for each statement, with the place of every part. A closed union by `kind`.
 *
 * A text may have errors: a line that was not understood is in the tree too, as `broken`, so that what follows it is
 * still checked. A tree with such a line is not run.
 *
 * `@n` and other optional parts are `undefined` where the author wrote none; the default is in the comment.
 *
 * @module
 */
import type { Action } from "../actions.ts";
import type { Source, Span } from "../source.ts";
import type {
  Argument,
  ChoiceNode,
  ExpectationNode,
  Expr,
  FieldRef,
  Happening,
  HostActionNode,
  InstructionNode,
  KernelTermNode,
  Name,
  Node,
  RegisterPattern,
  SeenRef,
  Spanned,
  StringLiteral,
  Template,
  UnmetNode,
  UserNode,
  ViewRef,
} from "./nodes.ts";

/** `{ … }`. The span holds the braces. */
export interface Block extends Spanned {
  /** In the order of the text. */
  readonly lines: readonly Line[];
}

/** `arch arm64|x86`. */
export interface ArchLine extends Node<"arch"> {
  /** Its name. */
  readonly name: Name;
}

/** `kernel KERNEL [vmx|svm] [with ROW …] [without ROW …] [option=value …]`. */
export interface KernelLine extends Node<"kernel"> {
  /** Which kernel. */
  readonly profile: Name;
  /** `vmx` or `svm`; the default of the profile if left out. */
  readonly vendor: Name | undefined;
  /** Changes that are applied or reverted, in the order of the text. */
  readonly choices: readonly ChoiceNode[];
  /** Options of its own. */
  readonly args: readonly Argument[];
}

/** `host brps=5 ctx=2 … [model=M] [unpredictable=…]`: the physical machine. */
export interface HostLine extends Node<"host"> {
  /** `@p`, which has no place here. */
  readonly at: Expr | undefined;
  /** In the order of the text. */
  readonly args: readonly Argument[];
}

/** `host@p break …`, `watch …`, `off`: the host kernel's own breakpoints on physical CPU p, 0 if left out. */
export interface HostActionLine extends Node<"host-action"> {
  /** Which physical CPU; 0 if left out. */
  readonly cpu: Expr | undefined;
  /** What is done. */
  readonly action: HostActionNode;
}

/** `set brps=4 ctx=2 …`: what userspace gives the guest. One statement is one write of the ID register. */
export interface SetLine extends Node<"set"> {
  /** In the order of the text. */
  readonly args: readonly Argument[];
}

/** `guest@v …`: appends an instruction to the program of a vCPU, 0 if left out. */
export interface GuestLine extends Node<"guest"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What is appended. */
  readonly instruction: InstructionNode;
}

/** `guest@v handler skip|mask|stop`. */
export interface HandlerLine extends Node<"handler"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What the guest does with an exception. */
  readonly mode: Name;
}

/** `run [@v] [cpu=p] [steps=n] [attempts=n] [stop=…] [fail=…]`. */
export interface RunLine extends Node<"run"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** Its options. */
  readonly args: readonly Argument[];
}

/** `WORD [@v] [option=value …]`: what is done with a vCPU, as `put`. */
export interface VcpuOperationLine extends Node<"vcpu-operation"> {
  /** The statement's word. */
  readonly word: string;
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** Its options. */
  readonly args: readonly Argument[];
}

/** `user@v …`: one thing that the VMM does. */
export interface UserLine extends Node<"user"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What is done. */
  readonly operation: UserNode;
}

/** `expect … [on KERNEL, …]`. */
export interface ExpectLine extends Node<"expect"> {
  /** What is expected. */
  readonly expectation: ExpectationNode;
  /** Only these kernels; every one if empty. */
  readonly on: readonly KernelTermNode[];
}

/** `show [VIEW …] [R …]`: the table; all views, all registers of interest if none is named. */
export interface ShowLine extends Node<"show"> {
  /** Views asked for. */
  readonly views: readonly ViewRef[];
  /** Registers asked for. */
  readonly registers: readonly RegisterPattern[];
}

/** `show map`, the picture of virtual and physical numbers; `show cost`, the counters. */
export type ShowPartLine = Node<"show-map" | "show-cost">;

/** `why VIEW R[.field]`: the chain of events that led to a value. */
export interface WhyLine extends Node<"why"> {
  /** What is asked about. */
  readonly seen: SeenRef;
}

/** `why trap`, `why exit` …: the chain of events that led to the last one. */
export interface WhyHappenedLine extends Node<"why-happened"> {
  /** What happened. */
  readonly what: Happening;
  /** Of an exit or an exception, the field that is asked about. */
  readonly field: FieldRef | undefined;
}

/** `why not breakpoint N` …: the first condition that was not met. */
export interface WhyNotLine extends Node<"why-not"> {
  /** What did not happen. */
  readonly unmet: UnmetNode;
}

/** `let x = EXPR`: x is known from the next statement to the end of the block. */
export interface LetLine extends Node<"let"> {
  /** Its name. */
  readonly name: Name;
  /** Its value. */
  readonly value: Expr;
}

/** `include "file"`: the file's lines stand here, in this scope. */
export interface IncludeLine extends Node<"include"> {
  /** As written, relative to this text. */
  readonly path: StringLiteral;
  /** What was read; undefined only in a tree that has errors. */
  readonly file: File | undefined;
}

/** `choose x in A..B` or `choose x in A, B, C`: x has one of the values, to the end of the block. */
export interface ChooseLine extends Node<"choose"> {
  /** The name. */
  readonly name: Name;
  /** The values; of a range, first and last. */
  readonly values: readonly Expr[];
  /** The values are a range. */
  readonly isRange: boolean;
}

/** A line of `vcpu N { … }`. */
export interface InstructionLine extends Node<"instruction"> {
  /** What the guest executes. */
  readonly instruction: InstructionNode;
}

/** A line of `user N { … }`. */
export interface UserProgramLine extends Node<"user-line"> {
  /** What userspace does. */
  readonly operation: UserNode;
}

/** A line of `host N { … }`. */
export interface HostProgramLine extends Node<"host-line"> {
  /** What the host kernel does. */
  readonly action: HostActionNode;
}

/** `preempt any|between|none`, `migrate any|none`, `fail vgic|timer|pmu`. */
export interface ModeLine extends Node<"preempt" | "migrate" | "fail"> {
  /** The word after it. */
  readonly mode: Name;
}

/** `never missed, stray, …`: properties. */
export interface NeverLine extends Node<"never"> {
  /** Their names. */
  readonly properties: readonly Name[];
}

/** `always expect …` and `finally expect …`. */
export interface PropertyLine extends Node<"property"> {
  /** After each step, or at the end of all programs. */
  readonly when: "always" | "finally";
  /** What is expected. */
  readonly expectation: ExpectationNode;
  /** Only these kernels; every one if empty. */
  readonly on: readonly KernelTermNode[];
}

/** `bound states=N depth=N`: where the search stops. */
export interface BoundLine extends Node<"bound"> {
  /** Its options. */
  readonly args: readonly Argument[];
}

/** Headers: statements that a block follows. The span is the header's, without the block. */
export type Header =
  /** `scenario "name" { … }`: a fresh machine. */
  | (Node<"scenario"> & { readonly name: Template })
  /** `for i in FROM..TO { … }`: TO is included. */
  | (Node<"for"> & {
    readonly variable: Name;
    readonly from: Expr;
    readonly to: Expr;
  })
  /** `explore { … }`: what can happen, and what must not. */
  | Node<"explore">
  /** `vcpu N { … }`, `user N { … }`, `host N { … }`: programs of a guest, of its userspace, of a CPU's host. */
  | (Node<"program"> & {
    readonly of: "vcpu" | "user" | "host";
    /** vCPU, or physical CPU. */
    readonly index: Expr;
  })
  /** `repeat N { … }`. */
  | (Node<"repeat"> & { readonly count: Expr })
  /** `either { … }`, and each `or { … }` after it. */
  | (Node<"either"> & {
    /** It is the `either`, not an `or`. */
    readonly isFirst: boolean;
  });

/** A header with its block. */
export type Opener = Header & { readonly body: Block };

/** An opener of one kind. */
export type OpenerOf<K extends Header["kind"]> =
  & Extract<Header, { readonly kind: K }>
  & { readonly body: Block };

/** A line that has a diagnostic. What it may have meant keeps the checks from blaming good lines for it. */
export interface BrokenLine extends Node<"broken"> {
  /** Its first word. */
  readonly head: string;
  /** All its words: it may have been meant to define any of them. */
  readonly names: ReadonlySet<string>;
  /** The block that follows it, if one does. */
  readonly body: Block | undefined;
}

/** A statement without a block. */
export type PlainLine = PlainLineKinds & {
  /** What it does, where that is the same each time; `resolve/` puts it there. */
  resolved?: Action;
};

/** The kinds of them. */
export type PlainLineKinds =
  | ArchLine
  | KernelLine
  | HostLine
  | HostActionLine
  | SetLine
  | GuestLine
  | HandlerLine
  | RunLine
  | VcpuOperationLine
  | UserLine
  | ExpectLine
  | ShowLine
  | ShowPartLine
  | WhyLine
  | WhyHappenedLine
  | WhyNotLine
  | LetLine
  | ChooseLine
  | InstructionLine
  | UserProgramLine
  | HostProgramLine
  | ModeLine
  | NeverLine
  | PropertyLine
  | BoundLine;

/** Everything that can stand on a line. */
export type Line = PlainLine | IncludeLine | Opener | BrokenLine;

/** A line of one kind. */
export type LineOf<K extends Line["kind"]> = Extract<
  Line,
  { readonly kind: K }
>;

/** One text's tree. */
export interface File {
  /** The text. */
  readonly source: Source;
  /** In the order of the text. */
  readonly lines: readonly Line[];
}

/** A line's text, with its block. */
export function lineText(line: Line): string {
  const { source, start, end } = line.span;
  return source.text.slice(start, bodyEnd(line) ?? end);
}

function bodyEnd(line: Line): number | undefined {
  return "body" in line ? line.body?.span.end : undefined;
}

/** A place from the beginning of a line to the end of its block. */
export function wholeSpan(line: Line): Span {
  const { source, start, end } = line.span;
  return { source, start, end: bodyEnd(line) ?? end };
}
