/**
 * The x86 registers of the model, a row each. Rule x86:A/1.
 *
 * @module
 */
import { defineLayout, field, type Layout } from "../../layout.ts";
import {
  type RegisterInfo,
  type RegisterTable,
  registerTable,
} from "../../registers.ts";
import { DEBUGCTL } from "./debugctl.ts";
import { DR6 } from "./dr6.ts";
import { DR7 } from "./dr7.ts";
import { REG, SLOTS, type X86RegisterName } from "./ids.ts";
import { CR4, RFLAGS } from "./rflags.ts";
import { VCPU_EVENTS } from "./vcpu_events.ts";

/** `DR0` to `DR3`: linear or I/O address. Any 64-bit value. Rule x86:A/1. */
export const DRN: Layout<"ADDRESS"> = defineLayout("DR<n>", 64, "x86:A/1", [
  field("ADDRESS", 63, 0, { about: "linear address, or I/O port" }),
]);

/** What KVM_SET_DEBUGREGS takes beside the registers. Rule x86:D35. */
export const DEBUGREGS: Layout<"FLAGS"> = defineLayout(
  "DEBUGREGS",
  64,
  "x86:D35",
  [field("FLAGS", 63, 0, { about: "flags of the ioctl: none is defined" })],
);

type Row = readonly [
  layout: Layout,
  userspace: boolean,
  fieldwise: boolean,
  physical: boolean,
  reset: bigint,
];

/** A row a register; a register without one does not compile. */
const ROWS = {
  DR0: [DRN, true, false, true, 0n],
  DR1: [DRN, true, false, true, 0n],
  DR2: [DRN, true, false, true, 0n],
  DR3: [DRN, true, false, true, 0n],
  DR4: [DR6, false, false, false, 0xffff_0ff0n],
  DR5: [DR7, false, false, false, 0x400n],
  DR6: [DR6, true, false, true, 0xffff_0ff0n],
  DR7: [DR7, true, false, true, 0x400n],
  RFLAGS: [RFLAGS, true, true, false, 2n],
  CR4: [CR4, true, true, false, 0n],
  DEBUGREGS: [DEBUGREGS, true, false, false, 0n],
  VCPU_EVENTS: [VCPU_EVENTS, true, false, false, 0n],
  DEBUGCTL: [DEBUGCTL, true, false, true, 0n],
} satisfies Record<X86RegisterName, Row>;

function info([name, row]: [X86RegisterName, Row]): RegisterInfo {
  const [layout, userspace, fieldwise, physical, reset] = row;
  const id = REG[name];
  const numbered = id < SLOTS;
  return {
    id,
    name,
    short: name.toLowerCase(),
    layout,
    access: "RW",
    encoding: name === "DEBUGCTL" ? "MSR 0x1d9" : "",
    userspace,
    hostOnly: false,
    userOnly: name === "DEBUGREGS" || name === "VCPU_EVENTS",
    fieldwise,
    physical,
    ...(name === "DEBUGCTL" ? { isMsr: true } : {}),
    ...(id <= REG.DR7
      ? { unasked: physical ? "always" : "never" }
      : id === REG.VCPU_EVENTS
      ? { unasked: "never" }
      : {}),
    number: numbered ? id : -1,
    family: numbered ? "dr" : name.toLowerCase(),
    reset,
    rule: layout.rule,
  };
}

/** All registers of the x86 model. */
export const X86_REGISTERS: RegisterTable = registerTable(
  (Object.entries(ROWS) as [X86RegisterName, Row][]).map(info),
);
