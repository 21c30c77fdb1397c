/**
 * How a machine without a hypervisor begins.
 *
 * @module
 */
import type { BareMode } from "../rules.ts";

/** Nothing of a guest's KVM holds it back. */
export function bareMode(
  { isStepwise, answersCalls }: Pick<BareMode, "isStepwise" | "answersCalls">,
): BareMode {
  return {
    isStepwise,
    answersCalls,
    debugged: false,
    hidesGeneralDetect: false,
    leftStatus: 0,
  };
}

/** That of a machine that runs by itself, whose steps are whole instructions. */
export function aloneMode(): BareMode {
  return bareMode({ isStepwise: false, answersCalls: false });
}
