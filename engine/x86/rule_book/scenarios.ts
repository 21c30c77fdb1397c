/**
 * Scenarios to run, from the KVM selftest, from kvm-unit-tests and from the rules, and what is uncertain. A data table,
 * longer than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import {
  apm,
  by,
  kvm,
  recording,
  recordingOf,
  sdm,
  selftest,
  source,
  together,
  unitTest,
} from "./sources.ts";

const ENTER = "x86.c: vcpu_enter_guest()";
const OLD_VMX_DR = "vmx.c: handle_dr()";
const VMX_DR = "vmx/vmx.c: handle_dr()";
const GUEST_DEBUG = "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()";

/** The sections of scenarios, and that of uncertain points. */
export function scenarioSections(): readonly RuleSection[] {
  return [
    {
      id: "G",
      title: "Scenarios",
      sentence:
        "Cases to run, from the KVM selftest, from kvm-unit-tests and from the rules themselves.",
      confidence: "source",
      source: together(selftest(), unitTest("debug.c: main()")),
      rules: {},
    },
    fromSelftest(),
    fromUnitTests(),
    fromRules(),
    {
      id: "G/4",
      title: "Worked values",
      sentence:
        "DR7 values with their meaning, values through set_dr, the payload rule, task-switch masks and data ranges, each " +
        "worked out by hand.",
      confidence: "derived",
      source: together(
        sdm("3B", "17.2.4", "17.2.5"),
        kvm("2.6.30", OLD_VMX_DR, "vmx.c: handle_task_switch()"),
        kvm(
          "4.4.1 to 7.1.5",
          "x86.c: kvm_set_dr()",
          "x86.c: kvm_dr6_fixed()",
          "emulate.c: emulator_do_task_switch()",
        ),
        kvm("5.7.14 to 7.1.5", "x86.c: kvm_deliver_exception_payload()"),
      ),
      rules: {},
    },
    uncertain(),
  ];
}

/** Userspace debugs a guest. */
function fromSelftest(): RuleSection {
  return {
    id: "G/1",
    title: "KVM selftest: the host debugs the guest",
    sentence:
      "Software and hardware breakpoints, watchpoints, steps and general detect, each ending in KVM_EXIT_DEBUG.",
    confidence: "source",
    source: selftest(),
    rules: {
      S1: "USE_SW_BP: INT3 exits with exception 3 and pc at the INT3.",
      S2:
        "USE_HW_BP, slot i on a nop: exception 1, pc at the nop, and dr6 = 0xFFFF0FF0 | 1<<i with that one bit only.",
      S3:
        "USE_HW_BP, slot i watching a store of 4 bytes: pc after the store, dr6 = 0xFFFF0FF0 | 1<<i.",
      S4: {
        sentence:
          "SINGLESTEP and BLOCKIRQ with an IRQ pending: each exit has the next instruction's pc and dr6 0xFFFF4FF0, over emulated " +
          "instructions too, and no IRQ is taken.",
        kernels: { since: "5.15" },
        source: by(selftest(), COMMITS.blockirq),
      },
      S5:
        "USE_HW_BP with GD in DR7: a guest read of DR0 exits with pc at the MOV and dr6 0xFFFF2FF0.",
      S6: "With control 0 the guest runs to its end.",
    },
  };
}

/** A guest debugs itself. */
function fromUnitTests(): RuleSection {
  return {
    id: "G/2",
    title: "kvm-unit-tests: the guest debugs itself",
    sentence:
      "Aliases, execute and data breakpoints, steps, shadows, general detect and ICEBP, native and emulated.",
    confidence: "source",
    source: unitTest("debug.c: main()"),
    rules: {
      U1:
        "With DE=0, after a write of 0 through DR4 and of 0xFFFF4FF2 to DR6, DR4 reads 0xFFFF4FF2 without #UD.",
      U2: "With DE=1 a read of DR4 gives #UD.",
      U3:
        "An execute breakpoint in DR2 gives one #DB with RIP at it and DR6 = 0xFFFF0FF4. The handler sets RF.",
      U4:
        "With 0x4002 written to DR6 before, the same hit gives 0xFFFF4FF4: B1 cleared, BS kept.",
      U5: {
        sentence:
          "With TF set there is a #DB at each boundary, starting one instruction after TF was set, with DR6 = 0xFFFF4FF0.",
        source: unitTest(
          "debug.c: singlestep_basic()",
          "debug.c: report_singlestep_basic()",
        ),
      },
      U6: {
        sentence:
          "With CPUID and IN between native instructions TF gives a #DB at each of them too, 7 in all, in kernel and user mode.",
        source: unitTest(
          "debug.c: singlestep_emulated_instructions()",
          "debug.c: report_singlestep_emulated_instructions()",
        ),
      },
      U7: {
        sentence:
          "If POPF sets TF and STI follows, the first #DB comes right after the STI, 4 in all.",
        source: unitTest(
          "debug.c: singlestep_with_sti_blocking()",
          "debug.c: report_singlestep_with_sti_blocking()",
        ),
      },
      U8: {
        sentence:
          "If POPF sets TF and MOV SS and AND follow, the first #DB comes after the AND, 3 in all.",
        source: unitTest(
          "debug.c: singlestep_with_movss_blocking()",
          "debug.c: report_singlestep_with_movss_blocking()",
        ),
      },
      U9: {
        sentence:
          "TF, MOV SS, ICEBP, ICEBP give 5 #DBs: two with DR6 = 0xFFFF0FF0 and RIP after each ICEBP, then three steps.",
        source: unitTest(
          "debug.c: singlestep_with_movss_blocking_and_icebp()",
          "debug.c: report_singlestep_with_movss_blocking_and_icebp()",
        ),
      },
      U10: {
        sentence:
          "With GD, TF and MOV SS before a MOV to DR6, the first #DB has BD alone (0xFFFF2FF0) at the MOV and clears GD. The MOV " +
          "runs again, then steps follow.",
        source: unitTest(
          "debug.c: singlestep_with_movss_blocking_and_dr7_gd()",
          "debug.c: report_singlestep_with_movss_blocking_and_dr7_gd()",
        ),
      },
      U11: {
        sentence:
          "TF over STI and HLT with a timer gives step #DBs, and the guest wakes as usual.",
        source: unitTest(
          "debug.c: singlestep_with_sti_hlt()",
          "debug.c: report_singlestep_with_sti_hlt()",
        ),
      },
      U12:
        "A write watchpoint in DR1 with BS set in DR6 gives #DB after the store with DR6 = 0xFFFF4FF2.",
      U13:
        "A write watchpoint in DR1 with DR6 written as 0 gives #DB after the store with DR6 = 0xFFFF0FF2.",
      U14: "ICEBP alone gives DR6 = 0xFFFF0FF0 and the RIP after it.",
      U15:
        "A MOV SS that reads a watched variable, then a prefixed ICEBP, runs the handler exactly once.",
      U16:
        "A MOV SS that reads a watched variable, then INT 1 (CD 01), runs the handler twice.",
      U17:
        "A MOV SS that reads a watched variable, then INT3, gives one #DB and one #BP, the #BP with the RIP after the INT3.",
      U18: {
        sentence:
          "A split-lock access with the features off gives neither #AC nor #DB.",
        source: unitTest("debug.c: bus_lock_test()"),
      },
      U19: {
        sentence:
          "A code breakpoint on the instruction after MOV SS or POP SS gives no #DB on Intel and one on AMD, native or emulated.",
        source: unitTest("emulator.c: test_mov_pop_ss_code_db()"),
      },
      U20: {
        sentence:
          "An emulated write of 0 to DR6 reads back as 0xFFFF0FF0, less the RTM bit for a guest with RTM and the BLD bit for one " +
          "with bus lock detect.",
        source: unitTest("emulator.c: test_mov_dr()"),
      },
      U21: {
        sentence:
          "Nested VMX: when L1 intercepts the #DB of a stepped nop, the exit qualification is 0x4000 alone, DR6 is unchanged and " +
          "nothing is pending.",
        source: unitTest(
          "vmx_tests.c: vmx_db_test()",
          "vmx_tests.c: check_db_exit()",
        ),
      },
      U22: {
        sentence:
          "Nested VMX: the same step with 0x5001 pending in a MOV SS shadow gives exit qualification 0x4001.",
        source: unitTest("vmx_tests.c: vmx_db_test()"),
      },
      U23: {
        sentence:
          "Nested VMX: with load and save debug controls L2 reads vmcs12's DR7 and its write lands there; without, L2 reads L1's " +
          "and vmcs12 is unchanged. L1 reads 0x400 after the exit.",
        source: unitTest(
          "vmx_tests.c: dbgctls_main()",
          "vmx_tests.c: dbgctls_exit_handler()",
        ),
      },
      U24: {
        sentence:
          "Nested SVM: any of bits 63:32 in vmcb12's DR6 or DR7 makes VMRUN fail.",
        source: unitTest("svm_tests.c: test_dr()"),
      },
      U25: {
        sentence:
          "Nested SVM: with all DR intercepts on, each access of L2 to DR0-DR7 exits once, with code 0x20+n or 0x30+n.",
        source: unitTest(
          "svm_tests.c: test_dr_intercept()",
          "svm_tests.c: dr_intercept_finished()",
        ),
      },
    },
  };
}

/** Cases that follow from the rules. */
function fromRules(): RuleSection {
  const variants = kvm(
    "4.4.1, 4.5.7, 4.9.0",
    ENTER,
    "x86.c: kvm_arch_vcpu_load()",
  );
  const lazy = together(
    kvm("2.6.30 to 4.20", OLD_VMX_DR),
    kvm("5.0.1 to 7.1.5", VMX_DR),
  );
  return {
    id: "G/3",
    title: "Further x86 scenarios",
    sentence: "Cases that follow from the rules, across kernels.",
    confidence: "derived",
    source: kvm("2.6.30 to 7.1.5", ENTER, GUEST_DEBUG),
    rules: {
      "G/3.1": {
        sentence:
          "The interleaving of the miss: missed under 4.4.1, hit with the workaround and with the fix, which differ in DR writes.",
        source: variants,
      },
      "G/3.2": {
        sentence:
          "With a host breakpoint on that CPU the workaround misses, and the fix hits.",
        source: variants,
      },
      "G/3.3": {
        sentence:
          "After the miss a guest read of DR6 makes KVM load eff_db, and the breakpoint works again.",
        source: kvm("4.4.1", OLD_VMX_DR, ENTER),
      },
      "G/3.4": {
        sentence:
          "Eight DR writes in a row cost one exit since 3.15, and eight on VMX in 2008.",
        source: by(lazy, COMMITS.lazyVmx),
      },
      "G/3.5": {
        sentence:
          "Under ENABLE and USE_SW_BP lazy mode is off, and eight DR writes cost eight exits.",
        source: lazy,
      },
      "G/3.6": {
        sentence:
          "Under USE_HW_BP the guest reads back the DR0 and DR7 that it writes, and its breakpoint does not fire. Once USE_HW_BP " +
          "ends, it does.",
        source: together(
          kvm("2.6.30", OLD_VMX_DR, GUEST_DEBUG),
          kvm("2.6.35.6 to 7.1.5", "x86.c: kvm_set_dr()", GUEST_DEBUG),
          recording("hwbp-guest-bp-armed-before"),
        ),
      },
      "G/3.7": {
        sentence:
          "On SVM of 2008 under USE_HW_BP the guest reads the host's DR7.",
        source: kvm("2.6.30", "svm.c: init_vmcb()", "svm.c: svm_guest_debug()"),
      },
      "G/3.8": {
        sentence:
          "A task switch turns DR7 0x4FF into 0x4C8 in 2008 and 0x4AA later, 0x401 into 0x400 in both, and 0x440 into 0x440 in 2008 " +
          "and 0x400 later.",
        source: together(
          kvm("2.6.30", "vmx.c: handle_task_switch()"),
          kvm("4.2.8 to 7.1.5", "emulate.c: emulator_do_task_switch()"),
        ),
      },
      "G/3.9": {
        sentence:
          "DR7 armed after a reset, with DR0 not written, hits the old address in 2008 and address 0 later.",
        source: by(
          together(
            kvm("2.6.30", "x86.c: kvm_arch_vcpu_reset()"),
            kvm("4.1.15 to 7.1.5", "x86.c: kvm_vcpu_reset()"),
          ),
          COMMITS.reload,
        ),
      },
      "G/3.10": {
        sentence:
          "A MOV to DR7 with bit 32 set gives #GP with the RIP of the next instruction in 2008, of the MOV later.",
        source: lazy,
      },
      "G/3.11": {
        sentence:
          "A host breakpoint survives a guest that uses all four slots: after the exit DR0-DR3 equal cpu_debugreg.",
        source: together(
          kvm("2.6.30 to 7.1.5", ENTER),
          recording("host-bp-four", "host-bp-guest-drs"),
        ),
      },
      "G/3.12": {
        sentence: "A second INJECT_DB without a run between them gives EBUSY.",
        source: kvm("2.6.34 to 7.1.5", GUEST_DEBUG),
      },
      "G/3.13": {
        sentence:
          "If userspace moves RIP after it requests a step, TF is not set and the guest runs free.",
        source: together(
          kvm("4.4.1 to 7.1.5", "x86.c: __kvm_set_rflags()"),
          recording("step-before-set-regs"),
        ),
      },
      "G/3.14": {
        sentence:
          "After a hit the guest writes 0xFFFF0FF0 to DR6 and takes a fast-path exit. On 6.1 DR6 reads the old value, since 6.14 what " +
          "was written.",
        source: by(
          kvm("6.1-rc7, 6.13.2, 6.14.0", "vmx/vmx.c: vmx_vcpu_run()", ENTER),
          COMMITS.dr6Once,
        ),
      },
      "G/3.15": {
        sentence:
          "On SVM a debugger's step and then its hit of DR0 leave BS and B0 in the VMCB's DR6 in 4.4, and only B0 in 6.1. Two hits, " +
          "DR0 then DR1, leave B1 alone in both: a #DB replaces B0-B3.",
        source: together(
          kvm("4.4.1", "svm.c: db_interception()", "svm.c: svm_set_dr6()"),
          kvm("6.1-rc7", "svm/svm.c: svm_vcpu_run()"),
          recording("hwbp-consecutive-exits-dr6"),
        ),
      },
    },
  };
}

/** What was not verified. */
function uncertain(): RuleSection {
  return {
    id: "H",
    title: "Uncertain points",
    sentence: "What was not verified, or not in full.",
    confidence: "source",
    source: kvm("2.6.30 to 7.1.5", ENTER),
    rules: {
      "H/1": {
        sentence:
          "SVM tests DR7.GD before a DR intercept: the manual gives all normal exception checks precedence, and KVM relies on it. It " +
          "was not tried on a CPU.",
        confidence: "architecture",
        source: together(
          apm("15.9"),
          kvm("2.6.30", "svm.c: svm_set_dr()"),
          kvm("5.7.14 to 7.1.5", "svm/svm.c: dr_interception()"),
        ),
      },
      "H/2": {
        sentence:
          "4.5.1 to 4.5.6, 4.7, 4.8, 5.13, 6.7, 6.11, 6.15 and 6.16 were not read, nor every stable release. A change in one of them is " +
          "known only between its neighbours.",
        source: kvm("2.6.30 to 7.1.5", ENTER),
      },
      "H/3": {
        sentence:
          "The code of the fix of 2016 and of the removal of RELOAD was read, and for the latter the mail. The message of the former is " +
          "known only from a later mail.",
        source: by(
          together(
            kvm("4.4.1, 4.4.11, 4.6.2, 5.14.2, 5.15.16", ENTER),
            source(
              "mails of August 2021",
              "KVM: X86: Remove unneeded KVM_DEBUGREG_RELOAD [PATCH V2 1/3]",
              "Re: KVM: X86: Don't reset dr6 unconditionally when the vcpu being scheduled out [PATCH]",
            ),
          ),
          COMMITS.rootCause,
          COMMITS.noReload,
        ),
      },
      "H/4": {
        sentence:
          "A release named for a fix of 2020 to 2022 is the first of two neighbouring trees that has it; a stable tree may have it as a " +
          "backport.",
        source: kvm(
          "5.6.4 to 6.1-rc7",
          ENTER,
          "vmx/vmx.c: handle_exception_nmi()",
          "svm/svm.c: db_interception()",
        ),
      },
      "H/5": {
        sentence:
          "CVE numbers of known bugs come from changelogs of distributions and from mailing lists. The commits were not read for them.",
        source: by(
          source(
            "changelogs; the functions in 4.4.1, 4.20, 5.18.12 and 6.2.12",
            "arch/x86/kvm/svm.c: init_vmcb()",
            "arch/x86/kvm/vmx.c: handle_exception()",
            "arch/x86/kvm/x86.c: kvm_vcpu_ioctl_x86_get_debugregs()",
            "arch/x86/kvm/x86.c: x86_decode_emulated_instruction()",
          ),
          COMMITS.icebp,
          COMMITS.debugregsZeroed,
        ),
      },
      "H/6": {
        sentence:
          "Of 7.2 itself only regs.c was read. Its x86.c, emulate.c, vmx.c and svm.c are known from 7.1.5, the list of 7.2's commits, the " +
          "mailed series and recordings.",
        source: together(
          kvm("7.2", "regs.c: kvm_set_dr()"),
          kvm("7.1.5", ENTER),
          recordingOf("7.2", "hwbp-gd-guest"),
        ),
      },
      "H/7": {
        sentence:
          "Intel allows B0-B3 to be set for a slot that matches but is disabled, and does not require it. AMD sets them for enabled " +
          "slots only.",
        confidence: "architecture",
        source: together(sdm("3B", "17.2.3"), apm("13.1.1.3")),
      },
      "H/8": {
        sentence:
          "KVM on VMX clears B0-B3 for ICEBP, by a payload of 0. Hardware that leaves DR6 alone differs only if B bits were set before.",
        source: together(
          kvm("5.7.14 to 7.1.5", "vmx/vmx.c: handle_exception_nmi()"),
          unitTest("debug.c: main()"),
        ),
      },
    },
  };
}
