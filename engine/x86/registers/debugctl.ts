/**
 * IA32_DEBUGCTL, the MSR that controls branch steps, bus-lock traps and the recording of branches.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** Names of the fields of IA32_DEBUGCTL. */
export type DebugctlField =
  | "RTM"
  | "FREEZE_IN_SMM"
  | "ENABLE_UNCORE_PMI"
  | "FREEZE_PERFMON_ON_PMI"
  | "FREEZE_LBRS_ON_PMI"
  | "BTS_OFF_USR"
  | "BTS_OFF_OS"
  | "BTINT"
  | "BTS"
  | "TR"
  | "PB"
  | "BLD"
  | "BTF"
  | "LBR";

/** `IA32_DEBUGCTL`, on AMD `DebugCtl`. Rule x86:A/8. */
export const DEBUGCTL: Layout<DebugctlField> = defineLayout(
  "DEBUGCTL",
  64,
  "x86:A/8",
  [
    res0(63, 16),
    field("RTM", 15, 15, { about: "with DR7.RTM: debug transactions" }),
    field("FREEZE_IN_SMM", 14, 14, {
      about: "performance counters stop in system-management mode",
    }),
    field("ENABLE_UNCORE_PMI", 13, 13, {
      about: "interrupts of uncore counters",
    }),
    field("FREEZE_PERFMON_ON_PMI", 12, 12, {
      about: "counters stop at their interrupt",
    }),
    field("FREEZE_LBRS_ON_PMI", 11, 11, {
      about: "the recording of branches stops at that interrupt",
    }),
    field("BTS_OFF_USR", 10, 10, { about: "no branch trace at CPL above 0" }),
    field("BTS_OFF_OS", 9, 9, { about: "no branch trace at CPL 0" }),
    field("BTINT", 8, 8, { about: "an interrupt when the trace is full" }),
    field("BTS", 7, 7, { about: "store branch traces" }),
    field("TR", 6, 6, { about: "send branch traces" }),
    field("PB", 5, 3, { about: "pins of old AMD CPUs" }),
    field("BLD", 2, 2, { about: "bus locks raise #DB at CPL above 0" }),
    field("BTF", 1, 1, { about: "with RFLAGS.TF: step on taken branches" }),
    field("LBR", 0, 0, { about: "record branches" }),
  ],
);

/** Bits of IA32_DEBUGCTL that the rules test. */
export const DEBUGCTL_BITS = {
  LBR: 0x1,
  BTF: 0x2,
  BLD: 0x4,
  /** Bits 5:2 were pins' on AMD before bit 2 was BLD. */
  PINS: 0x3c,
  FREEZE_IN_SMM: 0x4000,
  RTM: 0x8000,
} as const;
