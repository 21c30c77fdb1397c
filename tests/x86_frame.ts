/**
 * Frames of x86 for tests of single functions: the blocks stand apart, so that a word at a wrong offset is another word.
 *
 * @module
 */
import type { Event, Part } from "../engine/events.ts";
import { type Insn, makeInsn } from "../engine/program.ts";
import type { Rules } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import { CPU, VCPU } from "../engine/x86/blocks.ts";
import { type Vendor, X86_MODELS } from "../engine/x86/hardware/models.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { X86_PROFILES } from "../engine/x86/profiles/mod.ts";
import { x86Rules } from "../engine/x86/rules.ts";

/** What a frame is of. */
export interface Setup {
  readonly profile?: string;
  readonly vendor?: Vendor;
  readonly model?: keyof typeof X86_MODELS;
}

/** Words between the blocks. */
const ROOM = 400;

/** A vCPU after its reset, on a CPU after power-on, and room for another block at `at`. */
export function frameOf(
  { profile = "linux-7.2", vendor = "vmx", model = "architecture" }: Setup = {},
): {
  readonly rules: Rules<KvmFrame>;
  readonly f: KvmFrame;
  readonly at: number;
} {
  const rules = x86Rules({
    profile: X86_PROFILES.byName(profile),
    vendor,
    model: X86_MODELS[model],
  });
  const { sizes } = rules;
  const vm = ROOM;
  const vcpu = vm + sizes.vm + ROOM;
  const user = vcpu + sizes.vcpu + ROOM;
  const cpu = user + sizes.user + ROOM;
  const at = cpu + sizes.cpu + ROOM;
  const f = rules.frame(new Int32Array(at + ROOM));
  Object.assign(f, { vm, vcpu, user, cpu });
  rules.initCpu(f, 0);
  rules.initVcpu(f, 0);
  return { rules, f, at };
}

/** A guest in its program, at an address above 4 GiB, whose accesses to debug registers do not exit. */
export function guestFrame(
  words: VcpuWords = {},
  setup: Setup = {},
): KvmFrame {
  const { f } = frameOf(setup);
  set64(f.w, f.vcpu + VCPU.pc, 0x2_0000_1000n);
  setVcpu(f, { vmDrAccesses: 0, rflags: 0x302, ...words });
  return f;
}

/** The same frame without a hypervisor; stepwise it is as the machine that the search has beside a guest. */
export function bareFrame(f: KvmFrame, isStepwise = false): KvmFrame {
  return {
    ...f,
    bare: {
      isStepwise,
      answersCalls: false,
      debugged: false,
      hidesGeneralDetect: false,
      leftStatus: 0,
    },
  };
}

/** The instruction there. */
export const NOP: Insn = makeInsn({
  op: "exec",
  addressLo: 0x1000,
  addressHi: 2,
});

/** Names of words of a vCPU block with their values. */
export type VcpuWords = Partial<Record<keyof typeof VCPU, number>>;

/** Sets words of the vCPU's block. */
export function setVcpu({ w, vcpu }: KvmFrame, words: VcpuWords): void {
  for (const [name, value] of Object.entries(words)) {
    w[vcpu + VCPU[name as keyof typeof VCPU]] = value;
  }
}

/** Sets words of the CPU's block. */
export function setCpu(
  { w, cpu }: KvmFrame,
  words: Partial<Record<keyof typeof CPU, number>>,
): void {
  for (const [name, value] of Object.entries(words)) {
    w[cpu + CPU[name as keyof typeof CPU]] = value;
  }
}

/** A word of the vCPU's block. */
export function vcpuWord(
  { w, vcpu }: KvmFrame,
  name: keyof typeof VCPU,
): number {
  return w[vcpu + VCPU[name]];
}

/** A word of the CPU's block. */
export function cpuWord({ w, cpu }: KvmFrame, name: keyof typeof CPU): number {
  return w[cpu + CPU[name]];
}

/** The events of what is done with a frame. */
export function eventsOf(f: KvmFrame, act: () => void): readonly Event[] {
  const events: Event[] = [];
  f.sink = { push: (event) => void events.push(event) };
  act();
  f.sink = null;
  return events;
}

/** What an event depended on, each with its bits. */
export function partsOf(needed: readonly Part[] | undefined): string[] {
  return (needed ?? []).map(({ place: { space, name }, bits }) =>
    `${space} ${name} 0x${bits.toString(16)}`
  );
}
