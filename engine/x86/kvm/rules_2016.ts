/**
 * The rules of 4.4 to 5.6 by which events are cited that later kernels cite by their own.
 *
 * @module
 */
import type { Event, RuleId } from "../../events.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Kernel } from "./kernel.ts";

type Rules = Readonly<Partial<Record<RuleId, RuleId>>>;

/** Rules of later kernels, and those that say the same of 4.4. */
const SAME: Rules = {
  "x86:D2": "x86:C4",
  "x86:D3": "x86:C4",
  "x86:D4": "x86:C4",
  "x86:D7": "x86:C3",
  "x86:D11": "x86:C9",
  "x86:D12": "x86:C9",
  "x86:D18": "x86:C16",
  "x86:D44": "x86:C16",
};

/** What the exit of a DR access does, by vendor. */
const ACCESS: Readonly<Record<Vendor, Rules>> = {
  vmx: { "x86:D1": "x86:C7", "x86:D14": "x86:C7" },
  svm: { "x86:D14": "x86:C8" },
};

/** KVM's own state, which both vendors change when they let accesses through. */
const LET_THROUGH = ["dr_intercept", "switch_db_regs"];

/** The rule of an event in 4.4 to 5.6. */
function ruleOf2016(vendor: Vendor): (event: Event) => RuleId {
  const ofAccess = ACCESS[vendor];
  return (event) => {
    const { rule } = event;
    const lets = rule === "x86:C7" && event.kind === "set" &&
      LET_THROUGH.includes(event.to.name);
    if (lets && vendor === "svm") return "x86:C8";
    return ofAccess[rule] ?? SAME[rule] ?? rule;
  };
}

/**
 * The rule of an event in a kernel's own section of the reference; undefined if that is the event's own. The section
 * of 4.4 holds until general detect (VMX) and DR6 (SVM) changed in 5.7.
 */
export function ruleOfKernel(
  kernel: X86Kernel,
): ((event: Event) => RuleId) | undefined {
  if (kernel.ruleOf !== undefined) return kernel.ruleOf;
  const { vendor } = kernel;
  const isOld = vendor === "vmx" ? !kernel.gdExitShowsBd : kernel.vmDr6IsGuests;
  return isOld ? ruleOf2016(vendor) : undefined;
}
