/**
 * KVM_CHECK_EXTENSION, as far as debugging goes.
 *
 * @module
 */
import { GUESTDBG_VALID } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

/** Capabilities that some kernel knows, by name without KVM_CAP_. */
export const CAPABILITIES: readonly string[] = [
  "SET_GUEST_DEBUG",
  "SET_GUEST_DEBUG2",
  "GUEST_DEBUG_HW_BPS",
  "GUEST_DEBUG_HW_WPS",
  "ONE_REG",
  "VCPU_EVENTS",
  "ARM_INJECT_SERROR_ESR",
  "ARM_ID_REG_CONFIGURABLE",
];

/**
 * What the ioctl returns.
 *
 * @param name with or without KVM_CAP_, in any case
 * @returns 0 for a capability that the kernel does not know
 *
 * Rules arm64:B7, arm64:D/8.
 */
export function checkExtension(f: KvmFrame, name: string): number {
  const { kernel, host } = f;
  switch (name.toUpperCase().replace(/^KVM_CAP_/, "")) {
    case "SET_GUEST_DEBUG":
    case "ONE_REG":
      return 1;
    case "VCPU_EVENTS":
      return kernel.vcpuEvents ? 1 : 0;
    case "ARM_INJECT_SERROR_ESR":
      return kernel.vcpuEvents && host.model.ras ? 1 : 0;
    case "SET_GUEST_DEBUG2":
      return kernel.setGuestDebug2 ? GUESTDBG_VALID : 0;
    case "GUEST_DEBUG_HW_BPS":
      return kernel.hwDebugCapabilities ? host.brps : 0;
    case "GUEST_DEBUG_HW_WPS":
      return kernel.hwDebugCapabilities ? host.wrps : 0;
    case "ARM_ID_REG_CONFIGURABLE":
      return kernel.configurableIds ? 1 : 0;
    default:
      return 0;
  }
}
