/**
 * Rules of SYSCALL and SYSRET. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import {
  by,
  commit,
  kvm,
  recording,
  source,
  together,
  unitTest,
} from "./sources.ts";

const SYSCALL = {
  where: ["Intel SDM vol. 2B 4.3"],
  read: "SYSCALL and SYSRET in SDM 253667, from memory",
} as const;

/** The sections. */
export function systemCallSections(): readonly RuleSection[] {
  return [
    {
      id: "A/10",
      title: "SYSCALL and SYSRET",
      sentence:
        "SYSCALL goes to LSTAR at CPL 0 with the flags in R11, SYSRET back with the flags of R11. Neither exits. A step is looked for by " +
        "the TF that they leave, not by the one before.",
      confidence: "architecture",
      source: SYSCALL,
      rules: {
        "A/10.1": {
          sentence:
            "SYSCALL saves RFLAGS in R11, RF as 0, and clears the flags that IA32_FMASK has. TF in R11 is as it was, also if a debugger " +
            "set it.",
        },
        "A/10.2": {
          sentence:
            "With TF in FMASK there is no single-step trap after SYSCALL; without, one at the first instruction of the kernel. After SYSRET " +
            "there is one if R11 has TF, as if SYSCALL had just completed.",
          source: together(
            unitTest("syscall.c: test_syscall_tf()"),
            SYSCALL,
            recording("stock/syscall-tf-in-fmask"),
          ),
        },
        "A/10.3": {
          sentence:
            "SYSRET loads RFLAGS from R11 without RF and VM. Above CPL 0 it raises #GP(0).",
        },
      },
    },
    {
      id: "D/18",
      title: "A debugger's step over SYSCALL",
      sentence:
        "SINGLESTEP is TF in the guest's RFLAGS, which the guest's own instructions change.",
      confidence: "derived",
      source: kvm("4.4.1 to 7.1.5", "x86.c: __kvm_set_rflags()"),
      rules: {
        "D/18.1": {
          sentence:
            "SYSCALL with TF in FMASK takes TF from a debugger's step, and KVM does not set it again where RIP has moved: the next " +
            "KVM_EXIT_DEBUG comes after SYSRET, if at all.",
          source: by(
            together(
              kvm("4.4.1 to 7.1.5", "x86.c: __kvm_set_rflags()"),
              source("September 2025", "pwncollege/dojo issue #894"),
              recording("stock/syscall-step-fmask"),
            ),
            commit(
              "94fe45da48f9",
              "KVM: x86: Fix guest single-stepping while interruptible",
            ),
          ),
        },
      },
    },
  ];
}
