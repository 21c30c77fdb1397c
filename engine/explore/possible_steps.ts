/**
 * The steps that are possible in a state, in the order of the search, without an object for each.
 *
 * @module
 */
import type { MachineBlocks } from "../machine_words.ts";
import { MODE } from "../rules.ts";
import type { Model } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { brokenIn, restoreWays } from "./restore_ways.ts";
import type { Steps } from "./steps.ts";
import { SUCCESSOR } from "./successors.ts";

/** A state: numbers of vCPU components, of CPU components, and of the VM's if that varies. */
export type State = readonly number[];

/** The steps of one state at a time. */
export class PossibleSteps {
  /** The state in which all schedules begin. */
  readonly start: State;
  /** By step: the vCPU that acts; `NONE` for the host, and where the VM is saved and restored. */
  readonly vcpus: number[] = [];
  /** By step: the CPU on which it acts; `NONE` for userspace. */
  readonly cpus: number[] = [];
  /** By step: which of the steps of this vCPU and CPU it is. */
  readonly numbers: number[] = [];
  readonly #model: Model;
  readonly #steps: Steps;
  readonly #vmVaries: boolean;
  readonly #firstVm: number;
  /** By step: where its successor is in the memo's list. */
  readonly #at: number[] = [];
  /** By step: where the successor of each vCPU is, if the VM is saved and restored. */
  readonly #ways: (readonly number[] | undefined)[] = [];

  constructor(model: Model, steps: Steps, vmVaries: boolean) {
    this.#model = model;
    this.#steps = steps;
    this.#vmVaries = vmVaries;
    const { vm, vcpus, cpus } = steps.initial();
    this.#firstVm = vm;
    this.start = vmVaries ? [...vcpus, ...cpus, vm] : [...vcpus, ...cpus];
  }

  /** Finds the steps of a state. @returns how many there are */
  find(state: State): number {
    const { mode, userActs, where, occupant, hostActs } =
      this.#steps.components;
    const { vcpus, cpus } = this.#model;
    this.vcpus.length = 0;
    this.cpus.length = 0;
    this.numbers.length = 0;
    this.#at.length = 0;
    this.#ways.length = 0;
    for (let v = 0; v < vcpus; v++) {
      const vid = state[v];
      const out = mode[vid] === MODE.out;
      if (out && userActs[vid] !== 0) this.#add(state, v, NONE);
      for (let p = 0; p < cpus; p++) {
        if (!out && p !== where[vid]) continue;
        if (out && occupant[state[vcpus + p]] !== 0) continue;
        this.#add(state, v, p);
      }
    }
    for (let p = 0; p < cpus; p++) {
      const cid = state[vcpus + p];
      if (hostActs[cid] !== 0 && occupant[cid] === 0) this.#add(state, NONE, p);
    }
    this.#addRestores(state);
    return this.#at.length;
  }

  /** Where the successor of each vCPU is in the memo's list, if the VM is saved and restored in a step that was found. */
  wayOf(step: number): readonly number[] | undefined {
    return this.#ways[step];
  }

  /** Bits as in `SUCCESSOR.broken` of a step that was found. */
  brokenBy(step: number): number {
    return this.#steps.memo.list[this.#at[step] + SUCCESSOR.broken];
  }

  /** The action of a step that was found, as `actionOf` gives it. */
  actionOf(step: number): number {
    return this.#steps.memo.list[this.#at[step] + SUCCESSOR.action];
  }

  /** The state after a step that was found in a state. */
  after(state: State, step: number): State {
    const { list } = this.#steps.memo;
    const at = this.#at[step];
    const [v, p] = [this.vcpus[step], this.cpus[step]];
    const after = state.slice();
    const way = this.#ways[step];
    if (way) {
      way.forEach((one, v) => after[v] = list[one + SUCCESSOR.vcpu]);
      return after;
    }
    if (v !== NONE) after[v] = list[at + SUCCESSOR.vcpu];
    if (p !== NONE) after[this.#model.vcpus + p] = list[at + SUCCESSOR.cpu];
    if (this.#vmVaries) after[after.length - 1] = list[at + SUCCESSOR.vm];
    return after;
  }

  /** The components that take part in the steps of a vCPU on a CPU. */
  pairOf(
    state: State,
    v: number,
    p: number,
  ): readonly [vcpu: number, cpu: number, vm: number] {
    return [
      v === NONE ? NONE : state[v],
      p === NONE ? NONE : state[this.#model.vcpus + p],
      this.#vmVaries ? state[state.length - 1] : this.#firstVm,
    ];
  }

  /** The machine in a state. */
  machineIn(state: State): MachineBlocks {
    const { vcpus, cpus } = this.#model;
    const vm = this.#vmVaries ? state[vcpus + cpus] : this.#firstVm;
    return this.#steps.components.blocksOf(
      vm,
      state.slice(0, vcpus),
      state.slice(vcpus, vcpus + cpus),
    );
  }

  #addRestores(state: State): void {
    const { restores, vcpus } = this.#model;
    if (restores === undefined) return;
    const vm = this.#vmVaries ? state[state.length - 1] : this.#firstVm;
    const ways = restoreWays(this.#steps, (v) => state[v], vcpus, vm);
    ways.forEach((way, number) => {
      this.vcpus.push(NONE);
      this.cpus.push(NONE);
      this.numbers.push(number);
      this.#at.push(brokenIn(this.#steps.memo.list, way) ?? way[0]);
      this.#ways.push(way);
    });
  }

  #add(state: State, v: number, p: number): void {
    const [vcpu, cpu, vm] = this.pairOf(state, v, p);
    const at = this.#steps.successors(vcpu, cpu, vm);
    const count = this.#steps.memo.list[at];
    for (let j = 0; j < count; j++) {
      this.vcpus.push(v);
      this.cpus.push(p);
      this.numbers.push(j);
      this.#at.push(at + 1 + j * SUCCESSOR.words);
      this.#ways.push(undefined);
    }
  }
}
