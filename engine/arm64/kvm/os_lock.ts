/**
 * The guest's OS lock, where the kernel emulates it.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { VCPU } from "../blocks.ts";
import { OSLSR } from "../registers/os_lock.ts";
import type { KvmFrame } from "./kernel.ts";

/** OSLSR_EL1.OSLK in the register's low word. */
export const OSLK: number = placed(OSLSR, "OSLK");

/** OSLSR_EL1 of a new vCPU: the lock is implemented and not set. Rule arm64:A/15. */
export const OSLSR_RESET: number = placed(OSLSR, "OSLM1");

/** True if the guest holds its OS lock and the kernel honours it. Rule arm64:F7. */
export function osLocked(f: KvmFrame): boolean {
  return f.kernel.osLock && (f.w[f.vcpu + VCPU.oslsr] & OSLK) !== 0;
}
