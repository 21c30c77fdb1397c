/**
 * The words on which a step is tried: the VM's component, a vCPU's and a CPU's, one after the other.
 *
 * A vCPU's component is its block, that of its userspace, its monitor, that of the bare machine beside it if that is
 * asked for, and `EXTRA`; a CPU's is its block and the
 * position of the host's program on it; the VM's is its block.
 *
 * @module
 */
import { CPU_BASE, type Frame, VCPU_BASE } from "../rules.ts";
import type { Words } from "../word64.ts";
import type { Model } from "./model.ts";
import { asksBare } from "./properties.ts";

/** No component: a step of userspace needs no CPU, one of the host no vCPU. */
export const NONE = -1;

/** In the place of a CPU's component: the vCPU is saved and restored with its VM. */
export const RESTORE = -2;

/** Words of the search after a vCPU's monitor. */
export const EXTRA = {
  /** Position in userspace's program. */
  user: 0,
  /** KVM_RUN is in progress. */
  inRun: 1,
  /** An instruction was begun and is not complete. */
  middle: 2,
  words: 3,
} as const;

/** Words, and frames on them. */
export class PairFrame {
  /** All words. */
  readonly w: Words;
  /** The frame on them. */
  readonly f: Frame;
  /** Offset of the vCPU's component, which begins with its block. */
  readonly vcpu: number;
  /** Offset of the monitor. */
  readonly monitor: number;
  /** Offset of the block of the bare machine; it has no words if no property asks for it. */
  readonly bare: number;
  /** Offset of `EXTRA`. */
  readonly extra: number;
  /** Offset of the CPU's component, which begins with its block. */
  readonly cpu: number;
  /** Offset of the position of the host's program. */
  readonly host: number;
  readonly #rules: Model["rules"];
  readonly #scratch: Frame;

  constructor(model: Model) {
    const { rules, monitor } = model;
    const { sizes } = rules;
    this.#rules = rules;
    this.vcpu = sizes.vm;
    this.monitor = this.vcpu + sizes.vcpu + sizes.user;
    this.bare = this.monitor + monitor.words;
    this.extra = this.bare + (asksBare(model) ? monitor.lockstep.words : 0);
    this.cpu = this.extra + EXTRA.words;
    this.host = this.cpu + sizes.cpu;
    this.w = new Int32Array(this.host + 1);
    this.f = this.over(this.w);
    this.#scratch = this.over(new Int32Array(this.w.length));
  }

  /** Words of a vCPU's component. */
  get vcpuWords(): number {
    return this.cpu - this.vcpu;
  }

  /** Words of a CPU's component. */
  get cpuWords(): number {
    return this.w.length - this.cpu;
  }

  /** Offset of the program counter. */
  get pc(): number {
    return this.vcpu + VCPU_BASE.pc;
  }

  /** Index of the vCPU. */
  get vcpuIndex(): number {
    return this.w[this.vcpu + VCPU_BASE.index];
  }

  /** Index of the CPU. */
  get cpuIndex(): number {
    return this.w[this.cpu + CPU_BASE.index];
  }

  /** Position in the guest's program. */
  get position(): number {
    return this.w[this.vcpu + VCPU_BASE.next];
  }

  set position(position: number) {
    this.w[this.vcpu + VCPU_BASE.next] = position;
  }

  /** A frame on other words that are laid out the same, without a sink. */
  over(w: Words): Frame {
    const f = this.#rules.frame(w);
    f.vm = 0;
    f.vcpu = this.vcpu;
    f.user = this.vcpu + this.#rules.sizes.vcpu;
    f.cpu = this.cpu;
    f.sink = null;
    return f;
  }

  /** A frame on a copy of the words, without a sink. The next call overwrites the copy. */
  scratch(): Frame {
    this.#scratch.w.set(this.w);
    return this.#scratch;
  }

  /** What the guest would read from a register; undefined if there is no value. */
  peek(register: number): bigint | undefined {
    const seen = this.#rules.peek(this.scratch(), register);
    return seen.kind === "value" ? seen.value : undefined;
  }
}
