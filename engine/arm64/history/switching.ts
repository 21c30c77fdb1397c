/**
 * Rows of history: what KVM loads for the guest, and what traps. A table of data.
 *
 * @module
 */
import type { SwitchRules } from "../kvm/kernel.ts";
import { contextAwareLast, sameNumbers } from "../kvm/numbering.ts";
import { ownerSwitch } from "../kvm/owner_switch.ts";
import { pointerSwitch } from "../kvm/pointer_switch.ts";
import { POINTER_RULES } from "./base.ts";
import { type Arm64Change, fields } from "./row.ts";

const OWNER_RULES: SwitchRules = {
  load: "arm64:E/2.1",
  enter: "arm64:E/2.2",
  exit: "arm64:E/2.8",
  put: "arm64:E/2.4",
  switchIn: "arm64:E/2.8",
  switchOut: "arm64:E/2.8",
  mdcr: "arm64:E/2.2",
  setup: "arm64:E/2.5",
  step: "arm64:E/2.6",
  clear: "arm64:E/2.5",
  dirty: "arm64:E/2.1",
  accessed: "arm64:E/2.3",
};

/** Oldest first. */
export const switchingRows = (): readonly Arm64Change[] => [
  {
    name: "host-at-el2",
    commits: [
      {
        hash: undefined,
        subject: "arm64: VHE: Add support for running Linux in EL2 mode",
        seen: "commit",
      },
      {
        hash: "ae7e27fe6834",
        subject:
          "arm64: hw_breakpoint: Allow EL2 breakpoints if running in HYP",
        seen: "commit",
      },
    ],
    since: "4.6",
    stable: [],
    confidence: "commit",
    rules: ["arm64:E/1.39"],
    before:
      "The host kernel runs at EL1, on a CPU with VHE too: CONTEXTIDR_EL1 is the host's after an exit, and its own breakpoints have HMC 0.",
    after:
      "With VHE it runs at EL2: the guest's CONTEXTIDR_EL1 stays after an exit, and HMC of the host's own breakpoints is 1.",
    fields: fields({ usesVhe: false }, { usesVhe: true }),
  },
  {
    name: "trap-spe-controls",
    commits: [{
      hash: undefined,
      subject:
        "arm64: KVM: Save/restore the host SPE state when entering/leaving a VM",
      seen: "memory",
    }],
    since: "4.11",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.3"],
    before: "MDCR_EL2.TPMS is 0 while the guest runs.",
    after: "It is 1.",
    fields: fields({ trapsSpe: false }, { trapsSpe: true }),
  },
  {
    name: "mdcr-at-load",
    commits: [{
      hash: "d5a21bcc2995",
      subject:
        "KVM: arm64: Move common VHE/non-VHE trap config in separate functions",
      seen: "commit",
    }],
    since: "4.17",
    stable: [],
    confidence: "read",
    rules: ["arm64:F9", "arm64:F24", "arm64:E/1.7"],
    before: "MDCR_EL2 is written at each entry.",
    after:
      "With VHE it is written at vcpu_load, as the last run left it: 0 for a new vCPU, so nothing traps, and KVM_SET_GUEST_DEBUG takes effect one vcpu_load late.",
    fields: fields({ mdcrAtLoad: false }, { mdcrAtLoad: true }),
  },
  {
    name: "lost-register-numbers",
    commits: [{
      hash: "03fdfb269009",
      subject: "KVM: arm64: Don't write junk to sysregs on reset",
      seen: "commit",
    }],
    since: "5.3",
    stable: [
      { series: "4.19", since: "4.19.69", seen: "announcement" },
      { series: "5.2", since: "5.2.11", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["arm64:F1", "arm64:F25"],
    before:
      "A trapped access and KVM_GET_ONE_REG reach the breakpoint or watchpoint register that they name.",
    after: "They reach number 0, whatever they name; a reset clears number 0.",
    fields: fields({ aliasesNumber0: false }, { aliasesNumber0: true }),
  },
  {
    name: "no-tvm-with-fwb",
    commits: [{
      hash: undefined,
      subject: "KVM: arm64: Don't set HCR_EL2.TVM when S2FWB is supported",
      seen: "commit",
    }],
    since: "5.5",
    stable: [],
    confidence: "commit",
    rules: ["arm64:E/1.38"],
    before:
      "A write of CONTEXTIDR_EL1 exits, whatever the CPU, until the guest has turned its MMU and caches on.",
    after: "It does not on a CPU with FEAT_S2FWB.",
    fields: fields({ leavesVmWithFwb: false }, { leavesVmWithFwb: true }),
  },
  {
    name: "write-mdcr-changes",
    commits: [{
      hash: "4942dc6638b0",
      subject:
        "KVM: arm64: Write arch.mdcr_el2 changes since last vcpu_load on VHE",
      seen: "commit",
    }],
    since: "5.6",
    stable: [
      { series: "4.19", since: "4.19.101", seen: "announcement" },
      { series: "5.4", since: "5.4.17", seen: "announcement" },
      { series: "5.5", since: "5.5.1", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["arm64:F9", "arm64:F24", "arm64:E/1.7"],
    before:
      "With VHE an MDCR_EL2 that changed is written at the next vcpu_load.",
    after: "It is written before the entry.",
    fields: fields({ writesMdcrChanges: false }, { writesMdcrChanges: true }),
    needs: [{
      row: "mdcr-at-load",
      why: "without it MDCR_EL2 is written at each entry anyway",
    }],
  },
  {
    name: "trap-trace-filter",
    commits: [{
      hash: "a354a64d91ee",
      subject: "KVM: arm64: Disable guest access to trace filter controls",
      seen: "commit",
    }],
    since: "5.12",
    stable: [
      { series: "4.14", since: "4.14.231", seen: "announcement" },
      { series: "4.19", since: "4.19.188", seen: "announcement" },
      { series: "5.4", since: "5.4.113", seen: "announcement" },
      { series: "5.10", since: "5.10.31", seen: "announcement" },
      { series: "5.11", since: "5.11.15", seen: "queue" },
    ],
    confidence: "read",
    rules: ["arm64:E/1.3"],
    before: "MDCR_EL2.TTRF is 0 while the guest runs.",
    after: "It is 1.",
    fields: fields({ trapsTraceFilter: false }, { trapsTraceFilter: true }),
  },
  {
    name: "index-debug-registers",
    commits: [{
      hash: "cb853ded1d25",
      subject: "KVM: arm64: Fix debug register indexing",
      seen: "commit",
    }],
    since: "5.13",
    stable: [
      { series: "4.19", since: "4.19.194", seen: "announcement" },
      { series: "5.4", since: "5.4.125", seen: "announcement" },
      { series: "5.10", since: "5.10.43", seen: "announcement" },
      { series: "5.12", since: "5.12.9", seen: "queue" },
    ],
    confidence: "read",
    rules: ["arm64:F1", "arm64:F25"],
    before: "Every breakpoint and watchpoint register that is emulated is 0.",
    after: "Each is the one that the access names.",
    fields: fields({ aliasesNumber0: true }, { aliasesNumber0: false }),
    needs: [{
      row: "lost-register-numbers",
      why: "it fixes what that one broke",
    }],
  },
  {
    name: "initial-mdcr",
    commits: [{
      hash: "263d6287da14",
      subject: "KVM: arm64: Initialize VCPU mdcr_el2 before loading it",
      seen: "memory",
    }],
    since: "5.13",
    stable: [
      { series: "4.19", since: "4.19.191", seen: "announcement" },
      { series: "5.4", since: "5.4.121", seen: "announcement" },
      { series: "5.10", since: "5.10.37", seen: "push" },
      { series: "5.11", since: "5.11.21", seen: "announcement" },
      { series: "5.12", since: "5.12.4", seen: "queue" },
    ],
    confidence: "read",
    rules: ["arm64:F9"],
    before:
      "With VHE a new vCPU's first vcpu_load writes 0 to MDCR_EL2, HPMN included.",
    after: "It writes what the first entry needs.",
    fields: fields({ initialMdcr: false }, { initialMdcr: true }),
    needs: [{
      row: "mdcr-at-load",
      why:
        "without it MDCR_EL2 is built before it is written, also the first time",
    }],
  },
  {
    name: "os-lock",
    commits: [
      {
        hash: "f24adc65c556",
        subject: "KVM: arm64: Allow guest to set the OSLK bit",
        seen: "commit",
      },
      {
        hash: "7dabf02f43a1",
        subject: "KVM: arm64: Emulate the OS Lock",
        seen: "commit",
      },
    ],
    since: "5.18",
    stable: [],
    confidence: "read",
    rules: ["arm64:F7", "arm64:A/15"],
    before:
      "A guest's write of OSLAR_EL1 is ignored, and KVM_GET_ONE_REG of OSLSR_EL1 gives ENOENT.",
    after:
      "The lock is kept and masks debug exceptions; KVM_GET_ONE_REG shows it.",
    fields: fields({ osLock: false }, { osLock: true }),
  },
  {
    name: "debug-owner",
    commits: [
      {
        hash: "b47ffd13fda8",
        subject:
          "KVM: arm64: Write MDCR_EL2 directly from kvm_arm_setup_mdcr_el2()",
        seen: "commit",
      },
      {
        hash: "cd9b10102ae3",
        subject: "KVM: arm64: Evaluate debug owner at vcpu_load()",
        seen: "commit",
      },
      {
        hash: "58db67e9accc",
        subject:
          "KVM: arm64: Select debug state to save/restore based on debug owner",
        seen: "commit",
      },
      {
        hash: "beb470d96cec",
        subject:
          "KVM: arm64: Use debug_owner to track if debug regs need save/restore",
        seen: "commit",
      },
      {
        hash: "06d22a9c1b94",
        subject: "KVM: arm64: Reload vCPU for accesses to OSLAR_EL1",
        seen: "commit",
      },
      {
        hash: "75a5fbaf6623",
        subject: "KVM: arm64: Compute MDCR_EL2 at vcpu_load()",
        seen: "commit",
      },
      {
        hash: "4ad3a0b87f2e",
        subject: "KVM: arm64: Don't hijack guest context MDSCR_EL1",
        seen: "commit",
      },
      {
        hash: "2ca3f03bf524",
        subject: "KVM: arm64: Manage software step state at load/put",
        seen: "commit",
      },
      {
        hash: "3ce9f3357e9e",
        subject: "KVM: arm64: Fold DBGxVR/DBGxCR accessors into common set",
        seen: "commit",
      },
      {
        hash: "c4a6ed854559",
        subject: "KVM: arm64: Promote guest ownership for DBGxVR/DBGxCR reads",
        seen: "commit",
      },
    ],
    since: "6.14",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/2.1", "arm64:E/2.3", "arm64:E/2.5", "arm64:F10"],
    before:
      "A trapped write hands the debug registers to the guest until the next exit, and while userspace debugs, the bits that KVM needs are in the guest's MDSCR_EL1.",
    after:
      "A trapped read does too, and until vcpu_put; the guest's MDSCR_EL1 is never changed, and its own breakpoints are off under any guest debug.",
    fields: fields(
      {
        debugSwitch: pointerSwitch,
        switchRules: POINTER_RULES,
        rule: "arm64:E/1.10",
        keepsSs: true,
        tracksPending: true,
        writesMdcrChanges: true,
        initialMdcr: true,
      },
      {
        debugSwitch: ownerSwitch,
        switchRules: OWNER_RULES,
        rule: "arm64:E/2.9",
        // The redesign has these behaviours of its own.
        keepsSs: true,
        tracksPending: true,
        writesMdcrChanges: true,
        initialMdcr: true,
      },
    ),
  },
  {
    name: "renumber-breakpoints",
    commits: [
      {
        hash: undefined,
        subject:
          "[PATCH v7 03..05, 12..15] KVM: arm64: Make CPU ID registers writable by userspace",
        seen: "memory",
      },
    ],
    since: undefined,
    stable: [],
    confidence: "read",
    rules: ["arm64:D9", "arm64:D15", "arm64:D28", "arm64:D/8"],
    before:
      "Userspace cannot give the guest fewer breakpoints: KVM_SET_ONE_REG of ID_AA64DFR0_EL1 gives EINVAL.",
    after:
      "It can, and the guest's context-aware breakpoints are the machine's context-aware ones, by other numbers.",
    fields: fields(
      {
        numbering: sameNumbers,
        configurableIds: false,
        rule: "arm64:E/1.10",
      },
      {
        numbering: contextAwareLast,
        configurableIds: true,
        rule: "arm64:D28",
      },
    ),
    needs: [
      {
        row: "trap-id-registers",
        why: "userspace sets the counts in an ID register",
      },
      {
        row: "limit-debug-version",
        why: "its limit of ID_AA64DFR0_EL1 has DebugVer 6",
      },
      {
        row: "hide-absent-pmu",
        why: "a vCPU without a PMU has PMUVer 0",
      },
      { row: "os-lock", why: "it was written on 5.18" },
    ],
    excludes: [
      {
        row: "writable-pmu-version",
        why: "both change what userspace may write to ID_AA64DFR0_EL1",
      },
      {
        row: "vm-wide-id-registers",
        why: "both change what userspace may write to ID_AA64DFR0_EL1",
      },
      {
        row: "debug-owner",
        why: "it makes accesses trap by debug_ptr and DIRTY",
      },
    ],
  },
];
