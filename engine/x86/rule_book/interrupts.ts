/**
 * Rules of interrupts and NMIs that KVM injects. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, together } from "./sources.ts";

/** Where it was read: trees of 4.4 and 4.19, and functions of later ones. */
const OLD = "trees of 4.4.y and 4.19.y";
const LATER = "5.12, 6.1, 6.6 and patches of 2026, function by function";

/** The section. */
export function interruptSections(): readonly RuleSection[] {
  return [
    {
      id: "D/14",
      title: "Interrupts and NMIs",
      sentence:
        "Userspace makes an interrupt or an NMI pending. KVM injects it at an entry, or asks for an exit when the guest can take it. " +
        "The model has neither APIC virtualization nor AMD's virtual NMIs.",
      confidence: "source",
      source: together(
        kvm(OLD, "svm.c: svm_nmi_allowed()", "svm.c: svm_interrupt_allowed()"),
        kvm(LATER, "x86.c: kvm_check_and_inject_events()"),
      ),
      rules: {
        D52: {
          sentence:
            "An entry that injects nothing else injects a pending NMI, unless NMIs, STI or MOV SS block it; else an interrupt, if " +
            "RFLAGS.IF is 1 and neither STI nor MOV SS blocks it. The pushed flags have a debugger's TF.",
          source: together(
            kvm(
              OLD,
              "svm.c: svm_nmi_allowed()",
              "svm.c: svm_interrupt_allowed()",
            ),
            kvm(LATER, "x86.c: kvm_check_and_inject_events()"),
            kvm("from memory", "vmx/vmx.c: vmx_interrupt_allowed()"),
          ),
        },
        D53: {
          sentence:
            "For what cannot be injected yet KVM has the guest exit when it could take it: by an interrupt window, or on VMX an NMI " +
            "window; an NMI in the shadow of STI waits for the interrupt window.",
          source: together(
            kvm(OLD, "svm.c: enable_irq_window()"),
            kvm(
              LATER,
              "vmx/vmx.c: vmx_enable_nmi_window()",
              "vmx/vmx.c: vmx_enable_irq_window()",
            ),
          ),
        },
        D54: {
          sentence:
            "SVM blocks NMIs from one that it injects to the IRET, which it intercepts. Where another NMI has to wait for that IRET " +
            "or for a shadow to end, KVM sets TF and RF in RFLAGS and steps the guest over it.",
          source: together(
            kvm(
              OLD,
              "svm.c: enable_nmi_window()",
              "svm.c: svm_inject_nmi()",
              "svm.c: svm_complete_interrupts()",
            ),
            kvm("from memory", "svm.c: iret_interception()"),
          ),
        },
        D55: {
          sentence:
            "get_rflags hides the TF and RF of the step for an NMI, unless they were the guest's, and then they stay after it. The " +
            "step ends before an event is injected, and the guest is left at once.",
          kernels: { since: "4.13" },
          source: by(
            together(
              kvm(
                "absent in 4.4.y, present in 4.19.y",
                "svm.c: enable_nmi_window()",
                "svm.c: svm_vcpu_run()",
              ),
              kvm(LATER, "svm/svm.c: svm_get_rflags()"),
            ),
            commit(
              "9b61174793f2",
              "KVM: SVM: hide TF/RF flags used by NMI singlestep",
            ),
          ),
        },
        D56: {
          sentence:
            "While SVM steps for an NMI every #DB exit ends that step. If userspace does not debug, the guest does not get that #DB, " +
            "whatever raised it, and TF that the stepped IRET has popped is cleared.",
          confidence: "derived",
          source: kvm(LATER, "svm/svm.c: db_interception()"),
        },
        D57: {
          sentence:
            "Userspace's KVM_INTERRUPT, where only the local APICs are in the kernel, keeps one interrupt: EEXIST for another, ENXIO " +
            "in other VMs with a controller there. KVM_NMI keeps two, or one while NMIs are blocked.",
          kernels: { since: "4.4" },
          source: by(
            together(
              kvm(
                "4.4 to 4.19",
                "x86.c: kvm_vcpu_ioctl_interrupt()",
              ),
              kvm("from memory", "x86.c: process_nmi()"),
            ),
            commit(
              "1c1a9ce973a7",
              "KVM: x86: Add support for local interrupt requests from userspace",
            ),
          ),
        },
      },
    },
  ];
}
