/**
 * Register layouts: tables of fields from the top bit to the bottom bit, every bit accounted for.
 *
 * @module
 */
import type { RuleId } from "./events.ts";

/** Values of a field that have a name in the language, such as `linked-address`. */
export type FieldValues = Readonly<Record<string, bigint>>;

/** One row of a layout. Bits are numbered as in the manuals, `hi` ≥ `lo`. */
export interface LayoutRow {
  /** What the bits are: a named field, or reserved as zero, as one, or as a sign extension. */
  readonly kind: "field" | "res0" | "res1" | "ress";
  /** The field's name; `RES0`, `RES1` or `RESS` for reserved bits. */
  readonly name: string;
  /** Top bit. */
  readonly hi: number;
  /** Bottom bit. */
  readonly lo: number;
  /** Names of values, if the field has any. */
  readonly values?: FieldValues;
  /** What the field means, in a few words. */
  readonly about?: string;
}

/** A named field of a register. */
export interface Field extends LayoutRow {
  /** A named field. */
  readonly kind: "field";
  /** How many bits. */
  readonly widthBits: number;
}

/** Where a field lies in the two words of a register: for rules that work on words. */
export interface WordField {
  /** 0 for bits 31:0, 1 for bits 63:32. */
  readonly word: 0 | 1;
  /** Lowest bit within the word. */
  readonly shift: number;
  /** The field's bits, right-aligned. */
  readonly mask: number;
}

/** A register's bits. */
export interface Layout<Name extends string = string> {
  /** The architectural spelling, `DBGBCR<n>_EL1`. */
  readonly name: string;
  /** How many bits. */
  readonly widthBits: 32 | 64;
  /** Rule id of the table, `arm64:A/3`. */
  readonly rule: RuleId;
  /** Top bit to bottom bit, no gap. */
  readonly rows: readonly LayoutRow[];
  /** The named fields, top to bottom. */
  readonly fields: readonly Field[];
  /** Other readings of the same bits, when another field says which applies (DBGBVR by BT). */
  readonly forms: readonly Layout[];
  /** Mask of reserved bits that read as zero. */
  readonly res0: bigint;
  /** Mask of reserved bits that read as one. */
  readonly res1: bigint;
  /**
   * Extracts a field.
   *
   * @throws {RangeError} if the register has no such field
   */
  get(value: bigint, field: Name): bigint;
  /**
   * Replaces fields.
   *
   * @throws {RangeError} if a value does not fit its field: never a silent mask
   */
  with(value: bigint, fields: Partial<Record<Name, bigint>>): bigint;
  /** A field's place within the register's words. */
  word(field: Name): WordField;
}

/** A named field; `lo` left out is a single bit. */
export function field<const N extends string>(
  name: N,
  hi: number,
  lo: number = hi,
  { values, about }: { values?: FieldValues; about?: string } = {},
): LayoutRow & { readonly kind: "field"; readonly name: N } {
  return { kind: "field", name, hi, lo, values, about };
}

/** Reserved bits that hardware keeps as zero. */
export function res0(
  hi: number,
  lo: number = hi,
): LayoutRow & { readonly kind: "res0"; readonly name: "RES0" } {
  return { kind: "res0", name: "RES0", hi, lo };
}

/** Reserved bits that hardware keeps as one. */
export function res1(
  hi: number,
  lo: number = hi,
): LayoutRow & { readonly kind: "res1"; readonly name: "RES1" } {
  return { kind: "res1", name: "RES1", hi, lo };
}

/** Reserved bits that should repeat the top bit of the address below them. */
export function ress(
  hi: number,
  lo: number = hi,
): LayoutRow & { readonly kind: "ress"; readonly name: "RESS" } {
  return { kind: "ress", name: "RESS", hi, lo };
}

/** Names of the fields among a table's rows. */
export type FieldNames<R extends readonly LayoutRow[]> = Extract<
  R[number],
  { kind: "field" }
>["name"];

/**
 * Checks a table and makes a layout of it.
 *
 * @param name architectural spelling
 * @param widthBits 32 or 64
 * @param rule rule id of the source table
 * @param rows top bit to bottom bit
 * @param forms other readings of the same bits
 * @throws {RangeError} if a bit is missing or named twice: the table is wrong
 */
export function defineLayout<const R extends readonly LayoutRow[]>(
  name: string,
  widthBits: 32 | 64,
  rule: RuleId,
  rows: R,
  forms: readonly Layout[] = [],
): Layout<FieldNames<R>> {
  let expected = widthBits - 1;
  for (const row of rows) {
    if (row.hi !== expected || row.lo > row.hi) {
      throw new RangeError(
        `${name}: row ${row.name} begins at bit ${row.hi}, expected ${expected}`,
      );
    }
    expected = row.lo - 1;
  }
  if (expected !== -1) {
    throw new RangeError(`${name}: bits ${expected}..0 are not accounted for`);
  }
  const fields: Field[] = rows.filter((row) => row.kind === "field").map(
    (row) => ({ ...row, kind: "field", widthBits: row.hi - row.lo + 1 }),
  );
  const find = (wanted: string): Field => {
    const found = fields.find((f) => f.name === wanted);
    if (!found) throw new RangeError(`${name} has no field ${wanted}`);
    return found;
  };
  const reserved = (kind: LayoutRow["kind"]): bigint =>
    rows.filter((row) => row.kind === kind).reduce(
      (mask, row) => mask | rowMask(row),
      0n,
    );
  return {
    name,
    widthBits,
    rule,
    rows,
    fields,
    forms,
    res0: reserved("res0"),
    res1: reserved("res1"),
    get(value, wanted) {
      const f = find(wanted);
      return (value & rowMask(f)) >> BigInt(f.lo);
    },
    with(value, changes) {
      let result = value;
      for (const [wanted, v] of Object.entries(changes) as [string, bigint][]) {
        const f = find(wanted);
        if (v < 0n || v >> BigInt(f.widthBits) !== 0n) {
          throw new RangeError(
            `${v} does not fit ${name}.${wanted}, ${f.widthBits} bits`,
          );
        }
        result = (result & ~rowMask(f)) | (v << BigInt(f.lo));
      }
      return result;
    },
    word(wanted) {
      const f = find(wanted);
      const index = f.lo >= 32 ? 1 : 0;
      if (index === 0 && f.hi >= 32) {
        throw new RangeError(`${name}.${wanted} crosses the words`);
      }
      const mask = f.widthBits === 32 ? -1 : (1 << f.widthBits) - 1;
      return { word: index, shift: f.lo - 32 * index, mask };
    },
  };
}

/** The bits of a row, in place. */
export function rowMask(row: LayoutRow): bigint {
  return ((1n << BigInt(row.hi - row.lo + 1)) - 1n) << BigInt(row.lo);
}

/**
 * A field's bits in place, within the word that holds it: for rules that test and set bits of words.
 *
 * @throws {RangeError} if the register has no such field, or the field crosses the words
 */
export function placed<Name extends string>(
  layout: Layout<Name>,
  name: Name,
): number {
  const { mask, shift } = layout.word(name);
  return mask << shift;
}
