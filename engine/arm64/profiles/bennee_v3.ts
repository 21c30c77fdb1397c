/**
 * The 2015 series, version 3: guest debug with a second register set and a pointer to the one in use.
 *
 * @module
 */
import { BASE } from "../history/base.ts";
import { MDSCR_KDE, MDSCR_MDE } from "../kvm/mdscr_copy.ts";
import type { Arm64Profile } from "./profile.ts";

/** What was merged from it is 4.4; these differ. Rules arm64:B1 to arm64:B19. */
export const benneeV3: Arm64Profile = {
  ...BASE,
  name: "bennee-v3",
  about: "2015 series v3: userspace's values in a set of their own, debug_ptr",
  source: "the guest debug series of 2015, version 3; rules arm64:B",
  code: "4.1",
  forcedMdscr: MDSCR_KDE | MDSCR_MDE,
  keepsSs: true,
  switchRules: {
    load: "arm64:B1",
    enter: "arm64:B8",
    exit: "arm64:B11",
    put: "arm64:B10",
    switchIn: "arm64:B9",
    switchOut: "arm64:B10",
    mdcr: "arm64:B8",
    setup: "arm64:B8",
    step: "arm64:B8.4",
    clear: "arm64:B11",
    dirty: "arm64:B9",
    accessed: "arm64:E/1.10",
  },
  rule: "arm64:B12",
};
