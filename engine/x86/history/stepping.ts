/**
 * Rows of history: single steps over instructions that KVM completes, and port accesses. A table of data.
 *
 * @module
 */
import { both, only, type X86Change } from "./row.ts";

/** Oldest first. */
export const steppingRows = (): readonly X86Change[] => [
  {
    name: "skip-steps",
    commits: [{
      hash: "6affcbedcac7",
      subject: "KVM: x86: Add kvm_skip_emulated_instruction and use it.",
      seen: "memory",
    }],
    since: "4.10",
    stable: [],
    confidence: "read",
    rules: ["x86:F25", "x86:F34", "x86:D27"],
    before:
      "The step over CPUID comes one instruction late, and an emulated step takes TF from the guest's flags.",
    after: "The step is where it should be, and TF stays.",
    fields: {
      vmx: {
        before: {
          commonSkipSteps: false,
          vendorSkipSteps: false,
          emulatedStepKeepsTf: false,
        },
        after: {
          commonSkipSteps: true,
          vendorSkipSteps: true,
          emulatedStepKeepsTf: true,
        },
      },
      svm: {
        before: { commonSkipSteps: false, emulatedStepKeepsTf: false },
        after: { commonSkipSteps: true, emulatedStepKeepsTf: true },
      },
    },
  },
  {
    name: "svm-fast-in",
    commits: [{
      hash: "8370c3d08bd9",
      subject: "kvm: svm: Add kvm_fast_pio_in support",
      seen: "memory",
    }],
    since: "4.10",
    stable: [],
    confidence: "read",
    rules: ["x86:D41"],
    before: "IN is emulated: RIP is still at it when KVM_EXIT_IO comes.",
    after: "IN is skipped, as OUT is.",
    fields: only("svm", { portIn: "emulator" }, { portIn: "fast" }),
  },
  {
    name: "emulator-steps-guest-tf",
    commits: [{
      hash: "c8401dda2f0a",
      subject: "KVM: x86: fix singlestepping over syscall",
      seen: "commit",
    }],
    since: "4.12",
    stable: [
      { series: "4.4", since: "4.4.100", seen: "queue" },
      { series: "4.9", without: "4.9.0", with: "4.9.115" },
      { series: "4.11", since: "4.11.8", seen: "queue" },
    ],
    confidence: "read",
    rules: ["x86:D27"],
    before: "The emulator steps if the real TF is set.",
    after:
      "It steps if the guest's own TF was set or userspace asked for SINGLESTEP, wherever RIP is.",
    fields: both(
      { emulatorSteps: "real-tf" },
      { emulatorSteps: "guest-tf-or-singlestep" },
    ),
  },
  {
    name: "svm-skip-steps",
    commits: [{
      hash: undefined,
      subject: "KVM: SVM: kvm_skip_emulated_instruction() in the exit handlers",
      seen: "memory",
    }],
    since: "4.13",
    bracket: { without: "4.12.0", with: "4.13.4" },
    stable: [],
    confidence: "read",
    rules: ["x86:F25"],
    before:
      "With SVM the step over MOV DR, RDMSR, WRMSR, IN or OUT comes one instruction late.",
    after: "It comes right after the instruction.",
    fields: only("svm", { vendorSkipSteps: false }, { vendorSkipSteps: true }),
    needs: [{
      row: "skip-steps",
      why: "it uses the helper that that one introduced",
    }],
  },
  {
    name: "svm-hidden-nmi-step",
    commits: [
      {
        hash: "9b61174793f2",
        subject: "KVM: SVM: hide TF/RF flags used by NMI singlestep",
        seen: "commit",
      },
      {
        hash: "a12713c25bca",
        subject: "KVM: SVM: don't NMI singlestep over event injection",
        seen: "memory",
      },
    ],
    since: "4.13",
    bracket: { without: "4.12.0", with: "4.13.4" },
    stable: [],
    confidence: "read",
    rules: ["x86:D55", "x86:F17"],
    before:
      "SVM: TF and RF of KVM's own step for an NMI are in the RFLAGS of userspace, and in the frame of an injected event.",
    after: "They are hidden, and that step ends before an event is injected.",
    fields: only("svm", { hidesNmiStep: false }, { hidesNmiStep: true }),
  },
  {
    name: "vmx-fast-in",
    commits: [{
      hash: "432baf60eee3",
      subject: "KVM: VMX: use kvm_fast_pio_in for handling IN I/O",
      seen: "memory",
    }],
    since: "4.17",
    approximate: true,
    bracket: { without: "4.16.13", with: "4.18.0" },
    stable: [],
    confidence: "read",
    rules: ["x86:D41"],
    before: "IN is emulated: RIP is still at it when KVM_EXIT_IO comes.",
    after: "IN is skipped, as OUT is.",
    fields: only("vmx", { portIn: "emulator" }, { portIn: "fast" }),
  },
  {
    name: "emulator-forgets-singlestep",
    commits: [{
      hash: "5cc244a20b86",
      subject: "KVM: x86: Fix single-step debugging",
      seen: "memory",
    }],
    since: "5.0",
    stable: [
      { series: "4.4", without: "4.4.155", with: "4.4.178" },
      { series: "4.9", since: "4.9.154", seen: "queue" },
      { series: "4.14", without: "4.14.74", with: "4.14.241" },
      { series: "4.19", since: "4.19.19", seen: "queue" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F28", "x86:D27", "x86:D30"],
    before: "SINGLESTEP over an emulated instruction exits.",
    after: "It does not exit, TF is lost, and the guest runs on.",
    fields: both(
      { emulatorSteps: "guest-tf-or-singlestep" },
      { emulatorSteps: "guest-tf" },
    ),
    needs: [{
      row: "emulator-steps-guest-tf",
      why: "it drops half of the condition that that one introduced",
    }],
  },
  {
    name: "port-after-exit",
    commits: [
      {
        hash: "45def77ebf79",
        subject: "KVM: x86: update %rip after emulating IO",
        seen: "commit",
      },
      {
        hash: "8764ed55c970",
        subject: "KVM: x86: Whitelist port 0x7e for pre-incrementing %rip",
        seen: "memory",
      },
    ],
    since: "5.1",
    // The second commit is in the announcements of 4.19.40 and 5.0.13: the first is older there.
    stable: [
      { series: "4.19", without: "4.19.0", with: "4.19.40" },
      { series: "5.0", without: "5.0.1", with: "5.0.13" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D41", "x86:D42", "x86:F33"],
    before:
      "A skipped port access moves RIP before KVM_EXIT_IO, where a debugger's step is lost.",
    after:
      "RIP moves when userspace has done the access, and the step comes there; OUT 0x7e stays as it was.",
    fields: both({ portMoves: "before" }, { portMoves: "after" }),
  },
  {
    name: "no-step-after-fault",
    commits: [{
      hash: "75ee23b30dc7",
      subject:
        "KVM: x86: Don't update RIP or do single-step on faulting emulation",
      seen: "memory",
    }],
    since: "5.3",
    stable: [
      { series: "4.4", since: "4.4.191", seen: "announcement" },
      { series: "4.9", since: "4.9.191", seen: "announcement" },
      { series: "4.14", since: "4.14.142", seen: "announcement" },
      { series: "4.19", since: "4.19.70", seen: "announcement" },
      { series: "5.2", since: "5.2.12", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F26"],
    before: "TF and a fault in the emulator: an extra #DB comes first.",
    after: "The fault comes alone.",
    fields: both({ stepsOverFault: true }, { stepsOverFault: false }),
  },
  {
    name: "emulator-steps-again",
    commits: [{
      hash: "384dea1c9183",
      subject: "KVM: x86: respect singlestep when emulating instruction",
      seen: "commit",
    }],
    since: "5.8",
    stable: [
      { series: "5.4", since: "5.4.47", seen: "announcement" },
      { series: "5.6", since: "5.6.19", seen: "announcement" },
      { series: "5.7", since: "5.7.3", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F28", "x86:D27"],
    before: "SINGLESTEP over an emulated instruction is lost.",
    after: "It exits.",
    fields: both(
      { emulatorSteps: "guest-tf" },
      { emulatorSteps: "guest-tf-or-singlestep" },
    ),
    needs: [{
      row: "emulator-forgets-singlestep",
      why: "it undoes that one",
    }],
  },
  {
    name: "step-exit-pc",
    commits: [{
      hash: "d5d260c5ffd4",
      subject: "KVM: X86: Fix single-step with KVM_SET_GUEST_DEBUG",
      seen: "memory",
    }],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D27"],
    before:
      "pc of the debug exit for a step that KVM completed is where the step was asked for.",
    after: "pc is the next instruction.",
    fields: both({ stepPc: "requested" }, { stepPc: "reached" }),
  },
  {
    name: "linear-debug-pc",
    commits: [{
      hash: "e87e46d5f318",
      subject:
        "KVM: X86: Use kvm_get_linear_rip() in single-step and #DB/#BP interception",
      seen: "commit",
    }],
    since: "5.13",
    stable: [],
    confidence: "read",
    rules: ["x86:D/17.2", "x86:D/17.3"],
    before:
      "A step asked for, and with VMX pc of the exit for #DB and #BP, are at CS.base + RIP.",
    after: "They are at the linear RIP, which in 64-bit mode has no base.",
    fields: {
      vmx: {
        before: { exitPc: "base-plus-rip", stepRip: "base-plus-rip" },
        after: { exitPc: "linear", stepRip: "linear" },
      },
      svm: {
        before: { stepRip: "base-plus-rip" },
        after: { stepRip: "linear" },
      },
    },
  },
  {
    name: "fault-like-emulated-db",
    commits: [{
      hash: "5623f751bd9c",
      subject:
        "KVM: x86: Treat #DBs from the emulator as fault-like (code and DR7.GD=1)",
      seen: "commit",
    }],
    since: "6.1",
    stable: [
      { series: "5.10", since: "5.10.154", seen: "push" },
      { series: "5.15", since: "5.15.78", seen: "announcement" },
      { series: "6.0", since: "6.0.3", seen: "queue" },
    ],
    confidence: "read",
    rules: ["x86:F32", "x86:D20"],
    before:
      "General detect in the emulator is a trap: a step is looked for after its #DB.",
    after: "Only the #DB of general detect comes.",
    fields: both({ emulatedDbSteps: true }, { emulatedDbSteps: false }),
  },
  {
    name: "fast-path-stops",
    commits: [{
      hash: "f7f39c50edb9",
      subject:
        "KVM: x86: Exit to userspace if fastpath triggers one on instruction skip",
      seen: "memory",
    }],
    since: "6.12",
    approximate: true,
    bracket: { without: "6.8.0", with: "6.12.0" },
    stable: [],
    confidence: "read",
    rules: ["x86:F35", "x86:D43"],
    before:
      "SINGLESTEP over a write in the fast path: the exit is lost, and the next one is an instruction later.",
    after: "The step exits right after the write.",
    fields: both({ fastPathStops: false }, { fastPathStops: true }),
    needs: [{ row: "fast-path", why: "it fixes the fast path" }],
  },
];
