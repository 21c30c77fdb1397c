/**
 * The components of states, numbered: equal words, equal numbers. What searches ask of a component all the time is
 * noted by its number.
 *
 * @module
 */
import type { MachineBlocks } from "../machine_words.ts";
import { CPU_BASE, MODE, VCPU_BASE } from "../rules.ts";
import type { Words } from "../word64.ts";
import { grown } from "./grown.ts";
import type { Model } from "./model.ts";
import type { ByKind } from "./packing.ts";
import { EXTRA, NONE, type PairFrame } from "./pair_frame.ts";
import { type BlockPool, Pool } from "./pool.ts";
import type { Programs } from "./programs.ts";

/** The pools of components. */
export interface Pools {
  readonly vms: BlockPool;
  readonly vcpus: BlockPool;
  readonly cpus: BlockPool;
}

/** Pools, and what is noted. */
export class Components implements Pools {
  vms: BlockPool;
  vcpus: BlockPool;
  cpus: BlockPool;
  /** By vCPU component: `MODE`. */
  mode: Int32Array = new Int32Array(256);
  /** By vCPU component: index of its CPU, if it is loaded. */
  where: Int32Array = new Int32Array(256);
  /** By vCPU component: 1 if userspace can act on it now. */
  userActs: Int32Array = new Int32Array(256);
  /** By CPU component: index + 1 of the vCPU loaded on it. */
  occupant: Int32Array = new Int32Array(64);
  /** By CPU component: 1 if the host's program there has not ended. */
  hostActs: Int32Array = new Int32Array(64);
  readonly #frame: PairFrame;
  readonly #programs: Programs;
  readonly #initialCpu: Words;
  /** Components up to here have `mode` and the like. */
  #noted = { vcpus: 0, cpus: 0 };

  /** @param pools those that other threads have, if there are any */
  constructor(
    { rules, initial }: Pick<Model, "rules" | "initial">,
    frame: PairFrame,
    programs: Programs,
    pools?: Pools,
  ) {
    this.#frame = frame;
    this.#programs = programs;
    this.#initialCpu = initial.cpus[0];
    this.vms = pools?.vms ?? new Pool(rules.sizes.vm);
    this.vcpus = pools?.vcpus ?? new Pool(frame.vcpuWords);
    this.cpus = pools?.cpus ?? new Pool(frame.cpuWords);
  }

  /** How many there are. */
  get counts(): ByKind {
    const { vcpus, cpus, vms } = this;
    return { vcpu: vcpus.count, cpu: cpus.count, vm: vms.count };
  }

  /** Bytes of the pools. */
  get bytes(): number {
    return this.vms.bytes + this.vcpus.bytes + this.cpus.bytes;
  }

  /** From here on components are those of other pools, which have the same ones under the same numbers. */
  usePools({ vms, vcpus, cpus }: Pools): void {
    this.vms = vms;
    this.vcpus = vcpus;
    this.cpus = cpus;
    this.catchUp();
  }

  /** Notes `mode` and the like of the components that other threads have added up to now. */
  catchUp(): void {
    const { w, vcpu, cpu } = this.#frame;
    const noted = this.#noted;
    for (const pool of [this.vms, this.vcpus, this.cpus]) pool.catchUp();
    for (const { count } = this.vcpus; noted.vcpus < count; noted.vcpus++) {
      this.vcpus.load(noted.vcpus, w, vcpu);
      this.#noteVcpu(noted.vcpus);
    }
    for (const { count } = this.cpus; noted.cpus < count; noted.cpus++) {
      this.cpus.load(noted.cpus, w, cpu);
      this.#noteCpu(noted.cpus);
    }
  }

  /** Fills the frame; without a vCPU with zeros, without a CPU, where its number is negative, with what CPU 0 began with. */
  load(vm: number, vcpu: number, cpu: number): void {
    const frame = this.#frame;
    const { w } = frame;
    this.vms.load(vm, w, 0);
    if (vcpu === NONE) w.fill(0, frame.vcpu, frame.cpu);
    else this.vcpus.load(vcpu, w, frame.vcpu);
    if (cpu < 0) w.set(this.#initialCpu, frame.cpu);
    else this.cpus.load(cpu, w, frame.cpu);
  }

  /** Words of a VM's, a vCPU's and a CPU's component as the frame has them. */
  wordsOf(vm: number, vcpu: number, cpu: number): Words {
    const w = new Int32Array(this.#frame.w.length);
    this.vms.load(vm, w, 0);
    this.vcpus.load(vcpu, w, this.#frame.vcpu);
    this.cpus.load(cpu, w, this.#frame.cpu);
    return w;
  }

  /** The machine that components make up, without what the search adds. */
  blocksOf(
    vm: number,
    vcpus: readonly number[],
    cpus: readonly number[],
  ): MachineBlocks {
    const { vcpu, monitor, bare, extra, cpu, host } = this.#frame;
    const part = (pool: BlockPool, id: number, from: number, to: number) => {
      const all = new Int32Array(pool.words);
      pool.load(id, all, 0);
      return all.slice(from, to);
    };
    return {
      vm: part(this.vms, vm, 0, vcpu),
      vcpus: vcpus.map((id) => part(this.vcpus, id, 0, monitor - vcpu)),
      cpus: cpus.map((id) => part(this.cpus, id, 0, host - cpu)),
      ...extra > bare && {
        bare: vcpus.map((id) =>
          part(this.vcpus, id, bare - vcpu, extra - vcpu)
        ),
      },
    };
  }

  /** The words of a vCPU's component, as they are in the pool. */
  vcpuWords(id: number): Words {
    const { words, data } = this.vcpus;
    return data.subarray(id * words, (id + 1) * words);
  }

  /** The number of the VM's component that the frame has. */
  internVm(): number {
    return this.vms.intern(this.#frame.w, 0);
  }

  /** The number of the vCPU's component that the frame has. */
  internVcpu(): number {
    const id = this.vcpus.intern(this.#frame.w, this.#frame.vcpu);
    this.#noteVcpu(id);
    return id;
  }

  /** The number of the CPU's component that the frame has. */
  internCpu(): number {
    const id = this.cpus.intern(this.#frame.w, this.#frame.cpu);
    this.#noteCpu(id);
    return id;
  }

  /** An instruction of the vCPU was begun and is not complete. */
  isMiddle(vcpu: number): boolean {
    const { extra, vcpu: at } = this.#frame;
    return this.vcpuWords(vcpu)[extra - at + EXTRA.middle] !== 0;
  }

  /** The first of the instructions that may be the next one. */
  firstOption(vcpu: number): number {
    const words = this.vcpuWords(vcpu);
    const { options } = this.#programs.guests[words[VCPU_BASE.index]];
    return options[words[VCPU_BASE.next]][0];
  }

  /** Two components of a vCPU are at the same place of its guest's program. */
  isSamePlace(a: number, b: number): boolean {
    const [one, other] = [a, b].map((id) => this.vcpuWords(id));
    return one[VCPU_BASE.next] === other[VCPU_BASE.next] &&
      one[VCPU_BASE.inHandler] === other[VCPU_BASE.inHandler];
  }

  /** All programs have ended, this vCPU's and its userspace's, and it is not loaded. */
  isOver(vcpu: number): boolean {
    const words = this.vcpuWords(vcpu);
    const { extra, vcpu: at } = this.#frame;
    const v = words[VCPU_BASE.index];
    const { guests, users } = this.#programs;
    return this.mode[vcpu] === MODE.out &&
      !guests[v].canAct(words[VCPU_BASE.next]) &&
      words[VCPU_BASE.inHandler] === 0 &&
      !users[v].canAct(words[extra - at + EXTRA.user]);
  }

  /** Of the vCPU's component that the frame has. */
  #noteVcpu(id: number): void {
    const { w, vcpu, extra } = this.#frame;
    while (id >= this.mode.length) {
      this.mode = grown(this.mode, 2 * this.mode.length);
      this.where = grown(this.where, 2 * this.where.length);
      this.userActs = grown(this.userActs, 2 * this.userActs.length);
    }
    this.mode[id] = w[vcpu + VCPU_BASE.mode];
    this.where[id] = w[vcpu + VCPU_BASE.cpu] - 1;
    const user = this.#programs.users[w[vcpu + VCPU_BASE.index]];
    const acts = w[extra + EXTRA.inRun] === 0 &&
      user.canAct(w[extra + EXTRA.user]);
    this.userActs[id] = acts ? 1 : 0;
  }

  /** Of the CPU's component that the frame has. */
  #noteCpu(id: number): void {
    const { w, cpu, host } = this.#frame;
    while (id >= this.occupant.length) {
      this.occupant = grown(this.occupant, 2 * this.occupant.length);
      this.hostActs = grown(this.hostActs, 2 * this.hostActs.length);
    }
    this.occupant[id] = w[cpu + CPU_BASE.loaded];
    const program = this.#programs.hosts[w[cpu + CPU_BASE.index]];
    this.hostActs[id] = program.canAct(w[host]) ? 1 : 0;
  }
}
