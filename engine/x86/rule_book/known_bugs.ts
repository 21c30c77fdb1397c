/**
 * Bugs of kernels over the years. A data table, longer than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import {
  by,
  commit,
  kvm,
  minimal,
  recording,
  source,
  together,
} from "./sources.ts";

const ENTER = "x86.c: vcpu_enter_guest()";
const EMULATE = "x86.c: x86_emulate_instruction()";

/** The section of bugs. */
export function bugSections(): readonly RuleSection[] {
  return [
    {
      id: "F",
      title: "Bugs over the years",
      sentence: "Mistakes of kernels that a scenario can demonstrate.",
      confidence: "source",
      source: kvm(
        "2.6.30 to 7.1.5",
        ENTER,
        "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
      ),
      rules: {
        F1: {
          title: "Missed hardware breakpoints",
          sentence:
            "A native write of DR7 left BP_ENABLED 0, so DR0-DR3 were not loaded after another vCPU had run. 4.5 and stable kernels " +
            "rerun the update functions after the sync.",
          kernels: { since: "3.15", until: "4.4.5" },
          source: by(
            kvm(
              "3.15.5 to 4.4.1; fixed in 4.4.11, 4.5.0, 4.5.7 and 4.6.2",
              ENTER,
            ),
            COMMITS.workaround,
            COMMITS.rootCause,
          ),
        },
        F2: {
          title: "Workaround applied twice",
          sentence:
            "Stable trees of 2016 applied the workaround again after the fix had removed it: RELOAD was set at each vcpu_load, and " +
            "DR writes topped the profile.",
          kernels: {},
          source: by(
            kvm(
              "4.4.11 and 4.5.7; gone in 4.4.155, not in 4.5.0 and 4.6.2",
              "x86.c: kvm_arch_vcpu_load()",
            ),
            COMMITS.workaroundAgain,
            COMMITS.workaround,
            COMMITS.rootCause,
          ),
        },
        F3: {
          title: "DR0-DR3 survive reset",
          sentence:
            "Reset cleared db but neither eff_db nor the hardware, so an old address was alive after INIT.",
          kernels: { until: "4.1" },
          source: by(
            kvm(
              "3.13.10 to 3.19.8, fixed in 4.1.15",
              "x86.c: kvm_vcpu_reset()",
            ),
            COMMITS.reload,
          ),
        },
        F4: {
          title: "INIT drops the debugger's DR7",
          sentence:
            "INIT overwrote the hardware's DR7 and the switch flag: a debugger's breakpoint on the start of an AP never hit.",
          kernels: { until: "3.13" },
          source: by(
            together(
              kvm(
                "2.6.30, 2.6.34",
                "x86.c: kvm_arch_vcpu_reset()",
              ),
              kvm(
                "fixed in 3.13.10",
                "x86.c: kvm_vcpu_reset()",
                "x86.c: kvm_update_dr7()",
              ),
            ),
            COMMITS.initReset,
          ),
        },
        F5: {
          title: "DR6 overwritten on #DB",
          sentence:
            "A #DB exit assigned arch.dr6 instead of merging it: the guest lost a BS set before.",
          kernels: { until: "3.14" },
          source: by(
            kvm(
              "2.6.30 to 3.13.10, fixed in 3.14",
              "vmx.c: handle_exception()",
            ),
            COMMITS.onlyB0toB3,
          ),
        },
        F6: {
          title: "DR7 mask on task switch",
          sentence:
            "Decimal 55 was written for hexadecimal 0x55: a task switch cleared G0 and G2, and L3 survived. LE survived until 3.19.",
          kernels: { until: "3.16" },
          source: kvm(
            "2.6.30 to 3.15.5, fixed in 3.16 and 3.19.8",
            "vmx.c: handle_task_switch()",
          ),
        },
        F7: {
          title: "Guest DR6 escapes to the host",
          sentence:
            "The guest's DR6 stayed in the CPU after vcpu_put, and the host's #DB handler warned about a stray BS.",
          kernels: { until: "4.16" },
          source: by(
            kvm("4.13.9, fixed in 4.16; 4.20", "x86.c: kvm_arch_vcpu_put()"),
            COMMITS.escapedDr6,
          ),
        },
        F8: {
          title: "VMCB DR6 not isolated",
          sentence:
            "SVM merged each #DB cause into the VMCB's DR6: the debugger saw BS, BD and BT of earlier ones, and the guest's DR6 was " +
            "clobbered.",
          kernels: { until: "5.7" },
          source: by(
            together(
              kvm(
                "4.4.1 to 5.6.4",
                "svm.c: db_interception()",
                "svm.c: svm_set_dr6()",
              ),
              kvm("fixed in 5.7.14", "svm/svm.c: svm_vcpu_run()"),
            ),
            COMMITS.isolated,
          ),
        },
        F9: {
          title: "Stale DR6 in the inner run loop",
          sentence:
            "A fast-path re-entry loaded arch.dr6 without a sync before it: a guest that had written DR6 read the old value " +
            "afterwards. SVM had it since 5.12, VMX since 5.15.",
          kernels: { since: "5.12", until: "6.14" },
          source: by(
            together(
              kvm("5.12.9 to 6.13.2, fixed in 6.14.0", ENTER),
              kvm("5.12.9 to 6.13.2", "svm/svm.c: svm_vcpu_run()"),
              kvm("5.15.16 to 6.13.2", "vmx/vmx.c: vmx_vcpu_run()"),
            ),
            COMMITS.isolated,
            COMMITS.hostDr6,
            COMMITS.dr6Once,
            COMMITS.dr6RunFlag,
          ),
        },
        F10: {
          title: "#DB during #DB",
          sentence:
            "A guest that arranged a #DB during the delivery of a #DB kept an AMD CPU in microcode for ever. SVM always intercepts " +
            "#DB since 4.4 (CVE-2015-8104).",
          kernels: { until: "4.4" },
          source: by(
            kvm("4.3, fixed in 4.4.1", "svm.c: init_vmcb()"),
            commit("cbdb967af3d5", "KVM: svm: unconditionally intercept #DB"),
          ),
        },
        F11: {
          title: "ICEBP by qualification",
          sentence:
            "An exit qualification without a cause was taken for ICEBP and RIP was advanced, so a #DB after MOV SS was mishandled. " +
            "The interruption type is tested since 4.16 (CVE-2018-1087).",
          kernels: { since: "3.19", until: "4.16" },
          source: by(
            kvm(
              "3.19.8 to 4.13.9, fixed in 4.16; 4.20",
              "vmx.c: handle_exception()",
            ),
            COMMITS.icebp,
          ),
        },
        F12: {
          title: "High bits of DR6 and DR7",
          sentence:
            "Up to 4.6 SET_DEBUGREGS took dr6 and dr7 with high bits: loading such a DR6 gave the host #GP. SET_GUEST_DEBUG takes " +
            "debugreg[7] with them to this day; under USE_HW_BP each KVM_RUN is then KVM_EXIT_FAIL_ENTRY.",
          kernels: {},
          source: by(
            together(
              kvm(
                "4.4.1, 4.5.7 and 4.6.2; fixed in 4.9.0 and 4.4.155",
                "x86.c: kvm_vcpu_ioctl_x86_set_debugregs()",
              ),
              minimal("6.1", "m1-dr7-high", "m1b-dr7-high-step"),
              minimal("7.2", "m1-dr7-high"),
              minimal("intel-6.1", "entry-dr7-high"),
              minimal("intel-7.3", "entry-dr7-high"),
            ),
            COMMITS.debugregsChecked,
          ),
        },
        F13: {
          title: "GD exit without BD",
          sentence:
            "A GD exit to the debugger reported arch.dr6 without BD, so the debugger could not tell the cause.",
          kernels: { until: "5.7" },
          source: by(
            together(
              kvm("2.6.30 to 4.20", "vmx.c: handle_dr()"),
              kvm("5.0.1 to 5.6.4, fixed in 5.7.14", "vmx/vmx.c: handle_dr()"),
            ),
            COMMITS.gdExit,
          ),
        },
        F14: {
          title: "Step under STI or MOV SS blocking",
          sentence:
            "A #DB injected again under blocking, with BS not pending, made the VM entry fail. 5.17 sets pending BS for a #DB that " +
            "exited, 7.2 for every injected one.",
          kernels: { until: "7.2" },
          source: by(
            together(
              kvm(
                "5.15.16, changed in 5.17-rc5; to 7.1.3",
                "vmx/vmx.c: handle_exception_nmi()",
              ),
              kvm(
                "7.1.3, changed in 7.1.5",
                "vmx/vmx.c: vmx_inject_exception()",
              ),
            ),
            COMMITS.pendingBs,
            COMMITS.pendingBsAlways,
          ),
        },
        F15: {
          title: "TF wherever flags are reloaded",
          sentence:
            "A debugger's step put TF into whatever flags were loaded and landed in handlers. Since 2009 TF is set only at " +
            "singlestep_rip.",
          kernels: { until: "2.6.34" },
          source: by(
            kvm("fixed in 2.6.34", "x86.c: kvm_set_rflags()"),
            commit(
              "94fe45da48f9",
              "KVM: x86: Fix guest single-stepping while interruptible",
            ),
          ),
        },
        F16: {
          title: "IRQ on resume",
          sentence:
            "An interrupt injected when a debugger continues runs the handler first, and returns to the breakpoint; TF of a step is on " +
            "the guest's stack. BLOCKIRQ (5.15) prevents it.",
          kernels: {},
          source: by(
            kvm(
              "5.14.2, BLOCKIRQ in 5.15.16",
              "x86.c: inject_pending_event()",
            ),
            COMMITS.blockirq,
          ),
        },
        F17: {
          title: "Internal TF visible",
          sentence:
            "TF and RF that SVM sets to single-step over an NMI were visible and spread to nested state. Since 4.13 svm_get_rflags " +
            "hides them.",
          kernels: { until: "4.13" },
          source: by(
            kvm("4.12.0, fixed in 4.13.4", "svm.c: svm_get_rflags()"),
            commit(
              "9b61174793f2",
              "KVM: SVM: hide TF/RF flags used by NMI singlestep",
            ),
          ),
        },
        F18: {
          title: "GET_DEBUGREGS leaks",
          sentence:
            "A 32-bit host copied 16 of 32 bytes and left stack bytes in the rest. Since 6.2 the structure is zeroed first " +
            "(CVE-2023-1513).",
          kernels: { until: "6.2" },
          source: by(
            kvm(
              "6.1-rc7, fixed in 6.2.12",
              "x86.c: kvm_vcpu_ioctl_x86_get_debugregs()",
            ),
            COMMITS.debugregsZeroed,
          ),
        },
        F19: {
          title: "Emulated breakpoint under MOV SS",
          sentence:
            "The emulator took a code breakpoint on the instruction after MOV SS, which Intel suppresses: one #DB too many. 6.1 tests " +
            "the vendor.",
          kernels: { until: "6.1" },
          source: by(
            kvm(
              "6.0.19, fixed in 6.1-rc7",
              "x86.c: kvm_vcpu_check_code_breakpoint()",
              "x86.c: kvm_is_code_breakpoint_inhibited()",
            ),
            COMMITS.movSs,
          ),
        },
        F20: {
          title: "Host breakpoint in the entry path",
          sentence:
            "A host breakpoint could fire between the switch and the entry, in code that must not take #DB. Since 5.14 DR7 is cleared " +
            "first.",
          kernels: { until: "5.14" },
          source: by(
            kvm("4.4.1 to 5.12.9, fixed in 5.14.2", ENTER),
            COMMITS.hostDr7,
          ),
        },
        F21: {
          title: "Watchpoint on an emulated access",
          sentence:
            "The emulator does not check data breakpoints: a watchpoint on MMIO never hits. No kernel corrects it.",
          kernels: {},
          source: together(
            kvm("4.4.1 to 7.1.5", EMULATE),
            recording("guest-write-bp-mmio"),
          ),
        },
        F22: {
          title: "T-flag trap",
          sentence:
            "The trap of a new TSS with T=1 is not emulated: no BT #DB. No kernel corrects it.",
          kernels: {},
          source: together(
            kvm("2.6.30 to 4.20", "vmx.c: handle_task_switch()"),
            kvm("5.0.1 to 7.1.5", "vmx/vmx.c: handle_task_switch()"),
          ),
        },
        F23: {
          title: "DR6 changed before L1's intercept",
          sentence:
            "DR6 changed before L1 intercepted the #DB, where hardware leaves it alone. Since 4.20 the payload is deferred.",
          kernels: { until: "4.20" },
          source: by(
            kvm(
              "4.13.9, changed in 4.20",
              "x86.c: kvm_multiple_exception()",
            ),
            COMMITS.payloadCapability,
            COMMITS.payloadDeferred,
          ),
        },
        F24: {
          title: "Host DR0-DR3 left to DebugSwap",
          sentence:
            "Relying on DebugSwap could leave the host's DR0-DR3 zero, as a guest may lie about the feature. Since 2025 they are " +
            "always restored.",
          kernels: { until: "6.14" },
          source: by(
            kvm(
              "6.13.2, fixed in 6.14.0",
              "svm/sev.c: sev_es_prepare_switch_to_guest()",
            ),
            COMMITS.debugSwap,
          ),
        },
        F25: {
          title: "Step over an instruction that exits",
          sentence:
            "Skipping an instruction only moved RIP, so a step over CPUID came one instruction late. Since 4.10 the common helper " +
            "tests TF; SVM calls it for MOV DR, RDMSR, WRMSR, IN and OUT since 4.13.",
          kernels: { until: "4.10" },
          source: by(
            together(
              kvm(
                "4.4.1 to 4.9.154, fixed in 4.10.17",
                "vmx.c: skip_emulated_instruction()",
                "svm.c: skip_emulated_instruction()",
              ),
              kvm("4.10.17", "x86.c: kvm_skip_emulated_instruction()"),
              kvm(
                "4.12.0, fixed in 4.13.4",
                "svm.c: dr_interception()",
                "svm.c: rdmsr_interception()",
                "svm.c: wrmsr_interception()",
                "svm.c: io_interception()",
              ),
            ),
            COMMITS.skip,
          ),
        },
        F26: {
          title: "Step check after a fault",
          sentence:
            "The emulator checked for a step even if the instruction had faulted: a #DB with BS too many. Since 5.3 only after " +
            "success.",
          kernels: { since: "4.4", until: "5.3" },
          source: by(
            kvm("4.4.1 to 5.2.1, fixed in 5.3.1", EMULATE),
            commit(
              "75ee23b30dc7",
              "KVM: x86: Don't update RIP or do single-step on faulting emulation",
            ),
          ),
        },
        F27: {
          title: "The same errors elsewhere",
          sentence:
            "Other hypervisors lost breakpoints while MOV DR exits, left GD set, did not alias DR4 and DR5, reloaded DRs only on " +
            "update, or failed the entry when stepping over STI.",
          kernels: {},
          source: source(
            "issues of the projects",
            "tandasat/HyperPlatform issue #20",
            "wbenny/hvpp issue #5",
            "intel/haxm pull request #114",
            "intel/haxm issue #193",
          ),
        },
        F28: {
          title: "Step over an emulated instruction lost",
          sentence:
            "SINGLESTEP over an emulated instruction did not exit, and TF was lost: the guest ran free. Stable 4.4.178, 4.9.229, " +
            "4.14.325 and 4.19.48 have it too.",
          kernels: { since: "5.0", until: "5.8" },
          source: by(
            kvm(
              "4.20, changed in 5.0.1; 5.2.1 to 5.6.4, fixed in 5.7.14",
              EMULATE,
            ),
            commit("5cc244a20b86", "KVM: x86: Fix single-step debugging"),
            commit(
              "c8401dda2f0a",
              "KVM: x86: fix singlestepping over syscall",
            ),
            commit(
              "384dea1c9183",
              "KVM: x86: respect singlestep when emulating instruction",
            ),
          ),
        },
        F29: {
          title: "Code breakpoint taken for a decode failure",
          sentence:
            "A guest's code breakpoint on an emulated instruction gave #UD, or KVM_EXIT_INTERNAL_ERROR at CPL 0. With a debugger's, " +
            "KVM emulated an instruction that it had not decoded (CVE-2022-1852). 5.10.61 to 5.10.119 have it too.",
          confidence: "derived",
          kernels: { since: "5.12", until: "5.18.2" },
          source: by(
            kvm(
              "5.10.7, changed in 5.12.9; 5.14.2 to 5.17-rc5, fixed in 5.18.12",
              "x86.c: x86_decode_emulated_instruction()",
              EMULATE,
            ),
            commit(
              "4aa2691dcbd3",
              "KVM: x86: Factor out x86 instruction emulation with decoding",
            ),
            commit(
              "fee060cd52d6",
              "KVM: x86: avoid calling x86 emulator without a decoded instruction",
            ),
          ),
        },
        F30: {
          title: "SVM guest misses emulated #DB causes",
          sentence:
            "A #DB that KVM emulates (a step over CPUID, a code breakpoint) changes arch.dr6, but an SVM guest reads the VMCB's DR6 " +
            "and does not see BS or Bn.",
          kernels: { since: "4.4", until: "5.7" },
          source: by(
            together(
              kvm(
                "4.4.1 to 5.6.4",
                "x86.c: kvm_get_dr()",
                "svm.c: svm_get_dr6()",
              ),
              kvm("4.4.1 to 4.10.17", "x86.c: kvm_vcpu_check_singlestep()"),
              kvm("4.12.0 to 5.6.4", "x86.c: kvm_vcpu_do_singlestep()"),
              kvm("fixed in 5.7.14", "svm/svm.c: svm_vcpu_run()"),
            ),
            COMMITS.isolated,
          ),
        },
        F31: {
          title: "SVM advances RIP after a refused MOV DR",
          sentence:
            "With decode assists KVM queued #GP(0) for a refused MOV DR and advanced RIP too, so the saved RIP was the next " +
            "instruction's. 5.12 keeps RIP.",
          confidence: "derived",
          kernels: { since: "3.1", until: "5.12" },
          source: by(
            together(
              kvm("3.1.3 to 5.6.4", "svm.c: dr_interception()"),
              kvm(
                "5.7.14 to 5.10.7, fixed in 5.12.9",
                "svm/svm.c: dr_interception()",
              ),
            ),
            COMMITS.setDrResult,
          ),
        },
        F32: {
          title: "Step added to an emulated #DB",
          sentence:
            "The emulator classed its own #DB (GD, code breakpoint) as a trap. With TF or SINGLESTEP a MOV DR under GD stepped as " +
            "well: a debug exit with BS at the MOV, or BS merged into DR6.",
          confidence: "derived",
          kernels: { since: "4.4", until: "6.0.19" },
          source: by(
            kvm(
              "4.4.1, 5.10.7 to 5.19.6, fixed in 6.0.19 and 6.1-rc7",
              EMULATE,
              "x86.c: exception_type()",
            ),
            COMMITS.faultLike,
          ),
        },
        F33: {
          title: "Step over a port access comes late",
          sentence:
            "A skipped port access exited one instruction late under SINGLESTEP: up to 4.9 the skip did not look at TF, and later " +
            "KVM_EXIT_IO replaced its KVM_EXIT_DEBUG.",
          kernels: { since: "4.4", until: "5.1" },
          source: by(
            together(
              kvm("4.4.1 to 4.16.13", "vmx.c: handle_io()"),
              kvm("4.4.1 to 4.10.17", "svm.c: io_interception()"),
              kvm(
                "4.18.0 to 5.0.1, fixed in 5.2.1",
                "x86.c: kvm_fast_pio()",
              ),
            ),
            commit("45def77ebf79", "KVM: x86: update %rip after emulating IO"),
          ),
        },
        F34: {
          title: "Emulated step clears TF",
          sentence:
            "The #DB for a guest's own step over an emulated instruction cleared TF before it was pushed, so IRET did not resume " +
            "stepping.",
          kernels: { since: "4.4", until: "4.10" },
          source: by(
            kvm(
              "4.4.1 to 4.9.0, fixed in 4.10.17",
              "x86.c: kvm_vcpu_check_singlestep()",
            ),
            COMMITS.skip,
          ),
        },
        F36: {
          title: "GD exit with a sign-extended dr7",
          sentence:
            "handle_dr() keeps GUEST_DR7 in an int: dr7 of the debug exit for general detect has bits 63:32 set if bit 31 is set. " +
            "The exit for #DB is not affected.",
          kernels: {},
          confidence: "recorded",
          source: together(
            kvm("from memory", "vmx/vmx.c: handle_dr()"),
            minimal("intel-6.1", "hwbp-gd-bit31"),
            minimal("intel-7.3", "hwbp-gd-bit31"),
          ),
        },
        F35: {
          title: "Step lost in the fast path",
          sentence:
            "SINGLESTEP over a WRMSR in the fast path: KVM re-entered the guest although the skip had asked for KVM_EXIT_DEBUG, " +
            "and stopped one instruction later.",
          kernels: { since: "5.8", until: "6.12" },
          source: by(
            kvm(
              "5.8.1 to 6.8.0, fixed in 6.12.0",
              "x86.c: handle_fastpath_set_msr_irqoff()",
            ),
            commit(
              "f7f39c50edb9",
              "KVM: x86: Exit to userspace if fastpath triggers one on instruction skip",
            ),
          ),
        },
        F40: {
          title: "Guest runs with the host's DEBUGCTL",
          sentence:
            "Unless the guest had set LBR, SVM ran it with the host's DEBUGCTL: with the host's BTF its steps stopped at taken branches " +
            "alone, and with the host's BLD a bus lock raised #DB in it.",
          kernels: { until: "6.14" },
          source: by(
            kvm("patches and backports of 2025", "svm/svm.c: svm_vcpu_run()"),
            commit(
              "433265870ab3",
              "KVM: SVM: Manually context switch DEBUGCTL if LBR virtualization is disabled",
            ),
          ),
        },
        F41: {
          title: "Exit clears the host's DEBUGCTL",
          sentence: "VMX left the host with DEBUGCTL 0 after each exit.",
          kernels: { since: "2.6.30", until: "4.4" },
          confidence: "memory",
          source: by(
            kvm("from memory", "vmx.c: vmx_vcpu_run()"),
            commit(
              "2a7921b7a0b9",
              "KVM: VMX: restore MSR_IA32_DEBUGCTLMSR after VMEXIT",
            ),
          ),
        },
        F42: {
          title: "Guest runs without FREEZE_IN_SMM",
          sentence:
            "VMX ran the guest without the host's FREEZE_IN_SMM, so that a guest's counters went on in system-management mode.",
          kernels: { until: "6.17" },
          source: by(
            kvm("patches and backports of 2025", "vmx/vmx.c: vmx_vcpu_run()"),
            commit(
              "6b1dd26544d0",
              "KVM: VMX: Preserve host's DEBUGCTLMSR_FREEZE_IN_SMM while running the guest",
            ),
          ),
        },
        F43: {
          title: "Exit brings an old DEBUGCTL back",
          sentence:
            "VMX read the host's DEBUGCTL at vcpu_load. What an interrupt, such as perf's, had changed in it after that was lost with the " +
            "next exit.",
          kernels: { since: "4.16", until: "6.14" },
          source: by(
            kvm("patches and backports of 2025", "vmx/vmx.c: vmx_vcpu_load()"),
            commit(
              "189ecdb3e112",
              "KVM: x86: Snapshot the host's DEBUGCTL after disabling IRQs",
            ),
          ),
        },
      },
    },
  ];
}
