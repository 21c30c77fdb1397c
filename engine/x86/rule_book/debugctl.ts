/**
 * Rules of IA32_DEBUGCTL: branch steps, bus locks, and what KVM gives guest and host of it. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, sdm, source, together } from "./sources.ts";

/** Where the patches and backports of 2025 were read. */
const PATCHES = "patches and backports of 2025";
/** Old trees, function by function. */
const OLD = "2.6.30 to 4.9, function by function";

const BTF_MAIL = source(
  "review of the series, February 2025",
  "Re: KVM: SVM: Manually context switch DEBUGCTL if LBR virtualization is disabled [PATCH v2 3/5]",
);

const LBR_ALONE = commit(
  "d0eac42f5cec",
  "KVM: SVM: Suppress DEBUGCTL.BTF on AMD",
);
const SWITCHES = commit(
  "433265870ab3",
  "KVM: SVM: Manually context switch DEBUGCTL if LBR virtualization is disabled",
);

/** The sections. */
export function debugctlSections(): readonly RuleSection[] {
  return [
    {
      id: "A/8",
      title: "DEBUGCTL",
      sentence:
        "The MSR 0x1d9 has LBR (bit 0), BTF (bit 1) and BLD (bit 2); Intel also FREEZE_IN_SMM (bit 14) and RTM (bit 15). RDMSR " +
        "and WRMSR give #GP(0) at CPL above 0, WRMSR also for reserved bits. Reset: 0.",
      confidence: "architecture",
      source: together(
        sdm("3B", "17.4.1"),
        source("from memory", "AMD APM vol. 2 13.1.1.6"),
      ),
      rules: {
        A20: {
          sentence:
            "With BTF a step by TF is due after taken branches alone. #DB clears BTF and LBR. VMX leaves them as they are if #DB " +
            "exits; SVM clears them then too, in the VMCB where LBR virtualization is on.",
          source: together(
            sdm("3B", "17.4.1", "17.4.3"),
            source("from memory", "AMD APM vol. 2 13.1.1.6"),
            sdm("3C", "27.1"),
            BTF_MAIL,
          ),
        },
        A21: {
          sentence:
            "With BLD a bus lock at CPL above 0 is a trap: #DB with BLD (bit 11) 0 in DR6, which no other #DB changes. A locked " +
            "access across two cache lines locks the bus. On AMD software can clear DR6.BLD only with DEBUGCTL.BLD.",
          source: together(
            source("from memory", "Intel SDM vol. 3B 17.3.1.6"),
            by(
              source(
                PATCHES,
                "KVM: SVM: Manually context switch DEBUGCTL if LBR virtualization is disabled [PATCH v3 4/6]",
              ),
              SWITCHES,
            ),
          ),
        },
      },
    },
    {
      id: "D/16",
      title: "DEBUGCTL of guest and host",
      sentence:
        "RDMSR and WRMSR of DEBUGCTL always exit. The model has no recording of branches: LBR is a bit that SVM stores.",
      confidence: "source",
      source: together(
        kvm(OLD, "x86.c: kvm_set_msr_common()", "svm.c: svm_set_msr()"),
        kvm(PATCHES, "svm/svm.c: svm_set_msr()", "vmx/vmx.c: vmx_set_msr()"),
      ),
      rules: {
        D70: {
          sentence:
            "RDMSR reads what WRMSR has stored. A write of bits neither stored nor dropped is #GP(0). VMX drops LBR and BTF. SVM " +
            "stores 5:0; since 6.14 LBR, and drops 5:1, since 6.16 BTF; without LBR virtualization all.",
          source: by(
            together(
              kvm(OLD, "x86.c: kvm_set_msr_common()", "svm.c: svm_set_msr()"),
              kvm(
                PATCHES,
                "svm/svm.c: svm_set_msr()",
                "vmx/vmx.c: vmx_set_msr()",
                "vmx/vmx.c: vmx_get_supported_debugctl()",
              ),
            ),
            LBR_ALONE,
            commit(
              "ee89e8013383",
              "KVM: SVM: Drop DEBUGCTL[5:2] from guest's effective value",
            ),
            commit("5ecdb48dd918", "KVM: SVM: Treat DEBUGCTL[5:2] as reserved"),
          ),
        },
        D71: {
          sentence:
            "SVM turns LBR virtualization on as the guest sets LBR, and off as it clears it. Until 6.13 BTF and BLD have an effect only " +
            "together with LBR.",
          source: by(
            together(
              kvm(OLD, "svm.c: svm_set_msr()"),
              source(
                PATCHES,
                "KVM: SVM: Suppress DEBUGCTL.BTF on AMD [PATCH v3 2/6]",
              ),
            ),
            LBR_ALONE,
          ),
        },
        D72: {
          sentence:
            "VMX saves the host's value and restores it after each exit if it was not 0. It saves it right before the entry; from 4.16 " +
            "to 6.13 at vcpu_load; since 6.14 with interrupts disabled.",
          source: by(
            kvm(
              PATCHES,
              "vmx/vmx.c: vmx_vcpu_load()",
              "vmx/vmx.c: vmx_vcpu_run()",
            ),
            commit("065f838d1577", "KVM: VMX: Cache IA32_DEBUGCTL in memory"),
            commit(
              "189ecdb3e112",
              "KVM: x86: Snapshot the host's DEBUGCTL after disabling IRQs",
            ),
          ),
        },
        D73: {
          sentence:
            "SVM saves the host's value before an entry. Where LBR virtualization is off, and the guest's value is another, it loads " +
            "that before VMRUN and restores the host's after it.",
          kernels: { since: "6.14" },
          source: by(kvm(PATCHES, "svm/svm.c: svm_vcpu_run()"), SWITCHES),
        },
        D74: {
          sentence:
            "VMX runs the guest with FREEZE_IN_SMM of the host's DEBUGCTL, which the guest does not read.",
          kernels: { since: "6.17" },
          source: by(
            kvm(
              PATCHES,
              "vmx/vmx.h: vmx_guest_debugctl_write()",
              "vmx/vmx.h: vmx_guest_debugctl_read()",
            ),
            commit(
              "6b1dd26544d0",
              "KVM: VMX: Preserve host's DEBUGCTLMSR_FREEZE_IN_SMM while running the guest",
            ),
          ),
        },
        D75: {
          sentence:
            "VMX stores BLD if the guest's CPUID has bus lock detection. SVM does not offer it.",
          kernels: { since: "5.13" },
          source: by(
            kvm(
              "5.15 to 6.1, function by function",
              "vmx/vmx.c: vcpu_supported_debugctl()",
            ),
            commit(
              "76ea438b4afc",
              "KVM: X86: Expose bus lock debug exception to guest",
            ),
          ),
        },
        D76: {
          sentence: "VMX stores RTM if the guest's CPUID has RTM.",
          kernels: { since: "6.17" },
          source: by(
            kvm(PATCHES, "vmx/vmx.c: vmx_get_supported_debugctl()"),
            commit(
              "17ec2f965344",
              "KVM: VMX: Allow guest to set DEBUGCTL.RTM_DEBUG if RTM is supported",
            ),
          ),
        },
        D77: {
          sentence:
            "Where KVM itself completes an instruction, a step is due by TF alone: it does not look at BTF.",
          source: together(
            kvm("4.10.17 to 7.1.5", "x86.c: kvm_skip_emulated_instruction()"),
            BTF_MAIL,
          ),
        },
        D78: {
          sentence:
            "KVM_GUESTDBG_SINGLESTEP sets TF and leaves BTF: where a BTF is in force in the guest, userspace's steps stop at taken " +
            "branches alone.",
          source: together(
            kvm(
              "4.4.1 to 7.1.5",
              "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
            ),
            BTF_MAIL,
          ),
        },
        D79: {
          sentence:
            "KVM_GET_MSRS of DEBUGCTL gives what RDMSR reads. KVM_SET_MSRS takes what WRMSR may write, else it sets 0 MSRs, which is EINVAL " +
            "in the model. Since 6.1 VMX asks the CPU, not the guest's CPUID, whether it has BLD and RTM.",
          source: by(
            together(
              kvm("4.4.1 to 7.1.5", "x86.c: __msr_io()"),
              kvm(
                PATCHES,
                "svm/svm.c: svm_set_msr()",
                "vmx/vmx.c: vmx_set_msr()",
                "vmx/vmx.c: vmx_get_supported_debugctl()",
              ),
            ),
            commit(
              "b333b8ebb85d",
              "KVM: VMX: Ignore guest CPUID for host userspace writes to DEBUGCTL",
            ),
          ),
        },
      },
    },
  ];
}
