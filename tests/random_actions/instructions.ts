/**
 * Random instructions of guests, with every operand.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Action } from "../../dsl/actions.ts";
import { INSTRUCTIONS, PLACEMENT } from "../../dsl/instructions.ts";
import { VALUE_MAX } from "../../dsl/limits.ts";
import type { Architecture, InsnParts } from "../../engine/mod.ts";
import { index, maybe, name, registers, value } from "./expectations.ts";

function words(value: bigint): { readonly lo: number; readonly hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}

/** An instruction that is appended to a guest's program. */
export function instruction(
  arch: Architecture,
): fc.Arbitrary<Extract<Action, { kind: "guest" }>> {
  const rows = INSTRUCTIONS.filter(({ word }) =>
    arch.instructions[word] !== undefined
  );
  const code = value.map((one) => one - one % BigInt(arch.codeAlignment));
  const level = PLACEMENT.find((row) =>
    row.arch === arch.name && row.name !== "len"
  )!;
  return fc.constantFrom(...rows).chain((row) => {
    const info = fc.constantFrom(
      ...registers(arch).filter(({ isMsr }) => isMsr === row.isMsr),
    );
    const operand = row.operand?.isAddress
      ? code
      : row.operand
      ? fc.bigInt(0n, row.operand.max ?? VALUE_MAX)
      : value;
    return fc.record({
      vcpu: index,
      info: row.mayNameNone ? maybe(info) : info,
      operand: row.operand?.isOptional ? maybe(operand) : operand,
      at: row.operand?.isAddress ? code : maybe(code),
      level: maybe(fc.constantFrom(...level.values!)),
      len: arch.name === "x86" ? maybe(fc.integer({ min: 1, max: 15 })) : fc
        .constant(undefined),
      as: maybe(name),
      options: fc.tuple(
        ...(row.options ?? []).map((option) =>
          option.part === "other"
            ? value
            : (option.values ? fc.constantFrom(...option.values) : fc.integer({
              min: Number(option.min ?? 0n),
              max: Number(option.max!),
            })).map(BigInt)
        ),
      ),
      mask: value,
    }).map((made) => {
      const { vcpu, operand, level = -1, as } = made;
      const parts: { -readonly [K in keyof InsnParts]: InsnParts[K] } = {
        op: row.word,
        level,
        lengthBytes: made.len ?? arch.instructions[row.word],
      };
      const { info } = made;
      if (row.register && info) parts.register = info.id;
      if (row.register === "read" || row.hasStatus) parts.name = as;
      if (row.reads !== undefined) {
        parts.register = arch.registers.find(row.reads)!.id;
        parts.name = as;
      }
      const isWrite = row.register === "write" && info !== undefined;
      if (isWrite || row.operand && !row.operand.isAddress) {
        const width = isWrite ? info.layout.widthBits : 64;
        let given = BigInt.asUintN(width, operand ?? 0n);
        let mask = VALUE_MAX;
        if (isWrite && info.fieldwise) {
          mask = 0n;
          const value = given;
          given = 0n;
          for (const field of info.layout.fields) {
            const bit = (1n << BigInt(field.widthBits)) - 1n;
            if ((made.mask >> BigInt(field.lo) & 1n) === 0n) continue;
            mask |= bit << BigInt(field.lo);
            given |= value & bit << BigInt(field.lo);
          }
        }
        const isMmio = given >= arch.mmio.first && given <= arch.mmio.last;
        if (row.isExclusive && isMmio) given = 0n;
        if (isWrite || operand !== undefined) {
          Object.assign(parts, words(given));
        }
        const masks = words(mask);
        parts.maskLo = masks.lo;
        parts.maskHi = masks.hi;
        if (row.operandBytes !== undefined && operand !== undefined) {
          parts.sizeBytes = row.operandBytes;
        }
        if (row.isMemory && operand !== undefined) {
          parts.mmio = isMmio;
        }
      }
      (row.options ?? []).forEach(({ part, bit }, n) => {
        const option = made.options[n];
        if (part === "other") {
          const { lo, hi } = words(option);
          parts.otherLo = lo;
          parts.otherHi = hi;
          parts.otherMmio = option >= arch.mmio.first &&
            option <= arch.mmio.last;
          return;
        }
        if (bit === undefined) {
          parts[part] = Number(option);
          return;
        }
        parts.maskHi = 0;
        parts.maskLo = (n === 0 ? 0 : parts.maskLo!) | 1 << bit;
        parts[part] = (n === 0 ? 0 : parts[part]!) | Number(option) << bit;
      });
      return {
        kind: "guest" as const,
        vcpu,
        instruction: { parts, address: made.at },
      };
    });
  });
}
