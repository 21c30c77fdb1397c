/**
 * Rules of code segments: 32-bit code, and the base of CS. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, sdm, together } from "./sources.ts";

const LINEAR = commit(
  "e87e46d5f318",
  "KVM: X86: Use kvm_get_linear_rip() in single-step and #DB/#BP interception",
);

/** The section. */
export function segmentSections(): readonly RuleSection[] {
  return [
    {
      id: "A/9",
      title: "32-bit code",
      sentence:
        "Outside 64-bit mode MOV DR has an operand of 32 bits, whatever the upper half of the general register is, and linear addresses " +
        "have 32 bits. In 64-bit mode the base of CS counts as 0.",
      confidence: "architecture",
      source: together(sdm("3B", "17.2.6"), sdm("3A", "3.2.4")),
      rules: {},
    },
    {
      id: "D/17",
      title: "Code segments",
      sentence:
        "What KVM makes of the mode of the guest's code, and of the base of its code segment.",
      confidence: "source",
      source: kvm("5.12.9 and 5.14.2", "x86.c: kvm_get_linear_rip()"),
      rules: {
        "D/17.1": {
          sentence:
            "MOV to a DR in 32-bit code that KVM emulates takes 32 bits of the general register. kvm-amd with decode assists takes all 64 up " +
            "to 5.12, so that DR6 or DR7 with a bit of the upper half raises #GP.",
          source: by(
            together(
              kvm("changed in 5.14.2", "svm/svm.c: dr_interception()"),
              kvm("from memory", "vmx/vmx.c: handle_dr()"),
            ),
            commit(
              "0884335a2e65",
              "KVM: SVM: Truncate GPR value for DR and CR accesses in !64-bit mode",
            ),
          ),
        },
        "D/17.2": {
          sentence:
            "pc of the exit for #DB and #BP is CS.base + RIP up to 5.12, also in 64-bit mode, which has no base. Since then it is the linear " +
            "RIP on VMX; SVM has stayed as it was.",
          source: by(
            together(
              kvm(
                "5.12.9, changed in 5.14.2",
                "vmx/vmx.c: handle_exception_nmi()",
              ),
              kvm("4.4 to about 6.1", "svm/svm.c: db_interception()"),
            ),
            LINEAR,
          ),
        },
        "D/17.3": {
          sentence:
            "Up to 5.12 userspace's step is asked for at CS.base + RIP, which is no linear RIP in 64-bit mode with a base other than 0: TF is " +
            "not set, and there is no step.",
          source: by(
            kvm(
              "5.12.9, changed in 5.14.2",
              "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
              "x86.c: __kvm_set_rflags()",
            ),
            LINEAR,
          ),
        },
      },
    },
  ];
}
