/**
 * The proof by pairs: each vCPU against everything that a CPU can ever hold.
 *
 * vCPUs meet only in the registers of a CPU that one of them left and another is loaded on. So if a set of vCPU
 * blocks and a set of CPU blocks are closed under every transaction of every pair, under userspace's actions
 * and under the host's, then each state that can be reached consists of blocks from these sets; and if no
 * step of any pair breaks a property, no schedule does. The sets may combine what no schedule brings together:
 * a broken property here proves nothing, and the search of states decides.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import type { Model } from "./model.ts";
import { NONE, type Steps, SUCCESSOR } from "./steps.ts";

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
): Generator<
  { readonly pairs: number; readonly transitions: number },
  ModularResult
> {
  const start = steps.initial();
  const { vm } = start;
  /** Blocks of vCPUs that are not loaded, and of CPUs that are free, in the order in which they came. */
  const vcpus: number[] = [];
  const cpus: number[] = [];
  const knownVcpus = new Set<number>();
  const knownCpus = new Set<number>();
  const addVcpu = (id: number): void => {
    if (knownVcpus.has(id)) return;
    knownVcpus.add(id);
    vcpus.push(id);
  };
  const addCpu = (id: number): void => {
    if (knownCpus.has(id)) return;
    knownCpus.add(id);
    cpus.push(id);
  };
  /** Pairs that are loaded, seen and yet to be looked at. */
  const seen = new Set<number>();
  const open: number[] = [];
  let transitions = 0;
  let pairs = 0;
  let holds = start.broken === 0;

  const take = (vcpu: number, cpu: number): boolean => {
    pairs++;
    const at = steps.successors(vcpu, cpu, vm);
    const { list } = steps;
    const count = list[at];
    transitions += count;
    for (let j = 0; j < count; j++) {
      const from = at + 1 + j * SUCCESSOR.words;
      if (list[from + SUCCESSOR.broken] !== 0) return false;
      const v = list[from + SUCCESSOR.vcpu];
      const c = list[from + SUCCESSOR.cpu];
      if (v === NONE) addCpu(c);
      else if (c === NONE) addVcpu(v);
      else if (steps.mode[v] === MODE.out) {
        addVcpu(v);
        addCpu(c);
      } else {
        const pair = v * PAIR_BASE + c;
        if (seen.has(pair)) continue;
        seen.add(pair);
        open.push(v, c);
      }
    }
    return true;
  };

  for (const id of start.vcpus) addVcpu(id);
  for (const id of start.cpus) addCpu(id);
  let vcpusDone = 0;
  let cpusDone = 0;
  let slice = SLICE;
  while (holds) {
    if (open.length > 0) {
      const cpu = open.pop()!;
      holds = take(open.pop()!, cpu);
    } else if (vcpusDone < vcpus.length) {
      const vcpu = vcpus[vcpusDone++];
      if (steps.userActs[vcpu] !== 0) holds = take(vcpu, NONE);
      for (let i = 0; i < cpusDone && holds; i++) holds = take(vcpu, cpus[i]);
      // What is asked of the end is a question about all vCPUs together.
      holds &&= model.finally.length === 0 || !steps.isOver(vcpu);
    } else if (cpusDone < cpus.length) {
      const cpu = cpus[cpusDone++];
      if (steps.hostActs[cpu] !== 0) holds = take(NONE, cpu);
      for (let i = 0; i < vcpusDone && holds; i++) holds = take(vcpus[i], cpu);
    } else break;
    if (--slice === 0) {
      slice = SLICE;
      yield { pairs, transitions };
    }
  }
  return { holds, pairs, transitions };
}
