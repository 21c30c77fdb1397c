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
import { grown } from "./grown.ts";
import type { Model } from "./model.ts";
import { isSame, type Renaming } from "./renaming.ts";
import { type Names, renamingsOf } from "./renamings.ts";
import type { Steps } from "./steps.ts";

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
      table[key] = grown(table[key], 2 * table[key].length);
    }
    table[key][id] = renamed + 1;
    return renamed;
  }
}
