/**
 * The 2015 series, version 2: the guest's values in a shadow while userspace debugs, nested accesses
 * redirected there.
 *
 * @module
 */
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { shadowSwitch } from "../kvm/shadow_switch.ts";
import { benneeV3 } from "./bennee_v3.ts";

/**
 * Rules arm64:C1 to arm64:C14.
 *
 * @param clear when the shadow is copied back, which the series does not show. Rule arm64:C13.
 */
export function benneeV2(clear: "after-handle" | "after-exit"): Arm64Kernel {
  return {
    ...benneeV3,
    debugSwitch: shadowSwitch(clear === "after-handle"),
    // The capabilities come with v3. Rule arm64:B7.
    hwDebugCapabilities: false,
    switchRules: {
      ...benneeV3.switchRules,
      load: "arm64:C.1",
      enter: "arm64:C2",
      exit: "arm64:C3",
    },
    rule: "arm64:C8",
  };
}
