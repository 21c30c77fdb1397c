/**
 * One guest instruction, as the CPU executes it under the exits that are configured. No KVM here.
 *
 * @module
 */
import type { Condition } from "../../comparison.ts";
import { type Move, setWord } from "../../moves.ts";
import type { Insn, Operation } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { comparedSpans, isAligned, type Span } from "../../split_access.ts";
import {
  CPU,
  exceptionKind,
  EXIT,
  ICEBP,
  SHADOW,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { reportDataCompared } from "./comparisons.ts";
import { branchCondition, stepsOver, trapsBusLock } from "./debugctl.ts";
import {
  boundaryCause,
  boundaryDropsLatent,
  clearGeneralDetect,
  codeHits,
  deliver,
  dropTraps,
  intercepted,
  isRaised,
  leaveByAccess,
  leaveByInstruction,
  leaveBySoftwareException,
  raiseDb,
  raiseFault,
  trapsHeld,
} from "./exceptions.ts";
import {
  loadFlags,
  popFlags,
  popsResume,
  pushedFlags,
  returnFromInterrupt,
  setInterruptFlag,
  WRITE_RFLAGS,
} from "./flags.ts";
import {
  reportBusLock,
  reportDataHits,
  reportRaise,
  reportStep,
} from "./hits.ts";
import { endNmi, iretIntercepted } from "./interrupts.ts";
import { ACCESS, dataMatches, enabledSlots, reported } from "./match.ts";
import { movDr } from "./mov_dr.ts";
import { accessMsr } from "./msr.ts";
import { reportAccess } from "./reported_access.ts";
import { UNMET } from "./unmet.ts";

// Registers of which KVM keeps no copy.
const WRITE_CR4: Move = {
  cause: "write",
  to: ["guest", "CR4"],
  from: ["program", "CR4"],
  rule: "x86:A/1",
};

const SWITCH_TASK: Move = {
  cause: "force",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:A8",
};

/** Error code of a software interrupt through a gate that the privilege level may not use: IDT, and its vector. */
function gateError(vector: number): number {
  return vector * 8 + 2;
}

/**
 * Executes the instruction at the program counter.
 *
 * Before it, an execute breakpoint may fault; after it, the traps of data breakpoints and of TF are due,
 * unless it was a MOV SS that holds them.
 *
 * @returns `next` when it completed, also if its trap was delivered; `stay` after a fault
 *
 * Rules x86:A1 to x86:A10.
 */
export function execute(f: X86Frame, insn: Insn): Outcome {
  const { w, vcpu } = f;
  const hits = codeHits(f);
  if (hits !== 0) return raiseDb(f, hits | w[vcpu + VCPU.pendingDb]);
  if (!trapsHeld(f)) boundaryDropsLatent(f);
  const stepping = stepsOver(f, insn) && !f.bare?.debugged;
  const unmet = f.sink?.compared && !stepping
    ? branchCondition(f, insn)
    : undefined;
  const enables = insn.op === "sti" && (w[vcpu + VCPU.rflags] & FLAGS.IF) === 0;
  const outcome = perform(f, insn);
  if (outcome !== OUTCOME.next) {
    // A fault before completion drops the traps that the shadow held: U10.
    if (outcome === OUTCOME.stay) w[vcpu + VCPU.pendingDb] = 0;
    return outcome;
  }
  return retire(f, insn, { stepping, unmet, enables });
}

/** Instructions after which QEMU begins another block of translated code. */
const ENDS_BLOCK: ReadonlySet<Operation> = new Set([
  "write",
  "movss",
  "popf",
  "iret",
  "sti",
  "cli",
]);

/** What an instruction had before it: a step is due after it, or not although TF is set, or it is an STI that sets IF. */
interface Before {
  readonly stepping: boolean;
  readonly unmet: Condition | undefined;
  readonly enables: boolean;
}

/** The instruction completed: RF goes, the program counter moves on, traps are due. */
function retire(
  f: X86Frame,
  insn: Insn,
  { stepping, unmet, enables }: Before,
): Outcome {
  const { w, vcpu } = f;
  // INT3 and its kind went there, or are about to.
  if (w[vcpu + VCPU.inHandler] !== 0 || isRaised(f)) return OUTCOME.next;
  // The flags after a task switch are those of the new task, of which the model knows nothing.
  const isNewTask = insn.op === "taskswitch";
  const steps = stepping && !isNewTask;
  const isHeld = w[vcpu + VCPU.shadow] === SHADOW.movSs;
  const holds = insn.op === "movss" && f.model.movSsHolds &&
    (f.model.movSsHoldsAgain || !isHeld);
  if (f.sink !== null && !isNewTask) reportStep(f, steps, holds, unmet);
  if (f.model.rfEnds === "instruction" || stepping || ENDS_BLOCK.has(insn.op)) {
    w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  }
  if (insn.op === "iret" && popsResume(insn)) {
    w[vcpu + VCPU.rflags] |= FLAGS.RF;
  }
  w[vcpu + VCPU.pc] = f.nextLo;
  w[vcpu + VCPU.pc + 1] = f.nextHi;
  if (steps) w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  if (holds) {
    w[vcpu + VCPU.shadow] = SHADOW.movSs;
    if (f.model.movSsLosesStep) w[vcpu + VCPU.pendingDb] = 0;
    return OUTCOME.next;
  }
  w[vcpu + VCPU.shadow] = enables ? SHADOW.sti : SHADOW.none;
  return trapAfter(f);
}

/** The #DB of what is due now, after an instruction that has completed. */
function trapAfter(f: X86Frame): Outcome {
  const { w, vcpu } = f;
  const due = w[vcpu + VCPU.pendingDb];
  if (due === 0) return OUTCOME.next;
  const cause = boundaryCause(f, due, true);
  if (f.bare?.isStepwise) {
    w[vcpu + VCPU.pendingDb] = cause;
    return OUTCOME.next;
  }
  const outcome = raiseDb(f, cause);
  if (outcome !== OUTCOME.exits) return OUTCOME.next;
  w[vcpu + VCPU.exitDone] = 1;
  return OUTCOME.exits;
}

function perform(f: X86Frame, insn: Insn): Outcome {
  const cpl = Math.max(0, insn.level);
  switch (insn.op) {
    case "write":
    case "read":
      return accessRegister(f, insn, cpl);
    case "load":
      return accessMemory(f, insn, ACCESS.read);
    case "store":
      return accessMemory(f, insn, ACCESS.write);
    case "rmw":
      return accessMemory(f, insn, ACCESS.read | ACCESS.write);
    case "lock":
      return lockedAccess(f, insn, cpl);
    case "in":
    case "out":
      return accessPort(f, insn);
    case "movss":
      return insn.sizeBytes > 0
        ? accessMemory(f, insn, ACCESS.read)
        : OUTCOME.next;
    case "pushf":
      f.lo = pushedFlags(f);
      f.hi = 0;
      reportAccess(f, insn, "hardware");
      return OUTCOME.next;
    case "popf":
      return popFlags(f, insn);
    case "iret":
      if (iretIntercepted(f)) return leaveByInstruction(f, EXIT.iret);
      endNmi(f);
      return returnFromInterrupt(f, insn);
    case "sti":
    case "cli":
      return setInterruptFlag(f, insn.op === "sti", cpl);
    case "cpuid":
      return executeOrLeave(f, EXIT.cpuid);
    case "rdmsr":
    case "wrmsr":
      return accessMsr(f, insn, cpl);
    case "hypercall":
      return hypercall(f);
    case "hlt":
      // An interrupt ends it.
      return executeOrLeave(f, EXIT.hlt);
    case "taskswitch":
      return switchTask(f);
    case "int3":
      if (!f.model.int3Intercepted || !intercepted(f, VECTOR.BP)) {
        return softwareException(f, VECTOR.BP, "INT3");
      }
      if (f.sink !== null) reportRaise(f, "bp", "INT3", "x86:A/5");
      dropTraps(f);
      return leaveBySoftwareException(f, EXIT.bp);
    case "int1":
      return softwareInterrupt(f, VECTOR.DB, cpl);
    case "int":
      return softwareInterrupt(f, insn.lo, cpl);
    case "icebp":
      return icebp(f);
    case "ud2":
      if (f.sink !== null) reportRaise(f, "ud", "UD2", "x86:A9");
      return raiseFault(f, VECTOR.UD, -1);
    default:
      return OUTCOME.next;
  }
}

/** An instruction that always exits to a hypervisor, and without one does nothing that the model knows. */
function executeOrLeave(f: X86Frame, reason: number): Outcome {
  return f.bare === undefined ? leaveByInstruction(f, reason) : OUTCOME.next;
}

/**
 * A port. The model's hypervisor intercepts every one, so that an I/O breakpoint never sees the access; without one
 * it is compared with the port's number, zero-extended.
 *
 * Rules x86:A2, x86:A3.
 */
function accessPort(f: X86Frame, insn: Insn): Outcome {
  if (f.bare === undefined) {
    reportLeaves(f, insn, ACCESS.io);
    return leaveByInstruction(f, EXIT.io, insn.op === "out" ? 1 : 0);
  }
  return compareData(f, insn, ACCESS.io);
}

/** A task switch clears L0 to L3 and LE. The model's TSS has T clear. Rule x86:A8. */
function switchTask(f: X86Frame): Outcome {
  if (f.bare === undefined) return leaveByInstruction(f, EXIT.taskSwitch);
  const at = f.cpu + CPU.dr7;
  setWord(f, at, f.w[at] & ~DR7_BITS.LOCAL, SWITCH_TASK);
  return OUTCOME.next;
}

function accessRegister(f: X86Frame, insn: Insn, cpl: number): Outcome {
  const { w, vcpu } = f;
  const isWrite = insn.op === "write";
  if (insn.register <= REG.DR7) {
    if (isWrite) {
      f.lo = insn.lo;
      f.hi = insn.hi;
    }
    const outcome = movDr(f, insn.register, isWrite, cpl);
    if (outcome === OUTCOME.next) reportAccess(f, insn, "hardware");
    return outcome;
  }
  const at = vcpu + (insn.register === REG.RFLAGS ? VCPU.rflags : VCPU.cr4);
  if (!isWrite) {
    f.lo = insn.register === REG.RFLAGS ? pushedFlags(f) : w[at];
    f.hi = 0;
    reportAccess(f, insn, "hardware");
    return OUTCOME.next;
  }
  if (insn.register === REG.RFLAGS) {
    setWord(f, at, loadFlags(f, insn), WRITE_RFLAGS);
    w[vcpu + VCPU.stepsLeft] = 0;
    return OUTCOME.next;
  }
  if (cpl > 0) {
    if (f.sink !== null) reportRaise(f, "gp", "MOV CR4 needs CPL 0", "x86:A/1");
    return raiseFault(f, VECTOR.GP, 0);
  }
  // KVM owns all of CR4 with SVM; with VMX the guest owns DE.
  if (f.vendor === "svm" && f.bare === undefined) {
    return leaveByInstruction(f, EXIT.crWrite);
  }
  const cr4 = (w[at] & ~insn.maskLo) | (insn.lo & insn.maskLo);
  setWord(f, at, cr4, WRITE_CR4);
  return OUTCOME.next;
}

/** Bytes of a cache line. */
const LINE_BYTES = 64;

/**
 * A read-modify-write with LOCK. Across two cache lines it locks the bus, which is a trap at CPL above 0.
 *
 * Rule x86:A21.
 */
function lockedAccess(f: X86Frame, insn: Insn, cpl: number): Outcome {
  const outcome = accessMemory(f, insn, ACCESS.read | ACCESS.write);
  const isSplit = (insn.lo & (LINE_BYTES - 1)) + insn.sizeBytes > LINE_BYTES;
  if (outcome !== OUTCOME.next || !isSplit || !trapsBusLock(f, cpl)) {
    return outcome;
  }
  if (f.bare?.debugged) return outcome;
  if (f.sink !== null) reportBusLock(f);
  f.w[f.vcpu + VCPU.pendingDb] |= DR6_BITS.BLD;
  return outcome;
}

/** A memory access. Where nothing answers it exits and has no effect, and no breakpoint sees it. */
function accessMemory(f: X86Frame, insn: Insn, access: number): Outcome {
  if (insn.mmio && f.bare === undefined) {
    reportLeaves(f, insn, access);
    return leaveByAccess(f, (access & ACCESS.write) !== 0);
  }
  return compareData(f, insn, access);
}

/** The access is done; the slots that it matches are traps after it. */
function compareData(f: X86Frame, insn: Insn, access: number): Outcome {
  const { w, vcpu, cpu } = f;
  if (f.sink !== null && f.sink.compared) {
    reportDataCompared(f, insn, access, UNMET.none);
  }
  const dr7 = w[cpu + CPU.dr7];
  if (!f.model.entryArms || (dr7 & DR7_BITS.ENABLES) === 0) return OUTCOME.next;
  if (f.bare?.debugged) return OUTCOME.next;
  const matches = dataSlots(f, insn, access);
  const told = reported(matches, dr7, f.model.reportsDisabled);
  if (told !== 0 && f.sink !== null) reportDataHits(f, told);
  w[vcpu + VCPU.pendingDb] |= told;
  if (told === 0 && f.model.disabledStays) w[vcpu + VCPU.latentDb] |= matches;
  return OUTCOME.next;
}

/** The access leaves the guest before it is done: no breakpoint sees it, whatever it matches. */
function reportLeaves(f: X86Frame, insn: Insn, access: number): void {
  if (f.sink !== null && f.sink.compared) {
    reportDataCompared(f, insn, access, UNMET.exits);
  }
}

/** Slots that an access matches, enabled or not, as the CPU compares them. Rule x86:A2. */
function dataSlots(f: X86Frame, insn: Insn, access: number): number {
  if (f.model.unaligned === "bytes" || isAligned(insn)) {
    return slotsAt(f, insn, access);
  }
  const enabled = enabledSlots(f.w[f.cpu + CPU.dr7]);
  for (const kind of [ACCESS.read, ACCESS.write]) {
    if ((access & kind) === 0) continue;
    const direction = kind === ACCESS.read ? "load" : "store";
    for (const span of comparedSpans(insn, direction)) {
      const matches = slotsAt(f, span, kind);
      if ((matches & enabled) !== 0) return matches;
    }
  }
  return 0;
}

function slotsAt(
  { w, vcpu, cpu }: X86Frame,
  { lo, hi, sizeBytes }: Span,
  access: number,
): number {
  const de = (w[vcpu + VCPU.cr4] & CR4_DE) !== 0;
  const dr7 = w[cpu + CPU.dr7];
  return dataMatches(w, cpu + CPU.dr, dr7, lo, hi, sizeBytes, access, de);
}

/**
 * A hypercall: VMCALL with VMX, VMMCALL with SVM. Both are undefined without a hypervisor, except beside a guest that
 * has one.
 *
 * Rule x86:A14.
 */
function hypercall(f: X86Frame): Outcome {
  if (f.bare === undefined) return leaveByInstruction(f, EXIT.hypercall);
  if (f.bare.answersCalls) return OUTCOME.next;
  if (f.sink !== null) reportRaise(f, "ud", "a hypercall", "x86:A14");
  return raiseFault(f, VECTOR.UD, -1);
}

/**
 * INT n: the gate's privilege level is checked; the modelled guest's gates are for CPL 0, except that of #BP. No
 * intercept of an exception applies to it.
 *
 * Rules x86:A/5, x86:A13.
 */
function softwareInterrupt(f: X86Frame, vector: number, cpl: number): Outcome {
  if (cpl === 0 || vector === VECTOR.BP) {
    return softwareException(f, vector, `INT ${vector}`);
  }
  if (f.sink !== null) {
    reportRaise(f, "gp", `the gate of INT ${vector} needs CPL 0`, "x86:A/5");
  }
  return raiseFault(f, VECTOR.GP, gateError(vector));
}

/**
 * INT3 and INT n: the program counter is past the instruction, and a trap that the shadow of MOV SS held is
 * delivered before the handler's first instruction.
 *
 * Rules x86:A/5, x86:A7, x86:A13.
 */
function softwareException(
  f: X86Frame,
  vector: number,
  what: string,
): Outcome {
  const { w, vcpu } = f;
  if (f.sink !== null) {
    reportRaise(f, exceptionKind(vector), what, "x86:A/5");
  }
  if (f.model.rfEnds === "instruction") w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  w[vcpu + VCPU.pc] = f.nextLo;
  w[vcpu + VCPU.pc + 1] = f.nextHi;
  w[vcpu + VCPU.shadow] = 0;
  dropTraps(f);
  deliver(f, vector, -1, "x86:A/5");
  return OUTCOME.next;
}

/**
 * INT1, opcode F1: a #DB that changes no bit of DR6. VMX intercepts it as #DB with nothing in its
 * qualification, and rip still at it; SVM has an intercept for it alone, and does not take it for a #DB. A trap that
 * the shadow of MOV SS held is lost in it, so that the handler runs once.
 *
 * Rules x86:A/5, x86:D22, x86:D46.
 */
function icebp(f: X86Frame): Outcome {
  const { w, vcpu } = f;
  if (!f.model.icebpDefined) return raiseFault(f, VECTOR.UD, -1);
  if (f.sink !== null) reportRaise(f, "db", "INT1, opcode F1", "x86:A/5");
  const step = (w[vcpu + VCPU.rflags] & FLAGS.TF) !== 0 ? DR6_BITS.BS : 0;
  const traps = w[vcpu + VCPU.pendingDb] | w[vcpu + VCPU.latentDb] | step;
  w[vcpu + VCPU.pendingDb] = 0;
  w[vcpu + VCPU.latentDb] = 0;
  if (f.vendor === "vmx" && intercepted(f, VECTOR.DB)) {
    const told = f.model.icebpTellsTraps ? traps : 0;
    return leaveBySoftwareException(f, EXIT.db, ICEBP | told);
  }
  if (w[vcpu + VCPU.vmIcebp] !== 0) return leaveByInstruction(f, EXIT.icebp);
  if (f.bare !== undefined || f.model.icebpClearsGd) clearGeneralDetect(f);
  w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  w[vcpu + VCPU.pc] = f.nextLo;
  w[vcpu + VCPU.pc + 1] = f.nextHi;
  w[vcpu + VCPU.shadow] = 0;
  deliver(f, VECTOR.DB, -1, "x86:A/5");
  return OUTCOME.next;
}
