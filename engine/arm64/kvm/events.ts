/**
 * What userspace makes pending for a vCPU: interrupts of the GIC, and an SError.
 *
 * @module
 */
import { type Move, reportWord, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { VCPU_BASE } from "../../rules.ts";
import { VCPU } from "../blocks.ts";
import { EC, ISV, syndrome } from "../hardware/exception_class.ts";
import {
  PSTATE_A,
  SERROR,
  spiBit,
  takeSerror,
} from "../hardware/interrupts.ts";
import type { KvmFrame } from "./kernel.ts";
import { dropMmio } from "./user_exits.ts";

const INTERRUPT: Move = {
  cause: "write",
  to: ["kvm", "pending_spis"],
  from: ["user", "interrupt"],
  rule: "arm64:E/1.33",
};
const PENDING: Move = {
  cause: "write",
  to: ["kvm", "serror_pending"],
  from: ["user", "serror"],
  rule: "arm64:E/1.34",
};

/** EC of an SError without IL. Rule arm64:E/1.35. */
const WITHOUT_IL = EC.serror << 26 | ISV;

/**
 * KVM_IRQ_LINE of an edge-triggered SPI, and KVM_SET_VCPU_EVENTS with `serror_pending`.
 *
 * @param vector the SPI, or `SERROR`
 * @returns 0; EINVAL where the kernel has no such ioctl
 *
 * virt/kvm/arm/arm.c, kvm_vm_ioctl_irq_line(), 4.19; arch/arm64/kvm/guest.c, __kvm_arm_vcpu_set_events(), 4.19 and 7.1.5.
 * Rules arm64:E/1.33 to arm64:E/1.35.
 */
export function userEvent(f: KvmFrame, vector: number): number {
  const { w, vcpu, kernel } = f;
  if (vector !== SERROR) {
    const at = vcpu + VCPU.spis;
    const old = w[at];
    w[at] |= spiBit(vector);
    reportWord(f, old, w[at], INTERRUPT);
    return 0;
  }
  if (!kernel.vcpuEvents) {
    return refuse(f, "KVM_SET_VCPU_EVENTS", {
      errno: "EINVAL",
      why: "the kernel does not have it",
      rule: "arm64:E/1.34",
    });
  }
  const isMasked = (w[vcpu + VCPU.pstate] & PSTATE_A) !== 0;
  if (!kernel.serrorAtOnce || isMasked) {
    setWord(f, vcpu + VCPU.serror, 1, PENDING);
    return 0;
  }
  f.sink?.push({
    kind: "inject",
    vcpu: w[vcpu + VCPU_BASE.index],
    exception: "serror",
    rule: "arm64:E/1.35",
  });
  dropMmio(f);
  takeSerror(f, kernel.serrorSetsIl ? syndrome(EC.serror, ISV) : WITHOUT_IL);
  return 0;
}
