/**
 * What KVM does around the guest: the beginning of KVM_RUN, vcpu_load and vcpu_put.
 *
 * @module
 */
import { BEGUN } from "../../rules.ts";
import {
  COMPLETION,
  CPU,
  SHADOW,
  STOPPED,
  USER_EXIT,
  VCPU,
} from "../blocks.ts";
import { loadDebugctl } from "./debugctl.ts";
import { clearStatusAtPut, reloadAtLoad } from "./entry.ts";
import type { KvmFrame } from "./kernel.ts";
import { protectedIntercepts } from "./protected.ts";
import { skip } from "./step.ts";
import { storeExit } from "./stores.ts";
import { goOnRepeating } from "./strings.ts";

/** KVM_RUN begins: the access that userspace was asked for is completed. Rules x86:D27, x86:D41. */
export function beginRun(f: KvmFrame): number {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.ranOnce] = 1;
  const completion = w[vcpu + VCPU.completion];
  w[vcpu + VCPU.userExit] = USER_EXIT.none;
  w[vcpu + VCPU.completion] = COMPLETION.none;
  if (completion === COMPLETION.none) return BEGUN.fresh;
  if (completion === COMPLETION.loop) return loopOn(f);
  if (completion >= COMPLETION.emulateBatch) {
    return goOnRepeating(f, completion);
  }
  const skips = completion === COMPLETION.skip;
  // The emulator overwrites a RIP that userspace has set; the skip leaves it alone.
  if (skips && !stillAtAccess(f)) return BEGUN.fresh;
  w[vcpu + VCPU.pc] = w[vcpu + VCPU.completionRip];
  w[vcpu + VCPU.pc + 1] = w[vcpu + VCPU.completionRip + 1];
  if (completion === COMPLETION.emulateStore) {
    storeExit(f);
    return BEGUN.completedToUser;
  }
  const toUser = skips ? skip(f, kernel.vendorSkipSteps) : kernel.emulated(f);
  // em_mov_sreg_rm(), emulate.c. Rule x86:A7.
  if (completion === COMPLETION.emulateMovSs) {
    w[vcpu + VCPU.shadow] = SHADOW.movSs;
  }
  return toUser ? BEGUN.completedToUser : BEGUN.completed;
}

/** The handler that gave up has its port access completed, and is at the JMP after it. */
function loopOn(f: KvmFrame): number {
  f.w[f.vcpu + VCPU.stopped] = STOPPED.atJump;
  return skip(f, f.kernel.vendorSkipSteps) ? BEGUN.toUser : BEGUN.fresh;
}

/** `kvm_is_linear_rip()` of a port access: userspace has not moved RIP. Rule x86:D42. */
function stillAtAccess({ w, vcpu }: KvmFrame): boolean {
  return w[vcpu + VCPU.pc] === w[vcpu + VCPU.completionFrom] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.completionFrom + 1];
}

/** KVM_RUN with immediate_exit: an access that userspace emulated is completed, and nothing is entered. */
export function completeAccess(f: KvmFrame): number {
  return f.w[f.vcpu + VCPU.completion] === COMPLETION.none
    ? BEGUN.fresh
    : beginRun(f);
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
  reloadAtLoad(f);
  loadDebugctl(f);
  protectedIntercepts(f);
}

/** vcpu_put. Rule x86:C11. */
export function vcpuPut(f: KvmFrame): void {
  clearStatusAtPut(f);
  f.sink?.push({
    kind: "vcpu-put",
    vcpu: f.w[f.vcpu + VCPU.index],
    cpu: f.w[f.cpu + CPU.index],
    rule: "x86:C11",
  });
}
