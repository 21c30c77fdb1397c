/**
 * Exits from the guest, and what KVM does with each.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import type { Insn } from "../../program.ts";
import {
  CPU_BASE,
  HANDLED,
  type Handled,
  MODE,
  VCPU_BASE,
} from "../../rules.ts";
import { copy64, get64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import { EXIT_CLASS } from "../hardware/exception_class.ts";
import { injectUndefined } from "../hardware/exception_entry.ts";
import { skipInstruction } from "../hardware/instruction.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { debugs } from "./pointer_switch.ts";
import { handleSysreg } from "./sysreg_traps.ts";
import { adjustPc, leaveGuest } from "./world_switch.ts";

/** What an exit class is called in events. */
function whyOf(exitClass: number): string {
  switch (exitClass) {
    case EXIT_CLASS.interrupt:
      return "interrupt";
    case EXIT_CLASS.systemRegister:
      return "trap";
    case EXIT_CLASS.dataAbortLower:
      return "mmio";
    case EXIT_CLASS.hvc:
      return "hvc";
    default:
      return "debug";
  }
}

/** KVM completed the instruction: the PC goes past it, now or at the next entry. */
function complete(f: KvmFrame): Handled {
  if (f.kernel.adjustsPcAtEntry) f.w[f.vcpu + VCPU.incrementPc] = 1;
  else skipInstruction(f, f.kernel.skipAdvancesStep);
  return HANDLED.done;
}

function injectUndef(f: KvmFrame): Handled {
  f.sink?.push({
    kind: "inject",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    exception: "undef",
    rule: "arm64:D27",
  });
  if (f.kernel.adjustsPcAtEntry) f.w[f.vcpu + VCPU.pendingUndef] = 1;
  else injectUndefined(f);
  return HANDLED.again;
}

/** KVM_EXIT_DEBUG. Rules arm64:B15, arm64:B16, arm64:E.1.11. */
function debugExit(f: KvmFrame): Handled {
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
      count: 1,
    });
  }
  if (exitClass === EXIT_CLASS.stepLower) f.kernel.debugSwitch.stepExit(f);
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.debug;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "debug",
    values: debugValues(f),
    rule: "arm64:B15",
  });
  return HANDLED.userPending;
}

/** EC of a software step, and nothing else: ESR_ELx_EC_SOFTSTP_LOW in its place. */
const FAKED_STEP = EXIT_CLASS.stepLower << 26;

/**
 * True if KVM makes up a step exit now that an instruction was emulated; the exit is then in place.
 *
 * Source: arch/arm64/kvm/debug.c, kvm_arm_handle_step_debug(), 4.16.13 to 4.20.0. Rule arm64:F5.
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
    values: debugValues(f),
    rule: "arm64:F5",
  });
  return true;
}

/**
 * The exit of a trap as it is after the step that KVM may make up.
 *
 * Source: arch/arm64/kvm/handle_exit.c, handle_trap_exceptions(), 4.16.13.
 */
function stepped(f: KvmFrame, handled: Handled): Handled {
  const { exitClass } = VCPU;
  const isKernels = handled === HANDLED.again || handled === HANDLED.done;
  if (!isKernels || f.w[f.vcpu + exitClass] === EXIT_CLASS.interrupt) {
    return handled;
  }
  if (!fakeStep(f)) return handled;
  return handled === HANDLED.done ? HANDLED.userDone : HANDLED.userPending;
}

/**
 * KVM_EXIT_MMIO: nothing answers at the address; userspace emulates the access.
 *
 * Source: virt/kvm/arm/mmio.c, decode_hsr(), 4.20.0, and kvm_handle_mmio_return(), 5.0.1.
 */
function mmioExit(f: KvmFrame): Handled {
  const { w } = f;
  const { skipsMmioAfterwards, adjustsPcAtEntry, skipAdvancesStep } = f.kernel;
  if (!skipsMmioAfterwards) skipInstruction(f, skipAdvancesStep);
  else if (!adjustsPcAtEntry) {
    w[f.vcpu + VCPU.mmioNext] = f.nextLo;
    w[f.vcpu + VCPU.mmioNext + 1] = f.nextHi;
  }
  w[f.vcpu + VCPU.mmioPending] = 1;
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.mmio;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "mmio",
    values: mmioValues(f),
    rule: f.kernel.rule,
  });
  return HANDLED.userPending;
}

/** KVM_RUN completes the access that userspace was asked to emulate. */
export function completeMmio(f: KvmFrame): void {
  const { w } = f;
  const { skipsMmioAfterwards, adjustsPcAtEntry, skipAdvancesStep } = f.kernel;
  w[f.vcpu + VCPU.mmioPending] = 0;
  if (!skipsMmioAfterwards) return;
  if (adjustsPcAtEntry) {
    w[f.vcpu + VCPU.incrementPc] = 1;
    return;
  }
  f.nextLo = w[f.vcpu + VCPU.mmioNext];
  f.nextHi = w[f.vcpu + VCPU.mmioNext + 1];
  w.fill(0, f.vcpu + VCPU.mmioNext, f.vcpu + VCPU.mmioNext + 2);
  skipInstruction(f, skipAdvancesStep);
}

/** Values of VCPU.runExit. */
export const RUN_EXIT = { debug: 0, mmio: 1 } as const;

function mmioValues(f: KvmFrame): Record<string, bigint> {
  const { w } = f;
  return {
    mmio: get64(w, f.vcpu + VCPU.exitFar),
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    pstate: BigInt(w[f.vcpu + VCPU.pstate] >>> 0),
  };
}

function debugValues(f: KvmFrame): Record<string, bigint> {
  const { w } = f;
  return {
    ec: BigInt((w[f.vcpu + VCPU.runHsr] >>> 26) & 0x3f),
    hsr: get64(w, f.vcpu + VCPU.runHsr),
    far: get64(w, f.vcpu + VCPU.runFar),
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    pstate: BigInt(w[f.vcpu + VCPU.pstate] >>> 0),
  };
}

/** KVM_DEBUG_ARCH_HSR_HIGH_VALID of `kvm_run.flags`. */
const HSR_HIGH_VALID = 1n;

/**
 * The exit data that userspace reads, by the recordings' names; `flags` is that of `kvm_run`.
 *
 * Source of the flags: arch/arm64/kvm/handle_exit.c, kvm_handle_guest_debug(), 5.19.6. Rule arm64:E.1.11.
 */
export function exitValues(f: KvmFrame): Record<string, bigint> {
  if (f.w[f.vcpu + VCPU.runExit] === RUN_EXIT.mmio) return mmioValues(f);
  const flags = f.kernel.hsrHigh ? HSR_HIGH_VALID : 0n;
  return { ...debugValues(f), flags };
}

function handle(f: KvmFrame, insn: Insn | null): Handled {
  switch (f.w[f.vcpu + VCPU.exitClass]) {
    case EXIT_CLASS.interrupt:
      return HANDLED.again;
    case EXIT_CLASS.systemRegister:
      if (insn === null) {
        throw new RangeError("A trapped access has no instruction");
      }
      return handleSysreg(f, insn) ? complete(f) : injectUndef(f);
    case EXIT_CLASS.dataAbortLower:
      return mmioExit(f);
    case EXIT_CLASS.hvc:
      // The preferred return address is already the instruction after it.
      return HANDLED.done;
    case EXIT_CLASS.breakpointLower:
    case EXIT_CLASS.stepLower:
    case EXIT_CLASS.watchpointLower:
    case EXIT_CLASS.brk:
      return debugExit(f);
    default:
      // Rule arm64:B17: no other class gets here.
      throw new RangeError(
        `No handler for exit class ${f.w[f.vcpu + VCPU.exitClass]}`,
      );
  }
}

/** What an exit is explained by. */
function exitRule(f: KvmFrame): RuleId {
  switch (f.w[f.vcpu + VCPU.exitClass]) {
    case EXIT_CLASS.systemRegister:
      return "arm64:A.14";
    case EXIT_CLASS.breakpointLower:
    case EXIT_CLASS.stepLower:
    case EXIT_CLASS.watchpointLower:
    case EXIT_CLASS.brk:
      return "arm64:B15";
    default:
      return f.kernel.switchRules.exit;
  }
}

/** World switch out of the guest and the handling of the exit. */
export function exitGuest(f: KvmFrame, insn: Insn | null): Handled {
  const { w } = f;
  w[f.vcpu + VCPU_BASE.mode] = MODE.loaded;
  f.sink?.push({
    kind: "exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    why: whyOf(w[f.vcpu + VCPU.exitClass]),
    ec: w[f.vcpu + VCPU.exitClass],
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    rule: exitRule(f),
  });
  leaveGuest(f);
  const handled = stepped(f, handle(f, insn));
  if (f.kernel.debugSwitch.clearsAfterHandling) f.kernel.debugSwitch.clear(f);
  // Userspace is to find the PC where the guest will go on.
  if (handled === HANDLED.userDone || handled === HANDLED.userPending) {
    adjustPc(f);
  }
  return handled;
}
