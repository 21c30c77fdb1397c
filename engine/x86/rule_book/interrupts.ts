/**
 * Rules of interrupts and NMIs that KVM injects. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, together } from "./sources.ts";

/** Where it was read: whole trees, and functions of others. */
const TREES = "4.4.1 to 7.1.5";

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
      source: kvm(TREES, "x86.c: kvm_check_and_inject_events()"),
      rules: {
        D52: {
          sentence:
            "An entry that injects nothing else injects a pending NMI, unless NMIs, STI or MOV SS block it; else an interrupt, if " +
            "RFLAGS.IF is 1 and neither STI nor MOV SS blocks it. The pushed flags have a debugger's TF.",
          kernels: { since: "4.4" },
          source: together(
            kvm(
              TREES,
              "x86.c: kvm_check_and_inject_events()",
              "svm/svm.c: svm_nmi_allowed()",
              "svm/svm.c: svm_interrupt_allowed()",
              "vmx/vmx.c: vmx_nmi_allowed()",
            ),
            kvm(
              "3.13, and 5.6 to 6.16 in patches",
              "vmx/vmx.c: vmx_interrupt_allowed()",
              "vmx/vmx.c: vmx_interrupt_blocked()",
            ),
          ),
        },
        D53: {
          sentence:
            "For what cannot be injected yet KVM has the guest exit when it could take it: by an interrupt window, or on VMX an NMI " +
            "window; an NMI in the shadow of STI waits for the interrupt window.",
          kernels: { since: "4.4" },
          source: kvm(
            TREES,
            "svm/svm.c: svm_enable_irq_window()",
            "vmx/vmx.c: vmx_enable_nmi_window()",
            "vmx/vmx.c: vmx_enable_irq_window()",
          ),
        },
        D54: {
          sentence:
            "SVM blocks NMIs from one that it injects to the IRET, which it intercepts. Where another NMI has to wait for that IRET " +
            "or for a shadow to end, KVM sets TF and RF in RFLAGS and steps the guest over it.",
          kernels: { since: "4.4" },
          source: together(
            kvm(
              TREES,
              "svm/svm.c: svm_enable_nmi_window()",
              "svm/svm.c: svm_inject_nmi()",
              "svm/svm.c: svm_complete_interrupts()",
            ),
            kvm(
              "torvalds/linux f9d1b541d057 of 6.5 or 6.6, and 5.10 in patches",
              "svm/svm.c: iret_interception()",
            ),
          ),
        },
        D55: {
          sentence:
            "get_rflags hides the TF and RF of the step for an NMI, unless they were the guest's, and then they stay after it. The " +
            "step ends before an event is injected, and the guest is left at once.",
          kernels: { since: "4.13" },
          source: by(
            kvm(
              "absent in 4.9.154, present from 4.19 to 7.1.5",
              "svm/svm.c: svm_vcpu_run()",
              "svm/svm.c: svm_get_rflags()",
              "svm/svm.c: disable_nmi_singlestep()",
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
          kernels: { since: "4.4" },
          source: kvm(TREES, "svm/svm.c: db_interception()"),
        },
        D57: {
          sentence:
            "Userspace's KVM_INTERRUPT, where only the local APICs are in the kernel, keeps one interrupt: EEXIST for another, ENXIO " +
            "in other VMs with a controller there.",
          kernels: { since: "4.4" },
          source: by(
            kvm(TREES, "x86.c: kvm_vcpu_ioctl_interrupt()"),
            commit(
              "1c1a9ce973a7",
              "KVM: x86: Add support for local interrupt requests from userspace",
            ),
          ),
        },
        D59: {
          sentence:
            "Userspace's KVM_NMI queues an NMI. Of those that wait KVM keeps two, or one while NMIs are blocked.",
          kernels: { since: "4.4" },
          source: together(
            kvm(
              TREES,
              "x86.c: kvm_vcpu_ioctl_nmi()",
              "x86.c: kvm_inject_nmi()",
            ),
            kvm(
              "4.19, 5.7 in a patch, and a tree of 6.12 or later",
              "x86.c: process_nmi()",
            ),
          ),
        },
      },
    },
  ];
}
