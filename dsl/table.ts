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
export type TableView = typeof TABLE_VIEWS[number] | "bare";

/** All columns, in their order; the bare machine's is shown where it is asked for, or differs from the guest's. */
export const COLUMNS: readonly TableView[] = [
  "guest",
  "bare",
  "user",
  "hw",
  "cpu",
];

/** One register in all views asked for. */
export interface TableRow {
  /** The register. */
  readonly register: RegisterInfo;
  /** Its value in each view asked for. */
  readonly cells: Readonly<Partial<Record<TableView, ViewValue>>>;
  /** Physical register that the guest's one is renumbered to, if it is another. */
  readonly physical: RegisterInfo | undefined;
}

/** KVM's own state of one vCPU. */
export interface KvmState {
  /** Whose it is. */
  readonly vcpu: number;
  /** By the kernel's names. */
  readonly values: readonly {
    readonly name: string;
    readonly value: ViewValue;
  }[];
}

/** Registers side by side, for one vCPU and one physical CPU. */
export interface Table {
  /** vCPU of the guest, user, hw and kvm views. */
  readonly vcpu: number;
  /** Physical CPU of the cpu view. */
  readonly cpu: number;
  /** The vCPU is loaded on that CPU, in the guest or not: what `hw` intends should be in the CPU. */
  readonly isLoaded: boolean;
  /** The columns. */
  readonly views: readonly TableView[];
  /** The registers. */
  readonly rows: readonly TableRow[];
  /** Rows that were not asked for, of registers that rows are renumbered to, or that are renumbered to them. */
  readonly related: readonly TableRow[];
  /** Rows left out because every view has its reset value. */
  readonly quiet: number;
  /** KVM's own state of each vCPU asked for, by the kernel's names. */
  readonly kvm: readonly KvmState[];
}

/** What to show. */
export interface TableRequest {
  /** vCPU of the guest, user, hw and kvm views. */
  readonly vcpu: number;
  /** Physical CPU of the cpu view. */
  readonly cpu: number;
  /** All if empty. */
  readonly views: readonly TableView[];
  /** Names or patterns (`dbgb*`); those that say something if empty. */
  readonly patterns: readonly string[];
  /** vCPUs whose KVM state is asked for; the patterns are for its names too. */
  readonly kvm: readonly number[];
}

function patternExpression(pattern: string): RegExp {
  const source = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** Turns a pattern such as `dbgb*` into a test of register names. */
export function patternTest(pattern: string): (info: RegisterInfo) => boolean {
  const expression = patternExpression(pattern);
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

function kvmState(
  arch: Architecture,
  machine: Machine,
  vcpu: number,
  patterns: readonly string[],
): KvmState {
  const expressions = patterns.map(patternExpression);
  const asked = (name: string): boolean =>
    expressions.some((expression) => expression.test(name));
  const values: { name: string; value: ViewValue }[] = [];
  const named = arch.kvmNames.filter(asked);
  const all = named.length === 0;
  for (const name of all ? arch.kvmNames : named) {
    const value = machine.kvmView(vcpu, name);
    // Without a name asked for, what is zero or not there yet is not worth a row.
    if (all && (value.kind !== "value" || value.value === 0n)) continue;
    values.push({ name, value });
  }
  return { vcpu, values };
}

/** True while a vCPU is loaded on a CPU, in the guest or not. */
export function isLoadedOn(
  machine: Machine,
  vcpu: number,
  cpu: number,
): boolean {
  return machine.isLoaded(vcpu) && machine.cpuOf(vcpu) === cpu;
}

/** The views of a table that asks for none: the bare machine's too if the guest would read something else. */
function defaultViews(
  arch: Architecture,
  machine: Machine,
  { vcpu, patterns }: TableRequest,
): readonly TableView[] {
  const tests = patterns.map(patternTest);
  const shown = arch.registers.all.filter((register) =>
    tests.length === 0
      ? !register.isConstant
      : tests.some((test) => test(register))
  );
  const differs = machine.differsFromBare(vcpu, shown.map(({ id }) => id));
  return differs ? COLUMNS : TABLE_VIEWS;
}

/** @throws {RangeError} there is no such CPU or vCPU: a caller's bug, which would show another's words as registers */
function assertThere(
  machine: Machine,
  { vcpu, cpu, kvm }: TableRequest,
): void {
  const within = (index: number, count: number): boolean =>
    Number.isInteger(index) && index >= 0 && index < count;
  const { cpus, vcpus } = machine;
  if (!within(cpu, cpus)) {
    throw new RangeError(`Cannot show CPU ${cpu}: there are ${cpus}`);
  }
  const missing = [vcpu, ...kvm].find((one) => !within(one, vcpus));
  if (missing !== undefined) {
    throw new RangeError(`Cannot show vCPU ${missing}: there are ${vcpus}`);
  }
}

/**
 * Builds the table from what the machine's views give now.
 *
 * @throws {RangeError} the request names a CPU or vCPU that the machine does not have
 */
export function buildTable(
  arch: Architecture,
  machine: Machine,
  request: TableRequest,
): Table {
  assertThere(machine, request);
  const { vcpu, cpu } = request;
  const onlyKvm = request.kvm.length > 0 && request.views.length === 0;
  const views = onlyKvm
    ? []
    : request.views.length === 0
    ? defaultViews(arch, machine, request)
    : request.views;
  const kvm = request.kvm.map((v) =>
    kvmState(arch, machine, v, request.patterns)
  );
  const tests = request.patterns.map(patternTest);
  const map = machine.numberMap(vcpu);
  const rowsOf = (registers: readonly RegisterInfo[]): TableRow[] => {
    const ids = registers.map(({ id }) => id);
    const columns = views.map((view) =>
      machine.viewAll(view, view === "cpu" ? cpu : vcpu, ids)
    );
    return registers.map((register, index) => {
      const cells: Partial<Record<TableView, ViewValue>> = {};
      for (const [column, view] of views.entries()) {
        cells[view] = columns[column][index];
      }
      return { register, cells, physical: renumbered(arch, register, map) };
    });
  };
  const isAsked = (register: RegisterInfo): boolean =>
    tests.length > 0
      ? tests.some((test) => test(register))
      // Constants, and what only EL2 or the host has, are worth a row where they are asked for.
      : !register.isConstant && !register.hostOnly &&
        register.unasked !== "never";
  const asked = views.length === 0 ? [] : arch.registers.all.filter(isAsked);
  const isQuietRow = ({ register, cells }: TableRow): boolean =>
    tests.length === 0 && register.unasked !== "always" &&
    views.every((view) => isQuiet(cells[view], register));
  const all = rowsOf(asked);
  const rows = all.filter((row) => !isQuietRow(row));
  const quiet = all.length - rows.length;
  const related = rowsOf(relatives(arch, rows, map));
  const isLoaded = isLoadedOn(machine, vcpu, cpu);
  return { vcpu, cpu, isLoaded, views, rows, related, quiet, kvm };
}

/** Registers outside the rows that a row's register is renumbered to, or that are renumbered to it. */
function relatives(
  arch: Architecture,
  rows: readonly TableRow[],
  map: NumberMap | undefined,
): RegisterInfo[] {
  const shown = new Set(rows.map(({ register }) => register.id));
  const found = new Map<number, RegisterInfo>();
  for (const { register, physical } of rows) {
    const { family, number } = register;
    const isBreakpoint = family.startsWith("dbgb");
    const virtual = isBreakpoint ? map?.physical.indexOf(number) ?? -1 : -1;
    const candidates = [
      physical,
      virtual < 0 ? undefined : arch.registers.find(`${family}${virtual}`),
    ];
    for (const candidate of candidates) {
      if (candidate && !shown.has(candidate.id)) {
        found.set(candidate.id, candidate);
      }
    }
  }
  return [...found.values()];
}

/** One field of a decoded value. */
export interface DecodedField {
  /** The field's name. */
  readonly name: string;
  /** Bits that it has. */
  readonly widthBits: number;
  /** Its value. */
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
    return { name: field.name, widthBits: field.widthBits, value: v, label };
  });
}
