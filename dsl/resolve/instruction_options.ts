/**
 * The options of a guest instruction.
 *
 * @module
 */
import { halves, type InsnParts, join64 } from "../../engine/mod.ts";
import {
  type InstructionOption,
  type InstructionRow,
  PLACEMENT,
  type PlacementRow,
} from "../instructions.ts";
import { fail } from "../problem.ts";
import type { Argument, InstructionNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { failUnknownOption } from "./instruction_problems.ts";
import { Once, refuseOtherArch } from "./options.ts";

/** Parts of an instruction that are put together. */
export type Draft = { -readonly [K in keyof InsnParts]: InsnParts[K] };

/** Nothing answers at an address. */
export function isMmio({ arch }: Context, lo: number, hi: number): boolean {
  const address = join64(lo, hi);
  return address >= arch.mmio.first && address <= arch.mmio.last;
}

/** Reads an instruction's options into its parts; gives its address, if they say one. */
export function optionsOf(
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
      if (option) setOption(c, arg, option, parts);
      else if (placement!.name === "at") at = codeAddressOf(c, arg, row);
      else setPlacement(c, arg, placement!, parts);
    });
  }
  return at;
}

function setOption(
  c: Context,
  { value }: Argument,
  option: InstructionOption,
  parts: Draft,
): void {
  const { part, bit } = option;
  if (part === "other") {
    const { lo, hi } = halves(c.within(value, option));
    parts.otherLo = lo;
    parts.otherHi = hi;
    parts.otherMmio = isMmio(c, lo, hi);
    return;
  }
  const given = c.small(value, option);
  if (bit === undefined) {
    parts[part] = given;
    return;
  }
  parts[part] = (parts[part] ?? 0) | given << bit;
  parts.maskLo = (parts.maskLo ?? 0) | 1 << bit;
}

export function failMissing(
  { span }: InstructionNode,
  { name, what }: InstructionOption,
): never {
  fail({
    code: "missing-option",
    span,
    message: `expected \`${name}=\`: ${what}`,
    expected: [`${name}=`],
  });
}

function codeAddressOf(
  c: Context,
  { value }: Argument,
  row: InstructionRow,
): bigint {
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

function setPlacement(
  c: Context,
  arg: Argument,
  row: PlacementRow,
  parts: Draft,
): void {
  refuseOtherArch(c, arg, row);
  const value = c.small(arg.value, row);
  if (row.name === "len") parts.lengthBytes = value;
  else if (row.name === "code") parts.code32 = value === 32;
  else parts.level = value;
}
