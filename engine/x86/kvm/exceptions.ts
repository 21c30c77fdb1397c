/**
 * Exceptions that KVM queues for the guest, what #DB's cause does to DR6, and the injection.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Move, setPair, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import {
  exceptionKind,
  HELD,
  isEvent,
  LAST_EVENT,
  NO_ERROR,
  VCPU,
  VECTOR,
  VM,
} from "../blocks.ts";
import { injectEvent } from "../hardware/world_switch.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { FLAGS } from "../registers/rflags.ts";
import type { KvmFrame } from "./kernel.ts";
import { tfSet } from "./state.ts";

const PAYLOAD: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:D17",
};
const RTM_PAYLOAD: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:D44",
};
const BLD_PAYLOAD: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:D45",
};
const CLEAR_GD: Move = {
  cause: "deliver",
  to: ["guest", "DR7"],
  from: null,
  rule: "x86:D19",
};

/** Queues an exception, in the place of one that is queued; `error` is `NO_ERROR` where it has no error code. */
export function queueException(
  f: KvmFrame,
  vector: number,
  error: number,
  rule: RuleId,
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.pendingException] = vector + 1;
  w[vcpu + VCPU.pendingError] = error;
  w[vcpu + VCPU.pendingPayload] = 0;
  keepException(f, vector, error >= 0);
  w[vcpu + VCPU.injectedException] = 0;
  f.sink?.push({
    kind: "inject",
    vcpu: w[vcpu + VCPU.index],
    exception: exceptionKind(vector),
    rule,
  });
}

/** KVM has an exception, which it tells userspace of later, too. Rule x86:D109. */
export function keepException(
  { w, vcpu }: KvmFrame,
  vector: number,
  hasError: boolean,
): void {
  const at = vcpu + VCPU.lastEvent;
  w[at] = w[at] & LAST_EVENT.interrupt | vector |
    (hasError ? LAST_EVENT.hasError : 0);
}

/** The same of an interrupt. */
export function keepInterrupt({ w, vcpu }: KvmFrame, vector: number): void {
  const at = vcpu + VCPU.lastEvent;
  w[at] = w[at] & ~LAST_EVENT.interrupt | vector << LAST_EVENT.interruptShift;
}

/**
 * KVM_SET_REGS and reset drop what is queued. The cause of a #DB stays where it is, without a #DB that it is of.
 *
 * @param injectedToo also what was injected and is not delivered
 */
export function dropException(f: KvmFrame, injectedToo: boolean): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.pendingException] = 0;
  if (injectedToo) w[vcpu + VCPU.injectedException] = 0;
}

/** Bits that a cause clears, and those that go back to 1 without it. */
interface ActiveLow {
  readonly cleared: number;
  readonly raised: number;
}

/** By the kernel's `dbRaises`. */
const ACTIVE_LOW: Readonly<Record<KvmFrame["kernel"]["dbRaises"], ActiveLow>> =
  {
    rtm: { cleared: DR6_BITS.RTM, raised: DR6_BITS.RTM },
    "active-low": { cleared: DR6_BITS.RESET, raised: DR6_BITS.RESET },
    "active-low-but-bld": {
      cleared: DR6_BITS.RTM | DR6_BITS.BLD,
      raised: DR6_BITS.RESET & ~DR6_BITS.BLD,
    },
  };

/** By the same: the rule that says so. */
const DELIVERY: Readonly<Record<KvmFrame["kernel"]["dbRaises"], Move>> = {
  rtm: RTM_PAYLOAD,
  "active-low": PAYLOAD,
  "active-low-but-bld": BLD_PAYLOAD,
};

/**
 * DR6 after a #DB whose cause is active-high.
 *
 * @param raises which of the bits that are active low go back to 1, unless the cause has them
 *
 * Rules x86:D17, x86:D44, x86:D45.
 */
export function withPayload(
  dr6: number,
  payload: number,
  raises: KvmFrame["kernel"]["dbRaises"] = "active-low",
): number {
  const { cleared, raised } = ACTIVE_LOW[raises];
  const others = dr6 & ~DR6_BITS.TRAPS | raised | payload;
  return (others & ~(payload & cleared)) & ~DR6_BITS.ENABLED_BP;
}

/** The cause of a #DB goes to DR6. */
function deliverCause(f: KvmFrame, cause: number): void {
  const { w, vcpu } = f;
  const { dbRaises } = f.kernel;
  const dr6 = withPayload(w[vcpu + VCPU.dr6], cause, dbRaises);
  setPair(f, vcpu + VCPU.dr6, dr6, 0, DELIVERY[dbRaises]);
}

/**
 * Queues #DB with its cause, which goes to DR6 at once or, since 7.1, when the #DB is injected: the model has no
 * nested guest.
 *
 * @param rule that of the function that queues it
 *
 * Rules x86:C16, x86:D17, x86:D18, x86:D39.
 */
export function queueDb(
  f: KvmFrame,
  cause: number,
  rule: RuleId = "x86:D18",
): void {
  const { w, vcpu, kernel } = f;
  const atQueue = kernel.payloadAt === "queue";
  if (atQueue) deliverCause(f, cause);
  queueException(f, VECTOR.DB, NO_ERROR, rule);
  if (!atQueue) w[vcpu + VCPU.pendingPayload] = cause | HELD;
}

/**
 * The cause of a queued #DB goes to DR6 before userspace reads it, unless it has enabled KVM_CAP_EXCEPTION_PAYLOAD.
 *
 * Rule x86:D24.
 */
export function deliverEarly(f: KvmFrame): void {
  const { w, vm, vcpu } = f;
  if (w[vm + VM.exceptionPayload] !== 0) return;
  if (w[vcpu + VCPU.pendingException] !== 0) deliverHeld(f);
}

/** The cause of a queued #DB goes to DR6. */
function deliverHeld(f: KvmFrame): void {
  const { w, vcpu } = f;
  const held = w[vcpu + VCPU.pendingPayload];
  if ((held & HELD) === 0) return;
  w[vcpu + VCPU.pendingPayload] = 0;
  deliverCause(f, held & ~HELD);
}

/**
 * Injects what is queued, as the entry's event; or once more what a failed entry did not deliver.
 *
 * A fault gets RF in its saved flags, #DB never; #DB clears the guest's DR7.GD, and has BS made pending where
 * the entry would be refused without.
 *
 * @returns the vector to deliver, -1 if none
 *
 * Rules x86:D19, x86:D21, x86:D23.
 */
export function prepareInjection(f: KvmFrame): number {
  const { w, vcpu, kernel } = f;
  const again = w[vcpu + VCPU.injectedException] - 1;
  const vector = again >= 0 ? again : w[vcpu + VCPU.pendingException] - 1;
  if (vector < 0) return -1;
  if (again < 0) inject(f, vector);
  w[vcpu + VCPU.pendingException] = 0;
  w[vcpu + VCPU.injectedException] = 0;
  if (
    vector === VECTOR.DB && kernel.mendsEntry === "at-injection" &&
    f.vendor === "vmx" && tfSet(f) && w[vcpu + VCPU.shadow] !== 0
  ) {
    w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  }
  return vector;
}

/** A queued exception becomes the entry's event. */
function inject(f: KvmFrame, vector: number): void {
  const { w, vcpu, kernel } = f;
  if (kernel.injectSetsRf && (vector === VECTOR.UD || vector === VECTOR.GP)) {
    kernel.setFlags(f, kernel.getFlags(f) | FLAGS.RF);
  }
  if (vector !== VECTOR.DB) return;
  deliverHeld(f);
  const dr7 = w[vcpu + VCPU.dr7];
  if (kernel.injectClearsGd && (dr7 & DR7_BITS.GD) !== 0) {
    setWord(f, vcpu + VCPU.dr7, dr7 & ~DR7_BITS.GD, CLEAR_GD);
    kernel.updateDr7(f);
  }
}

/** RIP is at the INT3 that the last event was about. */
export function isAtInt3({ w, vcpu }: KvmFrame): boolean {
  return w[vcpu + VCPU.eventLength] !== 0 &&
    w[vcpu + VCPU.pc] === w[vcpu + VCPU.eventRip] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.eventRip + 1];
}

/**
 * Delivers the injected event after the entry.
 *
 * #BP is a software exception: its saved rip is past the INT3. kvm-amd takes the address that the last exit gave for
 * the next instruction. If it gave none, a CPU without NextRIP has the INT3 executed again; where there is no INT3
 * the #BP is lost.
 *
 * Rules x86:D29, x86:D47.
 */
export function deliverInjection(f: KvmFrame, vector: number): void {
  const { w, vcpu } = f;
  if (vector !== VECTOR.BP) {
    const error = isEvent(vector) ? NO_ERROR : w[vcpu + VCPU.pendingError];
    injectEvent(f, vector, error, 0);
    return;
  }
  if (f.vendor === "svm" && w[vcpu + VCPU.nextRipKnown] !== 0) {
    w[vcpu + VCPU.pc] = w[vcpu + VCPU.nextRip];
    w[vcpu + VCPU.pc + 1] = w[vcpu + VCPU.nextRip + 1];
    injectEvent(f, vector, NO_ERROR, 0);
    return;
  }
  const atInt3 = isAtInt3(f);
  if (f.vendor === "svm" && !f.model.nextRip && !atInt3) {
    warn(
      f,
      "the injected #BP is lost: no NextRIP, and no INT3 here",
      "x86:D29",
    );
    return;
  }
  const length = f.vendor === "svm" ? 1 : w[vcpu + VCPU.eventLength];
  injectEvent(f, vector, NO_ERROR, length);
}
