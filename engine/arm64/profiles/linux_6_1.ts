/**
 * Linux 6.1.
 *
 * @module
 */
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { MDSCR_MDE } from "../kvm/mdscr_copy.ts";
import { pointerSwitch } from "../kvm/pointer_switch.ts";
import { mainline2022 } from "./mainline_2022.ts";

/** 5.18, and PSTATE.SS kept for the guest, a pending step kept, 64-bit syndromes. Rules arm64:E.1.1 to arm64:E.1.14. */
export const linux6_1: Arm64Kernel = {
  ...mainline2022,
  name: "linux-6.1",
  about: "mainline 6.1, checked against recordings",
  source: "reference arm64 section E.1, recordings of 6.1.0",
  debugSwitch: pointerSwitch({
    forced: MDSCR_MDE,
    keepsSs: true,
    tracksPending: true,
    rules: {
      mdcr: "arm64:E.1.3",
      setup: "arm64:E.1.5",
      clear: "arm64:E.1.9",
      dirty: "arm64:E.1.6",
    },
  }),
  hsrHigh: true,
};
