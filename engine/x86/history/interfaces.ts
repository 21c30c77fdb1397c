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
    stable: [
      { series: "4.4", since: "4.4.14", seen: "queue" },
      { series: "4.6", since: "4.6.3", seen: "queue" },
    ],
    confidence: "read",
    rules: ["x86:F12", "x86:D35"],
    before:
      "KVM_SET_DEBUGREGS takes bits 63:32 of DR6 and DR7, which the CPU refuses.",
    after: "It returns EINVAL.",
    fields: both({ debugregs: "unchecked" }, { debugregs: "checked" }),
  },
  {
    name: "vcpu-events-checked",
    commits: [{
      hash: "78e546c824fa",
      subject: "KVM: fail KVM_SET_VCPU_EVENTS with invalid exception number",
      seen: "commit",
    }],
    since: "4.7",
    approximate: true,
    stable: [{ series: "4.4", since: "4.4.180" }],
    confidence: "commit",
    rules: ["x86:D107"],
    before: "KVM_SET_VCPU_EVENTS takes any vector for an exception.",
    after: "It returns EINVAL for one above 31 and for that of an NMI.",
    fields: both({ vcpuEvents: "unchecked" }, { vcpuEvents: "checked" }),
  },
  {
    name: "injected-exception-flag",
    commits: [{
      hash: "664f8e26b00c",
      subject:
        "KVM: X86: Fix loss of exception which has not yet been injected",
      seen: "memory",
    }],
    since: "4.14",
    approximate: true,
    stable: [],
    confidence: "memory",
    rules: ["x86:D108"],
    before:
      "KVM_SET_REGS drops an exception that was injected and is not delivered.",
    after: "It drops one that is queued, and no other.",
    fields: both(
      { setRegsDropsInjected: true },
      { setRegsDropsInjected: false },
    ),
  },
  {
    name: "vcpu-events-payload",
    commits: [{
      hash: "59073aaf6de0",
      subject: "kvm: x86: Add exception payload fields to kvm_vcpu_events",
      seen: "memory",
    }],
    since: "4.20",
    approximate: true,
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D105", "x86:D106"],
    before:
      "KVM_SET_VCPU_EVENTS with exception.injected queues the exception: #DB clears DR7.GD when it is injected.",
    after: "It is delivered as it is, and DR7.GD stays.",
    fields: both({ eventsInject: "queue" }, { eventsInject: "again" }),
  },
  {
    name: "nmi-pending-count",
    commits: [{
      hash: "ab2ee212a57b",
      subject: "KVM: x86: Save/restore all NMIs when multiple NMIs are pending",
      seen: "commit",
    }],
    since: "6.4",
    stable: [],
    confidence: "commit",
    rules: ["x86:D104"],
    before: "KVM_GET_VCPU_EVENTS gives 1 for two pending NMIs.",
    after: "It gives their number.",
    fields: both({ eventsCountNmis: false }, { eventsCountNmis: true }),
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
