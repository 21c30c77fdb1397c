/**
 * What kernels of x86 do, written by hand from their source and recordings: what the rows of history must fold to.
 *
 * @module
 */
import type { X86Behaviour } from "../engine/x86/kvm/behaviour.ts";

/** What 6.1 does with VMX: written by hand from arch/x86/kvm of v6.1-rc7 and 6.1.20. */
export const LINUX_6_1: X86Behaviour = {
  loadReloads: false,
  putClearsDr6: false,
  hasReload: false,
  dr6WithAnyFlag: false,
  hidesHostDr7: true,
  lazySync: "all",
  vmDr6IsGuests: false,
  fastPath: true,
  reentryLoadsDr6: true,
  fastPathStops: false,
  dr6: { volatile: 0x1_e80f, fixed: 0xfffe_07f0 | 0 },
  emulatorSeesFailure: false,
  failedWriteMoves: false,
  gdExitShowsBd: true,
  debugExitRtm: true,
  icebpExits: false,
  dbExitFills: true,
  dbRaises: "active-low",
  payloadAt: "queue",
  mendsEntry: "after-exit",
  commonSkipSteps: true,
  vendorSkipSteps: true,
  hidesNmiStep: false,
  emulatorSteps: "guest-tf-or-singlestep",
  emulatedStepKeepsTf: true,
  stepsOverFault: false,
  emulatedDbSteps: false,
  stepPc: "reached",
  emulatorBreakpoints: "both",
  breakpointInDecoder: false,
  shadowInhibits: true,
  rechecksOnFault: false,
  emulatorGd: "own",
  oneEmulatedDb: false,
  portIn: "fast",
  portMoves: "after",
  debugregs: "checked",
  guestDebugMask: 0x1f_0003,
  blocksInterrupts: true,
  declaresGuestDebug: true,
  declaresPayload: true,
  vcpuEvents: "checked",
  eventsInject: "again",
  eventsCountNmis: false,
  setRegsDropsInjected: false,
  injectRefused: "pending",
};

/** 4.4.1 with VMX, by hand. */
export const LINUX_4_4: X86Behaviour = {
  ...LINUX_6_1,
  hasReload: true,
  dr6WithAnyFlag: true,
  hidesHostDr7: false,
  lazySync: "addresses",
  fastPath: false,
  reentryLoadsDr6: false,
  dr6: { volatile: 0x1_e00f, fixed: 0xfffe_0ff0 | 0 },
  emulatorSeesFailure: true,
  gdExitShowsBd: false,
  debugExitRtm: false,
  dbRaises: "rtm",
  mendsEntry: "never",
  commonSkipSteps: false,
  vendorSkipSteps: false,
  emulatorSteps: "real-tf",
  emulatedStepKeepsTf: false,
  stepsOverFault: true,
  emulatedDbSteps: true,
  stepPc: "requested",
  shadowInhibits: false,
  rechecksOnFault: true,
  portIn: "emulator",
  portMoves: "before",
  debugregs: "unchecked",
  vcpuEvents: "unchecked",
  eventsInject: "queue",
  setRegsDropsInjected: true,
  guestDebugMask: 0,
  blocksInterrupts: false,
  declaresGuestDebug: false,
  declaresPayload: false,
};

/** What SVM has of its own in 4.4 and 4.9. */
export const OLD_SVM: Partial<X86Behaviour> = {
  debugExitRtm: true,
  vmDr6IsGuests: true,
  dbExitFills: false,
  failedWriteMoves: true,
};

export const LINUX_4_9: X86Behaviour = {
  ...LINUX_4_4,
  lazySync: "all",
  debugregs: "checked",
  vcpuEvents: "checked",
};

export const LINUX_7_2: X86Behaviour = {
  ...LINUX_6_1,
  reentryLoadsDr6: false,
  fastPathStops: true,
  payloadAt: "injection",
  mendsEntry: "at-injection",
  emulatorBreakpoints: "effective",
  emulatorGd: "effective",
  oneEmulatedDb: true,
  eventsCountNmis: true,
  injectRefused: "pending-or-injected",
};

export const LINUX_7_3: X86Behaviour = {
  ...LINUX_7_2,
  dbRaises: "active-low-but-bld",
  emulatorSeesFailure: true,
};
