/**
 * Rules of the guest-debug series of 2015, versions 2 and 3, and of their review. A data table, longer than a file of
 * code should be.
 *
 * @module
 */
import type { RuleSection, RuleSource } from "../../rule_entry.ts";
import { by, commit, kvm, manual, source, together } from "./sources.ts";

const HW_DEBUG = "KVM: arm64: guest debug, HW assisted debug support";
const NESTED = "KVM: arm64: trap nested debug register access";

/** Version 3, patch 9, and where the merged code has the same rule. */
function v3(...merged: readonly string[]): RuleSource {
  const mail = source("v3 of May 2015", `${HW_DEBUG} [PATCH v3 09/12]`);
  return by(
    merged.length === 0 ? mail : together(
      kvm("as merged: 4.4.1 to 4.9.0", ...merged),
      mail,
    ),
    commit("5540546bc93b", HW_DEBUG),
  );
}

/** Version 2, patch 9. */
function v2(): RuleSource {
  return source("v2 of March 2015", `${NESTED} [PATCH v2 09/10]`);
}

/** The handler of trapped accesses that version 2 changes. */
function v2Handler(): RuleSource {
  return together(
    v2(),
    kvm("as it was: 3.19.8", "sys_regs.c: trap_debug_regs()"),
  );
}

/** The sections of version 3. */
function version3(): readonly RuleSection[] {
  const setup = v3("debug.c: kvm_arm_setup_debug()");
  const ioctl = v3("guest.c: kvm_arch_vcpu_ioctl_set_guest_debug()");
  const exit = v3("handle_exit.c: kvm_handle_guest_debug()");
  const handlers = v3(
    "sys_regs.c: trap_debug_regs()",
    "sys_regs.c: trap_bvr()",
    "sys_regs.c: reg_to_dbg()",
  );
  return [
    {
      id: "B",
      title: "2015 v3: hardware-assisted guest debug",
      sentence:
        "Userspace debugs a guest with the CPU's own breakpoints and watchpoints, from a register set of its own.",
      confidence: "source",
      source: v3(),
      rules: {},
    },
    {
      id: "B/1",
      title: "State of 2015 v3",
      sentence:
        "Each vCPU has the control word guest_debug, userspace's (external) registers, the guest's registers, debug_ptr " +
        "to the set that is loaded, the flag DIRTY, an MDCR_EL2 and the saved guest MDSCR_EL1.",
      confidence: "source",
      source: v3(),
      rules: {},
    },
    {
      id: "B/2",
      title: "Hardware-assisted guest debug",
      sentence:
        "Userspace's breakpoints have a register set of their own and the guest's values never move. debug_ptr selects " +
        "which of the two sets the world switch loads.",
      confidence: "source",
      source: setup,
      rules: {
        B1: {
          sentence:
            "When a vCPU is created, debug_ptr is set to the guest's own set.",
          source: v3("debug.c: kvm_arm_reset_debug_ptr()"),
        },
        B2: {
          sentence:
            "KVM_SET_GUEST_DEBUG accepts the control bits ENABLE, USE_SW_BP, USE_HW_BP and SINGLESTEP. Any other bit gives " +
            "EINVAL, and nothing changes.",
          source: ioctl,
        },
        B3: {
          sentence:
            "ENABLE stores the control word in guest_debug. With USE_HW_BP the 64 supplied values also become the external " +
            "set, without any validation.",
          source: ioctl,
        },
        B4: {
          sentence:
            "ENABLE without USE_HW_BP leaves the external set as it was, unused.",
          source: ioctl,
        },
        B5: {
          sentence:
            "Without ENABLE guest_debug becomes 0. The external set is not cleared.",
          source: ioctl,
        },
        B6: {
          sentence:
            "USE_HW_BP covers breakpoints and watchpoints. It was later renamed USE_HW.",
          source: together(
            v3(),
            source(
              "4.4.1",
              "arch/arm64/include/uapi/asm/kvm.h: KVM_GUESTDBG_USE_HW",
            ),
          ),
        },
        B7: {
          sentence:
            "KVM_CAP_GUEST_DEBUG_HW_BPS and _HW_WPS return BRPs + 1 and WRPs + 1 of the CPU that runs the ioctl, whatever " +
            "the guest was given.",
          source: together(
            v3("reset.c: kvm_arch_dev_ioctl_check_extension()"),
            source(
              "4.4.1 to 7.1.5",
              "arch/arm64/include/asm/hw_breakpoint.h: get_num_brps()",
            ),
          ),
        },
        B8:
          "Before every entry setup_debug rebuilds MDCR_EL2 with its fixed traps, sets TDE under guest debug, forces " +
          "MDSCR_EL1 bits, selects the set to load, and last sets TDA if accesses must trap.",
        "B8.1":
          "setup_debug first reads DIRTY. If DIRTY is clear, debug-register accesses will trap.",
        "B8.2":
          "MDCR_EL2 becomes the host's HPMN with TPM, TPMCR, TDRA and TDOSA set.",
        "B8.3":
          "Under guest debug TDE is set, and the guest's MDSCR_EL1 and PSTATE.SS are saved.",
        "B8.4":
          "SINGLESTEP sets PSTATE.SS and MDSCR.SS. Other guest debug clears MDSCR.SS, so that the guest cannot step itself.",
        "B8.5":
          "USE_HW_BP sets MDSCR.KDE and MDSCR.MDE, points debug_ptr to the external set, sets DIRTY and makes accesses " +
          "trap.",
        "B8.6": "Without guest debug TDE is cleared.",
        "B8.7":
          "TDA is set last, if accesses must trap, so that USE_HW_BP can still decide it.",
        B9: {
          sentence:
            "With DIRTY clear the world switch loads no debug registers. With DIRTY set it saves the host's and loads the " +
            "set at debug_ptr. MDSCR.KDE or MDE sets DIRTY too.",
          source: together(
            v3(),
            kvm(
              "4.4.1; in C from 4.5.7 to 4.16.13",
              "hyp.S: compute_debug_state",
              "hyp.S: skip_debug_state",
              "hyp/debug-sr.c: __debug_cond_save_host_state()",
            ),
          ),
        },
        B10: {
          sentence:
            "On exit with DIRTY set the hardware's values are saved to the set at debug_ptr, the host's are restored and " +
            "DIRTY is cleared. The external set thus loses reserved bits that the hardware does not keep.",
          source: together(
            v3(),
            kvm(
              "4.4.1; in C from 4.5.7 to 4.16.13",
              "hyp.S: __save_debug",
              "hyp/debug-sr.c: __debug_cond_restore_host_state()",
            ),
          ),
        },
        B11: {
          sentence:
            "clear_debug runs right after the exit, before the exit is handled. Under guest debug it restores the guest's " +
            "MDSCR_EL1 and PSTATE.SS, and with USE_HW_BP points debug_ptr back to the guest's set.",
          source: v3("debug.c: kvm_arm_clear_debug()"),
        },
        B12: {
          sentence:
            "A trapped guest access always uses the guest's own values. The handler has no case for a debugging userspace.",
          source: handlers,
        },
        B13: {
          sentence:
            "A guest write under USE_HW_BP is stored in the guest's own set and sets DIRTY. It reaches the hardware once " +
            "userspace stops using hardware debug.",
          source: handlers,
        },
        B14:
          "Under USE_HW_BP the guest's own breakpoints and watchpoints do not fire, because the external set is loaded " +
          "instead.",
        B15: {
          sentence:
            "Exception classes 0x30 (breakpoint), 0x34 (watchpoint), 0x32 (step), 0x38 (BKPT32) and 0x3C (BRK64) end " +
            "KVM_RUN with KVM_EXIT_DEBUG.",
          source: v3(
            "handle_exit.c: arm_exit_handlers",
            "handle_exit.c: kvm_handle_guest_debug()",
          ),
        },
        B16: {
          sentence:
            "hsr of a debug exit is ESR_EL2. far is FAR_EL2 for a watchpoint; for any other class KVM leaves it unchanged.",
          source: exit,
        },
        B17: {
          sentence:
            "Any other exception class in the debug handler prints an error, and KVM_RUN returns -1.",
          kernels: { until: "5.9" },
          source: together(
            v3(),
            kvm(
              "4.4.1 to 5.8.1, gone in 5.9.1",
              "handle_exit.c: kvm_handle_guest_debug()",
            ),
          ),
        },
        B18: {
          sentence:
            "The same-level classes 0x31, 0x33 and 0x35 never reach the debug handler: EL2 never takes a guest's exception " +
            "with such a class.",
          source: together(
            v3("handle_exit.c: arm_exit_handlers"),
            manual("D24.2.45 ESR_EL1"),
          ),
        },
        B19: {
          sentence:
            "Under any guest debug TDE sends the guest's own BRK to userspace too, which must recognise and re-inject it.",
          source: by(
            exit,
            commit(
              "4bd611ca60af",
              "KVM: arm64: guest debug, add SW break point support",
            ),
          ),
        },
        B20: {
          sentence:
            "As merged, only MDE is forced, the registers live in vcpu_debug_state, several conditions are ORed into TDA, " +
            "and a debug_ptr other than the guest's set without guest debug is a BUG_ON.",
          source: by(
            kvm(
              "4.4.1 to 4.9.0",
              "debug.c: kvm_arm_setup_debug()",
              "debug.c: kvm_arm_reset_debug_ptr()",
            ),
            commit(
              "84e690bfbed1",
              "KVM: arm64: introduce vcpu->arch.debug_ptr",
            ),
            commit("5540546bc93b", HW_DEBUG),
          ),
        },
      },
    },
    {
      id: "B/3",
      title: "Review of v3",
      sentence:
        "Review asked to move the registers out of the register array, to give the reasons for KDE and for the trapping, " +
        "and to set debug_ptr in one place.",
      confidence: "source",
      source: source(
        "replies of May 2015 to v3",
        `Re: ${HW_DEBUG} [PATCH v3 09/12]`,
      ),
      rules: {
        R1:
          "The cast from the register array to a structure should go. The debug registers should leave the array, as they " +
          "did when merged.",
        R2:
          "The cast also breaks the 32-bit build, so every shared file needs a 32-bit stub.",
        R3: "It was not clear whether USE_HW_BP includes watchpoints; it does.",
        R4:
          "The helpers that count registers belong in a patch of their own, with the consent of the arm64 maintainers.",
        R5:
          "A comment added to far in the exit structure does not belong in this patch.",
        R6:
          "Forcing both KDE and MDE needs a reason: with TDE set the guest is always below the target level, and only MDE " +
          "matters.",
        R7:
          "The comment on DIRTY no longer explains the trapping, which now has three conditions. It should be computed " +
          "near the top, or all three explained.",
        R8:
          "The branch that clears TDA is redundant, because MDCR_EL2 is rebuilt from zero.",
        R9:
          "setup should set debug_ptr in both cases, instead of clear resetting it long before its use.",
        R10: 'The API text should use the plural, and say "positive number".',
      },
    },
  ];
}

/** The sections of version 2. */
function version2(): readonly RuleSection[] {
  return [
    {
      id: "C",
      title: "2015 v2: nested access through a shadow",
      sentence:
        "In the earlier version userspace's values occupy the guest's register slots, and the guest's accesses are " +
        "redirected.",
      confidence: "source",
      source: v2(),
      rules: {},
    },
    {
      id: "C/1",
      title: "State of 2015 v2",
      sentence:
        "A shadow holds the guest's PSTATE.SS, its whole MDSCR_EL1 and, under USE_HW_BP, its breakpoint and watchpoint " +
        "registers. The main slots are what the world switch loads.",
      confidence: "source",
      source: v2(),
      rules: {},
    },
    {
      id: "C/2",
      title: "Nested access redirected to a shadow",
      sentence:
        "While userspace debugs, its values occupy the guest's register slots, and the trap handler redirects guest " +
        "accesses to the shadow copy.",
      confidence: "source",
      source: v2(),
      rules: {
        C1:
          "Under guest debug setup saves PSTATE.SS and MDSCR_EL1 to the shadow. The shadow's MDSCR_EL1 has 32 bits, so the " +
          "upper half is lost.",
        C2:
          "setup then forces PSTATE.SS and MDSCR.SS. With USE_HW_BP it copies the guest's 64 registers to the shadow and " +
          "the external ones to the main slots, and sets MDE and KDE.",
        C3:
          "Under guest debug clear restores PSTATE.SS and the whole MDSCR_EL1 from the shadow, and with USE_HW_BP the main " +
          "slots too, so that guest writes to the shadow survive.",
        C4: {
          sentence:
            "Under any guest debug a trapped access to MDSCR_EL1 uses the shadow and does not change DIRTY.",
          source: v2Handler(),
        },
        C5: {
          sentence:
            "A trapped access to MDCCINT_EL1 takes the ordinary path under any guest debug, which never touches that " +
            "register.",
          source: v2Handler(),
        },
        C6: {
          sentence:
            "Under USE_HW_BP a trapped access to a breakpoint or watchpoint register uses the shadow and does not change " +
            "DIRTY.",
          source: v2Handler(),
        },
        C7: {
          sentence:
            "Under guest debug without USE_HW_BP a trapped access to a breakpoint or watchpoint register takes the ordinary " +
            "path.",
          source: v2Handler(),
        },
        C8: {
          sentence:
            "The ordinary path reads or writes the main slot. A write sets DIRTY, a read never does.",
          source: v2Handler(),
        },
        C9: {
          sentence:
            "Under USE_HW_BP the register's number selects one of the shadow's four arrays. A register in none of them, " +
            'except MDSCR and MDCCINT, prints "bad register index", and the access fails.',
          source: v2Handler(),
        },
        C10: {
          sentence:
            "Without guest debug every trapped access takes the ordinary path.",
          source: v2Handler(),
        },
        C11: {
          sentence:
            "The handler returns true for what it handled, and its caller advances the PC.",
          source: v2Handler(),
        },
        C12: "setup no longer traces MDCR_EL2.",
        C13: {
          sentence:
            "Redirection to the shadow is right only if clear runs after the trap is handled. If clear runs right after the " +
            "exit, a guest write to the shadow is lost.",
          confidence: "derived",
        },
        C14: {
          sentence:
            "A redirected write need not set DIRTY, because USE_HW_BP sets it on each entry anyway.",
          confidence: "derived",
        },
      },
    },
    {
      id: "C/3",
      title: "Review of v2",
      sentence:
        "v2 redirects accesses to keep the guest's values right. v3 redirects the loader, which does the same with less " +
        "code.",
      confidence: "source",
      source: source(
        "replies of April 2015 to v2",
        `Re: ${NESTED} [PATCH v2 09/10]`,
      ),
      rules: {
        Q1:
          "The earlier patch could have saved and restored the whole register already.",
        Q2:
          "An emulation handler should just read or write some state. Redirection in three ways shows that the state is " +
          "laid out wrongly. The answer was v3's debug_ptr.",
      },
    },
  ];
}

/** The sections of both versions. */
export function series2015Sections(): readonly RuleSection[] {
  return [...version3(), ...version2()];
}
