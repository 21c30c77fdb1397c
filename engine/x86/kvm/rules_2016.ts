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
  "x86:C13": "x86:C1",
  "x86:D/4": "x86:C6",
  "x86:D/10": "x86:C15",
  "x86:D2": "x86:C4",
  "x86:D3": "x86:C4",
  "x86:D4": "x86:C4",
  "x86:D7": "x86:C3",
  "x86:D18": "x86:C16",
  "x86:D44": "x86:C16",
  "x86:D25": "x86:C20",
  "x86:D27": "x86:C20",
  "x86:E4": "x86:E8",
};

/** What the exit of a DR access does, by vendor. */
const ACCESS: Readonly<Record<Vendor, Rules>> = {
  vmx: { "x86:D/6": "x86:C7", "x86:D1": "x86:C7", "x86:D14": "x86:C7" },
  svm: { "x86:D/6": "x86:C8" },
};

/** Rules of functions that queue a #DB with its cause. */
const QUEUES: ReadonlySet<RuleId> = new Set<RuleId>([
  "x86:D14",
  "x86:D15",
  "x86:D25",
  "x86:D27",
]);

/** The rule of an event in 4.4 to 5.6. */
function ruleOf2016(vendor: Vendor): (event: Event) => RuleId {
  const ofAccess = ACCESS[vendor];
  return (event) => {
    const { kind, rule } = event;
    if (kind === "inject" && event.exception === "db" && QUEUES.has(rule)) {
      return "x86:C16";
    }
    if (rule === "x86:D15" && kind === "access") return "x86:C8";
    if (rule === "x86:E4" && kind === "set" && event.to.name === "DR6") {
      return "x86:E14";
    }
    return ofAccess[rule] ?? SAME[rule] ?? rule;
  };
}

/**
 * The rule of an event in a kernel's own section of the rule book; undefined if that is the event's own. The section
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
