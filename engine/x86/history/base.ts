/**
 * Linux 4.4.1, for both vendors: the record that the rows of history change. Rules x86:C1 to x86:C11.
 *
 * @module
 */
import { afterExit } from "../kvm/after_exit.ts";
import type { X86Behaviour } from "../kvm/behaviour.ts";
import { DR6_BITS, DR7_VOLATILE } from "../kvm/constants.ts";
import { dbSvm, dbVmx } from "../kvm/db_exit.ts";
import { drAccessSvm, drAccessVmx } from "../kvm/dr_access.ts";
import { getDr, setDr, updateDr7 } from "../kvm/dr_registers.ts";
import { codeBreakpointCheck } from "../kvm/emulator.ts";
import { enter } from "../kvm/entry.ts";
import { getFlags, setFlags } from "../kvm/flags.ts";
import { applyGuestDebug } from "../kvm/guest_debug.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { resetAndUpdate } from "../kvm/reset.ts";
import { emulatedEnd } from "../kvm/step.ts";
import { taskSwitchEmulated } from "../kvm/task_switch.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";

const BEHAVIOUR: X86Behaviour = {
  loadReloads: false,
  putClearsDr6: false,
  hasReload: true,
  dr6WithAnyFlag: true,
  hidesHostDr7: false, // x86:Q23
  lazySync: "addresses", // x86:C/4
  vmDr6IsGuests: false,
  debugctlStores: 0, // x86:D70
  debugctlDrops: DEBUGCTL_BITS.LBR | DEBUGCTL_BITS.BTF,
  debugctlFeatures: 0,
  debugctlOfHost: false,
  hostDebugctlAt: "entry", // x86:D72
  switchesDebugctl: false,
  debugctlKeepsFreeze: false,
  listsDebugctl: false, // x86:D116
  sevEs: false,
  debugSwap: "none",
  savesHostDrs: true,
  refusesProtected: false,
  fastPath: false,
  reentryLoadsDr6: false,
  fastPathStops: false,
  dr6: DR6_BITS.from2014,
  emulatorSeesFailure: true,
  failedWriteMoves: false,
  truncatesDrOperand: true,
  exitPc: "base-plus-rip",
  stepRip: "base-plus-rip",
  gdExitShowsBd: false, // x86:Q7
  debugExitRtm: true,
  icebpExits: false,
  dbExitFills: true,
  dbRaises: "rtm",
  payloadAt: "queue",
  mendsEntry: "never", // x86:F14
  commonSkipSteps: false, // x86:F25
  vendorSkipSteps: false,
  hidesNmiStep: false, // x86:F17
  emulatorSteps: "real-tf",
  emulatedStepKeepsTf: false,
  stepsOverFault: true, // x86:F26
  emulatedDbSteps: true,
  stepPc: "requested",
  emulatorBreakpoints: "both",
  breakpointInDecoder: false,
  shadowInhibits: false, // x86:F19
  rechecksOnFault: true,
  emulatorGd: "own",
  oneEmulatedDb: false,
  portIn: "emulator",
  portMoves: "before",
  debugregs: "unchecked", // x86:F12
  guestDebugMask: 0,
  blocksInterrupts: false, // x86:F16
  declaresGuestDebug: false,
  declaresPayload: false,
  vcpuEvents: "unchecked",
  eventsInject: "queue",
  eventsCountNmis: false,
  setRegsDropsInjected: true,
  injectRefused: "pending",
};

const SHARED = {
  drAccesses: -1,
  lazy: true, // x86:C7
  dbExitsAlways: true,
  localInterrupts: true,
  dr7Volatile: DR7_VOLATILE.from2014,
  injectSetsRf: true, // x86:D19
  injectClearsGd: true,
  beforeEntry: enter,
  afterExit,
  getDr,
  setDr,
  updateDr7,
  repeatsInEmulator: true,
  emulated: emulatedEnd,
  emulatorCodeBreakpoint: codeBreakpointCheck,
  taskSwitch: taskSwitchEmulated,
  getFlags,
  setFlags,
  applyGuestDebug,
  reset: resetAndUpdate,
};

/** 4.4.1 with VMX. */
export const BASE_VMX: X86Kernel = {
  ...BEHAVIOUR,
  ...SHARED,
  vendor: "vmx",
  debugExitRtm: false, // x86:C15
  drAccess: drAccessVmx, // x86:C7
  db: dbVmx, // x86:C16, x86:Q10
};

/** 4.4.1 with SVM. */
export const BASE_SVM: X86Kernel = {
  ...BEHAVIOUR,
  ...SHARED,
  vendor: "svm",
  truncatesDrOperand: false,
  vmDr6IsGuests: true, // x86:C5, x86:F30
  dbExitFills: false, // x86:Q17
  failedWriteMoves: true, // x86:Q4, x86:F31
  debugctlStores: 0x3f, // x86:D71
  debugctlDrops: 0,
  hostDebugctlAt: "never", // x86:F40
  drAccess: drAccessSvm, // x86:C8
  db: dbSvm,
};
