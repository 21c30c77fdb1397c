/**
 * Rules of saving and restoring a VM. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, kvm, kvmCommit, source, together } from "./sources.ts";

/** The sections. */
export function savingSections(): readonly RuleSection[] {
  const qemu = source(
    "QEMU at 03380dd993de",
    "qemu/target/arm/kvm.c: kvm_arch_put_registers()",
    "qemu/target/arm/kvm.c: write_list_to_kvmstate()",
  );
  return [{
    id: "E/5",
    title: "Saving and restoring a VM of arm64",
    sentence:
      "QEMU saves the core registers, all registers of KVM_GET_REG_LIST, the vCPU events and the GIC, and writes them to a " +
      "new VM. Guest debug is no part of it, nor is the exclusive monitor.",
    confidence: "source",
    source: qemu,
    rules: {
      "E/5.1": {
        sentence:
          "PSTATE is saved with SS: the guest's own step goes on in the new VM.",
        confidence: "source",
        source: kvm("4.4.1, 7.1.5", "guest.c: get_core_reg()"),
      },
      "E/5.2": {
        sentence:
          "The registers are written in the order of the list, by their encoding: those of debug come before the ID registers, " +
          "and so before what the guest has of them is known.",
        confidence: "source",
        source: kvm(
          "4.4.1, 7.1.5",
          "sys_regs.c: kvm_arm_copy_sys_reg_indices()",
          "sys_regs.c: walk_sys_regs()",
        ),
      },
      "E/5.3": {
        sentence:
          "If the machine has another ID_AA64DFR0_EL1, KVM_SET_ONE_REG refuses the saved one and the restore fails, unless a field " +
          "differs that userspace may lower. A kernel without ID registers in the list takes the rest.",
        confidence: "derived",
        source: together(
          kvm("4.4.1, 6.1.20, 7.1.5", "sys_regs.c: kvm_arm_sys_reg_set_reg()"),
          qemu,
        ),
      },
      "E/5.4": {
        sentence:
          "The events are written after the registers: an SError that KVM delivers itself would be overwritten.",
        source: qemu,
      },
      "E/5.5": {
        sentence:
          "Since 5.13 KVM_RUN applies a pending change of the PC, or exception, before it returns. In 5.11 and 5.12 the next entry " +
          "does: what userspace saves has neither, and a step that begins before it ends there.",
        kernels: { since: "5.11" },
        confidence: "source",
        source: by(
          kvm("5.14.2", "arm.c: kvm_arch_vcpu_ioctl_run()"),
          kvmCommit(
            "26778aaa134a",
            "Commit pending PC adjustemnts before returning to userspace",
          ),
        ),
      },
    },
  }];
}
