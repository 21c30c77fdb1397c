/**
 * Interrupts and NMIs as the CPU takes them at an instruction boundary, or leaves the guest there for KVM to inject one.
 *
 * @module
 */
import { OUTCOME, type Outcome } from "../../rules.ts";
import { EVENTS, EXIT, NO_ERROR, SHADOW, VCPU, VECTOR } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { FLAGS } from "../registers/rflags.ts";
import { deliver, leave, trapsHeld } from "./exceptions.ts";
import { reportRaise } from "./hits.ts";

/** The CPU takes a maskable interrupt at this boundary. Rules x86:A11, x86:A15. */
export function takesInterrupts({ w, vcpu }: X86Frame): boolean {
  return (w[vcpu + VCPU.rflags] & FLAGS.IF) !== 0 &&
    w[vcpu + VCPU.shadow] === SHADOW.none;
}

/** NMIs are blocked by one before. Rule x86:A15. */
export function nmisBlocked({ w, vcpu }: X86Frame): boolean {
  return (w[vcpu + VCPU.events] & EVENTS.nmiBlocked) !== 0;
}

/**
 * What is due at an instruction boundary after the traps of the instruction before, if anything is: the exit that KVM has
 * asked for, or on a bare machine the interrupt itself.
 *
 * Rules x86:A9, x86:A15, x86:A/6.5.
 */
export function interruptDue(f: X86Frame): Outcome | undefined {
  const { w, vcpu, bare } = f;
  const at = vcpu + VCPU.events;
  const events = w[at];
  if (bare === undefined) return windowDue(f, events);
  if ((events & EVENTS.nmis) !== 0 && !nmisBlocked(f) && !trapsHeld(f)) {
    w[at] = events - EVENTS.oneNmi | EVENTS.nmiBlocked;
    return take(f, VECTOR.NMI);
  }
  const vector = events & EVENTS.vector;
  if (vector === 0 || !takesInterrupts(f)) return undefined;
  w[at] = events & ~EVENTS.vector;
  return take(f, vector);
}

function windowDue(f: X86Frame, events: number): Outcome | undefined {
  if ((events & EVENTS.exitAtOnce) !== 0) {
    f.w[f.vcpu + VCPU.events] &= ~EVENTS.exitAtOnce;
    return leave(f, EXIT.interrupt);
  }
  const forNmi = (events & EVENTS.nmiWindow) !== 0;
  if (forNmi && !nmisBlocked(f) && !trapsHeld(f)) {
    return leave(f, EXIT.nmiWindow);
  }
  const isOpen = (events & EVENTS.interruptWindow) !== 0 && takesInterrupts(f);
  return isOpen ? leave(f, EXIT.interruptWindow) : undefined;
}

function take(f: X86Frame, vector: number): Outcome {
  if (f.sink !== null) {
    const isNmi = vector === VECTOR.NMI;
    reportRaise(
      f,
      isNmi ? "nmi" : "interrupt",
      isNmi ? "an NMI" : `interrupt ${vector}`,
      "x86:A15",
    );
  }
  deliver(f, vector, NO_ERROR, "x86:A15");
  return OUTCOME.stay;
}

/** IRET leaves the guest before it does anything: SVM's intercept. */
export function iretIntercepted({ w, vcpu, bare }: X86Frame): boolean {
  return bare === undefined &&
    (w[vcpu + VCPU.events] & EVENTS.iretIntercept) !== 0;
}

/**
 * IRET is complete: NMIs are not blocked any more. With SVM the blocking is KVM's own.
 *
 * Rules x86:A12, x86:A15.
 */
export function endNmi({ w, vcpu, vendor, bare }: X86Frame): void {
  if (vendor === "vmx" || bare !== undefined) {
    w[vcpu + VCPU.events] &= ~EVENTS.nmiBlocked;
  }
}

/** With an NMI more, up to two, or with an interrupt. */
export function withPending(events: number, vector: number): number {
  if (vector !== VECTOR.NMI) return events & ~EVENTS.vector | vector;
  const isFull = (events & EVENTS.nmis) === 2 * EVENTS.oneNmi;
  return isFull ? events : events + EVENTS.oneNmi;
}
