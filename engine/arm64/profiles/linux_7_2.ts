/**
 * Linux 7.2.
 *
 * @module
 */
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { ownerSwitch } from "../kvm/owner_switch.ts";
import { linux6_12 } from "./linux_6_12.ts";

/** 6.12 after the debug-owner redesign of 6.14. Rules arm64:E.2.1 to arm64:E.2.16. */
export const linux7_2: Arm64Kernel = {
  ...linux6_12,
  name: "linux-7.2",
  about:
    "mainline after the debug-owner redesign of 6.14; checked against recordings",
  source: "reference arm64 section E.2, recordings of 7.2",
  debugSwitch: ownerSwitch,
  switchRules: {
    load: "arm64:E.2.1",
    enter: "arm64:E.2.2",
    exit: "arm64:E.2.8",
    put: "arm64:E.2.4",
    switchIn: "arm64:E.2.8",
    switchOut: "arm64:E.2.8",
  },
  rule: "arm64:E.2.9",
};
