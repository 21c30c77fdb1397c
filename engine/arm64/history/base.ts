/**
 * Linux 4.4.1: the record that the rows of history change. Rules arm64:E/1.1 to arm64:E/1.10, arm64:B20.
 *
 * @module
 */
import type { Arm64Kernel, SwitchRules } from "../kvm/kernel.ts";
import { MDSCR_MDE } from "../kvm/mdscr_copy.ts";
import { sameNumbers } from "../kvm/numbering.ts";
import { pointerSwitch } from "../kvm/pointer_switch.ts";

/** The rules of the switch by debug_ptr and DIRTY. */
export const POINTER_RULES: SwitchRules = {
  load: "arm64:E/1.7",
  enter: "arm64:E/1.3",
  exit: "arm64:E/1.9",
  put: "arm64:E/1.8",
  switchIn: "arm64:E/1.8",
  switchOut: "arm64:E/1.8",
  mdcr: "arm64:E/1.3",
  setup: "arm64:E/1.5",
  step: "arm64:E/1.4",
  clear: "arm64:E/1.9",
  dirty: "arm64:E/1.6",
  accessed: "arm64:E/1.10",
};

/** The record. Source: arch/arm64/kvm/{debug,guest,handle_exit,sys_regs}.c, hyp.S and arch/arm/kvm/mmio.c, 4.4.1. */
export const BASE: Arm64Kernel = {
  debugSwitch: pointerSwitch,
  numbering: sameNumbers,
  switchRules: POINTER_RULES,
  rule: "arm64:E/1.10",
  forcedMdscr: MDSCR_MDE,
  keepsSs: false,
  tracksPending: false,
  skipAdvancesStep: false,
  smc: "undefined",
  fakesStep: false,
  skipsMmioAfterwards: false,
  adjustsPcAtEntry: false,
  commitsPc: false,
  usesVhe: false,
  leavesVmWithFwb: false,
  trapsSpe: false,
  trapsTraceFilter: false,
  mdcrAtLoad: false,
  writesMdcrChanges: false,
  initialMdcr: false,
  aliasesNumber0: false,
  osLock: false,
  hsrHigh: false,
  hwDebugCapabilities: true,
  vcpuEvents: false,
  serrorAtOnce: false,
  serrorSetsIl: false,
  setGuestDebug2: false,
  trapsIdRegisters: false,
  debugVersion: "host",
  pmuVersionLimit: 15,
  hidesAbsentPmu: false,
  hidesAbsentAa32Pmu: false,
  hidesSpe: false,
  writesPmuVersion: false,
  vmWideIds: false,
  writesWatchpoints: false,
  unsignedPmuVersion: false,
  configurableIds: false,
};
