/**
 * Asynchronous exceptions of the guest: virtual interrupts of the GIC, and a virtual SError.
 *
 * The modelled guest has set its GIC up: SPIs 32 to 63 are enabled, edge-triggered, of one priority, and go to the vCPU that
 * userspace names. Its handler acknowledges one and ends it. Rules arm64:A/17, arm64:A/17.1-A/17.4.
 *
 * @module
 */
import type { Part } from "../../events.ts";
import { placed } from "../../layout.ts";
import { type Move, placeIn, reportWord } from "../../moves.ts";
import { VCPU_BASE } from "../../rules.ts";
import { get64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { registerPlace } from "../moves.ts";
import { REG } from "../registers/ids.ts";
import { PSTATE } from "../registers/pstate.ts";
import { EC, ISV, syndrome } from "./exception_class.ts";
import { enterEl1, VECTOR } from "./exception_entry.ts";

/** PSTATE.I: interrupts are masked. */
const PSTATE_I = placed(PSTATE, "I");
/** PSTATE.A: SErrors are masked. */
export const PSTATE_A: number = placed(PSTATE, "A");

/** The SPIs that the model has, which are those of one register of the GIC's distributor. */
export const SPI = { first: 32, last: 63 } as const;

/** What `userEvent()` takes for an SError: no interrupt has this number. */
export const SERROR = -1;

/** What kind of exception the handler is in, or was last, in VCPU.asynchronous. */
export const ASYNCHRONOUS = { none: 0, interrupt: 1, serror: 2 } as const;

const ACKNOWLEDGED: Move = {
  cause: "write",
  to: ["kvm", "pending_spis"],
  from: ["program", "ICC_IAR1_EL1"],
  rule: "arm64:A/17.2",
};
const TAKEN: Move = {
  cause: "decide",
  to: ["kvm", "serror_pending"],
  from: null,
  rule: "arm64:A/17.3",
};

/** The bit of an SPI in VCPU.spis. */
export function spiBit(intid: number): number {
  return 1 << (intid - SPI.first);
}

/** The guest acknowledges an interrupt, the lowest that is pending: it is pending no more. Rule arm64:A/17.2. */
export function acknowledge(f: Arm64Frame): void {
  const { w, vcpu } = f;
  const pending = w[vcpu + VCPU.spis];
  const lowest = pending & -pending;
  w[vcpu + VCPU.intid] = SPI.first + 31 - Math.clz32(lowest);
  w[vcpu + VCPU.spis] = pending & ~lowest;
  reportWord(f, pending, w[vcpu + VCPU.spis], ACKNOWLEDGED);
}

function report(
  f: Arm64Frame,
  exception: "interrupt" | "serror",
  pending: string,
  mask: number,
): void {
  if (f.sink === null) return;
  const needed: Part[] = [
    { place: placeIn(f, "kvm", pending), bits: -1n },
    { place: registerPlace(f, "guest", REG.PSTATE), bits: BigInt(mask) },
  ];
  f.sink.push({
    kind: "raise",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    exception,
    what: exception === "interrupt" ? "virtual interrupt" : "virtual SError",
    pc: get64(f.w, f.vcpu + VCPU_BASE.pc),
    needed,
    rule: exception === "interrupt" ? "arm64:A/17.1" : "arm64:A/17.3",
  });
}

/**
 * Takes an asynchronous exception, if one is pending and not masked: an interrupt before an SError. Its caller lets a step
 * come first whose instruction was just executed.
 *
 * @returns true if one was taken
 *
 * Rules arm64:A/17, arm64:A/17.4.
 */
export function takeAsynchronous(f: Arm64Frame): boolean {
  const { w, vcpu } = f;
  if ((w[vcpu + VCPU.spis] | w[vcpu + VCPU.serror]) === 0) return false;
  const pstate = w[vcpu + VCPU.pstate];
  if (w[vcpu + VCPU.spis] !== 0 && (pstate & PSTATE_I) === 0) {
    report(f, "interrupt", "pending_spis", PSTATE_I);
    enterEl1(f, VECTOR.interrupt);
    w[vcpu + VCPU.asynchronous] = ASYNCHRONOUS.interrupt;
    return true;
  }
  if (w[vcpu + VCPU.serror] !== 0 && (pstate & PSTATE_A) === 0) {
    report(f, "serror", "serror_pending", PSTATE_A);
    w[vcpu + VCPU.serror] = 0;
    reportWord(f, 1, 0, TAKEN);
    takeSerror(f, syndrome(EC.serror, f.host.model.ras ? ISV : 0));
    return true;
  }
  return false;
}

/** The guest is at its vector for SErrors. */
export function takeSerror(f: Arm64Frame, esr: number): void {
  const { w, vcpu } = f;
  enterEl1(f, VECTOR.serror);
  w[vcpu + VCPU.esr] = esr;
  w[vcpu + VCPU.esr + 1] = 0;
  w[vcpu + VCPU.asynchronous] = ASYNCHRONOUS.serror;
}
