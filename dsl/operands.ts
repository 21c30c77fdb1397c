/**
 * Registers, fields and numbers that a statement names, with their values known.
 *
 * @module
 */
import type {
  Architecture,
  Field,
  Layout,
  RegisterInfo,
} from "../engine/mod.ts";
import { rowMask } from "../engine/mod.ts";
import type { Expr, FieldSetting, Name, RegisterRef } from "./syntax/nodes.ts";
import { tooWide } from "./notation.ts";
import { fail } from "./problem.ts";
import type { Span } from "./source.ts";
import { nearest } from "./suggest.ts";

/** Gives an expression its value. */
export type Evaluate = (expr: Expr) => bigint;

/** Finds what a name is bound to. */
export type Lookup = (name: string) => bigint | undefined;

/** A 64-bit value as a small number within a range. */
export function smallNumber(
  value: bigint,
  span: Span,
  { what, min, max }: { what: string; min: number; max: number },
): number {
  if (value < BigInt(min) || value > BigInt(max)) {
    fail("out-of-range", span, `${what} cannot be ${value}`, {
      expected: [`${min}..${max}`],
    });
  }
  return Number(value);
}

/** The register that a reference names, its index evaluated. */
export function registerOf(
  arch: Architecture,
  ref: RegisterRef,
  evaluate: Evaluate,
): RegisterInfo {
  const { text } = ref.name;
  if (ref.index === undefined) {
    const found = arch.registers.find(text);
    if (found) return found;
    const names = arch.registers.all.map(({ short }) => short);
    const near = nearest(text, names);
    fail("unknown-register", ref.span, `${arch.name} has no register ${text}`, {
      hint: near && `did you mean ${near}?`,
    });
  }
  const index = evaluate(ref.index);
  const [stem, suffix = ""] = text.split(/(?=_el\d$)/i);
  const found = arch.registers.find(`${stem}${index}${suffix}`);
  if (found && found.number >= 0) return found;
  const family = arch.registers.all.filter((info) =>
    info.family === stem.toLowerCase() && info.number >= 0
  );
  if (family.length === 0) {
    fail("unknown-register", ref.span, `${text} is not a numbered register`);
  }
  fail("index-out-of-range", ref.index.span, `there is no ${text}${index}`, {
    expected: [`0..${family.length - 1}`],
  });
}

/** A field by name, of the register's own layout or of another reading of its bits. */
export function fieldOf(
  register: RegisterInfo,
  name: Name,
): { layout: Layout; field: Field } {
  const wanted = name.text.toLowerCase();
  const layouts = [register.layout, ...register.layout.forms];
  for (const layout of layouts) {
    const field = layout.fields.find((f) => f.name.toLowerCase() === wanted);
    if (field) return { layout, field };
  }
  const names = layouts.flatMap(({ fields }) =>
    fields.map((field) => field.name.toLowerCase())
  );
  const near = nearest(wanted, names);
  fail(
    "unknown-field",
    name.span,
    `${register.name} has no field ${name.text}`,
    { expected: names, hint: near && `did you mean ${near}?` },
  );
}

/** What a field is set to or compared with: a bound name, one of the field's named values, or a number. */
export function fieldValue(
  register: RegisterInfo,
  field: Field,
  expr: Expr,
  evaluate: Evaluate,
  lookup: Lookup,
): bigint {
  const value = namedValue(register, field, expr, lookup) ?? evaluate(expr);
  if (value >> BigInt(field.widthBits) !== 0n) {
    fail("value-too-wide", expr.span, tooWide(register.name, field, value));
  }
  return value;
}

function namedValue(
  register: RegisterInfo,
  field: Field,
  expr: Expr,
  lookup: Lookup,
): bigint | undefined {
  if (expr.kind !== "name" || lookup(expr.text) !== undefined) return undefined;
  const values = field.values ?? {};
  const wanted = expr.text.toLowerCase();
  for (const [name, value] of Object.entries(values)) {
    if (name.toLowerCase() === wanted) return value;
  }
  const names = Object.keys(values);
  const near = nearest(wanted, names);
  fail(
    "unknown-value",
    expr.span,
    `${expr.text} is neither a name nor a value of ${register.name}.${field.name}`,
    { expected: names, hint: near && `did you mean ${near}?` },
  );
}

/**
 * The value that a write gives a register, and which bits it changes.
 *
 * @param given the whole value, if one was given, and the fields that were named
 */
export function fieldsValue(
  register: RegisterInfo,
  given: { base: bigint | undefined; fields: readonly FieldSetting[] },
  evaluate: Evaluate,
  lookup: Lookup,
): { value: bigint; mask: bigint } {
  let value = given.base ?? 0n;
  const all = (1n << 64n) - 1n;
  let mask = register.fieldwise && given.base === undefined ? 0n : all;
  for (const { field: name, value: expr } of given.fields) {
    const { layout, field } = fieldOf(register, name);
    const v = fieldValue(register, field, expr, evaluate, lookup);
    value = layout.with(value, { [field.name]: v });
    mask |= rowMask(field);
  }
  return { value, mask };
}
