/**
 * Linux 6.1, checked against recordings of kvm-amd and kvm-intel. Rules x86:D1 to x86:D35.
 *
 * @module
 */
import { syncAndUpdate } from "../kvm/after_exit.ts";
import { DR6_FIXED_1, DR6_VOLATILE, DR7_VOLATILE } from "../kvm/constants.ts";
import { dbSvmPayload, dbVmxPayload } from "../kvm/db_exit.ts";
import { drAccessSvm, drAccessVmx } from "../kvm/dr_access.ts";
import {
  getDr,
  noStatusCopy,
  setDr,
  updateDr0123,
  updateDr7,
} from "../kvm/dr_registers.ts";
import {
  codeBreakpointCheck,
  noCheck,
  ownGeneralDetect,
} from "../kvm/emulator.ts";
import {
  enterSvm,
  enterVmx,
  loadNothing,
  statusSvm,
  statusVmx,
} from "../kvm/entry.ts";
import { getFlags, setFlags } from "../kvm/flags.ts";
import { applyGuestDebug } from "../kvm/guest_debug.ts";
import { GUESTDBG_VALID } from "../kvm/guest_debug_flags.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { resetAndUpdate } from "../kvm/reset.ts";
import { doSinglestep, emulatedEnd, skipSteps } from "../kvm/step.ts";
import { taskSwitchEmulated } from "../kvm/task_switch.ts";
import type { X86Profile } from "./profile.ts";

const vmx: X86Kernel = {
  vendor: "vmx",
  drAccesses: -1,
  vmDr6IsGuests: false,
  lazy: true, // x86:C7
  dbExitsAlways: true,
  dr6: { volatile: DR6_VOLATILE.from2021, fixed: DR6_FIXED_1.from2021 },
  dr7Volatile: DR7_VOLATILE.from2014,
  debugregs: "checked",
  guestDebugMask: GUESTDBG_VALID,
  injectChecksPending: true,
  injectSetsRf: true, // x86:D19
  injectClearsGd: true,
  emulatorSeesFailure: false, // x86:D6
  mendsEntry: "after-exit", // x86:D23
  stepsOverFault: false, // x86:F26
  vcpuLoad: loadNothing,
  beforeEntry: enterVmx, // x86:D.4
  reenter: statusVmx, // x86:F9
  afterExit: syncAndUpdate, // x86:D10, x86:D11
  getDr, // x86:D5
  setDr, // x86:D2 to x86:D4
  updateDr0123, // x86:C13
  updateDr6: noStatusCopy,
  updateDr7, // x86:D7
  drAccess: drAccessVmx, // x86:D14
  db: dbVmxPayload, // x86:D18, x86:D22
  step: doSinglestep, // x86:D27
  skip: skipSteps,
  emulated: emulatedEnd,
  emulatorCodeBreakpoint: codeBreakpointCheck, // x86:D25
  deviceCodeBreakpoint: noCheck, // x86:D25
  emulatorGeneralDetect: ownGeneralDetect, // x86:D15
  taskSwitch: taskSwitchEmulated, // x86:D28
  getFlags, // x86:D30
  setFlags,
  applyGuestDebug, // x86:D29
  reset: resetAndUpdate,
};

const svm: X86Kernel = {
  ...vmx,
  vendor: "svm",
  beforeEntry: enterSvm, // x86:D9
  reenter: statusSvm, // x86:F9
  drAccess: drAccessSvm, // x86:D15
  db: dbSvmPayload,
};

/** The x86 default. */
export const linux61: X86Profile = {
  name: "linux-6.1",
  about: "mainline, checked against recordings of kvm-intel and kvm-amd",
  source: "Linux 6.1; recordings of kvm-intel on Bochs and of kvm-amd on TCG",
  vmx,
  svm,
};
