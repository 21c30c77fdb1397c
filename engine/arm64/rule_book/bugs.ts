/**
 * Known bugs and pitfalls of kernels, of VMMs and of tests. A data table, longer than a file of code should be.
 *
 * @module
 */
import type { RuleRow, RuleSection } from "../../rule_entry.ts";
import { idRegister } from "./patches_2022.ts";
import {
  by,
  commit,
  kvm,
  kvmCommit,
  manual,
  recording,
  selftest,
  source,
  together,
} from "./sources.ts";

/** Bugs of KVM. */
function ofKvm(): Record<string, RuleRow> {
  const handlers = [
    "sys_regs.c: trap_bvr()",
    "sys_regs.c: trap_bcr()",
    "sys_regs.c: reset_bvr()",
    "sys_regs.c: set_bvr()",
    "sys_regs.c: DBG_BCR_BVR_WCR_WVR_EL1",
  ];
  const indexing = by(
    kvm("5.3.1 to 5.11.0, fixed in 5.12.9", ...handlers),
    kvmCommit("03fdfb269009", "Don't write junk to sysregs on reset"),
    kvmCommit("cb853ded1d25", "Fix debug register indexing"),
  );
  const stepping = kvm(
    "4.4.1 to 6.0.19",
    "debug.c: kvm_arm_setup_debug()",
    "debug.c: kvm_arm_clear_debug()",
  );
  const fakedStep = commit(
    undefined,
    "kvm: arm64: handle single-stepping trapped instructions",
  );
  const advance = commit(
    "bd7d95cafb49",
    "arm64: KVM: Consistently advance singlestep when emulating instructions",
  );
  return {
    F1: {
      title: "Debug register indexing",
      sentence:
        "The trap table has 0 as the number of every debug register, and the handlers use it as index. All 16 DBGBVR<n>, " +
        "DBGBCR<n>, DBGWVR<n> and DBGWCR<n> are aliases of number 0.",
      kernels: { since: "5.3", until: "5.13" },
      source: indexing,
    },
    F2: {
      title: "PSTATE.SS not preserved",
      sentence:
        "Stepping by userspace sets PSTATE.SS on each entry and loses the guest's own. The value is wrong afterwards, also " +
        "for ONE_REG.",
      kernels: { until: "6.1" },
      source: by(
        stepping,
        kvmCommit(
          "34fbdee086cf",
          "Preserve PSTATE.SS for the guest while single-step is enabled",
        ),
      ),
    },
    F3: {
      title: "Active-pending step lost",
      sentence:
        "After an exit between the stepped instruction and its step exception, the next entry sets PSTATE.SS again: two " +
        "instructions run in one step.",
      kernels: { until: "6.1" },
      source: by(
        stepping,
        kvmCommit(
          "370531d1e95b",
          "Clear PSTATE.SS when the Software Step state was Active-pending",
        ),
      ),
    },
    F4: {
      title: "Step not advanced over emulation",
      sentence:
        "KVM skips an emulated instruction without advancing the step state machine. A step over a trapped access is " +
        "reported one instruction late.",
      kernels: { until: "5.0" },
      source: by(
        source(
          "4.4.1 to 4.20.0",
          "arch/arm64/include/asm/kvm_emulate.h: kvm_skip_instr()",
        ),
        advance,
      ),
    },
    F5: {
      title: "No exit after emulation",
      sentence:
        "KVM reports no debug exit after an instruction that it emulates, so a debugger's step jumps over it. The fix fakes " +
        "a software-step exit.",
      kernels: { until: "4.16" },
      source: by(
        kvm("4.4.1 to 4.13.4", "handle_exit.c: handle_exit()"),
        fakedStep,
      ),
    },
    F6: {
      title: "Debug state in protected mode",
      sentence:
        "In 6.14's release candidates the owner and the registers are not copied to the protected hypervisor's vCPU, so " +
        "guest breakpoints never fire.",
      kernels: {},
      source: by(
        kvm(
          "6.13.2 and 6.14.0",
          "hyp/nvhe/hyp-main.c: flush_hyp_vcpu()",
          "hyp/nvhe/hyp-main.c: flush_debug_state()",
        ),
        kvmCommit(
          "beb470d96cec",
          "Use debug_owner to track if debug regs need save/restore",
        ),
        kvmCommit("0f1a6c5c9784", "Flush/sync debug state in protected mode"),
      ),
    },
    F7: {
      title: "OS lock not emulated",
      sentence:
        "KVM ignores writes of OSLAR_EL1. A guest that takes the lock still gets debug exceptions, and migration loses the " +
        "lock.",
      kernels: { until: "5.18" },
      source: by(
        kvm(
          "4.4.1 to 5.17-rc5",
          "sys_regs.c: sys_reg_descs",
          "sys_regs.c: trap_raz_wi()",
          "sys_regs.c: trap_oslsr_el1()",
        ),
        kvmCommit("7dabf02f43a1", "Emulate the OS Lock"),
      ),
    },
    F8: {
      title: "32-bit hsr",
      sentence:
        "The debug exit has 32 bits for the syndrome, so its upper bits are lost.",
      kernels: { until: "5.19" },
      source: by(
        together(
          kvm("4.4.1 to 5.18.12", "handle_exit.c: kvm_handle_guest_debug()"),
          source(
            "4.4.1 to 5.18.12",
            "arch/arm64/include/uapi/asm/kvm.h: kvm_debug_exit_arch",
          ),
        ),
        kvmCommit("18f3976fdb5d", "uapi: Add kvm_debug_exit_arch.hsr_high"),
      ),
    },
    F9: {
      title: "MDCR_EL2 prepared too late",
      sentence:
        "With VHE a new vCPU is loaded with MDCR_EL2 = 0: HPMN is 0 and nothing traps until the first setup.",
      kernels: { since: "4.17", until: "5.13" },
      source: by(
        together(
          kvm(
            "4.18.0 to 5.3.1",
            "hyp/switch.c: activate_traps_vhe_load()",
            "debug.c: kvm_arm_setup_debug()",
          ),
          kvm(
            "5.10.7; fixed in 5.12.9",
            "hyp/vhe/switch.c: activate_traps_vhe_load()",
          ),
        ),
        kvmCommit(
          "263d6287da14",
          "Initialize VCPU mdcr_el2 before loading it",
        ),
        kvmCommit("75a5fbaf6623", "Compute MDCR_EL2 at vcpu_load()"),
      ),
    },
    F10: {
      title: "Guest MDSCR_EL1 hijacked",
      sentence:
        "Between setup and clear the bits that KVM forces are in the guest's own MDSCR_EL1, where any reader sees them.",
      kernels: { until: "6.14" },
      source: by(
        kvm(
          "4.4.1 to 6.13.2",
          "debug.c: kvm_arm_setup_debug()",
          "debug.c: kvm_arm_clear_debug()",
        ),
        kvmCommit("4ad3a0b87f2e", "Don't hijack guest context MDSCR_EL1"),
      ),
    },
    F11: {
      title: "PMUVer 0xF exposed",
      sentence:
        'The cap of PMUVer lets "implementation defined" (0xF) through. A guest sees a PMU that KVM does not provide, and ' +
        "migration to a fixed kernel fails.",
      kernels: { since: "5.7", until: "6.2" },
      source: by(
        together(
          source(
            "5.7.14 to 6.1.20",
            "arch/arm64/include/asm/cpufeature.h: cpuid_feature_cap_perfmon_field()",
          ),
          idRegister(),
        ),
        commit(
          "8e35aa642ee4",
          "arm64: cpufeature: Extract capped perfmon fields",
        ),
        kvmCommit(
          "3d0dba5764b9",
          "PMU: Move the ID_AA64DFR0_EL1.PMUver limit to VM creation",
        ),
      ),
    },
    F12: {
      title: "DebugVer minimum",
      sentence:
        "The series of 2022 takes any lower DebugVer for safe, so userspace can show 0 to 5 to the guest. Mainline refuses " +
        "values below 6 since the field is writable.",
      kernels: {},
      source: by(
        together(
          idRegister("validate_id_aa64dfr0_el1()"),
          kvm("6.8.0 to 7.1.5", "sys_regs.c: set_id_aa64dfr0_el1()"),
        ),
        kvmCommit(
          "a9bc4a1c1e0c",
          "Reject attempts to set invalid debug arch version",
        ),
      ),
    },
    F20: {
      title: "Two debuggers",
      sentence:
        "While userspace debugs, TDE takes the guest's own debug exceptions to the host, and MDSCR.SS is cleared. The guest's " +
        "debugger stops working without an error.",
      source: together(
        kvm("4.4.1 to 6.13.2", "debug.c: kvm_arm_setup_debug()"),
        kvm(
          "6.14.0 to 7.1.5",
          "debug.c: kvm_arm_setup_mdcr_el2()",
          "debug.c: setup_external_mdscr()",
        ),
        recording("gd-brk-routing"),
      ),
    },
    F23: {
      title: "Faked step exit",
      sentence:
        "After an instruction that KVM emulates, a step ends with a faked exit: hsr is 0xC8000000, without the ISS and IL " +
        "bits of a real one. The guest's own stepping is still wrong.",
      kernels: { since: "4.16", until: "5.0" },
      source: by(
        kvm(
          "4.16.13 to 4.20.0",
          "debug.c: kvm_arm_handle_step_debug()",
          "handle_exit.c: handle_exit()",
        ),
        fakedStep,
        advance,
      ),
    },
    F24: {
      title: "MDCR_EL2 written a load late",
      sentence:
        "With VHE MDCR_EL2 is written at vcpu_load only, with the value of the setup before. KVM_SET_GUEST_DEBUG takes effect " +
        "after the next load, and a new vCPU does not trap.",
      kernels: { since: "4.17", until: "5.6" },
      source: by(
        kvm(
          "4.18.0 to 5.3.1",
          "hyp/switch.c: activate_traps_vhe_load()",
          "hyp/switch.c: __activate_traps_common()",
          "debug.c: kvm_arm_setup_debug()",
        ),
        kvmCommit(
          "d5a21bcc2995",
          "Move common VHE/non-VHE trap config in separate functions",
        ),
        kvmCommit(
          "4942dc6638b0",
          "Write arch.mdcr_el2 changes since last vcpu_load on VHE",
        ),
      ),
    },
    F25: {
      title: "Only number 0 reset",
      sentence:
        "ONE_REG uses number 0 for all 16 registers of a kind too, and a reset clears only number 0. The other 15 keep what " +
        "untrapped accesses left in them.",
      kernels: { since: "5.3", until: "5.13" },
      source: indexing,
    },
    F26: {
      title: "SMC for ever",
      sentence:
        "KVM answers an SMC of the guest and does not move the PC past it: the guest executes it for ever.",
      kernels: { since: "4.15", until: "4.16" },
      confidence: "source",
      source: by(
        kvm("the message of f5115e8869e1", "handle_exit.c: handle_smc()"),
        commit(
          "acfb3b883f6d",
          "arm64: KVM: Fix SMCCC handling of unimplemented SMC/HVC calls",
        ),
        commit(
          "f5115e8869e1",
          "arm64: KVM: Increment PC after handling an SMC trap",
        ),
      ),
    },
    F27: {
      title: "Step begun again after emulation",
      sentence:
        "The skip clears PSTATE.SS, and the next entry sets it again while userspace steps: the exit comes one instruction " +
        "late. Since 5.11 the entry skips after it has set PSTATE.SS.",
      kernels: { since: "5.0", until: "5.11" },
      source: together(
        source(
          "5.0.1, 5.4.195",
          "arch/arm64/include/asm/kvm_emulate.h: kvm_skip_instr()",
          "virt/kvm/arm/arm.c: kvm_arch_vcpu_ioctl_run()",
        ),
        kvm(
          "5.0.1, 5.4.195, 5.8.1",
          "debug.c: kvm_arm_setup_debug()",
          "handle_exit.c: handle_exit()",
        ),
        kvm("5.11.0", "hyp/include/hyp/adjust_pc.h: __adjust_pc()"),
      ),
    },
  };
}

/** Bugs of the host's debugging, of VMMs and of tests, and what debuggers must know. */
function others(): Record<string, RuleRow> {
  const hwBreakpoint = "arch/arm64/kernel/hw_breakpoint.c";
  return {
    F13: {
      title: "Step over exclusives",
      sentence:
        "A step takes an exception between load-exclusive and store-exclusive, which clears the monitor. A stepped atomic " +
        "loop never ends.",
      source: together(
        selftest("6.2.12 to 6.12.0", "guest_code_ss()"),
        manual("D2.11.10.3"),
      ),
    },
    F14: {
      title: "Inexact watchpoint address",
      sentence:
        "Hardware may report a watchpoint address below the watched bytes. A debugger that compares exactly does not " +
        "recognise its own watchpoint.",
      kernels: { until: "4.10" },
      source: by(
        source(
          "4.9.0 and 4.10.17",
          `${hwBreakpoint}: watchpoint_handler()`,
          `${hwBreakpoint}: get_distance_from_watchpoint()`,
        ),
        commit(
          "fdfeff0f9e3d",
          "arm64: hw_breakpoint: Handle inexact watchpoint addresses",
        ),
      ),
    },
    F15: {
      title: "Single-byte watchpoint",
      sentence:
        "A 32-bit process on the host cannot set a one-byte watchpoint at offset 3: EINVAL.",
      kernels: { until: "5.3" },
      source: by(
        source(
          "5.2.1 and 5.3.1",
          `${hwBreakpoint}: hw_breakpoint_arch_parse()`,
        ),
        commit(
          "849adec41203",
          "arm64: compat: Allow single-byte watchpoints on all addresses",
        ),
      ),
    },
    F16: {
      title: "QEMU's watch range",
      sentence:
        "QEMU's range check takes 4 of the 5 bits of MASK, includes the byte after the end, and counts the leading ones of " +
        "BAS in 32 bits. Its ranges are wrong.",
      confidence: "derived",
      source: source(
        "master of QEMU (133edc4f220c)",
        "qemu/target/arm/hyp_gdbstub.c: check_watchpoint_in_range()",
        "qemu/target/arm/hyp_gdbstub.c: insert_hw_watchpoint()",
      ),
    },
    F17: {
      title: "QEMU's link bound",
      sentence:
        "Where the bound changes from the BRPs field to the number of breakpoints, lbn > brps must become lbn >= brps.",
      source: by(
        source(
          "master of QEMU (133edc4f220c)",
          "qemu/target/arm/debug_helper.c: linked_bp_matches()",
        ),
        commit(
          "88ce6c6ee85d",
          "target/arm: Stop assuming DBGDIDR always exists",
        ),
      ),
    },
    F18: {
      title: "Hard-coded counts",
      sentence:
        "A VMM that assumes 4 breakpoints and does not ask the capability has unused or failing slots on other CPUs.",
      source: source(
        "2022",
        "cloud-hypervisor/cloud-hypervisor pull request #4519",
        "cloud-hypervisor/cloud-hypervisor pull request #4534",
      ),
    },
    F19: {
      title: "Stale PC",
      sentence:
        "A VMM that reads the PC before it fetches the CPU's state reports a breakpoint at the old address.",
      source: source(
        "2025",
        "AFLplusplus/qemu-libafl-bridge pull request #103",
      ),
    },
    F21: {
      title: "Breakpoint hit again",
      sentence:
        "A breakpoint fires before its instruction. If it stays enabled, the return hits it again, unless the handler sets " +
        "SPSR.D or steps over the instruction.",
      source: together(
        manual("D2.8.8"),
        selftest("6.1.20 to 6.12.0", "guest_hw_bp_handler()"),
        source("4.4.1 to 6.13.2", `${hwBreakpoint}: breakpoint_handler()`),
      ),
    },
    F22: {
      title: "Filters for EL1 only",
      sentence:
        "Control values that filter for EL1 do not match in a guest that runs at EL2. It needs HMC.",
      source: source(
        "June 2026 (1da1819e49fc)",
        "kvm-unit-tests/arm/debug.c: test_hw_bp()",
        "kvm-unit-tests/arm/debug.c: test_wp()",
      ),
    },
  };
}

/** The section. */
export function bugsSection(): RuleSection {
  return {
    id: "F",
    title: "Bugs and pitfalls",
    sentence: "Mistakes of kernels, VMMs and tests that a scenario can show.",
    confidence: "source",
    source: kvm(
      "4.4.1 to 6.13.2",
      "debug.c: kvm_arm_setup_debug()",
      "sys_regs.c: DBG_BCR_BVR_WCR_WVR_EL1",
    ),
    rules: inOrder({ ...ofKvm(), ...others() }),
  };
}

/** Rules by their number. */
function inOrder(
  rules: Readonly<Record<string, RuleRow>>,
): Record<string, RuleRow> {
  const number = (id: string): number => Number(id.slice(1));
  return Object.fromEntries(
    Object.entries(rules).toSorted(([a], [b]) => number(a) - number(b)),
  );
}
