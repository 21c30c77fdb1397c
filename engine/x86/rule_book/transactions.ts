/**
 * Rules of transactions: RTM. A data table.
 *
 * @module
 */
import type { RuleSection, RuleSource } from "../../rule_entry.ts";
import { kvm, sdm } from "./sources.ts";

/** The Intel Software Developer's Manual, volume 1. */
function vol1(...sections: readonly string[]): RuleSource {
  return {
    where: sections.map((section) => `Intel SDM vol. 1 ${section}`),
    read: "the edition whose vol. 3B has RTM in 17.3.3",
  };
}

/** The sections. */
export function transactionSections(): readonly RuleSection[] {
  return [
    {
      id: "A/11",
      title: "Transactions",
      sentence:
        "XBEGIN begins a transaction with a fallback, in the model what comes after XEND. XEND commits it and leaves EAX; an " +
        "abort sets EAX. Both are #UD without RTM in the CPUID, as on AMD, and XEND outside a transaction is #GP.",
      confidence: "architecture",
      source: sdm("3B", "17.3.3"),
      rules: {
        "A/11.1": {
          sentence:
            "#DB or #BP in a transaction aborts it: no exception is delivered, RFLAGS and memory are as before XBEGIN, and the guest goes " +
            "on at the fallback with bit 4 of EAX set. With TF set every transaction is aborted.",
          source: vol1("16.3.7"),
        },
        "A/11.2": {
          sentence:
            "With DR7.RTM and DEBUGCTL.RTM the state is rolled back to before XBEGIN, and #DB is delivered there, also for INT3. Its cause " +
            "is in DR6, and RTM (bit 16) is 0.",
        },
        "A/11.3": {
          sentence:
            "Instructions that a transaction cannot have, such as CPUID, MOV DR, POPF or IN, abort it, and so does what would " +
            "be a fault or an exit: nothing is raised, nothing exits, and EAX is 0. An interrupt comes afterwards.",
          source: vol1("16.3.8.1", "16.3.8.2"),
        },
        "A/11.4": {
          sentence:
            "XBEGIN in a transaction begins another inside it. An abort ends all of them, goes on at the outermost one's fallback and sets " +
            "bit 5 of EAX; the outermost XEND commits.",
          source: {
            where: ["Intel SDM vol. 1 16.3.5", "Intel SDM vol. 2C 5.3"],
            read:
              "XBEGIN and XABORT, which count what is nested; bit 5 from memory",
          },
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
        "D/19.2": {
          sentence:
            "With both of them the exit is at XBEGIN, and the DR6 that userspace gets has RTM at 1: KVM sets the active-low bits of the " +
            "exit qualification, which has RTM active-high.",
          source: kvm("4.4.1 to 7.1.5", "vmx/vmx.c: handle_exception_nmi()"),
        },
      },
    },
  ];
}
