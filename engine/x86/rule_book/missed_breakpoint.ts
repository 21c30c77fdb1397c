/**
 * Rules of lazy switching and of the breakpoint that it missed until 2016. A data table, longer than a file of code
 * should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import { by, kvm, source, together } from "./sources.ts";

const ENTER = "x86.c: vcpu_enter_guest()";
const LOAD = "x86.c: kvm_arch_vcpu_load()";

/** The sections of 2016. */
export function sections2016(): readonly RuleSection[] {
  return [...mechanism(), ...theMiss()];
}

/** The kernels from 3.15 to 5.14. */
function mechanism(): readonly RuleSection[] {
  return [
    {
      id: "C",
      title: "2016: missed hardware breakpoints",
      sentence:
        "Lazy switching of 2014, the breakpoint that it misses, the workaround, the fix, and the removal of RELOAD.",
      confidence: "source",
      source: by(
        kvm("3.15.5 to 5.15.16", ENTER),
        COMMITS.lazy,
        COMMITS.rootCause,
      ),
      rules: {},
    },
    {
      id: "C/1",
      title: "Flags of lazy switching",
      sentence:
        "BP_ENABLED (1): the effective DR7 enables a slot. WONT_EXIT (2): the guest accesses DRs natively until the next " +
        "exit. RELOAD (4, 4.1 to 5.14): the next entry must load DR0-DR3.",
      confidence: "source",
      kernels: { since: "3.15" },
      source: by(
        together(
          source(
            "3.15.5 to 7.1.5",
            "arch/x86/include/asm/kvm_host.h: KVM_DEBUGREG_WONT_EXIT",
          ),
          kvm("3.15.5 to 7.1.5", ENTER, "x86.c: kvm_update_dr7()"),
        ),
        COMMITS.lazy,
        COMMITS.reload,
        COMMITS.noReload,
      ),
      rules: {},
    },
    {
      id: "C/2",
      title: "Update functions of 4.4",
      sentence:
        "update_dr0123, update_dr6 and update_dr7 copy the guest's values to what is loaded, unless userspace debugs.",
      confidence: "source",
      kernels: { since: "4.1" },
      source: kvm(
        "4.1.15 to 5.14.2",
        "x86.c: kvm_update_dr0123()",
        "x86.c: kvm_update_dr6()",
        "x86.c: kvm_update_dr7()",
      ),
      rules: {
        C1: {
          sentence:
            "Without USE_HW_BP update_dr0123 copies db to eff_db and sets RELOAD.",
          kernels: { since: "4.1", until: "5.15" },
          source: by(
            kvm(
              "4.1.15 to 5.14.2, changed in 5.15.16",
              "x86.c: kvm_update_dr0123()",
            ),
            COMMITS.reload,
            COMMITS.noReload,
          ),
        },
        C2: {
          sentence:
            "Without USE_HW_BP update_dr6 gives arch.dr6 to the vendor code. VMX has nothing to do; SVM writes the VMCB's DR6.",
          kernels: { since: "3.14", until: "5.7" },
          source: by(
            kvm(
              "3.14 to 5.6.4, gone in 5.7.14",
              "x86.c: kvm_update_dr6()",
              "svm.c: svm_set_dr6()",
            ),
            COMMITS.isolated,
          ),
        },
        C3: {
          sentence:
            "update_dr7 takes guest_debug_dr7 under USE_HW_BP and arch.dr7 otherwise, writes it to the VMCS or VMCB, and sets " +
            "BP_ENABLED from its low byte.",
          kernels: { since: "3.15" },
          source: kvm("3.15.5 to 7.1.5", "x86.c: kvm_update_dr7()"),
        },
        C4: {
          sentence:
            "An emulated write of DR0-DR3 goes to db, and without USE_HW_BP to eff_db, without RELOAD. DR4-DR7 refuse high bits " +
            "with #GP(0), are masked, and run update_dr6 or update_dr7.",
          kernels: { since: "3.19", until: "5.7" },
          source: kvm(
            "3.19.8 to 5.6.4",
            "x86.c: __kvm_set_dr()",
            "x86.c: kvm_set_dr()",
          ),
        },
        C19: {
          sentence:
            "A vCPU reset sets db to 0, dr6 and dr7 to their initial values, and runs update_dr0123 (since 4.1), update_dr6 (up " +
            "to 5.6) and update_dr7, which decide switch_db_regs anew. DR accesses are intercepted.",
          kernels: { since: "3.13" },
          source: by(
            together(
              kvm(
                "3.19.8, 4.0.5, 4.1 to 7.1.5",
                "x86.c: kvm_vcpu_reset()",
              ),
              kvm(
                "3.15.5 to 4.12",
                "vmx.c: vmx_exec_control()",
                "svm.c: init_vmcb()",
              ),
              kvm(
                "5.14.2 to 7.1.5",
                "vmx/vmx.c: vmx_exec_control()",
                "svm/svm.c: init_vmcb()",
              ),
            ),
            COMMITS.initReset,
            COMMITS.reload,
          ),
        },
        C5: {
          sentence:
            "get_dr of DR6 gives arch.dr6 under USE_HW_BP. Otherwise it asks the vendor code: arch.dr6 on VMX, the VMCB's DR6 on " +
            "SVM.",
          kernels: { since: "3.14", until: "5.7" },
          source: by(
            kvm(
              "3.19.8 to 5.6.4",
              "x86.c: kvm_get_dr()",
              "svm.c: svm_get_dr6()",
            ),
            COMMITS.isolated,
          ),
        },
      },
    },
    {
      id: "C/3",
      title: "Entry and exit of 4.4.1",
      sentence:
        "Without guest debug the first DR access exits and later ones run natively. The next exit reads the registers back.",
      confidence: "source",
      kernels: { since: "3.15" },
      source: by(
        kvm("3.15.5 to 4.9.0", ENTER, "vmx.c: handle_dr()"),
        COMMITS.lazy,
        COMMITS.lazyVmx,
      ),
      rules: {
        C6: {
          sentence:
            "An entry with any flag in switch_db_regs clears DR7, loads eff_db and arch.dr6, and since 4.1 clears RELOAD. With no " +
            "flag it loads nothing. DR7 always comes from the VMCS or VMCB.",
          kernels: { since: "3.15", until: "5.15" },
          source: by(
            kvm("3.15.5 to 5.14.2, changed in 5.15.16", ENTER),
            COMMITS.hostDr6,
          ),
        },
        C7: {
          sentence:
            "A DR exit on VMX tests DR4/5 with DE (#UD), CPL (#GP(0)) and GD (debug exit, or #DB with BD). Then without guest debug " +
            "MOV-DR exiting goes off, WONT_EXIT on, and the MOV reruns; else it is emulated.",
          kernels: { since: "3.19", until: "5.7" },
          source: by(
            together(
              kvm("3.19.8 to 4.20", "vmx.c: handle_dr()"),
              kvm("5.0.1 to 5.6.4", "vmx/vmx.c: handle_dr()"),
            ),
            COMMITS.lazyVmx,
          ),
        },
        C8: {
          sentence:
            "A DR exit on SVM without guest debug clears all DR intercepts and sets WONT_EXIT. Under guest debug the access is " +
            "emulated.",
          source: together(
            kvm("3.15.5 to 5.6.4", "svm.c: dr_interception()"),
            kvm("5.7.14 to 7.1.5", "svm/svm.c: dr_interception()"),
          ),
        },
        C9: {
          sentence:
            "After an exit under WONT_EXIT KVM reads db, dr6 and dr7 back, clears WONT_EXIT and intercepts DR accesses again. Then " +
            "it updates only eff_db, and does not recompute BP_ENABLED.",
          kernels: { since: "3.15", until: "4.4.5" },
          source: by(
            kvm(
              "3.15.5 to 4.4.1, changed in 4.4.11, 4.5.0, 4.5.7 and 4.6.2",
              ENTER,
              "vmx.c: vmx_sync_dirty_debug_regs()",
              "svm.c: svm_sync_dirty_debug_regs()",
            ),
            COMMITS.rootCause,
          ),
        },
        C10: {
          sentence:
            "After the sync KVM restores the host's breakpoints, if any are active.",
          source: kvm("3.15.5 to 7.1.5", ENTER),
        },
        C11: {
          sentence:
            "vcpu_load and vcpu_put leave the debug registers alone. Only vcpu_load of the workaround of 2016 sets RELOAD, and " +
            "vcpu_put from 4.16 to 5.14 writes 0 to DR6.",
          kernels: { since: "2.6.30" },
          source: by(
            kvm(
              "2.6.30, 2.6.34, 3.14.79, 4.4.1, 4.6.2 to 7.1.5",
              LOAD,
              "x86.c: kvm_arch_vcpu_put()",
            ),
            COMMITS.workaround,
            COMMITS.escapedDr6,
          ),
        },
        C15: {
          sentence:
            "On VMX KVM_EXIT_DEBUG of a hardware #DB has dr6 = qualification | 0xFFFE0FF0, with RTM (bit 16) 0. Since 5.7 it is " +
            "qualification | 0xFFFF0FF0. #BP gives pc and exception 3 only.",
          kernels: { since: "3.19", until: "5.7" },
          source: by(
            together(
              kvm("3.19.8 to 4.20", "vmx.c: handle_exception()"),
              kvm(
                "5.3.1 to 5.6.4, changed in 5.7.14",
                "vmx/vmx.c: handle_exception_nmi()",
              ),
            ),
            COMMITS.exitRtm,
          ),
        },
        C16: {
          sentence:
            "A #DB exit on VMX that the guest gets, and an emulated step, code breakpoint or GD, clear B0-B3 in arch.dr6, OR " +
            "their cause and RTM, and queue #DB. A #DB exit on SVM queues it alone; the VMCB's DR6 is updated already.",
          kernels: { since: "3.19", until: "5.7" },
          source: by(
            kvm(
              "3.19.8 to 5.6.4, changed in 5.7.14",
              "vmx.c: handle_exception()",
              "svm.c: db_interception()",
              "vmx.c: handle_dr()",
              "x86.c: kvm_vcpu_check_singlestep()",
              "x86.c: kvm_vcpu_check_breakpoint()",
            ),
            COMMITS.onlyB0toB3,
            COMMITS.payloads,
          ),
        },
        C17: {
          sentence:
            "After an exit under WONT_EXIT the vendor's sync reads DR0-DR3 from the CPU, DR6 from the CPU or VMCB, and DR7 from the " +
            "VMCS or VMCB to db, dr6 and dr7. It clears WONT_EXIT and intercepts DR accesses.",
          source: by(
            together(
              kvm("3.15.5 to 7.1.5", ENTER),
              kvm(
                "3.15.5 to 4.12",
                "vmx.c: vmx_sync_dirty_debug_regs()",
                "svm.c: svm_sync_dirty_debug_regs()",
              ),
              kvm(
                "5.14.2 to 7.1.5",
                "vmx/vmx.c: vmx_sync_dirty_debug_regs()",
                "svm/svm.c: svm_sync_dirty_debug_regs()",
              ),
            ),
            COMMITS.lazy,
            COMMITS.lazyVmx,
          ),
        },
        C20: {
          sentence:
            "KVM_EXIT_DEBUG of an emulated step has dr6 0xFFFF4FF0 and pc singlestep_rip. Of a debugger's code breakpoint that " +
            "KVM emulates, dr6 is Bn | 0xFFFF0FF0 and pc the instruction.",
          kernels: { since: "3.19", until: "5.7" },
          source: kvm(
            "3.19.8 to 5.6.4",
            "x86.c: kvm_vcpu_check_singlestep()",
            "x86.c: kvm_vcpu_check_breakpoint()",
          ),
        },
      },
    },
  ];
}

/** The bug, its variants, and what came after. */
function theMiss(): readonly RuleSection[] {
  const missed = by(
    kvm(
      "3.15.5 to 4.4.1 (missed); 4.4.11, 4.5.0, 4.5.7 and 4.6.2 (fixed)",
      ENTER,
      "x86.c: kvm_update_dr7()",
      "vmx.c: vmx_sync_dirty_debug_regs()",
    ),
    COMMITS.lazy,
    COMMITS.rootCause,
  );
  const variants = by(
    kvm("4.4.1, 4.4.11, 4.4.155, 4.5.0, 4.5.7, 4.6.2, 4.9.0", ENTER, LOAD),
    COMMITS.workaroundAgain,
    COMMITS.workaround,
    COMMITS.rootCause,
  );
  return [
    {
      id: "C/4",
      title: "The missed breakpoint",
      sentence:
        "A native write of DR7 never runs update_dr7, so BP_ENABLED stays 0 and the next entry loads no DR0-DR3. The " +
        "breakpoint works only while DR0-DR3 happen to hold this vCPU's addresses.",
      confidence: "source",
      kernels: { since: "3.15", until: "4.4.5" },
      source: missed,
      rules: {},
    },
    {
      id: "C/5",
      title: "The interleaving of the miss",
      sentence:
        "On one CPU v0 arms address A0, then v1 arms A1. v0 enters with switch_db_regs 0 and DR0 = A1, misses A0 and hits at " +
        "A1, until a guest DR access makes KVM load eff_db.",
      confidence: "source",
      kernels: { since: "3.15", until: "4.4.5" },
      source: missed,
      rules: {},
    },
    {
      id: "C/6",
      title: "Three variants",
      sentence:
        "4.4.1 misses. RELOAD at each vcpu_load hits, unless DR0-DR3 change without a vcpu_load, as by a host breakpoint. " +
        "Rerunning the update functions after the sync keeps BP_ENABLED right and always hits.",
      confidence: "source",
      source: variants,
      rules: {
        C18: {
          sentence:
            "After the sync KVM runs update_dr0123, update_dr6 (up to 5.6) and update_dr7, and then clears RELOAD (up to 5.14).",
          kernels: { since: "4.4.11" },
          source: by(
            kvm(
              "4.4.11, 4.12, 5.6.4, 5.7.14, 5.14.2, 6.1.20, 7.1.5",
              ENTER,
            ),
            COMMITS.rootCause,
            COMMITS.isolated,
            COMMITS.noReload,
          ),
        },
      },
    },
    {
      id: "C/7",
      title: "Two questions of the review",
      sentence:
        "Native writes of DR7 do not set BP_ENABLED, so registers are not always reloaded. Once BP_ENABLED is right, a reload " +
        "at each vcpu_load only costs five to six DR writes.",
      confidence: "source",
      source: by(
        together(
          kvm("4.4.1, 4.4.11, 4.6.2", "x86.c: kvm_update_dr7()", ENTER, LOAD),
          source(
            "reply of 10 August 2021",
            "Re: KVM: X86: Don't reset dr6 unconditionally when the vcpu being scheduled out [PATCH]",
          ),
        ),
        COMMITS.rootCause,
      ),
      rules: {},
    },
    {
      id: "C/8",
      title: "Which trees have which",
      sentence:
        "4.4.1 has neither the reload at vcpu_load nor the fix. 4.4.11 and 4.5.7 have both: they are right but reload at " +
        "each reschedule. 4.4.155, 4.5.0 and 4.6 to 5.14 have the fix alone.",
      confidence: "source",
      source: variants,
      rules: {},
    },
    {
      id: "C/9",
      title: "RELOAD removed",
      sentence: "Only BP_ENABLED or WONT_EXIT make an entry load DR0-DR3.",
      confidence: "source",
      kernels: { since: "5.15" },
      source: by(
        together(
          kvm("5.14.2, changed in 5.15.16", ENTER),
          source(
            "v2 of August 2021",
            "KVM: X86: Remove unneeded KVM_DEBUGREG_RELOAD [PATCH V2 1/3]",
          ),
        ),
        COMMITS.noReload,
      ),
      rules: {
        C12:
          "Hardware needs fresh DR0-DR3 only while breakpoints are enabled (BP_ENABLED) or the guest can read them (WONT_EXIT). " +
          "At other times a fresh eff_db is enough.",
        C13: {
          sentence:
            "update_dr0123 only copies db to eff_db. After a reset or SET_DEBUGREGS with DR7 = 0x400, 4.1 to 5.14 load DR0-DR3 " +
            "once at the next entry, and 5.15 does not.",
          source: by(
            kvm(
              "5.14.2, changed in 5.15.16",
              "x86.c: kvm_update_dr0123()",
              ENTER,
            ),
            COMMITS.noReload,
          ),
        },
        C14: {
          sentence:
            "DR6 is loaded only under WONT_EXIT, and the VMX sync leaves 0xFFFF0FF0 in DR6 for the host. The host's DR7 is cleared " +
            "before entry even if the guest uses no breakpoints (since 5.14).",
          source: by(
            together(
              kvm("5.14.2, changed in 5.15.16", ENTER),
              kvm(
                "changed in 5.15.16",
                "vmx/vmx.c: vmx_vcpu_run()",
                "vmx/vmx.c: vmx_sync_dirty_debug_regs()",
              ),
            ),
            COMMITS.hostDr6,
            COMMITS.hostDr7,
          ),
        },
      },
    },
  ];
}
