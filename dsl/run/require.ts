/**
 * `require`: whether what a scenario needs is there.
 *
 * @module
 */
import { kernelWithVendor } from "../../engine/mod.ts";
import type { Required } from "../actions.ts";
import { requiredText } from "../print/action.ts";
import { covers } from "../resolve/kernel_terms.ts";
import type { Skip } from "../result.ts";
import { type Span, textOf } from "../source.ts";
import { checkExpectation } from "./expectations.ts";
import type { Session } from "./session.ts";

/**
 * Tests a requirement. KVM_CHECK_EXTENSION is not remembered as a user operation: `expect error` is about the one
 * before it.
 *
 * @param span the statement
 * @returns why the rest is skipped; undefined if the requirement holds
 */
export function unmetRequirement(
  session: Session,
  required: Required,
  span: Span,
): Skip | undefined {
  // An expression is as it was written: its value would say nothing.
  const text = required.kind === "number"
    ? textOf(span).replace(/^require\s+/, "")
    : requiredText(session.arch, required);
  const needs = `requires ${text}`;
  const skip = (reason: string, summary = reason): Skip => ({
    cause: "require",
    reason,
    summary,
    span,
  });
  const { profile, vendor } = session.kernelChoice;
  const kernel = kernelWithVendor(profile, vendor);
  switch (required.kind) {
    case "kernel":
      return covers(required.on, session.profile)
        ? undefined
        : skip(`${needs}; the kernel is ${kernel}`, needs);
    case "capability": {
      const { value } = session.machine.checkExtension(required.capability);
      if (value !== undefined && value > 0n) return undefined;
      const found = `${needs}; KVM_CHECK_EXTENSION returns 0`;
      return skip(`${found} on ${kernel}`, found);
    }
    default: {
      const unmet = checkExpectation(session, required, span);
      return unmet && skip(`${needs}; ${unmet.saw}`);
    }
  }
}
