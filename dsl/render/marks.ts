/**
 * What stands out in a row of the side-by-side table, as data: the terminal's table and the page's are made of it.
 *
 * A row is a register, by its own number in every column. The guest's `dbgbcr2` may be the machine's number 3: then
 * the guest's value goes to 3, and the intended value of row `dbgbcr3` comes from 2.
 *
 * @module
 */
import type { ViewValue } from "../../engine/mod.ts";
import type { Table, TableRow, TableView } from "../table.ts";
import { viewText } from "../values.ts";
import { fieldTexts } from "./value.ts";

/** What stands out in a cell. */
export interface CellMarks {
  /** It shows something else than before. */
  readonly changed: boolean;
  /**
   * In the `hw` column: KVM intends another value than the guest's which it stands for. In the `cpu` column: the CPU
   * holds another value than the intended one while the vCPU is loaded there.
   */
  readonly differs: boolean;
  /** Of a value with the guest's number: the physical number that stands for it, if that is another. */
  readonly to: number | undefined;
  /** Of an intended value: the guest's number that it stands for, if that is another. */
  readonly from: number | undefined;
}

/** What stands out in a row. */
export interface RowMarks {
  /** One for each view of the table, in order. */
  readonly cells: readonly CellMarks[];
  /** Fields by name, those that are 0 left out: `LBN=2→3` where the hardware's differs. */
  readonly fields: readonly string[];
}

function numberOf(value: ViewValue | undefined): bigint | undefined {
  return value?.kind === "value" ? value.value : undefined;
}

/** Which rows mean which. */
export class Meanings {
  readonly #byRegister = new Map<number, TableRow>();
  readonly #byPhysical = new Map<number, TableRow>();

  constructor(rows: readonly TableRow[]) {
    for (const row of rows) {
      this.#byRegister.set(row.register.id, row);
      if (row.physical) this.#byPhysical.set(row.physical.id, row);
    }
  }

  /** The row of a register. */
  row(id: number): TableRow | undefined {
    return this.#byRegister.get(id);
  }

  /** The row of another guest register that is renumbered to this row's number. */
  renumberedHere(row: TableRow): TableRow | undefined {
    return this.#byPhysical.get(row.register.id);
  }

  /** What the hardware holds for the row's guest register. */
  inHardware(row: TableRow): bigint | undefined {
    const holder = row.physical
      ? this.#byRegister.get(row.physical.id)
      : this.renumberedHere(row)
      ? undefined
      : row;
    return numberOf(holder?.cells.hw);
  }

  /** The guest's value that the row's hardware cell stands for. */
  guestValue(row: TableRow): bigint | undefined {
    const holder = this.renumberedHere(row) ??
      (row.physical ? undefined : row);
    return numberOf(holder?.cells.guest);
  }
}

/**
 * The row's fields: those of the guest's value if it has some to show, else those of the first view that has, after its
 * name.
 */
function fieldsOf(
  row: TableRow,
  views: readonly TableView[],
  { meanings, before }: Marking,
): string[] {
  const { layout } = row.register;
  const was = before?.row(row.register.id) ?? row;
  const guest = numberOf(row.cells.guest);
  const isElsewhere = meanings.renumberedHere(row) !== undefined;
  if (guest !== undefined && (guest !== 0n || !isElsewhere)) {
    const hardware = meanings.inHardware(row);
    const guestWas = numberOf(was.cells.guest) ?? guest;
    const texts = fieldTexts(layout, guest, hardware, {
      value: guestWas,
      hardware: before?.inHardware(was) ??
        (before ? guestWas : hardware ?? guest),
    });
    if (texts.length > 0) return texts;
  }
  for (const view of views) {
    // Shown in the row of the register that it stands for.
    if (isElsewhere && (view === "hw" || view === "cpu")) continue;
    const value = numberOf(row.cells[view]);
    const valueWas = numberOf(was.cells[view]) ?? value;
    if (value || valueWas) {
      const texts = fieldTexts(layout, value ?? 0n, value ?? 0n, {
        value: valueWas ?? 0n,
        hardware: valueWas ?? 0n,
      });
      return guest === undefined || texts.length === 0
        ? texts
        : [`${view}:`, ...texts];
    }
  }
  return [];
}

/** True if a cell of a row shows something else than before. */
function isChanged(row: TableRow, was: TableRow, view: TableView): boolean {
  const now = row.cells[view];
  const then = was.cells[view];
  return now !== undefined && then !== undefined &&
    viewText(now) !== viewText(then);
}

/** What the marks of a row depend on. */
export interface Marking {
  readonly meanings: Meanings;
  /** The rows as they were before; without them nothing is marked as changed. */
  readonly before: Meanings | undefined;
}

/** The column whose values have the guest's numbers: its own, or userspace's where that is not shown. */
export function guestView(
  views: readonly TableView[],
): TableView | undefined {
  return views.find((view) => view === "guest" || view === "user");
}

/** True if the CPU holds something else than KVM intends for the vCPU that is loaded there. */
function isNotLoaded({ cells }: TableRow): boolean {
  const intended = numberOf(cells.hw);
  const held = numberOf(cells.cpu);
  return intended !== undefined && held !== undefined && intended !== held;
}

/**
 * What stands out in a row.
 *
 * @param table what it is a row of
 */
export function rowMarks(
  row: TableRow,
  { views, isLoaded }: Pick<Table, "views" | "isLoaded">,
  marking: Marking,
): RowMarks {
  const { meanings, before } = marking;
  const was = before?.row(row.register.id);
  const guests = guestView(views);
  const cells = views.map((view): CellMarks => {
    const marks = {
      changed: was !== undefined && isChanged(row, was, view),
      differs: false,
      to: undefined,
      from: undefined,
    };
    if (view === "cpu") {
      return { ...marks, differs: isLoaded && isNotLoaded(row) };
    }
    if (view === guests && row.physical) {
      return { ...marks, to: row.physical.number };
    }
    if (view !== "hw") return marks;
    const hardware = numberOf(row.cells.hw);
    const guest = meanings.guestValue(row);
    return {
      ...marks,
      differs: hardware !== undefined && guest !== undefined &&
        hardware !== guest,
      from: meanings.renumberedHere(row)?.register.number,
    };
  });
  return { cells, fields: fieldsOf(row, views, marking) };
}
