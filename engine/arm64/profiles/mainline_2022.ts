/**
 * Mainline of 2022 (5.18): what the renumbering series was written on.
 *
 * @module
 */
import { sameNumbers } from "../kvm/numbering.ts";
import { invariant } from "../kvm/id_register.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { TRAPS_MAINLINE } from "../kvm/mdcr.ts";
import { MDSCR_MDE } from "../kvm/mdscr_copy.ts";
import { pointerSwitch } from "../kvm/pointer_switch.ts";

/** Capabilities that mainline answers, by name without KVM_CAP_. */
export const CAPABILITIES_MAINLINE: readonly string[] = [
  "SET_GUEST_DEBUG",
  "SET_GUEST_DEBUG2",
  "GUEST_DEBUG_HW_BPS",
  "GUEST_DEBUG_HW_WPS",
  "ONE_REG",
];

/** Mainline 5.18. Not a profile of its own: others are this with changes. */
export const mainline2022: Arm64Kernel = {
  name: "linux-5.18",
  about: "mainline of 2022",
  source: "reference arm64 section E.1",
  debugSwitch: pointerSwitch({
    forced: MDSCR_MDE,
    // PSTATE.SS is kept since 6.1 only: arm64:F2, arm64:F3.
    keepsSs: false,
    tracksPending: false,
    rules: {
      mdcr: "arm64:E.1.3",
      setup: "arm64:E.1.5",
      clear: "arm64:E.1.9",
      dirty: "arm64:E.1.6",
    },
  }),
  numbering: sameNumbers,
  idRegister: invariant,
  mdcrTraps: TRAPS_MAINLINE,
  osLock: true,
  adjustsPcAtEntry: true,
  skipAdvancesStep: true,
  hsrHigh: false,
  capabilities: CAPABILITIES_MAINLINE,
  rule: "arm64:E.1.10",
};
