/**
 * The words that lines are looked up in: the engine's architectures, and what they have in common.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  type ArchName,
  type CostName,
  COSTS,
  type CountInfo,
  ERRNO,
  type ErrnoName,
  type ExitName,
  type Field,
  type Layout,
  PROPERTY_NAMES,
  type RegisterInfo,
  VCPUS_MAX,
} from "../../engine/mod.ts";

/** The architecture of a text that names none. */
export const DEFAULT_ARCH: ArchName = "arm64";

/** How a run can end. */
export const EXITS: readonly ExitName[] = [
  "idle",
  "debug",
  "preempted",
  "io",
  "mmio",
  "error",
];

/** Error numbers by name. */
export const ERRNOS = Object.keys(ERRNO) as readonly ErrnoName[];

/** Counters. */
export const COUNTERS: readonly CostName[] = COSTS;

/** What `never` takes. */
export function propertyNames(): readonly string[] {
  return PROPERTY_NAMES;
}

/** Kinds of failures: the properties, and what a guest notices of `noticed` alone. */
export function failureKinds(): readonly string[] {
  return [...PROPERTY_NAMES, "frame"];
}

/** The architecture where none is known yet; of `architectures()` the bundle would make the tables of all. */
export function firstArchitecture(): Architecture {
  return architecture(DEFAULT_ARCH)!;
}

/** Every architecture. */
export function architectures(): readonly Architecture[] {
  return ARCH_NAMES.flatMap((name) => architecture(name) ?? []);
}

/** The architecture of a name; undefined if there is none. */
export function architectureOf(name: string): Architecture | undefined {
  const known = ARCH_NAMES.find((one) => one === name);
  return known && architecture(known);
}

/** What `set` takes. */
export function guestCounts(
  { guestCounts }: Architecture,
): readonly Pick<CountInfo, "name" | "min" | "max" | "names">[] {
  return [...guestCounts, { name: "vcpus", min: 1, max: VCPUS_MAX }];
}

/** A field of a register, with the layout that has it. */
interface LaidOut {
  readonly layout: Layout;
  readonly field: Field;
}

const FIELDS = new WeakMap<Layout, readonly LaidOut[]>();

/** The fields of a register, those of other readings of its bits too, each with its layout. */
export function fieldsOf({ layout }: RegisterInfo): readonly LaidOut[] {
  const known = FIELDS.get(layout);
  if (known) return known;
  const fields = [layout, ...layout.forms].flatMap((of) =>
    of.fields.map((field) => ({ layout: of, field }))
  );
  FIELDS.set(layout, fields);
  return fields;
}

/** Registers by family, `dbgbcr`, and number. */
type Families = ReadonlyMap<string, ReadonlyMap<number, RegisterInfo>>;

const FAMILIES = new WeakMap<Architecture, Families>();

/** The members of a family by number; undefined if there is no such family. */
export function familyOf(
  arch: Architecture,
  text: string,
): ReadonlyMap<number, RegisterInfo> | undefined {
  let families = FAMILIES.get(arch);
  if (!families) {
    const made = new Map<string, Map<number, RegisterInfo>>();
    for (const info of arch.registers.all) {
      if (info.number < 0 || info.userOnly) continue;
      const family = made.get(info.family) ?? new Map();
      made.set(info.family, family.set(info.number, info));
    }
    families = made;
    FAMILIES.set(arch, families);
  }
  return families.get(text.toLowerCase());
}

/**
 * A register by a spelling in any case.
 *
 * @param userToo words of an ioctl's structure count as well, which only `user get` and `user set` know
 */
export function registerNamed(
  { registers }: Architecture,
  text: string,
  userToo: boolean,
): RegisterInfo | undefined {
  const found = registers.find(text);
  return found?.userOnly && !userToo ? undefined : found;
}
