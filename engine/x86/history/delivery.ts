/**
 * Rows of history: #DB on its way to the guest or to userspace. A table of data.
 *
 * @module
 */
import { DR6_BITS } from "../kvm/constants.ts";
import { both, only, type X86Change } from "./row.ts";

/** Oldest first. */
export const deliveryRows = (): readonly X86Change[] => [
  {
    name: "exception-payload",
    commits: [
      {
        hash: "c4f55198c7c2",
        subject: "kvm: x86: Introduce KVM_CAP_EXCEPTION_PAYLOAD",
        seen: "commit",
      },
      {
        hash: "f10c729ff965",
        subject: "kvm: vmx: Defer setting of DR6 until #DB delivery",
        seen: "commit",
      },
    ],
    since: "4.20",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D37", "x86:F23"],
    before: "KVM_CHECK_EXTENSION of KVM_CAP_EXCEPTION_PAYLOAD is 0.",
    after: "It is 1.",
    fields: both({ declaresPayload: false }, { declaresPayload: true }),
  },
  {
    name: "debug-exit-rtm",
    commits: [{
      hash: "13196638d5d9",
      subject: "KVM: X86: Set RTM for DB_VECTOR too for KVM_EXIT_DEBUG",
      seen: "commit",
    }],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:C15", "x86:D/10"],
    before:
      "With VMX dr6 of the debug exit for #DB is the cause and 0xfffe0ff0.",
    after: "It is the cause and 0xffff0ff0.",
    fields: only("vmx", { debugExitRtm: false }, { debugExitRtm: true }),
  },
  {
    name: "gd-exit-dr6",
    commits: [{
      hash: undefined,
      subject: "KVM: VMX: pass correct DR6 for GD userspace exit",
      seen: "commit",
    }],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:F13", "x86:Q7", "x86:D14"],
    before:
      "With VMX the debug exit for general detect shows the guest's DR6, without BD.",
    after: "It shows BD.",
    fields: only("vmx", { gdExitShowsBd: false }, { gdExitShowsBd: true }),
  },
  {
    name: "svm-debug-exit-filled",
    commits: [
      {
        hash: undefined,
        subject: "KVM: x86, SVM: do not clobber guest DR6 on KVM_EXIT_DEBUG",
        seen: "commit",
      },
    ],
    since: "5.7",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:Q17"],
    before: "With SVM the debug exit for #DB leaves dr6 and dr7 as they were.",
    after: "It fills both.",
    fields: only("svm", { dbExitFills: false }, { dbExitFills: true }),
  },
  {
    name: "payload-raises-all",
    commits: [{
      hash: "9a3ecd5e2aa1",
      subject: "KVM: X86: Rename DR6_INIT to DR6_ACTIVE_LOW",
      seen: "memory",
    }],
    since: "5.12",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D44", "x86:D17"],
    before:
      "A #DB that KVM queues raises RTM alone in DR6: other fixed bits that userspace cleared stay 0.",
    after: "It raises all bits that are active low.",
    fields: both({ dbRaises: "rtm" }, { dbRaises: "active-low" }),
  },
  {
    name: "bus-lock-dr6",
    commits: [{
      hash: "e8ea85fb280e",
      subject: "KVM: X86: Add support for the emulation of DR6_BUS_LOCK bit",
      seen: "commit",
    }],
    since: "5.13",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["x86:D3"],
    before: "DR6 bit 11 always reads 1.",
    after: "A guest with bus lock detection can clear it.",
    fields: both(
      { dr6: DR6_BITS.from2014 },
      { dr6: DR6_BITS.from2021 },
    ),
  },
  {
    name: "pending-bs-after-exit",
    commits: [{
      hash: "b9bed78e2fa9",
      subject:
        "KVM: VMX: Set vmcs.PENDING_DBG.BS on #DB in STI/MOVSS blocking shadow",
      seen: "memory",
    }],
    since: "5.17",
    stable: [
      { series: "5.10", since: "5.10.101", seen: "announcement" },
      { series: "5.15", since: "5.15.24", seen: "announcement" },
      { series: "5.16", since: "5.16.10", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["x86:D23", "x86:F14"],
    before:
      "A #DB that exited in the shadow of MOV SS with TF set: the entry that injects it fails.",
    after: "The entry succeeds.",
    fields: only(
      "vmx",
      { mendsEntry: "never" },
      { mendsEntry: "after-exit" },
    ),
  },
  {
    name: "payload-at-injection",
    commits: [{
      hash: "d0ad1b05bbe6",
      subject:
        "KVM: x86: Defer non-architectural deliver of exception payload to userspace read",
      seen: "commit",
    }],
    since: "7.1",
    stable: [
      { series: "6.6", since: "6.6.140", seen: "announcement" },
      { series: "6.12", since: "6.12.86", seen: "announcement" },
      { series: "6.18", since: "6.18.27", seen: "announcement" },
      { series: "7.0", since: "7.0.4" },
    ],
    confidence: "read",
    rules: ["x86:D39", "x86:D18", "x86:D24"],
    before: "DR6 has the cause of a queued #DB that KVM_SET_REGS then drops.",
    after:
      "DR6 changes when the #DB is injected, or when userspace reads it before.",
    fields: both({ payloadAt: "queue" }, { payloadAt: "injection" }),
    needs: [{ row: "exception-payload", why: "it defers the payload" }],
  },
  {
    name: "pending-bs-at-injection",
    commits: [{
      hash: "c5bad4fa2d5d",
      subject:
        "KVM: VMX: Refresh GUEST_PENDING_DBG_EXCEPTIONS.BS on all injected #DBs",
      seen: "commit",
    }],
    since: "7.2",
    stable: [
      { series: "6.6", without: "6.6.87", with: "6.6.150" },
      { series: "7.1", without: "7.1.3", with: "7.1.5" },
    ],
    confidence: "read",
    rules: ["x86:D23", "x86:F14"],
    before: "INJECT_DB in the shadow of MOV SS with TF set: the entry fails.",
    after: "The entry succeeds for every injected #DB.",
    fields: only(
      "vmx",
      { mendsEntry: "after-exit" },
      { mendsEntry: "at-injection" },
    ),
    needs: [{ row: "pending-bs-after-exit", why: "it replaces that one" }],
  },
  {
    name: "payload-keeps-bld",
    commits: [{
      hash: "719a1d58bf43",
      subject:
        "KVM: x86: Preserve DR6.BLD (Bus Lock Detect) when delivering #DB payload",
      seen: "commit",
    }],
    since: "7.3",
    approximate: true,
    stable: [],
    confidence: "recorded",
    rules: ["x86:D45", "x86:D17"],
    before:
      "A #DB that KVM queues raises BLD in DR6, which userspace had cleared.",
    after: "BLD stays 0.",
    fields: both(
      { dbRaises: "active-low" },
      { dbRaises: "active-low-but-bld" },
    ),
    needs: [{ row: "payload-raises-all", why: "it takes a bit from that one" }],
  },
  {
    name: "svm-icebp-exits",
    commits: [],
    since: "7.3",
    approximate: true,
    stable: [],
    confidence: "recorded",
    rules: ["x86:D46"],
    before:
      "With SVM the CPU delivers INT1 itself: under USE_HW_BP the guest's own DR7.GD stays set.",
    after:
      "KVM delivers it, and clears the guest's DR7.GD as for any #DB that it injects.",
    fields: only("svm", { icebpExits: false }, { icebpExits: true }),
  },
];
