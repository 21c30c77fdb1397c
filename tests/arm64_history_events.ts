/**
 * The rules that events cite under arm64 kernels between the profiles, which no scenario can name. A table of data.
 *
 * @module
 */
import type { RuleId } from "../engine/events.ts";

/** Where a trapped write of DBGBVR3_EL1 is stored. */
export const WRITES: readonly (readonly [
  kernel: string,
  to: string,
  rule: RuleId,
])[] = [
  ["linux-5.2", "DBGBVR3_EL1", "arm64:E.1.10"],
  ["linux-5.4", "DBGBVR0_EL1", "arm64:F1"],
  ["linux-5.13", "DBGBVR3_EL1", "arm64:E.1.10"],
];

/** Where KVM_SET_ONE_REG of DBGBVR3_EL1 is stored. */
export const USER_WRITES: readonly (readonly [
  kernel: string,
  to: string,
  rule: RuleId,
])[] = [
  ["linux-5.2", "DBGBVR3_EL1", "arm64:D32"],
  ["linux-5.4", "DBGBVR0_EL1", "arm64:F25"],
  ["linux-5.13", "DBGBVR3_EL1", "arm64:D32"],
];

/** How MDCR_EL2 goes into the CPU in the first two runs of a vCPU with VHE. */
export const LOADS: readonly (readonly [
  kernel: string,
  rules: readonly RuleId[],
])[] = [
  ["linux-4.15", ["arm64:E.1.3", "arm64:E.1.3"]],
  // The second run's, with the value of the first run's setup.
  ["linux-4.20", ["arm64:F24"]],
  ["linux-5.6", ["arm64:E.1.3", "arm64:E.1.7"]],
  ["linux-5.13", ["arm64:E.1.7", "arm64:E.1.7"]],
];

/** Of the step exit that 4.16 makes up. */
export const FAKED_STEP: RuleId = "arm64:F23";
