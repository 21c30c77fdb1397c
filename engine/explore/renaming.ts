/**
 * Renamings of vCPUs, CPUs, breakpoint slots and addresses, and what one after the other makes.
 *
 * @module
 */
import type { SlotNames } from "./slots.ts";

/** Renamings that others make one after the other; with more, slots keep their names. */
const CLOSED_MAX = 100;

/** By position in a program: the position in the program that it is renamed to; undefined if it is the same. */
export type Positions = ReadonlyMap<number, number> | undefined;

/** One way to rename. */
export interface Renaming {
  /** By vCPU: what it is called instead. */
  readonly vcpus: readonly number[];
  /** The same of physical CPUs. */
  readonly cpus: readonly number[];
  /** By breakpoint slot: what it is called instead; undefined if none is renamed. */
  readonly slots: SlotNames | undefined;
  /** Pages that are renamed, by number. */
  readonly pages: ReadonlyMap<number, number>;
  /** Positions in programs of guests and of userspaces, by vCPU, and of the host, by CPU. */
  readonly guests: readonly Positions[];
  readonly users: readonly Positions[];
  readonly hosts: readonly Positions[];
}

/** One renaming after the other, of numbers that a map names or leaves. */
function chained(
  first: ReadonlyMap<number, number>,
  then: ReadonlyMap<number, number>,
): Map<number, number> {
  const all = new Set([...first.keys(), ...then.keys()]);
  const chain = [...all].map((one): [number, number] => {
    const between = first.get(one) ?? one;
    return [one, then.get(between) ?? between];
  });
  return new Map(chain.filter(([from, to]) => from !== to));
}

const SAME: ReadonlyMap<number, number> = new Map();

/** One renaming after the other. */
function composed(first: Renaming, then: Renaming): Renaming {
  const along = (
    by: readonly number[],
    a: readonly Positions[],
    b: readonly Positions[],
  ): Positions[] =>
    a.map((positions, i) => {
      const chain = chained(positions ?? SAME, b[by[i]] ?? SAME);
      return chain.size === 0 ? undefined : chain;
    });
  const { vcpus, cpus, slots } = first;
  return {
    vcpus: vcpus.map((v) => then.vcpus[v]),
    cpus: cpus.map((p) => then.cpus[p]),
    slots: slots === undefined
      ? then.slots
      : then.slots === undefined
      ? slots
      : slots.map((slot) => then.slots![slot]),
    pages: chained(first.pages, then.pages),
    guests: along(vcpus, first.guests, then.guests),
    users: along(vcpus, first.users, then.users),
    hosts: along(cpus, first.hosts, then.hosts),
  };
}

/** Nothing is renamed. */
export function isSame(names: readonly number[] | undefined): boolean {
  return names === undefined || names.every((to, from) => to === from);
}

/** A renaming as a text: equal renamings, equal texts. */
function keyOf(one: Renaming): string {
  const entries = (map: Positions) =>
    [...map ?? SAME].filter(([from, to]) => from !== to).sort(([a], [b]) =>
      a - b
    );
  return JSON.stringify([
    one.vcpus,
    one.cpus,
    isSame(one.slots) ? null : one.slots,
    entries(one.pages),
    one.guests.map(entries),
    one.users.map(entries),
    one.hosts.map(entries),
  ]);
}

/**
 * All renamings that some make one after the other: of a group's members each state has one least image, of any
 * other set it may have several.
 *
 * @returns undefined if they are too many
 */
export function closed(renamings: readonly Renaming[]): Renaming[] | undefined {
  const known = new Map(renamings.map((one) => [keyOf(one), one]));
  const all = [...known.values()];
  for (let n = 0; n < all.length; n++) {
    for (const one of renamings) {
      const next = composed(all[n], one);
      const key = keyOf(next);
      if (known.has(key)) continue;
      if (all.length >= CLOSED_MAX) return undefined;
      known.set(key, next);
      all.push(next);
    }
  }
  return all;
}
