/**
 * Rows of history: what ioctls return. A table of data.
 *
 * @module
 */
import { both, type X86Change } from "./row.ts";

/** Oldest first. */
export const interfaceRows = (): readonly X86Change[] => [
  {
    name: "debugregs-checked",
    commits: [{
      hash: "d14bdb553f91",
      subject: "KVM: x86: fix OOPS after invalid KVM_SET_DEBUGREGS",
      seen: "memory",
    }],
    since: "4.7",
    approximate: true,
    bracket: { without: "4.6.2", with: "4.9.0" },
    stable: [{ series: "4.4", without: "4.4.11", with: "4.4.38" }],
    confidence: "read",
    rules: ["x86:F12", "x86:D35"],
    before:
      "KVM_SET_DEBUGREGS takes bits 63:32 of DR6 and DR7, which the CPU refuses.",
    after: "It returns EINVAL.",
    fields: both({ debugregs: "unchecked" }, { debugregs: "checked" }),
  },
  {
    name: "set-guest-debug-declared",
    commits: [{
      hash: undefined,
      subject: "KVM: X86: Declare KVM_CAP_SET_GUEST_DEBUG properly",
      seen: "commit",
    }],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D36"],
    before: "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG is 0.",
    after: "It is 1.",
    fields: both({ declaresGuestDebug: false }, { declaresGuestDebug: true }),
  },
  {
    name: "set-guest-debug2",
    commits: [{
      hash: "7e582ccbbd73",
      subject: "KVM: x86: implement KVM_CAP_SET_GUEST_DEBUG2",
      seen: "memory",
    }],
    since: "5.13",
    approximate: true,
    bracket: { without: "5.12.9", with: "5.14.2" },
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D38"],
    before: "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG2 is 0.",
    after: "It is 0xf0003.",
    fields: both({ guestDebugMask: 0 }, { guestDebugMask: 0xf_0003 }),
  },
  {
    name: "blockirq",
    commits: [{
      hash: "61e5f69ef083",
      subject: "KVM: x86: implement KVM_GUESTDBG_BLOCKIRQ",
      seen: "commit",
    }],
    since: "5.15",
    stable: [],
    confidence: "read",
    rules: ["x86:D38", "x86:D32", "x86:F16"],
    before:
      "Interrupts and NMIs are injected although userspace has set BLOCKIRQ. KVM_CAP_SET_GUEST_DEBUG2 reports 0xf0003.",
    after: "They are held back. It reports 0x1f0003.",
    fields: both(
      { guestDebugMask: 0xf_0003, blocksInterrupts: false },
      { guestDebugMask: 0x1f_0003, blocksInterrupts: true },
    ),
    needs: [{
      row: "set-guest-debug2",
      why: "it adds a bit to what that one reports",
    }],
  },
  {
    name: "inject-checks-injected",
    commits: [{
      hash: "e907b4e72488",
      subject:
        "KVM: x86: Check for injected exceptions before queuing a debug exception",
      seen: "commit",
    }],
    since: "7.1",
    stable: [],
    confidence: "read",
    rules: ["x86:D40"],
    before:
      "INJECT_DB replaces an exception that was injected and is not delivered.",
    after: "It is refused with EBUSY.",
    fields: both(
      { injectRefused: "pending" },
      { injectRefused: "pending-or-injected" },
    ),
  },
];
