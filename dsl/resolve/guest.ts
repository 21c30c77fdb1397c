/**
 * Resolves guest instructions, by their rows.
 *
 * @module
 */
import { HANDLER, type HandlerName, type InsnParts } from "../../engine/mod.ts";
import type { ActionOf, GuestInstruction } from "../actions.ts";
import {
  type InstructionRow,
  instructionRow,
  PLACEMENT,
  type PlacementRow,
} from "../instructions.ts";
import { VALUE_MAX } from "../limits.ts";
import { fail } from "../problem.ts";
import { suggestion } from "../suggest.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { Argument, Expr, InstructionNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Once, oneOf, refuseOtherArch } from "./options.ts";
import { registerOf, written } from "./registers.ts";
import { otherArch } from "./words.ts";

/** `guest@v INSTRUCTION` */
export function resolveGuest(
  c: Context,
  vcpu: Expr | undefined,
  instruction: InstructionNode,
): ActionOf<"guest"> {
  const v = c.attemptVcpu(vcpu);
  return { kind: "guest", vcpu: v, instruction: resolve(c, instruction) };
}

/** `guest@v handler skip|mask|stop` */
export function resolveHandler(
  c: Context,
  { vcpu, mode }: LineOf<"handler">,
): ActionOf<"handler"> {
  const v = c.attemptVcpu(vcpu);
  const modes = Object.keys(HANDLER) as HandlerName[];
  return { kind: "handler", vcpu: v, mode: oneOf(mode, modes, "handler") };
}

const NO_ARGS: readonly Argument[] = [];

/** Parts of an instruction that are put together. */
type Draft = { -readonly [K in keyof InsnParts]: InsnParts[K] };

function resolve(c: Context, node: InstructionNode): GuestInstruction {
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
    } else setOperand(c, parts, value, row);
  }
  if (row.options) {
    for (const { part, initial } of row.options) parts[part] = initial;
  }
  const [own, fields] = node.args.length > 0 && row.register === "write"
    ? split(node.args)
    : [node.args, NO_ARGS];
  const at = own.length > 0 ? options(c, own, row, parts) : undefined;
  if (row.register) register(c, node, { row, fields, parts });
  return { parts, address: address ?? at };
}

/** The two words of a value. */
function words(value: bigint): { readonly lo: number; readonly hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}

function setOperand(
  { arch }: Context,
  parts: Draft,
  value: bigint,
  { isMemory, operandBytes }: InstructionRow,
): void {
  Object.assign(parts, words(value));
  if (operandBytes !== undefined) parts.sizeBytes = operandBytes;
  if (isMemory) {
    parts.mmio = value >= arch.mmio.first && value <= arch.mmio.last;
  }
}

function register(
  c: Context,
  node: InstructionNode,
  { row, fields, parts }: {
    readonly row: InstructionRow;
    readonly fields: readonly Argument[];
    readonly parts: Draft;
  },
): void {
  const info = registerOf(c, node.register!);
  parts.register = info.id;
  if (row.register === "read") {
    parts.name = node.as?.text;
    return;
  }
  const { value, mask } = written(c, info, node.operand, fields);
  const { lo, hi } = words(value);
  parts.lo = lo;
  parts.hi = hi;
  if (mask === VALUE_MAX) return;
  const changed = words(mask);
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

/** Reads an instruction's options into its parts; gives its address, if they say one. */
function options(
  c: Context,
  args: readonly Argument[],
  row: InstructionRow,
  parts: Draft,
): bigint | undefined {
  const given = new Once();
  const own = row.options ?? [];
  let at: bigint | undefined;
  for (const arg of args) {
    c.attempt(() => {
      const { name, index } = arg.target;
      const option = own.find((one) => one.name === name.text);
      const placement = PLACEMENT.find((one) => one.name === name.text);
      if (index || !option && !placement) failUnknownOption(arg, row);
      given.take(name, name.text);
      if (option) parts[option.part] = c.small(arg.value, option);
      else if (placement!.name === "at") at = place(c, arg, row);
      else placed(c, arg, placement!, parts);
    });
  }
  return at;
}

function place(c: Context, { value }: Argument, row: InstructionRow): bigint {
  if (row.operand?.isAddress) {
    fail({
      code: "unexpected",
      span: value.span,
      message:
        `\`${row.word}\` already has an address: \`at=\` would give it another`,
    });
  }
  return c.codeAddress(value);
}

function placed(
  c: Context,
  arg: Argument,
  row: PlacementRow,
  parts: Draft,
): void {
  refuseOtherArch(c, arg, row);
  const value = c.small(arg.value, row);
  if (row.name === "len") parts.lengthBytes = value;
  else parts.level = value;
}

function failUnknownOption(
  { target }: Argument,
  row: InstructionRow,
): never {
  const known = [...row.options ?? [], ...PLACEMENT].map(({ name }) => name);
  fail({
    code: "unknown-option",
    span: target.span,
    message: `\`${target.name.text}=\` is not an option of \`${row.word}\``,
    expected: known.map((word) => `${word}=`),
    ...suggestion(target.name.text, known),
  });
}

function failOtherArch(
  { arch }: Context,
  { span }: InstructionNode,
  { word }: InstructionRow,
): never {
  const other = otherArch(arch, (one) => one.instructions[word] !== undefined);
  fail({
    code: "wrong-arch",
    span,
    message:
      `\`${word}\` is an instruction of ${other?.name}; this is ${arch.name}`,
  });
}
