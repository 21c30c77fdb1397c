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
import { CPU, PAIRS_MAX, USER, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { handledKind } from "../guest/handler.ts";
import { bankAt } from "../hardware/register_file.ts";
import { KIND, type Kind, NUMBERED_MAX, REG } from "../registers/ids.ts";
import {
  ARM64_BREAKPOINTS,
  breakpointFires,
  comesLater,
  firingOfGuest,
  firingOnCpu,
} from "./breakpoints.ts";
import { OWN } from "./own_registers.ts";
import { ARM64_SLOTS } from "./slots.ts";

function pairs(base: number): number[] {
  return [KIND.bvr, KIND.wvr].flatMap((kind) =>
    Array.from({ length: PAIRS_MAX }, (_, n) => bankAt(base, kind, n))
  );
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
      VCPU.exclusiveAddress,
    ],
    user: pairs(USER.bank),
    cpu: [...pairs(CPU.hw), ...pairs(CPU.hostSaved), ...pairs(CPU.host)],
    monitor: pairs(OWN.bank),
  },
  slots: ARM64_SLOTS,
  breakpoints: ARM64_BREAKPOINTS,
  isAddress: (register) =>
    register < NUMBERED_MAX && (register >> 4 & 1) === KIND.bvr,
  follows: (register) => register < NUMBERED_MAX || register === REG.MDSCR_EL1,
  handlerAddress: () => undefined,
  handlerStep: (f) =>
    f.w[f.vcpu + VCPU_BASE.inHandler] === 0
      ? undefined
      : `${handledKind(f as Arm64Frame)} handler executes an instruction`,

  executed(f, at, { op, register, lo, hi }) {
    if (op === "write") this.accept(f, at, register, lo, hi);
    return true;
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
    if (f.w[f.vcpu + VCPU.guestDebug] !== 0 || comesLater(f)) return undefined;
    return {
      own: firingOfGuest(f, at, insn) === 0 ? 0 : 1,
      physical: firingOnCpu(f, insn) === 0 ? 0 : 1,
    };
  },
  exceptionOf: (f, at, insn) =>
    breakpointFires(f as Arm64Frame, at, insn) ? "breakpoint" : "watchpoint",
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
  hostHas: (f) => ARM64_BREAKPOINTS.hostAddresses(f).length > 0,
  hostLost({ w, cpu }) {
    return lostOf(w, cpu, KIND.bcr, w[cpu + CPU.hostBreakpoints]) ??
      lostOf(w, cpu, KIND.wcr, w[cpu + CPU.hostWatchpoints]);
  },
  forgetExceptions({ w, vcpu }) {
    w[vcpu + VCPU.exceptions] = 0;
  },
  rest(f) {
    const { w, vcpu } = f;
    w[vcpu + VCPU.exitClass] = 0;
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
    w[vcpu + VCPU.asynchronous] = 0;
    w[vcpu + VCPU.intid] = 0;
    for (const at of [VCPU.elr, VCPU.esr]) {
      w.fill(0, vcpu + at, vcpu + at + 2);
    }
  },
};
