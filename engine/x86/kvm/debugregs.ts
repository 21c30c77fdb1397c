/**
 * KVM_GET_DEBUGREGS and KVM_SET_DEBUGREGS; KVM_GET_REGS and KVM_SET_REGS for rip and the flags.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { VCPU } from "../blocks.ts";
import { isProtected } from "../hardware/protected.ts";
import { bySlot } from "../moves.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { guestDebugctl, setDebugctl } from "./debugctl.ts";
import { updateAll } from "./dr_registers.ts";
import { deliverEarly, dropException } from "./exceptions.ts";
import type { KvmFrame } from "./kernel.ts";
import { refuseProtected } from "./protected.ts";
import { getEvents, setEvents } from "./vcpu_events.ts";

const SET_CR4: Move = {
  cause: "write",
  to: ["guest", "CR4"],
  from: ["user", "CR4"],
  rule: "x86:A/1",
};
const SET_RFLAGS: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: ["user", "RFLAGS"],
  rule: "x86:D30",
};
const SET_DB = bySlot((n): Move => ({
  cause: "write",
  to: ["guest", `DR${n}`],
  from: ["user", `DR${n}`],
  rule: "x86:D35",
}));
const SET_DR6: Move = {
  cause: "write",
  to: ["guest", "DR6"],
  from: ["user", "DR6"],
  rule: "x86:D35",
};
const SET_DR7: Move = {
  cause: "write",
  to: ["guest", "DR7"],
  from: ["user", "DR7"],
  rule: "x86:D35",
};

const GET = "KVM_GET_DEBUGREGS";
const SET = "KVM_SET_DEBUGREGS";

const NO_IOCTL = {
  errno: "EINVAL",
  why: "this kernel has no such ioctl",
  rule: "x86:D/11",
} as const;

const NO_ALIAS = {
  errno: "ENOENT",
  why: "the structure has no DR4 and no DR5",
  rule: "x86:D35",
} as const;

/**
 * One register as userspace gets it: the guest's view, never what is effective.
 *
 * @returns 0; EINVAL where the kernel had no such ioctl; ENOENT for what it does not offer
 *
 * Rule x86:D34.
 */
export function userGet(f: KvmFrame, register: number): number {
  const { w, vcpu, kernel } = f;
  const ioctl = register === REG.DEBUGCTL ? "KVM_GET_MSRS" : GET;
  const refused = register === REG.VCPU_EVENTS ? 0 : refuseProtected(f, ioctl);
  if (refused !== 0) return refused;
  f.hi = 0;
  switch (register) {
    case REG.RFLAGS:
      f.lo = kernel.getFlags(f);
      return 0;
    case REG.CR4:
      deliverEarly(f);
      f.lo = w[vcpu + VCPU.cr4];
      return 0;
    case REG.VCPU_EVENTS:
      return getEvents(f);
    case REG.DR4:
    case REG.DR5:
      return refuse(f, GET, NO_ALIAS);
    case REG.DEBUGCTL:
      f.lo = guestDebugctl(f);
      return 0;
    default:
      break;
  }
  if (kernel.debugregs === "none") return refuse(f, GET, NO_IOCTL);
  deliverEarly(f);
  if (register === REG.DEBUGREGS) {
    f.lo = 0;
    return 0;
  }
  const at = register < SLOTS
    ? VCPU.db + 2 * register
    : register === REG.DR6
    ? VCPU.dr6
    : VCPU.dr7;
  f.lo = w[vcpu + at];
  f.hi = w[vcpu + at + 1];
  // Where the VMCB has DR6, that is the guest's.
  if (register === REG.DR6) kernel.getDr(f, REG.DR6);
  return 0;
}

/**
 * KVM_GET_DEBUGREGS, one register changed, KVM_SET_DEBUGREGS: stored as given, no bit forced, then made
 * effective. RFLAGS goes through KVM_SET_REGS, and DEBUGCTL through KVM_SET_MSRS.
 *
 * @param isPart one register of KVM_SET_DEBUGREGS without a get before: the cause of a queued #DB stays where it is
 * @returns 0; EINVAL for flags, or for bits 63:32 of DR6 and DR7 where the kernel looks; ENOENT
 *
 * Rules x86:D24, x86:D35.
 */
export function userSet(
  f: KvmFrame,
  register: number,
  isPart = false,
): number {
  const { vcpu, lo, hi, kernel } = f;
  if (isProtected(f) && register !== REG.VCPU_EVENTS) {
    const refused = refuseProtected(f, SET);
    if (refused !== 0 || register > REG.DR7) return refused;
  }
  switch (register) {
    case REG.RFLAGS:
      return setRegs(f, lo);
    case REG.CR4:
      deliverEarly(f);
      setWord(f, vcpu + VCPU.cr4, lo, SET_CR4);
      return 0;
    case REG.VCPU_EVENTS:
      return setEvents(f);
    case REG.DR4:
    case REG.DR5:
      return refuse(f, SET, NO_ALIAS);
    case REG.DEBUGCTL:
      return setDebugctl(f, lo, hi);
    default:
      break;
  }
  if (kernel.debugregs === "none") return refuse(f, SET, NO_IOCTL);
  if (register === REG.DEBUGREGS && (lo !== 0 || hi !== 0)) {
    return refuse(f, SET, {
      errno: "EINVAL",
      why: "no flag is defined",
      rule: "x86:D35",
    });
  }
  const upper = register >= SLOTS && hi !== 0;
  if (upper && kernel.debugregs === "checked") {
    return refuse(f, SET, {
      errno: "EINVAL",
      why: `bits 63:32 of ${register === REG.DR6 ? "DR6" : "DR7"} are set`,
      rule: "x86:D35",
    });
  }
  if (!isPart) deliverEarly(f);
  if (register < SLOTS) {
    setPair(f, vcpu + VCPU.db + 2 * register, lo, hi, SET_DB[register]);
  } else if (register === REG.DR6) {
    setPair(f, vcpu + VCPU.dr6, lo, hi, SET_DR6);
  } else if (register === REG.DR7) {
    setPair(f, vcpu + VCPU.dr7, lo, hi, SET_DR7);
  }
  updateAll(f);
  return 0;
}

/** KVM_SET_REGS with the flags given: a queued exception is dropped. Rules x86:D30, x86:D108. */
function setRegs(f: KvmFrame, flags: number): number {
  f.kernel.setFlags(f, flags | FLAGS.FIXED, SET_RFLAGS);
  dropException(f, f.kernel.setRegsDropsInjected);
  return 0;
}

/**
 * KVM_SET_REGS with another rip and the flags as KVM_GET_REGS gave them: a debugger's TF is re-added only
 * where it was asked for, and a queued exception is dropped. The modelled guest leaves its handler.
 *
 * Rule x86:D30.
 */
export function userSetPc(f: KvmFrame): number {
  const { w, vcpu, kernel } = f;
  if (isProtected(f)) return refuseProtected(f, "KVM_SET_REGS");
  const flags = kernel.getFlags(f);
  const moves = w[vcpu + VCPU.pc] !== f.lo || w[vcpu + VCPU.pc + 1] !== f.hi;
  if (moves) w[vcpu + VCPU.repeating] = 0;
  w[vcpu + VCPU.pc] = f.lo;
  w[vcpu + VCPU.pc + 1] = f.hi;
  w[vcpu + VCPU.inHandler] = 0;
  w[vcpu + VCPU.outerStep] = 0;
  w[vcpu + VCPU.stopped] = 0;
  w[vcpu + VCPU.exceptions] = 0;
  w[vcpu + VCPU.stepsLeft] = 0;
  return setRegs(f, flags);
}
