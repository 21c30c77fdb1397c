/**
 * Rows of history: IA32_DEBUGCTL, what a guest may write to it and which value the CPU holds. A table of data.
 *
 * @module
 */
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { both, only, type X86Change } from "./row.ts";

const { LBR, BTF, BLD, PINS, RTM } = DEBUGCTL_BITS;

/** Oldest first. */
export const debugctlRows = (): readonly X86Change[] => [
  {
    name: "host-debugctl-at-load",
    commits: [{
      hash: "065f838d1577",
      subject: "KVM: VMX: Cache IA32_DEBUGCTL in memory",
      seen: "memory",
    }],
    since: "4.16",
    approximate: true,
    stable: [],
    confidence: "commit",
    rules: ["x86:D72", "x86:F43"],
    before: "KVM reads the host's DEBUGCTL before each entry.",
    after:
      "It reads it at vcpu_load, and takes back after an exit what the host has changed since.",
    fields: only(
      "vmx",
      { hostDebugctlAt: "entry" },
      { hostDebugctlAt: "load" },
    ),
  },
  {
    name: "guest-bus-lock-trap",
    commits: [{
      hash: "76ea438b4afc",
      subject: "KVM: X86: Expose bus lock debug exception to guest",
      seen: "commit",
    }],
    since: "5.13",
    stable: [],
    // One series with the bit of DR6, which it has.
    distributions: ["rhel-8.5"],
    confidence: "commit",
    rules: ["x86:D75"],
    before: "A write of DEBUGCTL.BLD is #GP.",
    after:
      "It is stored if the guest's CPUID has bus lock detection, and bus locks raise #DB.",
    fields: only(
      "vmx",
      { debugctlFeatures: 0 },
      { debugctlFeatures: BLD },
    ),
  },
  {
    name: "userspace-debugctl",
    commits: [{
      hash: "b333b8ebb85d",
      subject:
        "KVM: VMX: Ignore guest CPUID for host userspace writes to DEBUGCTL",
      seen: "commit",
    }],
    since: "6.1",
    stable: [{ series: "6.0", since: "6.0.8", seen: "queue" }],
    confidence: "commit",
    rules: ["x86:D79"],
    before:
      "KVM_SET_MSRS of DEBUGCTL sets BLD only if the guest's CPUID has bus lock detection.",
    after:
      "It sets BLD, and RTM where a guest can set it, if the CPU has the feature, whatever the guest's CPUID has.",
    fields: only("vmx", { debugctlOfHost: false }, { debugctlOfHost: true }),
    needs: [{
      row: "guest-bus-lock-trap",
      why: "without it KVM_SET_MSRS takes neither bit",
    }],
  },
  {
    name: "svm-debugctl-lbr-alone",
    commits: [
      {
        hash: "ee89e8013383",
        subject: "KVM: SVM: Drop DEBUGCTL[5:2] from guest's effective value",
        seen: "commit",
      },
      {
        hash: "d0eac42f5cec",
        subject: "KVM: SVM: Suppress DEBUGCTL.BTF on AMD",
        seen: "commit",
      },
    ],
    since: "6.14",
    stable: [
      // 6.1.131 has the first commit alone.
      { series: "6.6", since: "6.6.83", seen: "announcement" },
      { series: "6.12", since: "6.12.19" },
      { series: "6.13", since: "6.13.7", seen: "announcement" },
    ],
    confidence: "commit",
    rules: ["x86:D70", "x86:D71"],
    before:
      "Bits 5:1 of DEBUGCTL are stored, and have an effect while the guest has set LBR too.",
    after: "They are dropped, and the guest reads them as 0.",
    fields: only(
      "svm",
      { debugctlStores: 0x3f, debugctlDrops: 0 },
      { debugctlStores: LBR, debugctlDrops: BTF | PINS },
    ),
  },
  {
    name: "svm-switches-debugctl",
    commits: [
      {
        hash: "fb71c7959356",
        subject: "KVM: x86: Snapshot the host's DEBUGCTL in common x86",
        seen: "commit",
      },
      {
        hash: "433265870ab3",
        subject:
          "KVM: SVM: Manually context switch DEBUGCTL if LBR virtualization is disabled",
        seen: "commit",
      },
    ],
    since: "6.14",
    stable: [
      { series: "6.12", since: "6.12.19" },
      { series: "6.13", since: "6.13.7", seen: "announcement" },
    ],
    confidence: "commit",
    rules: ["x86:D73", "x86:F40"],
    before:
      "The guest runs with the host's DEBUGCTL: its BTF makes the guest's steps stop at branches alone, its BLD raises #DB in the guest.",
    after: "It runs with its own.",
    fields: only(
      "svm",
      { switchesDebugctl: false, hostDebugctlAt: "never" },
      { switchesDebugctl: true, hostDebugctlAt: "entry" },
    ),
  },
  {
    name: "host-debugctl-at-entry",
    commits: [{
      hash: "189ecdb3e112",
      subject: "KVM: x86: Snapshot the host's DEBUGCTL after disabling IRQs",
      seen: "commit",
    }],
    since: "6.14",
    stable: [
      { series: "6.1", since: "6.1.149", seen: "announcement" },
      { series: "6.6", since: "6.6.103", seen: "announcement" },
      { series: "6.12", since: "6.12.19" },
      { series: "6.13", since: "6.13.7", seen: "announcement" },
    ],
    confidence: "commit",
    rules: ["x86:D72", "x86:F43"],
    before:
      "An exit takes back what the host has changed in its DEBUGCTL since vcpu_load.",
    after: "The host's value survives.",
    fields: only(
      "vmx",
      { hostDebugctlAt: "load" },
      { hostDebugctlAt: "entry" },
    ),
    needs: [{
      row: "host-debugctl-at-load",
      why: "it moves what that one had moved to vcpu_load",
    }],
  },
  {
    name: "svm-debugctl-pins-reserved",
    commits: [{
      hash: "5ecdb48dd918",
      subject: "KVM: SVM: Treat DEBUGCTL[5:2] as reserved",
      seen: "commit",
    }],
    since: "6.16",
    approximate: true,
    stable: [],
    confidence: "commit",
    rules: ["x86:D70"],
    before: "Bits 5:2 of DEBUGCTL are dropped.",
    after: "A write of them is #GP.",
    fields: only(
      "svm",
      { debugctlDrops: BTF | PINS },
      { debugctlDrops: BTF },
    ),
    needs: [{
      row: "svm-debugctl-lbr-alone",
      why: "it refuses what that one drops",
    }],
  },
  {
    name: "guest-rtm-debug",
    commits: [{
      hash: "17ec2f965344",
      subject:
        "KVM: VMX: Allow guest to set DEBUGCTL.RTM_DEBUG if RTM is supported",
      seen: "commit",
    }],
    since: "6.17",
    stable: [
      { series: "6.1", since: "6.1.149", seen: "announcement" },
      { series: "6.6", since: "6.6.103", seen: "announcement" },
      { series: "6.12", since: "6.12.43", seen: "review" },
      { series: "6.16", since: "6.16.1", seen: "announcement" },
    ],
    confidence: "commit",
    rules: ["x86:D76"],
    before: "A write of DEBUGCTL.RTM is #GP.",
    after: "It is stored if the guest's CPUID has RTM.",
    fields: only(
      "vmx",
      { debugctlFeatures: BLD },
      { debugctlFeatures: BLD | RTM },
    ),
    needs: [{
      row: "guest-bus-lock-trap",
      why: "it adds a bit to those that depend on the guest's CPUID",
    }],
  },
  {
    name: "host-freeze-in-smm",
    commits: [{
      hash: "6b1dd26544d0",
      subject:
        "KVM: VMX: Preserve host's DEBUGCTLMSR_FREEZE_IN_SMM while running the guest",
      seen: "commit",
    }],
    since: "6.17",
    stable: [
      { series: "6.1", since: "6.1.149", seen: "announcement" },
      { series: "6.6", since: "6.6.103", seen: "announcement" },
      { series: "6.12", since: "6.12.43", seen: "review" },
      { series: "6.16", since: "6.16.2", seen: "announcement" },
    ],
    confidence: "commit",
    rules: ["x86:D74", "x86:F42"],
    before: "The guest runs without the host's FREEZE_IN_SMM.",
    after: "It runs with it, and does not read it.",
    fields: only(
      "vmx",
      { debugctlKeepsFreeze: false },
      { debugctlKeepsFreeze: true },
    ),
    needs: [{
      row: "host-debugctl-at-entry",
      why: "it takes the bit from what that one reads",
    }],
  },
  {
    name: "debugctl-in-msr-list",
    commits: [{
      hash: "3700f0788da6",
      subject: "KVM: SVM: Add missing save/restore handling of LBR MSRs",
      seen: "commit",
    }],
    since: "7.1",
    stable: [
      { series: "6.18", since: "6.18.27", seen: "announcement" },
      { series: "7.0", since: "7.0.4" },
    ],
    confidence: "commit",
    rules: ["x86:D116"],
    before:
      "KVM_GET_MSR_INDEX_LIST has no DEBUGCTL, and no VMM saves what the guest wrote to it.",
    after: "It has it: VMMs that save the MSRs of that list save it.",
    fields: both({ listsDebugctl: false }, { listsDebugctl: true }),
  },
];
