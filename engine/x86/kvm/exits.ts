/**
 * The exits, by reason.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import {
  COMPLETION,
  EVENTS,
  EXIT,
  NO_ERROR,
  STOPPED,
  USER_EXIT,
  VCPU,
  VECTOR,
} from "../blocks.ts";
import { GIVE_UP_PORT } from "../guest/handler.ts";
import { repeats } from "../hardware/iteration.ts";
import { accessDone, awaitUser, completed, movePast } from "./complete.ts";
import { emulatedCr4 } from "./cr4.ts";
import { readExit, writeExit } from "./debugctl.ts";
import { queueException } from "./exceptions.ts";
import { iretExit, windowExit } from "./interrupts.ts";
import type { KvmFrame } from "./kernel.ts";
import { skip, skipUnseen } from "./step.ts";
import { finishStore } from "./stores.ts";
import { stringDeviceExit, stringPortExit } from "./strings.ts";
import { debugExit, ioExit, mmioExit } from "./user_exits.ts";

/** Handles the exit that the vCPU block describes. */
export function handleExit(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu, kernel } = f;
  switch (w[vcpu + VCPU.exitReason]) {
    case EXIT.drAccess:
      return kernel.drAccess(f, insn);
    case EXIT.db:
      return kernel.db(f, insn);
    case EXIT.bp:
      return breakpointExit(f);
    case EXIT.ud:
      // Not an instruction that KVM emulates on #UD.
      queueException(f, VECTOR.UD, NO_ERROR, "x86:D60");
      return HANDLED.again;
    case EXIT.cpuid:
    case EXIT.hypercall:
      movePast(f);
      return completed(f, skip(f, kernel.commonSkipSteps));
    case EXIT.msrRead:
      return readExit(f, insn);
    case EXIT.msrWrite:
      if (w[vcpu + VCPU.exitData] !== 0) return writeExit(f, insn);
      movePast(f);
      return completed(f, skip(f, kernel.vendorSkipSteps));
    case EXIT.vmgexit:
      // dr_interception() returns at once: KVM cannot change DR7. Rule x86:D82.
      movePast(f);
      accessDone(f, insn);
      return completed(f, false);
    case EXIT.entryFailed:
      f.w[f.vcpu + VCPU.userExit] = USER_EXIT.failEntry;
      return HANDLED.userPending;
    case EXIT.hlt:
      return haltExit(f);
    case EXIT.io:
      return portExit(f, insn);
    case EXIT.mmio:
      return deviceExit(f, insn);
    case EXIT.taskSwitch:
      kernel.taskSwitch(f);
      movePast(f);
      return HANDLED.done;
    case EXIT.crWrite:
      return emulatedCr4(f, insn);
    case EXIT.gaveUp:
      return loopExit(f);
    case EXIT.icebp:
      return icebpExit(f);
    case EXIT.interruptWindow:
      return windowExit(f, EVENTS.interruptWindow);
    case EXIT.nmiWindow:
      return windowExit(f, EVENTS.nmiWindow);
    case EXIT.iret:
      return iretExit(f);
    default:
      return HANDLED.again;
  }
}

/** The OUT of the handler that gave up, which it repeats for ever. Rule x86:D41. */
function loopExit(f: KvmFrame): Handled {
  const { w, vcpu, kernel } = f;
  if (kernel.portMoves === "before") {
    w[vcpu + VCPU.stopped] = STOPPED.atJump;
    skipUnseen(f, kernel.vendorSkipSteps);
  } else w[vcpu + VCPU.completion] = COMPLETION.loop;
  ioExit(f, GIVE_UP_PORT, 1, true);
  return HANDLED.userPending;
}

/**
 * SVM's exit for INT1 (opcode F1): KVM moves past it and queues its #DB, to the guest even if userspace debugs, and
 * without a payload: DR6 stays.
 *
 * Rule x86:D46.
 */
function icebpExit(f: KvmFrame): Handled {
  movePast(f);
  skip(f, false);
  queueException(f, VECTOR.DB, NO_ERROR, "x86:D46");
  return completed(f, false);
}

/** #BP while userspace uses software breakpoints: dr6 and dr7 are left as they were. Rule x86:D/10. */
function breakpointExit(f: KvmFrame): Handled {
  const { w, vcpu } = f;
  w[vcpu + VCPU.eventLength] = 1;
  w[vcpu + VCPU.eventRip] = w[vcpu + VCPU.pc];
  w[vcpu + VCPU.eventRip + 1] = w[vcpu + VCPU.pc + 1];
  debugExit(f, VECTOR.BP, 0, 0, "x86:D/10", "cpu");
  return HANDLED.userPending;
}

/**
 * HLT goes to userspace, which has the interrupt controller; the debug exit of a step is written over.
 *
 * kvm_emulate_halt(), x86.c. Rule x86:D27.
 */
function haltExit(f: KvmFrame): Handled {
  movePast(f);
  skipUnseen(f, f.kernel.commonSkipSteps);
  f.w[f.vcpu + VCPU.userExit] = USER_EXIT.hlt;
  return HANDLED.userDone;
}

/** What the emulator does once userspace has answered a load. */
function completionOf(insn: Insn | null): number {
  switch (insn?.op) {
    case "movss":
      return COMPLETION.emulateMovSs;
    case "rmw":
    case "lock":
      return COMPLETION.emulateStore;
    default:
      return COMPLETION.emulate;
  }
}

/** OUT to this port moves RIP before the exit in every kernel: old firmware relies on it. Rule x86:D42. */
const POST_PORT = 0x7e;

/**
 * A port access, which userspace does.
 *
 * IN is emulated until 4.9, with VMX until 4.16: userspace finds the old RIP, and the step comes when the emulator
 * goes on. All else is skipped: until 5.0 before the exit, where a debug exit for the step is lost, and then when
 * userspace has done the access.
 *
 * handle_io(), vmx.c; io_interception(), svm.c; kvm_fast_pio(), x86.c: 4.4.1, 4.10.17, 4.18.0, 5.0.1, 5.2.1, 7.2.
 * Rules x86:D41, x86:D42, x86:D50, bug x86:F33.
 */
function portExit(f: KvmFrame, insn: Insn | null): Handled {
  if (insn !== null && repeats(insn)) return stringPortExit(f, insn);
  const { kernel } = f;
  const isWrite = f.w[f.vcpu + VCPU.exitData] !== 0;
  const port = insn?.lo ?? 0;
  const size = insn?.sizeBytes ?? 1;
  if (!isWrite && kernel.portIn === "emulator") {
    const breakpoint = kernel.emulatorCodeBreakpoint(f, insn);
    if (breakpoint !== undefined) return breakpoint;
    awaitUser(f, COMPLETION.emulate);
    ioExit(f, port, size, isWrite);
    return HANDLED.userPending;
  }
  if (kernel.portMoves === "before") {
    movePast(f);
    skipUnseen(f, kernel.vendorSkipSteps);
    ioExit(f, port, size, isWrite);
    return HANDLED.userDone;
  }
  if (isWrite && port === POST_PORT) {
    movePast(f);
    // The exit of a step is written over that of the access.
    if (!skip(f, kernel.commonSkipSteps)) ioExit(f, port, size, isWrite);
    return HANDLED.userDone;
  }
  awaitUser(f, COMPLETION.skip);
  ioExit(f, port, size, isWrite);
  return HANDLED.userPending;
}

/**
 * A device access, by the emulator, which looks for no data breakpoint, and only until 6.0 for one at the
 * instruction, which the CPU has looked for already. A store is finished before userspace
 * hears of it, without the step that might be due; a load after.
 *
 * Rules x86:D25, x86:D26, x86:D27.
 */
function deviceExit(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu, kernel } = f;
  const breakpoint = kernel.rechecksOnFault
    ? kernel.emulatorCodeBreakpoint(f, insn)
    : undefined;
  if (breakpoint !== undefined) return breakpoint;
  if (insn !== null && repeats(insn)) return stringDeviceExit(f, insn);
  const isWrite = w[vcpu + VCPU.exitData] !== 0 && insn?.op === "store";
  mmioExit(f, insn?.lo ?? 0, insn?.hi ?? 0, insn?.sizeBytes ?? 1, isWrite);
  if (!isWrite) {
    awaitUser(f, completionOf(insn));
    return HANDLED.userPending;
  }
  movePast(f);
  finishStore(f);
  return HANDLED.userDone;
}
