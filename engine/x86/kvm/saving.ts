/**
 * How VMMs save and restore a vCPU: which ioctls, and in which order. What no ioctl gives is lost.
 *
 * @module
 */
import type { Architecture } from "../../architecture.ts";
import type { RuleId } from "../../events.ts";
import type { Carried, SavedVcpu, Saving } from "../../saving.ts";
import {
  get64,
  highWord,
  join64,
  lowWord,
  unsigned,
  type Words,
} from "../../word64.ts";
import { COMPLETION, EVENTS, VCPU, VECTOR } from "../blocks.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { EVENT_BITS } from "../registers/vcpu_events.ts";
import { guestDebugctl, restoreDebugctl } from "./debugctl.ts";
import { userGet, userSet } from "./debugregs.ts";
import { isAtInt3, prepareInjection } from "./exceptions.ts";
import { DEBUGREG_WORDS, setGuestDebugFromUser } from "./guest_debug.ts";
import { nmis } from "./interrupts.ts";
import type { KvmFrame } from "./kernel.ts";

/** An ioctl, by what it gets and sets. */
type Part = "regs" | "sregs" | "vcpu_events" | "debugregs" | "msrs";

/** What a VMM does. */
interface Vmm {
  /** Its GET ioctls, in order. */
  readonly gets: readonly Part[];
  /** Its SET ioctls, in order. */
  readonly sets: readonly Part[];
  /** Flags of KVM_SET_VCPU_EVENTS that it never sets: what they are about is lost. */
  readonly dropsFlags: number;
}

/** By name, the default first. Rules x86:D111 to x86:D113, x86:D116. */
const VMMS = {
  qemu: {
    gets: ["vcpu_events", "regs", "sregs", "debugregs"],
    sets: ["sregs", "regs", "vcpu_events", "debugregs"],
    dropsFlags: EVENT_BITS.validShadow,
  },
  firecracker: {
    gets: ["regs", "sregs", "debugregs", "msrs", "vcpu_events"],
    sets: ["regs", "sregs", "debugregs", "msrs", "vcpu_events"],
    dropsFlags: 0,
  },
  "cloud-hypervisor": {
    gets: ["regs", "sregs", "msrs", "vcpu_events"],
    sets: ["regs", "sregs", "msrs", "vcpu_events"],
    dropsFlags: 0,
  },
} as const satisfies Readonly<Record<string, Vmm>>;

/** Names of the VMMs, the default first. */
export const X86_VMMS: readonly string[] = Object.keys(VMMS);

/** What a VMM enables for each VM where the kernel has it, with the change that brought it. Rules x86:D111, x86:D112. */
export const X86_ENABLED_BY: Architecture["enabledBy"] = {
  qemu: [{ capability: "exception_payload", change: "exception-payload" }],
};

/** Registers of each ioctl, by the name that they are saved under. */
const REGISTERS: Readonly<Record<Part, readonly (keyof typeof REG)[]>> = {
  regs: ["RFLAGS"],
  sregs: ["CR4"],
  vcpu_events: ["VCPU_EVENTS"],
  debugregs: ["DR0", "DR1", "DR2", "DR3", "DR6", "DR7"],
  msrs: [],
};

/** Words of a block that are the guest's memory or the program's place, or general registers, which no VMM forgets. */
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
  VCPU.outerHit,
  VCPU.stepsLeft,
  VCPU.exceptions,
  VCPU.repeating,
  VCPU.rcx,
  VCPU.r11,
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
    case "msrs":
      return kernel.listsDebugctl;
    default:
      return true;
  }
}

/** The GET ioctls of a VMM. */
function save(f: KvmFrame, name: string): Omit<SavedVcpu, "carried"> {
  const { w, vcpu } = f;
  const block = w.slice(vcpu, vcpu + VCPU.words);
  const given = new Map<string, bigint>();
  for (const part of vmmNamed(name).gets) {
    if (!isOffered(f, part)) continue;
    if (part === "regs") given.set("RIP", get64(w, vcpu + VCPU.pc));
    if (part === "msrs") given.set("DEBUGCTL", BigInt(guestDebugctl(f)));
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
    const debugctl = given.get("DEBUGCTL");
    if (part === "msrs" && debugctl !== undefined) {
      restoreDebugctl(f, lowWord(debugctl));
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

/** The registers of a KVM_SET_GUEST_DEBUG that ends guest debug. */
const NO_REGISTERS: Words = new Int32Array(DEBUGREG_WORDS);

/** Names of what a guest goes on with. */
const WHAT = {
  shadow: "interrupt shadow",
  held: "held debug traps",
  interrupt: "pending interrupt",
  nmis: "pending NMIs",
  blocked: "blocking of NMIs",
  exception: "exception",
} as const;

/** The exception that comes next, once it is injected: its vector plus 1, 0 if none. */
function injected(f: KvmFrame): number {
  const vector = prepareInjection(f);
  // A #BP is taken again at its INT3.
  return vector === VECTOR.BP && isAtInt3(f) ? 0 : vector + 1;
}

/** What the guest goes on with. */
function carried(f: KvmFrame): readonly Carried[] {
  const { w, vcpu, vendor, kernel } = f;
  setGuestDebugFromUser(f, 0, NO_REGISTERS);
  const events = w[vcpu + VCPU.events];
  const shadow = w[vcpu + VCPU.shadow];
  const numbers: [what: string, value: number][] = [
    [WHAT.shadow, vendor === "svm" ? Math.min(shadow, 1) : shadow],
    [WHAT.held, w[vcpu + VCPU.pendingDb]],
    [WHAT.interrupt, events & EVENTS.vector],
    [WHAT.nmis, nmis(events)],
    [WHAT.blocked, (events & EVENTS.nmiBlocked) !== 0 ? 1 : 0],
    [WHAT.exception, injected(f)],
  ];
  const list = numbers.map(([what, value]) => ({
    what,
    value: unsigned(value),
  }));
  for (let n = 0; n < SLOTS; n++) {
    const value = get64(w, vcpu + VCPU.db + 2 * n);
    list.push({ what: `DR${n}`, value });
  }
  kernel.getDr(f, REG.DR6);
  list.push({ what: "DR6", value: join64(f.lo, f.hi) });
  list.push({ what: "DR7", value: get64(w, vcpu + VCPU.dr7) });
  list.push({ what: "DEBUGCTL", value: unsigned(guestDebugctl(f)) });
  list.push({ what: "RFLAGS", value: unsigned(kernel.getFlags(f)) });
  return list;
}

/** Rules of what is lost. */
function lostBy(what: string, vmm: string): RuleId {
  switch (what) {
    case WHAT.shadow:
      return "x86:D111";
    case "DEBUGCTL":
      return "x86:D116";
    case WHAT.held:
    case WHAT.interrupt:
      return "x86:D110";
    case WHAT.nmis:
    case WHAT.blocked:
      return "x86:D104";
    case "RFLAGS":
    case WHAT.exception:
      return "x86:D106";
    default:
      return vmm === "cloud-hypervisor" ? "x86:D113" : "x86:D106";
  }
}

/** x86. Rules x86:D110 to x86:D116. */
export const X86_SAVING: Saving<KvmFrame> = {
  isAccessPending,
  save,
  restore,
  carried,
  lostBy,
};
