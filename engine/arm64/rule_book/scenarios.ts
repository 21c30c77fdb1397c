/**
 * Rules that are scenarios: what tests of the kernel, of the renumbering series and of kvm-unit-tests do, and further
 * cases. A data table, longer than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import {
  breakpoints,
  everyIdRegister,
  idRegister,
  patch,
  watchpoints,
} from "./patches_2022.ts";
import {
  by,
  kvm,
  kvmCommit,
  manual,
  recording,
  recordingOn,
  selftest,
  source,
  together,
} from "./sources.ts";

/** The kernel's own self tests. */
function selfTests(): readonly RuleSection[] {
  const guest = (...names: readonly string[]) =>
    selftest(
      "6.1.20 to 6.12.0; below arm64/ from 6.14 on",
      "guest_code()",
      ...names,
    );
  const linked = (...names: readonly string[]) =>
    selftest(
      "6.2.12 to 6.12.0; below arm64/ from 6.14 on",
      "guest_code()",
      ...names,
    );
  return [
    {
      id: "G",
      title: "Scenarios",
      sentence:
        "Cases to run, from the kernel's self test, the renumbering series, kvm-unit-tests and from the rules themselves.",
      confidence: "source",
      source: guest(),
      rules: {},
    },
    {
      id: "G/1",
      title: "Kernel self test: the guest debugs itself",
      sentence:
        "Breakpoint, watchpoint, step, BRK, OS lock and links, each alone and for all numbers of registers.",
      confidence: "source",
      source: guest("test_guest_debug_exceptions()"),
      rules: {
        S1: {
          sentence:
            "BRK takes an exception of class 0x3C with ELR at the BRK itself.",
          source: guest("guest_sw_bp_handler()"),
        },
        S2: {
          sentence:
            "A breakpoint at A on a NOP takes an exception of class 0x31 with ELR = A. The NOP executes after the return.",
          source: guest("install_hw_bp()", "guest_hw_bp_handler()"),
        },
        S3: {
          sentence:
            "A breakpoint on an SVC at A is taken at A. Then the SVC is taken with ELR = A + 4.",
          source: guest("install_hw_bp()", "guest_svc_handler()"),
        },
        S4: {
          sentence:
            "A breakpoint on a BRK is taken before the BRK. Both have ELR at it.",
          source: guest("install_hw_bp()", "guest_sw_bp_handler()"),
        },
        S5: {
          sentence:
            "A watchpoint on a byte takes an exception of class 0x35 with FAR at the byte. After the return the byte is " +
            "written.",
          source: guest("install_wp()", "guest_wp_handler()"),
        },
        S6: {
          sentence:
            "With MDSCR.SS and KDE set and D clear, steps are taken at A, A + 4 and A + 8 while the handler sets SPSR.SS. They " +
            "end once an instruction masks D.",
          source: guest("install_ss()", "guest_ss_handler()"),
        },
        S7: {
          sentence:
            "With the OS lock set, OSLSR bit 1 reads 1 and BRK is still taken.",
          source: guest("enable_os_lock()"),
        },
        S8: {
          sentence: "With the OS lock set no breakpoint is taken.",
          source: guest("enable_os_lock()", "install_hw_bp()"),
        },
        S9: {
          sentence:
            "With the OS lock set no watchpoint is taken, and the data is written.",
          source: guest("enable_os_lock()", "install_wp()"),
        },
        S10: {
          sentence: "With the OS lock set no single step is taken.",
          source: guest("enable_os_lock()", "install_ss()"),
        },
        S11: {
          sentence:
            "A breakpoint linked to a Context ID breakpoint is taken if CONTEXTIDR_EL1 has its value.",
          source: linked("install_hw_bp_ctx()"),
        },
        S12: {
          sentence:
            "A watchpoint linked to a Context ID breakpoint is taken if CONTEXTIDR_EL1 has its value.",
          source: linked("install_wp_ctx()"),
        },
        S13: {
          sentence:
            "S1 to S12 hold for every normal breakpoint, every watchpoint and every context-aware breakpoint of a machine with " +
            "at least two breakpoints.",
          source: linked("test_guest_debug_exceptions_all()"),
        },
        S14: {
          sentence:
            "A linked breakpoint is not taken if CONTEXTIDR_EL1 has another value.",
          confidence: "architecture",
          source: together(manual("D2.8.6"), recording("bp-linked")),
        },
        S15: {
          sentence:
            "A breakpoint linked to a disabled, unlinked, missing or normal breakpoint is not taken.",
          confidence: "architecture",
          source: manual("D2.8.3.1", "D2.8.7.5"),
        },
      },
    },
    {
      id: "G/2",
      title: "Kernel self test: userspace steps the guest",
      sentence:
        "Each step exit is one instruction further, also over instructions that KVM emulates.",
      confidence: "source",
      source: by(
        guest("guest_code_ss()", "test_single_step_from_userspace()"),
        commitOfStepTest(),
      ),
      rules: {
        S20: {
          sentence:
            "Over NOPs and trapped writes and reads of DBGBVR0 and DBGWVR0, each step exit's PC is 4 above the one before. The " +
            "guest reads back what it wrote.",
          source: by(
            guest("guest_code_ss()", "test_single_step_from_userspace()"),
            commitOfStepTest(),
          ),
        },
        S21: {
          sentence:
            "With host interrupts at pseudo-random moments no step is lost or doubled.",
          confidence: "derived",
          source: by(
            kvm(
              "6.1.20 to 6.13.2",
              "debug.c: kvm_arm_clear_debug()",
              "debug.c: kvm_arm_setup_debug()",
            ),
            kvmCommit(
              "370531d1e95b",
              "Clear PSTATE.SS when the Software Step state was Active-pending",
            ),
          ),
        },
        S22: {
          sentence: "A step over an LDXR/STXR loop never ends.",
          source: together(
            selftest(
              "6.2.12 to 6.12.0; below arm64/ from 6.14 on",
              "guest_code_ss()",
            ),
            manual("D2.11.10.3"),
          ),
        },
      },
    },
  ];
}

/** The commit that added the test of stepping by userspace. */
function commitOfStepTest() {
  return kvmCommit(
    "b18e4d4aebdd",
    "selftests: Add a test case for KVM_GUESTDBG_SINGLESTEP",
  );
}

/** Tests of the renumbering series. */
function renumberingTests(): RuleSection {
  const test = "tools/testing/selftests/kvm/aarch64/debug-exceptions.c";
  const access = together(
    patch("36", "selftests: Test breakpoint/watchpoint register access"),
    source(
      "v7 of April 2022, on 5.18-rc3",
      `${test}: guest_code_bwp_reg_test()`,
      `${test}: set_debug_regs()`,
      `${test}: check_debug_regs()`,
    ),
  );
  return {
    id: "G/3",
    title: "Tests of the renumbering series",
    sentence:
      "The guest reads what userspace writes and the reverse, before and after the first run, for all counts.",
    confidence: "source",
    source: access,
    rules: {
      S30:
        "Userspace reads back unchanged what it writes to all registers before the first run.",
      S31:
        "The guest reads what userspace wrote before the first run, and reads back what it writes itself.",
      S32: "After the exit userspace reads what the guest wrote.",
      S33: "The guest reads what userspace writes after the first run.",
      S34: {
        sentence:
          "S30 to S33 and S1 to S13 hold for every CTX_CMPs, every BRPs above it and every WRPs, each in a new VM.",
        source: together(
          patch("37", "selftests: Test with every breakpoint/watchpoint"),
          patch(
            "38",
            "selftests: Test breakpoint/watchpoint changing ID_AA64DFR0_EL1",
          ),
          source("v7 of April 2022, on 5.18-rc3", `${test}: main()`),
        ),
      },
      S35: {
        sentence:
          "Refused writes of ID_AA64DFR0_EL1 give the error numbers of V2 to V7.",
        confidence: "derived",
        source: together(
          everyIdRegister("__set_id_reg()", "__modify_kvm_id_reg()"),
          idRegister("validate_id_aa64dfr0_el1()"),
        ),
      },
      S36: {
        sentence:
          "After the first run DBGBCR15 of a guest with fewer breakpoints reads as 0 for userspace and ignores writes.",
        confidence: "derived",
        source: breakpoints("set_bcr()", "get_bcr()"),
      },
      S37: {
        sentence: "A guest access to breakpoint BRPs + 1 is UNDEFINED.",
        confidence: "derived",
        source: together(
          breakpoints("trap_bcr()", "trap_bvr()"),
          manual("D24.3.2 DBGBCR<n>_EL1"),
        ),
      },
    },
  };
}

/** Tests of kvm-unit-tests. */
function unitTests(): RuleSection {
  const test = (...names: readonly string[]) =>
    source(
      "June 2026 (1da1819e49fc)",
      ...names.map((name) => `kvm-unit-tests/arm/debug.c: ${name}`),
    );
  return {
    id: "G/4",
    title: "kvm-unit-tests: a bare-metal guest at EL1",
    sentence:
      "All breakpoints, all watchpoints and the first step, with and without migration.",
    confidence: "source",
    source: test("main()"),
    rules: {
      U1: {
        sentence:
          "N breakpoints on N instructions from A on give N hits, number i at A + 4i.",
        source: test("test_hw_bp()", "hw_bp_handler()"),
      },
      U2: {
        sentence:
          "After a migration with armed breakpoints, the guest has as many breakpoints as before and all N hit.",
        source: test("test_hw_bp()", "get_num_hw_bp()"),
      },
      U3: {
        sentence:
          "N watchpoints on N consecutive bytes give N hits with the right addresses. The data is written.",
        source: test("test_wp()", "wp_handler()"),
      },
      U4: {
        sentence:
          "After a migration with armed watchpoints, the guest has as many watchpoints as before and all N hit.",
        source: test("test_wp()", "get_num_wp()"),
      },
      U5: {
        sentence: "The first single step is at the first instruction.",
        source: test("test_ss()", "ss_handler()"),
      },
      U6: {
        sentence:
          "After a migration between arming and stepping, the first single step is still at the first instruction.",
        source: test("test_ss()"),
      },
    },
  };
}

/** Cases from the rules. */
function furtherScenarios(): RuleSection {
  const merged = "4.4.1 to 6.13.2";
  const v2 = "KVM: arm64: trap nested debug register access [PATCH v2 09/10]";
  return {
    id: "G/5",
    title: "Further arm64 scenarios",
    sentence: "Cases that the three series raise beyond their tests.",
    confidence: "derived",
    source: together(
      kvm(merged, "debug.c: kvm_arm_setup_debug()"),
      source("v2 of March 2015", v2),
      breakpoints(),
    ),
    rules: {
      N1: {
        sentence:
          "MDCR_EL2, debug_ptr and DIRTY of one entry follow the order of setup: idle, with USE_SW_BP alone, with SINGLESTEP, " +
          "and with USE_HW_BP.",
        source: kvm(merged, "debug.c: kvm_arm_setup_debug()"),
      },
      N2: {
        sentence:
          "While userspace's hardware debug has a breakpoint at another address, the guest's armed one does not fire. " +
          "Afterwards it fires again.",
        source: kvm(
          merged,
          "debug.c: kvm_arm_setup_debug()",
          "debug.c: kvm_arm_clear_debug()",
        ),
      },
      N3: {
        sentence:
          "A breakpoint exit after a watchpoint exit still shows the watchpoint's far.",
        source: kvm(
          "4.4.1 to 7.1.5",
          "handle_exit.c: kvm_handle_guest_debug()",
        ),
      },
      N4: {
        sentence:
          "A guest's BRK under SINGLESTEP alone exits to userspace, which injects it again.",
        source: together(
          kvm(
            merged,
            "debug.c: kvm_arm_setup_debug()",
            "handle_exit.c: kvm_handle_guest_debug()",
          ),
          recording("gd-brk-routing"),
        ),
      },
      N5: {
        sentence:
          "In every case that version 2 of 2015 tells apart, and in version 3, the guest reads back what it wrote.",
        source: together(
          source("v2 of March 2015", v2),
          kvm(
            "as it was: 3.19.8; as merged: 4.4.1",
            "sys_regs.c: trap_debug_regs()",
          ),
        ),
      },
      N6: {
        sentence:
          "If version 2 of 2015 runs clear right after the exit, a guest write of MDSCR_EL1 is lost.",
        source: source("v2 of March 2015", v2),
      },
      N7: {
        sentence:
          "If the conversion ran upwards, it would destroy context-aware breakpoints of the guest.",
        source: breakpoints("kvm_vcpu_breakpoint_config()"),
      },
      N8: {
        sentence:
          "Equal reduction, the needless warning and the double conversion behave as W1, W3 and W4 say.",
        source: breakpoints(
          "virt_to_phys_bpn()",
          "get_unused_p_bpn()",
          "kvm_vcpu_breakpoint_config()",
        ),
      },
      N9: {
        sentence:
          "Every virtual, physical and linked number maps as X1 to X20 say.",
        source: breakpoints(
          "virt_to_phys_bpn()",
          "phys_to_virt_bpn()",
          "virt_to_phys_bcr()",
          "phys_to_virt_bcr()",
        ),
      },
      N10: {
        sentence:
          "The registers of a second vCPU, set by userspace before its own first run, are converted once, at that run.",
        source: together(
          breakpoints("kvm_vcpu_breakpoint_config()"),
          kvm("5.18.12", "arm.c: kvm_arch_vcpu_run_pid_change()"),
        ),
      },
      N11: {
        sentence:
          "A link to a normal or missing breakpoint may have each of the three permitted outcomes. With renumbering it reads " +
          "back as 0, unlike on bare metal.",
        source: together(
          breakpoints("phys_to_virt_bcr()"),
          manual("D2.8.7.5", "J1.1.1.28 AArch64.StateMatch()"),
        ),
      },
      N12: {
        sentence:
          "Two guest reads of DBGBCR0 trap twice on 6.1, and once on 6.14 and later.",
        source: together(
          kvm("6.1.20 to 6.13.2", "sys_regs.c: trap_bcr()"),
          kvm(
            "6.14.0 to 7.1.5",
            "sys_regs.c: trap_dbg_wb_reg()",
            "debug.c: kvm_debug_set_guest_ownership()",
          ),
          recording("trap-pattern"),
          recordingOn("7.2", "trap-pattern"),
        ),
      },
      N13: {
        sentence:
          "With MDE set every read traps on 6.1, until a trapped write ends the trapping up to the next exit. On 6.14 and " +
          "later none traps.",
        source: together(
          kvm(
            "6.1.20 to 6.13.2",
            "debug.c: kvm_arm_setup_debug()",
            "sys_regs.c: reg_to_dbg()",
          ),
          kvm("6.14.0 to 7.1.5", "debug.c: kvm_vcpu_load_debug()"),
          recording("trap-pattern"),
          recordingOn("7.2", "trap-pattern"),
        ),
      },
      N14: {
        sentence:
          "If the guest sets the OS lock under userspace's hardware debug, MDE stays set for the host.",
        source: together(
          kvm("5.18.12 to 6.13.2", "debug.c: kvm_arm_setup_debug()"),
          kvm("6.14.0 to 7.1.5", "debug.c: setup_external_mdscr()"),
          recording("oslock-gd"),
        ),
      },
      N15: {
        sentence:
          "BAS windows, MASK 3, 12 and 31, the word form, a split BAS, and MASK with BAS other than 0xFF each watch the bytes " +
          "that the matching rules say.",
        source: together(
          manual(
            "D2.9.5.2",
            "D2.9.5.3",
            "D2.9.7.4",
            "J1.1.1.129 AArch64.WatchpointByteMatch()",
          ),
          recording("wp-bas"),
        ),
      },
      N16: {
        sentence:
          "A pending step is reported before a breakpoint at the same PC.",
        source: together(manual("D2.11.7"), recording("gd-step-and-hw")),
      },
      N17: {
        sentence:
          "A step over a trapped write of DBGBVR0 gives exactly one step exit, and the value is stored: the skip clears PSTATE.SS.",
        kernels: { since: "5.11" },
        source: together(
          kvm(
            "5.11.0 to 6.13.2",
            "hyp/include/hyp/adjust_pc.h: kvm_skip_instr()",
          ),
          recording("gd-step-msr"),
        ),
      },
      N18: {
        sentence:
          "6.12 and later refuse BRPs lowered from 5 to 4 and take WRPs lowered from 3 to 2. The guest still reaches DBGWCR3.",
        source: together(
          kvm(
            "6.12.0 to 7.1.5",
            "sys_regs.c: ID_AA64DFR0_EL1",
            "sys_regs.c: arm64_check_features()",
          ),
          recordingOn("7.2", "id-regs-set", "id-regs-shrunk"),
        ),
      },
    },
  };
}

/** What is not certain. */
function uncertain(): RuleSection {
  const v2 = source(
    "v2 of March 2015",
    "KVM: arm64: trap nested debug register access [PATCH v2 09/10]",
  );
  return {
    id: "H",
    title: "Uncertain points",
    sentence: "What is not certain, and what is left out.",
    confidence: "source",
    source: together(v2, breakpoints()),
    rules: {
      "H/0": {
        sentence:
          "A rule marked as derived follows from code that was read. The code was not run.",
        source: together(v2, breakpoints(), watchpoints()),
      },
      "H/1": {
        sentence:
          "The state filter's rows with SSC 11 or Secure EL2 are taken from the manual. No recording shows them.",
        confidence: "architecture",
        source: manual(
          "D2.8.4",
          "D2.8.7.2",
          "J1.3.1.34 CheckValidStateMatch()",
        ),
      },
      "H/2": {
        sentence:
          "The fields WPT, WPTV and FnV of newer watchpoint syndromes are left out.",
        confidence: "architecture",
        source: manual("D2.9.8.1", "D24.2.45 ESR_EL1"),
      },
      "H/3": {
        sentence:
          "Version 2 of 2015 does not show whether clear runs before or after the handling of an exit. That it forces KDE is " +
          "concluded from version 3.",
        source: v2,
      },
      "H/4": {
        sentence:
          "Where version 3 of 2015 saves MDSCR_EL1 and PSTATE.SS is taken from the rest of the series and from the merged " +
          "code.",
        source: by(
          kvm(
            "as merged: 4.4.1",
            "debug.c: save_guest_debug_regs()",
            "debug.c: kvm_arm_setup_debug()",
          ),
          kvmCommit(
            "337b99bf7edf",
            "guest debug, add support for single-step",
          ),
        ),
      },
      "H/5": {
        sentence:
          "PMUVer cannot be written in 6.1 and can in 6.2. The release candidates between were not read.",
        source: kvm(
          "6.1.20 and 6.2.12",
          "sys_regs.c: set_id_reg()",
          "sys_regs.c: set_id_aa64dfr0_el1()",
        ),
      },
      "H/6": {
        sentence:
          "The newest source that was read in full is 7.1.5. What is said of 7.2 comes from recordings.",
        source: together(
          kvm(
            "7.1.5",
            "debug.c: kvm_vcpu_load_debug()",
            "sys_regs.c: sys_reg_descs",
          ),
          recordingOn("7.2", "trap-pattern"),
        ),
      },
      "H/7": {
        sentence:
          "Some release numbers are brackets: the change lies between two releases that were read, for example 4.13.4 and " +
          "4.16.13.",
        source: kvm("4.13.4 and 4.16.13", "sys_regs.c: sys_reg_descs"),
      },
      "H/8": {
        sentence: "DebugVer reads 6 on 6.1 and 9 on 6.12, on the same CPU.",
        confidence: "recorded",
        source: together(
          recording("reset-guest"),
          recordingOn("6.12", "reset-guest"),
        ),
      },
      "H/9": {
        sentence:
          "The renumbering series was never merged, and no review of its patches 12 to 15 was found. Mainline decided the " +
          "opposite in 6.12.",
        source: together(
          breakpoints(),
          watchpoints(),
          kvm("6.12.0 to 7.1.5", "sys_regs.c: ID_AA64DFR0_EL1"),
        ),
      },
      "H/10": {
        sentence:
          "FEAT_Debugv8p9 (more than 16 registers of a kind, banks, LBNX) and FEAT_BWE are outside the model.",
        confidence: "architecture",
        source: manual("A2.2.10 FEAT_Debugv8p9", "A2.3.5 FEAT_BWE"),
      },
    },
  };
}

/** The sections of scenarios, and of uncertain points. */
export function scenarioSections(): readonly RuleSection[] {
  return [
    ...selfTests(),
    renumberingTests(),
    unitTests(),
    furtherScenarios(),
    uncertain(),
  ];
}
