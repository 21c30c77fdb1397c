/**
 * Rows of history: SEV-ES guests, whose registers are encrypted. A table of data.
 *
 * @module
 */
import { only, type X86Change } from "./row.ts";

/** Oldest first. */
export const protectedRows = (): readonly X86Change[] => [
  {
    name: "sev-es",
    commits: [{
      hash: "8d4846b9b150",
      subject: "KVM: SVM: Prevent debugging under SEV-ES",
      seen: "commit",
    }],
    since: "5.11",
    bracket: { without: "5.10.7", with: "5.11.0" },
    stable: [],
    // Its KVM is that of 5.13.
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D80", "x86:D82"],
    before: "There are no guests whose registers are encrypted.",
    after:
      "There are; userspace cannot debug them, and only DR7's accesses and #DB exit.",
    fields: only("svm", { sevEs: false }, { sevEs: true }),
  },
  {
    name: "debug-swap",
    commits: [
      {
        hash: "d1f85fbe836e",
        subject: "KVM: SEV: Enable data breakpoints in SEV-ES",
        seen: "commit",
      },
      {
        hash: "90cbf6d914ad",
        subject: "KVM: SEV-ES: Eliminate #DB intercept when DebugSwap enabled",
        seen: "commit",
      },
    ],
    since: "6.6",
    stable: [],
    needs: [{
      row: "sev-es",
      why: "it is of the guests that this one introduced",
    }],
    confidence: "commit",
    rules: ["x86:D82", "x86:A/6.10"],
    before: "An SEV-ES guest has the DR0 to DR3 that the CPU holds.",
    after:
      "With DebugSwap the CPU gives it its own, and neither DR7's accesses nor #DB exit.",
    fields: only("svm", { debugSwap: "none" }, { debugSwap: "on" }),
  },
  {
    name: "debug-swap-off-by-default",
    commits: [{
      hash: "5abf6dceb066",
      subject: "SEV: disable SEV-ES DebugSwap by default",
      seen: "commit",
    }],
    // In the last pull of fixes before 6.8.
    since: "6.8",
    stable: [
      { series: "6.6", since: "6.6.24", seen: "announcement" },
    ],
    needs: [{ row: "debug-swap", why: "it is about what that one introduced" }],
    confidence: "commit",
    rules: ["x86:D82"],
    before: "SEV-ES guests have DebugSwap unless the module's user says no.",
    after: "They have it if it is asked for.",
    fields: only("svm", { debugSwap: "on" }, { debugSwap: "off" }),
  },
  {
    name: "protected-registers-refused",
    commits: [{
      hash: "517987e3fb19",
      subject: "KVM: x86: add fields to struct kvm_arch for CoCo features",
      seen: "commit",
    }],
    since: "6.10",
    stable: [],
    needs: [{
      row: "sev-es",
      why: "it is of the guests that this one introduced",
    }],
    confidence: "read",
    rules: ["x86:D81"],
    before:
      "Userspace reads and writes KVM's copies of a protected guest's registers.",
    after: "It gets EINVAL.",
    fields: only(
      "svm",
      { refusesProtected: false },
      { refusesProtected: true },
    ),
  },
  {
    name: "host-drs-not-saved",
    commits: [{
      hash: "807cb9ce2ed9",
      subject: "KVM: SVM: Don't rely on DebugSwap to restore host DR0..DR3",
      seen: "commit",
    }],
    since: "6.14",
    stable: [],
    needs: [{ row: "debug-swap", why: "it is about what that one introduced" }],
    confidence: "commit",
    rules: ["x86:D83", "x86:E12", "x86:F24"],
    before: "KVM saves the host's DR0 to DR3 for #VMEXIT to load.",
    after:
      "It does not: after an exit with DebugSwap they are 0 until KVM restores those in use.",
    fields: only("svm", { savesHostDrs: true }, { savesHostDrs: false }),
  },
];
