/**
 * What an x86 guest must be able to rely on, for the search.
 *
 * DR6 is left out: hardware and KVM change it on their own. So are the bits that a #DB clears: DR7.GD, and BTF and LBR
 * of DEBUGCTL.
 *
 * @module
 */
import type {
  Hits,
  Mismatch,
  Monitor,
  WrongRegister,
} from "../../explore/monitor.ts";
import type { Insn } from "../../program.ts";
import { type Frame, MODE } from "../../rules.ts";
import { get64, lowWord, unsigned } from "../../word64.ts";
import { X86_LOCKSTEP } from "../bare/lockstep.ts";
import {
  COMPLETION,
  CPU,
  exceptionKind,
  USER,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { handlerRegister } from "../guest/handler.ts";
import { HANDLER_ADDRESS, HANDLER_END } from "../hardware/exceptions.ts";
import { registerName } from "../hardware/reported_access.ts";
import { slotMatches } from "../hardware/slot_matches.ts";
import { hostDebugctlLost } from "../kvm/debugctl.ts";
import { GUESTDBG } from "../kvm/guest_debug_flags.ts";
import { hostLostSlots } from "../kvm/host_breakpoints.ts";
import type { KvmFrame } from "../kvm/kernel.ts";
import { singleSteps, usesHwBp } from "../kvm/state.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { DR7_BITS, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { X86_BREAKPOINTS } from "./breakpoints.ts";
import { DR7_KEEPS, OWN } from "./own_registers.ts";
import { X86_SLOTS } from "./slots.ts";

/** Bits of DEBUGCTL that a #DB clears. Rule x86:A20. */
const TAKEN_BY_DB = DEBUGCTL_BITS.BTF | DEBUGCTL_BITS.LBR;

/** Bits of DEBUGCTL by which it changes what a guest's instructions do. */
const ACTS_ON_GUEST = DEBUGCTL_BITS.BTF | DEBUGCTL_BITS.BLD;

function dr7Kept(value: number): number {
  return (value & DR7_KEEPS) | DR7_BITS.FIXED;
}

/** DR4 and DR5 mean DR6 and DR7. Rule x86:A/1. */
function real(register: number): number {
  return register === REG.DR4 || register === REG.DR5 ? register + 2 : register;
}

/** KVM has moved past the instruction with its fault queued, as kvm-amd does until 5.11. Quirk x86:Q4. */
function hasFaulted({ w, vcpu }: Frame): boolean {
  const queued = w[vcpu + VCPU.pendingException] - 1;
  return queued === VECTOR.UD || queued === VECTOR.GP;
}

function pairs(...starts: readonly number[]): number[] {
  return starts.flatMap((at) =>
    Array.from({ length: SLOTS }, (_, n) => at + 2 * n)
  );
}

/** By which register the CPU's first slot of some differs from the guest's: its address where DR7 has it alike. */
function wrongRegister(
  { w, cpu }: Frame,
  at: number,
  slots: number,
): WrongRegister | undefined {
  if (slots === 0) return undefined;
  const slot = 31 - Math.clz32(slots & -slots);
  const [held, own] = [w[cpu + CPU.dr7], w[at + OWN.dr7]];
  const isAlike = slotEnabled(held, slot) === slotEnabled(own, slot) &&
    slotNibble(held, slot) === slotNibble(own, slot);
  return isAlike
    ? { register: slot, seen: get64(w, cpu + CPU.dr + 2 * slot) }
    : { register: REG.DR7, seen: unsigned(held) };
}

/** The x86 part of the properties. */
export const X86_MONITOR: Monitor = {
  words: OWN.words,
  addresses: {
    vcpu: [
      ...pairs(VCPU.db, VCPU.effDb, VCPU.vmDr),
      VCPU.pc,
      VCPU.iretRip,
      VCPU.singlestepRip,
      VCPU.eventRip,
      VCPU.nextRip,
      VCPU.completionRip,
      VCPU.completionFrom,
      VCPU.runPc,
      VCPU.ioAddress,
      VCPU.copyTo,
      VCPU.handlerRip,
      VCPU.outerRip,
    ],
    user: pairs(USER.debugreg),
    cpu: pairs(CPU.dr, CPU.hostDr, CPU.savedDr),
    monitor: pairs(OWN.dr),
  },
  slots: X86_SLOTS,
  breakpoints: X86_BREAKPOINTS,
  isAddress: (register) => register < SLOTS,
  follows: (register) =>
    register < SLOTS || real(register) === REG.DR7 ||
    register === REG.DEBUGCTL,
  handlerAddress: (index) => BigInt(HANDLER_ADDRESS + 0x10_0000 * index),
  handlerStep(f) {
    const { w, vcpu } = f;
    const step = w[vcpu + VCPU.inHandler];
    if (step === 0) return undefined;
    const vector = exceptionKind(w[vcpu + VCPU.handlerVector]).toUpperCase();
    const does = step === HANDLER_END
      ? "returns"
      : `reads ${registerName(handlerRegister(f as X86Frame))}`;
    return `#${vector} handler ${does}`;
  },

  executed(f, at, { op, register, lo, hi }) {
    if (hasFaulted(f)) return false;
    if (op === "write" || op === "wrmsr") {
      this.accept(f, at, register, lo, hi);
    } // The processor clears L0 to L3 and LE. Rule x86:D28.
    else if (op === "taskswitch") f.w[at + OWN.dr7] &= ~DR7_BITS.LOCAL;
    return true;
  },
  accept({ w }, at, register, lo, hi) {
    const dr = real(register);
    if (dr < SLOTS) {
      w[at + OWN.dr + 2 * dr] = lo;
      w[at + OWN.dr + 2 * dr + 1] = hi;
    } else if (dr === REG.DR7) {
      w[at + OWN.dr7] = dr7Kept(lo);
    } else if (register === REG.DEBUGCTL) w[at + OWN.debugctl] = lo;
  },
  hits(f: Frame, at: number, insn: Insn): Hits | undefined {
    const frame = f as KvmFrame;
    const { w, vcpu, cpu } = frame;
    if (
      usesHwBp(frame) || w[vcpu + VCPU.inHandler] !== 0 ||
      w[vcpu + VCPU.stopped] !== 0 || w[vcpu + VCPU.pendingDb] !== 0
    ) return undefined;
    const own = slotMatches(frame, insn, at + OWN.dr, w[at + OWN.dr7]);
    const physical = slotMatches(frame, insn, cpu + CPU.dr, w[cpu + CPU.dr7]);
    return { own, physical };
  },
  mismatch(f: Frame, at: number, { own, physical }: Hits): Mismatch {
    const steps = (f.w[f.vcpu + VCPU.rflags] & FLAGS.TF) !== 0;
    return {
      missed: wrongRegister(f, at, own & ~physical),
      stray: wrongRegister(f, at, physical & ~own),
      // Every #DB is userspace's while it steps. Rule x86:D33.
      isHidden: singleSteps(f as KvmFrame) || steps ||
        own !== 0 && physical !== 0,
    };
  },
  exceptionOf: () => "db",
  lockstep: X86_LOCKSTEP,
  isSame(_, register, own, seen) {
    return real(register) === REG.DR7
      ? this.stored(register, own) === this.stored(register, seen)
      : own === seen;
  },
  matches({ w }, at, register, lo, hi) {
    if (register === REG.DEBUGCTL) {
      return ((w[at + OWN.debugctl] ^ lo) & ~TAKEN_BY_DB) === 0;
    }
    const dr = real(register);
    return dr < SLOTS
      ? w[at + OWN.dr + 2 * dr] === lo && w[at + OWN.dr + 2 * dr + 1] === hi
      : w[at + OWN.dr7] === dr7Kept(lo) && hi === 0;
  },
  own({ w }, at, register) {
    if (register === REG.DEBUGCTL) return unsigned(w[at + OWN.debugctl]);
    const dr = real(register);
    return dr < SLOTS
      ? get64(w, at + OWN.dr + 2 * dr)
      : unsigned(w[at + OWN.dr7]);
  },
  stored(register, value) {
    if (register < SLOTS || register === REG.DEBUGCTL) return value;
    return unsigned(dr7Kept(lowWord(value)));
  },
  leaked({ w, cpu }, at, register) {
    if (register !== REG.DEBUGCTL) return undefined;
    const held = w[cpu + CPU.debugctl];
    const others = held & ACTS_ON_GUEST & ~w[at + OWN.debugctl];
    return others === 0 ? undefined : unsigned(held);
  },
  hostHas: (f) =>
    X86_BREAKPOINTS.hostAddresses(f).length > 0 ||
    f.w[f.cpu + CPU.hostDebugctl] !== 0,
  hostLost(f) {
    const { w, cpu } = f;
    if (hostDebugctlLost(f as KvmFrame)) {
      return {
        register: REG.DEBUGCTL,
        wanted: unsigned(w[cpu + CPU.hostDebugctl]),
      };
    }
    const lost = hostLostSlots(f as KvmFrame);
    if (lost === 0) return undefined;
    const slot = 31 - Math.clz32(lost & -lost);
    const address = cpu + CPU.hostDr + 2 * slot;
    const held = cpu + CPU.dr + 2 * slot;
    // The address is lost, or it is there and not enabled.
    return w[held] !== w[address] || w[held + 1] !== w[address + 1]
      ? { register: slot, wanted: get64(w, address) }
      : {
        register: REG.DR7,
        wanted: unsigned(w[cpu + CPU.hostDr7] | DR7_BITS.FIXED),
      };
  },
  forgetExceptions({ w, vcpu }) {
    w[vcpu + VCPU.exceptions] = 0;
  },
  rest(f, isAsked) {
    const { w, vcpu } = f;
    const isBusy = w[vcpu + VCPU.pendingException] !== 0 ||
      w[vcpu + VCPU.injectedException] !== 0;
    if (!isAsked && !isBusy) {
      w[vcpu + VCPU.lastEvent] = 0;
      w[vcpu + VCPU.pendingPayload] = 0;
    }
    w[vcpu + VCPU.exitReason] = 0;
    w[vcpu + VCPU.exitData] = 0;
    w[vcpu + VCPU.exitDone] = 0;
    w[vcpu + VCPU.runException] = 0;
    w[vcpu + VCPU.userExit] = 0;
    clear(f, VCPU.runPc, 6);
    if (readsAgain(f as Frame & Partial<KvmFrame>)) {
      clear(f, VCPU.hostDebugctl, 1);
    }
    if (w[vcpu + VCPU.completion] === COMPLETION.none) {
      clear(f, VCPU.completionRip, 4);
    }
    // What REP has still to do is there.
    if (w[vcpu + VCPU.completion] < COMPLETION.emulateBatch) {
      clear(f, VCPU.ioAddress, 7);
    }
    if (!singleSteps(f as KvmFrame)) clear(f, VCPU.singlestepRip, 2);
    if (
      (w[vcpu + VCPU.guestDebug] & ~GUESTDBG.ENABLE) === 0 &&
      w[vcpu + VCPU.pendingException] === 0
    ) clear(f, VCPU.eventLength, 3);
    // The next exit writes them again.
    if (w[vcpu + VCPU.mode] === MODE.guest) clear(f, VCPU.nextRipKnown, 3);
    if (w[vcpu + VCPU.inHandler] === 0) {
      clear(f, VCPU.handlerVector, 8);
      clear(f, VCPU.outerStep, 7);
    }
  },
};

/** The host's DEBUGCTL is read again, by the next load or entry, before it is used; without a hypervisor it never is. */
function readsAgain({ w, vcpu, kernel }: Frame & Partial<KvmFrame>): boolean {
  const mode = w[vcpu + VCPU.mode];
  return kernel === undefined || mode === MODE.out ||
    mode === MODE.loaded && kernel.hostDebugctlAt === "entry";
}

/** Zeroes words of the vCPU block. */
function clear({ w, vcpu }: Frame, from: number, count: number): void {
  // They are few: a call into the runtime would cost more.
  for (let i = 0; i < count; i++) w[vcpu + from + i] = 0;
}
