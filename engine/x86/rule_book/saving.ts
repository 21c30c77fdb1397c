/**
 * Rules of KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS, and of saving and restoring. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, recording, source, together } from "./sources.ts";

const GET = "x86.c: kvm_vcpu_ioctl_x86_get_vcpu_events()";
const SET = "x86.c: kvm_vcpu_ioctl_x86_set_vcpu_events()";

/** Where it was read: a tree, and functions of others. */
const TREE = "a tree of 4.19.y";
const LATER = "5.4, 5.10, 6.1 and 6.10, function by function";

const PAYLOAD = commit(
  "c4f55198c7c2",
  "kvm: x86: Introduce KVM_CAP_EXCEPTION_PAYLOAD",
);

const QEMU = source(
  "QEMU 8.1.0",
  "qemu/target/i386/kvm/kvm.c: kvm_put_vcpu_events()",
  "qemu/target/i386/kvm/kvm.c: kvm_arch_put_registers()",
  "qemu/target/i386/kvm/kvm.c: kvm_arch_get_registers()",
);

/** The sections. */
export function savingSections(): readonly RuleSection[] {
  return [
    {
      id: "D/20",
      title: "KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS",
      sentence:
        "One structure has what is on its way to the guest: an exception with its payload, an injected interrupt, the interrupt " +
        "shadow, NMIs, and flags that say what of it counts.",
      confidence: "source",
      source: together(kvm(TREE, SET, GET), kvm(LATER, SET, GET)),
      rules: {
        D100: {
          sentence:
            "KVM_ENABLE_CAP of KVM_CAP_EXCEPTION_PAYLOAD on a VM is accepted at any time; before the capability existed it returns " +
            "EINVAL.",
          kernels: { since: "4.20" },
          source: by(
            kvm("5.0 and later", "x86.c: kvm_vm_ioctl_enable_cap()"),
            PAYLOAD,
          ),
        },
        D101: {
          sentence:
            "Without the payload's capability enabled exception.injected is 1 for a queued and for an injected exception, and since 4.20 " +
            "exception.pending for a queued one. A #BP is not reported: its instruction raises it again.",
          source: together(
            kvm(TREE, GET),
            kvm(LATER, GET),
            recording("stock/events-tf-out-plain"),
          ),
        },
        D102: {
          sentence:
            "With the payload's capability enabled a queued exception is in exception.pending, with a payload that is not in DR6 yet, " +
            "an injected one in exception.injected, and the flag VALID_PAYLOAD is set.",
          kernels: { since: "4.20" },
          source: by(kvm(LATER, GET), PAYLOAD),
        },
        D103: {
          sentence:
            "interrupt.shadow tells MOV SS and STI apart on VMX. SVM has one bit for both and reports both, and with either the guest " +
            "is in a shadow again after KVM_SET_VCPU_EVENTS with VALID_SHADOW.",
          source: together(
            kvm(TREE, SET),
            kvm(
              "4.19 and later",
              "svm/svm.c: svm_set_interrupt_shadow()",
              "svm/svm.c: svm_get_interrupt_shadow()",
              "vmx/vmx.c: vmx_set_interrupt_shadow()",
            ),
          ),
        },
        D104: {
          sentence:
            "nmi.pending is 1 for one pending NMI and for two until 6.3, and their number since 6.4; it counts with " +
            "VALID_NMI_PENDING only. nmi.masked always counts; on SVM setting it has IRET intercepted.",
          source: by(
            together(kvm(TREE, SET, GET), kvm("6.10", GET)),
            commit(
              "ab2ee212a57b",
              "KVM: x86: Save/restore all NMIs when multiple NMIs are pending",
            ),
          ),
        },
        D105: {
          sentence:
            "KVM_SET_VCPU_EVENTS with exception.injected queues the exception, which is injected as any other: #UD with RF in the " +
            "pushed flags, #DB with DR7.GD cleared.",
          kernels: { until: "4.20" },
          source: kvm(TREE, SET),
        },
        D106: {
          sentence:
            "KVM_SET_VCPU_EVENTS with exception.injected has it delivered as it is: #UD pushes no RF, #DB leaves DR7.GD. With " +
            "VALID_PAYLOAD and exception.pending it is queued, and its payload goes to DR6 at the injection.",
          kernels: { since: "4.20" },
          source: by(
            kvm(LATER, SET, "x86.c: kvm_check_and_inject_events()"),
            PAYLOAD,
          ),
        },
        D107: {
          sentence:
            "KVM_SET_VCPU_EVENTS returns EINVAL for unknown flags, for VALID_PAYLOAD without the capability enabled, and, since 4.7, " +
            "for an exception whose vector is above 31 or an NMI's.",
          source: by(
            together(kvm(TREE, SET), kvm(LATER, SET)),
            commit(
              "78e546c824fa",
              "KVM: fail KVM_SET_VCPU_EVENTS with invalid exception number",
            ),
          ),
        },
        D108: {
          sentence:
            "KVM_SET_REGS drops an exception that is queued. One that was injected, and was not delivered, stays since 4.14, where the " +
            "two got flags of their own.",
          kernels: { since: "4.14" },
          source: by(
            kvm(TREE, "x86.c: kvm_arch_vcpu_ioctl_set_regs()"),
            commit(
              "664f8e26b00c",
              "KVM: X86: Fix loss of exception which has not yet been injected",
            ),
          ),
        },
        D109: {
          sentence:
            "exception.nr, has_error_code and the payload stay those of the last exception that KVM queued or userspace gave, and " +
            "interrupt.nr that of the last interrupt, while none is on its way. KVM_SET_REGS leaves them.",
          source: together(
            kvm(TREE, GET, SET),
            kvm(LATER, GET, SET),
            recording(
              "stock/events-set-regs-payload",
              "stock/events-refused-plain",
            ),
          ),
        },
      },
    },
    {
      id: "D/21",
      title: "Save and restore",
      sentence:
        "A VMM saves a vCPU with GET ioctls and restores it with SET ioctls on a vCPU of a new VM. What no ioctl gives, and what the " +
        "VMM does not ask for, is lost.",
      confidence: "source",
      source: together(QEMU, kvm(TREE, SET, GET)),
      rules: {
        D110: {
          sentence:
            "No ioctl gives VMX's pending debug exceptions, such as a data breakpoint in the shadow of MOV SS, nor the vector that " +
            "KVM_INTERRUPT has made pending, nor that SVM steps for an NMI.",
          confidence: "derived",
          source: together(kvm(TREE, GET), kvm(LATER, GET)),
        },
        D111: {
          sentence:
            "QEMU gets vCPU events, registers, special registers, debug registers; it sets special registers, registers, events, debug " +
            "registers. It never sets VALID_SHADOW, and enables EXCEPTION_PAYLOAD where it can.",
          source: QEMU,
        },
        D112: {
          sentence:
            "Firecracker gets and sets registers, special registers, debug registers and, last, vCPU events as it got them, with their " +
            "flags. It does not enable EXCEPTION_PAYLOAD.",
          source: source(
            "Firecracker 02a4a5549218 of 2023",
            "firecracker/src/vmm/src/vstate/vcpu/x86_64.rs: restore_state()",
            "firecracker/src/vmm/src/vstate/vcpu/x86_64.rs: save_state()",
          ),
        },
        D113: {
          sentence:
            "Cloud Hypervisor gets and sets registers, special registers and, last, vCPU events. Its saved state has no debug " +
            "registers: DR0 to DR7 are those of a reset after a restore.",
          source: source(
            "Cloud Hypervisor 01de98061509 and 2be0fb31339b",
            "cloud-hypervisor/hypervisor/src/kvm/x86_64/mod.rs: VcpuKvmState",
            "cloud-hypervisor/hypervisor/src/kvm/mod.rs: set_state()",
          ),
        },
        D114: {
          sentence:
            "KVM_SET_GUEST_DEBUG has no GET: the new vCPU is not debugged. What KVM_GET_REGS gives of a vCPU that userspace steps has " +
            "no TF.",
          source: together(
            QEMU,
            kvm(TREE, "x86.c: kvm_get_rflags()"),
          ),
        },
        D115: {
          sentence:
            "Before it saves, a VMM calls KVM_RUN once more, to return at once, where userspace was asked for an access: else the " +
            "instruction would be repeated or left out.",
          source: source(
            "kernels of 4.19 and later",
            "arch/x86/kvm/x86.c: kvm_arch_vcpu_ioctl_run()",
          ),
        },
        D116: {
          sentence:
            "DEBUGCTL is in KVM_GET_MSR_INDEX_LIST since 7.1. Firecracker and Cloud Hypervisor get those of the list that they know, " +
            "and KVM_SET_MSRS stores them; QEMU asks for MSRs by name, and not for this one.",
          source: by(
            together(
              kvm("6.1 to 7.1, in patches", "x86.c: kvm_init_msr_lists()"),
              source(
                "Firecracker 08d4888773fc of 2023",
                "firecracker/src/vmm/src/arch/x86_64/msr.rs: get_msrs_to_save()",
              ),
              QEMU,
            ),
            commit(
              "3700f0788da6",
              "KVM: SVM: Add missing save/restore handling of LBR MSRs",
            ),
          ),
        },
      },
    },
  ];
}
