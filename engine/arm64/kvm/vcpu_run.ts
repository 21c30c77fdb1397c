/**
 * What KVM does around the guest: the beginning of KVM_RUN, vcpu_load and vcpu_put.
 *
 * @module
 */
import { ERRNO } from "../../errno.ts";
import {
  BEGUN,
  type Commit,
  CPU_BASE,
  type FailPoint,
  VCPU_BASE,
} from "../../rules.ts";
import { VCPU, VM } from "../blocks.ts";
import { EXIT_CLASS } from "../hardware/exception_class.ts";
import type { KvmFrame } from "./kernel.ts";
import { loadMdcr, putMdcr } from "./mdcr.ts";
import { completeMmio, fakeStep } from "./user_exits.ts";
import { adjustPc } from "./world_switch.ts";

/** What each failing step of first-run initialisation returns. */
const FAIL_ERRNO: Readonly<Record<FailPoint, number>> = {
  vgic: ERRNO.ENXIO,
  timer: ERRNO.EINVAL,
  pmu: ERRNO.EINVAL,
};

/**
 * KVM_RUN begins: first-run initialisation, and the end of an access that userspace emulated.
 *
 * @param fail where first-run initialisation fails
 * @returns one of `BEGUN`, or a negated errno
 */
export function beginRun(f: KvmFrame, fail: FailPoint | undefined): number {
  const { w } = f;
  if (w[f.vcpu + VCPU_BASE.ranOnce] === 0) {
    // Before the steps that can fail: a second try converts again. Rules arm64:D1, arm64:W4.
    f.kernel.numbering.firstRun(f);
    f.kernel.debugSwitch.firstRun(f);
    if (fail !== undefined) return -FAIL_ERRNO[fail];
    w[f.vcpu + VCPU_BASE.ranOnce] = 1;
    w[f.vm + VM.ranAny] = 1;
  }
  if (w[f.vcpu + VCPU.mmioPending] === 0) return BEGUN.fresh;
  completeMmio(f);
  return fakeStep(f) ? BEGUN.completedToUser : BEGUN.completed;
}

/**
 * KVM_RUN with immediate_exit: an access that userspace emulated is completed, and nothing is entered.
 *
 * Under SINGLESTEP a kernel whose load and put exchange the step states finds the completed instruction stepped: the
 * next KVM_RUN has a step exit pending, whatever userspace sets in between. Rule arm64:E/2.6.
 *
 * arch/arm64/kvm/arm.c, kvm_arch_vcpu_ioctl_run(), 5.19.6 and 7.1.5.
 */
export function completeAccess(f: KvmFrame): number {
  if (f.w[f.vcpu + VCPU.mmioPending] === 0) return BEGUN.fresh;
  vcpuLoad(f);
  const begun = beginRun(f, undefined);
  if (commit.isDue(f)) commit.apply(f);
  vcpuPut(f);
  return begun;
}

/** vcpu_load. */
export function vcpuLoad(f: KvmFrame): void {
  f.sink?.push({
    kind: "vcpu-load",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    cpu: f.w[f.cpu + CPU_BASE.index],
    rule: f.kernel.switchRules.load,
  });
  f.kernel.debugSwitch.vcpuLoad(f);
  loadMdcr(f);
}

/** vcpu_put. */
export function vcpuPut(f: KvmFrame): void {
  f.kernel.debugSwitch.vcpuPut(f);
  putMdcr(f);
  f.sink?.push({
    kind: "vcpu-put",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    cpu: f.w[f.cpu + CPU_BASE.index],
    rule: f.kernel.switchRules.put,
  });
}

/**
 * A PC or an exception that KVM decided on while it handled an exit.
 *
 * arch/arm64/kvm/arm.c, kvm_arch_vcpu_ioctl_run(), 5.14.2 and 7.1.5. Rule arm64:E/5.5.
 */
export const commit: Commit<KvmFrame> = {
  isDue: ({ w, vcpu, kernel }) =>
    kernel.commitsPc &&
    (w[vcpu + VCPU.pendingUndef] !== 0 || w[vcpu + VCPU.incrementPc] !== 0),
  apply: adjustPc,
};

/** A host interrupt: the next exit is its. */
export function interrupt(f: KvmFrame): void {
  f.w[f.vcpu + VCPU.exitClass] = EXIT_CLASS.interrupt;
}
