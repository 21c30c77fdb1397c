/**
 * Rows of history: what is loaded into the debug registers, and when. A table of data.
 *
 * @module
 */
import { both, only, type X86Change } from "./row.ts";

/** Oldest first. */
export const switchingRows = (): readonly X86Change[] => [
  {
    name: "reload-at-load",
    commits: [
      {
        hash: "172b2386ed16",
        subject: "KVM: x86: fix missed hardware breakpoints",
        seen: "read",
      },
      {
        hash: "4e422bdd2f84",
        subject: "KVM: x86: fix missed hardware breakpoints",
        seen: "read",
      },
    ],
    // 4.5.0 and 4.6.2 have no such line: the fix of the same merge window removed it. In 4.4 the first commit came
    // shortly before the fix, which removed its line in 4.4.5; in which release it came was not found.
    since: undefined,
    stable: [
      { series: "4.4", since: "4.4.7", gone: "4.4.22", seen: "queue" },
      { series: "4.5", without: "4.5.0", with: "4.5.7" },
    ],
    confidence: "read",
    rules: ["x86:C/6", "x86:F2"],
    before: "vcpu_load does nothing for debug registers.",
    after: "Each vcpu_load causes a load of DR0-3 at the next entry.",
    fields: both({ loadReloads: false }, { loadReloads: true }),
  },
  {
    name: "root-cause-fix",
    commits: [{
      hash: "70e4da7a8ff6",
      subject: "KVM: x86: fix root cause for missed hardware breakpoints",
      seen: "commit",
    }],
    since: "4.5",
    stable: [
      { series: "4.4", since: "4.4.5", seen: "queue" },
    ],
    confidence: "read",
    rules: ["x86:C/4", "x86:C/6", "x86:F1"],
    before:
      "BP_ENABLED misses a DR7 that the guest wrote natively, and its breakpoint is missed after a vCPU switch.",
    after:
      "BP_ENABLED follows the guest's DR7 after each exit, and the breakpoint hits.",
    fields: both({ lazySync: "addresses" }, { lazySync: "all" }),
  },
  {
    name: "dr6-cleared-at-put",
    commits: [{
      hash: "efdab992813f",
      subject: "KVM: x86: fix escape of guest dr6 to the host",
      seen: "commit",
    }],
    since: "4.16",
    stable: [
      { series: "4.4", since: "4.4.118", seen: "queue" },
      { series: "4.9", without: "4.9.0", with: "4.9.115" },
      { series: "4.14", since: "4.14.22", seen: "queue" },
      { series: "4.15", since: "4.15.6", seen: "queue" },
    ],
    confidence: "read",
    rules: ["x86:E10", "x86:F7"],
    before: "The guest's DR6 stays in the CPU after vcpu_put.",
    after: "vcpu_put clears DR6.",
    fields: both({ putClearsDr6: false }, { putClearsDr6: true }),
  },
  {
    name: "svm-isolated-dr6",
    commits: [{
      hash: "d67668e9dd76",
      subject: "KVM: x86, SVM: isolate vcpu->arch.dr6 from vmcb->save.dr6",
      seen: "commit",
    }],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D9", "x86:F8", "x86:F30", "x86:Q14"],
    before:
      "The VMCB has the guest's DR6: it takes the causes of the debugger's hits and misses those of emulated #DBs.",
    after: "arch.dr6 is the guest's DR6, and the guest runs with a clean one.",
    fields: only(
      "svm",
      { vmDr6IsGuests: true, reentryLoadsDr6: false },
      { vmDr6IsGuests: false, reentryLoadsDr6: true },
    ),
  },
  {
    name: "fast-path",
    commits: [{
      hash: undefined,
      subject: "KVM: VMX: Introduce generic fastpath handler",
      seen: "memory",
    }],
    since: "5.8",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D43", "x86:D/4"],
    before: "The write of the TSC deadline is an exit like any other.",
    after: "VMX re-enters the guest right after it, without an outer exit.",
    fields: only("vmx", { fastPath: false }, { fastPath: true }),
  },
  {
    name: "host-dr7-cleared",
    commits: [{
      hash: "f85d40160691",
      subject:
        "KVM: X86: Disable hardware breakpoints unconditionally before kvm_x86->run()",
      seen: "commit",
    }],
    since: "5.14",
    stable: [
      { series: "4.4", since: "4.4.276", seen: "announcement" },
      { series: "4.9", since: "4.9.276", seen: "queue" },
      { series: "4.14", since: "4.14.240", seen: "announcement" },
      { series: "4.19", since: "4.19.198", seen: "announcement" },
      { series: "5.4", since: "5.4.134", seen: "announcement" },
      { series: "5.10", since: "5.10.52", seen: "push" },
      { series: "5.12", since: "5.12.19", seen: "queue" },
      { series: "5.13", since: "5.13.4", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["x86:E6", "x86:F20", "x86:Q23"],
    before:
      "An entry that loads nothing keeps the host's DR7, whose breakpoints can hit in the entry code.",
    after: "Such an entry clears DR7 if the host has breakpoints.",
    fields: both({ hidesHostDr7: false }, { hidesHostDr7: true }),
  },
  {
    name: "no-reload-flag",
    commits: [{
      hash: "34e9f860071f",
      subject: "KVM: X86: Remove unneeded KVM_DEBUGREG_RELOAD",
      seen: "commit",
    }],
    since: "5.15",
    stable: [],
    confidence: "read",
    rules: ["x86:C12", "x86:C13"],
    before: "Reset and KVM_SET_DEBUGREGS cause one load of DR0-3.",
    after: "They cause none: the flag is gone.",
    fields: both({ hasReload: true }, { hasReload: false }),
    excludes: [{
      row: "reload-at-load",
      why: "the flag that it sets is gone",
    }],
  },
  {
    name: "dr6-when-lazy",
    commits: [{
      hash: "375e28ffc0cf",
      subject:
        "KVM: X86: Set host DR6 only on VMX and for KVM_DEBUGREG_WONT_EXIT",
      seen: "commit",
    }],
    since: "5.15",
    stable: [],
    confidence: "read",
    rules: ["x86:C14", "x86:D11", "x86:E10"],
    before:
      "Any flag loads the physical DR6, and the guest's is cleared at vcpu_put.",
    after:
      "Only lazy switching loads it, with VMX, and each sync gives the host a clean one.",
    fields: {
      vmx: {
        before: {
          dr6WithAnyFlag: true,
          putClearsDr6: true,
          reentryLoadsDr6: false,
        },
        after: {
          dr6WithAnyFlag: false,
          putClearsDr6: false,
          reentryLoadsDr6: true,
        },
      },
      svm: {
        before: { dr6WithAnyFlag: true, putClearsDr6: true },
        after: { dr6WithAnyFlag: false, putClearsDr6: false },
      },
    },
    needs: [{
      row: "dr6-cleared-at-put",
      why: "it removes what that one added to vcpu_put",
    }],
  },
  {
    name: "svm-fast-path",
    commits: [{
      hash: undefined,
      subject:
        "KVM: x86: Re-enter guest if WRMSR(X2APIC_ICR) fastpath is successful",
      seen: "memory",
    }],
    since: "6.12",
    bracket: { without: "6.8.0", with: "6.12.0" },
    approximate: true,
    stable: [],
    confidence: "read",
    rules: ["x86:D43", "x86:D/4"],
    before: "SVM never re-enters: it has no timer for the TSC deadline.",
    after: "SVM re-enters after a write of the x2APIC ICR.",
    fields: only("svm", { fastPath: false }, { fastPath: true }),
    needs: [{ row: "fast-path", why: "it extends the fast path" }],
  },
  {
    name: "dr6-once-per-entry",
    commits: [
      {
        hash: "c2fee09fc167",
        subject:
          "KVM: x86: Load DR6 with guest value only before entering .vcpu_run() loop",
        seen: "commit",
      },
      {
        hash: "80c64c7afea1",
        subject:
          "KVM: x86: Drop kvm_x86_ops.set_dr6() in favor of a new KVM_RUN flag",
        seen: "commit",
      },
    ],
    since: "6.14",
    stable: [
      { series: "5.15", since: "5.15.182", seen: "announcement" },
      { series: "6.1", since: "6.1.138", seen: "announcement" },
      { series: "6.6", since: "6.6.90", seen: "announcement" },
      { series: "6.12", since: "6.12.16", seen: "announcement" },
      { series: "6.13", since: "6.13.4", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["x86:F9", "x86:D/4"],
    before:
      "The re-entry loads the DR6 that KVM knew before, and the guest reads the old value.",
    after: "The guest's DR6 survives the re-entry.",
    fields: both({ reentryLoadsDr6: true }, { reentryLoadsDr6: false }),
    needs: [
      {
        row: "svm-isolated-dr6",
        why: "with SVM, that one made each run load DR6",
      },
      {
        row: "dr6-when-lazy",
        why: "with VMX, that one made each run load DR6",
      },
    ],
  },
];
