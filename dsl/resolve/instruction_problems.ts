/**
 * What is wrong with an instruction as a whole: its options, its architecture, a value without a register.
 *
 * @module
 */
import { type InstructionRow, PLACEMENT } from "../instructions.ts";
import { fail } from "../problem.ts";
import { suggestion } from "../suggest.ts";
import type { Argument, InstructionNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { otherArch } from "./words.ts";

/** Without a register there is nothing to give a value. */
export function refuseValue(
  { word, operand }: InstructionNode,
  [field]: readonly Argument[],
): void {
  const given = operand ?? field?.target;
  if (given === undefined) return;
  fail({
    code: "unexpected",
    span: given.span,
    message: `\`${word.text}\` has a value, and no register to write it to`,
    hint: `name the register before it: \`${word.text} debugctl …\``,
  });
}

/** Rejects an option that the instruction does not have. */
export function failUnknownOption(
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

/** Rejects an instruction of another architecture. */
export function failOtherArch(
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
