/**
 * Rules of transactions: RTM. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { kvm, sdm } from "./sources.ts";

/** The sections. */
export function transactionSections(): readonly RuleSection[] {
  return [
    {
      id: "A/11",
      title: "Transactions",
      sentence:
        "XBEGIN begins a transaction with a fallback, XEND commits it. Both are #UD where the CPUID has no RTM, as on AMD. The model's " +
        "transactions have one instruction, and the fallback is what comes after XEND.",
      confidence: "architecture",
      source: sdm("3B", "17.3.3"),
      rules: {
        "A/11.1": {
          sentence:
            "#DB or #BP in a transaction aborts it: no exception is delivered, RFLAGS and memory are as before XBEGIN, and the guest goes " +
            "on at the fallback. With TF set every transaction is aborted.",
        },
        "A/11.2": {
          sentence:
            "With DR7.RTM and DEBUGCTL.RTM the state is rolled back to before XBEGIN, and #DB is delivered there, also for INT3. Its cause " +
            "is in DR6, and RTM (bit 16) is 0.",
        },
      },
    },
    {
      id: "D/19",
      title: "Transactions under KVM",
      sentence:
        "KVM does not see a transaction: what aborts it causes no exit.",
      confidence: "derived",
      source: kvm("4.4.1 to 7.1.5", "vmx/vmx.c: vmx_vcpu_run()"),
      rules: {
        "D/19.1": {
          sentence:
            "Userspace's breakpoints and steps abort a guest's transaction and cause no KVM_EXIT_DEBUG in it, unless the guest itself has " +
            "set DEBUGCTL.RTM and userspace's DR7 has RTM.",
          source: kvm(
            "4.4.1 to 7.1.5",
            "vmx/vmx.c: vmx_set_dr7()",
            "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
          ),
        },
      },
    },
  ];
}
