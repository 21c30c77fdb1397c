/**
 * What every view shows at a step, from what the document has: the changes of each step.
 *
 * @module
 */
import type {
  KvmJson,
  MapJson,
  RecordJson,
  RowJson,
  SideJson,
} from "../report/document.ts";

/** One vCPU beside its CPU at a step. */
export interface SideState {
  readonly vcpu: number;
  readonly cpu: number;
  readonly loaded: boolean;
  readonly pending: number;
  /** By register, in the order of the table. */
  readonly rows: ReadonlyMap<string, RowJson>;
  readonly kvm: ReadonlyMap<string, KvmJson>;
  /** Names of KVM's own state that changed in this step. */
  readonly kvmChanged: ReadonlySet<string>;
  readonly map: MapJson | null;
}

/** What is seen at a step. */
export interface Moment {
  /** By vCPU; empty before the machine is built. */
  readonly sides: readonly SideState[];
  /** Number of the chain of each value, `hw 0 DBGBCR3_EL1`. */
  readonly whys: ReadonlyMap<string, number>;
}

const NOTHING: Moment = { sides: [], whys: new Map() };

function nextSide(was: SideState | undefined, now: SideJson): SideState {
  const rows = new Map(was?.rows);
  for (const row of now.rows) rows.set(row.register, row);
  const kvm = new Map(was?.kvm);
  for (const one of now.kvm) kvm.set(one.name, one);
  return {
    vcpu: now.vcpu,
    cpu: now.cpu,
    loaded: now.loaded,
    pending: now.pending,
    rows,
    kvm,
    kvmChanged: was === undefined
      ? new Set()
      : new Set(now.kvm.map(({ name }) => name)),
    map: now.map === undefined ? was?.map ?? null : now.map,
  };
}

/** The moments of a record, worked out once. */
export function moments({ steps }: RecordJson): Moment[] {
  let moment = NOTHING;
  return steps.map(({ sides, whys }) => {
    const next = moment.sides.map((side): SideState => ({
      ...side,
      kvmChanged: new Set(),
    }));
    for (const side of sides) next[side.vcpu] = nextSide(next[side.vcpu], side);
    const entries = Object.entries(whys);
    moment = {
      sides: next,
      whys: entries.length === 0
        ? moment.whys
        : new Map([...moment.whys, ...entries]),
    };
    return moment;
  });
}

/** The row that holds the guest's number of a breakpoint, and the row of the physical register that stands for it. */
export function pairOf(
  side: SideState,
  row: RowJson,
  view: string,
): { readonly guest: RowJson; readonly physical: RowJson } {
  const isPhysical = view === "hw" || view === "cpu";
  if (!isPhysical) {
    const physical = row.physical === null
      ? row
      : side.rows.get(row.physical) ?? row;
    return { guest: row, physical };
  }
  const guest = [...side.rows.values()].find(({ physical }) =>
    physical === row.register
  );
  return { guest: guest ?? row, physical: row };
}
