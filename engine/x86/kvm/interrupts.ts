/**
 * Interrupts and NMIs: what userspace makes pending, when KVM injects it, and how it finds out that it can.
 *
 * @module
 */
import { type Move, reportWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { EVENTS, exceptionKind, SHADOW, VCPU, VECTOR } from "../blocks.ts";
import {
  nmisBlocked,
  takesInterrupts,
  withPending,
} from "../hardware/interrupts.ts";
import { FLAGS } from "../registers/rflags.ts";
import { keepInterrupt } from "./exceptions.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { addedFlags, singleSteps, vendorFlags } from "./state.ts";

const INTERRUPT: Move = {
  cause: "write",
  to: ["kvm", "pending_external_vector"],
  from: ["user", "interrupt"],
  rule: "x86:D57",
};
const NMI: Move = {
  cause: "write",
  to: ["kvm", "nmi_pending"],
  from: ["user", "nmi"],
  rule: "x86:D59",
};
const STEP: Move = {
  cause: "force",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:D54",
};
const STEPS: Move = {
  cause: "decide",
  to: ["kvm", "nmi_singlestep"],
  from: null,
  rule: "x86:D54",
};

/** What the flag of the step and RFLAGS are set by, or cleared by. */
interface StepMoves {
  readonly flag: Move;
  readonly flags: Move;
}
const BEGINS: StepMoves = { flag: STEPS, flags: STEP };
const ENDS: StepMoves = {
  flag: { ...STEPS, rule: "x86:D56" },
  flags: { ...STEP, rule: "x86:D56" },
};
const STOPS: StepMoves = {
  flag: { ...STEPS, rule: "x86:D55" },
  flags: { ...STEP, rule: "x86:D55" },
};

/**
 * KVM_INTERRUPT in a VM whose local APICs alone are in the kernel, and KVM_NMI.
 *
 * @param vector that of an interrupt, or 2 for an NMI
 * @returns 0; EEXIST where an interrupt is pending already; ENXIO where the kernel has no such VMs
 *
 * Rules x86:D57, x86:D59.
 */
export function userEvent(f: KvmFrame, vector: number): number {
  const { w, vcpu, kernel } = f;
  const at = vcpu + VCPU.events;
  const old = w[at];
  if (!kernel.localInterrupts) {
    const isNmi = vector === VECTOR.NMI;
    return refuse(f, isNmi ? "KVM_NMI" : "KVM_INTERRUPT", {
      errno: "ENXIO",
      why: isNmi
        ? "NMIs of this kernel are not modelled"
        : "the interrupt controllers are all in the kernel, or none",
      rule: isNmi ? "x86:D59" : "x86:D57",
    });
  }
  if (vector === VECTOR.NMI) {
    w[at] = withPending(old, vector);
    reportWord(f, nmis(old), nmis(w[at]), NMI);
    return 0;
  }
  if ((old & EVENTS.vector) !== 0) {
    return refuse(f, "KVM_INTERRUPT", {
      errno: "EEXIST",
      why: "an interrupt is pending already",
      rule: "x86:D57",
    });
  }
  w[at] = withPending(old, vector);
  reportWord(f, 0, vector, INTERRUPT);
  return 0;
}

/** How many NMIs are pending. */
export function nmis(events: number): number {
  return (events & EVENTS.nmis) / EVENTS.oneNmi;
}

/** `process_nmi()`: no more NMIs stay pending than can be kept, two, or one while they are blocked. Rule x86:D57. */
export function processNmis(f: KvmFrame): void {
  const at = f.vcpu + VCPU.events;
  const limit = nmisBlocked(f) ? 1 : 2;
  const kept = Math.min(nmis(f.w[at]), limit);
  f.w[at] = f.w[at] & ~EVENTS.nmis | kept * EVENTS.oneNmi;
}

/** INIT: NMIs are forgotten, and what KVM asked for. An interrupt of userspace's stays. */
export function resetEvents({ w, vcpu }: KvmFrame): void {
  w[vcpu + VCPU.events] &= EVENTS.vector;
  w[vcpu + VCPU.iretRip] = 0;
  w[vcpu + VCPU.iretRip + 1] = 0;
}

/** BLOCKIRQ holds new events back. Rule x86:D32, bug x86:F16. */
function heldByUser({ w, vcpu, kernel }: KvmFrame): boolean {
  return kernel.blocksInterrupts &&
    (w[vcpu + VCPU.guestDebug] & GUESTDBG.BLOCKIRQ) !== 0;
}

/**
 * What is injected at this entry of the interrupts and NMIs that are pending, an NMI first; for what has to wait, an exit
 * is asked for.
 *
 * @param busy an exception is injected, or an event again
 * @returns the vector, -1 if none
 *
 * `inject_pending_event()` and `kvm_check_and_inject_events()`, x86.c. Rules x86:D32, x86:D52.
 */
export function prepareEvent(f: KvmFrame, busy: boolean): number {
  const { w, vcpu } = f;
  const at = vcpu + VCPU.events;
  if ((w[at] & (EVENTS.vector | EVENTS.nmis)) === 0 || heldByUser(f)) return -1;
  let vector = -1;
  if ((w[at] & EVENTS.nmis) !== 0) {
    processNmis(f);
    const allowed = w[vcpu + VCPU.shadow] === SHADOW.none && !nmisBlocked(f);
    if (!busy && allowed) {
      w[at] = w[at] - EVENTS.oneNmi | EVENTS.nmiBlocked;
      if (f.vendor === "svm") w[at] |= EVENTS.iretIntercept;
      vector = VECTOR.NMI;
    }
    if ((w[at] & EVENTS.nmis) !== 0) openNmiWindow(f);
  }
  const pending = w[at] & EVENTS.vector;
  if (pending !== 0) {
    if (!busy && vector < 0 && takesInterrupts(f)) {
      vector = pending;
      keepInterrupt(f, vector);
      w[at] &= ~EVENTS.vector;
    } else w[at] |= EVENTS.interruptWindow;
  }
  if (vector >= 0) {
    f.sink?.push({
      kind: "inject",
      vcpu: w[vcpu + VCPU.index],
      exception: exceptionKind(vector),
      rule: "x86:D52",
    });
  }
  return vector;
}

/**
 * An NMI is pending that cannot be injected now.
 *
 * VMX exits when NMIs are not blocked any more; in the shadow of STI by the window for interrupts. SVM has no such exit:
 * where IRET is intercepted that is enough, and everywhere else KVM steps, with TF and RF.
 *
 * `vmx_enable_nmi_window()`, vmx.c; `svm_enable_nmi_window()`, svm.c. Rules x86:D53, x86:D54.
 */
function openNmiWindow(f: KvmFrame): void {
  const { w, vcpu } = f;
  const at = vcpu + VCPU.events;
  if (f.vendor === "vmx") {
    w[at] |= w[vcpu + VCPU.shadow] === SHADOW.sti
      ? EVENTS.interruptWindow
      : EVENTS.nmiWindow;
    return;
  }
  const seen = w[at] & (EVENTS.nmiBlocked | EVENTS.iretSeen);
  if (seen === EVENTS.nmiBlocked) return;
  const flags = vendorFlags(f);
  const old = w[at];
  w[at] = old & ~(EVENTS.stepTf | EVENTS.stepRf) | EVENTS.nmiStep |
    ((flags & FLAGS.TF) !== 0 ? EVENTS.stepTf : 0) |
    ((flags & FLAGS.RF) !== 0 ? EVENTS.stepRf : 0);
  reportWord(f, isStep(old), 1, BEGINS.flag);
  setRealFlags(f, w[vcpu + VCPU.rflags] | FLAGS.TF | FLAGS.RF, BEGINS.flags);
}

/** `nmi_singlestep`: 1 while KVM steps the guest for an NMI. */
export function isStep(events: number): number {
  return (events & EVENTS.nmiStep) !== 0 ? 1 : 0;
}

function setRealFlags(f: KvmFrame, flags: number, move: Move): void {
  const at = f.vcpu + VCPU.rflags;
  const old = f.w[at];
  f.w[at] = flags;
  reportWord(f, old, flags, move);
}

/**
 * `disable_nmi_singlestep()`: TF and RF go, unless userspace steps. Since 4.13 the guest's own stay.
 *
 * @param moves by the #DB exit that ends it, or by an injection
 *
 * Rules x86:D55, x86:D56.
 */
function endNmiStep(f: KvmFrame, moves: StepMoves): void {
  const { w, vcpu, kernel } = f;
  const events = w[vcpu + VCPU.events];
  w[vcpu + VCPU.events] = events &
    ~(EVENTS.nmiStep | EVENTS.stepTf | EVENTS.stepRf);
  reportWord(f, isStep(events), 0, moves.flag);
  if (singleSteps(f)) return;
  const cleared = kernel.hidesNmiStep
    ? addedFlags(events)
    : FLAGS.TF | FLAGS.RF;
  setRealFlags(f, w[vcpu + VCPU.rflags] & ~cleared, moves.flags);
}

/** KVM steps the guest for an NMI. */
export function stepsForNmi({ w, vcpu }: KvmFrame): boolean {
  return isStep(w[vcpu + VCPU.events]) !== 0;
}

/**
 * An event is injected while KVM steps for an NMI: since 4.13 the step ends before its flags are pushed, and the guest is
 * left again at once.
 *
 * `svm_vcpu_run()`, svm.c. Rule x86:D55.
 */
export function injectionEndsStep(f: KvmFrame): void {
  if (!stepsForNmi(f) || !f.kernel.hidesNmiStep) return;
  endNmiStep(f, STOPS);
  f.w[f.vcpu + VCPU.events] |= EVENTS.exitAtOnce;
}

/**
 * #DB exits with SVM while KVM steps for an NMI: the step is over, and where userspace does not debug the guest does not
 * hear of this #DB, whatever its cause.
 *
 * @returns true if that is all
 *
 * `db_interception()`, svm.c. Rule x86:D56.
 */
export function nmiStepTrapped(f: KvmFrame): boolean {
  if (!stepsForNmi(f)) return false;
  endNmiStep(f, ENDS);
  const flags = GUESTDBG.SINGLESTEP | GUESTDBG.USE_HW_BP;
  return (f.w[f.vcpu + VCPU.guestDebug] & flags) === 0;
}

/** The window that KVM has asked for is open: the next entry injects. Rule x86:D53. */
export function windowExit(f: KvmFrame, window: number): Handled {
  f.w[f.vcpu + VCPU.events] &= ~window;
  return HANDLED.again;
}

/** SVM: the guest is at an IRET. NMIs stay blocked until it is complete. Rule x86:D54. */
export function iretExit(f: KvmFrame): Handled {
  const { w, vcpu } = f;
  w[vcpu + VCPU.events] = w[vcpu + VCPU.events] & ~EVENTS.iretIntercept |
    EVENTS.iretSeen;
  w[vcpu + VCPU.iretRip] = w[vcpu + VCPU.pc];
  w[vcpu + VCPU.iretRip + 1] = w[vcpu + VCPU.pc + 1];
  return HANDLED.again;
}

/** SVM, after every exit: RIP has moved on from the IRET, so that NMIs are not blocked any more. Rule x86:D54. */
export function completeIret(f: KvmFrame): void {
  const { w, vcpu } = f;
  if ((w[vcpu + VCPU.events] & EVENTS.iretSeen) === 0) return;
  if (
    w[vcpu + VCPU.pc] === w[vcpu + VCPU.iretRip] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.iretRip + 1]
  ) return;
  w[vcpu + VCPU.events] &= ~(EVENTS.iretSeen | EVENTS.nmiBlocked);
  w[vcpu + VCPU.iretRip] = 0;
  w[vcpu + VCPU.iretRip + 1] = 0;
}
