/**
 * MOV to and from debug registers, as the CPU executes it: checks in the order of the manuals, intercepts
 * where the vendor has them, reserved bits.
 *
 * @module
 */
import { type Condition, fact } from "../../comparison.ts";
import { type Move, setPair, setWord } from "../../moves.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { CPU, EXIT, NO_ERROR, VCPU, VECTOR, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { bySlot } from "../moves.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE } from "../registers/rflags.ts";
import {
  generalDetect,
  noAlias,
  noIntercept,
  reportTrapCompared,
} from "./comparisons.ts";
import { leaveByInstruction, raiseDb, raiseFault } from "./exceptions.ts";
import { drByGuestHandler, isProtected } from "./protected.ts";
import { reportGeneralDetect, reportNoAlias, reportRaise } from "./hits.ts";

const WRITE_DR = bySlot((n): Move => ({
  cause: "write",
  to: ["cpu", `DR${n}`],
  from: ["program", `DR${n}`],
  rule: "x86:A/1",
}));
const WRITE_DR6: Move = {
  cause: "write",
  to: ["cpu", "DR6"],
  from: ["program", "DR6"],
  rule: "x86:A/3",
};
const WRITE_DR7: Move = {
  cause: "write",
  to: ["cpu", "DR7"],
  from: ["program", "DR7"],
  rule: "x86:A/2",
};

/** Bit of `vmDrAccesses` for an access. */
export function accessBit(dr: number, isWrite: boolean): number {
  return 1 << (isWrite ? dr + 16 : dr);
}

/**
 * Executes one access.
 *
 * A read leaves the value in the frame, a write takes it from there. VMX exits before any other check;
 * SVM after #UD and #GP, and after DR7.GD where the CPU tests that first. The order of the checks is
 * #UD, #GP for the privilege level, #DB for GD, #GP for the value; a CPU may exchange the first two.
 *
 * @returns `next` when the access is done
 *
 * Rules x86:A5, x86:A/6.
 */
export function movDr(
  f: X86Frame,
  dr: number,
  isWrite: boolean,
  cpl: number,
): Outcome {
  const { w, vcpu, cpu } = f;
  const exits = (w[vcpu + VCPU.vmDrAccesses] & accessBit(dr, isWrite)) !== 0;
  const data = isWrite ? dr + 16 : dr;
  if (f.sink !== null && f.sink.compared) reportTrap(f, dr, isWrite, cpl);
  if (exits && f.vendor === "vmx") {
    return leaveByInstruction(f, EXIT.drAccess, data);
  }
  const alias = dr === 4 || dr === 5;
  if (cpl > 0 && f.model.levelBeforeAlias) return levelFault(f);
  if (alias && (w[vcpu + VCPU.cr4] & CR4_DE) !== 0) {
    reportNoAlias(f);
    return raiseFault(f, VECTOR.UD, NO_ERROR);
  }
  if (cpl > 0) return levelFault(f);
  if (exits && isProtected(f)) return drByGuestHandler(f, isWrite);
  if (exits && f.model.interceptBeforeGd) {
    return leaveByInstruction(f, EXIT.drAccess, data);
  }
  const detects = f.model.generalDetect && !f.bare?.hidesGeneralDetect;
  if (detects && (w[cpu + CPU.dr7] & DR7_BITS.GD) !== 0) {
    if (f.sink !== null) reportGeneralDetect(f);
    return raiseDb(f, DR6_BITS.BD);
  }
  if (exits) return leaveByInstruction(f, EXIT.drAccess, data);
  const real = alias ? dr + 2 : dr;
  if (isWrite) return writeDr(f, real);
  readDr(f, real);
  return OUTCOME.next;
}

function levelFault(f: X86Frame): Outcome {
  return notAllowed(f, "MOV DR needs CPL 0");
}

/** #GP(0). */
function notAllowed(f: X86Frame, what: string): Outcome {
  if (f.sink !== null) reportRaise(f, "gp", what, "x86:A/1");
  return raiseFault(f, VECTOR.GP, 0);
}

/** Reports whether an access traps, and if it does not, why. */
function reportTrap(
  f: X86Frame,
  dr: number,
  isWrite: boolean,
  cpl: number,
): void {
  const { w, vcpu, cpu } = f;
  const first = f.vendor === "vmx";
  const exits = (w[vcpu + VCPU.vmDrAccesses] & accessBit(dr, isWrite)) !== 0;
  const alias = dr === 4 || dr === 5;
  let unmet: Condition | undefined;
  if (exits && first) unmet = undefined;
  else if (alias && (w[vcpu + VCPU.cr4] & CR4_DE) !== 0) {
    unmet = noAlias(f);
  } else if (cpl > 0) {
    unmet = fact(
      `the instruction is at CPL ${cpl}: #GP comes before the exit`,
      "x86:A5",
    );
  } else if (
    (w[cpu + CPU.dr7] & DR7_BITS.GD) !== 0 && !f.model.interceptBeforeGd
  ) {
    unmet = generalDetect(f);
  } else if (!exits) unmet = noIntercept(f);
  reportTrapCompared(f, `DR${dr}`, unmet);
}

/** Reads a physical register into the frame; DR4 and DR5 are resolved already. */
export function readDr(f: X86Frame, dr: number): void {
  const { w, cpu } = f;
  if (dr < SLOTS) {
    f.lo = w[cpu + CPU.dr + 2 * dr];
    f.hi = w[cpu + CPU.dr + 2 * dr + 1];
  } else {
    f.lo = w[cpu + (dr === 6 ? CPU.dr6 : CPU.dr7)];
    f.hi = 0;
  }
}

/** MOV to DR as the CPU does it: bits 63:32 of DR6 and DR7 are #GP(0). */
function writeDr(f: X86Frame, dr: number): Outcome {
  const { cpu, lo, hi } = f;
  if (dr < SLOTS) {
    setPair(f, cpu + CPU.dr + 2 * dr, lo, hi, WRITE_DR[dr]);
    return OUTCOME.next;
  }
  if (hi !== 0) return notAllowed(f, `bits 63:32 of DR${dr} must be 0`);
  if (dr === 6) {
    setWord(f, cpu + CPU.dr6, statusBits(f, lo), WRITE_DR6);
    if (f.bare !== undefined) f.bare.leftStatus = 0;
  } else setWord(f, cpu + CPU.dr7, controlBits(f, lo), WRITE_DR7);
  return OUTCOME.next;
}

/** What MOV to DR6 stores: RTM and BLD are 1 where the CPUID does not have them. Rule x86:A/3. */
export function statusBits(f: X86Frame, value: number): number {
  let keeps = f.model.movDr6Keeps;
  let ones: number = DR6_BITS.RESET;
  if (f.model.statusFeatures) {
    if (f.w[f.vm + VM.rtm] !== 0) {
      keeps |= DR6_BITS.RTM;
      ones &= ~DR6_BITS.RTM;
    }
    if (f.w[f.vm + VM.busLock] !== 0 || showsBusLocks(f)) {
      keeps |= DR6_BITS.BLD;
      ones &= ~DR6_BITS.BLD;
    }
  }
  return (value & keeps) | ones;
}

/** AMD: with DEBUGCTL.BLD software can clear DR6.BLD, whatever the guest's CPUID has. Rule x86:A21. */
function showsBusLocks(f: X86Frame): boolean {
  return f.vendor === "svm" && f.model.busLockTraps &&
    (f.w[f.cpu + CPU.debugctl] & DEBUGCTL_BITS.BLD) !== 0;
}

/** What MOV to DR7 stores. Rule x86:A/2. */
export function controlBits(f: X86Frame, value: number): number {
  return (value & f.model.movDr7Keeps[f.vendor]) | DR7_BITS.FIXED;
}
