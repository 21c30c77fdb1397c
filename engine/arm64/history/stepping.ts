/**
 * Rows of history: single step, and the PC after an emulated instruction. A table of data.
 *
 * @module
 */
import { type Arm64Change, fields } from "./row.ts";

/** Oldest first. */
export const steppingRows = (): readonly Arm64Change[] => [
  {
    name: "fake-step-exit",
    commits: [
      {
        hash: undefined,
        subject: "KVM: arm/arm64: debug: Introduce helper for single-step",
        seen: "memory",
      },
      {
        hash: undefined,
        subject: "kvm: arm64: handle single-stepping trapped instructions",
        seen: "memory",
      },
      {
        hash: undefined,
        subject:
          "kvm: arm64: handle single-step of userspace mmio instructions",
        seen: "memory",
      },
    ],
    since: "4.15",
    approximate: true,
    bracket: { without: "4.14.325", with: "4.16.13" },
    stable: [],
    confidence: "read",
    rules: ["arm64:F5", "arm64:F23"],
    before:
      "Userspace that steps over an instruction that KVM emulates gets the exit one instruction late.",
    after:
      "KVM makes the exit up after the emulation: hsr is 0xc8000000, pc the next instruction.",
    fields: fields({ fakesStep: false }, { fakesStep: true }),
  },
  {
    name: "answer-smc",
    commits: [{
      hash: "acfb3b883f6d",
      subject: "arm64: KVM: Fix SMCCC handling of unimplemented SMC/HVC calls",
      seen: "commit",
    }],
    since: "4.15",
    approximate: true,
    stable: [
      { series: "4.9", since: "4.9.78", seen: "queue" },
      { series: "4.14", since: "4.14.15" },
    ],
    confidence: "memory",
    rules: ["arm64:E/1.32", "arm64:F26"],
    before: "An SMC of the guest is UNDEFINED.",
    after: "It is answered, and executed again for ever.",
    fields: fields({ smc: "undefined" }, { smc: "stays" }),
  },
  {
    name: "skip-smc",
    commits: [{
      hash: "f5115e8869e1",
      subject: "arm64: KVM: Increment PC after handling an SMC trap",
      seen: "commit",
    }],
    since: "4.16",
    stable: [
      { series: "4.9", since: "4.9.95", seen: "queue" },
      { series: "4.14", since: "4.14.20" },
    ],
    confidence: "memory",
    rules: ["arm64:E/1.32", "arm64:F26"],
    before: "An SMC of the guest is answered, and executed again for ever.",
    after: "The guest goes on after it, as after any emulated instruction.",
    fields: fields({ smc: "stays" }, { smc: "skips" }),
    needs: [{
      row: "answer-smc",
      why: "without it an SMC is UNDEFINED",
    }],
  },
  {
    name: "skip-mmio-afterwards",
    commits: [{
      hash: "0d640732dbeb",
      subject: "arm64: KVM: Skip MMIO insn after emulation",
      seen: "commit",
    }],
    since: "5.0",
    stable: [
      { series: "4.9", since: "4.9.156", seen: "queue" },
      { series: "4.14", since: "4.14.99", seen: "queue" },
      { series: "4.19", without: "4.19.0", with: "4.19.40" },
      { series: "4.20", since: "4.20.8", seen: "queue" },
    ],
    confidence: "read",
    rules: ["arm64:F4"],
    before: "At KVM_EXIT_MMIO the PC is past the instruction already.",
    after:
      "At KVM_EXIT_MMIO the PC is the instruction; it moves in the next KVM_RUN.",
    fields: fields(
      { skipsMmioAfterwards: false },
      { skipsMmioAfterwards: true },
    ),
  },
  {
    name: "advance-step",
    commits: [{
      hash: "bd7d95cafb49",
      subject:
        "arm64: KVM: Consistently advance singlestep when emulating instructions",
      seen: "commit",
    }],
    since: "5.0",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["arm64:F4", "arm64:F27", "arm64:N17"],
    before:
      "An emulated instruction does not count as a step of the guest's own stepping; for userspace's the exit is made up.",
    after:
      "It counts as one, and no exit is made up; but until 5.11 the next entry sets PSTATE.SS again for userspace, whose exit comes one instruction late.",
    fields: fields(
      { skipAdvancesStep: false, fakesStep: true },
      { skipAdvancesStep: true, fakesStep: false },
    ),
  },
  {
    name: "adjust-pc-at-entry",
    commits: [
      {
        hash: "6ddbc281e2aa",
        subject:
          "KVM: arm64: Move kvm_vcpu_trap_il_is32bit into kvm_skip_instr32()",
        seen: "commit",
      },
      {
        hash: "cdb5e02ed133",
        subject: "KVM: arm64: Make kvm_skip_instr() and co private to HYP",
        seen: "commit",
      },
    ],
    since: "5.11",
    stable: [],
    confidence: "read",
    rules: ["arm64:F27", "arm64:E/1.21", "arm64:N17"],
    before:
      "The PC moves past an emulated instruction while the exit is handled.",
    after:
      "It moves at the next entry, after PSTATE.SS was set for userspace's step: that step is over then, and its exit comes at once.",
    fields: fields({ adjustsPcAtEntry: false }, { adjustsPcAtEntry: true }),
  },
  {
    name: "commit-pc",
    commits: [{
      hash: "26778aaa134a",
      subject:
        "KVM: arm64: Commit pending PC adjustemnts before returning to userspace",
      seen: "commit",
    }],
    since: "5.13",
    stable: [
      { series: "5.12", since: "5.12.10", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["arm64:E/5.5"],
    before:
      "A PC that KVM is to move, and an exception that it is to make, are not in what userspace saves, and are lost.",
    after: "KVM_RUN applies them before it returns.",
    fields: fields({ commitsPc: false }, { commitsPc: true }),
    needs: [{
      row: "adjust-pc-at-entry",
      why: "without it nothing is left to apply",
    }],
  },
  {
    name: "keep-pstate-ss",
    commits: [{
      hash: "34fbdee086cf",
      subject:
        "KVM: arm64: Preserve PSTATE.SS for the guest while single-step is enabled",
      seen: "commit",
    }],
    since: "6.1",
    stable: [],
    confidence: "read",
    rules: ["arm64:F2"],
    before:
      "After userspace's stepping the guest's PSTATE.SS is what the last step left, and KVM_GET_ONE_REG shows that.",
    after: "The guest's PSTATE.SS is what it was.",
    fields: fields({ keepsSs: false }, { keepsSs: true }),
  },
  {
    name: "keep-step-pending",
    commits: [{
      hash: "370531d1e95b",
      subject:
        "KVM: arm64: Clear PSTATE.SS when the Software Step state was Active-pending",
      seen: "commit",
    }],
    since: "6.1",
    stable: [],
    confidence: "read",
    rules: ["arm64:F3"],
    before:
      "An interrupt between the stepped instruction and its exception makes userspace step two instructions.",
    after: "The exit comes after one.",
    fields: fields({ tracksPending: false }, { tracksPending: true }),
  },
];
