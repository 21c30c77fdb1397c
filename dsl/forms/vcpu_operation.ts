/**
 * `WORD [@v] [option=value …]`: what is done with a vCPU, as `put`. What the line is follows from the row of its word;
 * what it does has an entry here.
 *
 * @module
 */
import type { Machine } from "../../engine/mod.ts";
import { optionWords } from "../completion/line.ts";
import { at, optionsIn, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import { Options } from "../resolve/options.ts";
import type { Span } from "../source.ts";
import { statementOptions } from "../statements.ts";
import type { Argument, Expr, Node } from "../syntax/nodes.ts";
import { keywordType as kw, wordsOfFormType } from "../syntax/tokens.ts";
import { optional } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";
import type { UserProgramLine } from "./user.ts";

/** `WORD [@v] [option=value …]`: what is done with a vCPU, as `put`. */
export interface VcpuOperationLine extends Node<"vcpu-operation"> {
  /** The statement's word. */
  readonly word: string;
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** Its options. */
  readonly args: readonly Argument[];
}

/** Something is done with a vCPU. */
export interface VcpuOperationAction {
  readonly kind: "vcpu-operation";
  /** The statement's word. */
  readonly word: string;
  readonly vcpu: number;
  /** Those that are given, by name. */
  readonly options: Readonly<Record<string, number | string>>;
}

/** Does it. Throws `Problem` if it cannot be done now. */
type Operation = (
  machine: Machine,
  action: VcpuOperationAction,
  span: Span,
) => void;

/** What each does, by the statement's word. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  interrupt: (machine, { vcpu }, span) =>
    mustBeLoaded(machine.interrupt(vcpu), vcpu, span),
  put: (machine, { vcpu }, span) => mustBeLoaded(machine.put(vcpu), vcpu, span),
};

function mustBeLoaded(isDone: boolean, vcpu: number, span: Span): void {
  if (isDone) return;
  fail({
    code: "not-possible",
    span,
    message: `vCPU ${vcpu} is not loaded on a CPU`,
    hint: "`run stop=exit` or `run stop=guest` leaves it loaded",
  });
}

/** The form. */
export const vcpuOperationForm: Form<
  VcpuOperationLine,
  VcpuOperationAction,
  UserProgramLine
> = {
  begins: ["vcpuOperation"],
  grammar: {
    vcpuOperation: (g) => {
      g.CONSUME(wordsOfFormType("vcpuOperation"), { LABEL: "word" });
      g.OPTION(() => g.SUBRULE(g.at));
      // In a user program of an explore block: the guest's interrupt, with its vector.
      g.OPTION2({
        GATE: () => g.isAt(0, kw("interrupt")) && !g.isArgument(),
        DEF: () => g.SUBRULE(g.expression),
      });
      g.SUBRULE(g.arguments);
    },
  },
  build(parts, node, span) {
    const vector = optional(node, "expression");
    if (vector) {
      const operation = {
        kind: "interrupt",
        vector: parts.expression(vector),
        span,
      } as const;
      return { kind: "user-line", operation, span };
    }
    return {
      kind: "vcpu-operation",
      word: parts.nameIn(node, "word").text,
      vcpu: parts.at(node),
      args: parts.args(node),
      span,
    };
  },
  resolve: {
    "vcpu-operation": (c, { word, vcpu, args }) => {
      const v = c.attemptVcpu(vcpu);
      const options = new Options(c, args, statementOptions(word), word);
      return {
        kind: "vcpu-operation",
        word,
        vcpu: v,
        options: options.given(),
      };
    },
  },
  perform: {
    "vcpu-operation": ({ session, span }, action) =>
      OPERATIONS[action.word](session.machine, action, span),
  },
  write: {
    "vcpu-operation": ({ word, vcpu, options }) =>
      spaced(word, at(vcpu), optionsIn(word, options)),
  },
  completeOptions: {
    vcpuOperation: ({ line, context: { arch } }) => {
      const word = line.first("vcpuOperation")?.image ?? "";
      return optionWords(statementOptions(word), arch.name);
    },
  },
};
