/**
 * The rules that events cite. A step of the world switch or a trapped access cites one rule of its kernel, whatever
 * the register; here it becomes the rule about the event's own register or state.
 *
 * @module
 */
import type {
  AccessEvent,
  Event,
  Place,
  RefusedEvent,
  RuleId,
  SetEvent,
} from "../events.ts";

/** Rules by the name of what changes in KVM's own state, of a kernel that cites the other. */
const OF_STATE: Readonly<Record<string, Readonly<Record<string, RuleId>>>> = {
  dirty: { "arm64:B8": "arm64:B8.5", "arm64:C2": "arm64:C14" },
  // The switch out clears it.
  "dirty cleared": { "arm64:B9": "arm64:B10", "arm64:E/1.6": "arm64:E/1.8" },
  mdcr_el2: { "arm64:C2": "arm64:B8" },
  saved_mdscr_el1: { "arm64:B8": "arm64:B8.3", "arm64:E/1.5": "arm64:E/1.4" },
};

/** Rules of the switch out of the guest's registers. */
const SAVES: ReadonlySet<RuleId> = new Set<RuleId>([
  "arm64:B10",
  "arm64:E/1.8",
  "arm64:E/2.8",
]);

/**
 * The rule of an access that trapped and was emulated, or was found to be UNDEFINED.
 *
 * @param register architectural name
 * @param rule of the kernel's emulation
 */
export function trappedAccessRule(register: string, rule: RuleId): RuleId {
  switch (register) {
    case "MDSCR_EL1":
    case "MDCCINT_EL1":
      if (rule === "arm64:D28") return "arm64:E/1.10";
      return rule === "arm64:E/2.9" ? "arm64:E/2.3" : rule;
    case "OSLSR_EL1":
    case "OSLAR_EL1":
      return rule === "arm64:D27" ? "arm64:E/1.15" : "arm64:A/15";
    default:
      if (register.startsWith("ID_")) return "arm64:E/1.24";
      if (register.startsWith("DBGWCR") && isRenumbering(rule)) {
        return "arm64:D29";
      }
      if (register.startsWith("DBGWVR") && isRenumbering(rule)) {
        return "arm64:D30";
      }
      return register.startsWith("DBGB") || register.startsWith("DBGW")
        ? rule
        : "arm64:A/15";
  }
}

/** The rules of breakpoints by which the renumbering series cites all its emulation. */
function isRenumbering(rule: RuleId): boolean {
  return rule === "arm64:D27" || rule === "arm64:D28";
}

/** The rule of an access that the CPU executed, or found to be UNDEFINED. */
function cpuAccessRule(register: string): RuleId {
  switch (register) {
    case "CONTEXTIDR_EL1":
      return "arm64:A/11";
    case "PSTATE":
      return "arm64:A/13";
    default:
      return "arm64:A/1";
  }
}

function accessRule({ register, rule, by }: AccessEvent): RuleId {
  return rule === "arm64:A/1" || by === "hardware"
    ? cpuAccessRule(register)
    : trappedAccessRule(register, rule);
}

/** The rule of a register that an entry loads, or an exit saves or restores. */
function switchedRule({ space, name }: Place, rule: RuleId): RuleId {
  switch (name) {
    case "MDCR_EL2":
      return rule === "arm64:F24" ? rule : "arm64:E/1.28";
    case "MDSCR_EL1":
    case "CONTEXTIDR_EL1":
      // Of KVM's own copy there are other rules.
      return space === "cpu" || space === "guest" && SAVES.has(rule)
        ? "arm64:E/1.29"
        : rule;
    default:
      return rule;
  }
}

function setRule({ cause, to, from, new: now, rule }: SetEvent): RuleId {
  if (to.space === "kvm") {
    const state = to.name === "dirty" && now === 0n ? "dirty cleared" : to.name;
    return OF_STATE[state]?.[rule] ?? rule;
  }
  if (cause === "load" || cause === "save" || cause === "restore") {
    return switchedRule(to, rule);
  }
  if (cause === "reset") return "arm64:E/1.30";
  if (cause !== "write") return rule;
  switch (from?.space) {
    case "host":
      return rule === "arm64:E/4.2" ? rule : "arm64:E/4";
    case "user":
      // A renumbered register has its own rule.
      if (to.name === "OSLSR_EL1") return "arm64:E/1.15";
      return rule === "arm64:D32" || rule === "arm64:A/15"
        ? "arm64:E/1.26"
        : rule;
    case "program":
      if (to.space === "cpu") return cpuAccessRule(to.name);
      return rule === "arm64:D9" || to.name === "PSTATE"
        ? rule
        : trappedAccessRule(to.name, rule);
    default:
      return rule;
  }
}

function refusedRule({ operation, errno, rule }: RefusedEvent): RuleId {
  if (rule !== "arm64:A/15") return rule;
  if (operation.endsWith(" OSLSR_EL1")) return "arm64:E/1.15";
  return errno === "ENOENT" && operation.includes(" ID_")
    ? "arm64:E/1.19"
    : rule;
}

/** The rule of a control of HCR_EL2; undefined for those of MDCR_EL2. */
function ofHcr(control: string): RuleId | undefined {
  switch (control) {
    case "TID3":
      return "arm64:E/1.24";
    case "TVM":
      return "arm64:E/1.38";
    default:
      return undefined;
  }
}

/** The rule about an event. */
export function citedRule(event: Event): RuleId {
  const { rule } = event;
  switch (event.kind) {
    case "set":
      return setRule(event);
    case "access":
      return accessRule(event);
    case "trap":
      return ofHcr(event.because) ?? rule;
    case "vcpu-load":
      return rule === "arm64:E/2.1" ? rule : "arm64:E/1.25";
    case "vcpu-put":
      return rule === "arm64:E/2.4" ? "arm64:E/2.6" : "arm64:E/1.25";
    case "enter":
      return rule === "arm64:C2" ? "arm64:B8" : rule;
    case "exit":
      return rule === "arm64:C3" ? "arm64:B10" : rule;
    case "user-exit":
      return event.exit === "mmio" ? "arm64:E/1.27" : rule;
    case "exception":
      return event.exception === "undef" || event.exception === "svc"
        ? "arm64:A/8.1"
        : rule;
    case "refused":
      return refusedRule(event);
    default:
      return rule;
  }
}
