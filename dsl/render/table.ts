/**
 * The side-by-side table as text.
 *
 * A row is a register, by its own number in every column. The guest's `dbgbcr2` may be the machine's number 3: then
 * the guest's value has `→3` after it, and the intended value of row `dbgbcr3` has `←2`. An intended hardware value
 * that differs from the guest's value which it stands for is marked `*`. A CPU's value that differs from the intended
 * one while the vCPU is loaded there is marked `!`.
 *
 * @module
 */
import type { ViewValue } from "../../engine/mod.ts";
import type { Table, TableRow, TableView } from "../table.ts";
import { type CellMarks, type Marking, Meanings, rowMarks } from "./marks.ts";
import type { Page, Theme } from "./theme.ts";
import { viewText } from "../values.ts";
import { CHANGED, fill, flow } from "./value.ts";

/** Spaces between columns. */
const GAP = "  ";

/** Fields stand after the values if they have this many columns. */
const FIELDS_MIN = 20;

/** Before KVM's own state. */
const KVM = "kvm";

/** A row, as it will be printed. */
interface Line {
  readonly label: string;
  readonly cells: readonly {
    readonly text: string;
    readonly differs: boolean;
  }[];
  readonly fields: readonly string[];
}

/** A value with its marks, as it stands in its column. */
function cellText(
  cell: ViewValue | undefined,
  { changed, differs, to, from }: CellMarks,
  view: TableView,
  marksChanges: boolean,
): string {
  const mark = changed ? CHANGED : marksChanges ? " " : "";
  const differing = differs ? (view === "cpu" ? "!" : "*") : "";
  const numbers = `${to === undefined ? "" : ` →${to}`}${
    from === undefined ? "" : ` ←${from}`
  }`;
  return `${mark}${cell ? viewText(cell) : ""}${differing}${numbers}`;
}

function lineOf(row: TableRow, table: Table, marking: Marking): Line {
  const { cells, fields } = rowMarks(row, table, marking);
  const marksChanges = marking.before?.row(row.register.id) !== undefined;
  return {
    label: row.register.short,
    cells: table.views.map((view, index) => ({
      text: cellText(row.cells[view], cells[index], view, marksChanges),
      differs: cells[index].differs,
    })),
    fields,
  };
}

/** Widths of the columns over the lines, no line counted that has a cell above `cellMax`. */
function columnWidths(
  heads: readonly string[],
  lines: readonly Line[],
  cellMax: number,
): number[] {
  const fitting = lines.filter(({ cells }) =>
    cells.every(({ text }) => text.length <= cellMax)
  );
  return heads.map((head, index) =>
    Math.max(
      head.length,
      ...fitting.map(({ cells }) => cells[index].text.length),
    )
  );
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

/** A row whose values are too wide for columns: each cell with its name. */
function wideRow(
  { label, cells, fields }: Line,
  heads: readonly string[],
  labelWidth: number,
  { columns }: Page,
): string[] {
  const room = columns - labelWidth - GAP.length;
  const values = flow(
    cells.map(({ text }, index) => `${heads[index]} ${text}`),
    room,
  );
  return [...values, ...flow(fields, room, " ")].map((text, index) =>
    (index === 0 ? label : "").padEnd(labelWidth) + GAP + text
  );
}

/** A row in columns, its fields after it, or below where they do not fit. */
function columnRow(
  { label, cells, fields }: Line,
  widths: readonly number[],
  labelWidth: number,
  { columns, theme }: Page,
): string[] {
  const values = cells.map(({ text, differs }, index) => {
    const padded = text.padEnd(widths[index]);
    return differs ? theme.differs(padded) : padded;
  });
  const head = [label.padEnd(labelWidth), ...values].join(GAP);
  const taken = [labelWidth, ...widths].reduce(
    (sum, w) => sum + w + GAP.length,
    0,
  );
  const room = columns - taken;
  const longest = Math.max(0, ...fields.map(({ length }) => length));
  if (room >= Math.max(FIELDS_MIN, longest)) {
    const after = flow(fields, room, " ");
    return [
      head + (after.length > 0 ? GAP + after[0] : ""),
      ...after.slice(1).map((text) => " ".repeat(taken) + text),
    ];
  }
  const indent = labelWidth + GAP.length;
  return [
    head,
    ...flow(fields, columns - indent, " ").map((text) =>
      " ".repeat(indent) + text
    ),
  ];
}

/**
 * The table as lines.
 *
 * @param kernel what the machine runs, for the headline: `watanabe-v7`
 * @param before all rows as they were before: what changed since then is marked `•`
 */
export function renderTable(
  table: Table,
  kernel: string,
  page: Page,
  before?: readonly TableRow[],
): string[] {
  const { columns, theme } = page;
  const more = table.rows.length > 0 ? "more " : "";
  const noun = table.quiet === 1 ? "register" : "registers";
  const quiet = table.quiet > 0
    ? `; ${table.quiet} ${more}${noun} at reset`
    : "";
  const title = `vCPU ${table.vcpu} on CPU ${table.cpu}, ${kernel}${quiet}`;
  const output = fill(title, columns, GAP.length).map(theme.heading);
  if (table.rows.length > 0) {
    const meanings = new Meanings([...table.related, ...table.rows]);
    const marking = { meanings, before: before && new Meanings(before) };
    const lines = table.rows.map((row) => lineOf(row, table, marking));
    const names = table.views.map((view) => before ? ` ${view}` : view);
    const labelWidth = Math.max(...lines.map(({ label }) => label.length));
    const room = columns - labelWidth - table.views.length * GAP.length;
    let cellMax = Infinity;
    let widths = columnWidths(names, lines, cellMax);
    if (sumOf(widths) > room) {
      cellMax = Math.floor(room / table.views.length);
      widths = columnWidths(names, lines, cellMax);
      // Not even the heads.
      if (sumOf(widths) > room) cellMax = 0;
    }
    const fits = ({ cells }: Line): boolean =>
      cells.every(({ text }) => text.length <= cellMax);
    // Rows that are too wide name their values themselves.
    if (lines.some(fits)) {
      const heads = names.map((name, index) => name.padEnd(widths[index]));
      output.push(
        theme.heading(["".padEnd(labelWidth), ...heads].join(GAP).trimEnd()),
      );
    }
    for (const line of lines) {
      output.push(
        ...(fits(line)
          ? columnRow(line, widths, labelWidth, page)
          : wideRow(line, table.views, labelWidth, page)),
      );
    }
  }
  for (const { vcpu, values } of table.kvm) {
    if (values.length === 0) continue;
    const label = vcpu === table.vcpu && table.kvm.length === 1
      ? KVM
      : `${KVM}@${vcpu}`;
    const states = values.map(({ name, value }) =>
      `${name} ${viewText(value)}`
    );
    const indent = label.length + GAP.length;
    output.push(
      ...flow(states, columns - indent).map((text, index) =>
        (index === 0 ? label : "").padEnd(indent) + text
      ),
    );
  }
  return output.map((line) => withMarks(line.trimEnd(), theme));
}

/** Styles what is marked as changed. */
function withMarks(line: string, { changed }: Theme): string {
  return line.replace(/•\S+/gu, changed);
}
