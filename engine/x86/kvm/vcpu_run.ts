/**
 * What KVM does around the guest: the beginning of KVM_RUN, vcpu_load and vcpu_put.
 *
 * @module
 */
import { BEGUN } from "../../rules.ts";
import { COMPLETION, CPU, USER_EXIT, VCPU } from "../blocks.ts";
import type { KvmFrame } from "./kernel.ts";

/** KVM_RUN begins: the access that userspace was asked for is completed. Rule x86:D27. */
export function beginRun(f: KvmFrame): number {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.ranOnce] = 1;
  const completion = w[vcpu + VCPU.completion];
  w[vcpu + VCPU.userExit] = USER_EXIT.none;
  w[vcpu + VCPU.completion] = COMPLETION.none;
  if (completion === COMPLETION.skip || completion === COMPLETION.emulate) {
    w[vcpu + VCPU.pc] = w[vcpu + VCPU.completionRip];
    w[vcpu + VCPU.pc + 1] = w[vcpu + VCPU.completionRip + 1];
    const toUser = completion === COMPLETION.skip
      ? kernel.skip(f)
      : kernel.emulated(f);
    return toUser ? BEGUN.completedToUser : BEGUN.completed;
  }
  return BEGUN.fresh;
}

/** KVM_RUN with immediate_exit: an access that userspace emulated is completed, and nothing is entered. */
export function completeAccess(f: KvmFrame): void {
  if (f.w[f.vcpu + VCPU.completion] !== COMPLETION.none) beginRun(f);
}

/** vcpu_load. Rule x86:C11. */
export function vcpuLoad(f: KvmFrame): void {
  const { w, vcpu, cpu } = f;
  f.sink?.push({
    kind: "vcpu-load",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    rule: "x86:C11",
  });
  f.kernel.vcpuLoad(f);
}

/** vcpu_put. Rule x86:C11. */
export function vcpuPut(f: KvmFrame): void {
  f.sink?.push({
    kind: "vcpu-put",
    vcpu: f.w[f.vcpu + VCPU.index],
    cpu: f.w[f.cpu + CPU.index],
    rule: "x86:C11",
  });
}
