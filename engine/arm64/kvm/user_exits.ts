/**
 * What KVM_RUN returns with.
 *
 * @module
 */
import { HANDLED, type Handled, VCPU_BASE } from "../../rules.ts";
import { copy64, get64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import { EXIT_CLASS } from "../hardware/exception_class.ts";
import type { KvmFrame } from "./kernel.ts";

/** Values of VCPU.runExit. */
export const RUN_EXIT = { debug: 0, mmio: 1 } as const;

/** KVM_EXIT_DEBUG. Rules arm64:B15, arm64:B16, arm64:E.1.11. */
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
      count: 1,
    });
  }
  if (exitClass === EXIT_CLASS.stepLower) f.kernel.debugSwitch.stepExit(f);
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.debug;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "debug",
    values: exitValues(f),
    rule: "arm64:B15",
  });
  return HANDLED.userPending;
}

/** KVM_EXIT_MMIO: nothing answers at the address; userspace emulates the access. */
export function mmioExit(f: KvmFrame): Handled {
  const { w } = f;
  w[f.vcpu + VCPU.mmioPending] = 1;
  w[f.vcpu + VCPU.runExit] = RUN_EXIT.mmio;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    exit: "mmio",
    values: exitValues(f),
    rule: f.kernel.rule,
  });
  return HANDLED.userPending;
}

/** The exit data that userspace reads, by the recordings' names. */
export function exitValues(f: KvmFrame): Record<string, bigint> {
  const { w } = f;
  const pc = get64(w, f.vcpu + VCPU_BASE.pc);
  const pstate = BigInt(w[f.vcpu + VCPU.pstate] >>> 0);
  if (w[f.vcpu + VCPU.runExit] === RUN_EXIT.mmio) {
    return { mmio: get64(w, f.vcpu + VCPU.exitFar), pc, pstate };
  }
  return {
    ec: BigInt((w[f.vcpu + VCPU.runHsr] >>> 26) & 0x3f),
    hsr: get64(w, f.vcpu + VCPU.runHsr),
    far: get64(w, f.vcpu + VCPU.runFar),
    pc,
    pstate,
  };
}
