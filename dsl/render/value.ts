/**
 * Fields of values by name, and texts in lines.
 *
 * @module
 */
import type { Layout } from "../../engine/mod.ts";
import { decode, type DecodedField } from "../table.ts";
import { fieldNumber } from "../notation.ts";

/** Stands before a value or a field that has just changed. */
export const CHANGED = "•";

/** A field's value: its name, or its number. */
function fieldValueText(field: DecodedField): string {
  return field.label ?? fieldNumber(field, field.value);
}

/** True if the fields say more than the whole value does: an address or a number is read whole. */
function isWorthDecoding({ fields }: Layout): boolean {
  return fields.length > 1 || fields.some(({ widthBits }) => widthBits === 1);
}

/**
 * The fields of a value by name, `LBN=2`, those that are 0 left out; where the hardware's value differs, both,
 * `LBN=2→3`.
 *
 * @param hardware what the hardware holds for it, if that may differ
 * @param before value and hardware's value before: fields that were others then are marked, also those now 0
 */
export function fieldTexts(
  layout: Layout,
  value: bigint,
  hardware: bigint = value,
  before: { readonly value: bigint; readonly hardware: bigint } = {
    value,
    hardware,
  },
): string[] {
  if (!isWorthDecoding(layout)) return [];
  const fields = decode(layout, value);
  const physical = decode(layout, hardware);
  const was = decode(layout, before.value);
  const wasPhysical = decode(layout, before.hardware);
  // A link to breakpoint 0 is a link: its number is shown.
  const isLinked = fields.some(({ label }) => label?.startsWith("linked"));
  return fields.flatMap((field, index) => {
    const inHardware = physical[index];
    const changed = was[index].value !== field.value ||
      wasPhysical[index].value !== inHardware.value;
    const mark = changed ? CHANGED : "";
    const text = `${mark}${field.name}=${fieldValueText(field)}`;
    if (inHardware.value !== field.value) {
      return [`${text}→${fieldValueText(inHardware)}`];
    }
    const isShown = changed || field.value !== 0n ||
      (isLinked && field.name === "LBN");
    return isShown ? [text] : [];
  });
}

/** Puts items one after the other, two columns apart, into lines that fit. */
export function flow(
  items: readonly string[],
  columns: number,
  gap = "  ",
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const item of items) {
    if (line === "") line = item;
    else if (line.length + gap.length + item.length <= columns) {
      line += gap + item;
    } else {
      lines.push(line);
      line = item;
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Escapes of a theme, which take no columns. */
// deno-lint-ignore no-control-regex -- an escape begins with one
const ESCAPES = /\x1b\[[0-9;]*m/g;

/** Columns that a text takes. */
function widthOf(text: string): number {
  return text.includes("\x1b") ? text.replace(ESCAPES, "").length : text.length;
}

/**
 * Breaks a text into lines at its spaces; escapes of a theme take no room.
 *
 * @param indent columns by which all lines but the first are indented
 */
export function fill(text: string, columns: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const margin = lines.length === 0 ? 0 : indent;
    if (line !== "" && margin + widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(" ".repeat(margin) + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") {
    lines.push(" ".repeat(lines.length === 0 ? 0 : indent) + line);
  }
  return lines;
}
