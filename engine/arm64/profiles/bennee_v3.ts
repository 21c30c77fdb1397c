/**
 * The 2015 series, version 3: guest debug with a second register set and a pointer to the one in use.
 *
 * @module
 */
import { notOffered } from "../kvm/id_register.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { TRAPS_2015 } from "../kvm/mdcr.ts";
import { MDSCR_KDE, MDSCR_MDE } from "../kvm/mdscr_copy.ts";
import { sameNumbers } from "../kvm/numbering.ts";
import { pointerSwitch } from "../kvm/pointer_switch.ts";

/** Rules arm64:B1 to arm64:B19. */
export const benneeV3: Arm64Kernel = {
  name: "bennee-v3",
  about: "2015 series v3: userspace's values in a set of their own, debug_ptr",
  source: "reference arm64 section B",
  debugSwitch: pointerSwitch({
    forced: MDSCR_KDE | MDSCR_MDE,
    keepsSs: true,
    tracksPending: false,
    rules: {
      mdcr: "arm64:B8",
      setup: "arm64:B8",
      clear: "arm64:B11",
      dirty: "arm64:B9",
    },
  }),
  numbering: sameNumbers,
  idRegister: notOffered,
  mdcrTraps: TRAPS_2015,
  osLock: false,
  adjustsPcAtEntry: false,
  skipAdvancesStep: false,
  hsrHigh: false,
  capabilities: [
    "SET_GUEST_DEBUG",
    "GUEST_DEBUG_HW_BPS",
    "GUEST_DEBUG_HW_WPS",
    "ONE_REG",
  ],
  rule: "arm64:B12",
};
