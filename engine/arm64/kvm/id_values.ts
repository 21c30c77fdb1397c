/**
 * ID_AA64DFR0_EL1, ID_DFR0_EL1 and ID_AA64DFR1_EL1: what a guest reads.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { VM } from "../blocks.ts";
import { machineDfr0, type RegisterWords } from "../hardware/register_file.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { REG } from "../registers/ids.ts";
import type { Arm64Kernel, KvmFrame } from "./kernel.ts";
import { renumber } from "./numbering.ts";

/** DebugVer and CopDbg of Armv8.0, the least that a guest may be told. Rule arm64:F12. */
export const DEBUGVER_V8_0 = 6;

/** DebugVer and CopDbg of Armv8.8, the newest that KVM shows. Rule arm64:E/2.13. */
const DEBUGVER_V8_8 = 10;

/** An implementation defined PMU: KVM shows none. Rule arm64:F11. */
export const PMU_IMPLEMENTATION_DEFINED = 0xf;

/** ID_DFR0_EL1.PerfMon of the first PMUv3. */
export const PERFMON_PMUV3 = 3;

/** Position and mask of ID_DFR0_EL1's fields, which have 4 bits each. */
export const PERFMON_SHIFT = 24;
export const COPDBG_MASK = 0xf;
export const ID_FIELD = 0xf;

export const PMUVER = ID_AA64DFR0.word("PMUVer");
export const DEBUGVER = ID_AA64DFR0.word("DebugVer");
const PMSVER_BITS = placed(ID_AA64DFR0, "PMSVer");

/** A field of a word, replaced. */
export function withField(
  word: number,
  { shift, mask }: { shift: number; mask: number },
  value: number,
): number {
  return (word & ~(mask << shift)) | value << shift;
}

/** DebugVer of ID_AA64DFR0_EL1 as KVM shows it: the host's, limited by the kernel. */
function shownDebugVersion(
  host: number,
  version: Arm64Kernel["debugVersion"],
): number {
  switch (version) {
    case "host":
      return host;
    case "v8.0":
      return DEBUGVER_V8_0;
    case "up to v8.8":
      return Math.min(host, DEBUGVER_V8_8);
    default:
      return version satisfies never;
  }
}

/** PMUVer or PerfMon of a vCPU without a PMU, as all of the model's are. */
function shownPmuVersion(host: number, limit: number, hides: boolean): number {
  if (hides) return 0;
  // Not the implementation defined version, whose number is the highest: cpuid_feature_cap_perfmon_field() leaves it.
  return host === PMU_IMPLEMENTATION_DEFINED ? host : Math.min(host, limit);
}

/**
 * ID_AA64DFR0_EL1 of a new VM, which is also the most that userspace may make of it.
 *
 * Source: arch/arm64/kvm/sys_regs.c, read_id_reg(), 4.16.13, 5.6.4, 5.7.14, 5.11.0, 5.12.9 and 5.14.2;
 * read_sanitised_id_aa64dfr0_el1(), 6.6.9 and 6.7.3. Rules arm64:E/1.13, arm64:E/2.13.
 */
export function shownDfr0(f: KvmFrame): RegisterWords {
  const { kernel, host } = f;
  const own = machineDfr0(host);
  if (!kernel.trapsIdRegisters) return own;
  const debugVersion = shownDebugVersion(
    (own.lo >>> DEBUGVER.shift) & DEBUGVER.mask,
    kernel.debugVersion,
  );
  const pmu = shownPmuVersion(
    (own.lo >>> PMUVER.shift) & PMUVER.mask,
    kernel.pmuVersionLimit,
    kernel.hidesAbsentPmu,
  );
  return {
    lo: withField(withField(own.lo, DEBUGVER, debugVersion), PMUVER, pmu),
    hi: kernel.hidesSpe ? own.hi & ~PMSVER_BITS : own.hi,
  };
}

/**
 * ID_DFR0_EL1 of a new VM, likewise.
 *
 * Source: as of `shownDfr0`; read_sanitised_id_dfr0_el1(), 6.6.9 and 6.7.3.
 */
export function shownIdDfr0(f: KvmFrame): number {
  const { kernel } = f;
  const own = f.host.model.idDfr0;
  if (!kernel.trapsIdRegisters) return own;
  const perfMon = shownPmuVersion(
    (own >>> PERFMON_SHIFT) & ID_FIELD,
    kernel.pmuVersionLimit,
    kernel.hidesAbsentAa32Pmu,
  );
  const field = { shift: PERFMON_SHIFT, mask: ID_FIELD };
  const shown = withField(own, field, perfMon);
  return kernel.debugVersion === "up to v8.8"
    ? withField(
      shown,
      { shift: 0, mask: COPDBG_MASK },
      Math.min(own & COPDBG_MASK, DEBUGVER_V8_8),
    )
    : shown;
}

/** Fills the ID registers of a new VM. */
export function resetIds(f: KvmFrame): void {
  const { lo, hi } = shownDfr0(f);
  f.w[f.vm + VM.dfr0] = lo;
  f.w[f.vm + VM.dfr0 + 1] = hi;
  f.w[f.vm + VM.idDfr0] = shownIdDfr0(f);
  renumber(f);
}

/** True for the ID registers of the model. */
export function isIdRegister(register: number): boolean {
  return register === REG.ID_AA64DFR0_EL1 || register === REG.ID_DFR0_EL1 ||
    register === REG.ID_AA64DFR1_EL1;
}

/** An ID register as KVM answers it, into the transfer register. ID_AA64DFR1_EL1 is 0: nothing of Armv8.9. */
export function readId(f: KvmFrame, register: number): void {
  f.lo = 0;
  f.hi = 0;
  if (register === REG.ID_AA64DFR0_EL1) {
    f.lo = f.w[f.vm + VM.dfr0];
    f.hi = f.w[f.vm + VM.dfr0 + 1];
  } else if (register === REG.ID_DFR0_EL1) f.lo = f.w[f.vm + VM.idDfr0];
}
