/**
 * One guest instruction, as the CPU executes it under the exits that are configured. No KVM here.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn, Operation } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import {
  CPU,
  exceptionKind,
  EXIT,
  ICEBP,
  NO_ERROR,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { accessMemory, accessPort, spansLines } from "./data_access.ts";
import { branchCondition, stepsOver, trapsBusLock } from "./debugctl.ts";
import {
  boundaryDropsLatent,
  clearGeneralDetect,
  codeHits,
  deliver,
  dropTraps,
  intercepted,
  keepsTraps,
  leaveByInstruction,
  leaveBySoftwareException,
  raiseDb,
  raiseFault,
  trapsHeld,
} from "./exceptions.ts";
import {
  loadFlags,
  popFlags,
  pushedFlags,
  returnFromInterrupt,
  setInterruptFlag,
  systemCall,
  systemReturn,
  WRITE_RFLAGS,
} from "./flags.ts";
import { reportBusLock, reportRaise } from "./hits.ts";
import { endNmi, iretIntercepted } from "./interrupts.ts";
import { repeats } from "./iteration.ts";
import { ACCESS } from "./match.ts";
import { movDr } from "./mov_dr.ts";
import { accessMsr } from "./msr.ts";
import { levelRefuses } from "./privilege.ts";
import { reportAccess } from "./reported_access.ts";
import { retire } from "./retire.ts";
import { repeat } from "./strings.ts";
import { endOutside, transact } from "./transaction.ts";

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
function gateError({ model }: X86Frame, vector: number): number {
  return vector * model.gateErrorScale + 2;
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
  const stepping = stepIsDue(f, insn);
  const flags = w[vcpu + VCPU.rflags];
  const unmet = f.sink?.compared && !stepping
    ? branchCondition(f, insn)
    : undefined;
  const enables = insn.op === "sti" && (w[vcpu + VCPU.rflags] & FLAGS.IF) === 0;
  const isTransaction = insn.op === "xbegin";
  const refused = levelRefuses(f, insn);
  const outcome = refused !== undefined
    ? refused
    : isTransaction
    ? transact(f, insn, stepping)
    : repeats(insn)
    ? repeat(f, insn, { stepping, unmet })
    : perform(f, insn);
  if (outcome !== OUTCOME.next) {
    // A fault before completion drops the traps that the shadow held: U10.
    if (outcome === OUTCOME.stay) w[vcpu + VCPU.pendingDb] = 0;
    return outcome;
  }
  const isByNew = f.model.callsStepByNewTf && TF_AFTER.has(insn.op);
  return retire(f, insn, {
    stepping: isTransaction ? false : isByNew ? stepIsDue(f, insn) : stepping,
    unmet,
    enables,
    flags: isByNew ? w[vcpu + VCPU.rflags] : flags,
  });
}

/** Instructions whose step depends on the TF that they leave. Rule x86:A/10.2. */
const TF_AFTER: ReadonlySet<Operation> = new Set(["syscall", "sysret"]);

/** A step is due after an instruction. */
function stepIsDue(f: X86Frame, insn: Insn): boolean {
  return stepsOver(f, insn) && !f.bare?.debugged;
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
    case "syscall":
      systemCall(f);
      // R11 without a name is looked at by no expectation.
      if (insn.name !== undefined) reportAccess(f, insn, "hardware");
      return OUTCOME.next;
    case "sysret":
      return systemReturn(f, cpl);
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
    case "xend":
      return endOutside(f);
    case "ud2":
      if (f.sink !== null) reportRaise(f, "ud", "UD2", "x86:A9");
      return raiseFault(f, VECTOR.UD, NO_ERROR);
    default:
      return OUTCOME.next;
  }
}

/** An instruction that always exits to a hypervisor, and without one does nothing that the model knows. */
function executeOrLeave(f: X86Frame, reason: number): Outcome {
  return f.bare === undefined ? leaveByInstruction(f, reason) : OUTCOME.next;
}

/** A task switch clears L0 to L3 and LE. The model's TSS has T clear. Rule x86:A8. */
function switchTask(f: X86Frame): Outcome {
  if (f.bare === undefined) return leaveByInstruction(f, EXIT.taskSwitch);
  const at = f.cpu + CPU.dr7;
  setWord(f, at, f.w[at] & ~DR7_BITS.LOCAL, SWITCH_TASK);
  return OUTCOME.next;
}

/** MOV to or from a DR or CR4, and a write of RFLAGS. In 32-bit code a DR has 32 bits. Rules x86:A/1, x86:A/9. */
function accessRegister(f: X86Frame, insn: Insn, cpl: number): Outcome {
  const { w, vcpu } = f;
  const isWrite = insn.op === "write";
  if (insn.register <= REG.DR7) {
    if (isWrite) {
      f.lo = insn.lo;
      f.hi = insn.code32 ? 0 : insn.hi;
    }
    const outcome = movDr(f, insn.register, isWrite, cpl);
    if (insn.code32) f.hi = 0;
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

/**
 * A read-modify-write with LOCK. Across two cache lines it locks the bus, which is a trap at CPL above 0.
 *
 * Rule x86:A21.
 */
function lockedAccess(f: X86Frame, insn: Insn, cpl: number): Outcome {
  const outcome = accessMemory(f, insn, ACCESS.read | ACCESS.write);
  if (
    outcome !== OUTCOME.next || !spansLines(insn) || !trapsBusLock(f, cpl)
  ) return outcome;
  if (f.bare?.debugged) return outcome;
  if (f.sink !== null) reportBusLock(f);
  f.w[f.vcpu + VCPU.pendingDb] |= DR6_BITS.BLD;
  return outcome;
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
  return raiseFault(f, VECTOR.UD, NO_ERROR);
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
  return raiseFault(f, VECTOR.GP, gateError(f, vector));
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
  deliver(f, vector, NO_ERROR, "x86:A/5");
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
  if (!f.model.icebpDefined) return raiseFault(f, VECTOR.UD, NO_ERROR);
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
  keepsTraps(f, w[f.cpu + CPU.dr6]);
  w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  w[vcpu + VCPU.pc] = f.nextLo;
  w[vcpu + VCPU.pc + 1] = f.nextHi;
  w[vcpu + VCPU.shadow] = 0;
  deliver(f, VECTOR.DB, NO_ERROR, "x86:A/5");
  return OUTCOME.next;
}
