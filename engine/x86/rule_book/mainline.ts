/**
 * Rules of mainline since the changes of 2020: registers, entry and exit, #DB, emulation, and the ioctls. A data table,
 * longer than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import {
  apm,
  by,
  commit,
  kvm,
  minimal,
  recording,
  recordingOf,
  source,
  together,
} from "./sources.ts";

const ENTER = "x86.c: vcpu_enter_guest()";
const EMULATE = "x86.c: x86_emulate_instruction()";
const DELIVER = "x86.c: kvm_deliver_exception_payload()";
const GUEST_DEBUG = "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()";
const CAPABILITIES = "x86.c: kvm_vm_ioctl_check_extension()";
const VMX_DB = "vmx/vmx.c: handle_exception_nmi()";
const VMX_DR = "vmx/vmx.c: handle_dr()";
const VMX_RUN = "vmx/vmx.c: vmx_vcpu_run()";
const SVM_DB = "svm/svm.c: db_interception()";
const SVM_DR = "svm/svm.c: dr_interception()";
const SVM_RUN = "svm/svm.c: svm_vcpu_run()";

/** Accessors of the debug registers; 7.2 moved them to a file of their own. */
function accessors(since: string, ...names: readonly string[]) {
  return together(
    kvm(`${since} to 7.1.5`, ...names.map((name) => `x86.c: ${name}()`)),
    kvm("7.2", ...names.map((name) => `regs.c: ${name}()`)),
  );
}

/** The sections of mainline. */
export function mainlineSections(): readonly RuleSection[] {
  return [
    {
      id: "D",
      title: "Linux 6.1 and newest",
      sentence:
        "set_dr, entry, exit, #DB by payload, emulation, guest debug and the debug-register ioctls of mainline.",
      confidence: "source",
      kernels: { since: "5.18" },
      source: kvm("5.18.12 to 7.1.5", ENTER, VMX_DR, SVM_DR),
      rules: {},
    },
    ...registers(),
    ...entryAndExit(),
    ...exceptionsAndEmulation(),
    ...userspace(),
    ...others(),
  ];
}

/** What KVM keeps for the guest. */
function registers(): readonly RuleSection[] {
  return [
    {
      id: "D/1",
      title: "Constants",
      sentence:
        "DR6 has 0xFFFE07F0 fixed to 1 and 0x1E80F writable (up to 5.12 0xFFFE0FF0 and 0x1E00F), DR7 0x400 and 0xFFFF2BFF. " +
        "0xFFFF0FF0 is DR6's initial value and its active-low mask.",
      confidence: "source",
      kernels: { since: "5.13" },
      source: by(
        source(
          "5.12.9, changed in 5.14.2; to 7.1.5",
          "arch/x86/include/asm/kvm_host.h: DR6_VOLATILE",
          "arch/x86/include/asm/kvm_host.h: DR6_ACTIVE_LOW",
          "arch/x86/include/asm/kvm_host.h: DR7_VOLATILE",
        ),
        COMMITS.busLock,
      ),
      rules: {},
    },
    {
      id: "D/2",
      title: "set_dr and get_dr",
      sentence:
        "KVM keeps the guest's values masked. arch.dr6 alone is the guest's DR6.",
      confidence: "source",
      kernels: { since: "5.7" },
      source: by(
        accessors("5.7.14", "kvm_set_dr", "kvm_get_dr"),
        COMMITS.isolated,
      ),
      rules: {
        D1: {
          sentence:
            "require_dr queues #UD for DR4 and DR5 with CR4.DE=1. VMX calls it. SVM, where the CPU raises #UD before the " +
            "intercept, does so up to 5.11.",
          kernels: { since: "5.7" },
          source: by(
            kvm(
              "5.7.14 to 5.10.7, changed in 5.12.9; to 7.1.5",
              "x86.c: kvm_require_dr()",
              VMX_DR,
              SVM_DR,
            ),
            COMMITS.setDrResult,
          ),
        },
        D2: {
          sentence:
            "set_dr of DR0-DR3 stores any 64-bit value to db[n], and without USE_HW_BP to eff_db[n] too.",
          kernels: { since: "2.6.35" },
          source: accessors("2.6.35.6", "kvm_set_dr"),
        },
        D3: {
          sentence:
            "set_dr of DR4 or DR6 fails, as #GP(0), if bits 63:32 are set. Otherwise dr6 = (v & 0x1E80F) | 0xFFFE07F0, plus 0x10000 for a " +
            "guest without RTM, plus 0x800 for one without bus lock detect, and always up to 5.12.",
          kernels: { since: "5.7" },
          source: by(
            together(
              kvm("5.7.14 to 5.12.9", "x86.c: kvm_dr6_fixed()"),
              accessors("5.14.2", "kvm_set_dr", "kvm_dr6_fixed"),
            ),
            COMMITS.busLock,
          ),
        },
        D4: {
          sentence:
            "set_dr of DR5 or DR7 fails, as #GP(0), if bits 63:32 are set. Otherwise dr7 = (v & 0xFFFF2BFF) | 0x400, with the RTM bit even if " +
            "the guest has no RTM, and update_dr7 runs.",
          kernels: { since: "3.18" },
          source: together(
            kvm("3.18.140, 3.19.8 to 5.10.7", "x86.c: __kvm_set_dr()"),
            accessors("5.12.9", "kvm_set_dr", "kvm_update_dr7"),
          ),
        },
        D5: {
          sentence:
            "get_dr gives db[n] for DR0-DR3, dr6 for DR4 and DR6, and dr7 for DR5 and DR7, without asking the vendor code.",
          source: by(
            together(
              kvm("changed in 5.7.14", "x86.c: kvm_get_dr()"),
              accessors("5.7.14", "kvm_get_dr"),
            ),
            COMMITS.isolated,
          ),
        },
        D6: {
          sentence:
            "The emulator tests set_dr's result for below 0, but a failure is 1. High bits written through DR4 or DR5 are " +
            "silently ignored there.",
          confidence: "derived",
          kernels: { since: "5.12", until: "7.3" },
          source: by(
            kvm(
              "5.10.7, changed in 5.12.9; to 7.1.5",
              "emulate.c: em_dr_write()",
              "emulate.c: check_dr_write()",
              "x86.c: emulator_set_dr()",
            ),
            COMMITS.setDrResult,
          ),
        },
        D51: {
          sentence:
            "The emulator raises #GP if set_dr fails: high bits written through DR4 or DR5 are refused there as through DR6 and " +
            "DR7.",
          confidence: "recorded",
          kernels: { since: "7.3" },
          source: by(minimal("7.3", "n5-dr4-high-bits"), COMMITS.setDrBool),
        },
      },
    },
    {
      id: "D/3",
      title: "update_dr7",
      sentence:
        "The effective DR7 is the debugger's under USE_HW_BP, otherwise the guest's.",
      confidence: "source",
      kernels: { since: "3.15" },
      source: accessors("3.15.5", "kvm_update_dr7"),
      rules: {
        D7:
          "update_dr7 writes guest_debug_dr7, unmasked, under USE_HW_BP and arch.dr7 otherwise to GUEST_DR7 or the VMCB, and " +
          "sets BP_ENABLED if its low byte is not 0.",
      },
    },
  ];
}

/** What happens around the guest. */
function entryAndExit(): readonly RuleSection[] {
  return [
    {
      id: "D/4",
      title: "Entry",
      sentence:
        "With switch_db_regs not 0, KVM disables DR7 and loads eff_db. Otherwise it disables DR7 if host breakpoints are " +
        "active. DR6 is arch.dr6 under WONT_EXIT, and clean on SVM otherwise.",
      confidence: "source",
      kernels: { since: "5.15" },
      source: by(
        kvm("5.15.16 to 7.1.5", ENTER, VMX_RUN, SVM_RUN),
        COMMITS.hostDr6,
        COMMITS.dr6Once,
        COMMITS.dr6RunFlag,
        COMMITS.dr7Reset,
      ),
      rules: {
        D8: {
          sentence:
            "Under AUTO_SWITCH, for TDX guests, the hardware switches all DRs. KVM loads nothing, and restores host breakpoints " +
            "after the exit.",
          kernels: { since: "6.16" },
          source: together(
            kvm("6.14.0, changed in 6.17.0; 6.19.0 to 7.1.5", ENTER),
            source(
              "6.16.1, 6.19.0 to 7.1.5",
              "arch/x86/include/asm/kvm_host.h: KVM_DEBUGREG_AUTO_SWITCH",
            ),
          ),
        },
        D43: {
          sentence:
            "After WRMSR KVM re-enters the guest from its inner loop: VMX since 5.8 for the TSC deadline and since 6.12 for the " +
            "x2APIC ICR, SVM since 6.12 for the ICR only, because it has no timer for the deadline.",
          kernels: { since: "5.8" },
          source: by(
            kvm(
              "5.7.14, changed in 5.8.1; 6.8.0, changed in 6.12.0",
              "x86.c: handle_fastpath_set_msr_irqoff()",
              "x86.c: handle_fastpath_set_tscdeadline()",
              "vmx/vmx.c: vmx_exit_handlers_fastpath()",
              "svm/svm.c: svm_exit_handlers_fastpath()",
            ),
            commit(
              undefined,
              "KVM: VMX: Introduce generic fastpath handler",
            ),
            commit(
              undefined,
              "KVM: x86: Re-enter guest if WRMSR(X2APIC_ICR) fastpath is successful",
            ),
          ),
        },
        D9: {
          sentence:
            "Unless the guest may access DR6 natively, SVM runs it with DR6 = 0xFFFF0FF0. The VMCB's DR6 then holds exactly the " +
            "cause of a #DB exit.",
          kernels: { since: "5.7" },
          source: by(kvm("5.7.14 to 7.1.5", SVM_RUN), COMMITS.isolated),
        },
      },
    },
    {
      id: "D/5",
      title: "After an exit",
      sentence:
        "KVM reads back what the guest wrote natively and recomputes everything derived from it.",
      confidence: "source",
      kernels: { since: "5.15" },
      source: by(kvm("5.15.16 to 7.1.5", ENTER), COMMITS.rootCause),
      rules: {
        D10:
          "After an exit under WONT_EXIT the vendor's sync runs (with a WARN_ON if USE_HW_BP is set), then update_dr0123 and " +
          "update_dr7. After that KVM restores host breakpoints, if any are active.",
        D11: {
          sentence:
            "The VMX sync reads DR0-DR3 to db, DR6 to dr6 and GUEST_DR7 to dr7, clears WONT_EXIT, turns MOV-DR exiting on and sets " +
            "DR6 to 0xFFFF0FF0.",
          source: by(
            kvm(
              "5.14.2, changed in 5.15.16; to 7.1.5",
              "vmx/vmx.c: vmx_sync_dirty_debug_regs()",
            ),
            COMMITS.hostDr6,
          ),
        },
        D12: {
          sentence:
            "The SVM sync reads DR0-DR3 to db and the VMCB's DR6 and DR7 to dr6 and dr7, clears WONT_EXIT and sets all 16 DR " +
            "intercepts. It leaves the VMCB's DR6. For SEV-ES it does nothing.",
          kernels: { since: "5.11" },
          source: kvm(
            "5.12.9 to 7.1.5",
            "svm/svm.c: svm_sync_dirty_debug_regs()",
          ),
        },
        D13: {
          sentence:
            "The sync does not mask: dr6 and dr7 become the raw hardware values.",
          kernels: { since: "3.15" },
          source: together(
            kvm(
              "3.15.5 to 4.20",
              "vmx.c: vmx_sync_dirty_debug_regs()",
              "svm.c: svm_sync_dirty_debug_regs()",
            ),
            kvm(
              "5.7.14 to 7.1.5",
              "vmx/vmx.c: vmx_sync_dirty_debug_regs()",
              "svm/svm.c: svm_sync_dirty_debug_regs()",
            ),
          ),
        },
      },
    },
    {
      id: "D/6",
      title: "DR-access exits",
      sentence:
        "The first access without guest debug turns interception off and runs again natively. Under guest debug every access " +
        "is emulated.",
      confidence: "source",
      kernels: { since: "3.15" },
      source: kvm("5.7.14 to 7.1.5", VMX_DR, SVM_DR),
      rules: {
        D14: {
          sentence:
            "VMX: #UD for DR4/5 with DE; #GP(0) for CPL; GD, a debug exit with dr6 0xFFFF2FF0 under USE_HW_BP, else #DB with " +
            "payload BD; lazy mode without guest debug; else emulation, #GP(0) on failure.",
          kernels: { since: "5.7" },
          source: by(
            kvm("5.6.4, changed in 5.7.14; to 7.1.5", VMX_DR),
            COMMITS.gdExit,
            COMMITS.payloads,
          ),
        },
        D15: {
          sentence:
            "SVM: lazy mode without guest debug. With decode assists set_dr or get_dr; the CPU handles GD. Without them the " +
            "emulator tests CPL, high bits of DR6/7, DR4/5 with DE, then GD.",
          source: together(
            kvm("3.15.5 to 5.6.4", "svm.c: dr_interception()"),
            kvm("5.7.14 to 7.1.5", SVM_DR),
            kvm(
              "3.15.5 to 7.1.5",
              "emulate.c: x86_emulate_insn()",
              "emulate.c: check_dr_write()",
              "emulate.c: check_dr_read()",
            ),
          ),
        },
        D16: {
          sentence:
            "Any guest_debug turns lazy mode off, even USE_SW_BP or SINGLESTEP alone.",
          source: together(
            kvm(
              "3.15.5 to 4.20",
              "vmx.c: handle_dr()",
              "svm.c: dr_interception()",
            ),
            kvm("5.7.14 to 7.1.5", VMX_DR, SVM_DR),
          ),
        },
      },
    },
  ];
}

/** #DB and the emulator. */
function exceptionsAndEmulation(): readonly RuleSection[] {
  return [
    {
      id: "D/7",
      title: "#DB delivery and payload",
      sentence:
        "A queued #DB carries its cause as a payload, active-high. DR6 changes when the payload is delivered.",
      confidence: "source",
      kernels: { since: "5.7" },
      source: by(
        kvm("5.7.14 to 7.1.5", DELIVER, "x86.c: kvm_queue_exception_p()"),
        COMMITS.payloadDeferred,
        COMMITS.payloads,
      ),
      rules: {
        D17: {
          sentence:
            "A payload replaces B0-B3, is ORed into DR6 with 0xFFFF0FF0, clears RTM and BLD where it has them, and loses bit 12. " +
            "BD, BS and BT from before stay.",
          kernels: { since: "5.12", until: "7.3" },
          source: by(
            kvm("5.11.0, changed in 5.12.9; to 7.1.5", DELIVER),
            COMMITS.payloadDeferred,
            COMMITS.activeLow,
            COMMITS.busLock,
          ),
        },
        D44: {
          sentence:
            "A payload replaces B0-B3, is ORed into DR6 with RTM alone, and clears RTM where it has it. Other fixed bits that " +
            "userspace cleared with KVM_SET_DEBUGREGS stay 0.",
          kernels: { since: "5.7", until: "5.12" },
          source: by(
            kvm("5.7.14 to 5.11.0, changed in 5.12.9", DELIVER),
            COMMITS.payloads,
            COMMITS.activeLow,
          ),
        },
        D45: {
          sentence:
            "A payload replaces B0-B3, is ORed into DR6 with 0xFFFF07F0, and clears RTM and BLD, and no other bit, where it has " +
            "them. A BLD that userspace cleared stays 0, bit 12 is lost, BD, BS and BT from before stay.",
          kernels: { since: "7.3" },
          confidence: "recorded",
          source: by(
            together(
              minimal(
                "7.3",
                "n1-dr6-zero",
                "n4-dr6-zero-step",
                "n6-dr6-fixed-bits",
              ),
              minimal("intel-7.3", "bld-payload", "payload-deferred-get"),
            ),
            COMMITS.keepBld,
          ),
        },
        D46: {
          sentence:
            "On SVM INT1 (opcode F1) makes KVM clear the guest's DR7.GD under guest debug too; DR6 stays. The model has it exit: " +
            "KVM moves past it and queues #DB without a payload, to the guest even if userspace debugs.",
          kernels: { since: "7.3" },
          confidence: "recorded",
          source: minimal("7.3", "n2-icebp-gd-hw", "n3-icebp-step"),
        },
        D18: {
          sentence:
            "The payload is VMX's exit qualification, SVM's VMCB DR6 ^ 0xFFFF0FF0, 0x4000 for an emulated step, Bn for an emulated " +
            "code breakpoint, 0x2000 for GD. Up to 7.0 it is applied when queued, outside nested mode.",
          source: by(
            together(
              kvm(
                "5.7.14 to 7.1.5",
                VMX_DB,
                SVM_DB,
                VMX_DR,
                "x86.c: kvm_vcpu_do_singlestep()",
                "x86.c: kvm_vcpu_check_code_breakpoint()",
              ),
              kvm("5.7.14 to 6.19.0", "x86.c: kvm_multiple_exception()"),
            ),
            COMMITS.payloads,
            COMMITS.payloadInEvents,
          ),
        },
        D19: {
          sentence:
            "The injection of a #DB clears arch.dr7.GD and runs update_dr7. It sets RFLAGS.RF in the pushed flags for fault-class " +
            "exceptions, but never for #DB.",
          kernels: { since: "3.19" },
          source: together(
            kvm("3.19.8 to 6.0.19", "x86.c: inject_pending_event()"),
            kvm("6.1-rc7 to 7.1.5", "x86.c: kvm_check_and_inject_events()"),
          ),
        },
        D20: {
          sentence:
            "A #DB from the emulator (code breakpoint, GD) is fault-like: RIP is not advanced.",
          kernels: { since: "4.4" },
          source: by(
            kvm("4.4.1 to 7.1.5", EMULATE, "emulate.c: check_dr_read()"),
            COMMITS.faultLike,
          ),
        },
        D21: {
          sentence: "INJECT_DB has no payload and leaves DR6 as it is.",
          kernels: { since: "2.6.30" },
          source: kvm("2.6.30 to 7.1.5", GUEST_DEBUG),
        },
        D22: {
          sentence:
            "VMX recognises ICEBP by its event type and advances RIP first. The payload 0 clears B0-B3.",
          source: by(kvm("5.7.14 to 7.1.5", VMX_DB), COMMITS.icebp),
        },
        D23: {
          sentence:
            "For a step under STI or MOV SS blocking KVM sets BS in VMX's pending debug exceptions, as the entry check demands. " +
            "Since 7.2 (7.1.5, 6.6.150) it does so for every injected #DB.",
          kernels: { since: "5.17" },
          source: by(
            together(
              kvm("5.15.16, changed in 5.17-rc5; to 7.1.3", VMX_DB),
              kvm(
                "7.1.3, changed in 7.1.5",
                "vmx/vmx.c: vmx_inject_exception()",
              ),
            ),
            COMMITS.pendingBs,
            COMMITS.pendingBsAlways,
          ),
        },
        D24: {
          sentence:
            "GET_DEBUGREGS, GET_SREGS and GET_VCPU_EVENTS first deliver a pending payload unless KVM_CAP_EXCEPTION_PAYLOAD is on. " +
            "Before 7.1 only GET_VCPU_EVENTS did.",
          kernels: { since: "7.1" },
          source: by(
            together(
              kvm(
                "6.19.0, changed in 7.1.3; 7.1.5",
                "x86.c: kvm_vcpu_ioctl_x86_get_vcpu_events()",
                "x86.c: kvm_handle_exception_payload_quirk()",
                "x86.c: kvm_vcpu_ioctl_x86_get_debugregs()",
              ),
              kvm("7.2", "regs.c: kvm_vcpu_ioctl_x86_get_debugregs()"),
            ),
            COMMITS.payloadInEvents,
            COMMITS.payloadAtInjection,
          ),
        },
        D39: {
          sentence:
            "DR6 changes when the #DB is injected, not when it is queued. If the #DB is dropped before that, as by KVM_SET_REGS, " +
            "DR6 stays as it was.",
          kernels: { since: "7.1" },
          source: by(
            kvm(
              "6.19.0, changed in 7.1.3; 7.1.5",
              "x86.c: kvm_multiple_exception()",
              "x86.c: kvm_check_and_inject_events()",
              "vmx/vmx.c: vmx_inject_exception()",
            ),
            COMMITS.payloadAtInjection,
          ),
        },
      },
    },
    {
      id: "D/8",
      title: "Instructions that KVM emulates",
      sentence:
        "KVM emulates code breakpoints and single step, but not data and I/O breakpoints.",
      confidence: "source",
      kernels: { since: "3.13" },
      source: kvm("3.13.10 to 7.1.5", EMULATE),
      rules: {
        D25: {
          sentence:
            "Before decoding, an execute slot of the debugger that hits gives KVM_EXIT_DEBUG, whatever RF is. Then one of the " +
            "guest's gives #DB with payload Bn, if RF=0 and, on Intel since 6.1, not under MOV SS blocking.",
          kernels: { since: "5.7" },
          source: by(
            together(
              kvm("5.7.14 to 6.0.19", "x86.c: kvm_vcpu_check_breakpoint()"),
              kvm(
                "6.0.19, changed in 6.1-rc7; to 7.1.5",
                "x86.c: kvm_vcpu_check_code_breakpoint()",
                "x86.c: kvm_is_code_breakpoint_inhibited()",
              ),
            ),
            COMMITS.movSs,
            COMMITS.onException,
          ),
        },
        D26: {
          sentence:
            "KVM does not emulate data breakpoints: an MMIO access that the emulator does hits no watchpoint.",
          kernels: { since: "2.6.30" },
          source: together(
            kvm("2.6.30", "x86.c: emulate_instruction()"),
            kvm("4.4.1 to 7.1.5", EMULATE),
            recording("guest-write-bp-mmio"),
          ),
        },
        D50: {
          sentence:
            "KVM does not emulate I/O breakpoints: a port access that exits hits none.",
          kernels: { since: "2.6.30" },
          source: together(
            kvm("2.6.30, from memory", "x86.c: kvm_emulate_pio()"),
            kvm("4.4.1 to 5.0.1", "x86.c: kvm_fast_pio_out()"),
            kvm("5.0.1 to 7.1.5", "x86.c: kvm_fast_pio()"),
            recording("guest-io-bp"),
          ),
        },
        D27: {
          sentence:
            "After an instruction that KVM emulated or skipped with TF set, SINGLESTEP gives KVM_EXIT_DEBUG with dr6 0xFFFF4FF0 " +
            "and the new RIP (4.4 to 5.6: the old one), otherwise #DB with payload BS.",
          kernels: { since: "5.7" },
          source: by(
            kvm(
              "5.6.4, changed in 5.7.14; to 7.1.5",
              "x86.c: kvm_vcpu_do_singlestep()",
              "x86.c: kvm_skip_emulated_instruction()",
              EMULATE,
            ),
            COMMITS.skip,
            COMMITS.stepFixed,
          ),
        },
        D48: {
          sentence:
            "A read-modify-write where nothing answers is two exits: KVM_EXIT_MMIO of the load, and, once userspace has answered, " +
            "that of the store, with RIP past the instruction and without the step that might be due.",
          confidence: "recorded",
          source: together(
            kvm("from memory", EMULATE),
            minimal("6.1", "m2-rmw-mmio"),
            minimal("7.2", "m2-rmw-mmio"),
          ),
        },
        D49: {
          sentence:
            "kvm-amd moves past an instruction to the address that the exit gave, and RF stays: after an exit for a port always, " +
            "after others with NextRIP. Else it decodes the instruction, and clears RF.",
          confidence: "recorded",
          source: together(
            kvm(
              "from memory",
              "svm/svm.c: __svm_skip_emulated_instruction()",
            ),
            minimal("6.1", "m6-out-rf"),
            minimal("7.2", "m6-out-rf"),
          ),
        },
        D28: {
          sentence: "An emulated task switch clears 0x155 in dr7.",
          kernels: { since: "4.2" },
          source: kvm("4.2.8 to 7.1.5", "emulate.c: emulator_do_task_switch()"),
        },
        D41: {
          sentence:
            "IN is emulated up to 4.9, on VMX up to 4.16: RIP is still at it on KVM_EXIT_IO. Other port accesses are skipped: up " +
            "to 5.0 before the exit, since 5.1 (4.19.40) after userspace has done the access.",
          kernels: { since: "4.4" },
          source: by(
            together(
              kvm(
                "4.4.1 to 4.16.13, changed in 4.18.0; 4.20",
                "vmx.c: handle_io()",
              ),
              kvm(
                "4.4.1 to 4.9.0, changed in 4.10.17; to 5.6.4",
                "svm.c: io_interception()",
              ),
              kvm("4.4.1 to 5.0.1", "x86.c: kvm_fast_pio_out()"),
              kvm(
                "5.0.1, changed in 5.2.1; to 7.1.5",
                "x86.c: kvm_fast_pio()",
                "x86.c: complete_fast_pio_out()",
              ),
            ),
            commit("8370c3d08bd9", "kvm: svm: Add kvm_fast_pio_in support"),
            commit(
              "432baf60eee3",
              "KVM: VMX: use kvm_fast_pio_in for handling IN I/O",
            ),
            commit("45def77ebf79", "KVM: x86: update %rip after emulating IO"),
          ),
        },
        D42: {
          sentence:
            "OUT to port 0x7E moves RIP before KVM_EXIT_IO; since 5.1 the exit of a step is written over it. The skip of another " +
            "port access, and its step, are left out if userspace has moved RIP.",
          kernels: { since: "5.1" },
          source: by(
            kvm(
              "5.0.1, changed in 5.2.1; to 7.1.5",
              "x86.c: kvm_fast_pio_out()",
              "x86.c: complete_fast_pio_out()",
              "x86.c: complete_fast_pio_out_port_0x7e()",
            ),
            commit(
              "8764ed55c970",
              "KVM: x86: Whitelist port 0x7e for pre-incrementing %rip",
            ),
          ),
        },
      },
    },
  ];
}

/** The ioctls and the debug exit. */
function userspace(): readonly RuleSection[] {
  return [
    {
      id: "D/9",
      title: "KVM_SET_GUEST_DEBUG",
      sentence:
        "The control flags are ENABLE, SINGLESTEP, USE_SW_BP, USE_HW_BP, INJECT_DB, INJECT_BP and (since 5.15) BLOCKIRQ. " +
        "Unknown bits are accepted; debugreg[4] to [6] are ignored.",
      confidence: "source",
      kernels: { since: "4.4" },
      source: by(
        together(
          kvm("4.4.1 to 7.1.5", GUEST_DEBUG),
          source(
            "4.4.1 to 7.1.5",
            "arch/x86/include/uapi/asm/kvm.h: KVM_GUESTDBG_USE_HW_BP",
          ),
        ),
        COMMITS.blockirq,
      ),
      rules: {
        D29: {
          sentence:
            "INJECT_* gives EBUSY and changes nothing if an exception is pending; else it queues. Then guest_debug, eff_db and " +
            "guest_debug_dr7 are set, update_dr7 runs, and RFLAGS is written back with or without TF.",
          source: kvm("4.4.1 to 7.1.5", GUEST_DEBUG),
        },
        D47: {
          sentence:
            "For INJECT_BP kvm-amd pushes the address of the next instruction that the last exit gave: after an exit for a port " +
            "always, after others with NextRIP. Without either the #BP is lost, unless RIP is at an INT3.",
          confidence: "recorded",
          source: together(
            kvm(
              "from memory",
              "svm/svm.c: svm_update_soft_interrupt_rip()",
            ),
            minimal("6.1", "m7-inject-bp-after-io"),
            minimal("7.2", "m7-inject-bp-after-io"),
          ),
        },
        D58: {
          sentence:
            "For INJECT_BP kvm-intel pushes RIP plus the instruction length of the last exit for #BP or #DB that went to " +
            "userspace: 1 after INT3 and INT1. For other causes of #DB the CPU leaves the length undefined.",
          confidence: "recorded",
          source: together(
            kvm(
              "7.3.4, recorded; as quoted on the kvm list",
              "vmx/vmx.c: handle_exception_nmi()",
              "vmx/vmx.c: vmx_inject_exception()",
            ),
            minimal("intel-7.3", "int1-inject-bp"),
          ),
        },
        D60: {
          sentence:
            "#UD exits, because KVM emulates some instructions that the CPU does not have. For any other it queues #UD again.",
          kernels: {},
          source: together(
            kvm(
              "4.4.1 to 4.9.154",
              "vmx.c: handle_exception()",
              "svm.c: ud_interception()",
            ),
            kvm("4.19.0 to 7.1.5", "x86.c: handle_ud()"),
          ),
        },
        D30: {
          sentence:
            "RFLAGS hides TF under SINGLESTEP, and TF is added only while linear RIP equals singlestep_rip. If userspace moves RIP " +
            "before the run, the guest is not stepped. RF is not touched.",
          source: kvm(
            "4.4.1 to 7.1.5",
            "x86.c: __kvm_set_rflags()",
            "x86.c: kvm_get_rflags()",
          ),
        },
        D31: {
          sentence:
            "Under SINGLESTEP VMX clears STI and MOV SS blocking before each entry.",
          source: together(
            kvm("4.4.1 to 4.20", "vmx.c: vmx_vcpu_run()"),
            kvm("5.0.1 to 7.1.5", VMX_RUN),
          ),
        },
        D32: {
          sentence:
            "BLOCKIRQ holds back new SMIs, NMIs and IRQs. Exceptions, and events already injected, still go in.",
          kernels: { since: "5.15" },
          source: by(
            together(
              kvm("5.15.16 to 6.0.19", "x86.c: inject_pending_event()"),
              kvm("6.1-rc7 to 7.1.5", "x86.c: kvm_check_and_inject_events()"),
            ),
            COMMITS.blockirq,
          ),
        },
        D36: {
          sentence:
            "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG gives 1. Before 5.7 it gave 0, although the ioctl was there.",
          kernels: { since: "5.7" },
          source: by(
            kvm("5.6.4, changed in 5.7.14; to 7.1.5", CAPABILITIES),
            commit(
              undefined,
              "KVM: X86: Declare KVM_CAP_SET_GUEST_DEBUG properly",
            ),
          ),
        },
        D37: {
          sentence: "KVM_CHECK_EXTENSION of KVM_CAP_EXCEPTION_PAYLOAD gives 1.",
          kernels: { since: "4.20" },
          source: by(
            kvm("4.13.9, changed in 4.20; to 7.1.5", CAPABILITIES),
            COMMITS.payloadCapability,
          ),
        },
        D38: {
          sentence:
            "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG2 gives the mask of known control bits: 0x000F0003, and 0x001F0003 " +
            "since 5.15.",
          kernels: { since: "5.13" },
          source: by(
            together(
              kvm("5.12.9, changed in 5.14.2; to 7.1.5", CAPABILITIES),
              source(
                "5.14.2, changed in 5.15.16; to 7.1.5",
                "arch/x86/include/asm/kvm_host.h: KVM_GUESTDBG_VALID_MASK",
              ),
            ),
            commit(
              "7e582ccbbd73",
              "KVM: x86: implement KVM_CAP_SET_GUEST_DEBUG2",
            ),
            COMMITS.blockirq,
          ),
        },
        D40: {
          sentence:
            "INJECT_DB and INJECT_BP give EBUSY also if an exception is injected, that is half delivered. Up to 7.0 only a pending " +
            "one counted.",
          kernels: { since: "7.1" },
          source: by(
            kvm("6.19.0, changed in 7.1.3; 7.1.5", GUEST_DEBUG),
            commit(
              "e907b4e72488",
              "KVM: x86: Check for injected exceptions before queuing a debug exception",
            ),
          ),
        },
      },
    },
    {
      id: "D/10",
      title: "KVM_EXIT_DEBUG",
      sentence:
        "#DB: dr6 is qualification | 0xFFFF0FF0 on VMX, the VMCB's on SVM; dr7 is the effective one. #BP leaves both stale. An " +
        "emulated step has the new RIP and 0xFFFF4FF0, an emulated code breakpoint Bn | 0xFFFF0FF0.",
      confidence: "source",
      kernels: { since: "5.7" },
      source: by(
        together(
          kvm(
            "5.6.4, changed in 5.7.14; to 7.1.5",
            VMX_DB,
            SVM_DB,
            "svm/svm.c: bp_interception()",
            "x86.c: kvm_vcpu_do_singlestep()",
          ),
          kvm("5.18.12 to 7.1.5", "x86.c: kvm_vcpu_check_code_breakpoint()"),
        ),
        COMMITS.exitRtm,
        COMMITS.svmExit,
        COMMITS.stepFixed,
      ),
      rules: {
        D33: {
          sentence:
            "Under USE_HW_BP or SINGLESTEP every #DB goes to userspace, even those of the guest's own TF; userspace must inject " +
            "them again. Such an exit does not change arch.dr6.",
          source: by(
            kvm("5.7.14 to 7.1.5", VMX_DB, SVM_DB),
            COMMITS.svmExit,
          ),
        },
      },
    },
    {
      id: "D/11",
      title: "KVM_GET_DEBUGREGS and KVM_SET_DEBUGREGS",
      sentence:
        "Userspace reads and writes the guest's view: db[4], dr6, dr7 and flags.",
      confidence: "source",
      kernels: { since: "2.6.35" },
      source: accessors(
        "2.6.35.6",
        "kvm_vcpu_ioctl_x86_set_debugregs",
        "kvm_vcpu_ioctl_x86_get_debugregs",
      ),
      rules: {
        D34: {
          sentence:
            "GET gives db (never eff_db), dr6 and dr7, with flags and reserved words 0. Since 6.10 it gives EINVAL for a protected " +
            "guest.",
          source: by(
            together(
              kvm(
                "2.6.35.6 to 7.1.5; EINVAL changed in 6.12.0",
                "x86.c: kvm_vcpu_ioctl_x86_get_debugregs()",
              ),
              kvm("7.2", "regs.c: kvm_vcpu_ioctl_x86_get_debugregs()"),
            ),
            COMMITS.debugregsZeroed,
          ),
        },
        D35: {
          sentence:
            "SET gives EINVAL for flags not 0, and since 4.7 for bits 63:32 of dr6 or dr7. Otherwise it stores db, dr6 and dr7 " +
            "unmasked and runs update_dr0123 and update_dr7.",
          source: by(
            together(
              kvm(
                "2.6.35.6 to 7.1.5; no check in 4.4.1 to 4.6.2, checked in 4.9.0",
                "x86.c: kvm_vcpu_ioctl_x86_set_debugregs()",
              ),
              kvm("7.2", "regs.c: kvm_vcpu_ioctl_x86_set_debugregs()"),
            ),
            COMMITS.debugregsChecked,
          ),
        },
      },
    },
  ];
}

/** Nested guests, what was recorded on 7.2, and the comparison of kernels. */
function others(): readonly RuleSection[] {
  return [
    {
      id: "D/12",
      title: "Nested virtualisation",
      sentence:
        "L2's DR7 is vmcs12's under \"load debug controls\", else L1's. A #DB that L1 intercepts leaves DR6 alone. VMRUN fails " +
        "for high bits in vmcb12's DR6 or DR7. L1 gets DR7 = 0x400 at the exit.",
      confidence: "source",
      kernels: { since: "5.18" },
      source: together(
        kvm(
          "5.18.12 to 7.1.5",
          "vmx/nested.c: prepare_vmcs02()",
          "vmx/nested.c: nested_vmx_check_guest_state()",
          "svm/nested.c: nested_vmcb_check_save()",
          "svm/nested.c: nested_vmcb02_prepare_save()",
          "svm/nested.c: nested_svm_vmexit()",
        ),
        apm("15.5.1"),
      ),
      rules: {},
    },
    {
      id: "D/12a",
      title: "Recorded on 7.2",
      sentence:
        "kvm-amd under USE_HW_BP: the guest's own GD waits until the debugger has gone; the debugger's GD exits with dr6 " +
        "0xFFFF2FF0 and dr7 0 at each resume; the guest's TF on an emulated instruction exits.",
      confidence: "recorded",
      kernels: { since: "7.2" },
      source: by(
        together(
          recordingOf(
            "7.2",
            "hwbp-gd-guest",
            "hwbp-gd-both",
            "hwbp-guest-tf",
          ),
          source(
            "v2 of December 2025",
            "KVM: x86: Check guest debug in DR access instruction emulation [PATCH v2 3/9]",
            "KVM: x86: Consolidate KVM_GUESTDBG_SINGLESTEP check into the kvm_inject_emulated_db() [PATCH v2 5/9]",
          ),
        ),
        COMMITS.debuggerBreakpoints,
        COMMITS.debuggerGd,
        COMMITS.debuggerStep,
      ),
      rules: {},
    },
    {
      id: "D/13",
      title: "Differences between x86 kernels",
      sentence:
        "Kernels differ in when they load DR0-DR3 and DR6, which copy a read returns, DR4/5, the RIP of faults, GD, what a #DB " +
        "does to DR6, exit data, task switches, reset, and what the host gets back.",
      confidence: "source",
      source: together(
        kvm("2.6.30 to 7.1.5", ENTER),
        kvm(
          "2.6.30 to 4.20",
          "vmx.c: handle_dr()",
          "vmx.c: handle_exception()",
        ),
        kvm("5.7.14 to 7.1.5", VMX_DR, VMX_DB, SVM_DR, SVM_DB),
      ),
      rules: {},
    },
  ];
}
