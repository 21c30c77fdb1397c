/**
 * The series of 2022, as the rows of history make it of 4.4.1. It is the kernel that is used if none is named, and
 * written out so that a start does not go through the rows; a test compares the two.
 *
 * @module
 */
import type { FoundKernel } from "../../history_kernels.ts";
import { BASE } from "../history/base.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { contextAwareLast } from "../kvm/numbering.ts";

/** The kernel, its rows in the order of history. */
export function watanabeV7(): FoundKernel<Arm64Kernel> {
  return {
    ok: true,
    name: "watanabe-v7",
    kernel: {
      ...BASE,
      numbering: contextAwareLast,
      rule: "arm64:D28",
      skipAdvancesStep: true,
      skipsMmioAfterwards: true,
      smc: "skips",
      vcpuEvents: true,
      adjustsPcAtEntry: true,
      trapsSpe: true,
      trapsTraceFilter: true,
      mdcrAtLoad: true,
      writesMdcrChanges: true,
      initialMdcr: true,
      osLock: true,
      setGuestDebug2: true,
      trapsIdRegisters: true,
      debugVersion: "v8.0",
      pmuVersionLimit: 4,
      hidesAbsentPmu: true,
      hidesAbsentAa32Pmu: true,
      hidesSpe: true,
      configurableIds: true,
    },
    rows: [
      "trap-spe-controls",
      "fake-step-exit",
      "answer-smc",
      "trap-id-registers",
      "skip-smc",
      "mdcr-at-load",
      "vcpu-events",
      "skip-mmio-afterwards",
      "advance-step",
      "lost-register-numbers",
      "write-mdcr-changes",
      "limit-pmu-version",
      "adjust-pc-at-entry",
      "hide-absent-pmu",
      "trap-trace-filter",
      "limit-debug-version",
      "hide-absent-aa32-pmu",
      "index-debug-registers",
      "initial-mdcr",
      "hide-spe",
      "arm64-guest-debug2",
      "os-lock",
      "renumber-breakpoints",
    ],
    notes: [],
    madeFrom: "linux-5.18",
  };
}
