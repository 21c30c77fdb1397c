/**
 * KVM_CHECK_EXTENSION, as far as debugging goes.
 *
 * @module
 */
import { GUESTDBG_VALID } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

/** What the kernel answers: 0 for a capability that it does not have. Rule arm64:B7. */
export function checkExtension(f: KvmFrame, name: string): number {
  const short = name.toUpperCase().replace(/^KVM_CAP_/, "");
  if (!f.kernel.capabilities.includes(short)) return 0;
  switch (short) {
    case "GUEST_DEBUG_HW_BPS":
      return f.host.brps;
    case "GUEST_DEBUG_HW_WPS":
      return f.host.wrps;
    case "SET_GUEST_DEBUG2":
      return GUESTDBG_VALID;
    default:
      return 1;
  }
}
