/**
 * Rows of history: the emulator's code breakpoints, general detect and failures. A table of data.
 *
 * @module
 */
import { both, only, type X86Change } from "./row.ts";

/** Oldest first. */
export const emulatorRows = (): readonly X86Change[] => [
  {
    name: "set-dr-failure",
    commits: [{
      hash: "996ff5429e98",
      subject: "KVM: x86: move kvm_inject_gp up from kvm_set_dr to callers",
      seen: "memory",
    }],
    since: "5.12",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F31", "x86:D6", "x86:Q4"],
    before:
      "MOV to DR5 with bits 63:32 set is #GP in the emulator; a refused MOV to DR7 with decode assists is #GP with the RIP after it.",
    after:
      "The emulator ignores such a MOV to DR5; #GP has the RIP of the MOV to DR7.",
    fields: {
      vmx: {
        before: { emulatorSeesFailure: true },
        after: { emulatorSeesFailure: false },
      },
      svm: {
        before: { emulatorSeesFailure: true, failedWriteMoves: true },
        after: { emulatorSeesFailure: false, failedWriteMoves: false },
      },
    },
  },
  {
    name: "breakpoint-in-decoder",
    commits: [{
      hash: "4aa2691dcbd3",
      subject: "KVM: x86: Factor out x86 instruction emulation with decoding",
      seen: "memory",
    }],
    since: "5.12",
    stable: [
      { series: "5.10", since: "5.10.61", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F29", "x86:D25"],
    before: "A code breakpoint at an emulated instruction is #DB or an exit.",
    after:
      "It is taken for a failure to decode: #UD and, at privilege level 0, KVM_EXIT_INTERNAL_ERROR.",
    fields: both(
      { breakpointInDecoder: false },
      { breakpointInDecoder: true },
    ),
  },
  {
    name: "svm-truncates-dr",
    commits: [{
      hash: "0884335a2e65",
      subject:
        "KVM: SVM: Truncate GPR value for DR and CR accesses in !64-bit mode",
      seen: "commit",
    }],
    since: "5.13",
    stable: [
      { series: "4.4", since: "4.4.272", seen: "queue" },
      { series: "4.9", since: "4.9.272", seen: "push" },
      { series: "4.14", since: "4.14.236", seen: "announcement" },
      { series: "4.19", since: "4.19.194", seen: "announcement" },
      { series: "5.4", since: "5.4.125", seen: "announcement" },
      { series: "5.10", since: "5.10.43", seen: "announcement" },
      { series: "5.12", since: "5.12.10", seen: "announcement" },
    ],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D/17.1"],
    before:
      "With SVM MOV to a DR in 32-bit code takes all 64 bits of the general register.",
    after: "It takes 32 bits, as the CPU does.",
    fields: only(
      "svm",
      { truncatesDrOperand: false },
      { truncatesDrOperand: true },
    ),
  },
  {
    name: "breakpoint-before-decode",
    commits: [{
      hash: "fee060cd52d6",
      subject:
        "KVM: x86: avoid calling x86 emulator without a decoded instruction",
      seen: "commit",
    }],
    since: "5.19",
    stable: [
      { series: "5.10", since: "5.10.120", seen: "announcement" },
      { series: "5.15", since: "5.15.45", seen: "announcement" },
      { series: "5.17", since: "5.17.13", seen: "announcement" },
      { series: "5.18", since: "5.18.2", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["x86:F29", "x86:D25"],
    before:
      "A code breakpoint at an emulated instruction is taken for a failure to decode.",
    after: "It is #DB or an exit again.",
    fields: both(
      { breakpointInDecoder: true },
      { breakpointInDecoder: false },
    ),
    needs: [{ row: "breakpoint-in-decoder", why: "it undoes that one" }],
  },
  {
    name: "mov-ss-inhibits-emulator",
    commits: [{
      hash: "baf67ca8e545",
      subject:
        "KVM: x86: Suppress code #DBs on Intel if MOV/POP SS blocking is active",
      seen: "memory",
    }],
    since: "6.1",
    bracket: { without: "6.0.19", with: "6.1-rc7" },
    stable: [],
    confidence: "read",
    rules: ["x86:F19", "x86:D25"],
    before:
      "With VMX the emulator finds the guest's breakpoint also in the shadow of MOV SS.",
    after: "The shadow inhibits it, as it does in the CPU.",
    fields: both({ shadowInhibits: false }, { shadowInhibits: true }),
  },
  {
    name: "no-recheck-on-fault",
    commits: [{
      hash: "750f8fcb261a",
      subject:
        "KVM: x86: Don't check for code breakpoints when emulating on exception",
      seen: "memory",
    }],
    since: "6.1",
    bracket: { without: "6.0.19", with: "6.1-rc7" },
    stable: [],
    confidence: "read",
    rules: ["x86:D25"],
    before:
      "An access of a device hits a code breakpoint once more in the emulator, whatever RF.",
    after: "It does not: the CPU has looked.",
    fields: both({ rechecksOnFault: true }, { rechecksOnFault: false }),
  },
  {
    name: "emulator-effective-gd",
    commits: [
      {
        hash: "dfc1c4687e9c",
        subject:
          "KVM: x86: Set guest DR6 by kvm_queue_exception_p() in instruction emulation",
        seen: "commit",
      },
      {
        hash: "51543660c521",
        subject:
          "KVM: x86: Honor KVM_GUESTDBG_USE_HW_BP when emulating MOV DR (in emulator)",
        seen: "commit",
      },
    ],
    since: "7.2",
    stable: [],
    confidence: "read",
    rules: ["x86:D/12a"],
    before:
      "Under USE_HW_BP the emulator honours the guest's GD and ignores the debugger's.",
    after: "It honours the debugger's, whose #DB exits.",
    fields: both({ emulatorGd: "own" }, { emulatorGd: "effective" }),
    needs: [{ row: "exception-payload", why: "BD becomes a payload" }],
  },
  {
    name: "emulator-effective-breakpoints",
    commits: [{
      hash: "00b6520669bc",
      subject:
        "KVM: x86: Honor KVM_GUESTDBG_USE_HW_BP when checking for code breakpoints in emulation",
      seen: "commit",
    }],
    since: "7.2",
    stable: [],
    confidence: "read",
    rules: ["x86:D/12a", "x86:D25"],
    before:
      "Under USE_HW_BP the emulator finds the guest's breakpoints as well as the debugger's.",
    after: "It finds the effective ones only.",
    fields: both(
      { emulatorBreakpoints: "both" },
      { emulatorBreakpoints: "effective" },
    ),
    needs: [{
      row: "emulator-effective-gd",
      why: "it uses the helper that that one introduced",
    }],
    excludes: [{
      row: "breakpoint-in-decoder",
      why: "the look must be out of the decoder again",
    }],
  },
  {
    name: "emulated-db-to-debugger",
    commits: [
      {
        hash: "6d79302b0834",
        subject:
          "KVM: x86: Move KVM_GUESTDBG_SINGLESTEP handling into kvm_inject_emulated_db()",
        seen: "commit",
      },
      {
        hash: "a1e7aeb1be11",
        subject:
          "KVM: x86: Drop kvm_vcpu_do_singlestep() now that it's been gutted",
        seen: "commit",
      },
    ],
    since: "7.2",
    stable: [],
    confidence: "read",
    rules: ["x86:D/12a"],
    before:
      "Under USE_HW_BP the guest's step over an emulated instruction goes to the guest.",
    after: "It goes to the debugger, as every #DB does.",
    fields: both({ oneEmulatedDb: false }, { oneEmulatedDb: true }),
    needs: [
      {
        row: "emulator-effective-gd",
        why: "it uses the helper that that one introduced",
      },
      { row: "step-exit-pc", why: "the helper reports the current RIP" },
    ],
  },
  {
    name: "emulator-sees-dr-failure",
    commits: [],
    since: "7.3",
    approximate: true,
    stable: [],
    confidence: "recorded",
    rules: ["x86:D51", "x86:D6"],
    before: "The emulator ignores a MOV to DR4 or DR5 with bits 63:32 set.",
    after: "It is #GP, as for DR6 and DR7.",
    fields: both(
      { emulatorSeesFailure: false },
      { emulatorSeesFailure: true },
    ),
    needs: [{ row: "set-dr-failure", why: "it fixes what that one broke" }],
  },
];
