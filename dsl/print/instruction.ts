/**
 * Guest instructions as text, by their rows.
 *
 * @module
 */
import {
  type Architecture,
  flat,
  type Insn,
  type InsnParts,
  join64,
  type RegisterInfo,
  rowMask,
} from "../../engine/mod.ts";
import { type InstructionRow, instructionRow } from "../instructions.ts";
import { VALUE_MAX } from "../limits.ts";
import { fieldNumber, hex } from "../notation.ts";
import { spaced } from "./parts.ts";

/**
 * An instruction as a line of a guest's program.
 *
 * @param address where it is; nothing is said of it if undefined
 */
export function instructionText(
  arch: Architecture,
  parts: InsnParts,
  address: bigint | undefined,
): string {
  const row = instructionRow(parts.op)!;
  const { lo = 0, hi = 0, level = -1, lengthBytes } = parts;
  const operand = join64(lo, hi);
  const { register: id = -1 } = parts;
  const register = row.register && (id >= 0 || !row.mayNameNone)
    ? arch.registers.byId(id)
    : undefined;
  const isAddress = row.operand?.isAddress ?? false;
  const hasOperand = row.operand && !isAddress &&
    !(row.operandBytes !== undefined && !parts.sizeBytes);
  const name = parts.name === undefined ? "" : `as ${parts.name}`;
  const defaultBytes = arch.instructions[row.word];
  return spaced(
    row.prefix ?? "",
    row.word,
    register?.short ?? "",
    register && row.register === "write"
      ? valueWords(register, operand, parts)
      : [],
    row.hasStatus ? "" : name,
    isAddress ? hex(address ?? 0n) : hasOperand ? hex(operand) : "",
    row.hasStatus ? name : "",
    optionWords(row, parts),
    address === undefined || isAddress ? "" : `at=${hex(address)}`,
    level < 0 ? "" : `${arch.name === "x86" ? "cpl" : "el"}=${level}`,
    parts.code32 ? "code=32" : "",
    lengthBytes === undefined || lengthBytes === defaultBytes
      ? ""
      : `len=${lengthBytes}`,
  );
}

/** Its own options; of those that are a bit, the ones that it has. */
function optionWords({ options = [] }: InstructionRow, parts: InsnParts) {
  return options.flatMap(({ name, part, bit }) => {
    if (part === "other") {
      const { otherLo = 0, otherHi = 0 } = parts;
      return [`${name}=${hex(join64(otherLo, otherHi))}`];
    }
    const value = parts[part] ?? 0;
    if (bit === undefined) return [`${name}=${value}`];
    const isGiven = ((parts.maskLo ?? 0) >>> bit & 1) !== 0;
    return isGiven ? [`${name}=${value >>> bit & 1}`] : [];
  });
}

/** The instruction of a program, which has an address; a transaction with all of its instructions. */
export function insnText(
  arch: Architecture,
  insn: Insn,
  { withAddress }: { readonly withAddress: boolean },
): string {
  return flat(insn).map((one) => {
    const isExec = instructionRow(one.op)?.operand?.isAddress ?? false;
    const address = join64(one.addressLo, one.addressHi);
    return instructionText(
      arch,
      one,
      withAddress || isExec ? address : undefined,
    );
  }).join("; ");
}

/** The value of a write: as a whole, or the fields that it changes. */
function valueWords(
  { layout, fieldwise }: RegisterInfo,
  value: bigint,
  { maskLo = -1, maskHi = -1 }: InsnParts,
): string[] {
  const mask = join64(maskLo, maskHi);
  if (mask === VALUE_MAX || !fieldwise) return [hex(value)];
  return layout.fields.filter((field) => (rowMask(field) & mask) !== 0n).map(
    (field) => {
      const part = layout.get(value, field.name);
      return `${field.name.toLowerCase()}=${fieldNumber(field, part)}`;
    },
  );
}
