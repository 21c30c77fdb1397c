/**
 * Exceptions that KVM queues for the guest, what #DB's cause does to DR6, and the injection.
 *
 * @module
 */
import type { ExceptionKind, RuleId } from "../../events.ts";
import { type Move, setPair, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import { VCPU, VECTOR } from "../blocks.ts";
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
const MERGE: Move = {
  cause: "deliver",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:C16",
};
const CLEAR_GD: Move = {
  cause: "deliver",
  to: ["guest", "DR7"],
  from: null,
  rule: "x86:D19",
};

function kindOf(vector: number): ExceptionKind {
  switch (vector) {
    case VECTOR.DB:
      return "db";
    case VECTOR.BP:
      return "bp";
    case VECTOR.UD:
      return "ud";
    default:
      return "gp";
  }
}

/** Queues an exception; `error` is -1 where it has no error code. */
export function queueException(
  f: KvmFrame,
  vector: number,
  error: number,
  rule: RuleId,
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.pendingException] = vector + 1;
  w[vcpu + VCPU.pendingError] = error;
  f.sink?.push({
    kind: "inject",
    vcpu: w[vcpu + VCPU.index],
    exception: kindOf(vector),
    rule,
  });
}

/** DR6 after a #DB with a payload, which is active-high. Rule x86:D17. */
export function withPayload(dr6: number, payload: number): number {
  let result = dr6 & ~DR6_BITS.TRAPS;
  result |= DR6_BITS.RESET | payload;
  result ^= payload & DR6_BITS.RESET;
  return result & ~DR6_BITS.ENABLED_BP;
}

/** Queues #DB with its cause, which goes to DR6 at once: the model has no nested guest. Rules x86:D17, x86:D18. */
export function queueDbPayload(f: KvmFrame, payload: number): void {
  const { w, vcpu } = f;
  const dr6 = withPayload(w[vcpu + VCPU.dr6], payload);
  setPair(f, vcpu + VCPU.dr6, dr6, 0, PAYLOAD);
  queueException(f, VECTOR.DB, -1, "x86:D18");
}

/**
 * Queues #DB the way of 4.4 to 5.6: B0 to B3 are replaced, the rest is added, RTM goes back to 1.
 *
 * Rule x86:C16.
 */
export function queueDbMerged(f: KvmFrame, cause: number): void {
  const { w, vcpu } = f;
  const dr6 = (w[vcpu + VCPU.dr6] & ~DR6_BITS.TRAPS) | cause | DR6_BITS.RTM;
  setPair(f, vcpu + VCPU.dr6, dr6, 0, MERGE);
  queueException(f, VECTOR.DB, -1, "x86:C16");
}

/**
 * Injects what is queued, as the entry's event.
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
  const vector = w[vcpu + VCPU.pendingException] - 1;
  if (vector < 0) return -1;
  w[vcpu + VCPU.pendingException] = 0;
  if (kernel.injectSetsRf && (vector === VECTOR.UD || vector === VECTOR.GP)) {
    kernel.setFlags(f, kernel.getFlags(f) | FLAGS.RF);
  }
  if (
    vector === VECTOR.DB && kernel.mendsEntry === "at-injection" &&
    f.vendor === "vmx" && tfSet(f) && w[vcpu + VCPU.shadow] !== 0
  ) {
    w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  }
  const dr7 = w[vcpu + VCPU.dr7];
  if (
    vector === VECTOR.DB && kernel.injectClearsGd && (dr7 & DR7_BITS.GD) !== 0
  ) {
    setWord(f, vcpu + VCPU.dr7, dr7 & ~DR7_BITS.GD, CLEAR_GD);
    kernel.updateDr7(f);
  }
  return vector;
}

/**
 * Delivers the injected event after the entry.
 *
 * #BP is a software exception: its saved rip is past the INT3. Without NextRIP, kvm-amd does not re-inject
 * a #BP but lets its INT3 execute again; where there is no INT3 it is lost.
 */
export function deliverInjection(f: KvmFrame, vector: number): void {
  const { w, vcpu } = f;
  if (vector !== VECTOR.BP) {
    injectEvent(f, vector, w[vcpu + VCPU.pendingError], 0);
    return;
  }
  const atInt3 = w[vcpu + VCPU.pc] === w[vcpu + VCPU.eventRip] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.eventRip + 1] &&
    w[vcpu + VCPU.eventLength] !== 0;
  if (f.vendor === "svm" && !f.model.nextRip && !atInt3) {
    warn(
      f,
      "the injected #BP is lost: no NextRIP, and no INT3 here",
      "x86:D29",
    );
    return;
  }
  const length = f.vendor === "svm" ? 1 : w[vcpu + VCPU.eventLength];
  injectEvent(f, vector, -1, length);
}
