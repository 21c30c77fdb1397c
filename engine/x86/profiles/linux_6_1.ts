/**
 * Linux 6.1, as the rows of history make it of 4.4.1. It is the kernel that is used if none is named, and written out
 * so that a start does not go through the rows; a test compares the two.
 *
 * @module
 */
import type { FoundKernel } from "../../history_kernels.ts";
import { BASE_SVM, BASE_VMX } from "../history/base.ts";
import type { X86Kernels } from "../history/mod.ts";
import type { X86Behaviour } from "../kvm/behaviour.ts";
import { DR6_BITS } from "../kvm/constants.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";

/** What differs from 4.4.1 for both vendors. */
const BOTH: Partial<X86Behaviour> = {
  hasReload: false,
  dr6WithAnyFlag: false,
  hidesHostDr7: true,
  lazySync: "all",
  reentryLoadsDr6: true,
  dr6: DR6_BITS.from2021,
  emulatorSeesFailure: false,
  dbRaises: "active-low",
  commonSkipSteps: true,
  vendorSkipSteps: true,
  emulatorSteps: "guest-tf-or-singlestep",
  emulatedStepKeepsTf: true,
  stepsOverFault: false,
  emulatedDbSteps: false,
  stepPc: "reached",
  shadowInhibits: true,
  rechecksOnFault: false,
  portIn: "fast",
  portMoves: "after",
  debugregs: "checked",
  guestDebugMask: 0x1f_0003,
  blocksInterrupts: true,
  declaresGuestDebug: true,
  declaresPayload: true,
  vcpuEvents: "checked",
  eventsInject: "again",
  setRegsDropsInjected: false,
};

/** The kernel, its rows in the order of history. */
export function linux61(): FoundKernel<X86Kernels> {
  return {
    ok: true,
    name: "linux-6.1",
    kernel: {
      vmx: {
        ...BASE_VMX,
        ...BOTH,
        fastPath: true,
        gdExitShowsBd: true,
        debugExitRtm: true,
        mendsEntry: "after-exit",
        debugctlFeatures: DEBUGCTL_BITS.BLD,
        hostDebugctlAt: "load",
      },
      svm: {
        ...BASE_SVM,
        ...BOTH,
        vmDr6IsGuests: false,
        failedWriteMoves: false,
        dbExitFills: true,
        hidesNmiStep: true,
      },
    },
    rows: [
      "root-cause-fix",
      "debugregs-checked",
      "vcpu-events-checked",
      "skip-steps",
      "svm-fast-in",
      "emulator-steps-guest-tf",
      "svm-skip-steps",
      "svm-hidden-nmi-step",
      "injected-exception-flag",
      "dr6-cleared-at-put",
      "host-debugctl-at-load",
      "vmx-fast-in",
      "exception-payload",
      "vcpu-events-payload",
      "emulator-forgets-singlestep",
      "port-after-exit",
      "no-step-after-fault",
      "svm-isolated-dr6",
      "emulator-steps-again",
      "step-exit-pc",
      "debug-exit-rtm",
      "gd-exit-dr6",
      "svm-debug-exit-filled",
      "set-guest-debug-declared",
      "fast-path",
      "payload-raises-all",
      "set-dr-failure",
      "breakpoint-in-decoder",
      "guest-bus-lock-trap",
      "bus-lock-dr6",
      "set-guest-debug2",
      "host-dr7-cleared",
      "no-reload-flag",
      "dr6-when-lazy",
      "blockirq",
      "pending-bs-after-exit",
      "breakpoint-before-decode",
      "fault-like-emulated-db",
      "mov-ss-inhibits-emulator",
      "no-recheck-on-fault",
    ],
    notes: [],
    madeFrom: undefined,
  };
}
