/**
 * The rules of 4.4 to 4.9 by which events are cited that later kernels cite by their own.
 *
 * @module
 */
import type { Event, RuleId } from "../../events.ts";
import type { Vendor } from "../hardware/models.ts";

/** Rules of later kernels, and those that say the same of 4.4. */
const SAME: Readonly<Partial<Record<RuleId, RuleId>>> = {
  "x86:D2": "x86:C4",
  "x86:D3": "x86:C4",
  "x86:D4": "x86:C4",
  "x86:D7": "x86:C3",
};

/** The rule of an event in 4.4 to 4.9. */
export function ruleOf2016(vendor: Vendor): (event: Event) => RuleId {
  const access: RuleId = vendor === "vmx" ? "x86:C7" : "x86:C8";
  return (event) =>
    event.rule === "x86:D14" ? access : SAME[event.rule] ?? event.rule;
}
