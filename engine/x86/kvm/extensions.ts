/**
 * KVM_CHECK_EXTENSION and KVM_ENABLE_CAP.
 *
 * @module
 */
import { setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { VM } from "../blocks.ts";
import type { KvmFrame } from "./kernel.ts";

/** Capabilities that the model answers for, and what the kernel says. Rules x86:D36 to x86:D38. */
const CAPABILITIES = {
  set_guest_debug: (f) => f.kernel.declaresGuestDebug ? 1 : 0,
  set_guest_debug2: (f) => f.kernel.guestDebugMask,
  debugregs: (f) => f.kernel.debugregs === "none" ? 0 : 1,
  vcpu_events: (f) => f.kernel.vcpuEvents === "none" ? 0 : 1,
  exception_payload: (f) => f.kernel.declaresPayload ? 1 : 0,
} as const satisfies Record<string, (f: KvmFrame) => number>;

/** Names that KVM_CHECK_EXTENSION knows, without `KVM_CAP_`. */
export const X86_EXTENSIONS: readonly string[] = Object.keys(CAPABILITIES);

/** What KVM_CHECK_EXTENSION returns; for KVM_CAP_SET_GUEST_DEBUG2 the mask of flags. -1 for an unknown name. */
export function checkExtension(f: KvmFrame, name: string): number {
  const short = name.toLowerCase().replace(/^kvm_cap_/, "");
  if (!Object.hasOwn(CAPABILITIES, short)) return -1;
  return CAPABILITIES[short as keyof typeof CAPABILITIES](f);
}

/** Capabilities that userspace can enable for a VM, without `KVM_CAP_`. */
export const X86_ENABLED: readonly string[] = ["exception_payload"];

/**
 * KVM_ENABLE_CAP of a VM.
 *
 * @param name one of `X86_ENABLED`
 * @returns 0; EINVAL where the kernel does not have the capability
 *
 * `kvm_vm_ioctl_enable_cap()`, x86.c. Rule x86:D100.
 */
export function enableCapability(f: KvmFrame, name: string): number {
  if (!f.kernel.declaresPayload) {
    return refuse(f, "KVM_ENABLE_CAP", {
      errno: "EINVAL",
      why: `this kernel has no KVM_CAP_${name.toUpperCase()}`,
      rule: "x86:D100",
    });
  }
  setWord(f, f.vm + VM.exceptionPayload, 1, {
    cause: "write",
    to: ["vm", "exception_payload_enabled"],
    from: null,
    rule: "x86:D100",
  });
  return 0;
}
