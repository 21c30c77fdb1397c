/**
 * What all views show of a machine after a statement, to be compared with what they showed before it.
 *
 * @module
 */
import {
  type Architecture,
  type Machine,
  type NumberMap,
  type RegisterInfo,
  type ViewValue,
} from "../engine/mod.ts";
import { Meanings, rowMarks } from "../dsl/render/marks.ts";
import {
  buildTable,
  COLUMNS,
  isLoadedOn,
  type TableRow,
  type TableView,
} from "../dsl/table.ts";
import type { KvmJson, MarksJson, RowJson, SideJson } from "./document.ts";
import { type Json, mapJson, rowJson, viewValue } from "./json.ts";

/** One vCPU beside its CPU, after a statement. */
export interface Side {
  readonly vcpu: number;
  readonly cpu: number;
  readonly isLoaded: boolean;
  readonly pending: number;
  /** Every register, in order. */
  readonly rows: readonly TableRow[];
  /** Columns in which some register says something. */
  readonly views: readonly TableView[];
  /** Registers that a table without names shows. */
  readonly says: ReadonlySet<RegisterInfo["id"]>;
  readonly kvm: readonly { readonly name: string; readonly value: ViewValue }[];
  readonly map: NumberMap | undefined;
}

/** Looks at all vCPUs of a machine. */
export function look(arch: Architecture, machine: Machine): Side[] {
  return Array.from({ length: machine.vcpus }, (_, vcpu): Side => {
    const cpu = machine.cpuOf(vcpu);
    const table = (patterns: readonly string[], views: readonly TableView[]) =>
      buildTable(arch, machine, { vcpu, cpu, views, patterns, kvm: [] });
    const unasked = table([], []);
    return {
      vcpu,
      cpu,
      isLoaded: isLoadedOn(machine, vcpu, cpu),
      pending: machine.pendingInsns(vcpu).length,
      rows: table(["*"], COLUMNS).rows,
      views: unasked.views,
      says: new Set(unasked.rows.map(({ register }) => register.id)),
      kvm: arch.kvmNames.map((name) => ({
        name,
        value: machine.kvmView(vcpu, name),
      })),
      map: machine.numberMap(vcpu),
    };
  });
}

/** What of a machine is written down: the columns and rows that say something at some step. */
export interface Shown {
  readonly views: readonly TableView[];
  readonly registers: ReadonlySet<RegisterInfo["id"]>;
  /** Names of KVM's own state. */
  readonly kvm: ReadonlySet<string>;
}

/** What stands out in a row of a step. */
function marksJson(
  row: TableRow,
  side: Side,
  views: readonly TableView[],
  marking: Parameters<typeof rowMarks>[2],
): Pick<RowJson, "marks" | "fields"> {
  const { cells, fields } = rowMarks(
    row,
    { views, isLoaded: side.isLoaded },
    marking,
  );
  const marks: Record<string, MarksJson> = {};
  for (const [index, { changed, differs, to, from }] of cells.entries()) {
    const some: MarksJson = {
      ...(changed && { changed: true }),
      ...(differs && { differs: true }),
      ...(to !== undefined && { to }),
      ...(from !== undefined && { from }),
    };
    if (Object.keys(some).length > 0) marks[views[index]] = some;
  }
  return { marks, fields };
}

/** A row with the columns that are shown. */
function narrowed(row: TableRow, views: readonly TableView[]): TableRow {
  const cells = Object.fromEntries(
    views.flatMap((view) => {
      const cell = row.cells[view];
      return cell === undefined ? [] : [[view, cell]];
    }),
  );
  return { ...row, cells };
}

/** Writes sides down, step by step: only what is not as in the step before. */
export class SideWriter {
  readonly #shown: Shown;
  readonly #rows = new Map<string, string>();
  readonly #kvm = new Map<string, string>();
  readonly #heads = new Map<number, string>();
  readonly #maps = new Map<number, string>();

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  /**
   * One side after a step.
   *
   * @param before the same side before it; undefined for one that was not there
   * @returns undefined if nothing of it changed
   */
  write(side: Side, before: Side | undefined): SideJson | undefined {
    const { vcpu, cpu, isLoaded: loaded, pending, map } = side;
    const rows = this.#changedRows(side, before);
    const kvm = this.#changedKvm(side);
    const mapText = JSON.stringify(mapJson(map));
    const isMapNew = this.#maps.get(vcpu) !== mapText;
    this.#maps.set(vcpu, mapText);
    const head = JSON.stringify([cpu, loaded, pending]);
    const isHeadNew = this.#heads.get(vcpu) !== head;
    this.#heads.set(vcpu, head);
    if (rows.length + kvm.length === 0 && !isMapNew && !isHeadNew) {
      return undefined;
    }
    return {
      vcpu,
      cpu,
      loaded,
      pending,
      rows,
      kvm,
      ...(isMapNew && { map: mapJson(map) as unknown as SideJson["map"] }),
    };
  }

  #changedRows(side: Side, before: Side | undefined): RowJson[] {
    const { views, registers } = this.#shown;
    const rowsOf = ({ rows }: Side): TableRow[] =>
      rows.filter(({ register }) => registers.has(register.id))
        .map((row) => narrowed(row, views));
    const rows = rowsOf(side);
    const marking = {
      meanings: new Meanings(rows),
      before: before && new Meanings(rowsOf(before)),
    };
    return rows.flatMap((row) => {
      const json = {
        ...rowJson(row) as { readonly [name: string]: Json },
        ...marksJson(row, side, views, marking),
        says: side.says.has(row.register.id),
      } as unknown as RowJson;
      const key = `${side.vcpu} ${json.register}`;
      // What is marked as changed now is not in the next step.
      const text = JSON.stringify(json);
      const isNew = this.#rows.get(key) !== text;
      this.#rows.set(key, text);
      return isNew ? [json] : [];
    });
  }

  #changedKvm({ vcpu, kvm }: Side): KvmJson[] {
    return kvm.flatMap(({ name, value }) => {
      if (!this.#shown.kvm.has(name)) return [];
      const json = viewValue(value) as unknown as KvmJson["value"];
      const text = JSON.stringify(json);
      const key = `${vcpu} ${name}`;
      const isNew = this.#kvm.get(key) !== text;
      this.#kvm.set(key, text);
      return isNew ? [{ name, value: json }] : [];
    });
  }
}

/**
 * What is written down of the sides of all steps.
 *
 * @param asked what statements name, whether it says anything or not
 */
export function shownOf(
  steps: readonly (readonly Side[])[],
  asked: {
    readonly registers: ReadonlySet<RegisterInfo["id"]>;
    readonly views: readonly TableView[];
  },
): Shown {
  const views = new Set<TableView>(asked.views);
  const registers = new Set<RegisterInfo["id"]>(asked.registers);
  const kvm = new Set<string>();
  for (const side of steps.flat()) {
    side.views.forEach((view) => views.add(view));
    side.says.forEach((id) => registers.add(id));
    for (const { physical, register } of side.rows) {
      if (physical && registers.has(register.id)) registers.add(physical.id);
    }
    for (const { name, value } of side.kvm) {
      if (value.kind === "value" && value.value !== 0n) kvm.add(name);
    }
  }
  return { views: COLUMNS.filter((view) => views.has(view)), registers, kvm };
}
