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

/** What comes of an access, before its value is looked at. */
const FATE = {
  /** It leaves the guest. */
  exits: 0,
  /** #GP(0) for the privilege level. */
  level: 1,
  /** #UD: DR4 or DR5 while CR4.DE is 1. */
  noAlias: 2,
  /** An SEV-ES guest has #VC in place of the exit. */
  guestHandler: 3,
  /** #DB for DR7.GD. */
  generalDetect: 4,
  /** The CPU does it. */
  done: 5,
} as const;

type Fate = typeof FATE[keyof typeof FATE];

/**
 * Decides an access.
 *
 * VMX exits before any other check; SVM after #UD and #GP, and after DR7.GD where the CPU tests that first. The order of
 * the checks is #UD, #GP for the privilege level, #DB for GD, #GP for the value; a CPU may exchange the first two.
 *
 * Rules x86:A5, x86:A/6.
 */
function fateOf(f: X86Frame, dr: number, isWrite: boolean, cpl: number): Fate {
  const { w, vcpu, cpu, model } = f;
  const exits = (w[vcpu + VCPU.vmDrAccesses] & accessBit(dr, isWrite)) !== 0;
  if (exits && f.vendor === "vmx") return FATE.exits;
  if (cpl > 0 && model.levelBeforeAlias) return FATE.level;
  if (isAlias(dr) && (w[vcpu + VCPU.cr4] & CR4_DE) !== 0) return FATE.noAlias;
  if (cpl > 0) return FATE.level;
  if (exits && isProtected(f)) return FATE.guestHandler;
  if (exits && model.interceptBeforeGd) return FATE.exits;
  const detects = model.generalDetect && !f.bare?.hidesGeneralDetect;
  if (detects && (w[cpu + CPU.dr7] & DR7_BITS.GD) !== 0) {
    return FATE.generalDetect;
  }
  return exits ? FATE.exits : FATE.done;
}

/** True for DR4 and DR5, which name DR6 and DR7 while CR4.DE is 0. */
function isAlias(dr: number): boolean {
  return dr === 4 || dr === 5;
}

/** What keeps an access from leaving the guest; undefined if it does leave. */
function exitUnmet(
  f: X86Frame,
  fate: Fate,
  cpl: number,
): Condition | undefined {
  switch (fate) {
    case FATE.exits:
      return undefined;
    case FATE.level:
      return fact(
        `the instruction is at CPL ${cpl}: #GP comes before the exit`,
        "x86:A5",
      );
    case FATE.noAlias:
      return noAlias(f);
    case FATE.guestHandler:
      return fact(
        "an SEV-ES guest has #VC in place of the exit, and its handler does the access",
        "x86:A22",
      );
    case FATE.generalDetect:
      return generalDetect(f);
    case FATE.done:
      return noIntercept(f);
    default:
      return fate satisfies never;
  }
}

/**
 * Executes one access.
 *
 * A read leaves the value in the frame, a write takes it from there.
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
  const fate = fateOf(f, dr, isWrite, cpl);
  if (f.sink !== null && f.sink.compared) {
    reportTrapCompared(f, `DR${dr}`, exitUnmet(f, fate, cpl));
  }
  switch (fate) {
    case FATE.exits:
      return leaveByInstruction(f, EXIT.drAccess, isWrite ? dr + 16 : dr);
    case FATE.level:
      return levelFault(f);
    case FATE.noAlias:
      reportNoAlias(f);
      return raiseFault(f, VECTOR.UD, NO_ERROR);
    case FATE.guestHandler:
      return drByGuestHandler(f, isWrite);
    case FATE.generalDetect:
      if (f.sink !== null) reportGeneralDetect(f);
      return raiseDb(f, DR6_BITS.BD);
    case FATE.done:
      return perform(f, isAlias(dr) ? dr + 2 : dr, isWrite);
    default:
      return fate satisfies never;
  }
}

/** The CPU's own registers; DR4 and DR5 are resolved already. */
function perform(f: X86Frame, dr: number, isWrite: boolean): Outcome {
  if (isWrite) return writeDr(f, dr);
  readDr(f, dr);
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
