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
  ["linux-5.2", "DBGBVR3_EL1", "arm64:E/1.10"],
  ["linux-5.4", "DBGBVR0_EL1", "arm64:F1"],
  ["linux-5.13", "DBGBVR3_EL1", "arm64:E/1.10"],
];

/** Where KVM_SET_ONE_REG of DBGBVR3_EL1 is stored, and whether that is the bug. */
export const USER_WRITES: readonly (readonly [
  kernel: string,
  to: string,
  isLost: boolean,
])[] = [
  ["linux-5.2", "DBGBVR3_EL1", false],
  ["linux-5.4", "DBGBVR0_EL1", true],
  ["linux-5.13", "DBGBVR3_EL1", false],
];

/** Of a number that ONE_REG loses. */
export const LOST_FOR_USER: RuleId = "arm64:F25";

/** Loads of another MDCR_EL2 into the CPU in the first two runs of a vCPU with VHE, and how many of them come late. */
export const LOADS: readonly (readonly [
  kernel: string,
  loads: number,
  late: number,
])[] = [
  ["linux-4.15", 2, 0],
  // The second run's, with the value of the first run's setup.
  ["linux-4.20", 1, 1],
  ["linux-5.6", 2, 0],
  ["linux-5.13", 2, 0],
];

/** Of a load that comes late. */
export const LATE_LOAD: RuleId = "arm64:F24";

/** Of the step exit that 4.16 makes up. */
export const FAKED_STEP: RuleId = "arm64:F23";
