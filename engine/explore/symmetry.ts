/**
 * States that differ only in how vCPUs, CPUs, breakpoint slots and addresses are named, as one.
 *
 * A renaming is a permutation of vCPUs, one of CPUs, one of slots, and one of pages of addresses. It counts if it
 * turns each vCPU's programs, and each CPU's, into those of the one that it is renamed to; then it turns every
 * schedule into a schedule, and what one breaks the other breaks. Node goes to node, or, where slots are
 * exchanged, the ways of a choice to those of the other in any order. Addresses are renamed by whole pages of
 * 4 KiB, so that alignment, sizes and distances within a page stay what they are; whatever else instructions name
 * must be equal. Where `always` or `finally` ask about one vCPU by its number nothing is renamed.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { join64 } from "../word64.ts";
import type { Graph } from "./graph.ts";
import type { Model, UserAction } from "./model.ts";
import type { SlotNames } from "./slots.ts";
import type { Steps } from "./steps.ts";

/** Ways to rename that are tried; with more, none is used. */
const RENAMINGS_MAX = 1000;

/** Renamings that others make one after the other; with more, slots keep their names. */
const CLOSED_MAX = 100;

/** Nodes of a program whose choices are matched in any order. */
const NODES_MATCHED_MAX = 1000;

/** By position in a program: the position in the program that it is renamed to; undefined if it is the same. */
export type Positions = ReadonlyMap<number, number> | undefined;

const PAGE_BITS = 12n;
const PAGE_MASK = 0xfffn;

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

/** Which names may be changed. */
export interface Names {
  /** Those of vCPUs and CPUs. */
  readonly numbers: boolean;
  /** Those of breakpoint slots. */
  readonly slots: boolean;
}

/** Collects pages while programs are compared; refuses what would not be one to one. */
class Pages {
  readonly map = new Map<number, number>();
  readonly #back = new Map<number, number>();
  /** Pages in the order in which they were matched. */
  readonly #trail: number[] = [];

  /** @returns false if the two addresses cannot stand for each other */
  match(a: bigint, b: bigint): boolean {
    if ((a & PAGE_MASK) !== (b & PAGE_MASK)) return false;
    const from = Number(a >> PAGE_BITS);
    const to = Number(b >> PAGE_BITS);
    const known = this.map.get(from);
    if (known !== undefined) return known === to;
    if (this.#back.has(to)) return false;
    this.map.set(from, to);
    this.#back.set(to, from);
    this.#trail.push(from);
    return true;
  }

  /** How much was matched, for going back there. */
  get mark(): number {
    return this.#trail.length;
  }

  /** Forgets what was matched since. */
  backTo(mark: number): void {
    while (this.#trail.length > mark) {
      const from = this.#trail.pop()!;
      this.#back.delete(this.map.get(from)!);
      this.map.delete(from);
    }
  }

  /** Every page that something is renamed to is renamed itself. */
  isPermutation(): boolean {
    return [...this.#back.keys()].every((page) => this.map.has(page));
  }
}

function addressOf({ addressLo, addressHi }: Insn): bigint {
  return join64(addressLo, addressHi);
}

/** What lies behind an instruction is in its page. */
function staysInPage(insn: Insn): boolean {
  return Number(addressOf(insn) & PAGE_MASK) + insn.lengthBytes < 4096;
}

/** Whether one program is the other, renamed. */
function sameShape<A>(
  a: Graph<A>,
  b: Graph<A>,
  sameAction: (a: A, b: A) => boolean,
): boolean {
  if (a.start !== b.start || a.nodes.length !== b.nodes.length) return false;
  return a.nodes.every((node, at) => {
    const other = b.nodes[at];
    if (node.kind === "act") {
      return other.kind === "act" && node.next === other.next &&
        sameAction(node.action, other.action);
    }
    if (node.kind === "choice") {
      return other.kind === "choice" &&
        node.next.length === other.next.length &&
        node.next.every((next, i) => next === other.next[i]);
    }
    return other.kind === "end";
  });
}

/** Matches the nodes of two programs, the ways of a choice in any order. */
class Matching<A> {
  readonly positions = new Map<number, number>();
  readonly #taken = new Set<number>();
  readonly #trail: number[] = [];

  constructor(
    readonly a: Graph<A>,
    readonly b: Graph<A>,
    readonly same: (a: A, b: A) => boolean,
    readonly pages: Pages,
  ) {}

  /** @returns false, with nothing changed, if they cannot stand for each other */
  match(from: number, to: number): boolean {
    const pages = this.pages.mark;
    const trail = this.#trail.length;
    if (this.#matches(from, to)) return true;
    this.pages.backTo(pages);
    while (this.#trail.length > trail) {
      const node = this.#trail.pop()!;
      this.#taken.delete(this.positions.get(node)!);
      this.positions.delete(node);
    }
    return false;
  }

  #matches(from: number, to: number): boolean {
    const known = this.positions.get(from);
    if (known !== undefined) return known === to;
    if (this.#taken.has(to)) return false;
    this.positions.set(from, to);
    this.#taken.add(to);
    this.#trail.push(from);
    const a = this.a.nodes[from];
    const b = this.b.nodes[to];
    if (a.kind === "act") {
      return b.kind === "act" && this.same(a.action, b.action) &&
        this.#matches(a.next, b.next);
    }
    if (a.kind === "end") return b.kind === "end";
    if (b.kind !== "choice" || a.next.length !== b.next.length) return false;
    const left = [...b.next];
    return a.next.every((way) => {
      const found = left.findIndex((other) => this.match(way, other));
      if (found < 0) return false;
      left.splice(found, 1);
      return true;
    });
  }
}

/**
 * Whether one program is the other, renamed.
 *
 * @param inAnyOrder the ways of a choice may be exchanged
 * @returns the positions, or false if it is not
 */
function positionsOf<A>(
  a: Graph<A>,
  b: Graph<A>,
  { same, pages, inAnyOrder }: {
    readonly same: (a: A, b: A) => boolean;
    readonly pages: Pages;
    readonly inAnyOrder: boolean;
  },
): Positions | false {
  const mark = pages.mark;
  if (sameShape(a, b, same)) return undefined;
  pages.backTo(mark);
  const { length } = a.nodes;
  if (
    !inAnyOrder || length !== b.nodes.length || length > NODES_MATCHED_MAX
  ) return false;
  const matching = new Matching(a, b, same, pages);
  if (!matching.match(a.start, b.start)) return false;
  return matching.positions;
}

/** What programs are compared by. */
interface Terms {
  readonly model: Model;
  readonly pages: Pages;
  /** Undefined if slots keep their names. */
  readonly slots: SlotNames | undefined;
}

/** A register, and what is written to it, under other names of slots. */
function renamedWrite(
  { model, slots }: Terms,
  register: number,
  value: bigint,
): readonly [register: number, value: bigint] {
  if (slots === undefined || register < 0) return [register, value];
  const rules = model.monitor.slots;
  return [
    rules.register(register, slots),
    rules.value(register, value, slots),
  ];
}

function sameInsn(a: Insn, b: Insn, terms: Terms): boolean {
  const { model, pages } = terms;
  const [register, value] = renamedWrite(
    terms,
    a.register,
    join64(a.lo, a.hi),
  );
  if (
    a.op !== b.op || register !== b.register || a.level !== b.level ||
    a.maskLo !== b.maskLo || a.maskHi !== b.maskHi || a.mmio !== b.mmio ||
    a.sizeBytes !== b.sizeBytes || a.lengthBytes !== b.lengthBytes ||
    !staysInPage(a) || !staysInPage(b) ||
    !pages.match(addressOf(a), addressOf(b))
  ) return false;
  const memory = a.op === "load" || a.op === "store" || a.op === "rmw";
  const isAddress = memory ||
    a.op === "write" && model.monitor.isAddress(a.register);
  const values = [value, join64(b.lo, b.hi)] as const;
  return isAddress ? pages.match(...values) : values[0] === values[1];
}

type Addressed = { readonly action: string; readonly address?: bigint };

/** Requests of debuggers and of the host: equal but for the address. */
function sameRequest(a: Addressed, b: Addressed, pages: Pages): boolean {
  const { address: from, ...restA } = a;
  const { address: to, ...restB } = b;
  if (JSON.stringify(restA) !== JSON.stringify(restB)) return false;
  if (from === undefined || to === undefined) return from === to;
  return pages.match(from, to);
}

function sameUser(a: UserAction, b: UserAction, terms: Terms): boolean {
  const { model: { monitor }, pages } = terms;
  const sameValue = (register: number, x: bigint, y: bigint): boolean =>
    monitor.isAddress(register) ? pages.match(x, y) : x === y;
  switch (a.kind) {
    case "debugger":
      return b.kind === a.kind && sameRequest(a.request, b.request, pages);
    case "set": {
      const [register, value] = renamedWrite(terms, a.register, a.value);
      return b.kind === a.kind && register === b.register &&
        sameValue(register, value, b.value);
    }
    case "get":
      return b.kind === a.kind &&
        renamedWrite(terms, a.register, 0n)[0] === b.register;
    case "init":
      return b.kind === a.kind;
    case "guest-debug": {
      if (b.kind !== a.kind) return false;
      const { registers: x, ...restA } = a.request;
      const { registers: y, ...restB } = b.request;
      return JSON.stringify(restA) === JSON.stringify(restB) &&
        x.length === y.length &&
        new Set(x.map(({ register }) => register)).size === x.length &&
        x.every((one) => {
          const [register, value] = renamedWrite(
            terms,
            one.register,
            one.value,
          );
          const there = y.find((other) => other.register === register);
          return there !== undefined &&
            sameValue(register, value, there.value);
        });
    }
    default:
      return a satisfies never;
  }
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

function isSame(names: readonly number[] | undefined): boolean {
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
function closed(renamings: readonly Renaming[]): Renaming[] | undefined {
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

/** All renamings of a model. */
function renamingsOf(model: Model, names: Names): Renaming[] {
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

/** A renaming with its tables of component numbers, plus 1; 0 where it is not known yet. */
interface Table {
  readonly renaming: Renaming;
  /** By place in the renamed state: the place that it comes from. */
  readonly from: readonly number[];
  vcpus: Int32Array;
  cpus: Int32Array;
}

/** The renamings of a model, and the one state that stands for all that they turn into each other. */
export class Symmetry {
  /** Which names may be changed. */
  readonly names: Names;
  /** Renamings, the identity included. */
  readonly count: number;
  /** The same, the identity left out. */
  readonly renamings: readonly Renaming[];
  /** Some rename vCPUs or CPUs. */
  readonly ofNumbers: boolean;
  /** Some exchange breakpoint slots. */
  readonly ofSlots: boolean;
  readonly #tables: readonly Table[];
  readonly #steps: Steps;
  readonly #vcpus: number;
  readonly #parts: number;
  readonly #best: Int32Array;

  /**
   * @param steps where the components are
   * @param names which names may be changed
   */
  constructor(
    model: Model,
    steps: Steps,
    names: Names = { numbers: true, slots: true },
  ) {
    const { vcpus, cpus } = model;
    this.names = names;
    this.#steps = steps;
    this.#vcpus = vcpus;
    this.#parts = vcpus + cpus;
    this.#best = new Int32Array(this.#parts);
    const asks = model.always.length + model.finally.length > 0;
    const start = steps.initial();
    this.#tables = (asks ? [] : renamingsOf(model, names)).filter((one) =>
      !isSame(one.vcpus) || !isSame(one.cpus) || !isSame(one.slots) ||
      [one.guests, one.users, one.hosts].flat().some((positions) =>
        positions !== undefined && positions.size > 0
      )
    ).filter((renaming) =>
      // What each guest knows at the start is part of what it may rely on.
      start.vcpus.every((id, v) =>
        steps.renamedVcpu(id, renaming) === start.vcpus[renaming.vcpus[v]]
      )
    ).map((renaming) => ({
      renaming,
      from: [
        ...renaming.vcpus.map((_, at) => renaming.vcpus.indexOf(at)),
        ...renaming.cpus.map((_, at) => vcpus + renaming.cpus.indexOf(at)),
      ],
      vcpus: new Int32Array(256),
      cpus: new Int32Array(64),
    }));
    this.count = this.#tables.length + 1;
    this.renamings = this.#tables.map(({ renaming }) => renaming);
    this.ofNumbers = this.renamings.some(({ vcpus, cpus }) =>
      !isSame(vcpus) || !isSame(cpus)
    );
    this.ofSlots = this.renamings.some(({ slots }) => !isSame(slots));
  }

  /** Replaces a state by the least of those that renamings turn it into. */
  canonical(tuple: Int32Array, at: number): void {
    const best = this.#best;
    const parts = this.#parts;
    const vcpus = this.#vcpus;
    for (let i = 0; i < parts; i++) best[i] = tuple[at + i];
    for (const table of this.#tables) {
      const { from } = table;
      let less = false;
      for (let i = 0; i < parts; i++) {
        const id = tuple[at + from[i]];
        const known = i < vcpus ? table.vcpus : table.cpus;
        let renamed = id < known.length ? known[id] - 1 : -1;
        if (renamed < 0) renamed = this.#rename(table, i < vcpus, id);
        if (!less) {
          if (renamed > best[i]) break;
          if (renamed < best[i]) less = true;
        }
        if (less) best[i] = renamed;
      }
    }
    for (let i = 0; i < parts; i++) tuple[at + i] = best[i];
  }

  /** The least pair that renamings turn a pair into, in `pair`; with no CPU, the least vCPU. */
  leastPair(vcpu: number, cpu: number, pair: [number, number]): void {
    pair[0] = vcpu;
    pair[1] = cpu;
    for (const table of this.#tables) {
      const v = this.#renamed(table, true, vcpu);
      if (v > pair[0]) continue;
      const c = cpu < 0 ? cpu : this.#renamed(table, false, cpu);
      if (v < pair[0] || c < pair[1]) {
        pair[0] = v;
        pair[1] = c;
      }
    }
  }

  /** All that renamings turn a CPU's component into, itself included. */
  cpusLike(cpu: number): readonly number[] {
    return [
      cpu,
      ...this.#tables.map((table) => this.#renamed(table, false, cpu)),
    ];
  }

  #renamed(table: Table, isVcpu: boolean, id: number): number {
    const known = isVcpu ? table.vcpus : table.cpus;
    const renamed = id < known.length ? known[id] - 1 : -1;
    return renamed < 0 ? this.#rename(table, isVcpu, id) : renamed;
  }

  #rename(table: Table, isVcpu: boolean, id: number): number {
    const { renaming } = table;
    const renamed = isVcpu
      ? this.#steps.renamedVcpu(id, renaming)
      : this.#steps.renamedCpu(id, renaming);
    const key = isVcpu ? "vcpus" : "cpus";
    while (id >= table[key].length) {
      const larger = new Int32Array(table[key].length * 2);
      larger.set(table[key]);
      table[key] = larger;
    }
    table[key][id] = renamed + 1;
    return renamed;
  }
}
