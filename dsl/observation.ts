/**
 * What a person sees of a machine at one moment, and what differs between two moments.
 *
 * @module
 */
import type {
  Architecture,
  Machine,
  RegisterInfo,
  ViewValue,
} from "../engine/mod.ts";
import type { Seen } from "./actions.ts";
import {
  buildTable,
  type KvmState,
  type Table,
  TABLE_VIEWS,
  type TableRow,
  type TableView,
} from "./table.ts";
import { viewText } from "./values.ts";

/** One vCPU with the physical CPU that it is or was on. */
export interface Side {
  /** vCPU index. */
  readonly vcpu: number;
  /** Physical CPU index. */
  readonly cpu: number;
  /** The vCPU is loaded on it. */
  readonly isLoaded: boolean;
  /** Every register, in order. */
  readonly rows: readonly TableRow[];
  /** KVM's own state by name, without its copies of registers. */
  readonly kvm: KvmState["values"];
  /** Instructions that wait for a run. */
  readonly pending: number;
}

/** A physical CPU that no vCPU is or was on. */
export interface SpareCpu {
  /** Physical CPU index. */
  readonly cpu: number;
  /** Every register of it. */
  readonly rows: readonly TableRow[];
}

/** A machine at one moment. */
export interface Observation {
  /** A vCPU each. */
  readonly sides: readonly Side[];
  /** A CPU each. */
  readonly spare: readonly SpareCpu[];
}

/** Copies of whole sets: their registers have rows of their own. */
const COPY = /^(stored|shadow|external)_dbg/;

/** Looks at all that views show of a machine. */
export function observe(arch: Architecture, machine: Machine): Observation {
  const sides = Array.from({ length: machine.vcpus }, (_, vcpu): Side => {
    const cpu = machine.cpuOf(vcpu);
    const { rows, isLoaded } = buildTable(arch, machine, {
      vcpu,
      cpu,
      views: [],
      patterns: ["*"],
      kvm: [],
    });
    const kvm = arch.kvmNames.filter((name) => !COPY.test(name)).map((
      name,
    ) => ({ name, value: machine.kvmView(vcpu, name) }));
    const pending = machine.pendingInsns(vcpu).length;
    return { vcpu, cpu, isLoaded, rows, kvm, pending };
  });
  const used = new Set(sides.map(({ cpu }) => cpu));
  const spare: SpareCpu[] = [];
  for (let cpu = 0; cpu < machine.cpus; cpu++) {
    if (used.has(cpu)) continue;
    const rows = arch.registers.all.filter(({ physical }) => physical).map((
      register,
    ): TableRow => ({
      register,
      cells: { cpu: machine.view("cpu", cpu, register.id) },
      physical: undefined,
    }));
    spare.push({ cpu, rows });
  }
  return { sides, spare };
}

function sameValue(
  a: ViewValue | undefined,
  b: ViewValue | undefined,
): boolean {
  return a === b ||
    a !== undefined && b !== undefined && viewText(a) === viewText(b);
}

/** True if a view says nothing: there is no value, or the one at reset. */
function saysNothing(
  value: ViewValue | undefined,
  { reset }: RegisterInfo,
): boolean {
  return value === undefined || value.kind !== "value" || value.value === reset;
}

/**
 * Views in which a value changed, and is or was not just absent or as at reset.
 *
 * @param was the row before; undefined for a vCPU that was not there
 */
function changedViews(
  { register, cells }: TableRow,
  was: TableRow | undefined,
): TableView[] {
  return TABLE_VIEWS.filter((view) => {
    const now = cells[view];
    const then = was?.cells[view];
    return !(was !== undefined && sameValue(now, then)) &&
      !(saysNothing(now, register) && saysNothing(then, register));
  });
}

/** True if a view of a row changed. */
function isNews(row: TableRow, was: TableRow): boolean {
  return changedViews(row, was).length > 0;
}

/** The cells of all tables that changed between two moments, and are or were not just absent or as at reset. */
export function changedCells(before: Observation, after: Observation): Seen[] {
  const seen = (
    view: TableView,
    index: number,
    { id }: RegisterInfo,
  ): Seen => ({
    view,
    index,
    register: id,
    kvmName: undefined,
    field: undefined,
  });
  const sides = after.sides.flatMap(({ vcpu, cpu, rows }) => {
    const was = before.sides[vcpu]?.rows;
    return withoutAliases(rows.filter(({ register }) => !register.hostOnly))
      .flatMap((row) =>
        changedViews(
          row,
          was?.find(({ register }) => register.id === row.register.id),
        ).map((view) => seen(view, view === "cpu" ? cpu : vcpu, row.register))
      );
  });
  const spare = after.spare.flatMap(({ cpu, rows }) => {
    const was = before.spare.find((one) => one.cpu === cpu)?.rows ??
      before.sides.find((one) => one.cpu === cpu)?.rows;
    return rows.filter(({ register, cells }) => {
      const row = was?.find((one) => one.register.id === register.id);
      return row !== undefined && !sameValue(row.cells.cpu, cells.cpu);
    }).map(({ register }) => seen("cpu", cpu, register));
  });
  return [...sides, ...spare];
}

/** What changed of one vCPU or CPU: a table, with the rows as they were, and what is printed in a line. */
export interface Change {
  /** The rows that changed. */
  readonly table: Table;
  /** Every row as it was. */
  readonly before: readonly TableRow[];
  /** What a table cannot show, a line each. */
  readonly notes: readonly string[];
}

/** Registers that an access of the guest would find, or no longer. */
function definedNotes(
  rows: readonly TableRow[],
  before: readonly TableRow[],
): string[] {
  const names = (isUndef: boolean): string[] =>
    rows.filter(({ cells }, index) => {
      const now = cells.guest?.kind === "undef";
      return now === isUndef &&
        (before[index].cells.guest?.kind === "undef") !== now;
    }).map(({ register }) => register.short);
  const [gone, come] = [names(true), names(false)];
  return [
    ...(gone.length > 0 ? [`the guest has no more ${gone.join(" ")}`] : []),
    ...(come.length > 0 ? [`the guest has ${come.join(" ")}`] : []),
  ];
}

/** The guest's breakpoints that are others of the machine's. */
function numberNotes(
  rows: readonly TableRow[],
  before: readonly TableRow[],
): string[] {
  const changed = rows.some(({ physical }, index) =>
    physical !== before[index].physical
  );
  if (!changed) return [];
  const numbers = rows.flatMap(({ register, physical }) =>
    physical && register.family === "dbgbcr"
      ? [`${register.number} → ${physical.number}`]
      : []
  );
  return [
    numbers.length === 0
      ? "breakpoints have the machine's numbers"
      : `breakpoints renumbered: ${numbers.join(", ")}`,
  ];
}

/** Rows of registers that rows are renumbered to, or that are renumbered to them. */
function relatives(
  rows: readonly TableRow[],
  all: readonly TableRow[],
): TableRow[] {
  const shown = new Set(rows.map(({ register }) => register.id));
  const wanted = new Set<RegisterInfo["id"]>();
  for (const { register, physical } of rows) {
    if (physical) wanted.add(physical.id);
    const from = all.find((row) => row.physical?.id === register.id);
    if (from) wanted.add(from.register.id);
  }
  return all.filter(({ register }) =>
    wanted.has(register.id) && !shown.has(register.id)
  );
}

/** True if a row is not worth showing where it was not asked for: as `show` has it. */
export function isQuiet({ register, cells }: TableRow): boolean {
  return register.isConstant || register.hostOnly ||
    TABLE_VIEWS.every((view) => saysNothing(cells[view], register));
}

/** Rows without another name of a register that has a row: DR4 and DR5 are DR6 and DR7. */
function withoutAliases(rows: readonly TableRow[]): TableRow[] {
  return rows.filter(({ register, cells }) =>
    register.physical || register.userspace ||
    !rows.some((other) =>
      other.register !== register &&
      other.register.layout === register.layout &&
      sameValue(other.cells.guest, cells.guest)
    )
  );
}

/**
 * What differs between two moments, a table for each vCPU and CPU that differs.
 *
 * @param full the rows that did not change but say something, too
 */
export function changes(
  before: Observation,
  after: Observation,
  { full = false }: { readonly full?: boolean } = {},
): Change[] {
  const found: Change[] = [];
  for (const side of after.sides) {
    const was = before.sides[side.vcpu];
    // A vCPU that was not there: everything of it that says something is new.
    const wasRows = was?.rows ?? side.rows;
    const changed = withoutAliases(
      side.rows.filter((row, index) =>
        was === undefined
          ? !isQuiet(row)
          : !row.register.hostOnly && isNews(row, wasRows[index])
      ),
    );
    const kvm = side.kvm.filter(({ value }, index) =>
      was !== undefined && !sameValue(value, was.kvm[index].value)
    );
    const notes = [
      ...definedNotes(side.rows, wasRows),
      ...numberNotes(side.rows, wasRows),
    ];
    if (changed.length + kvm.length + notes.length === 0) continue;
    const rows = full
      ? side.rows.filter((row) => changed.includes(row) || !isQuiet(row))
      : changed;
    found.push({
      table: tableOf(side, rows, kvm),
      before: wasRows,
      notes,
    });
  }
  for (const { cpu, rows } of after.spare) {
    const was = before.spare.find((one) => one.cpu === cpu)?.rows ??
      before.sides.find((one) => one.cpu === cpu)?.rows;
    const changed = rows.filter(({ register, cells }) => {
      const row = was?.find((one) => one.register.id === register.id);
      return row !== undefined && !sameValue(row.cells.cpu, cells.cpu);
    });
    if (changed.length === 0) continue;
    found.push({
      table: {
        vcpu: -1,
        cpu,
        isLoaded: false,
        views: ["cpu"],
        rows: changed,
        related: [],
        quiet: 0,
        kvm: [],
      },
      before: was ?? rows,
      notes: [],
    });
  }
  return found;
}

/** Views in which some of the rows have a value. */
function spokenViews(rows: readonly TableRow[]): TableView[] {
  return TABLE_VIEWS.filter((view) =>
    view === "guest" || rows.some(({ cells }) => cells[view]?.kind !== "none")
  );
}

function tableOf(
  { vcpu, cpu, isLoaded, rows: all }: Side,
  rows: readonly TableRow[],
  values: KvmState["values"],
): Table {
  return {
    vcpu,
    cpu,
    isLoaded,
    views: spokenViews(rows),
    rows,
    related: relatives(rows, all),
    quiet: 0,
    kvm: values.length === 0 ? [] : [{ vcpu, values }],
  };
}
