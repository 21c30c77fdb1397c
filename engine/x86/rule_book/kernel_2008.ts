/**
 * Rules of the first virtualization of the debug registers, with its quirks. A data table, longer than a file of code
 * should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import { by, kvm, source, together } from "./sources.ts";

/** Functions of 2.6.30, below `arch/x86/kvm/`. */
function read(...places: readonly string[]) {
  return kvm("2.6.30", ...places);
}

/** Functions of 2.6.30, and those of the release that changed the rule. */
function until(
  release: string,
  old: readonly string[],
  changed: readonly string[] = old,
) {
  return together(
    read(...old),
    kvm(`changed in ${release}`, ...changed),
  );
}

const ENTRY = "x86.c: vcpu_enter_guest()";
const HANDLE_DR = "vmx.c: handle_dr()";
const EXCEPTION = "vmx.c: handle_exception()";
const TASK_SWITCH = "vmx.c: handle_task_switch()";
const SVM_SET_DR = "svm.c: svm_set_dr()";
const SVM_GET_DR = "svm.c: svm_get_dr()";
const INTERCEPTS = "svm.c: init_vmcb()";
const GUEST_DEBUG = "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()";

/** The sections of 2008. */
export function sections2008(): readonly RuleSection[] {
  return [...mechanism(), quirks()];
}

/** What the code of 2008 does. */
function mechanism(): readonly RuleSection[] {
  return [
    {
      id: "B",
      title: "2008: debug registers virtualized",
      sentence:
        "The first virtualization of DR0-DR7: KVM emulates every access on VMX and some on SVM, and keeps the host's " +
        "values around each entry.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      source: by(read(HANDLE_DR, SVM_SET_DR, ENTRY), COMMITS.virtualized),
      rules: {},
    },
    {
      id: "B/1",
      title: "Constants of 2008",
      sentence:
        "DR6 is stored as (v & 0xE00F) | 0xFFFF0FF0 and DR7 as (v & 0xFFFF23FF) | 0x400, so a guest can change neither RTM " +
        "bit nor BLD.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "3.18" },
      source: together(
        source(
          "2.6.30 to 3.16, other values in 3.18.140 and 3.19.8",
          "arch/x86/include/asm/kvm_host.h: DR6_VOLATILE",
          "arch/x86/include/asm/kvm_host.h: DR7_VOLATILE",
        ),
        read(HANDLE_DR, SVM_SET_DR),
      ),
      rules: {},
    },
    {
      id: "B/2",
      title: "State of 2008",
      sentence:
        "db, dr6 and dr7 are what the guest wrote. eff_db is what is loaded, equal to db without USE_HW_BP. " +
        "switch_db_regs is the low byte of the effective DR7. host_db, host_dr6 and host_dr7 last one entry.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "2.6.34" },
      source: until("2.6.34", [ENTRY]),
      rules: {},
    },
    {
      id: "B/3",
      title: "World switch of 2008",
      sentence:
        "KVM saves and restores the host's DR6 and DR7 around each entry, and its DR0-DR3 only if switch_db_regs is not 0. " +
        "Host breakpoints therefore survive every run.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "2.6.34" },
      source: until("2.6.34", [ENTRY]),
      rules: {
        B1: "Before every entry KVM saves the host's DR6 and DR7.",
        B2:
          "If switch_db_regs is not 0, KVM saves the host's DR0-DR3, clears DR7 and loads eff_db. Otherwise DR0-DR3 and DR7 " +
          "stay the host's up to the entry itself.",
        B3: {
          sentence:
            "VMX loads arch.dr6 into DR6 just before the launch, even with switch_db_regs 0.",
          source: until("2.6.34", ["vmx.c: vmx_vcpu_run()"]),
        },
        B4: {
          sentence: "The guest runs with the DR7 of the VMCS or VMCB.",
          kernels: { since: "2.6.30" },
          source: read("vmx.c: set_guest_debug()", "svm.c: svm_guest_debug()"),
        },
        B5: {
          sentence: "VMX stores DR6 to arch.dr6 right after every exit.",
          source: until("2.6.34", ["vmx.c: vmx_vcpu_run()"]),
        },
        B6:
          "If switch_db_regs is not 0, KVM clears DR7 after the exit and loads the host's DR0-DR3.",
        B7:
          "After every exit KVM restores the host's DR6 and then its DR7. DR7 is last, so that the addresses are right " +
          "before it enables any.",
      },
    },
    {
      id: "B/4",
      title: "MOV DR on VMX in 2008",
      sentence:
        "Every DR access exits and is emulated, with the test of GD first. After the emulation RIP is advanced even if a " +
        "fault was queued.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "2.6.34" },
      source: until("2.6.34", [HANDLE_DR]),
      rules: {
        B8:
          "GUEST_DR7.GD is tested first of all. Under USE_HW_BP it gives KVM_EXIT_DEBUG with dr6 = arch.dr6, no BD added. " +
          "Otherwise KVM clears GD, sets BD and queues #DB. RIP stays at the MOV.",
        B9:
          "A read gives db[n] for DR0-DR3, arch.dr6 for DR6, arch.dr7 for DR7, and 0 for DR4 and DR5 whatever CR4.DE is.",
        B10: {
          sentence:
            "A write of DR0-DR3 goes to db[n], and without USE_HW_BP to eff_db[n] too.",
          kernels: { since: "2.6.30" },
          source: together(
            read(HANDLE_DR),
            kvm("2.6.35.6 to 7.1.5", "x86.c: kvm_set_dr()"),
          ),
        },
        B11:
          "A write of DR4 or DR5 queues #UD with CR4.DE=1 and does nothing with CR4.DE=0.",
        B12:
          "A write of DR6 queues #GP if any of bits 63:32 is set. Otherwise arch.dr6 becomes (v & 0xE00F) | 0xFFFF0FF0.",
        B13:
          "A write of DR7 queues #GP if any of bits 63:32 is set. Otherwise arch.dr7 becomes (v & 0xFFFF23FF) | 0x400, and " +
          "without USE_HW_BP GUEST_DR7 the same and switch_db_regs v & 0xFF.",
        B14:
          "After an emulated read or write RIP is always advanced, even if #UD or #GP was queued.",
        B15: {
          sentence:
            "The source register is read from the raw array, not through the accessor that fetches RSP.",
          kernels: { since: "2.6.30", until: "3.16" },
          source: together(
            kvm("2.6.30 to 3.15.5, changed in 3.16", HANDLE_DR),
          ),
        },
        B16: "CPL is not tested.",
      },
    },
    {
      id: "B/5",
      title: "MOV DR on SVM in 2008",
      sentence:
        "Only some DR accesses are intercepted, and those go to the instruction emulator.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "2.6.34" },
      source: until("2.6.34", [INTERCEPTS]),
      rules: {
        B17: {
          sentence:
            "set_dr treats DR0-DR3, DR6 and DR7 as VMX does, with the VMCB's DR7. DR4 and DR5 give #UD with DE=1 and nothing " +
            "with DE=0. Numbers above 7 give #UD and a log line.",
          source: until("2.6.34", [SVM_SET_DR]),
        },
        B18: {
          sentence: "set_dr of DR6 writes arch.dr6 but never the VMCB's DR6.",
          kernels: { since: "2.6.30", until: "3.14" },
          source: together(
            kvm("2.6.30, 2.6.34", SVM_SET_DR),
            kvm(
              "3.13.10, changed in 3.14",
              "x86.c: __kvm_set_dr()",
            ),
          ),
        },
        B19: {
          sentence:
            "get_dr gives db[n] for DR0-DR3, the VMCB's DR6 and DR7 (arch.dr6 and arch.dr7 under USE_HW_BP), and 0 for DR4 " +
            "and DR5.",
          source: until("2.6.34", [SVM_GET_DR]),
        },
        B20: {
          sentence:
            "SVM's set_dr no longer tests GD: KVM does not emulate general detect on SVM.",
          kernels: { since: "2.6.30", until: "3.1" },
          source: together(
            read(SVM_SET_DR),
            kvm("changed in 3.1.3", "emulate.c: check_dr_read()"),
          ),
        },
        B21: {
          sentence:
            "SVM intercepts reads of DR0-DR3 and writes of DR0-DR3, DR5 and DR7. An exception in their emulation makes the " +
            "guest exit for ever. All other accesses reach the VMCB's values directly.",
          source: together(
            until("2.6.34", [INTERCEPTS]),
            read(
              "svm.c: emulate_on_interception()",
              "x86.c: emulator_set_dr()",
              "x86.c: emulator_get_dr()",
            ),
          ),
        },
      },
    },
    {
      id: "B/6",
      title: "#DB, task switch, reset and guest debug in 2008",
      sentence:
        "KVM intercepts #DB only while userspace debugs. Most updates reach some copies of a register but not all.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "2.6.34" },
      source: read(EXCEPTION, TASK_SWITCH, GUEST_DEBUG),
      rules: {
        B22: {
          sentence:
            "KVM intercepts #DB only under SINGLESTEP or USE_HW_BP, and in VMX's emulated real mode. Otherwise the hardware " +
            "delivers it to the guest. VMX changed this in 2.6.34, SVM in 4.4.",
          source: together(
            until("2.6.34", ["vmx.c: update_exception_bitmap()"]),
            read("svm.c: svm_guest_debug()"),
          ),
        },
        B23: {
          sentence:
            "A #DB exit on VMX without SINGLESTEP and USE_HW_BP overwrites arch.dr6 with qualification | 0xFFFF0FF0 and " +
            "queues #DB.",
          kernels: { since: "2.6.30", until: "3.14" },
          source: by(
            kvm("2.6.30 to 3.13.10, changed in 3.14", EXCEPTION),
            COMMITS.onlyB0toB3,
          ),
        },
        B24: {
          sentence:
            "A #DB exit on VMX with SINGLESTEP or USE_HW_BP gives KVM_EXIT_DEBUG with dr6 = qualification | 0xFFFF0FF0, dr7 = " +
            "GUEST_DR7, pc = CS.base + RIP and exception 1. #BP gives pc and exception 3 only.",
          kernels: { since: "2.6.30", until: "3.19" },
          source: kvm("2.6.30 to 3.16, other dr6 in 3.19.8", EXCEPTION),
        },
        B25: {
          sentence:
            "A #DB exit on SVM with SINGLESTEP or USE_HW_BP gives KVM_EXIT_DEBUG with pc and exception only.",
          kernels: { since: "2.6.30", until: "5.7" },
          source: by(
            together(
              kvm("2.6.30 to 5.6.4", "svm.c: db_interception()"),
              kvm("changed in 5.7.14", "svm/svm.c: db_interception()"),
            ),
            COMMITS.svmExit,
          ),
        },
        B26: {
          sentence:
            "A task switch on VMX ends with GUEST_DR7 & ~55 (decimal, 0x37). It raises no T-flag trap, and does not update " +
            "arch.dr7 and switch_db_regs.",
          kernels: { since: "2.6.30", until: "3.16" },
          source: kvm("2.6.30 to 3.15.5, changed in 3.16", TASK_SWITCH),
        },
        B27: {
          sentence:
            "A vCPU reset sets switch_db_regs and db to 0, dr6 to 0xFFFF0FF0, and dr7 and GUEST_DR7 to 0x400. It does not " +
            "clear eff_db and does not look at guest_debug.",
          kernels: { since: "2.6.30", until: "3.13" },
          source: by(
            together(
              kvm(
                "2.6.30, 2.6.34",
                "x86.c: kvm_arch_vcpu_reset()",
                "vmx.c: vmx_vcpu_reset()",
              ),
              kvm("changed in 3.13.10", "x86.c: kvm_vcpu_reset()"),
            ),
            COMMITS.initReset,
          ),
        },
        B28: {
          sentence:
            "SET_GUEST_DEBUG takes eff_db, switch_db_regs and DR7 from debugreg (unmasked) under USE_HW_BP, else from db and " +
            "arch.dr7. SINGLESTEP sets TF and RF, its end clears both. INJECT_* always queues.",
          source: until("2.6.34", [
            GUEST_DEBUG,
            "vmx.c: set_guest_debug()",
          ]),
        },
        B29: {
          sentence:
            "Under USE_HW_BP the guest's MOVs change db, dr6 and dr7 and read them back, without effect on the hardware. When " +
            "USE_HW_BP ends they take effect.",
          kernels: { since: "2.6.30" },
          source: together(
            read(HANDLE_DR, SVM_SET_DR, GUEST_DEBUG),
            kvm("2.6.35.6 to 7.1.5", "x86.c: kvm_set_dr()"),
          ),
        },
        B30: {
          sentence:
            "REP INS and REP OUTS are one KVM_EXIT_IO for all items of a page, and RIP is moved before it if none are left. In memory " +
            "where nothing answers the emulator does one iteration, and the guest is entered again.",
          kernels: { since: "2.6.30", until: "2.6.33" },
          source: together(
            kvm("a tree of about 2.6.28", "x86.c: kvm_emulate_pio_string()"),
            kvm("2.6.30, from memory", "x86_emulate.c: x86_emulate_insn()"),
          ),
        },
      },
    },
  ];
}

/** What differs from the architecture or from later kernels. */
function quirks(): RuleSection {
  return {
    id: "B/7",
    title: "Quirks of 2008",
    sentence:
      "What differs from the architecture or from later kernels, each with the kernel in which the correction was read.",
    confidence: "source",
    kernels: { since: "2.6.30", until: "4.4" },
    source: read(HANDLE_DR, SVM_SET_DR, SVM_GET_DR, TASK_SWITCH),
    rules: {
      Q1: {
        sentence:
          "A read of DR4 or DR5 gives 0 and no #UD. 2.6.34 gives #UD with DE=1, and DR6 or DR7 with DE=0.",
        kernels: { since: "2.6.30", until: "2.6.34" },
        source: until("2.6.34", [HANDLE_DR]),
      },
      Q2: {
        sentence:
          "A write of DR4 or DR5 with DE=0 is ignored. 2.6.34 writes DR6 or DR7.",
        kernels: { since: "2.6.30", until: "2.6.34" },
        source: until("2.6.34", [HANDLE_DR]),
      },
      Q3: {
        sentence:
          "A write of DR4 or DR5 with DE=1 queues #UD and advances RIP, so the saved RIP is wrong. 2.6.34 keeps RIP, 2.6.35 to " +
          "3.14 advance it again, and 3.15 keeps it.",
        kernels: { since: "2.6.30", until: "3.15" },
        source: kvm(
          "2.6.30, 2.6.34, 2.6.35.6, 3.1.3, 3.13.10, 3.14, 3.15.5",
          HANDLE_DR,
        ),
      },
      Q4: {
        sentence:
          "High bits of DR6 or DR7 queue #GP without error code and advance RIP. Since 2.6.34 it is #GP(0); RIP is at the MOV in " +
          "2.6.34 and since 3.15.",
        kernels: { since: "2.6.30", until: "3.15" },
        source: kvm(
          "2.6.30, 2.6.34, 2.6.35.6, 3.1.3, 3.13.10, 3.14, 3.15.5",
          HANDLE_DR,
        ),
      },
      Q5: {
        sentence:
          "GD is tested before the DR number, so DR4 with DE=1 and GD=1 gives #DB. 3.19 gives #UD.",
        kernels: { since: "2.6.30", until: "3.19" },
        source: kvm("2.6.30 to 3.16, changed in 3.19.8", HANDLE_DR),
      },
      Q6: {
        sentence:
          "A MOV DR at CPL above 0 that exits is emulated. 2.6.34 gives #GP(0) with RIP kept.",
        kernels: { since: "2.6.30", until: "2.6.34" },
        source: until("2.6.34", [HANDLE_DR]),
      },
      Q7: {
        sentence:
          "A GD exit to the debugger shows arch.dr6 without BD, in 4.4 and 4.9 too. 5.7 shows 0xFFFF2FF0.",
        kernels: { since: "2.6.30", until: "5.7" },
        source: by(
          together(
            kvm("2.6.30 to 4.20", HANDLE_DR),
            kvm("5.0.1 to 5.6.4, changed in 5.7.14", "vmx/vmx.c: handle_dr()"),
          ),
          COMMITS.gdExit,
        ),
      },
      Q8: {
        sentence:
          "GD sets BD and leaves B0-B3. 3.19 clears B0-B3 and sets BD and RTM; 5.7 applies the payload rule.",
        kernels: { since: "2.6.30", until: "3.19" },
        source: together(
          kvm("2.6.30 to 3.16, changed in 3.19.8", HANDLE_DR),
          kvm("5.7.14", "vmx/vmx.c: handle_dr()"),
        ),
      },
      Q9: {
        sentence:
          "A #DB delivered by hardware clears GUEST_DR7.GD, but arch.dr7, which the guest reads, keeps it. VMX intercepts every " +
          "#DB since 2.6.34, and 3.19 clears GD in arch.dr7 at the injection.",
        confidence: "derived",
        kernels: { since: "2.6.30", until: "3.19" },
        source: together(
          read("vmx.c: update_exception_bitmap()", HANDLE_DR),
          kvm("changed in 3.19.8", "x86.c: inject_pending_event()"),
        ),
      },
      Q10: {
        sentence:
          "A #DB exit overwrites DR6 and loses BS, BD and BT from before. Since 3.14 only B0-B3 are replaced.",
        kernels: { since: "2.6.30", until: "3.14" },
        source: by(
          kvm("2.6.30 to 3.13.10, changed in 3.14", EXCEPTION),
          COMMITS.onlyB0toB3,
        ),
      },
      Q11: {
        sentence:
          "A task switch clears L0, G0, L1, L2 and G2 and leaves L3 and LE. 3.16 clears L0-L3 (0x55), 3.19 L0-L3 and LE (0x155).",
        kernels: { since: "2.6.30", until: "3.16" },
        source: kvm(
          "2.6.30 to 3.15.5, changed in 3.16 and 3.19.8",
          TASK_SWITCH,
        ),
      },
      Q12: {
        sentence:
          "A task switch changes GUEST_DR7 alone: the guest still reads the old bits, and a debugger's DR7 is damaged. 4.2 uses " +
          "set_dr.",
        kernels: { since: "2.6.30", until: "4.2" },
        source: together(
          kvm("2.6.30 to 4.1.15", TASK_SWITCH),
          kvm("changed in 4.2.8", "emulate.c: emulator_do_task_switch()"),
        ),
      },
      Q13: {
        sentence: "A new TSS with T=1 raises no trap. 7.1.5 still raises none.",
        kernels: { since: "2.6.30" },
        source: together(
          read(TASK_SWITCH),
          kvm("7.1.5", "vmx/vmx.c: handle_task_switch()"),
        ),
      },
      Q14: {
        sentence:
          "An emulated write of DR6 on SVM never reaches the VMCB, so the guest cannot clear bits. 3.14 writes the VMCB; since " +
          "5.7 arch.dr6 is what the guest reads.",
        kernels: { since: "2.6.30", until: "3.14" },
        source: by(
          together(
            read(SVM_SET_DR),
            kvm("changed in 3.14", "svm.c: svm_set_dr6()"),
            kvm("5.7.14", "svm/svm.c: svm_set_dr6()"),
          ),
          COMMITS.isolated,
        ),
      },
      Q15: {
        sentence:
          "SVM does not intercept reads of DR6 and DR7 and writes of DR6: under USE_HW_BP a guest reads the debugger's DR7. " +
          "2.6.34 intercepts all sixteen accesses.",
        kernels: { since: "2.6.30", until: "2.6.34" },
        source: until("2.6.34", [INTERCEPTS]),
      },
      Q16: {
        sentence:
          "An exception from a MOV DR on SVM is never injected, and the guest exits again for ever. 3.1 injects it.",
        kernels: { since: "2.6.30", until: "3.1" },
        source: together(
          read("x86.c: emulator_set_dr()", "svm.c: emulate_on_interception()"),
          kvm(
            "changed in 3.1.3",
            "svm.c: dr_interception()",
            "emulate.c: check_dr_write()",
          ),
        ),
      },
      Q17: {
        sentence:
          "KVM_EXIT_DEBUG on SVM has no dr6 and dr7, in 4.4 and 4.9 too. Since 5.7 the VMCB's are filled in.",
        kernels: { since: "2.6.30", until: "5.7" },
        source: by(
          together(
            kvm("2.6.30 to 5.6.4", "svm.c: db_interception()"),
            kvm("changed in 5.7.14", "svm/svm.c: db_interception()"),
          ),
          COMMITS.svmExit,
        ),
      },
      Q18: {
        sentence:
          "eff_db survives a reset, so a guest that arms DR7 without writing DR0 gets the old address. Since 4.1 a reset copies " +
          "db to eff_db.",
        kernels: { since: "2.6.30", until: "4.1" },
        source: by(
          together(
            read("x86.c: kvm_arch_vcpu_reset()"),
            kvm("3.19.8, changed in 4.1.15", "x86.c: kvm_vcpu_reset()"),
          ),
          COMMITS.reload,
        ),
      },
      Q19: {
        sentence:
          "A reset or INIT under guest debug drops the debugger's DR7 and switch flag. Since 2012 guest_debug_dr7 is kept and " +
          "applied again.",
        kernels: { since: "2.6.30", until: "3.13" },
        source: by(
          together(
            read("x86.c: kvm_arch_vcpu_reset()"),
            kvm("changed in 3.13.10", "x86.c: kvm_update_dr7()"),
          ),
          COMMITS.initReset,
        ),
      },
      Q20: {
        sentence:
          "A MOV to DR from RSP may take a stale cached RSP. 3.16 reads through the accessor.",
        kernels: { since: "2.6.30", until: "3.16" },
        source: kvm("2.6.30 to 3.15.5, changed in 3.16", HANDLE_DR),
      },
      Q21: {
        sentence:
          "DR7.RTM and DR6.RTM cannot be stored. In 3.18 bit 11 of DR7 can, and bit 16 of DR6 follows the guest's CPUID.",
        kernels: { since: "2.6.30", until: "3.18" },
        source: together(
          read(HANDLE_DR, SVM_SET_DR),
          kvm("changed in 3.18.140", "x86.c: kvm_dr6_fixed()"),
        ),
      },
      Q22: {
        sentence:
          "The host's DR6 and DR7 are read and rewritten around every exit. Since 2.6.34 KVM restores registers only if host " +
          "breakpoints are active.",
        kernels: { since: "2.6.30", until: "2.6.34" },
        source: until("2.6.34", [ENTRY]),
      },
      Q23: {
        sentence:
          "Host breakpoints stay armed in the entry code while switch_db_regs is 0. Since 5.14 DR7 is cleared first if the host " +
          "has any.",
        kernels: { since: "2.6.30", until: "5.14" },
        source: by(
          kvm("2.6.30 to 5.12.9, changed in 5.14.2", ENTRY),
          COMMITS.hostDr7,
        ),
      },
      Q24: {
        sentence:
          "In VMX's emulated real mode a #DB is queued again without a change of DR6. 7.1.5 still does this.",
        kernels: { since: "2.6.30" },
        source: together(
          read("vmx.c: handle_rmode_exception()"),
          kvm("7.1.5", "vmx/vmx.c: handle_rmode_exception()"),
        ),
      },
      Q25: {
        sentence:
          "switch_db_regs is the low byte of the unmasked value. The effect is the same as with the masked one, because bits 7:0 " +
          "are all writable.",
        source: until("3.13.10", [HANDLE_DR], ["x86.c: kvm_update_dr7()"]),
      },
    },
  };
}
