/**
 * The rules of 2008 by which events are cited that later kernels cite by their own: the code is one, the reference
 * has a section for each.
 *
 * @module
 */
import type { AccessEvent, Event, RuleId } from "../../events.ts";
import type { Vendor } from "../hardware/models.ts";

type Rules = Readonly<Partial<Record<RuleId, RuleId>>>;

/** Rules of later kernels, and those that say the same of 2008. */
const SAME: Rules = {
  "x86:C/4": "x86:B/6",
  "x86:C19": "x86:B27",
  "x86:D/4": "x86:B3",
  "x86:D/10": "x86:B24",
  "x86:D21": "x86:B28",
  "x86:D29": "x86:B28",
  "x86:D30": "x86:B28",
};

/** The same of what a vendor does in its own way. */
const SAME_ON: Readonly<Record<Vendor, Rules>> = {
  vmx: {
    "x86:D2": "x86:B10",
    "x86:D3": "x86:B12",
    "x86:D4": "x86:B13",
    "x86:D7": "x86:B13",
  },
  svm: {
    "x86:B10": "x86:B17",
    "x86:B12": "x86:B17",
    "x86:B13": "x86:B17",
    "x86:D2": "x86:B17",
    "x86:D3": "x86:B17",
    "x86:D4": "x86:B17",
    "x86:D7": "x86:B17",
    "x86:Q17": "x86:B25",
  },
};

/** An access that exits on VMX, by its direction and register. */
function accessOnVmx({ access, register }: AccessEvent): RuleId {
  if (access === "read") return "x86:B9";
  switch (register) {
    case "DR4":
    case "DR5":
      return "x86:B11";
    case "DR6":
      return "x86:B12";
    case "DR7":
      return "x86:B13";
    default:
      return "x86:B10";
  }
}

/** The rule of an event in 2008. */
export function ruleOf2008(vendor: Vendor): (event: Event) => RuleId {
  const own = SAME_ON[vendor];
  return (event) => {
    const { rule } = event;
    if (event.kind === "access" && event.by === "kvm") {
      return vendor === "vmx" ? accessOnVmx(event) : "x86:B21";
    }
    if (event.kind === "set" && event.from?.name === "guest_debug_dr7") {
      return "x86:B28";
    }
    if (event.kind === "set" && event.to.name === "dr_intercept") {
      return vendor === "vmx" ? "x86:B/4" : "x86:B21";
    }
    return own[rule] ?? SAME[rule] ?? rule;
  };
}
