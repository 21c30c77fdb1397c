/**
 * `layout binary`: the registers of a table bit by bit, a row a field.
 *
 * @module
 */
import type { ViewValue } from "../engine/mod.ts";
import { CHANGED } from "../dsl/render/value.ts";
import { guestView } from "../dsl/render/marks.ts";
import type { Page } from "../dsl/render/theme.ts";
import type { TableRow, TableView } from "../dsl/table.ts";
import { hex } from "../dsl/values.ts";
import type { Change } from "../dsl/observation.ts";

/** Fields wider than this are read in hex. */
const BITS_MAX = 16;

function valueOf(value: ViewValue | undefined): bigint | undefined {
  return value?.kind === "value" ? value.value : undefined;
}

function bitsText(value: bigint, widthBits: number): string {
  return widthBits > BITS_MAX
    ? hex(value)
    : value.toString(2).padStart(widthBits, "0");
}

function rowLines(
  row: TableRow,
  was: TableRow | undefined,
  views: readonly TableView[],
): string[][] {
  const { layout, short } = row.register;
  const lines = layout.rows.flatMap((field) => {
    const widthBits = field.hi - field.lo + 1;
    const part = (value: bigint | undefined) =>
      value === undefined
        ? undefined
        : value >> BigInt(field.lo) & ((1n << BigInt(widthBits)) - 1n);
    let speaks = false;
    const cells = views.map((view) => {
      const now = part(valueOf(row.cells[view]));
      const then = part(valueOf(was?.cells[view]));
      const changed = was !== undefined && (now ?? 0n) !== (then ?? 0n);
      if (changed || now) speaks = true;
      const text = now === undefined ? "–" : bitsText(now, widthBits);
      return `${changed ? CHANGED : " "}${text}`;
    });
    if (!speaks) return [];
    const place = field.hi === field.lo
      ? `${field.hi}`
      : `${field.hi}:${field.lo}`;
    const name = field.kind === "field" ? field.name : field.kind;
    return [[`  ${name}`, place, ...cells]];
  });
  const guests = guestView(views);
  const heads = views.map((view) =>
    row.physical && view === guests
      ? ` ${view} →${row.physical.number}`
      : ` ${view}`
  );
  return [[short, "bits", ...heads], ...lines];
}

/** The rows of a change as lines. */
export function renderBinary(
  { table, before }: Change,
  { theme }: Page,
): string[] {
  return table.rows.flatMap((row) => {
    const was = before.find(({ register }) => register.id === row.register.id);
    const lines = rowLines(row, was, table.views);
    const widths = lines[0].map((_, index) =>
      Math.max(...lines.map((line) => line[index].length))
    );
    return lines.map((line, index) => {
      const text = line.map((cell, at) => cell.padEnd(widths[at])).join("  ")
        .trimEnd();
      return index === 0
        ? theme.heading(text)
        : text.replace(/•\S+/gu, theme.changed);
    });
  });
}
