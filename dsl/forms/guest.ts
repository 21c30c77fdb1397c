/**
 * `guest@v INSTRUCTION`, `guest@v handler …`; in `vcpu N { … }` the instruction alone. Instructions are resolved by their
 * rows.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import { halves, HANDLER, type HandlerName } from "../../engine/mod.ts";
import type { GuestInstruction } from "../action_parts.ts";
import { fieldWords, msrs, shorts, subject } from "../completion/line.ts";
import {
  type InstructionRow,
  instructionRow,
  INSTRUCTIONS,
  PLACEMENT,
  REPEATS,
} from "../instructions.ts";
import { VALUE_MAX } from "../limits.ts";
import { hex } from "../notation.ts";
import { instructionText } from "../print/instruction.ts";
import { at } from "../print/parts.ts";
import { fail } from "../problem.ts";
import { checkReach } from "../resolve/code_width.ts";
import type { Context } from "../resolve/context.ts";
import {
  type Draft,
  failMissing,
  isMmio,
  optionsOf,
} from "../resolve/instruction_options.ts";
import { failOtherArch, refuseValue } from "../resolve/instruction_problems.ts";
import { oneOf } from "../resolve/options.ts";
import { registerOf, written } from "../resolve/registers.ts";
import { refuseAs } from "../resolve/words.ts";
import type { Span } from "../source.ts";
import { statementRow } from "../statements.ts";
import type {
  Argument,
  Expr,
  InstructionNode,
  Name as NameNode,
  Node,
} from "../syntax/nodes.ts";
import {
  HasNoOperand,
  HasOperand,
  HasPrefix,
  HasStatus,
  keywordType as kw,
  MayHaveOperand,
  MayWriteRegister,
  Name,
  ReadsOne,
  ReadsRegister,
  WritesRegister,
} from "../syntax/tokens.ts";
import { optional, sub } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
import type { Form } from "./form.ts";

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
  readonly mode: NameNode;
}

/** A line of `vcpu N { … }`. */
export interface InstructionLine extends Node<"instruction"> {
  /** What the guest executes. */
  readonly instruction: InstructionNode;
}

/** An instruction is appended. */
export interface GuestAction {
  readonly kind: "guest";
  readonly vcpu: number;
  readonly instruction: GuestInstruction;
}

/** What the guest does with an exception is chosen. */
export interface HandlerAction {
  readonly kind: "handler";
  readonly vcpu: number;
  readonly mode: HandlerName;
}

/** Builds a guest instruction from the rule `instruction`. */
function buildInstruction(
  parts: Parts,
  node: CstNode,
  span: Span,
): InstructionNode {
  const register = optional(node, "register");
  const operand = optional(node, "expression");
  const valued = optional(node, "value") && parts.valueAndArgs(node);
  return {
    word: parts.nameIn(node, "word"),
    register: register && parts.register(register),
    operand: operand ? parts.expression(operand) : valued?.value,
    as: parts.as(node),
    args: valued?.args ?? parts.args(node),
    span,
  };
}

/** `guest@v INSTRUCTION` */
function resolveGuest(
  c: Context,
  vcpu: Expr | undefined,
  instruction: InstructionNode,
): GuestAction {
  const v = c.attemptVcpu(vcpu);
  return { kind: "guest", vcpu: v, instruction: instructionOf(c, instruction) };
}

const NO_ARGS: readonly Argument[] = [];

function instructionOf(c: Context, node: InstructionNode): GuestInstruction {
  const row = instructionRow(node.word.text)!;
  const lengthBytes = c.arch.instructions[row.word];
  if (lengthBytes === undefined) failOtherArch(c, node, row);
  const parts: Draft = { op: row.word, level: -1, lengthBytes };
  let address: bigint | undefined;
  if (row.operand && node.operand) {
    const { operand } = node;
    const value = c.attempt(() =>
      row.operand!.isAddress
        ? c.codeAddress(operand)
        : c.within(operand, row.operand!)
    ) ?? 0n;
    if (row.operand.isAddress) {
      address = value;
    } else {
      if (row.isExclusive) {
        c.attempt(() =>
          memoryAt(c, operand, value, row)
        );
      }
      setOperand(c, parts, value, row);
    }
  }
  if (row.options) {
    for (const { part, initial, bit } of row.options) {
      if (part !== "other") parts[part] = initial;
      if (bit !== undefined) parts.maskLo = parts.maskHi = 0;
    }
  }
  const [own, fields] = node.args.length > 0 && row.register === "write"
    ? split(node.args)
    : [node.args, NO_ARGS];
  const at = own.length > 0 ? optionsOf(c, own, row, parts) : undefined;
  const missing = row.options?.find(({ name, isRequired }) =>
    isRequired && !own.some(({ target }) => target.name.text === name)
  );
  if (missing) failMissing(node, missing);
  if (parts.code32) c.attempt(() => checkReach(node, parts, address ?? at));
  if (row.reads !== undefined) {
    parts.register = c.arch.registers.find(row.reads)?.id;
    parts.name = node.as?.text;
  }
  if (row.hasStatus) parts.name = node.as?.text;
  if (row.register && (node.register || !row.mayNameNone)) {
    setRegister(c, node, { row, fields, parts });
  } else if (row.mayNameNone) refuseValue(node, fields);
  return { parts, address: address ?? at };
}

/** An exclusive access is to memory: KVM does not emulate one. */
function memoryAt(
  { arch: { mmio } }: Context,
  { span }: Expr,
  value: bigint,
  { word }: InstructionRow,
): void {
  if (value < mmio.first || value > mmio.last) return;
  fail({
    code: "bad-address",
    span,
    message: `no memory is at ${hex(value)}, and \`${word}\` needs memory`,
    expected: [`an address outside ${hex(mmio.first)} to ${hex(mmio.last)}`],
  });
}

function setOperand(
  c: Context,
  parts: Draft,
  value: bigint,
  { isMemory, operandBytes }: InstructionRow,
): void {
  Object.assign(parts, halves(value));
  if (operandBytes !== undefined) parts.sizeBytes = operandBytes;
  if (isMemory) parts.mmio = isMmio(c, parts.lo!, parts.hi!);
}

function setRegister(
  c: Context,
  node: InstructionNode,
  { row, fields, parts }: {
    readonly row: InstructionRow;
    readonly fields: readonly Argument[];
    readonly parts: Draft;
  },
): void {
  const info = registerOf(c, node.register!, { isMsr: row.isMsr ?? false });
  parts.register = info.id;
  if (row.register === "read") {
    parts.name = node.as?.text;
    return;
  }
  const { value, mask } = written(c, info, {
    value: node.operand,
    args: fields,
    span: node.register!.span,
  });
  const { lo, hi } = halves(value);
  parts.lo = lo;
  parts.hi = hi;
  if (mask === VALUE_MAX) return;
  const changed = halves(mask);
  parts.maskLo = changed.lo;
  parts.maskHi = changed.hi;
}

/** Tells an instruction's options from a written register's fields. */
function split(
  args: readonly Argument[],
): [own: readonly Argument[], fields: readonly Argument[]] {
  const isOwn = ({ target }: Argument): boolean =>
    PLACEMENT.some(({ name }) => name === target.name.text);
  return [args.filter(isOwn), args.filter((arg) => !isOwn(arg))];
}

/** The form. */
export const guestForm: Form<
  GuestLine | HandlerLine | InstructionLine,
  GuestAction | HandlerAction
> = {
  begins: ["guest"],
  grammar: {
    guest: (g) => {
      g.CONSUME(kw("guest"));
      g.OPTION(() => g.SUBRULE(g.at));
      g.OR([
        { ALT: () => g.SUBRULE(g.rules.instruction) },
        {
          ALT: () => {
            g.CONSUME(kw("handler"));
            g.CONSUME(Name);
          },
        },
      ]);
    },
    instruction: (g) => {
      g.OR([
        {
          ALT: () => {
            g.CONSUME(WritesRegister, { LABEL: "word" });
            g.SUBRULE(g.register);
            g.SUBRULE(g.value);
          },
        },
        {
          ALT: () => {
            g.CONSUME(MayWriteRegister, { LABEL: "word" });
            g.OPTION4({
              GATE: () => !g.isArgument(),
              DEF: () => g.SUBRULE3(g.register),
            });
            g.SUBRULE3(g.value);
          },
        },
        {
          ALT: () => {
            g.CONSUME(ReadsRegister, { LABEL: "word" });
            g.SUBRULE2(g.register);
            g.OPTION({
              GATE: () => !g.isArgument(),
              DEF: () => g.SUBRULE(g.as),
            });
            g.SUBRULE(g.arguments);
          },
        },
        {
          ALT: () => {
            g.CONSUME(HasOperand, { LABEL: "word" });
            g.SUBRULE(g.expression);
            g.SUBRULE2(g.arguments);
          },
        },
        {
          ALT: () => {
            g.CONSUME(HasStatus, { LABEL: "word" });
            g.SUBRULE2(g.expression);
            g.OPTION3({
              GATE: () => !g.isArgument(),
              DEF: () => g.SUBRULE3(g.as),
            });
            g.SUBRULE5(g.arguments);
          },
        },
        {
          ALT: () => {
            g.CONSUME(kw(REPEATS));
            g.CONSUME(HasPrefix, { LABEL: "word" });
            g.SUBRULE3(g.expression);
            g.SUBRULE6(g.arguments);
          },
        },
        {
          ALT: () => {
            g.CONSUME(MayHaveOperand, { LABEL: "word" });
            g.SUBRULE2(g.value);
          },
        },
        {
          ALT: () => {
            g.CONSUME(ReadsOne, { LABEL: "word" });
            g.OPTION2({
              GATE: () => !g.isArgument(),
              DEF: () => g.SUBRULE2(g.as),
            });
            g.SUBRULE4(g.arguments);
          },
        },
        {
          ALT: () => {
            g.CONSUME(HasNoOperand, { LABEL: "word" });
            g.SUBRULE3(g.arguments);
          },
        },
      ]);
    },
  },
  build(parts, node, span) {
    const vcpu = parts.at(node);
    const inner = optional(node, "instruction");
    if (!inner) {
      return { kind: "handler", vcpu, mode: parts.nameIn(node), span };
    }
    const instruction = buildInstruction(parts, inner, span);
    return { kind: "guest", vcpu, instruction, span };
  },
  inProgram: {
    rules: ["instruction"],
    words: [],
    build: (parts, node, span) => ({
      kind: "instruction",
      instruction: buildInstruction(parts, sub(node, "instruction"), span),
      span,
    }),
  },
  resolve: {
    guest: (c, { vcpu, instruction }) => resolveGuest(c, vcpu, instruction),
    handler: (c, { vcpu, mode }) => {
      const v = c.attemptVcpu(vcpu);
      const modes = Object.keys(HANDLER) as HandlerName[];
      return { kind: "handler", vcpu: v, mode: oneOf(mode, modes, "handler") };
    },
    instruction: (c, { instruction }) => {
      c.attempt(() => refuseAs(instruction.as));
      // The program says whose it is.
      return resolveGuest(c, undefined, instruction);
    },
  },
  reads: {
    guest: ({ instruction }) => instruction.as,
    instruction: ({ instruction }) => instruction.as,
  },
  perform: {
    guest: ({ session, span }, { vcpu, instruction }) => {
      const { parts, address } = instruction;
      session.wrote(session.machine.append(vcpu, parts, address), span);
    },
    handler: ({ session }, { vcpu, mode }) =>
      session.machine.setHandler(vcpu, mode),
  },
  write: {
    guest: ({ vcpu, instruction: { parts, address } }, arch) =>
      `guest${at(vcpu)} ${instructionText(arch, parts, address)}`,
    handler: ({ vcpu, mode }) => `guest${at(vcpu)} handler ${mode}`,
  },
  named: {
    handler: {
      what: "what the handler does",
      words: statementRow("guest")?.choice,
    },
    write: { what: "a register" },
    read: { what: "a register" },
    wrmsr: { what: "an MSR" },
    rdmsr: { what: "an MSR" },
  },
  complete: {
    guest: () => statementRow("guest")?.choice ?? [],
    "instruction register": ({ line, context: { arch } }) => {
      const row = INSTRUCTIONS.find(({ word }) => line.has(word));
      const known = msrs(arch);
      return row?.isMsr
        ? known
        : shorts(arch).filter((short) => !known.includes(short));
    },
  },
  completeOptions: {
    instruction: ({ line, context: { arch } }) => {
      const row = INSTRUCTIONS.find(({ word }) => line.has(word));
      const fields = row?.register === "write"
        ? fieldWords(subject(line, arch))
        : [];
      const placement = PLACEMENT.filter((one) =>
        (!one.arch || one.arch === arch.name) &&
        !(one.name === "at" && row?.operand?.isAddress)
      );
      return [
        ...fields,
        ...[...row?.options ?? [], ...placement].map(({ name }) =>
          [name, []] as const
        ),
      ];
    },
  },
};
