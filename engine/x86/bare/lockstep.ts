/**
 * The bare machine beside an x86 vCPU.
 *
 * @module
 */
import type { Lockstep, OtherValue } from "../../bare/lockstep.ts";
import { bareMode } from "../../bare/mode.ts";
import type { Insn } from "../../program.ts";
import type { Frame, ViewValue } from "../../rules.ts";
import {
  get64,
  join64,
  lowWord,
  set64,
  unsigned,
  type Words,
} from "../../word64.ts";
import {
  CPU,
  EVENTS,
  exceptionKind,
  HELD,
  isEvent,
  NO_ERROR,
  SHADOW,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { guestStep } from "../guest/step.ts";
import { pushedFlags } from "../hardware/flags.ts";
import { withPending } from "../hardware/interrupts.ts";
import { controlBits, statusBits } from "../hardware/mov_dr.ts";
import { GUESTDBG } from "../kvm/guest_debug_flags.ts";
import { shadowGiven } from "../kvm/vcpu_events.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import {
  EVENT_BITS,
  EVENT_SHIFT,
  PAYLOAD_MASK,
  PAYLOAD_SHIFT,
} from "../registers/vcpu_events.ts";
import { BARE } from "./block.ts";

/** Fields of the vCPU block that the bare machine has for itself, by field of its own block. */
const OF_VCPU: readonly (readonly [vcpu: number, bare: number])[] = [
  [VCPU.rflags, BARE.rflags],
  [VCPU.cr4, BARE.cr4],
  [VCPU.shadow, BARE.shadow],
  [VCPU.pendingDb, BARE.pendingDb],
  [VCPU.latentDb, BARE.latentDb],
  [VCPU.repeating, BARE.repeating],
  [VCPU.rcx, BARE.rcx],
  [VCPU.r11, BARE.r11],
  [VCPU.events, BARE.events],
  [VCPU.pendingException, BARE.raised],
  [VCPU.pendingError, BARE.raisedError],
  [VCPU.handlerFlags, BARE.handlerFlags],
  [VCPU.outerFlags, BARE.outerFlags],
  [VCPU.stepsLeft, BARE.stepsLeft],
];

/** Where the guest's software is. */
const PLACE = [
  VCPU.inHandler,
  VCPU.stopped,
  VCPU.exceptions,
  VCPU.handlerVector,
  VCPU.outerStep,
  VCPU.outerVector,
];

/**
 * Guest and bare machine have done as many iterations of a string instruction. Where KVM's emulator has done the last,
 * the guest has still to execute the instruction once with RCX at 0, which it cannot tell. Rule x86:D/15.1.
 */
function isSameIteration(
  { w, vcpu }: Frame,
  bare: Frame,
  insn: Insn | null,
): boolean {
  const isBegun = w[vcpu + VCPU.repeating] !== 0;
  const left = w[vcpu + VCPU.rcx];
  if (isBegun && left === 0) return true;
  const isBareBegun = bare.w[vcpu + VCPU.repeating] !== 0;
  // An exit before the first iteration is done: the bare machine has not begun.
  if (isBegun && !isBareBegun && left === insn?.count) return true;
  return isBegun === isBareBegun && left === bare.w[vcpu + VCPU.rcx];
}

/** What an exception's frame holds besides the flags, by name. */
const FRAME: readonly (readonly [name: string, at: number, words: 1 | 2])[] = [
  ["rip", VCPU.handlerRip, 2],
  ["error", VCPU.handlerError, 1],
];

/** Debug traps are held in a shadow. Rule x86:A7. */
function isHeld(shadow: number): boolean {
  return (shadow & SHADOW.movSs) !== 0;
}

// Bits with a fixed value are as userspace gave them: KVM_SET_DEBUGREGS stores them unmasked. Rule x86:D35.
const DR6_COMPARED = 0x1_e80fn;
const DR7_COMPARED = 0xffff_2bffn;

/** Bits of a register that a guest is compared by. */
function comparedOf(register: number): bigint {
  switch (register) {
    case REG.DR4:
    case REG.DR6:
      return DR6_COMPARED;
    case REG.DR5:
    case REG.DR7:
      return DR7_COMPARED;
    default:
      return -1n;
  }
}

/** One word or two, unsigned. */
function valueAt(w: Words, at: number, words: 1 | 2): bigint {
  return words === 2 ? join64(w[at], w[at + 1]) : unsigned(w[at]);
}

/** Copies DR0 to DR3. */
function copyAddresses(
  from: Words,
  start: number,
  to: Words,
  at: number,
): void {
  for (let i = 0; i < 2 * SLOTS; i++) to[at + i] = from[start + i];
}

/** Userspace single-steps the guest. */
function isStepped({ w, vcpu }: Frame): boolean {
  return (w[vcpu + VCPU.guestDebug] & GUESTDBG.SINGLESTEP) !== 0;
}

/** Vector of the exception that KVM injects at the next entry, plus 1; 0 if none. */
function queuedBy({ w, vcpu }: Frame): number {
  return w[vcpu + VCPU.pendingException] || w[vcpu + VCPU.injectedException];
}

/**
 * The exception that KVM has queued is raised on the bare machine. KVM gives its cause to DR6 and clears DR7.GD when it
 * injects a #DB, the CPU when it raises one.
 *
 * Rules x86:A5, x86:D18, x86:D19.
 */
function queued(f: Frame, at: number): void {
  const { w, vcpu } = f;
  const vector = queuedBy(f);
  w[at + BARE.raised] = vector;
  if (vector !== VECTOR.DB + 1) return;
  w[at + BARE.dr7] &= ~DR7_BITS.GD;
  const held = w[vcpu + VCPU.pendingPayload];
  if ((held & HELD) !== 0) {
    w[at + BARE.dr6] = withCause(w[at + BARE.dr6], held & ~HELD);
  }
}

/** Userspace gets every #DB. Rule x86:D33. */
function isDebugged({ w, vcpu }: Frame): boolean {
  const flags = GUESTDBG.SINGLESTEP | GUESTDBG.USE_HW_BP;
  return (w[vcpu + VCPU.guestDebug] & flags) !== 0;
}

/**
 * B0 to B3 that the bare machine's CPU has left from before, as a CPU may: KVM clears them with each #DB.
 *
 * @param seen the guest's DR6
 *
 * Rules x86:A/3, x86:D17.
 */
function left(seen: number, leftStatus: number): bigint {
  return BigInt(leftStatus & ~seen);
}

/** RFLAGS that differ: a debugger's TF is shown while it steps. Rule x86:A10. */
function flagsDiffer(
  f: Frame,
  seen: number,
  own: number,
): OtherValue | undefined {
  if (seen === own) return undefined;
  const value = {
    name: "rflags",
    seen: unsigned(seen),
    own: unsigned(own),
  };
  return isStepped(f) && (seen ^ own) === FLAGS.TF
    ? { ...value, allowance: "step-flag" }
    : value;
}

/** The x86 part. */
export const X86_LOCKSTEP: Lockstep = {
  words: BARE.words,
  // An instruction, what it raises, its delivery, and a handler of seven.
  stepsMax: 12,
  addresses: Array.from({ length: SLOTS }, (_, n) => BARE.dr + 2 * n),

  frame(frame) {
    const { vendor, model } = frame as X86Frame;
    const bare: X86Frame = {
      ...frame,
      w: new Int32Array(frame.w.length),
      sink: null,
      vendor,
      model,
      bare: bareMode({
        isStepwise: true,
        answersCalls: frame.bare === undefined,
      }),
      ownerOf: () => "guest",
    };
    return bare;
  },
  begin({ w, vcpu }, at, read) {
    const value = (register: number): bigint => {
      const seen = read(register);
      return seen.kind === "value" ? seen.value : 0n;
    };
    for (let n = 0; n < SLOTS; n++) set64(w, at + BARE.dr + 2 * n, value(n));
    w[at + BARE.dr6] = lowWord(value(REG.DR6));
    w[at + BARE.leftStatus] = 0;
    w[at + BARE.dr7] = lowWord(value(REG.DR7));
    w[at + BARE.debugctl] = lowWord(value(REG.DEBUGCTL));
    for (const [from, to] of OF_VCPU) w[at + to] = w[vcpu + from];
    if (isStepped({ w, vcpu } as Frame)) w[at + BARE.rflags] &= ~FLAGS.TF;
    queued({ w, vcpu } as Frame, at);
    // An interrupt comes to the bare machine when it comes to the guest.
    w[at + BARE.events] &= EVENTS.nmiBlocked;
  },
  load({ w, vcpu, cpu, bare }, block, at) {
    bare!.leftStatus = block[at + BARE.leftStatus];
    for (const [to, from] of OF_VCPU) w[vcpu + to] = block[at + from];
    copyAddresses(block, at + BARE.dr, w, cpu + CPU.dr);
    w[cpu + CPU.dr6] = block[at + BARE.dr6];
    w[cpu + CPU.dr7] = block[at + BARE.dr7];
    w[cpu + CPU.debugctl] = block[at + BARE.debugctl];
    w[vcpu + VCPU.vmExceptions] = 0;
    w[vcpu + VCPU.vmIcebp] = 0;
    w[vcpu + VCPU.vmDrAccesses] = 0;
  },
  save({ w, vcpu, cpu, bare }, block, at) {
    block[at + BARE.leftStatus] = bare!.leftStatus;
    for (const [from, to] of OF_VCPU) block[at + to] = w[vcpu + from];
    copyAddresses(w, cpu + CPU.dr, block, at + BARE.dr);
    block[at + BARE.dr6] = w[cpu + CPU.dr6];
    block[at + BARE.dr7] = w[cpu + CPU.dr7];
    block[at + BARE.debugctl] = w[cpu + CPU.debugctl];
  },
  arrives({ w, vcpu }, bare) {
    const isNew = w[vcpu + VCPU.inHandler] !== 0 &&
      (bare.w[vcpu + VCPU.inHandler] === 0 ||
        w[vcpu + VCPU.outerStep] !== bare.w[vcpu + VCPU.outerStep]);
    const vector = w[vcpu + VCPU.handlerVector];
    if (!isNew || !isEvent(vector)) return;
    const at = vcpu + VCPU.events;
    bare.w[at] = withPending(bare.w[at], vector);
  },
  enters({ w, vcpu }, at) {
    if (w[vcpu + VCPU.inHandler] === 0) return;
    if (w[vcpu + VCPU.outerStep] !== 0) {
      w[at + BARE.outerFlags] = w[at + BARE.handlerFlags];
    }
    w[at + BARE.handlerFlags] = w[at + BARE.rflags];
  },
  step: (bare, insn) => guestStep(bare as X86Frame, insn),
  isSamePlace: (f, bare, insn) =>
    PLACE.every((at) => f.w[f.vcpu + at] === bare.w[f.vcpu + at]) &&
    isSameIteration(f, bare, insn),
  raised({ w, vcpu }) {
    const raised = w[vcpu + VCPU.pendingException];
    return raised === 0 ? undefined : exceptionKind(raised - 1);
  },
  handled: ({ w, vcpu }) =>
    w[vcpu + VCPU.inHandler] === 0
      ? undefined
      : exceptionKind(w[vcpu + VCPU.handlerVector]),
  due(block, at) {
    const raised = block[at + BARE.raised];
    if (raised !== 0) return exceptionKind(raised - 1);
    return block[at + BARE.pendingDb] !== 0 && !isHeld(block[at + BARE.shadow])
      ? "db"
      : undefined;
  },
  pending(f, held) {
    const { w, vcpu } = f;
    const queued = queuedBy(f);
    if (queued !== 0) return exceptionKind(queued - 1);
    // What hardware holds goes to userspace if that debugs.
    const isDue = w[vcpu + VCPU.pendingDb] !== 0 &&
      (held || !isHeld(w[vcpu + VCPU.shadow]));
    // While KVM steps for an NMI, every #DB is its own. Rule x86:D56.
    const isKvms = (w[vcpu + VCPU.events] & EVENTS.nmiStep) !== 0;
    return isDue && !isDebugged(f) && !isKvms ? "db" : undefined;
  },
  isQueued: (f) => queuedBy(f) !== 0,
  allowsStray: () => undefined,
  isDebugged,
  hidesGeneralDetect: ({ w, vcpu }) =>
    (w[vcpu + VCPU.guestDebug] & GUESTDBG.USE_HW_BP) !== 0,
  differences(f, bare, entered) {
    const { w, vcpu } = f;
    const found: OtherValue[] = [];
    const compare = (
      name: string,
      at: number,
      words: 1 | 2,
      bits = -1n,
    ): void => {
      const seen = valueAt(w, vcpu + at, words);
      const own = valueAt(bare.w, vcpu + at, words);
      if (((seen ^ own) & bits) !== 0n) found.push({ name, seen, own });
    };
    const seen = w[vcpu + VCPU.handlerDr6];
    const dr6 = DR6_COMPARED & ~left(seen, bare.bare!.leftStatus);
    for (const [name, at, words] of FRAME) compare(name, at, words);
    compare("dr6", VCPU.handlerDr6, 1, dr6);
    compare("dr7", VCPU.handlerDr7, 1, DR7_COMPARED);
    if (entered) {
      const at = vcpu + VCPU.handlerFlags;
      const flags = flagsDiffer(f, w[at], bare.w[at]);
      if (flags) found.push(flags);
    }
    return found;
  },
  readDiffers(f, at, read) {
    // What XBEGIN leaves in EAX: a transaction may be aborted at any time.
    if (read.register < 0) return undefined;
    const compared = comparedOf(read.register);
    const bits = compared === DR6_COMPARED
      ? compared & ~left(lowWord(read.seen), f.w[at + BARE.leftStatus])
      : compared;
    const differ = (read.seen ^ read.own) & bits;
    if (differ === 0n) return undefined;
    if (read.register !== REG.RFLAGS) return read;
    return flagsDiffer(f, lowWord(read.seen), lowWord(read.own));
  },
  // That of the step for an NMI is KVM's own. Rule x86:D54.
  resumes: ({ w, vcpu }, at) =>
    (w[vcpu + VCPU.events] & EVENTS.nmiStep) === 0 &&
    (w[vcpu + VCPU.rflags] & ~w[at + BARE.rflags] & FLAGS.RF) !== 0,
  value(f, at, register): ViewValue {
    const { w } = f;
    const word = (offset: number): ViewValue => ({
      kind: "value",
      value: unsigned(w[at + offset]),
    });
    switch (register) {
      case REG.RFLAGS: {
        const flags = { w, vcpu: at + BARE.rflags - VCPU.rflags } as X86Frame;
        return { kind: "value", value: unsigned(pushedFlags(flags)) };
      }
      case REG.CR4:
        return word(BARE.cr4);
      case REG.DR4:
      case REG.DR5:
        if ((w[at + BARE.cr4] & CR4_DE) !== 0) return { kind: "undef" };
        return word(register === REG.DR4 ? BARE.dr6 : BARE.dr7);
      case REG.DR6:
        return word(BARE.dr6);
      case REG.DR7:
        return word(BARE.dr7);
      case REG.DEBUGCTL:
        return word(BARE.debugctl);
      default:
        if (register >= SLOTS) {
          return { kind: "none", why: "not a register of the guest's" };
        }
        return {
          kind: "value",
          value: get64(w, at + BARE.dr + 2 * register),
        };
    }
  },
  write(f, at, register, lo, hi) {
    const { w } = f;
    if (register < SLOTS) {
      w[at + BARE.dr + 2 * register] = lo;
      w[at + BARE.dr + 2 * register + 1] = hi;
    } else if (register === REG.DR6) {
      w[at + BARE.dr6] = statusBits(f as X86Frame, lo);
      w[at + BARE.leftStatus] = 0;
    } else if (register === REG.DR7) {
      w[at + BARE.dr7] = controlBits(f as X86Frame, lo);
    } else if (register === REG.CR4) {
      w[at + BARE.cr4] = lo;
    } else if (register === REG.DEBUGCTL) {
      w[at + BARE.debugctl] = lo;
    } else if (register === REG.RFLAGS) {
      w[at + BARE.rflags] = lo | FLAGS.FIXED;
      // KVM_SET_REGS drops what is queued. Rule x86:D30.
      w[at + BARE.raised] = 0;
      if (!isHeld(w[at + BARE.shadow])) w[at + BARE.pendingDb] = 0;
    } else if (register === REG.VCPU_EVENTS) {
      writeEvents(f as X86Frame, at, lo, hi);
    }
  },
  leaveHandler({ w, vcpu }, at) {
    w[at + BARE.raised] = 0;
    if (!isHeld(w[at + BARE.shadow])) w[at + BARE.pendingDb] = 0;
    w[at + BARE.handlerFlags] = 0;
    w[at + BARE.outerFlags] = 0;
    w[at + BARE.stepsLeft] = 0;
    // A string instruction is left in the middle.
    if (w[vcpu + VCPU.repeating] === 0) w[at + BARE.repeating] = 0;
  },
  dropDue(block, at) {
    block[at + BARE.raised] = 0;
    block[at + BARE.pendingDb] = 0;
  },
  setHandlerSteps(block, at, count) {
    block[at + BARE.stepsLeft] = count;
  },
  inject({ w }, at, exception) {
    w[at + BARE.raised] = (exception === "db" ? VECTOR.DB : VECTOR.BP) + 1;
    w[at + BARE.raisedError] = NO_ERROR;
    w[at + BARE.pendingDb] = 0;
    w[at + BARE.latentDb] = 0;
    // An injected #DB leaves DR6 alone; KVM clears the guest's DR7.GD. Rule x86:D19.
    if (exception === "db") w[at + BARE.dr7] &= ~DR7_BITS.GD;
  },
};

/**
 * What KVM_SET_VCPU_EVENTS gives, as the CPU has it: an exception that is raised and not delivered, whose payload is in
 * DR6 already, and what the instruction before blocks. NMIs and interrupts come when the guest takes them.
 *
 * Rules x86:D103 to x86:D106.
 */
function writeEvents(
  f: X86Frame,
  at: number,
  lo: number,
  hi: number,
): void {
  const { w } = f;
  const isPending = (lo & EVENT_BITS.pending) !== 0 &&
    (lo & EVENT_BITS.validPayload) !== 0;
  const isThere = isPending || (lo & EVENT_BITS.injected) !== 0;
  const vector = lo >>> EVENT_SHIFT.vector;
  w[at + BARE.raised] = isThere ? vector + 1 : 0;
  w[at + BARE.raisedError] = (lo & EVENT_BITS.hasErrorCode) !== 0
    ? 0
    : NO_ERROR;
  if (isThere && vector === VECTOR.DB) {
    w[at + BARE.dr7] &= ~DR7_BITS.GD;
    if (isPending && (lo & EVENT_BITS.hasPayload) !== 0) {
      const cause = (hi >>> PAYLOAD_SHIFT) & PAYLOAD_MASK;
      w[at + BARE.dr6] = withCause(w[at + BARE.dr6], cause);
    }
  }
  if ((lo & EVENT_BITS.validShadow) !== 0) {
    w[at + BARE.shadow] = shadowGiven(f, lo);
  }
  w[at + BARE.events] = (lo & EVENT_BITS.nmiMasked) !== 0
    ? EVENTS.nmiBlocked
    : 0;
}

/** DR6 after a #DB whose cause is active-high. Rule x86:A/3. */
function withCause(dr6: number, cause: number): number {
  const low = DR6_BITS.RTM | DR6_BITS.BLD;
  const others = dr6 & ~DR6_BITS.TRAPS | DR6_BITS.RESET;
  return (others | cause & ~low) & ~(cause & low) & ~DR6_BITS.ENABLED_BP;
}
