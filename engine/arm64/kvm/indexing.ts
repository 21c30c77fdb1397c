/**
 * How KVM finds a breakpoint or watchpoint register in its arrays.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import type { KvmFrame } from "./kernel.ts";

/**
 * Index that KVM's accessors use for a register, before any renumbering: its number, or 0 for all of them in the
 * kernels whose table has lost the numbers.
 *
 * Source: arch/arm64/kvm/sys_regs.c, trap_bvr() and the like with DBG_BCR_BVR_WCR_WVR_EL1(), 5.2.1, 5.3.1 and 5.12.9.
 * Rules arm64:F1, arm64:F25.
 *
 * @param register id of a numbered register
 * @returns 0-based, 0 to 15
 */
export function bankIndex(f: KvmFrame, register: number): number {
  return f.kernel.aliasesNumber0 ? 0 : register & 15;
}

/**
 * The rule by which an access reaches another register than the one that it names.
 *
 * @param lost of an access under a kernel that has lost the numbers
 */
export function movedRule(
  f: KvmFrame,
  lost: "arm64:F1" | "arm64:F25",
): RuleId {
  return f.kernel.aliasesNumber0 ? lost : "arm64:D9";
}
