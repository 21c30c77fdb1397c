/**
 * How VMMs save and restore a vCPU: which ioctls, and in which order. What no ioctl gives is lost.
 *
 * @module
 */
import type { SavedVcpu, Saving } from "../../saving.ts";
import { get64, highWord, join64, lowWord } from "../../word64.ts";
import { COMPLETION, VCPU } from "../blocks.ts";
import { REG } from "../registers/ids.ts";
import { EVENT_BITS } from "../registers/vcpu_events.ts";
import { userGet, userSet } from "./debugregs.ts";
import type { KvmFrame } from "./kernel.ts";

/** An ioctl, by what it gets and sets. */
type Part = "regs" | "sregs" | "vcpu_events" | "debugregs";

/** What a VMM does. */
interface Vmm {
  /** Its GET ioctls, in order. */
  readonly gets: readonly Part[];
  /** Its SET ioctls, in order. */
  readonly sets: readonly Part[];
  /** Flags of KVM_SET_VCPU_EVENTS that it never sets: what they are about is lost. */
  readonly dropsFlags: number;
}

/** By name, the default first. Rules x86:D111 to x86:D113. */
const VMMS = {
  qemu: {
    gets: ["vcpu_events", "regs", "sregs", "debugregs"],
    sets: ["sregs", "regs", "vcpu_events", "debugregs"],
    dropsFlags: EVENT_BITS.validShadow,
  },
  firecracker: {
    gets: ["regs", "sregs", "debugregs", "vcpu_events"],
    sets: ["regs", "sregs", "debugregs", "vcpu_events"],
    dropsFlags: 0,
  },
  "cloud-hypervisor": {
    gets: ["regs", "sregs", "vcpu_events"],
    sets: ["regs", "sregs", "vcpu_events"],
    dropsFlags: 0,
  },
} as const satisfies Readonly<Record<string, Vmm>>;

/** Names of the VMMs, the default first. */
export const X86_VMMS: readonly string[] = Object.keys(VMMS);

/** Registers of each ioctl, by the name that they are saved under. */
const REGISTERS: Readonly<Record<Part, readonly (keyof typeof REG)[]>> = {
  regs: ["RFLAGS"],
  sregs: ["CR4"],
  vcpu_events: ["VCPU_EVENTS"],
  debugregs: ["DR0", "DR1", "DR2", "DR3", "DR6", "DR7"],
};

/** Words of a block that are the guest's memory or the program's place: those of its handler. */
const IN_MEMORY: readonly number[] = [
  VCPU.next,
  VCPU.handler,
  VCPU.inHandler,
  VCPU.stopped,
  VCPU.handlerVector,
  VCPU.handlerError,
  VCPU.handlerRip,
  VCPU.handlerRip + 1,
  VCPU.handlerFlags,
  VCPU.handlerDr6,
  VCPU.handlerDr7,
  VCPU.handlerHit,
  VCPU.outerStep,
  VCPU.outerVector,
  VCPU.outerError,
  VCPU.outerRip,
  VCPU.outerRip + 1,
  VCPU.outerFlags,
  VCPU.stepsLeft,
  VCPU.exceptions,
  VCPU.pcMoved,
];

function vmmNamed(name: string): Vmm {
  const vmm = (VMMS as Readonly<Record<string, Vmm>>)[name];
  if (vmm === undefined) throw new RangeError(`There is no VMM ${name}`);
  return vmm;
}

/** An access that userspace emulates is not complete. Rule x86:D115. */
function isAccessPending({ w, vcpu }: KvmFrame): boolean {
  return w[vcpu + VCPU.completion] !== COMPLETION.none;
}

/** The kernel has the ioctl: a VMM asks first. */
function isOffered({ kernel }: KvmFrame, part: Part): boolean {
  switch (part) {
    case "vcpu_events":
      return kernel.vcpuEvents !== "none";
    case "debugregs":
      return kernel.debugregs !== "none";
    default:
      return true;
  }
}

/** The GET ioctls of a VMM. */
function save(f: KvmFrame, name: string): SavedVcpu {
  const { w, vcpu } = f;
  const block = w.slice(vcpu, vcpu + VCPU.words);
  const given = new Map<string, bigint>();
  for (const part of vmmNamed(name).gets) {
    if (!isOffered(f, part)) continue;
    if (part === "regs") given.set("RIP", get64(w, vcpu + VCPU.pc));
    for (const register of REGISTERS[part]) {
      userGet(f, REG[register]);
      given.set(register, join64(f.lo, f.hi));
    }
  }
  return { block, given };
}

/** The SET ioctls of a VMM, of what it saved. */
function restore(
  f: KvmFrame,
  { block, given }: SavedVcpu,
  name: string,
): number {
  const { w, vcpu } = f;
  const { sets, dropsFlags } = vmmNamed(name);
  for (const at of IN_MEMORY) w[vcpu + at] = block[at];
  for (const part of sets) {
    if (part === "regs") {
      const rip = given.get("RIP")!;
      w[vcpu + VCPU.pc] = lowWord(rip);
      w[vcpu + VCPU.pc + 1] = highWord(rip);
    }
    for (const register of REGISTERS[part]) {
      const value = given.get(register);
      if (value === undefined) continue;
      f.lo = lowWord(value);
      f.hi = highWord(value);
      if (part === "vcpu_events") f.lo &= ~dropsFlags;
      const result = userSet(f, REG[register], true);
      if (result < 0) return result;
    }
  }
  return 0;
}

/** x86. Rules x86:D110 to x86:D115. */
export const X86_SAVING: Saving<KvmFrame> = { isAccessPending, save, restore };
