/**
 * The first virtualization of DR0 to DR7: December 2008, Linux 2.6.30. Rules x86:B1 to x86:B29, quirks x86:Q1
 * to x86:Q25.
 *
 * @module
 */
import { DR6_BITS, DR7_VOLATILE } from "../kvm/constants.ts";
import { BASE_SVM, BASE_VMX } from "../history/base.ts";
import { dbSvm } from "../kvm/db_exit.ts";
import { noCheck } from "../kvm/emulator.ts";
import { applyGuestDebug2008 } from "../kvm/guest_debug.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { reset2008 } from "../kvm/reset.ts";
import { ruleOf2008 } from "../kvm/rules_2008.ts";
import {
  dbVmx2008,
  drAccessSvm2008,
  drAccessVmx2008,
  enter2008,
  getDr2008,
  getFlags2008,
  leave2008,
  setDr2008,
  setFlags2008,
  SVM_ACCESSES_2008,
  updateDr72008,
} from "../kvm/seed_2008.ts";
import { emulatedEnd2008 } from "../kvm/step.ts";
import { taskSwitchSvm2008, taskSwitchVmx2008 } from "../kvm/task_switch.ts";
import type { X86Profile } from "./profile.ts";

const vmx: X86Kernel = {
  ...BASE_VMX,
  ruleOf: ruleOf2008("vmx"),
  lazy: false,
  dbExitsAlways: false, // x86:B22
  localInterrupts: false,
  dr6: DR6_BITS.from2008,
  dr7Volatile: DR7_VOLATILE.from2008,
  debugregs: "none",
  vcpuEvents: "none",
  setRegsDropsInjected: true,
  injectRefused: "never", // x86:B28
  injectSetsRf: false,
  injectClearsGd: false, // x86:Q9
  hasReload: false,
  hostDebugctlAt: "never", // x86:F41
  debugExitRtm: true, // x86:B24
  truncatesDrOperand: false, // x86:B15
  stepsOverFault: false,
  emulatedDbSteps: false,
  rechecksOnFault: false,
  portIn: "fast", // handle_io(), vmx.c, 2.6.30
  beforeEntry: enter2008, // x86:B1 to x86:B3
  afterExit: leave2008, // x86:B5 to x86:B7
  getDr: getDr2008, // x86:B9, x86:B19
  setDr: setDr2008,
  updateDr7: updateDr72008,
  drAccess: drAccessVmx2008, // x86:B8 to x86:B16
  db: dbVmx2008, // x86:B23, x86:B24
  repeatsInEmulator: false, // x86:B30
  emulated: emulatedEnd2008,
  emulatorCodeBreakpoint: noCheck,
  taskSwitch: taskSwitchVmx2008, // x86:B26
  getFlags: getFlags2008,
  setFlags: setFlags2008,
  applyGuestDebug: applyGuestDebug2008, // x86:B28
  reset: reset2008, // x86:B27
};

const svm: X86Kernel = {
  ...vmx,
  vendor: "svm",
  ruleOf: ruleOf2008("svm"),
  drAccesses: SVM_ACCESSES_2008, // x86:B21
  vmDr6IsGuests: true, // x86:B19
  debugctlStores: BASE_SVM.debugctlStores,
  debugctlDrops: BASE_SVM.debugctlDrops,
  dbExitFills: false, // x86:B25
  drAccess: drAccessSvm2008, // x86:B17, x86:B21
  db: dbSvm, // x86:B25
  taskSwitch: taskSwitchSvm2008,
};

/** Everything emulated, and every quirk of it. */
export const kiszka2008: X86Profile = {
  name: "kiszka-2008",
  about: "the first virtualization of DR0 to DR7, Linux 2.6.30",
  source: "commit 42dbaa5a0577, Linux 2.6.30",
  code: "2.6.30",
  vmx,
  svm,
};
