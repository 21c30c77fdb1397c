/**
 * The proof by pairs: each vCPU against everything that a CPU can ever hold.
 *
 * vCPUs meet only in the registers of a CPU that one of them left and another is loaded on. So if a set of vCPU
 * blocks and a set of CPU blocks are closed under every transaction of every pair, under userspace's actions
 * and under the host's, then each state that can be reached consists of blocks from these sets; and if no
 * step of any pair breaks a property, no schedule does. What all vCPUs share is a third part: every block of
 * it that is found is combined with every pair. The sets may combine what no schedule brings together:
 * a broken property here proves nothing, and the search of states decides.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import type { Model } from "./model.ts";
import { NONE, RESTORE } from "./pair_frame.ts";
import type { Steps } from "./steps.ts";
import { SUCCESSOR } from "./successors.ts";
import type { Symmetry } from "./symmetry.ts";

/** What the proof came to. */
export interface ModularResult {
  /** No step of any pair breaks a property. */
  readonly holds: boolean;
  readonly pairs: number;
  readonly transitions: number;
}

/** A pair as one number; block numbers stay below this. */
const PAIR_BASE = 2 ** 24;

/** Pairs between two looks at the clock. */
const SLICE = 1 << 12;

/**
 * Looks at all pairs.
 *
 * @returns yields now and then how far it is; a caller that stops asking stops it
 */
export function* provePairs(
  model: Model,
  steps: Steps,
  symmetry: Symmetry | undefined,
): Generator<
  { readonly pairs: number; readonly transitions: number },
  ModularResult
> {
  const { components } = steps;
  const start = steps.initial();
  /** Blocks of VMs, of vCPUs that are not loaded, of CPUs that are free, and pairs that are loaded. */
  const vms = new Blocks([start.vm]);
  const vcpus = new Blocks();
  const cpus = new Blocks();
  const loaded = new Blocks();
  const pair: [number, number] = [0, 0];
  // Of vCPUs and pairs that renamings turn into each other one is enough, with every CPU.
  const addVcpu = (vcpu: number): void => {
    symmetry?.leastPair(vcpu, NONE, pair);
    vcpus.add(symmetry ? pair[0] : vcpu);
  };
  const addCpu = (cpu: number): void => {
    if (!symmetry) cpus.add(cpu);
    else if (!cpus.has(cpu)) {
      for (const one of symmetry.cpusLike(cpu)) cpus.add(one);
    }
  };
  const addPair = (vcpu: number, cpu: number): void => {
    if (!symmetry) {
      loaded.add(vcpu * PAIR_BASE + cpu);
      return;
    }
    symmetry.leastPair(vcpu, cpu, pair);
    loaded.add(pair[0] * PAIR_BASE + pair[1]);
  };
  for (const id of start.vcpus) addVcpu(id);
  for (const id of start.cpus) addCpu(id);
  let transitions = 0;
  let pairs = 0;

  /** @returns false if a step breaks something */
  const take = (vcpu: number, cpu: number, vm: number): boolean => {
    pairs++;
    const at = steps.successors(vcpu, cpu, vm);
    const { list } = steps.memo;
    const count = list[at];
    transitions += count;
    for (let j = 0; j < count; j++) {
      const from = at + 1 + j * SUCCESSOR.words;
      if (list[from + SUCCESSOR.broken] !== 0) return false;
      const v = list[from + SUCCESSOR.vcpu];
      const c = list[from + SUCCESSOR.cpu];
      vms.add(list[from + SUCCESSOR.vm]);
      const free = v === NONE || c === NONE || components.mode[v] === MODE.out;
      if (!free) addPair(v, c);
      else {
        if (v !== NONE) addVcpu(v);
        if (c !== NONE) addCpu(c);
      }
    }
    return true;
  };

  /** What can happen next with what is there under one VM block, as far as it was not looked at yet. */
  function* rest(vm: number, done: Done): Generator<boolean> {
    while (done.loaded < loaded.all.length) {
      const pair = loaded.all[done.loaded++];
      yield take(Math.floor(pair / PAIR_BASE), pair % PAIR_BASE, vm);
    }
    while (done.vcpus < vcpus.all.length) {
      const vcpu = vcpus.all[done.vcpus++];
      if (components.userActs[vcpu] !== 0) yield take(vcpu, NONE, vm);
      // Each by itself: more than schedules do, where all are restored together.
      if (model.restores !== undefined) yield take(vcpu, RESTORE, vm);
      for (let i = 0; i < done.cpus; i++) yield take(vcpu, cpus.all[i], vm);
      // What is asked of the end is a question about all vCPUs together.
      yield model.finally.length === 0 || !components.isOver(vcpu);
    }
    while (done.cpus < cpus.all.length) {
      const cpu = cpus.all[done.cpus++];
      if (components.hostActs[cpu] !== 0) yield take(NONE, cpu, vm);
      for (let i = 0; i < done.vcpus; i++) yield take(vcpus.all[i], cpu, vm);
    }
  }

  let holds = start.broken === 0;
  let slice = SLICE;
  const dones: Done[] = [];
  for (let grew = true; grew && holds;) {
    grew = false;
    for (let n = 0; n < vms.all.length && holds; n++) {
      dones[n] ??= { loaded: 0, vcpus: 0, cpus: 0 };
      for (const stillHolds of rest(vms.all[n], dones[n])) {
        grew = true;
        holds &&= stillHolds;
        if (!holds) break;
        if (--slice === 0) {
          slice = SLICE;
          yield { pairs, transitions };
        }
      }
    }
  }
  return { holds, pairs, transitions };
}

/** How far a VM block was combined with what there is. */
interface Done {
  loaded: number;
  vcpus: number;
  cpus: number;
}

/** Numbers in the order in which they came, each once. */
class Blocks {
  readonly all: number[] = [];
  readonly #known = new Set<number>();

  constructor(first: readonly number[] = []) {
    for (const id of first) this.add(id);
  }

  has(id: number): boolean {
    return this.#known.has(id);
  }

  add(id: number): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.all.push(id);
  }
}
