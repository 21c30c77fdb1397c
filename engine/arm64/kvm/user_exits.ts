/**
 * What KVM_RUN returns with.
 *
 * @module
 */
import { ERRNO } from "../../errno.ts";
import { HANDLED, type Handled, VCPU_BASE } from "../../rules.ts";
import { copy64, get64, set64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import {
  ABORT_ISV,
  ABORT_SAS_SHIFT,
  EXIT_CLASS,
  WRITE_NOT_READ,
} from "../hardware/exception_class.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { debugs } from "./pointer_switch.ts";
import { skipEmulated } from "./step_flag.ts";

/** Values of VCPU.runExit. */
export const RUN_EXIT = { debug: 0, mmio: 1, error: 2 } as const;

/** KVM_EXIT_DEBUG. Rules arm64:B15, arm64:B16, arm64:E/1.11. */
export function debugExit(f: KvmFrame): Handled {
  const { w } = f;
  const exitClass = w[f.vcpu + VCPU.exitClass];
  w[f.vcpu + VCPU.runHsr] = w[f.vcpu + VCPU.exitEsr];
  w[f.vcpu + VCPU.runHsr + 1] = f.kernel.hsrHigh
    ? w[f.vcpu + VCPU.exitEsr + 1]
    : 0;
  if (exitClass === EXIT_CLASS.watchpointLower) {
    copy64(w, {
      to: f.vcpu + VCPU.runFar,
      from: f.vcpu + VCPU.exitFar,
    });
  }
  if (exitClass === EXIT_CLASS.stepLower) f.kernel.debugSwitch.stepExit(f);
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.debug;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "debug",
    values: debugValues(f, f.kernel.debugSwitch.returnedPstate(f)),
    left: exitClass === EXIT_CLASS.watchpointLower ? [] : ["far"],
    rule: "arm64:B15",
  });
  return HANDLED.userPending;
}

/** EC of a software step, and nothing else: ESR_ELx_EC_SOFTSTP_LOW in its place. */
const FAKED_STEP = EXIT_CLASS.stepLower << 26;

/**
 * True if KVM makes up a step exit now that an instruction was emulated; the exit is then in place.
 *
 * Source: arch/arm64/kvm/debug.c, kvm_arm_handle_step_debug(), 4.16.13 to 4.20.0. Rules arm64:F5, arm64:F23.
 */
export function fakeStep(f: KvmFrame): boolean {
  if (!f.kernel.fakesStep || !debugs(f, GUESTDBG.SINGLESTEP)) return false;
  const { w } = f;
  w[f.vcpu + VCPU.runHsr] = FAKED_STEP;
  w[f.vcpu + VCPU.runHsr + 1] = 0;
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.debug;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "debug",
    values: debugValues(f, f.kernel.debugSwitch.returnedPstate(f)),
    left: ["far"],
    rule: "arm64:F23",
  });
  return true;
}

/** Bits of a word that the lowest `bytes` of a double word take, low word first. */
function lowBytes(bytes: number, word: number): number {
  const own = Math.min(4, Math.max(0, bytes - 4 * word));
  return own === 4 ? -1 : (1 << 8 * own) - 1;
}

/**
 * The data of a store are in `kvm_run` where `far` of a debug exit is, which KVM writes for watchpoints only: what the
 * store leaves is what the next debug exit shows. The modelled guest stores 0.
 *
 * include/uapi/linux/kvm.h, struct kvm_run; arch/arm64/kvm/mmio.c, io_mem_abort(), 5.19.6. Rule arm64:B15.
 */
function overlayFar(f: KvmFrame): void {
  const { w } = f;
  const esr = w[f.vcpu + VCPU.exitEsr];
  if ((esr & WRITE_NOT_READ) === 0) return;
  const bytes = 1 << (esr >>> ABORT_SAS_SHIFT & 3);
  for (const word of [0, 1]) {
    w[f.vcpu + VCPU.runFar + word] &= ~lowBytes(bytes, word);
  }
}

/** KVM_RUN returns ENOSYS; the instruction has not been executed, and is not skipped. Rule arm64:E/1.36. */
function undescribedAccess(f: KvmFrame): Handled {
  f.w[f.vcpu + VCPU.runExit] = RUN_EXIT.error;
  f.sink?.push({
    kind: "user-exit",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    exit: "error",
    values: errorValues(f),
    rule: "arm64:E/1.36",
  });
  return HANDLED.userPending;
}

function errorValues(f: KvmFrame): Record<string, bigint> {
  return {
    errno: BigInt(ERRNO.ENOSYS),
    pc: get64(f.w, f.vcpu + VCPU_BASE.pc),
  };
}

/**
 * KVM_EXIT_MMIO: nothing answers at the address; userspace emulates the access, if the syndrome describes it.
 *
 * Source: virt/kvm/arm/mmio.c, decode_hsr(), 4.20.0, and kvm_handle_mmio_return(), 5.0.1.
 */
export function mmioExit(f: KvmFrame): Handled {
  const { w } = f;
  if ((w[f.vcpu + VCPU.exitEsr] & ABORT_ISV) === 0) return undescribedAccess(f);
  const { skipsMmioAfterwards, adjustsPcAtEntry } = f.kernel;
  if (!skipsMmioAfterwards) skipEmulated(f);
  else if (!adjustsPcAtEntry) {
    w[f.vcpu + VCPU.mmioNext] = f.nextLo;
    w[f.vcpu + VCPU.mmioNext + 1] = f.nextHi;
  }
  w[f.vcpu + VCPU.mmioPending] = 1;
  overlayFar(f);
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.mmio;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "mmio",
    values: mmioValues(f, f.kernel.debugSwitch.returnedPstate(f)),
    rule: f.kernel.rule,
  });
  return HANDLED.userPending;
}

/** An access that userspace was asked to emulate is dropped: an exception came instead. */
export function dropMmio({ w, vcpu }: KvmFrame): void {
  w[vcpu + VCPU.mmioPending] = 0;
  w.fill(0, vcpu + VCPU.mmioNext, vcpu + VCPU.mmioNext + 2);
}

/** KVM_RUN completes the access that userspace was asked to emulate. */
export function completeMmio(f: KvmFrame): void {
  const { w } = f;
  const { skipsMmioAfterwards, adjustsPcAtEntry } = f.kernel;
  w[f.vcpu + VCPU.mmioPending] = 0;
  if (!skipsMmioAfterwards) return;
  if (adjustsPcAtEntry) {
    w[f.vcpu + VCPU.incrementPc] = 1;
    return;
  }
  f.nextLo = w[f.vcpu + VCPU.mmioNext];
  f.nextHi = w[f.vcpu + VCPU.mmioNext + 1];
  w.fill(0, f.vcpu + VCPU.mmioNext, f.vcpu + VCPU.mmioNext + 2);
  skipEmulated(f);
}

/** Bytes of an A64 instruction. */
const INSTRUCTION_BYTES = 4n;

/** Userspace has set the PC while it emulates an access: KVM will skip the instruction that is there now. */
export function movePendingMmio(f: KvmFrame): void {
  const at = f.vcpu + VCPU.mmioNext;
  if (get64(f.w, at) === 0n) return;
  set64(f.w, at, get64(f.w, f.vcpu + VCPU_BASE.pc) + INSTRUCTION_BYTES);
}

/** @param pstate KVM_GET_ONE_REG of it: it is not in `kvm_run` */
function mmioValues(f: KvmFrame, pstate: number): Record<string, bigint> {
  const { w } = f;
  return {
    mmio: get64(w, f.vcpu + VCPU.exitFar),
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    pstate: BigInt(pstate >>> 0),
  };
}

/** @param pstate KVM_GET_ONE_REG of it: it is not in `kvm_run` */
function debugValues(f: KvmFrame, pstate: number): Record<string, bigint> {
  const { w } = f;
  return {
    ec: BigInt((w[f.vcpu + VCPU.runHsr] >>> 26) & 0x3f),
    hsr: get64(w, f.vcpu + VCPU.runHsr),
    far: get64(w, f.vcpu + VCPU.runFar),
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    pstate: BigInt(pstate >>> 0),
  };
}

/** KVM_DEBUG_ARCH_HSR_HIGH_VALID of `kvm_run.flags`. */
const HSR_HIGH_VALID = 1n;

/**
 * The exit data that userspace reads once KVM_RUN has returned, by the recordings' names; `flags` is that of `kvm_run`.
 *
 * Source of the flags: arch/arm64/kvm/handle_exit.c, kvm_handle_guest_debug(), 5.19.6. Rule arm64:E/1.11.
 */
export function exitValues(f: KvmFrame): Record<string, bigint> {
  const exit = f.w[f.vcpu + VCPU.runExit];
  const pstate = f.w[f.vcpu + VCPU.pstate];
  if (exit === RUN_EXIT.mmio) return mmioValues(f, pstate);
  if (exit === RUN_EXIT.error) return errorValues(f);
  const flags = f.kernel.hsrHigh ? HSR_HIGH_VALID : 0n;
  return { ...debugValues(f, pstate), flags };
}
