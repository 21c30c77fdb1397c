/**
 * Linux 4.4.1: lazy switching, and with it the missed breakpoint. Rules x86:C1 to x86:C11.
 *
 * @module
 */
import { syncOnly } from "../kvm/after_exit.ts";
import { DR6_FIXED_1, DR6_VOLATILE } from "../kvm/constants.ts";
import { dbSvmInVmcb, dbVmxMerged } from "../kvm/db_exit.ts";
import { drAccessSvm44, drAccessVmx44 } from "../kvm/dr_access.ts";
import {
  getDrFromVmcb,
  updateDr0123Reload,
  updateVmcbDr6,
} from "../kvm/dr_registers.ts";
import { codeBreakpointCheck44 } from "../kvm/emulator.ts";
import { enterOnAnyFlag } from "../kvm/entry.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { ruleOf2016 } from "../kvm/rules_2016.ts";
import { doSinglestep44, emulatedEnd44, skipOnly } from "../kvm/step.ts";
import { linux61 } from "./linux_6_1.ts";
import type { X86Profile } from "./profile.ts";

const changes = {
  dr6: { volatile: DR6_VOLATILE.from2014, fixed: DR6_FIXED_1.from2014 },
  debugregs: "unchecked", // x86:F12
  guestDebugMask: 0, // 5.15 and later
  emulatorSeesFailure: true, // x86:D6
  mendsEntry: "never", // x86:D23, x86:F14
  stepsOverFault: true, // x86:F26
  reenter: null,
  beforeEntry: enterOnAnyFlag, // x86:C6
  afterExit: syncOnly, // x86:C9: the bug
  updateDr0123: updateDr0123Reload, // x86:C1
  step: doSinglestep44, // x86:D27
  skip: skipOnly, // x86:F25
  emulated: emulatedEnd44,
  emulatorCodeBreakpoint: codeBreakpointCheck44, // x86:F19
  deviceCodeBreakpoint: codeBreakpointCheck44, // x86:D25
} satisfies Partial<X86Kernel>;

/** Missed breakpoints: x86:C.4. */
export const linux44: X86Profile = {
  name: "linux-4.4",
  about: "4.4.1: lazy switching with the missed-breakpoint bug",
  source: "Linux 4.4.1",
  vmx: {
    ...linux61.vmx,
    ...changes,
    ruleOf: ruleOf2016("vmx"),
    drAccess: drAccessVmx44, // x86:C7
    db: dbVmxMerged, // x86:Q10
  },
  svm: {
    ...linux61.svm,
    ...changes,
    ruleOf: ruleOf2016("svm"),
    vmDr6IsGuests: true,
    getDr: getDrFromVmcb, // x86:C5
    updateDr6: updateVmcbDr6, // x86:C2
    drAccess: drAccessSvm44, // x86:C8
    db: dbSvmInVmcb, // x86:Q17
  },
};
