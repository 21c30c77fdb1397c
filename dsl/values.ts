/**
 * Values as people read them.
 *
 * @module
 */
import {
  ERRNO,
  type Field,
  type RegisterInfo,
  type ViewValue,
} from "../engine/mod.ts";
import { fieldNumber, hex } from "./notation.ts";

export { hex };

/** The name of an ioctl's result: `EINVAL`, or `success`. */
export function errnoText(result: number): string {
  for (const [name, number] of Object.entries(ERRNO)) {
    if (number === -result) return name;
  }
  return result === 0 ? "success" : `error ${-result}`;
}

/** A view's value: hex, `undef`, or `–`. */
export function viewText(value: ViewValue): string {
  switch (value.kind) {
    case "value":
      return value.label === undefined
        ? hex(value.value)
        : `${hex(value.value)} (${value.label})`;
    case "undef":
      return "undef";
    case "none":
      return "–";
    default:
      return value satisfies never;
  }
}

/** A field's value, with its name if it has one: `0x3 (linked-context)`. */
export function fieldText(
  value: bigint,
  field: Pick<Field, "name" | "widthBits" | "values">,
): string {
  const name = Object.entries(field.values ?? {}).find(([, v]) => v === value)
    ?.[0];
  const number = fieldNumber(field, value);
  return name === undefined ? number : `${number} (${name})`;
}

/** The fields in which two values of a register differ: `LBN 3, expected 2`. */
export function differingFields(
  register: RegisterInfo,
  found: bigint,
  expected: bigint,
): string[] {
  const { layout } = register;
  const lines = layout.fields.filter(({ name }) =>
    layout.get(found, name) !== layout.get(expected, name)
  ).map((field) =>
    `${field.name} ${
      fieldText(layout.get(found, field.name), field)
    }, expected ${fieldText(layout.get(expected, field.name), field)}`
  );
  const fields = layout.fields.reduce(
    (mask, f) => mask | ((1n << BigInt(f.widthBits)) - 1n) << BigInt(f.lo),
    0n,
  );
  const reserved = (found ^ expected) & ~fields;
  if (reserved !== 0n) {
    lines.push(
      `reserved bits ${hex(found & ~fields)}, expected ${
        hex(expected & ~fields)
      }`,
    );
  }
  return lines;
}
