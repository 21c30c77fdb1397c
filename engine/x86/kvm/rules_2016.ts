/**
 * The rules of 4.4 to 4.9 by which events are cited that later kernels cite by their own.
 *
 * @module
 */
import type { Event, RuleId } from "../../events.ts";
import type { Vendor } from "../hardware/models.ts";

type Rules = Readonly<Partial<Record<RuleId, RuleId>>>;

/** Rules of later kernels, and those that say the same of 4.4. */
const SAME: Rules = {
  "x86:D2": "x86:C4",
  "x86:D3": "x86:C4",
  "x86:D4": "x86:C4",
  "x86:D7": "x86:C3",
  "x86:D11": "x86:C9",
  "x86:D12": "x86:C9",
};

/** What the exit of a DR access does, by vendor. */
const ACCESS: Readonly<Record<Vendor, Rules>> = {
  vmx: { "x86:D1": "x86:C7", "x86:D14": "x86:C7" },
  svm: { "x86:D14": "x86:C8" },
};

/** KVM's own state, which both vendors change when they let accesses through. */
const LET_THROUGH = ["dr_intercept", "switch_db_regs"];

/** The rule of an event in 4.4 to 4.9. */
export function ruleOf2016(vendor: Vendor): (event: Event) => RuleId {
  const ofAccess = ACCESS[vendor];
  return (event) => {
    const { rule } = event;
    const lets = rule === "x86:C7" && event.kind === "set" &&
      LET_THROUGH.includes(event.to.name);
    if (lets && vendor === "svm") return "x86:C8";
    return ofAccess[rule] ?? SAME[rule] ?? rule;
  };
}
