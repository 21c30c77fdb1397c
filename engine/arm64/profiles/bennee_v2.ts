/**
 * The 2015 series, version 2: the guest's values in a shadow while userspace debugs, nested accesses
 * redirected there.
 *
 * @module
 */
import { shadowSwitch } from "../kvm/shadow_switch.ts";
import { benneeV3 } from "./bennee_v3.ts";
import type { Arm64Profile } from "./profile.ts";

/** Rules arm64:C1 to arm64:C14. */
export const benneeV2: Arm64Profile = {
  ...benneeV3,
  name: "bennee-v2",
  about: "2015 series v2: nested accesses trapped into a shadow copy",
  source: "the guest debug series of 2015, version 2; rules arm64:C",
  code: "4.0",
  debugSwitch: shadowSwitch(true),
  // The capabilities come with v3. Rule arm64:B7.
  hwDebugCapabilities: false,
  switchRules: {
    ...benneeV3.switchRules,
    load: "arm64:C/1",
    enter: "arm64:C2",
    exit: "arm64:C3",
    setup: "arm64:C2",
    step: "arm64:C2",
    accessed: "arm64:C8",
  },
  rule: "arm64:C8",
  options: {
    // When the shadow is copied back, which the series does not show. Rule arm64:C13.
    clear: {
      "after-handle": {},
      "after-exit": { debugSwitch: shadowSwitch(false) },
    },
  },
};
