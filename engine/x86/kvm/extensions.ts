/**
 * KVM_CHECK_EXTENSION.
 *
 * @module
 */
import type { KvmFrame } from "./kernel.ts";

/** Capabilities that the model answers for, and what the kernel says. Rules x86:D36 to x86:D38. */
const CAPABILITIES = {
  set_guest_debug: (f) => f.kernel.declaresGuestDebug ? 1 : 0,
  set_guest_debug2: (f) => f.kernel.guestDebugMask,
  debugregs: (f) => f.kernel.debugregs === "none" ? 0 : 1,
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
