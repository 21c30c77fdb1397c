/**
 * The state words of a machine: the VM's block, a block of each physical CPU, then of each vCPU its block, that of its
 * userspace and that of the bare machine beside it; and frames on them.
 *
 * @module
 */
import { type Frame, type Rules, VCPU_BASE } from "./rules.ts";
import type { Sink } from "./sink.ts";
import { highWord, lowWord, type Words } from "./word64.ts";

/** Copies of a machine's blocks. */
export interface MachineBlocks {
  /** The VM's block. */
  readonly vm: Words;
  /** By physical CPU: its block. */
  readonly cpus: readonly Words[];
  /** By vCPU: its block, followed by that of its userspace. */
  readonly vcpus: readonly Words[];
  /** By vCPU: the block of the bare machine beside it, where that is kept. */
  readonly bare?: readonly Words[];
}

/** The words, as many as the vCPUs need. */
export class MachineWords {
  /** Number of physical CPUs. */
  readonly cpus: number;
  readonly #rules: Rules;
  readonly #bareWords: number;
  readonly #sink: Sink;
  #vcpus = 0;
  #words: Words;
  #frame: Frame;
  /** A copy of the words for views to work on. */
  #copy: Words = new Int32Array(0);

  /**
   * Words of a machine without vCPUs, all 0.
   *
   * @param bareWords of the bare machine beside a vCPU
   * @param sink receives the events of what is done on the frames of `at()`
   */
  constructor(rules: Rules, bareWords: number, cpus: number, sink: Sink) {
    this.#rules = rules;
    this.#bareWords = bareWords;
    this.cpus = cpus;
    this.#sink = sink;
    const { vm, cpu } = rules.sizes;
    this.#words = new Int32Array(vm + cpus * cpu);
    this.#frame = this.#newFrame();
  }

  /** All words; not to be changed. */
  get all(): Words {
    return this.#words;
  }

  /** Number of vCPUs. */
  get vcpus(): number {
    return this.#vcpus;
  }

  /** Adds a vCPU, whose words are 0. Earlier frames are not valid any more. */
  addVcpu(): void {
    const words = new Int32Array(this.vcpuAt(this.#vcpus + 1));
    words.set(this.#words);
    this.restore(words, this.#vcpus + 1);
  }

  /** Replaces all words. Earlier frames are not valid any more. */
  restore(words: Words, vcpus: number): void {
    this.#words = words;
    this.#vcpus = vcpus;
    this.#frame = this.#newFrame();
  }

  /** Offset of a physical CPU's block. */
  cpuAt(p: number): number {
    return this.#rules.sizes.vm + p * this.#rules.sizes.cpu;
  }

  /** Offset of a vCPU's block. */
  vcpuAt(v: number): number {
    const { vm, cpu, vcpu, user } = this.#rules.sizes;
    const each = vcpu + user + this.#bareWords;
    return vm + this.cpus * cpu + v * each;
  }

  /** Offset of the block of the bare machine beside a vCPU. */
  bareAt(v: number): number {
    return this.vcpuAt(v + 1) - this.#bareWords;
  }

  /** A field of a vCPU's block, by its offset in the block. */
  vcpuField(v: number, offset: number): number {
    return this.#words[this.vcpuAt(v) + offset];
  }

  /** One of `MODE`. */
  modeOf(v: number): number {
    return this.vcpuField(v, VCPU_BASE.mode);
  }

  /** The CPU that the vCPU is loaded on, or was last; 0 before it ran. */
  cpuOf(v: number): number {
    return Math.max(0, this.vcpuField(v, VCPU_BASE.cpu) - 1);
  }

  /** The frame, on vCPU v and the CPU where it is or was. The next call moves it. */
  at(v: number): Frame {
    return this.#placed(this.#frame, v);
  }

  /** The frame, on vCPU v and the CPU where it is or was, with a value as operand. The next call moves it. */
  with(v: number, value: bigint): Frame {
    const f = this.at(v);
    f.lo = lowWord(value);
    f.hi = highWord(value);
    return f;
  }

  /** The frame, on physical CPU p and vCPU 0. The next call moves it. */
  atCpu(p: number): Frame {
    return this.#placed(this.#frame, 0, p);
  }

  /** A frame on a copy of all words, without a sink. The next call overwrites the copy. */
  scratch(v: number): Frame {
    if (this.#copy.length !== this.#words.length) {
      this.#copy = new Int32Array(this.#words.length);
    }
    this.#copy.set(this.#words);
    const f = this.#rules.frame(this.#copy);
    f.vm = 0;
    return this.#placed(f, v);
  }

  /** Copies of all blocks. */
  blocks(): MachineBlocks {
    const { vm, cpu, vcpu, user } = this.#rules.sizes;
    const copy = (at: number, count: number) =>
      this.#words.slice(at, at + count);
    return {
      vm: copy(0, vm),
      cpus: Array.from(
        { length: this.cpus },
        (_, p) => copy(this.cpuAt(p), cpu),
      ),
      vcpus: Array.from(
        { length: this.#vcpus },
        (_, v) => copy(this.vcpuAt(v), vcpu + user),
      ),
      bare: Array.from(
        { length: this.#vcpus },
        (_, v) => copy(this.bareAt(v), this.#bareWords),
      ),
    };
  }

  #placed(f: Frame, v: number, p = this.cpuOf(v)): Frame {
    f.vcpu = this.vcpuAt(v);
    f.user = f.vcpu + this.#rules.sizes.vcpu;
    f.cpu = this.cpuAt(p);
    return f;
  }

  #newFrame(): Frame {
    const f = this.#rules.frame(this.#words);
    f.vm = 0;
    f.sink = this.#sink;
    return f;
  }
}
