/**
 * The renamings of a model: permutations that turn its programs into each other.
 *
 * @module
 */
import type { HostDebugRequest } from "../rules.ts";
import { sameInsn, sameRequest, sameUser } from "./action_matching.ts";
import type { Model } from "./model.ts";
import { Pages, positionsOf } from "./program_matching.ts";
import { closed, isSame, type Positions, type Renaming } from "./renaming.ts";

/** Ways to rename that are tried; with more, none is used. */
const RENAMINGS_MAX = 1000;

/** Which names may be changed. */
export interface Names {
  /** Those of vCPUs and CPUs. */
  readonly numbers: boolean;
  /** Those of breakpoint slots. */
  readonly slots: boolean;
}

/** The renaming of some permutations, if the programs allow it. */
function renamingOf(
  model: Model,
  { vcpus, cpus, slots }: Pick<Renaming, "vcpus" | "cpus" | "slots">,
): Renaming | undefined {
  const pages = new Pages();
  // Nothing and the null address stay what they are.
  pages.match(0n, 0n);
  const { guests, users, hosts, monitor } = model;
  const terms = { model, pages, slots };
  const common = { pages, inAnyOrder: slots !== undefined };
  const positions = {
    guests: [] as Positions[],
    users: [] as Positions[],
    hosts: [] as Positions[],
  };
  const add = (to: Positions[], found: Positions | false): boolean => {
    if (found === false) return false;
    to.push(found);
    return true;
  };
  const guestsMatch = vcpus.every((to, v) => {
    const from = monitor.handlerAddress(v);
    const there = monitor.handlerAddress(to);
    const handlers = from === undefined || there === undefined ||
      pages.match(from, there);
    return handlers &&
      add(
        positions.guests,
        positionsOf(guests[v], guests[to], {
          ...common,
          same: (a, b) => sameInsn(a, b, terms),
        }),
      ) &&
      add(
        positions.users,
        positionsOf(users[v], users[to], {
          ...common,
          same: (a, b) => sameUser(a, b, terms),
        }),
      );
  });
  if (!guestsMatch) return undefined;
  const hostsMatch = cpus.every((to, p) =>
    add(
      positions.hosts,
      positionsOf(hosts[p], hosts[to], {
        ...common,
        same: (a: HostDebugRequest, b: HostDebugRequest) =>
          sameRequest(a, b, pages),
      }),
    )
  );
  if (!hostsMatch || !pages.isPermutation()) return undefined;
  const renamed = [...pages.map].filter(([from, to]) => from !== to);
  return { vcpus, cpus, slots, pages: new Map(renamed), ...positions };
}

/** All renamings of a model. */
export function renamingsOf(model: Model, names: Names): Renaming[] {
  const { vcpus, cpus, monitor } = model;
  const count = monitor.slots.count;
  const groups = names.slots ? monitor.slots.groups(model) : [];
  const numbers = names.numbers ? factorial(vcpus) * factorial(cpus) : 1;
  const exchanges = groups.reduce(
    (product, { length }) => product * factorial(length),
    1,
  );
  if (numbers > RENAMINGS_MAX) {
    return names.slots
      ? renamingsOf(model, { numbers: false, slots: true })
      : [];
  }
  if (numbers * exchanges > RENAMINGS_MAX) {
    return renamingsOf(model, { ...names, slots: false });
  }
  const orders = (count: number): readonly (readonly number[])[] =>
    names.numbers ? permutations(count) : [identity(count)];
  const found = orders(vcpus).flatMap((v) =>
    orders(cpus).flatMap((p) =>
      slotNames(groups, count).flatMap((slots) =>
        renamingOf(model, { vcpus: v, cpus: p, slots }) ?? []
      )
    )
  );
  const moves = found.some(({ guests, users, hosts }) =>
    [guests, users, hosts].flat().some((positions) => positions !== undefined)
  );
  // Where no position moves a renaming is known by its permutations, and they make a group.
  if (!moves) return found;
  return closed(found) ?? renamingsOf(model, { ...names, slots: false });
}

function identity(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Every way to exchange slots within their groups; undefined for none. */
function slotNames(
  groups: readonly (readonly number[])[],
  count: number,
): (number[] | undefined)[] {
  return groups.reduce<number[][]>(
    (all, group) =>
      all.flatMap((names) =>
        permutations(group.length).map((order) => {
          const next = [...names];
          order.forEach((to, from) => next[group[from]] = group[to]);
          return next;
        })
      ),
    [identity(count)],
  ).map((names) => isSame(names) ? undefined : names);
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => {
      const one = [...rest];
      one.splice(at, 0, count - 1);
      return one;
    })
  );
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
