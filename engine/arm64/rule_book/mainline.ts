/**
 * Rules of mainline kernels, before and after the debug-owner redesign of 6.14. A data table, longer than a file of
 * code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import {
  by,
  commit,
  kvm,
  kvmCommit,
  recording,
  recordingOn,
  source,
  together,
} from "./sources.ts";

const KVM_HOST = "arch/arm64/include/asm/kvm_host.h";

/** Releases before the redesign. */
function beforeOwners(): RuleSection {
  const kernels = { until: "6.14" };
  const setup = kvm(
    "4.4.1 to 6.13.2",
    "debug.c: kvm_arm_setup_debug()",
  );
  const setupMdcr = together(
    kvm("4.4.1 to 5.11.0", "debug.c: kvm_arm_setup_debug()"),
    kvm("5.12.9 to 6.13.2", "debug.c: kvm_arm_setup_mdcr_el2()"),
  );
  const osLock = kvmCommit("7dabf02f43a1", "Emulate the OS Lock");
  const preserve = kvmCommit(
    "34fbdee086cf",
    "Preserve PSTATE.SS for the guest while single-step is enabled",
  );
  const activePending = kvmCommit(
    "370531d1e95b",
    "Clear PSTATE.SS when the Software Step state was Active-pending",
  );
  return {
    id: "E/1",
    title: "Linux before the debug-owner redesign, and what it kept",
    sentence:
      "A pointer (debug_ptr) selects the registers and a flag (DIRTY) says that they need switching, as merged in 2015. " +
      "The OS lock is emulated since 5.18, and PSTATE.SS kept since 6.1.",
    confidence: "source",
    kernels,
    source: kvm(
      "4.4.1 to 6.13.2",
      "debug.c: kvm_arm_setup_debug()",
      "debug.c: kvm_arm_clear_debug()",
    ),
    rules: {
      "E/1.1": {
        sentence:
          "vcpu_debug_state has the guest's registers and external_debug_state userspace's. debug_ptr selects the set in " +
          "use. DEBUG_DIRTY says that the registers need switching.",
        source: source(
          "4.4.1 to 6.13.2",
          `${KVM_HOST}: struct kvm_vcpu_arch`,
          "arch/arm64/kvm/debug.c: kvm_arm_reset_debug_ptr()",
        ),
      },
      "E/1.2": {
        sentence:
          "KVM_SET_GUEST_DEBUG refuses unknown control bits with EINVAL. With USE_HW it copies the external registers " +
          "without checking them. Without ENABLE it sets guest_debug to 0.",
        kernels: { since: "5.18", until: "6.14" },
        source: kvm(
          "5.18.12 to 6.13.2",
          "guest.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
        ),
      },
      "E/1.3": {
        sentence:
          "Each entry builds MDCR_EL2: the host's HPMN and the fixed traps; TDE under guest debug; TDA with USE_HW, with " +
          "DIRTY clear, or (since 5.18) if the guest holds the OS lock.",
        kernels,
        source: by(setupMdcr, osLock),
      },
      "E/1.4": {
        sentence:
          "Guest debug, or the OS lock, saves MDSCR_EL1 and (since 6.1) PSTATE.SS. SINGLESTEP sets MDSCR.SS, and PSTATE.SS " +
          "unless a step is active-pending; otherwise MDSCR.SS is cleared.",
        kernels,
        source: by(
          kvm(
            "4.4.1 to 6.13.2",
            "debug.c: kvm_arm_setup_debug()",
            "debug.c: save_guest_debug_regs()",
          ),
          osLock,
          preserve,
          activePending,
        ),
      },
      "E/1.5": {
        sentence:
          "USE_HW sets MDSCR.MDE but not KDE, selects the external set and sets DIRTY. Without USE_HW the OS lock, if held, " +
          "clears MDSCR.MDE (since 5.18).",
        kernels,
        source: by(setup, osLock),
      },
      "E/1.6": {
        sentence:
          "If MDSCR.KDE or MDE is set, DIRTY is set after TDA was computed: the registers are loaded, but accesses still " +
          "trap. Only a trapped write ends the trapping, until the next exit.",
        confidence: "recorded",
        kernels,
        source: together(
          setup,
          kvm("4.4.1", "hyp.S: compute_debug_state"),
          kvm("4.9 to 4.16", "hyp/debug-sr.c: __debug_cond_save_host_state()"),
          kvm("4.4.1 to 6.13.2", "sys_regs.c: reg_to_dbg()"),
          recording("trap-pattern"),
        ),
      },
      "E/1.7": {
        sentence:
          "With VHE a recomputed MDCR_EL2 is written to the CPU only if it changed since vcpu_load.",
        kernels: { since: "5.6", until: "6.14" },
        source: by(
          kvm("5.6.4 to 6.13.2", "debug.c: kvm_arm_setup_debug()"),
          kvmCommit(
            "4942dc6638b0",
            "Write arch.mdcr_el2 changes since last vcpu_load on VHE",
          ),
        ),
      },
      "E/1.8": {
        sentence:
          "With DIRTY set an entry loads MDCCINT_EL1 and as many registers as the CPU has. The exit saves them to the set at " +
          "debug_ptr, restores the host's and clears DIRTY, so accesses trap again.",
        kernels,
        source: together(
          kvm("4.4.1", "hyp.S: __restore_debug", "hyp.S: __save_debug"),
          kvm(
            "4.9 to 4.16",
            "hyp/debug-sr.c: __debug_restore_state()",
            "hyp/debug-sr.c: __debug_cond_restore_host_state()",
          ),
          kvm(
            "4.18.0 to 5.8.1",
            "hyp/debug-sr.c: __debug_switch_to_guest()",
            "hyp/debug-sr.c: __debug_switch_to_host()",
          ),
          kvm(
            "5.9.1 to 6.13.2",
            "hyp/include/hyp/debug-sr.h: __debug_switch_to_guest_common()",
            "hyp/include/hyp/debug-sr.h: __debug_switch_to_host_common()",
            "hyp/include/hyp/debug-sr.h: __debug_save_state()",
          ),
        ),
      },
      "E/1.9": {
        sentence:
          "An exit restores MDSCR_EL1, debug_ptr and (since 6.1) PSTATE.SS, and notes PSTATE.SS = 0 under SINGLESTEP as " +
          "active-pending. The saved MDSCR_EL1 has 32 bits; its upper half becomes 0.",
        confidence: "recorded",
        kernels,
        source: by(
          together(
            kvm(
              "4.4.1 to 6.13.2",
              "debug.c: kvm_arm_clear_debug()",
              "debug.c: restore_guest_debug_regs()",
            ),
            source("4.4.1 to 6.13.2", `${KVM_HOST}: guest_debug_preserved`),
            recording("gd-mdscr-upper", "gd-mdscr-leak"),
          ),
          preserve,
          activePending,
        ),
      },
      "E/1.10": {
        sentence: "A trapped write sets DIRTY; a trapped read does not.",
        kernels,
        source: kvm(
          "4.4.1 to 6.13.2",
          "sys_regs.c: reg_to_dbg()",
          "sys_regs.c: trap_debug_regs()",
        ),
      },
      "E/1.11": {
        sentence:
          "A debug exit has hsr, hsr_high with a valid flag, and far for a watchpoint only. From 6.1 to 6.13 a " +
          "software-step exit clears active-pending; since 6.14 it sets PSTATE.SS.",
        kernels: { since: "5.19" },
        source: by(
          kvm("5.19.6 to 7.1.5", "handle_exit.c: kvm_handle_guest_debug()"),
          kvmCommit("18f3976fdb5d", "uapi: Add kvm_debug_exit_arch.hsr_high"),
          activePending,
        ),
      },
      "E/1.12": {
        sentence:
          "Without guest debug, a debug_ptr that is not at the guest's set is a BUG_ON().",
        kernels,
        source: setup,
      },
      "E/1.13": {
        sentence:
          "ID_AA64DFR0_EL1 shows DebugVer 6, a capped PMUVer and (since 5.13) PMSVer 0. Writing the same value succeeds, any " +
          "other gives EINVAL, before and after the first run.",
        confidence: "recorded",
        kernels: { since: "5.12", until: "6.2" },
        source: by(
          together(
            kvm(
              "5.12.9 to 5.18.12",
              "sys_regs.c: read_id_reg()",
              "sys_regs.c: __set_id_reg()",
            ),
            kvm("6.1.20", "sys_regs.c: set_id_reg()"),
            recording("id-regs-set", "id-regs-shrunk"),
          ),
          kvmCommit(
            "94893fc9ad8c",
            "Limit the debug architecture to ARMv8.0",
          ),
        ),
      },
      "E/1.14": {
        sentence:
          "KVM does not check the number of a trapped access: a register that the CPU does not have is UNDEFINED before the " +
          "trap. Userspace reaches all 16 numbers.",
        confidence: "recorded",
        kernels,
        source: together(
          kvm(
            "4.4.1 to 6.13.2",
            "sys_regs.c: trap_bvr()",
            "sys_regs.c: trap_wcr()",
            "sys_regs.c: set_bvr()",
          ),
          recording("oob-guest", "oob-user"),
        ),
      },
      "E/1.15": {
        sentence:
          "Should a guest's read of OSLAR_EL1 or write of OSLSR_EL1 trap, KVM gives UNDEF; before, it ignored it. Userspace may " +
          "change only OSLSR.OSLK; another change gives EINVAL.",
        kernels: { since: "5.18" },
        source: by(
          kvm(
            "5.18.12 to 7.1.5",
            "sys_regs.c: trap_oslar_el1()",
            "sys_regs.c: trap_oslsr_el1()",
            "sys_regs.c: set_oslsr_el1()",
          ),
          osLock,
        ),
      },
      "E/1.16": {
        sentence:
          "Userspace may write ID_AA64DFR0_EL1.PMUVer up to the limit, also after the first run. It must agree with whether " +
          "the vCPU has a PMU. Any other change gives EINVAL.",
        kernels: { since: "6.2", until: "6.5" },
        source: by(
          kvm("6.2.12 to 6.4.6", "sys_regs.c: set_id_aa64dfr0_el1()"),
          kvmCommit(
            "60e651ff1f48",
            "PMU: Allow ID_AA64DFR0_EL1.PMUver to be set from userspace",
          ),
        ),
      },
      "E/1.17": {
        sentence:
          "ID registers belong to the VM. A change after the first run gives EBUSY; a field above its limit, or a change of one " +
          "that is not writable, EINVAL. PMUVer 0xF is stored as 0.",
        kernels: { since: "6.5" },
        source: by(
          kvm(
            "6.6.9 to 7.1.5",
            "sys_regs.c: set_id_reg()",
            "sys_regs.c: arm64_check_features()",
            "sys_regs.c: set_id_aa64dfr0_el1()",
          ),
          kvmCommit(
            "473341469042",
            "Save ID registers' sanitized value per guest",
          ),
          kvmCommit(
            "2e8bf0cbd058",
            "Use arm64_ftr_bits to sanitise ID register writes",
          ),
          kvmCommit("f90f9360c3d7", "Rewrite IMPDEF PMU version as NI"),
        ),
      },
      "E/1.18": {
        sentence:
          "ID_AA64DFR0_EL1.DebugVer shows the host's version, at most 0xA (8.8). Userspace may lower it to 6; a value below " +
          "6 gives EINVAL.",
        kernels: { since: "6.7" },
        source: by(
          kvm(
            "6.8.0 to 7.1.5",
            "sys_regs.c: set_id_aa64dfr0_el1()",
            "sys_regs.c: ID_AA64DFR0_EL1",
          ),
          kvmCommit(
            "9f9917bc71b0",
            "Bump up the default KVM sanitised debug version to v8p8",
          ),
          kvmCommit(
            "a9bc4a1c1e0c",
            "Reject attempts to set invalid debug arch version",
          ),
        ),
      },
      "E/1.19": {
        sentence:
          "A guest's read of ID_AA64DFR0_EL1 does not trap and returns the CPU's value. ONE_REG does not have the register " +
          "(ENOENT).",
        kernels: { until: "4.15" },
        source: kvm(
          "4.4.1 to 4.13.4, 4.14.325",
          "sys_regs.c: sys_reg_descs",
          "sys_regs.c: invariant_sys_regs",
        ),
      },
      "E/1.20": {
        sentence:
          "ID_AA64DFR0_EL1 shows the host's DebugVer, and (since 5.7) PMUVer at most 4. A write of another value gives " +
          "EINVAL.",
        kernels: { since: "4.15", until: "5.12" },
        source: by(
          kvm(
            "4.16.13 to 5.11.0",
            "sys_regs.c: read_id_reg()",
            "sys_regs.c: __set_id_reg()",
          ),
          commit(
            "8e35aa642ee4",
            "arm64: cpufeature: Extract capped perfmon fields",
          ),
        ),
      },
      "E/1.21": {
        sentence:
          "The handler of a trapped instruction only marks the vCPU. The next entry moves the PC or takes the injected " +
          "exception, so until then ONE_REG shows the old PC.",
        kernels: { since: "5.11" },
        source: together(
          kvm("5.11.0", "hyp/include/hyp/adjust_pc.h: __adjust_pc()"),
          kvm(
            "5.14.2 to 7.1.5",
            "hyp/exception.c: __kvm_adjust_pc()",
            "arm.c: kvm_arch_vcpu_ioctl_run()",
          ),
        ),
      },
      "E/1.22": {
        sentence:
          "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG2 returns the control bits that KVM_SET_GUEST_DEBUG accepts, " +
          "0x00030003. Before, it returned 0.",
        kernels: { since: "5.13" },
        source: together(
          kvm("5.14.2 to 7.1.5", "arm.c: kvm_vm_ioctl_check_extension()"),
          recording("caps"),
        ),
      },
      "E/1.23": {
        sentence:
          "The fixed traps in MDCR_EL2 are TPM, TPMCR, TDRA and TDOSA, since 4.11 also TPMS (profiling), and since 5.12 TTRF " +
          "(trace filter).",
        kernels: { since: "4.11" },
        source: together(
          kvm("4.12.0 to 5.11.0", "debug.c: kvm_arm_setup_debug()"),
          kvm("5.12.9 to 7.1.5", "debug.c: kvm_arm_setup_mdcr_el2()"),
        ),
      },
      "E/1.24": {
        sentence:
          "HCR_EL2.TID3 makes a guest's read of an ID register trap, and KVM answers with the VM's value.",
        kernels: { since: "4.15" },
        source: by(
          together(
            kvm(
              "4.13.4 (not there), 4.16.13",
              "hyp/switch.c: __activate_traps()",
            ),
            source(
              "5.12.9",
              "arch/arm64/include/asm/kvm_emulate.h: vcpu_reset_hcr()",
            ),
            kvm("4.16.13 to 7.1.5", "sys_regs.c: access_id_reg()"),
          ),
          commit(
            "93390c0a1b20",
            "arm64: KVM: Hide unsupported AArch64 CPU features from guests",
          ),
        ),
      },
      "E/1.25": {
        sentence:
          "vcpu_load and vcpu_put leave the breakpoint and watchpoint registers alone. With VHE, since 4.17, vcpu_load writes " +
          "MDCR_EL2.",
        kernels: { until: "6.14" },
        source: together(
          source(
            "4.4.1",
            "arch/arm/kvm/arm.c: kvm_arch_vcpu_load()",
            "arch/arm/kvm/arm.c: kvm_arch_vcpu_put()",
          ),
          kvm(
            "6.13.2",
            "arm.c: kvm_arch_vcpu_load()",
            "arm.c: kvm_arch_vcpu_put()",
          ),
        ),
      },
      "E/1.26": {
        sentence:
          "KVM_SET_ONE_REG of a debug register, or of CONTEXTIDR_EL1, writes the guest's own copy, whatever userspace debugs with. The " +
          "value is not checked.",
        kernels: {},
        source: together(
          kvm(
            "4.4.1 to 6.13.2",
            "sys_regs.c: set_bcr()",
            "sys_regs.c: set_bvr()",
            "sys_regs.c: set_wcr()",
            "sys_regs.c: set_wvr()",
          ),
          kvm("6.14.0 to 7.1.5", "sys_regs.c: set_dbg_wb_reg()"),
        ),
      },
      "E/1.27": {
        sentence:
          "An access to an address for which the kernel has no device ends KVM_RUN with KVM_EXIT_MMIO. The next KVM_RUN " +
          "completes a load with the data that userspace gives.",
        kernels: {},
        source: together(
          source(
            "4.4.1",
            "arch/arm/kvm/mmio.c: io_mem_abort()",
            "arch/arm/kvm/mmio.c: kvm_handle_mmio_return()",
          ),
          kvm(
            "7.1.5",
            "mmio.c: io_mem_abort()",
            "mmio.c: kvm_handle_mmio_return()",
          ),
        ),
      },
      "E/1.28": {
        sentence:
          "Each entry loads MDCR_EL2 and each exit restores the host's. With VHE, since 4.17, vcpu_load and vcpu_put do.",
        kernels: {},
        source: together(
          kvm("4.4.1", "hyp.S: activate_traps", "hyp.S: deactivate_traps"),
          kvm(
            "4.9.154",
            "hyp/switch.c: __activate_traps()",
            "hyp/switch.c: __deactivate_traps()",
          ),
          kvm(
            "4.19.0 to 6.6.9",
            "hyp/include/hyp/switch.h: __activate_traps_common()",
            "hyp/include/hyp/switch.h: __deactivate_traps_common()",
          ),
          kvm(
            "7.1.5",
            "debug.c: kvm_arm_setup_mdcr_el2()",
            "debug.c: kvm_vcpu_put_debug()",
            "hyp/nvhe/switch.c: __activate_traps()",
            "hyp/nvhe/switch.c: __deactivate_traps()",
          ),
        ),
      },
      "E/1.29": {
        sentence:
          "Each entry loads the guest's MDSCR_EL1 and CONTEXTIDR_EL1, and each exit saves them and restores the host's, whatever " +
          "DIRTY and the owner are. With VHE the guest's CONTEXTIDR_EL1 stays until another guest is loaded.",
        kernels: {},
        source: together(
          kvm("4.4.1", "hyp.S: save_sysregs", "hyp.S: restore_sysregs"),
          kvm(
            "4.9.154 to 7.1.5",
            "hyp/include/hyp/sysreg-sr.h: __sysreg_save_common_state()",
            "hyp/include/hyp/sysreg-sr.h: __sysreg_restore_common_state()",
            "hyp/include/hyp/sysreg-sr.h: __sysreg_save_el1_state()",
            "hyp/include/hyp/sysreg-sr.h: __sysreg_restore_el1_state()",
            "hyp/nvhe/switch.c: __kvm_vcpu_run()",
            "hyp/vhe/sysreg-sr.c: kvm_vcpu_put_sysregs_vhe()",
          ),
        ),
      },
      "E/1.30": {
        sentence:
          "KVM_ARM_VCPU_INIT resets the debug registers of the vCPU: breakpoints, watchpoints and MDSCR_EL1 to 0, the OS lock to " +
          "unlocked. It clears the core registers, the PC included, and PSTATE is EL1h with D, A, I and F.",
        kernels: {},
        source: together(
          kvm("in patches", "reset.c: kvm_reset_vcpu()"),
          kvm(
            "4.4.1, 6.1.20",
            "sys_regs.c: reset_bcr()",
            "sys_regs.c: sys_reg_descs",
          ),
          kvm(
            "7.1.5",
            "sys_regs.c: reset_dbg_wb_reg()",
            "sys_regs.c: sys_reg_descs",
          ),
        ),
      },
      "E/1.31": {
        sentence:
          "KVM does not move the PC after an HVC: it is past it, and its step is over. Up to 6.0 the next entry starts another " +
          "one, so that userspace's step over an HVC exits one instruction late.",
        kernels: {},
        source: together(
          kvm(
            "4.4.1, 6.1.20, 7.1.5",
            "handle_exit.c: handle_hvc()",
            "debug.c: kvm_arm_setup_debug()",
          ),
          recording("hypercall-steps"),
        ),
      },
      "E/1.32": {
        sentence:
          "An SMC of the guest traps. Up to 4.14 it is UNDEFINED. Since 4.16 KVM answers it and moves the PC past it, as after " +
          "any instruction that it emulates.",
        kernels: {},
        source: by(
          kvm("4.4.1, 4.9.154, 4.19.0, 7.1.5", "handle_exit.c: handle_smc()"),
          commit(
            "f5115e8869e1",
            "arm64: KVM: Increment PC after handling an SMC trap",
          ),
        ),
      },
      "E/1.33": {
        sentence:
          "KVM_IRQ_LINE makes an interrupt pending in KVM's GIC. An entry gives it to the virtual interface, and the guest takes " +
          "it when it can. KVM_SET_GUEST_DEBUG of arm64 has no BLOCKIRQ: a step goes into the handler.",
        kernels: {},
        source: together(
          source(
            "4.19.0",
            "virt/kvm/arm/arm.c: kvm_vm_ioctl_irq_line()",
            "virt/kvm/arm/vgic/vgic.c: vgic_flush_lr_state()",
          ),
          kvm(
            "7.1.5",
            "arm.c: kvm_vm_ioctl_irq_line()",
            "vgic/vgic.c: vgic_flush_lr_state()",
          ),
        ),
      },
      "E/1.34": {
        sentence:
          "KVM_SET_VCPU_EVENTS with serror_pending sets HCR_EL2.VSE, and VSESR_EL2 to ISV alone: the guest takes the SError " +
          "after the next entry, when it can.",
        kernels: { since: "4.19" },
        source: by(
          kvm(
            "4.19.0, 6.1.158, 6.6.9",
            "guest.c: __kvm_arm_vcpu_set_events()",
            "inject_fault.c: kvm_inject_vabt()",
          ),
          commit(
            "b7b27facc7b5",
            "arm/arm64: KVM: Add KVM_GET/SET_VCPU_EVENTS",
          ),
        ),
      },
      "E/1.35": {
        sentence:
          "An SError of KVM_SET_VCPU_EVENTS that the guest does not mask is delivered by the ioctl: the PC is at the vector " +
          "when it returns. ESR_EL1 has IL clear in 7.1.5, and set in 7.3.4.",
        kernels: { since: "6.17" },
        confidence: "derived",
        source: kvm(
          "7.1.5",
          "guest.c: __kvm_arm_vcpu_set_events()",
          "guest.c: commit_pending_events()",
          "inject_fault.c: kvm_inject_serror_esr()",
        ),
      },
      "E/1.36": {
        sentence:
          "KVM emulates no MMIO access whose syndrome has ISV clear, such as that of LDADD: KVM_RUN returns ENOSYS, unless " +
          "userspace has enabled KVM_CAP_ARM_NISV_TO_USER, since 5.5.",
        kernels: {},
        source: by(
          together(
            source("4.4.1", "arch/arm/kvm/mmio.c: io_mem_abort()"),
            kvm("5.5 to 6.8, in patches", "mmio.c: io_mem_abort()"),
          ),
          kvmCommit(
            "c726200dd106",
            "Allow reporting non-ISV data aborts to userspace",
          ),
        ),
      },
      "E/1.37": {
        sentence:
          "KVM_SET_ONE_REG of PSTATE gives EINVAL if the vCPU cannot have its mode. Any other value is stored, PSTATE.SS included.",
        kernels: {},
        source: kvm("4.4.1 to 7.1.5", "guest.c: set_core_reg()"),
      },
      "E/1.38": {
        sentence:
          "HCR_EL2.TVM traps the guest's writes of CONTEXTIDR_EL1 and of the translation registers until SCTLR_EL1.M and C are " +
          "set. Since 5.5 it is not set on a CPU with FEAT_S2FWB.",
        kernels: {},
        source: by(
          source(
            "4.17, 5.2; 5.5 in patches",
            "arch/arm64/include/asm/kvm_arm.h: HCR_GUEST_FLAGS",
            "arch/arm64/include/asm/kvm_emulate.h: vcpu_reset_hcr()",
          ),
          kvmCommit(
            undefined,
            "Don't set HCR_EL2.TVM when S2FWB is supported",
          ),
        ),
      },
      "E/1.39": {
        sentence:
          "Since 4.6 the host kernel runs at EL2 on a CPU with VHE. Before, it runs at EL1 on every CPU: each exit restores its " +
          "CONTEXTIDR_EL1, and its breakpoints never have HMC.",
        kernels: {},
        source: by(
          together(
            kvm("4.4.1", "hyp.S: save_sysregs", "hyp.S: restore_sysregs"),
            source(
              "4.4.184 with a vendor's patches, 4.14",
              "arch/arm64/include/asm/hw_breakpoint.h: encode_ctrl_reg()",
            ),
          ),
          commit(
            undefined,
            "arm64: VHE: Add support for running Linux in EL2 mode",
          ),
          commit(
            "ae7e27fe6834",
            "arm64: hw_breakpoint: Allow EL2 breakpoints if running in HYP",
          ),
        ),
      },
    },
  };
}

/** Releases from the redesign on. */
function withOwners(): RuleSection {
  const read = "6.14.0 to 7.1.5";
  const load = kvm(read, "debug.c: kvm_vcpu_load_debug()");
  return {
    id: "E/2",
    title: "Linux after the debug-owner redesign",
    sentence:
      "vcpu_load decides the owner of the debug registers. This replaces DIRTY and debug_ptr, and the guest's MDSCR_EL1 is " +
      "never modified.",
    confidence: "source",
    kernels: { since: "6.14" },
    source: by(
      load,
      kvmCommit("cd9b10102ae3", "Evaluate debug owner at vcpu_load()"),
    ),
    rules: {
      "E/2.1": {
        sentence:
          "vcpu_load decides the owner of the debug registers: the host under guest debug or the guest's OS lock, else the " +
          "guest if MDSCR.MDE or KDE is set, else none.",
        source: by(
          load,
          kvmCommit("cd9b10102ae3", "Evaluate debug owner at vcpu_load()"),
        ),
      },
      "E/2.2": {
        sentence:
          "TDA is set unless the guest is the owner. TDE is set under guest debug.",
        source: by(
          kvm(read, "debug.c: kvm_arm_setup_mdcr_el2()"),
          kvmCommit("75a5fbaf6623", "Compute MDCR_EL2 at vcpu_load()"),
        ),
      },
      "E/2.3": {
        sentence:
          "A trapped read or write of a breakpoint or watchpoint register, MDSCR or MDCCINT makes the guest the owner if " +
          "there is none, and rewrites MDCR_EL2 at once. The host stays the owner.",
        source: by(
          kvm(
            read,
            "debug.c: kvm_debug_set_guest_ownership()",
            "sys_regs.c: trap_debug_regs()",
            "sys_regs.c: trap_dbg_wb_reg()",
          ),
          kvmCommit(
            "c4a6ed854559",
            "Promote guest ownership for DBGxVR/DBGxCR reads",
          ),
          kvmCommit(
            "b47ffd13fda8",
            "Write MDCR_EL2 directly from kvm_arm_setup_mdcr_el2()",
          ),
        ),
      },
      "E/2.4": {
        sentence:
          "The owner is decided anew at each vcpu_load, not at each exit.",
        source: kvm(
          read,
          "debug.c: kvm_vcpu_load_debug()",
          "debug.c: kvm_vcpu_put_debug()",
        ),
      },
      "E/2.5": {
        sentence:
          "The guest's MDSCR_EL1 is never modified. If the host is the owner, the CPU gets a copy without SS, MDE and KDE, " +
          "plus SS when stepping, plus MDE and KDE with USE_HW.",
        source: by(
          kvm(
            read,
            "debug.c: setup_external_mdscr()",
            "hyp/include/hyp/sysreg-sr.h: ctxt_mdscr_el1()",
          ),
          kvmCommit(
            "4ad3a0b87f2e",
            "Don't hijack guest context MDSCR_EL1",
          ),
        ),
      },
      "E/2.6": {
        sentence:
          "If userspace steps, vcpu_load notes the guest's PSTATE.SS and sets it by the host's own pending step. vcpu_put " +
          "notes the host's and restores the guest's.",
        source: by(
          together(
            kvm(
              read,
              "debug.c: kvm_vcpu_load_debug()",
              "debug.c: kvm_vcpu_put_debug()",
            ),
            recordingOn("7.3", "gd-hwbp-guest-step"),
          ),
          kvmCommit(
            "2ca3f03bf524",
            "Manage software step state at load/put",
          ),
        ),
      },
      "E/2.7": {
        sentence:
          "A guest write of OSLAR_EL1 updates OSLSR.OSLK, then puts and loads the vCPU, which decides the owner anew.",
        source: by(
          kvm(
            read,
            "debug.c: kvm_debug_handle_oslar()",
            "sys_regs.c: trap_oslar_el1()",
          ),
          kvmCommit(
            "06d22a9c1b94",
            "Reload vCPU for accesses to OSLAR_EL1",
          ),
        ),
      },
      "E/2.8": {
        sentence:
          "The world switch loads and saves the guest's or the external registers, by the owner, as many as were counted once " +
          "for the CPU. On exit it restores the host's.",
        source: by(
          kvm(
            read,
            "hyp/include/hyp/debug-sr.h: __debug_switch_to_guest_common()",
            "hyp/include/hyp/debug-sr.h: __debug_switch_to_host_common()",
            "hyp/include/hyp/debug-sr.h: __vcpu_debug_regs()",
            "debug.c: kvm_init_host_debug_data()",
          ),
          kvmCommit(
            "58db67e9accc",
            "Select debug state to save/restore based on debug owner",
          ),
          kvmCommit(
            "8c02c2bbd643",
            "Avoid reading ID_AA64DFR0_EL1 for debug save/restore",
          ),
        ),
      },
      "E/2.9": {
        sentence:
          "One accessor serves all 64 registers: op2 selects the array (4 DBGBVR, 5 DBGBCR, 6 DBGWVR, 7 DBGWCR) and CRm the " +
          "number, without a range check.",
        source: by(
          kvm(
            read,
            "sys_regs.c: demux_wb_reg()",
            "sys_regs.c: trap_dbg_wb_reg()",
            "sys_regs.c: set_dbg_wb_reg()",
          ),
          kvmCommit(
            "3ce9f3357e9e",
            "Fold DBGxVR/DBGxCR accessors into common set",
          ),
        ),
      },
      "E/2.10": {
        sentence:
          "KVM_SET_GUEST_DEBUG accepts the same control bits as before. Without ENABLE it clears guest_debug and the host's " +
          "pending step.",
        source: by(
          kvm(read, "guest.c: kvm_arch_vcpu_ioctl_set_guest_debug()"),
          kvmCommit(
            "4cefbec97d80",
            "Clean up KVM_SET_GUEST_DEBUG handler",
          ),
        ),
      },
      "E/2.11": {
        sentence:
          "In protected mode the owner is copied to the hypervisor's own vCPU at entry, and the set of that owner to it and back.",
        source: by(
          kvm(
            read,
            "hyp/nvhe/hyp-main.c: flush_debug_state()",
            "hyp/nvhe/hyp-main.c: sync_debug_state()",
          ),
          kvmCommit(
            "0f1a6c5c9784",
            "Flush/sync debug state in protected mode",
          ),
        ),
      },
      "E/2.12": {
        sentence:
          "Under nested virtualisation KVM honours the guest hypervisor's TDE routing and, in 6.18 and later, its MDCR_EL2 " +
          "traps.",
        source: by(
          together(
            kvm(read, "handle_exit.c: kvm_handle_guest_debug()"),
            kvm("6.19.0 to 7.1.5", "nested.c: kvm_nested_setup_mdcr_el2()"),
          ),
          kvmCommit(
            "b0ee51033ae3",
            "nv: Honor MDCR_EL2.TDE routing for debug exceptions",
          ),
          kvmCommit(
            "3af1105c4fa3",
            "nv: Apply guest's MDCR traps in nested context",
          ),
        ),
      },
      "E/2.13": {
        sentence:
          "Userspace may lower DoubleLock, WRPs, PMUVer and DebugVer (not below 6) of ID_AA64DFR0_EL1, and not change BRPs " +
          "and CTX_CMPs: EINVAL, or EBUSY after the first run.",
        confidence: "recorded",
        kernels: { since: "6.12" },
        source: by(
          together(
            kvm(
              "6.12.0 to 7.1.5",
              "sys_regs.c: set_id_aa64dfr0_el1()",
              "sys_regs.c: set_id_reg()",
              "sys_regs.c: arm64_check_features()",
              "sys_regs.c: ID_AA64DFR0_EL1",
            ),
            recordingOn("6.12", "id-regs-set"),
            recordingOn("7.2", "id-regs-set"),
          ),
          kvmCommit(
            "980c41f554c3",
            "Make the exposed feature bits in AA64DFR0_EL1 writable from userspace",
          ),
        ),
      },
      "E/2.14": {
        sentence:
          "Fields of ID_AA64DFR0_EL1 are not checked against each other. KVM only refuses what the host does not have.",
        kernels: { since: "6.5" },
        source: by(
          kvm(
            "6.6.9 to 7.1.5",
            "sys_regs.c: arm64_check_features()",
            "sys_regs.c: set_id_aa64dfr0_el1()",
          ),
          kvmCommit(
            "c118cead07a7",
            "Use generic sanitisation for ID_(AA64)DFR0_EL1",
          ),
        ),
      },
      "E/2.15": {
        sentence:
          "KVM does not enforce a lowered WRPs. The watchpoint registers above it stay accessible, and still fire.",
        confidence: "recorded",
        kernels: { since: "6.12" },
        source: together(
          kvm(
            "6.12.0 to 7.1.5",
            "sys_regs.c: set_id_aa64dfr0_el1()",
            "sys_regs.c: ID_AA64DFR0_EL1",
          ),
          recordingOn("6.12", "id-regs-shrunk"),
          recordingOn("7.2", "id-regs-shrunk"),
        ),
      },
      "E/2.16": {
        sentence:
          "Only the first access of a KVM_RUN traps, none if MDSCR.MDE or KDE is set when it begins. ENABLE without USE_HW " +
          "turns the guest's own breakpoints off. MDSCR[63:32] survives guest debug.",
        confidence: "recorded",
        source: together(
          kvm(
            read,
            "debug.c: kvm_vcpu_load_debug()",
            "debug.c: setup_external_mdscr()",
            "debug.c: kvm_debug_set_guest_ownership()",
          ),
          recordingOn(
            "7.2",
            "trap-pattern",
            "gd-guest-own-regs",
            "gd-mdscr-upper",
          ),
        ),
      },
    },
  };
}

/** The sections of mainline. */
export function mainlineSections(): readonly RuleSection[] {
  return [
    {
      id: "E",
      title: "Later mainline",
      sentence:
        "What mainline does, most of it from 4.17 on, before and after the debug-owner redesign of 6.14.",
      confidence: "source",
      source: together(
        kvm("4.18.0 to 6.13.2", "debug.c: kvm_arm_setup_debug()"),
        kvm("6.14.0 to 7.1.5", "debug.c: kvm_vcpu_load_debug()"),
      ),
      rules: {},
    },
    beforeOwners(),
    withOwners(),
    {
      id: "E/3",
      title: "Differences between arm64 kernels",
      sentence:
        "Kernels differ in where external and guest values are, which MDSCR bits are forced, what ends the trapping and for " +
        "how long, the OS lock, exit data, and which counts a guest may have.",
      confidence: "source",
      source: together(
        kvm(
          "4.4.1 to 6.13.2",
          "debug.c: kvm_arm_setup_debug()",
          "debug.c: kvm_arm_clear_debug()",
        ),
        kvm(
          "6.14.0 to 7.1.5",
          "debug.c: kvm_vcpu_load_debug()",
          "debug.c: setup_external_mdscr()",
        ),
        kvm(
          "4.4.1 to 7.1.5",
          "handle_exit.c: kvm_handle_guest_debug()",
          "sys_regs.c: trap_debug_regs()",
        ),
      ),
      rules: {},
    },
    {
      id: "E/4",
      title: "The host's own breakpoints on arm64",
      sentence:
        "The host kernel writes a new breakpoint or watchpoint of its own to the first free slot of the CPU, the address and " +
        "then the control value, and removes it by a control value of 0.",
      confidence: "source",
      source: source(
        "4.4.1, 6.1.20, 7.1.5",
        "arch/arm64/kernel/hw_breakpoint.c: hw_breakpoint_control()",
        "arch/arm64/kernel/hw_breakpoint.c: hw_breakpoint_slot_setup()",
      ),
      rules: {
        "E/4.1": {
          sentence:
            "The control value of a host breakpoint or watchpoint has PMC or PAC EL1, and HMC if the host runs at EL2, with VHE.",
          kernels: {},
          source: source(
            "as of 2022",
            "arch/arm64/include/asm/hw_breakpoint.h: encode_ctrl_reg()",
          ),
        },
        "E/4.2": {
          sentence:
            "The host sets MDSCR_EL1.MDE and KDE before it writes its first breakpoint or watchpoint of a CPU, and clears them after " +
            "it has removed the last.",
          kernels: {},
          source: source(
            "5.2",
            "arch/arm64/kernel/hw_breakpoint.c: hw_breakpoint_control()",
            "arch/arm64/kernel/debug-monitors.c: enable_debug_monitors()",
            "arch/arm64/kernel/debug-monitors.c: disable_debug_monitors()",
          ),
        },
      },
    },
  ];
}
