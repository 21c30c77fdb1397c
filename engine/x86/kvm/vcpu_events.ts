/**
 * KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: what is on its way to the guest.
 *
 * @module
 */
import { type Move, reportWord, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import {
  EVENTS,
  exceptionKind,
  FIRST_INTERRUPT,
  HELD,
  LAST_EVENT,
  NO_ERROR,
  SHADOW,
  VCPU,
  VECTOR,
  VM,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import {
  EVENT_BITS,
  EVENT_SHIFT,
  PAYLOAD_MASK,
  PAYLOAD_SHIFT,
} from "../registers/vcpu_events.ts";
import {
  deliverEarly,
  dropException,
  keepException,
  keepInterrupt,
  queueException,
} from "./exceptions.ts";
import { nmis, processNmis } from "./interrupts.ts";
import type { KvmFrame } from "./kernel.ts";

const GET = "KVM_GET_VCPU_EVENTS";
const SET = "KVM_SET_VCPU_EVENTS";

const SHADOW_FROM_USER: Move = {
  cause: "write",
  to: ["kvm", "interrupt_shadow"],
  from: ["user", "VCPU_EVENTS"],
  rule: "x86:D103",
};
const NMIS_FROM_USER: Move = {
  cause: "write",
  to: ["kvm", "nmi_pending"],
  from: ["user", "VCPU_EVENTS"],
  rule: "x86:D104",
};
const MASK_FROM_USER: Move = {
  cause: "write",
  to: ["kvm", "nmi_masked"],
  from: ["user", "VCPU_EVENTS"],
  rule: "x86:D104",
};

/** Exceptions that the model has. Userspace may give no other; the language rejects them. */
const EXCEPTIONS: readonly number[] = Object.values(VECTOR).filter((vector) =>
  vector !== VECTOR.NMI
);

/** Error code of an exception that has one: the model's guest causes no other. */
const ERROR_CODE = 0;

/** The highest vector of an exception. Intel SDM vol. 3A 6.3.1. */
const LAST_EXCEPTION = FIRST_INTERRUPT - 1;

/** Flags that a kernel without the payload's capability knows. */
const OLD_FLAGS = EVENT_BITS.validNmiPending | EVENT_BITS.validSipiVector |
  EVENT_BITS.validShadow | EVENT_BITS.validSmm;

/** SVM has one bit for both kinds of shadow. Rule x86:D103. */
const EITHER_SHADOW = SHADOW.movSs | SHADOW.sti;

/** Userspace has enabled KVM_CAP_EXCEPTION_PAYLOAD. */
function hasPayloads({ w, vm }: KvmFrame): boolean {
  return w[vm + VM.exceptionPayload] !== 0;
}

/**
 * What KVM_GET_VCPU_EVENTS gives goes to the frame, packed. Where userspace has not enabled payloads, the cause of a
 * queued #DB goes to DR6 first.
 *
 * @returns 0; EINVAL where the kernel has no such ioctl
 *
 * `kvm_vcpu_ioctl_x86_get_vcpu_events()`, x86.c. Rules x86:D24, x86:D101 to x86:D104, x86:D109.
 */
export function getEvents(f: KvmFrame): number {
  const { w, vcpu, kernel, vendor } = f;
  if (kernel.vcpuEvents === "none") return refuse(f, GET, NO_IOCTL);
  processNmis(f);
  deliverEarly(f);
  const again = w[vcpu + VCPU.injectedException] - 1;
  const isException = again >= 0 && again <= LAST_EXCEPTION &&
    again !== VECTOR.NMI;
  const isQueued = w[vcpu + VCPU.pendingException] !== 0;
  const last = w[vcpu + VCPU.lastEvent];
  const vector = last & LAST_EVENT.exception;
  let lo = 0;
  // A software exception is found again at its instruction.
  if (vector !== VECTOR.BP) {
    if (isException || isQueued && !hasPayloads(f)) lo |= EVENT_BITS.injected;
    if (isQueued && kernel.declaresPayload) lo |= EVENT_BITS.pending;
  }
  if ((last & LAST_EVENT.hasError) !== 0) lo |= EVENT_BITS.hasErrorCode;
  const held = w[vcpu + VCPU.pendingPayload];
  if ((held & HELD) !== 0) lo |= EVENT_BITS.hasPayload;
  const hi = (held & ~HELD & PAYLOAD_MASK) << PAYLOAD_SHIFT |
    (last & LAST_EVENT.interrupt) >>> LAST_EVENT.interruptShift;
  if (again > LAST_EXCEPTION) lo |= EVENT_BITS.interruptInjected;
  if (again === VECTOR.NMI) lo |= EVENT_BITS.nmiInjected;
  const events = w[vcpu + VCPU.events];
  if ((events & EVENTS.nmiBlocked) !== 0) lo |= EVENT_BITS.nmiMasked;
  const pending = kernel.eventsCountNmis
    ? nmis(events)
    : Math.min(1, nmis(events));
  const shadow = w[vcpu + VCPU.shadow];
  const shown = vendor === "svm" && shadow !== SHADOW.none
    ? EITHER_SHADOW
    : shadow;
  lo |= (pending << EVENT_SHIFT.nmis) | (shown << EVENT_SHIFT.shadow) |
    (vector << EVENT_SHIFT.vector) | EVENT_BITS.validNmiPending |
    EVENT_BITS.validShadow | EVENT_BITS.validSmm;
  if (hasPayloads(f)) lo |= EVENT_BITS.validPayload;
  f.lo = lo;
  f.hi = hi;
  return 0;
}

const NO_IOCTL = {
  errno: "EINVAL",
  why: "this kernel has no such ioctl",
  rule: "x86:D101",
} as const;

/** What is wrong with the frame's operand; undefined if nothing is. */
function wrongWith(f: KvmFrame): string | undefined {
  const { lo, kernel } = f;
  const known = kernel.declaresPayload
    ? OLD_FLAGS | EVENT_BITS.validPayload
    : OLD_FLAGS;
  const flags = lo &
    (OLD_FLAGS | EVENT_BITS.validPayload | EVENT_BITS.validTripleFault);
  if ((flags & ~known) !== 0) {
    return (lo & EVENT_BITS.validTripleFault) !== 0
      ? "a flag needs a capability that the VM does not have"
      : "this kernel does not know a flag";
  }
  if ((flags & EVENT_BITS.validPayload) !== 0 && !hasPayloads(f)) {
    return "KVM_CAP_EXCEPTION_PAYLOAD is not enabled";
  }
  const { vector, isThere } = exceptionGiven(f);
  const isWrong = vector > LAST_EXCEPTION || vector === VECTOR.NMI;
  return isThere && isWrong && kernel.vcpuEvents === "checked"
    ? `${vector} is the vector of no exception`
    : undefined;
}

/** The exception that the frame's operand has. */
function exceptionGiven({ lo }: KvmFrame): {
  readonly vector: number;
  readonly isPending: boolean;
  readonly isThere: boolean;
} {
  const hasFlag = (lo & EVENT_BITS.validPayload) !== 0;
  const isPending = hasFlag && (lo & EVENT_BITS.pending) !== 0;
  const isThere = isPending || (lo & EVENT_BITS.injected) !== 0;
  return { vector: lo >>> EVENT_SHIFT.vector, isPending, isThere };
}

/**
 * What the model does not have of an operand of KVM_SET_VCPU_EVENTS that the kernel accepts; undefined if it has it all.
 *
 * @param lo low word of the packed operand
 */
export function eventsNotModelled(lo: number): string | undefined {
  const vector = lo >>> EVENT_SHIFT.vector;
  const isThere = (lo & (EVENT_BITS.injected | EVENT_BITS.pending)) !== 0;
  const isRejected = vector > LAST_EXCEPTION || vector === VECTOR.NMI;
  if (isThere && !isRejected && !EXCEPTIONS.includes(vector)) {
    return `exception ${vector} is not modelled`;
  }
  const injected = [
    EVENT_BITS.injected,
    EVENT_BITS.nmiInjected,
    EVENT_BITS.interruptInjected,
  ].filter((bit) => (lo & bit) !== 0);
  return injected.length > 1
    ? "several events that are injected at once are not modelled"
    : undefined;
}

/**
 * KVM_SET_VCPU_EVENTS of the frame's packed operand. What has no flag stays: pending NMIs and the shadow.
 *
 * @returns 0, or EINVAL
 * @throws {RangeError} if the model does not have what is asked for, as `eventsNotModelled` says
 *
 * `kvm_vcpu_ioctl_x86_set_vcpu_events()`, x86.c. Rules x86:D103 to x86:D107.
 */
export function setEvents(f: KvmFrame): number {
  const { w, vcpu, lo, hi, kernel } = f;
  if (kernel.vcpuEvents === "none") return refuse(f, SET, NO_IOCTL);
  const why = wrongWith(f);
  if (why !== undefined) {
    return refuse(f, SET, { errno: "EINVAL", why, rule: "x86:D107" });
  }
  const missing = eventsNotModelled(lo);
  if (missing !== undefined) throw new RangeError(missing);
  processNmis(f);
  takeException(f);
  if ((lo & EVENT_BITS.interruptInjected) !== 0) {
    w[vcpu + VCPU.injectedException] = (hi & 0xff) + 1;
  }
  if ((lo & EVENT_BITS.nmiInjected) !== 0) {
    w[vcpu + VCPU.injectedException] = VECTOR.NMI + 1;
  }
  if ((lo & EVENT_BITS.validShadow) !== 0) {
    setWord(f, vcpu + VCPU.shadow, shadowGiven(f, lo), SHADOW_FROM_USER);
  }
  takeNmis(f);
  return 0;
}

/**
 * The shadow that the low word of an operand stands for. With SVM it blocks interrupts, and which instruction made it is
 * not known any more.
 */
export function shadowGiven({ vendor }: X86Frame, lo: number): number {
  const bits = (lo >>> EVENT_SHIFT.shadow) & EITHER_SHADOW;
  if (bits === SHADOW.none) return SHADOW.none;
  if (vendor === "svm") return SHADOW.sti;
  return (bits & SHADOW.movSs) !== 0 ? SHADOW.movSs : SHADOW.sti;
}

function takeException(f: KvmFrame): void {
  const { w, vcpu, lo, hi, kernel } = f;
  dropException(f, true);
  const { vector, isPending, isThere } = exceptionGiven(f);
  const hasError = (lo & EVENT_BITS.hasErrorCode) !== 0;
  keepException(f, vector, hasError);
  keepInterrupt(f, hi & 0xff);
  const payload = kernel.declaresPayload
    ? (hi >>> PAYLOAD_SHIFT) & PAYLOAD_MASK
    : 0;
  w[vcpu + VCPU.pendingPayload] = payload & ~HELD;
  // A vector that no kernel of today takes is one that KVM warns of at the entry: nothing comes of it here.
  if (!isThere || !EXCEPTIONS.includes(vector)) return;
  const error = hasError ? ERROR_CODE : NO_ERROR;
  if (isPending || kernel.eventsInject === "queue") {
    queueException(f, vector, error, isPending ? "x86:D106" : "x86:D105");
    const hasPayload = isPending && (lo & EVENT_BITS.hasPayload) !== 0;
    w[vcpu + VCPU.pendingPayload] = payload & ~HELD | (hasPayload ? HELD : 0);
    return;
  }
  w[vcpu + VCPU.pendingError] = error;
  w[vcpu + VCPU.injectedException] = vector + 1;
  f.sink?.push({
    kind: "inject",
    vcpu: w[vcpu + VCPU.index],
    exception: exceptionKind(vector),
    rule: "x86:D106",
  });
}

function takeNmis(f: KvmFrame): void {
  const { w, vcpu, lo, vendor } = f;
  const at = vcpu + VCPU.events;
  const old = w[at];
  if ((lo & EVENT_BITS.validNmiPending) !== 0) {
    const pending = Math.min((lo >>> EVENT_SHIFT.nmis) & 3, 2);
    w[at] = w[at] & ~EVENTS.nmis | pending * EVENTS.oneNmi;
    reportWord(f, nmis(old), nmis(w[at]), NMIS_FROM_USER);
  }
  const isMasked = (lo & EVENT_BITS.nmiMasked) !== 0;
  const mask = vendor === "svm"
    ? EVENTS.nmiBlocked | EVENTS.iretIntercept
    : EVENTS.nmiBlocked;
  if (isMasked) w[at] |= mask;
  else w[at] &= ~mask;
  const isOld = (old & EVENTS.nmiBlocked) !== 0;
  reportWord(f, isOld ? 1 : 0, isMasked ? 1 : 0, MASK_FROM_USER);
  if (f.kernel.eventsCountNmis) processNmis(f);
}
