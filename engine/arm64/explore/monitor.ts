/**
 * What an arm64 guest must be able to rely on, for the search.
 *
 * Compared are the fields that the registers have, and of a control register LBN only where it names a
 * context-aware breakpoint of the guest's: another number reads back as the machine likes. Of MDSCR_EL1 it is
 * MDE, KDE and SS. What fires is asked of the architecture's own matching rules: once with the guest's registers
 * as it wrote them, on a CPU that has as many as the guest was given, and once with the CPU as it is. While
 * userspace debugs the guest every debug exception is userspace's (MDCR_EL2.TDE), and neither is asked.
 *
 * @module
 */
import type { Hits, LostRegister, Monitor } from "../../explore/monitor.ts";
import type { Insn } from "../../program.ts";
import { type Frame, VCPU_BASE } from "../../rules.ts";
import { get64, type Words } from "../../word64.ts";
import { ARM64_LOCKSTEP } from "../bare/lockstep.ts";
import {
  comparedBits,
  controlBits,
  KEPT,
  LBN_BITS,
  MDSCR_KEPT,
} from "../bare/compared.ts";
import { guestHost } from "../bare/machine.ts";
import { CPU, PAIRS_MAX, USER, VCPU } from "../blocks.ts";
import type { Arm64Frame, Arm64Host } from "../frame.ts";
import { breakpointMatches } from "../hardware/breakpoints.ts";
import { breakpointsEnabled } from "../hardware/debug_exceptions.ts";
import { borrowLevel } from "../hardware/exception_level.ts";
import { bankAt } from "../hardware/register_file.ts";
import { STEP, stepState } from "../hardware/software_step.ts";
import { DIRECTION } from "../hardware/watchpoint_exception.ts";
import { watchpointMatches } from "../hardware/watchpoints.ts";
import { OSLK } from "../kvm/os_lock.ts";
import { KIND, type Kind, NUMBERED_MAX, REG } from "../registers/ids.ts";
import { OWN } from "./own_registers.ts";
import { ARM64_SLOTS } from "./slots.ts";

function pairs(base: number): number[] {
  return [KIND.bvr, KIND.wvr].flatMap((kind) =>
    Array.from({ length: PAIRS_MAX }, (_, n) => bankAt(base, kind, n))
  );
}

/** Words to try things on. */
let scratch: Words = new Int32Array(0);

/** A frame on a copy, without a sink, about to execute an instruction. */
function tryFrame(f: Arm64Frame, insn: Insn, host: Arm64Host): Arm64Frame {
  if (scratch.length !== f.w.length) scratch = new Int32Array(f.w.length);
  scratch.set(f.w);
  const copy = { ...f, w: scratch, host, sink: null };
  scratch[f.vcpu + VCPU_BASE.pc] = insn.addressLo;
  scratch[f.vcpu + VCPU_BASE.pc + 1] = insn.addressHi;
  if (insn.level >= 0) borrowLevel(copy, insn.level);
  return copy;
}

/** True if the instruction would be stopped by a breakpoint or watchpoint of the frame's CPU. */
function fires(f: Arm64Frame, insn: Insn): boolean {
  if (!breakpointsEnabled(f)) return false;
  for (let n = 0; n < f.host.brps; n++) {
    if (breakpointMatches(f, n)) return true;
  }
  const direction = insn.op === "load"
    ? DIRECTION.read
    : insn.op === "store"
    ? DIRECTION.write
    : insn.op === "rmw"
    ? DIRECTION.read | DIRECTION.write
    : 0;
  if (direction === 0 || insn.mmio) return false;
  for (let n = 0; n < f.host.wrps; n++) {
    if (watchpointMatches(f, n, insn, direction) >= 0) return true;
  }
  return false;
}

/** The first of `count` pairs of the host's that the CPU holds otherwise: the value register, or its control. */
function lostOf(
  w: Words,
  cpu: number,
  control: Kind,
  count: number,
): LostRegister | undefined {
  for (let n = 0; n < count; n++) {
    for (const register of [(control + 1) << 4 | n, control << 4 | n]) {
      const wanted = cpu + CPU.host + 2 * register;
      const held = cpu + CPU.hw + 2 * register;
      if (w[held] !== w[wanted] || w[held + 1] !== w[wanted + 1]) {
        return { register, wanted: get64(w, wanted) };
      }
    }
  }
  return undefined;
}

/** The arm64 part of the properties. */
export const ARM64_MONITOR: Monitor = {
  words: OWN.words,
  addresses: {
    vcpu: [
      ...pairs(VCPU.guest),
      ...pairs(VCPU.external),
      ...pairs(VCPU.shadow),
      VCPU.pc,
      VCPU.elr,
      VCPU.farEl1,
      VCPU.exitFar,
      VCPU.runFar,
      VCPU.mmioNext,
    ],
    user: pairs(USER.bank),
    cpu: [...pairs(CPU.hw), ...pairs(CPU.hostSaved), ...pairs(CPU.host)],
    monitor: pairs(OWN.bank),
  },
  slots: ARM64_SLOTS,
  isAddress: (register) =>
    register < NUMBERED_MAX && (register >> 4 & 1) === KIND.bvr,
  follows: (register) => register < NUMBERED_MAX || register === REG.MDSCR_EL1,
  handlerAddress: () => undefined,

  executed(f, at, { op, register, lo, hi }) {
    if (op === "write") this.accept(f, at, register, lo, hi);
  },
  accept({ w }, at, register, lo, hi) {
    const to = register < NUMBERED_MAX
      ? at + OWN.bank + 2 * register
      : register === REG.MDSCR_EL1
      ? at + OWN.mdscr
      : -1;
    if (to < 0) return;
    w[to] = lo;
    w[to + 1] = hi;
  },
  hits(frame: Frame, at: number, insn: Insn): Hits | undefined {
    const f = frame as Arm64Frame;
    const { w } = f;
    if (
      w[f.vcpu + VCPU.guestDebug] !== 0 ||
      w[f.vcpu + VCPU_BASE.inHandler] !== 0 ||
      w[f.vcpu + VCPU_BASE.stopped] !== 0 ||
      f.host.model.watchpointUnit === "listed" ||
      stepState(f) === STEP.activePending
    ) return undefined;
    const physical = fires(tryFrame(f, insn, f.host), insn);
    const own = tryFrame(f, insn, guestHost(f));
    const hw = f.cpu + CPU.hw;
    own.w.set(
      w.subarray(at + OWN.bank, at + OWN.bank + 2 * NUMBERED_MAX),
      hw,
    );
    own.w[f.cpu + CPU.mdscr] = w[at + OWN.mdscr];
    own.w[f.cpu + CPU.mdcr] = 0;
    if (f.bare === undefined) {
      own.w[f.cpu + CPU.osLock] = w[f.vcpu + VCPU.oslsr] & OSLK;
    }
    const wanted = fires(own, insn);
    return { own: wanted ? 1 : 0, physical: physical ? 1 : 0 };
  },
  exceptionOf: ({ op }) =>
    op === "load" || op === "store" || op === "rmw"
      ? "watchpoint"
      : "breakpoint",
  lockstep: ARM64_LOCKSTEP,
  isSame: (frame, register, own, seen) =>
    ((own ^ seen) & comparedBits(frame as Arm64Frame, register, own)) === 0n,
  matches(frame, at, register, lo, hi) {
    const f = frame as Arm64Frame;
    const { w } = f;
    if (register === REG.MDSCR_EL1) {
      return ((w[at + OWN.mdscr] ^ lo) & MDSCR_KEPT) === 0;
    }
    const own = at + OWN.bank + 2 * register;
    const kind = register >> 4;
    const isControl = kind === KIND.bcr || kind === KIND.wcr;
    const bits = isControl ? controlBits(f, kind, w[own]) : KEPT[kind];
    return ((w[own] ^ lo) & bits) === 0 && (isControl || w[own + 1] === hi);
  },
  own({ w }, at, register) {
    const from = register === REG.MDSCR_EL1
      ? at + OWN.mdscr
      : at + OWN.bank + 2 * register;
    return get64(w, from);
  },
  stored(register, value) {
    const bits = register === REG.MDSCR_EL1
      ? MDSCR_KEPT
      : KEPT[register >> 4] & ~(register >> 4 & 1 ? 0 : LBN_BITS);
    const isValue = register < NUMBERED_MAX && (register >> 4 & 1) === 1;
    return value & (isValue ? ~3n : BigInt(bits >>> 0));
  },
  hostLost({ w, cpu }) {
    return lostOf(w, cpu, KIND.bcr, w[cpu + CPU.hostBreakpoints]) ??
      lostOf(w, cpu, KIND.wcr, w[cpu + CPU.hostWatchpoints]);
  },
  rest(f) {
    const { w, vcpu } = f;
    w[vcpu + VCPU.exitClass] = 0;
    w[vcpu + VCPU.exceptions] = 0;
    w[vcpu + VCPU.runExit] = 0;
    // The handler only reports FAR; exceptions that do not set it leave an older one there.
    for (
      const at of [
        VCPU.exitEsr,
        VCPU.exitFar,
        VCPU.runHsr,
        VCPU.runFar,
        VCPU.farEl1,
      ]
    ) w.fill(0, vcpu + at, vcpu + at + 2);
    if (w[vcpu + VCPU_BASE.inHandler] !== 0) return;
    w[vcpu + VCPU.spsr] = 0;
    for (const at of [VCPU.elr, VCPU.esr]) {
      w.fill(0, vcpu + at, vcpu + at + 2);
    }
  },
};
