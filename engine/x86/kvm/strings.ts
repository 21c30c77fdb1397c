/**
 * String instructions with REP in KVM's emulator: ports, and memory where nothing answers. It compares no data
 * breakpoints, and moves RIP only when it finds RCX at 0: after its last iteration the guest executes the instruction
 * once more, which is then over.
 *
 * x86_emulate_insn() and pio_in_emulated(), emulate.c; x86_emulate_instruction(), x86.c: 3.6, 4.19, 6.12.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { BEGUN, HANDLED, type Handled } from "../../rules.ts";
import { COMPLETION, VCPU } from "../blocks.ts";
import { type Access, accessesOf } from "../hardware/iteration.ts";
import { ACCESS } from "../hardware/match.ts";
import { FLAGS } from "../registers/rflags.ts";
import { awaitUser, completed, movePast } from "./complete.ts";
import type { KvmFrame } from "./kernel.ts";
import { emulatorTail } from "./step.ts";
import { ioExit, mmioExit } from "./user_exits.ts";

/** Bytes that INS reads ahead: `struct read_cache`. */
const READ_AHEAD = 1024;
const PAGE = 4096;
/** The guest is entered again where RCX is a multiple of this. */
const BATCH = 1024;

/** Iterations are done. */
function iterated({ w, vcpu }: KvmFrame, count: number): void {
  w[vcpu + VCPU.rcx] -= count;
}

/** The emulator writes the registers back and goes to userspace: no step, and RF is set for the iterations to come. Rule x86:D/15.4. */
function writeBack(f: KvmFrame): void {
  f.w[f.vcpu + VCPU.shadow] = 0;
  const { kernel } = f;
  if (kernel.repeatsInEmulator) {
    kernel.setFlags(f, kernel.getFlags(f) | FLAGS.RF);
  }
}

/** The emulator goes back to the guest, which has the instruction still before it: a step may be due. Rule x86:D/15.4. */
function endBatch(f: KvmFrame): number {
  f.w[f.vcpu + VCPU.shadow] = 0;
  if (!f.kernel.repeatsInEmulator) return BEGUN.fresh;
  return emulatorTail(f, 0, FLAGS.RF) ? BEGUN.toUser : BEGUN.fresh;
}

/** Items that INS reads at once: those that are left, in the page of its destination and the buffer. Rule x86:D/15.1. */
function batchOf(insn: Insn, left: number): number {
  const [, { lo }] = accessesOf(insn, left);
  const inPage = PAGE - (lo & (PAGE - 1));
  return Math.min(inPage, READ_AHEAD / insn.sizeBytes, left);
}

/**
 * INS and OUTS. INS asks userspace for a batch of items, OUTS gives it one by one: RIP stays.
 *
 * Rules x86:D/15.1, x86:D/15.2; of 2008 x86:B30.
 */
export function stringPortExit(f: KvmFrame, insn: Insn): Handled {
  const { w, vcpu, kernel } = f;
  const breakpoint = kernel.emulatorCodeBreakpoint(f, insn);
  if (breakpoint !== undefined) return breakpoint;
  const { lo: port, sizeBytes } = insn;
  const isWrite = insn.op === "outs";
  const left = w[vcpu + VCPU.rcx];
  if (left === 0) {
    w[vcpu + VCPU.repeating] = 0;
    movePast(f);
    return completed(f, kernel.emulated(f));
  }
  if (!kernel.repeatsInEmulator) return portExit2008(f, insn, left);
  if (isWrite) {
    iterated(f, 1);
    writeBack(f);
    ioExit(f, port, sizeBytes, true);
    return HANDLED.userPending;
  }
  awaitUser(f, COMPLETION.emulateBatch);
  ioExit(f, port, sizeBytes, false, batchOf(insn, left));
  return HANDLED.userPending;
}

/** 2008: all that is in the page at once, for both directions; RIP moves before the exit if that is the rest. Rule x86:B30. */
function portExit2008(f: KvmFrame, insn: Insn, left: number): Handled {
  const { lo } = accessesOf(insn, left).find((one) =>
    one.access !== ACCESS.io
  )!;
  const inPage = (PAGE - (lo & (PAGE - 1))) / insn.sizeBytes | 0;
  const count = Math.min(Math.max(1, inPage), left);
  iterated(f, count);
  const isOver = count === left;
  if (isOver) {
    f.w[f.vcpu + VCPU.repeating] = 0;
    movePast(f);
  }
  ioExit(f, insn.lo, insn.sizeBytes, insn.op === "outs", count);
  return isOver ? HANDLED.userDone : HANDLED.userPending;
}

function toDevice(f: KvmFrame, { lo, hi, sizeBytes, access }: Access): void {
  mmioExit(f, lo, hi, sizeBytes, access === ACCESS.write);
}

/**
 * MOVS and STOS where nothing answers: each access is an exit of its own. A store ends the emulator's work, while after
 * a load it goes on.
 *
 * Rule x86:D/15.3.
 */
export function stringDeviceExit(f: KvmFrame, insn: Insn): Handled {
  const { w, vcpu } = f;
  const accesses = accessesOf(insn, w[vcpu + VCPU.rcx]);
  const device = accesses.find((one) => one.leaves)!;
  if (device.access === ACCESS.write) {
    iterated(f, 1);
    writeBack(f);
    toDevice(f, device);
    return HANDLED.userPending;
  }
  const store = accesses[1];
  if (store.leaves) {
    w[vcpu + VCPU.copyTo] = store.lo;
    w[vcpu + VCPU.copyTo + 1] = store.hi;
  }
  awaitUser(
    f,
    store.leaves ? COMPLETION.emulateCopyOut : COMPLETION.emulateCopy,
  );
  toDevice(f, device);
  return HANDLED.userPending;
}

/**
 * KVM_RUN, after userspace has answered: the emulator goes on where it was, whatever RIP is.
 *
 * @returns one of `BEGUN`
 *
 * Rules x86:D/15.1, x86:D/15.3.
 */
export function goOnRepeating(f: KvmFrame, completion: number): number {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.pc] = w[vcpu + VCPU.completionFrom];
  w[vcpu + VCPU.pc + 1] = w[vcpu + VCPU.completionFrom + 1];
  const size = w[vcpu + VCPU.ioSize];
  if (completion === COMPLETION.emulateBatch) {
    iterated(f, w[vcpu + VCPU.ioCount]);
    return endBatch(f);
  }
  iterated(f, 1);
  if (completion === COMPLETION.emulateCopyOut) {
    writeBack(f);
    const at = vcpu + VCPU.copyTo;
    mmioExit(f, w[at], w[at + 1], size, true);
    return BEGUN.toUser;
  }
  if (!kernel.repeatsInEmulator || w[vcpu + VCPU.rcx] % BATCH === 0) {
    return endBatch(f);
  }
  w[vcpu + VCPU.completion] = completion;
  const lo = (w[vcpu + VCPU.ioAddress] + size) | 0;
  const carry = lo >>> 0 < size ? 1 : 0;
  mmioExit(f, lo, (w[vcpu + VCPU.ioAddress + 1] + carry) | 0, size, false);
  return BEGUN.toUser;
}
