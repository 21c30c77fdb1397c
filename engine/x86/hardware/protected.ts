/**
 * SEV-ES: what the hardware keeps of a guest in its encrypted save area, and the exception #VC that stands for an
 * intercept.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { CPU, EXIT, VCPU, VECTOR, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { copySet } from "../moves.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { leaveByInstruction, raiseFault } from "./exceptions.ts";
import { reportRaise } from "./hits.ts";

const LOAD: Move = {
  cause: "load",
  to: ["cpu", "DR"],
  from: ["vmcs", "DR"],
  rule: "x86:A/6.10",
};
const SAVE: Move = {
  cause: "save",
  to: ["vmcs", "DR"],
  from: ["cpu", "DR"],
  rule: "x86:A/6.10",
};
const RESTORE: Move = {
  cause: "restore",
  to: ["cpu", "DR"],
  from: ["host", "saved_DR"],
  rule: "x86:A/6.10",
};
const CACHE: Move = {
  cause: "write",
  to: ["guest", "cached_DR7"],
  from: ["program", "DR7"],
  rule: "x86:A22",
};

/** Bits of DR7 that Linux's #VC handler keeps of a written value; it sets bit 10. Rule x86:A23. */
const HANDLER_KEEPS = 0xffff23ff;

/** The guest's registers are encrypted. */
export function isProtected({ w, vm }: X86Frame): boolean {
  return w[vm + VM.protected] !== 0;
}

/** The CPU switches DR0-3 of the guest too. */
export function swapsDebug(f: X86Frame): boolean {
  return isProtected(f) && f.w[f.vm + VM.debugSwap] !== 0;
}

/** VMRUN loads DR0-3 from the save area. Rule x86:A/6.10. */
export function enterProtected(f: X86Frame): void {
  if (swapsDebug(f)) copySet(f, f.cpu + CPU.dr, f.vcpu + VCPU.vmDr, LOAD);
}

/** #VMEXIT saves them, and loads the host's from the host save area. Rule x86:A/6.10. */
export function leaveProtected(f: X86Frame): void {
  if (!swapsDebug(f)) return;
  copySet(f, f.vcpu + VCPU.vmDr, f.cpu + CPU.dr, SAVE);
  copySet(f, f.cpu + CPU.dr, f.cpu + CPU.savedDr, RESTORE);
}

/**
 * MOV to or from DR7, which is intercepted: #VC, whose handler in the guest answers a read from its own copy, and checks a
 * written value as the CPU would before it passes it to KVM by VMGEXIT.
 *
 * Rules x86:A22, x86:A23.
 */
export function drByGuestHandler(f: X86Frame, isWrite: boolean): Outcome {
  const at = f.vcpu + VCPU.cachedDr7;
  if (!isWrite) {
    f.lo = f.w[at] | DR7_BITS.FIXED;
    f.hi = 0;
    return OUTCOME.next;
  }
  if (f.hi !== 0) {
    if (f.sink !== null) {
      reportRaise(f, "gp", "bits 63:32 of DR7 must be 0", "x86:A23");
    }
    return raiseFault(f, VECTOR.GP, 0);
  }
  setWord(f, at, (f.lo & HANDLER_KEEPS) | DR7_BITS.FIXED, CACHE);
  return leaveByInstruction(f, EXIT.vmgexit);
}
