/**
 * What an x86 guest is given: where its program is, and features.
 *
 * @module
 */
import { refuse } from "../reports.ts";
import type { CountChange } from "../rules.ts";
import { VM } from "./blocks.ts";
import type { X86Frame } from "./frame.ts";

/** Where vCPU v's program begins. */
export function programStart(v: number): number {
  return 0x10_0000 * (v + 1) + 0x1_0000;
}

/** KVM_SET_CPUID2, as far as debug registers go. */
export function setFeatures(f: X86Frame, counts: CountChange): number {
  for (const [name, count] of Object.entries(counts)) {
    if ((name !== "rtm" && name !== "bld") || count < 0 || count > 1) {
      return refuse(f, "KVM_SET_CPUID2", {
        errno: "EINVAL",
        why: `${name}=${count} is no such feature`,
        rule: "x86:D3",
      });
    }
  }
  if (counts.rtm !== undefined) f.w[f.vm + VM.rtm] = counts.rtm;
  if (counts.bld !== undefined) f.w[f.vm + VM.busLock] = counts.bld;
  return 0;
}
