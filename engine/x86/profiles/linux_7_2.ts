/**
 * Linux 7.2: emulated #DBs look at the effective DR7 and may go to userspace. Checked against recordings of
 * kvm-amd. Rules x86:D.12a.
 *
 * @module
 */
import {
  codeBreakpointCheck72,
  effectiveGeneralDetect,
} from "../kvm/emulator.ts";
import { keepStatus } from "../kvm/entry.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { stepSince72 } from "../kvm/step.ts";
import { linux61 } from "./linux_6_1.ts";
import type { X86Profile } from "./profile.ts";

const changes = {
  mendsEntry: "at-injection", // x86:D23
  reenter: keepStatus, // x86:F9
  step: stepSince72,
  emulatorCodeBreakpoint: codeBreakpointCheck72,
  emulatorGeneralDetect: effectiveGeneralDetect,
} satisfies Partial<X86Kernel>;

/** Mainline of today. */
export const linux72: X86Profile = {
  name: "linux-7.2",
  about: "mainline of today, checked against recordings of kvm-amd",
  source: "Linux 6.19.9; recordings of kvm-amd 7.2 on TCG",
  vmx: { ...linux61.vmx, ...changes },
  svm: { ...linux61.svm, ...changes },
};
