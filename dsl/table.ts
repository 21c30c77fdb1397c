/**
 * The side-by-side table as data: each register once, with what guest, userspace, hardware and CPU have.
 *
 * @module
 */
import type {
  Architecture,
  Layout,
  Machine,
  NumberMap,
  RegisterInfo,
  ViewValue,
} from "../engine/mod.ts";

/** The columns of the table, in order. */
export const TABLE_VIEWS = ["guest", "user", "hw", "cpu"] as const;

/** A column of the table. */
export type TableView = typeof TABLE_VIEWS[number];

/** One register in all views asked for. */
export interface TableRow {
  readonly register: RegisterInfo;
  readonly cells: Readonly<Partial<Record<TableView, ViewValue>>>;
  /** Physical register that the guest's one is renumbered to, if it is another. */
  readonly physical: RegisterInfo | undefined;
}

/** Registers side by side, for one vCPU and one physical CPU. */
export interface Table {
  readonly vcpu: number;
  readonly cpu: number;
  readonly views: readonly TableView[];
  readonly rows: readonly TableRow[];
  /** Rows left out because every view has its reset value. */
  readonly quiet: number;
}

/** What to show. */
export interface TableRequest {
  readonly vcpu: number;
  readonly cpu: number;
  /** All if empty. */
  readonly views: readonly TableView[];
  /** Names or patterns (`dbgb*`); those that say something if empty. */
  readonly patterns: readonly string[];
}

/** Turns a pattern such as `dbgb*` into a test of register names. */
export function patternTest(pattern: string): (info: RegisterInfo) => boolean {
  const source = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`);
  return ({ name, short }) =>
    expression.test(short) || expression.test(name.toLowerCase());
}

/** True if a view has nothing to say: it is zero, or there is no value. */
function isQuiet(value: ViewValue | undefined, info: RegisterInfo): boolean {
  if (value === undefined || value.kind !== "value") return true;
  return value.value === info.reset;
}

/** The physical register that a guest's breakpoint register means, if it is another one. */
function renumbered(
  arch: Architecture,
  info: RegisterInfo,
  map: NumberMap | undefined,
): RegisterInfo | undefined {
  if (map === undefined || !info.family.startsWith("dbgb")) return undefined;
  const physical = map.physical[info.number];
  if (physical === undefined || physical === info.number) return undefined;
  return arch.registers.find(`${info.family}${physical}`);
}

/** Builds the table from what the machine's views give now. */
export function buildTable(
  arch: Architecture,
  machine: Machine,
  request: TableRequest,
): Table {
  const { vcpu, cpu } = request;
  const views = request.views.length === 0 ? TABLE_VIEWS : request.views;
  const tests = request.patterns.map(patternTest);
  const map = machine.numberMap(vcpu);
  const rows: TableRow[] = [];
  let quiet = 0;
  for (const register of arch.registers.all) {
    if (tests.length > 0 && !tests.some((test) => test(register))) continue;
    const cells: Partial<Record<TableView, ViewValue>> = {};
    for (const view of views) {
      cells[view] = machine.view(
        view,
        view === "cpu" ? cpu : vcpu,
        register.id,
      );
    }
    if (
      tests.length === 0 &&
      views.every((view) => isQuiet(cells[view], register))
    ) {
      quiet++;
      continue;
    }
    rows.push({ register, cells, physical: renumbered(arch, register, map) });
  }
  return { vcpu, cpu, views, rows, quiet };
}

/** One field of a decoded value. */
export interface DecodedField {
  readonly name: string;
  readonly value: bigint;
  /** The value's name, if it has one. */
  readonly label: string | undefined;
}

/** Splits a value into its fields, top to bottom. */
export function decode(layout: Layout, value: bigint): DecodedField[] {
  return layout.fields.map((field) => {
    const v = layout.get(value, field.name);
    const label = Object.entries(field.values ?? {}).find(([, n]) => n === v)
      ?.[0];
    return { name: field.name, value: v, label };
  });
}
