/**
 * Changes that the model cannot show, with what it would need. A table of data.
 *
 * @module
 */
import type { HiddenChange } from "../../history.ts";

const NESTED = "a guest that is a hypervisor itself";
const PROTECTED = "protected guests";

/** Oldest first. */
export const ARM64_HIDDEN: readonly HiddenChange[] = [
  {
    name: "dirty-decided-in-setup",
    subject: "KVM: arm64: move the decision on DEBUG_DIRTY out of hyp",
    since: "4.17",
    missing: "nothing: no behaviour changed",
  },
  {
    name: "sanitised-id-fields",
    subject:
      "arm64: cpufeature: fields of ID_AA64DFR0_EL1 that are not in its table read as 0 (bits 63:40 since 5.8, TraceVer since 5.12)",
    since: "5.8",
    missing: "a CPU with a trace unit, a trace buffer or FEAT_HPMN0",
  },
  {
    name: "aa32-debug-id",
    subject:
      "KVM: arm64: Fix missing RES1 in emulation of DBGBIDR; Advertise selected DebugVer in DBGDIDR.Version (5a23e5c7cb0d)",
    since: "5.12",
    missing: "guests in AArch32",
  },
  {
    name: "pmu-version-v8-4",
    subject: "KVM: arm64: Upgrade PMU support to ARMv8.4 (46081078feb4)",
    since: "5.12",
    missing: "vCPUs with a PMU: without one the version is 0 by then",
  },
  {
    name: "no-implementation-defined-pmu",
    subject:
      "KVM: arm64: an implementation defined PMU is shown as none (8e35aa642ee4)",
    since: "6.2",
    missing: "a CPU with an implementation defined PMU",
  },
  {
    name: "undefined-lock-accesses",
    subject:
      "KVM: arm64: a read of OSLAR_EL1 or a write of OSLSR_EL1 that traps is UNDEFINED, not ignored (f24adc65c556)",
    since: "5.18",
    missing:
      "a CPU on which these accesses trap: to a CPU of the architecture they are UNDEFINED",
  },
  {
    name: "protected-debug-state",
    subject:
      "KVM: arm64: Flush/sync debug state in protected mode (0f1a6c5c9784)",
    since: "6.14",
    missing: PROTECTED,
  },
  {
    name: "hide-brbe",
    subject: "KVM: arm64: BRBE is masked in ID_AA64DFR0_EL1",
    since: "6.14",
    missing:
      "a CPU with BRBE; up to 6.13 the field is not in the table, and reads as 0 as well",
  },
  {
    name: "nested-mdcr-traps",
    subject:
      "KVM: arm64: nested: traps of the guest hypervisor's MDCR_EL2 (3af1105c4fa3)",
    since: "6.17",
    missing: NESTED,
  },
  {
    name: "nested-double-lock",
    subject:
      "KVM: arm64: a DoubleLock that an older VMM writes is accepted under NV",
    since: "6.18",
    missing: NESTED,
  },
];
