/**
 * An x86 vCPU and the bare machine beside it, for tests.
 *
 * @module
 */
import type { OtherValue } from "../engine/bare/lockstep.ts";
import { highWord, lowWord } from "../engine/word64.ts";
import { VCPU } from "../engine/x86/blocks.ts";
import type { Vendor } from "../engine/x86/hardware/models.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { VCPU_EVENTS } from "../engine/x86/registers/vcpu_events.ts";
import { X86_LOCKSTEP } from "../engine/x86/bare/lockstep.ts";
import { frameOf, type Setup, setVcpu, type VcpuWords } from "./x86_frame.ts";

/** Members of `struct kvm_vcpu_events`. */
export type Fields = Parameters<typeof VCPU_EVENTS.with>[1];

/** A vCPU under KVM with the block of its bare machine, and a frame on that machine. */
export class Pair {
  readonly f: KvmFrame;
  readonly bare: KvmFrame;
  /** Where the block is. */
  readonly at: number;

  constructor(vendor: Vendor = "vmx", model: Setup["model"] = "architecture") {
    const { f, at } = frameOf({ vendor, model });
    this.f = f;
    this.at = at;
    const { vm, vcpu, user, cpu } = f;
    const bare = X86_LOCKSTEP.frame(f);
    this.bare = Object.assign(bare, { vm, vcpu, user, cpu }) as KvmFrame;
    this.begin();
  }

  /** The bare machine is as the guest, whose registers were just reset. */
  begin(): void {
    const { f, at } = this;
    X86_LOCKSTEP.begin(f, at, (register) => {
      const value = register === REG.DR6
        ? 0xffff_0ff0n
        : register === REG.DR7
        ? 0x400n
        : 0n;
      return { kind: "value", value };
    });
    this.bare.w.set(f.w);
  }

  /** Sets words of the guest's vCPU, or of the bare machine's. */
  has(words: VcpuWords, f = this.f): this {
    setVcpu(f, words);
    return this;
  }

  write(register: number, value: bigint): this {
    const [lo, hi] = [lowWord(value), highWord(value)];
    X86_LOCKSTEP.write(this.f, this.at, register, lo, hi);
    return this;
  }

  value(register: number): bigint | string {
    const seen = X86_LOCKSTEP.value(this.f, this.at, register);
    return seen.kind === "value" ? seen.value : seen.kind;
  }

  /** KVM_SET_VCPU_EVENTS with these members. */
  events(fields: Fields): this {
    return this.write(REG.VCPU_EVENTS, VCPU_EVENTS.with(0n, fields));
  }

  due(): string | undefined {
    return X86_LOCKSTEP.due(this.f.w, this.at);
  }

  /** The block's registers come to the bare frame. */
  load(): this {
    this.bare.w.set(this.f.w);
    X86_LOCKSTEP.load(this.bare, this.f.w, this.at);
    return this;
  }

  save(): this {
    X86_LOCKSTEP.save(this.bare, this.f.w, this.at);
    return this;
  }

  /** A word of the bare machine's vCPU. */
  bareWord(name: keyof typeof VCPU): number {
    return this.bare.w[this.bare.vcpu + VCPU[name]];
  }

  /** The block's words. */
  block(): number[] {
    return [...this.f.w.slice(this.at, this.at + X86_LOCKSTEP.words)];
  }

  differences(entered = false): readonly OtherValue[] {
    return X86_LOCKSTEP.differences(this.f, this.bare, entered);
  }
}
