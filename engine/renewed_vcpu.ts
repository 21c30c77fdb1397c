/**
 * A new vCPU in the place of one: what a restore begins with.
 *
 * @module
 */
import {
  type Frame,
  type GuestDebugRequest,
  type Rules,
  VCPU_BASE,
} from "./rules.ts";

/** Guest debug ends. */
const NO_DEBUG: GuestDebugRequest = {
  control: 0,
  inject: undefined,
  blockirq: false,
  registers: [],
};

/** Makes the frame's vCPU, which is not loaded, and its userspace new. That registers change is reported. */
export function renewVcpu(rules: Rules, f: Frame): void {
  const { w, vcpu, sink } = f;
  const index = w[vcpu + VCPU_BASE.index];
  if (sink !== null) {
    rules.setGuestDebug(f, NO_DEBUG);
    rules.initVcpu(f, index);
  }
  f.sink = null;
  w.fill(0, vcpu, vcpu + rules.sizes.vcpu + rules.sizes.user);
  rules.initVcpu(f, index);
  f.sink = sink;
}
