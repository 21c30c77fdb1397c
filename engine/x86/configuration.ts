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

/** What can be set, with its largest value. */
const MOST: Readonly<Record<string, number>> = {
  rtm: 1,
  bld: 1,
  fmask: 0xffff_ffff,
  csbase: 0xffff_ffff,
};

/** KVM_SET_CPUID2, as far as debug registers go, KVM_SET_MSRS of IA32_FMASK, and KVM_SET_SREGS of the base of CS. */
export function setFeatures(f: X86Frame, counts: CountChange): number {
  for (const [name, count] of Object.entries(counts)) {
    if (count < 0 || count > (MOST[name] ?? -1)) {
      return refuse(f, "KVM_SET_CPUID2", {
        errno: "EINVAL",
        why: `${name}=${count} is no such feature`,
        rule: "x86:D3",
      });
    }
  }
  if (counts.rtm !== undefined) f.w[f.vm + VM.rtm] = counts.rtm;
  if (counts.bld !== undefined) f.w[f.vm + VM.busLock] = counts.bld;
  if (counts.csbase !== undefined) f.w[f.vm + VM.csBase] = counts.csbase | 0;
  if (counts.fmask !== undefined) f.w[f.vm + VM.fmask] = counts.fmask | 0;
  return 0;
}
