/**
 * The emulated task switch, as far as it touches DR7. No kernel raises the trap of TSS.T: x86:Q13, x86:F22.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import type { KvmFrame } from "./kernel.ts";

/** What VMX of 2008 cleared: decimal 55 for hexadecimal 0x55. Quirk x86:Q11. */
const MASK_2008 = 55;

const WRITE_VMCS: Move = {
  cause: "write",
  to: ["vmcs", "DR7"],
  from: null,
  rule: "x86:B26",
};

/** DR7 after the task switch of 2008. Rule x86:B26. */
export function maskedIn2008(dr7: number): number {
  return dr7 & ~MASK_2008;
}

/** DR7 after the task switch since 4.x. Rule x86:D28. */
export function maskedSince44(dr7: number): number {
  return dr7 & ~DR7_BITS.LOCAL;
}

/** VMX 2008: GUEST_DR7 only, with the wrong mask. Rule x86:B26, quirks x86:Q11, x86:Q12. */
export function taskSwitchVmx2008(f: KvmFrame): void {
  const at = f.vcpu + VCPU.vmDr7;
  setWord(f, at, maskedIn2008(f.w[at]), WRITE_VMCS);
}

/** SVM 2008: the task switch leaves debug registers alone. */
export function taskSwitchSvm2008(_f: KvmFrame): void {}

/** Since 4.x the emulator clears L0-L3 and LE through set_dr. Rule x86:D28. */
export function taskSwitchEmulated(f: KvmFrame): void {
  f.kernel.getDr(f, 7);
  f.lo = maskedSince44(f.lo);
  f.kernel.setDr(f, 7);
}
