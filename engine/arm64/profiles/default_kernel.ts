/**
 * watanabe-v7 as history makes it: the kernel that is used if none is named. `deno task docs` writes it.
 *
 * @module
 */
import type { FoundKernel } from "../../history_kernels.ts";
import { BASE } from "../history/base.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { contextAwareLast } from "../kvm/numbering.ts";

/** The kernel. */
export function defaultKernel(): FoundKernel<Arm64Kernel> {
  return {
    ok: true,
    name: "watanabe-v7",
    kernel: {
      ...BASE,
      numbering: contextAwareLast,
      rule: "arm64:D28",
      skipAdvancesStep: true,
      smc: "skips",
      skipsMmioAfterwards: true,
      adjustsPcAtEntry: true,
      commitsPc: true,
      usesVhe: true,
      leavesVmWithFwb: true,
      trapsSpe: true,
      trapsTraceFilter: true,
      mdcrAtLoad: true,
      writesMdcrChanges: true,
      initialMdcr: true,
      osLock: true,
      vcpuEvents: true,
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
      "host-at-el2",
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
      "no-tvm-with-fwb",
      "write-mdcr-changes",
      "limit-pmu-version",
      "adjust-pc-at-entry",
      "hide-absent-pmu",
      "trap-trace-filter",
      "limit-debug-version",
      "hide-absent-aa32-pmu",
      "commit-pc",
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
