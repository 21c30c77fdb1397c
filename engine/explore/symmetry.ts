/**
 * States that differ only in how vCPUs, CPUs and addresses are named, as one.
 *
 * A renaming is a permutation of vCPUs, one of CPUs, and one of pages of addresses. It counts if it turns each
 * vCPU's programs, and each CPU's, into those of the one that it is renamed to, node by node; then it turns every
 * schedule into a schedule, and what one breaks the other breaks. Addresses are renamed by whole pages of 4 KiB,
 * so that alignment, sizes and distances within a page stay what they are; whatever else instructions name must
 * be equal. Where `always` or `finally` ask about one vCPU by its number nothing is renamed.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { join64 } from "../word64.ts";
import type { Graph } from "./graph.ts";
import type { Model, UserAction } from "./model.ts";
import type { Steps } from "./steps.ts";

/** Ways to rename that are tried; with more, none is used. */
const RENAMINGS_MAX = 1000;

const PAGE_BITS = 12n;
const PAGE_MASK = 0xfffn;

/** One way to rename. */
export interface Renaming {
  /** By vCPU: what it is called instead. */
  readonly vcpus: readonly number[];
  /** The same of physical CPUs. */
  readonly cpus: readonly number[];
  /** Pages that are renamed, by number. */
  readonly pages: ReadonlyMap<number, number>;
}

/** Collects pages while programs are compared; refuses what would not be one to one. */
class Pages {
  readonly map = new Map<number, number>();
  readonly #back = new Map<number, number>();

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
    return true;
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

function sameInsn(a: Insn, b: Insn, model: Model, pages: Pages): boolean {
  if (
    a.op !== b.op || a.register !== b.register || a.level !== b.level ||
    a.maskLo !== b.maskLo || a.maskHi !== b.maskHi || a.mmio !== b.mmio ||
    a.sizeBytes !== b.sizeBytes || a.lengthBytes !== b.lengthBytes ||
    !staysInPage(a) || !staysInPage(b) ||
    !pages.match(addressOf(a), addressOf(b))
  ) return false;
  const memory = a.op === "load" || a.op === "store" || a.op === "rmw";
  const isAddress = memory ||
    a.op === "write" && model.monitor.isAddress(a.register);
  const values = [join64(a.lo, a.hi), join64(b.lo, b.hi)] as const;
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

function sameUser(
  a: UserAction,
  b: UserAction,
  { monitor }: Model,
  pages: Pages,
): boolean {
  const value = (register: number, x: bigint, y: bigint): boolean =>
    monitor.isAddress(register) ? pages.match(x, y) : x === y;
  switch (a.kind) {
    case "debugger":
      return b.kind === a.kind && sameRequest(a.request, b.request, pages);
    case "set":
      return b.kind === a.kind && a.register === b.register &&
        value(a.register, a.value, b.value);
    case "get":
      return b.kind === a.kind && a.register === b.register;
    case "init":
      return b.kind === a.kind;
    case "guest-debug": {
      if (b.kind !== a.kind) return false;
      const { registers: x, ...restA } = a.request;
      const { registers: y, ...restB } = b.request;
      return JSON.stringify(restA) === JSON.stringify(restB) &&
        x.length === y.length &&
        x.every((one, i) =>
          one.register === y[i].register &&
          value(one.register, one.value, y[i].value)
        );
    }
    default:
      return a satisfies never;
  }
}

/** The renaming of a pair of permutations, if the programs allow it. */
function renamingOf(
  model: Model,
  vcpus: readonly number[],
  cpus: readonly number[],
): Renaming | undefined {
  const pages = new Pages();
  // Nothing and the null address stay what they are.
  pages.match(0n, 0n);
  const { guests, users, hosts, monitor } = model;
  const guestsMatch = vcpus.every((to, v) => {
    const from = monitor.handlerAddress(v);
    const there = monitor.handlerAddress(to);
    const handlers = from === undefined || there === undefined ||
      pages.match(from, there);
    return handlers &&
      sameShape(
        guests[v],
        guests[to],
        (a, b) => sameInsn(a, b, model, pages),
      ) &&
      sameShape(users[v], users[to], (a, b) => sameUser(a, b, model, pages));
  });
  if (!guestsMatch) return undefined;
  const hostsMatch = cpus.every((to, p) =>
    sameShape(
      hosts[p],
      hosts[to],
      (a: HostDebugRequest, b: HostDebugRequest) => sameRequest(a, b, pages),
    )
  );
  if (!hostsMatch || !pages.isPermutation()) return undefined;
  const renamed = [...pages.map].filter(([from, to]) => from !== to);
  return { vcpus, cpus, pages: new Map(renamed) };
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
  /** Renamings, the identity included. */
  readonly count: number;
  readonly #tables: readonly Table[];
  readonly #steps: Steps;
  readonly #vcpus: number;
  readonly #parts: number;
  readonly #best: Int32Array;

  /** @param steps where the components are */
  constructor(model: Model, steps: Steps) {
    const { vcpus, cpus } = model;
    this.#steps = steps;
    this.#vcpus = vcpus;
    this.#parts = vcpus + cpus;
    this.#best = new Int32Array(this.#parts);
    const asks = model.always.length + model.finally.length > 0;
    const tries = factorial(vcpus) * factorial(cpus);
    const renamings = asks || tries > RENAMINGS_MAX
      ? []
      : permutations(vcpus).flatMap((v) =>
        permutations(cpus).flatMap((p) => renamingOf(model, v, p) ?? [])
      );
    const start = steps.initial();
    this.#tables = renamings.filter(({ vcpus, cpus }) =>
      vcpus.some((to, v) => to !== v) || cpus.some((to, p) => to !== p)
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
