/**
 * What each arm64 rule says: the architecture, guest debug of 2015, renumbering of 2022, mainline since,
 * known bugs, and scenarios. A data table, as long as there are rules.
 *
 * @module
 */
import type { RuleSection } from "../rule_section.ts";

/** The arm64 rules by section, made anew on each call: nothing is built for who does not ask. */
export function arm64RuleSections(): readonly RuleSection[] {
  return [
    {
      id: "A",
      title: "Architecture",
      sentence:
        "Self-hosted debug of Armv8-A: registers, when exceptions are possible, matching, " +
        "linking, stepping, and the traps to EL2.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.1",
      title: "Register encodings",
      sentence:
        "A debug register is named by op0, op1, CRn, CRm and op2; a breakpoint or watchpoint " +
        "register that the machine does not implement is UNDEFINED, before any trap to EL2.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.2",
      title: "MDSCR_EL1",
      sentence:
        "MDE (bit 15) enables breakpoint and watchpoint exceptions, KDE (13) debug exceptions " +
        "from the level that they target, SS (0) software step; ERR and the bits from 19 up can " +
        "be written only under the OS lock.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.3",
      title: "DBGBCR<n>_EL1",
      sentence:
        "A breakpoint has E, PMC, BAS, HMC, SSC, LBN and BT; BT<0> means linked, BT 0x0x compares " +
        "an address, any other a context, which only a context-aware breakpoint can; LBN counts " +
        "for BT 0001 alone.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.4",
      title: "DBGWCR<n>_EL1",
      sentence:
        "A watchpoint has E, PAC, LSC, BAS, HMC, SSC, LBN, WT and MASK; LSC 00 behaves as " +
        "disabled, LBN counts only with WT=1, MASK 3 to 31 is a number of low address bits to " +
        "ignore, MASK 1 and 2 are reserved.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.5",
      title: "Values of DBGBVR and DBGWVR",
      sentence:
        "Bits 1:0 of an address value are RES0 and the bits above the virtual address should " +
        "repeat its top bit; a context value is compared in the part that BT names.",
      confidence: "architecture",
      rules: {
        "A.5.1":
          "An address breakpoint has its address from bit 2 up; where the bits above the address " +
          "do not repeat its top bit, it is UNPREDICTABLE whether they take part in the match.",
        "A.5.2":
          "A context breakpoint compares BVR[31:0] as Context ID, BVR[39:32] or [47:32] as VMID " +
          "and BVR[63:32] as CONTEXTIDR_EL2.",
        "A.5.3":
          "A watchpoint value has bits 1:0 RES0 and its address from bit 2 up; bit 2 set selects " +
          "the deprecated word-aligned form.",
        "A.5.4":
          "With MASK above 0 the masked low bits of DBGWVR must be 0; otherwise the outcome is " +
          "CONSTRAINED UNPREDICTABLE.",
      },
    },
    {
      id: "A.6",
      title: "ID_AA64DFR0_EL1",
      sentence:
        "BRPs, WRPs and CTX_CMPs are counts minus one, the first two at least 1, CTX_CMPs at most " +
        "BRPs; the context-aware breakpoints are the highest-numbered ones, BRPs - CTX_CMPs to " +
        "BRPs.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.7",
      title: "When a debug exception is possible",
      sentence:
        "A debug exception needs its enable (MDE, SS), no OS or double lock, and a target level " +
        "EL_D above the current one, or equal to it with MDSCR.KDE=1 and PSTATE.D=0; BRK needs " +
        "none of these.",
      confidence: "architecture",
      rules: {
        "A.7.1":
          "With the OS lock set, the double lock in force, or in Debug state, no debug exception " +
          "other than BRK and BKPT is generated.",
        "A.7.2":
          "In Secure state with MDCR_EL3.SDD set no debug exception is generated.",
        "A.7.3":
          "If EL_D is above the current level, the exception is generated whatever PSTATE.D and " +
          "MDSCR.KDE say; EL_D is EL2 under MDCR_EL2.TDE or HCR_EL2.TGE, otherwise EL1.",
        "A.7.4":
          "If EL_D is the current level, the exception is generated only with MDSCR.KDE=1 and " +
          "PSTATE.D=0.",
        "A.7.5":
          "If EL_D is below the current level, no debug exception is generated; BRK is then taken " +
          "to the current level.",
      },
    },
    {
      id: "A.8",
      title: "Exception classes and syndromes",
      sentence:
        "EC is 0x30/0x31 for a breakpoint, 0x32/0x33 for a step, 0x34/0x35 for a watchpoint " +
        "(lower/same level), 0x3C for BRK; ELR is the instruction, after a step the next one; FAR " +
        "is a watchpoint's data address.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.9",
      title: "Matching",
      sentence:
        "A breakpoint matches if it is enabled, of a legal type other than linked context, equal " +
        "in address or context, admitted by its state filter and, if linked, its link matches; a " +
        "watchpoint if any byte of the access does.",
      confidence: "architecture",
      rules: {
        "A.9.1":
          "A breakpoint number at or above the implemented count is CONSTRAINED UNPREDICTABLE: it " +
          "never matches, or counts as some implemented one.",
        "A.9.2": "A breakpoint with E=0 never matches.",
        "A.9.3":
          "A breakpoint whose BT is reserved, or not allowed for it, behaves as disabled or as " +
          "some legal type.",
        "A.9.4":
          "A linked context breakpoint never matches by itself; it serves only as the target of a " +
          "link.",
        "A.9.5":
          "An address breakpoint compares VA[top:2], and BAS selects half-words; a match of the " +
          "second half-word alone is CONSTRAINED UNPREDICTABLE.",
        "A.9.6":
          "A context breakpoint matches if the whole of the current context that BT names " +
          "compares equal.",
        "A.9.7":
          "A match also needs the state filter (PMC, HMC, SSC) and, with BT 0001, the match of " +
          "the linked context breakpoint.",
        "A.9.w1":
          "A watchpoint matches only with E=1, LSC admitting the direction, PAC, HMC and SSC the " +
          "level (LDTR and STTR count as EL0) and, with WT=1, a matching link.",
        "A.9.w2":
          "A byte is watched if its doubleword (its word where WVR[2]=1) equals WVR and BAS " +
          "selects it, or if the bits above MASK are equal; MASK with BAS not 0xFF, and a split " +
          "BAS, are CONSTRAINED UNPREDICTABLE.",
        "A.9.w3":
          "One matching byte of the access is enough; MASK covers 2^MASK bytes, from 8 bytes to 2 " +
          "GiB.",
      },
    },
    {
      id: "A.10",
      title: "State filter",
      sentence:
        "HMC, SSC and PMC or PAC select the levels and security states: with HMC=0 bit 0 of PMC " +
        "or PAC admits EL1 and bit 1 EL0; a reserved combination behaves as disabled or as some " +
        "legal one.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.11",
      title: "Context comparison",
      sentence:
        "All 32 bits are compared: Context ID types with CONTEXTIDR_EL1 at EL0 and EL1 " +
        "(CONTEXTIDR_EL2 in a host context), VMID types with the VMID, CONTEXTIDR_EL2 types with " +
        "BVR[63:32]; nothing matches at AArch64 EL3.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.12",
      title: "Linking",
      sentence:
        "A linked address breakpoint or watchpoint matches only if its own address and state " +
        "match and breakpoint LBN is context-aware, enabled, of a linked context type and equal " +
        "to the current context.",
      confidence: "architecture",
      rules: {
        "A.12.1":
          "With BT 0001 or WT 1 the breakpoint numbered LBN must be enabled and of a linked " +
          "context type, and its context comparison must match as well.",
        "A.12.2":
          "A link to a breakpoint that is missing or not context-aware is CONSTRAINED " +
          "UNPREDICTABLE: it never matches, is ignored, or goes to an UNKNOWN context-aware one, " +
          "which LBN then reads as.",
        "A.12.3":
          "A link to a breakpoint that is disabled, of an unlinked type or of an address type " +
          "never matches.",
        "A.12.4":
          "PMC, HMC and SSC are taken from the linking breakpoint or watchpoint, not from the " +
          "link target.",
        "A.12.5":
          "Any number of address breakpoints and watchpoints may link to one context breakpoint.",
        "A.12.6":
          "A context-aware breakpoint may also be a plain or a linked address breakpoint.",
      },
    },
    {
      id: "A.13",
      title: "Software step",
      sentence:
        "With MDSCR.SS=1 and debug exceptions enabled, PSTATE.SS=1 executes one instruction and " +
        "clears PSTATE.SS (active-not-pending); PSTATE.SS=0 raises Software Step before the next " +
        "instruction (active-pending).",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.14",
      title: "MDCR_EL2",
      sentence:
        "TDA traps accesses to the debug registers, TDOSA to the OS lock registers, TDRA to the " +
        "debug ROM address; TDE routes debug exceptions from EL0 and EL1 to EL2 and acts as if " +
        "all three were set.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.15",
      title: "Other registers when trapped",
      sentence:
        "MDRAR, OSDLR, DBGPRCR, the claim tags and the DCC read 0 and ignore writes; OSLAR sets " +
        "the vCPU's lock (since 5.18), OSLSR reads 0x8 plus the lock, DBGAUTHSTATUS is the " +
        "host's, all others are kept per vCPU.",
      confidence: "source",
      rules: {},
    },
    {
      id: "B",
      title: "2015 v3: hardware-assisted guest debug",
      sentence:
        "Userspace debugs a guest with the CPU's own breakpoints and watchpoints, from a register " +
        "set of its own.",
      confidence: "source",
      rules: {},
    },
    {
      id: "B.1",
      title: "State of 2015 v3",
      sentence:
        "Each vCPU has the control word guest_debug, userspace's external registers, the guest's " +
        "own registers, debug_ptr to the set that is loaded, the flag DIRTY, an MDCR_EL2 and the " +
        "saved guest MDSCR_EL1.",
      confidence: "source",
      rules: {},
    },
    {
      id: "B.2",
      title: "Hardware-assisted guest debug",
      sentence:
        "Userspace's breakpoints live in a set of their own and the guest's never move: debug_ptr " +
        "selects which of the two the world switch loads.",
      confidence: "source",
      rules: {
        B1:
          "At creation of a vCPU debug_ptr is the guest's own set, by a cast of the address of " +
          "DBGBCR0 in the register array.",
        B2:
          "KVM_SET_GUEST_DEBUG takes the control bits ENABLE, USE_SW_BP, USE_HW_BP and " +
          "SINGLESTEP; any other gives EINVAL, and nothing changes.",
        B3:
          "With ENABLE guest_debug becomes the control word; with USE_HW_BP as well the 64 " +
          "supplied values become the external set, with no validation at all.",
        B4:
          "With ENABLE but not USE_HW_BP the external set keeps its old values, unused.",
        B5:
          "Without ENABLE guest_debug becomes 0, and the external set is not cleared.",
        B6:
          "USE_HW_BP covers breakpoints and watchpoints; it was later renamed USE_HW.",
        B7:
          "KVM_CAP_GUEST_DEBUG_HW_BPS and _HW_WPS return the BRPs and WRPs fields plus one of the " +
          "physical CPU that runs the ioctl, whatever the guest has.",
        B8:
          "Before every entry setup_debug rebuilds MDCR_EL2 with its fixed traps, sets TDE under " +
          "guest debug, forces MDSCR_EL1 bits and selects the set that is loaded, and last sets " +
          "TDA if anything wants accesses trapped.",
        "B8.1":
          "Whether to trap is first that DIRTY is clear, as evaluated on entry to setup_debug.",
        "B8.2":
          "MDCR_EL2 becomes the host's HPMN with TPM, TPMCR, TDRA and TDOSA set.",
        "B8.3":
          "Under guest debug TDE is set, and the guest's MDSCR_EL1 and PSTATE.SS are saved.",
        "B8.4":
          "SINGLESTEP sets PSTATE.SS and MDSCR.SS; other guest debug clears MDSCR.SS, so that the " +
          "guest cannot step itself meanwhile.",
        "B8.5":
          "USE_HW_BP sets MDSCR.KDE and MDSCR.MDE, points debug_ptr at the external set, sets " +
          "DIRTY and has accesses trapped.",
        "B8.6": "Without guest debug TDE is cleared.",
        "B8.7":
          "TDA is set last, if accesses are to be trapped, so that USE_HW_BP has its say.",
        B9:
          "With DIRTY clear the world switch loads nothing; with DIRTY set it saves the host's " +
          "registers and loads the set at debug_ptr. MDSCR.KDE or MDE sets DIRTY by itself.",
        B10:
          "On the way out with DIRTY set the hardware's values are saved to the set at debug_ptr, " +
          "the host's restored and DIRTY cleared; the external set thereby loses reserved bits " +
          "that the hardware does not keep.",
        B11:
          "clear_debug runs right after the exit, before it is handled: under guest debug it " +
          "restores the guest's MDSCR_EL1 and PSTATE.SS, and with USE_HW_BP points debug_ptr back " +
          "at the guest's set.",
        B12:
          "A trapped guest access always works on the guest's own values; the handler has no case " +
          "for a debugging userspace.",
        B13:
          "A guest write under USE_HW_BP is stored in the guest's own set and sets DIRTY; it " +
          "reaches the hardware once userspace stops using hardware debug.",
        B14:
          "The guest's own breakpoints and watchpoints do not fire under USE_HW_BP, because the " +
          "external set is loaded instead.",
        B15:
          "Exception classes 0x30 (breakpoint), 0x34 (watchpoint), 0x32 (step), 0x38 (BKPT32) and " +
          "0x3C (BRK64) end KVM_RUN with KVM_EXIT_DEBUG.",
        B16:
          "hsr of a debug exit is ESR_EL2; far is FAR_EL2 for a watchpoint, and otherwise " +
          "whatever was there before.",
        B17:
          "Any other exception class that reaches the debug handler prints an error, and KVM_RUN " +
          "returns -1.",
        B18:
          "The same-level classes 0x31, 0x33 and 0x35 never reach the debug handler: a guest's " +
          "exceptions cannot be taken to EL2 as those.",
        B19:
          "Under any guest debug TDE sends the guest's own BRK to userspace too, which must " +
          "recognise it and inject it again.",
        B20:
          "As merged, only MDE is forced, the registers live in vcpu_debug_state, the reasons for " +
          "TDA are ORed, and the kernel BUGs if debug_ptr is not the guest's set without guest " +
          "debug.",
      },
    },
    {
      id: "B.3",
      title: "Review of v3",
      sentence:
        "Review asked for the registers to leave the register array, for the reasons behind KDE " +
        "and the trapping, and for debug_ptr to be set in one place.",
      confidence: "source",
      rules: {
        R1:
          "The cast from the register array to a structure should go: the debug registers should " +
          "leave the array, as they did when merged.",
        R2:
          "The cast also breaks the 32-bit build, so that every shared file needs a 32-bit stub.",
        R3:
          "Whether USE_HW_BP means watchpoints too was not clear; it means both.",
        R4:
          "The helpers that count registers belong in a patch of their own, with the consent of " +
          "the arm64 maintainers.",
        R5:
          "A comment added to far in the exit structure has no reason to be in this patch.",
        R6:
          "Forcing both KDE and MDE needs a reason: with TDE set the guest is always below the " +
          "target level, and only MDE matters.",
        R7:
          "The comment on DIRTY no longer explains the trapping, for which there now are three " +
          "conditions: compute it near the top, or explain all three.",
        R8:
          "The branch that clears TDA is redundant, since MDCR_EL2 is rebuilt from zero.",
        R9:
          "debug_ptr should be set in setup in both cases, not reset in clear long before it is " +
          "used.",
        R10:
          'The text of the API should use the plural, and say "positive number".',
      },
    },
    {
      id: "C",
      title: "2015 v2: nested access through a shadow",
      sentence:
        "The version before: userspace's values sit in the guest's slots, and the guest's " +
        "accesses are redirected.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.1",
      title: "State of 2015 v2",
      sentence:
        "A shadow holds the guest's PSTATE.SS, its whole MDSCR_EL1 and, under USE_HW_BP, its " +
        "breakpoint and watchpoint registers; the main slots are what the world switch loads.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.2",
      title: "Nested access redirected to a shadow",
      sentence:
        "While userspace debugs, its values occupy the guest's register slots, and the trap " +
        "handler redirects guest accesses to the shadow copy.",
      confidence: "source",
      rules: {
        C1:
          "Under guest debug setup saves PSTATE.SS and MDSCR_EL1 to the shadow, whose MDSCR_EL1 " +
          "has 32 bits: the upper half is lost.",
        C2:
          "setup then forces PSTATE.SS and MDSCR.SS; with USE_HW_BP it copies the guest's 64 " +
          "registers to the shadow, the external ones to the main slots, and sets MDE and KDE.",
        C3:
          "Under guest debug clear restores PSTATE.SS and the whole MDSCR_EL1 from the shadow, " +
          "with USE_HW_BP the main slots as well, so that guest writes to the shadow survive.",
        C4:
          "Under any guest debug a trapped access to MDSCR_EL1 reads or writes the shadow and " +
          "leaves DIRTY alone.",
        C5:
          "A trapped access to MDCCINT_EL1 takes the ordinary path under any guest debug, which " +
          "never touches that register.",
        C6:
          "Under USE_HW_BP a trapped access to a breakpoint or watchpoint register reads or " +
          "writes the shadow and leaves DIRTY alone.",
        C7:
          "Under guest debug without USE_HW_BP a trapped access to a breakpoint or watchpoint " +
          "register takes the ordinary path.",
        C8:
          "The ordinary path reads or writes the main slot; a write sets DIRTY, a read never " +
          "does.",
        C9:
          "Under USE_HW_BP the register's number selects one of the shadow's four arrays; a " +
          'register in none of them, MDSCR and MDCCINT aside, prints "bad register index" and the ' +
          "access fails.",
        C10:
          "Without guest debug every trapped access takes the ordinary path.",
        C11:
          "The handler returns true for what it handled, and its caller advances the PC.",
        C12: "setup no longer traces MDCR_EL2.",
        C13: {
          sentence:
            "Redirection to the shadow is right only if clear runs after the trap is handled; if " +
            "clear runs right after the exit, a guest write to the shadow is lost.",
          confidence: "derived",
        },
        C14: {
          sentence:
            "A redirected write need not set DIRTY, since USE_HW_BP sets it on each entry anyway.",
          confidence: "derived",
        },
      },
    },
    {
      id: "C.3",
      title: "Review of v2",
      sentence:
        "Redirecting accesses keeps the guest's values right in v2; redirecting the loader does " +
        "the same in v3 with less code.",
      confidence: "source",
      rules: {
        Q1:
          "Saving and restoring the whole register could have been part of the earlier patch.",
        Q2:
          "An emulation handler should just read or write some state: redirection in three ways " +
          "shows that the state is laid out wrongly. v3's debug_ptr was the answer.",
      },
    },
    {
      id: "D",
      title: "2022 v7: breakpoint renumbering",
      sentence:
        "A guest may be given fewer breakpoints than the machine has; its context-aware ones are " +
        "then renumbered.",
      confidence: "source",
      rules: {},
    },
    {
      id: "D.1",
      title: "Definitions for renumbering",
      sentence:
        "nv is the guest's and np the host's number of normal breakpoints (BRPs - CTX_CMPs), and " +
        "so the lowest context-aware number of each; EMU is a flag of the VM that is never " +
        "cleared once set.",
      confidence: "source",
      rules: {},
    },
    {
      id: "D.2",
      title: "Deciding and trapping",
      sentence:
        "A guest with fewer normal breakpoints than the host has all its debug-register accesses " +
        "trapped and its breakpoints renumbered.",
      confidence: "source",
      rules: {
        D1:
          "At a vCPU's first KVM_RUN, before the interrupt controller, timer and PMU are " +
          "initialised, the guest's number of normal breakpoints is compared with the host's.",
        D2:
          "With as many normal breakpoints as the host, or more, nothing is renumbered and EMU " +
          "stays as it is.",
        D3:
          "With fewer normal breakpoints than the host EMU is set, and this vCPU's stored " +
          "registers are converted to physical numbers.",
        D4:
          "TDA is set under userspace's hardware debug, with DIRTY clear, with the guest's OS " +
          "lock held, or with EMU set; DIRTY still decides whether the registers are loaded.",
        D5:
          "EMU belongs to the VM; the conversion is per vCPU, at its own first run.",
      },
    },
    {
      id: "D.3",
      title: "Number mapping",
      sentence:
        "A normal breakpoint keeps its number; the guest's first context-aware breakpoint becomes " +
        "the host's first one, and so on up.",
      confidence: "source",
      rules: {
        D6:
          "Virtual to physical: a number above the guest's BRPs is invalid; this is checked " +
          "before EMU, so it holds without emulation too.",
        D7: "Virtual to physical: with EMU clear the number stays as it is.",
        D8:
          "Virtual to physical: a normal breakpoint, below nv, keeps its number.",
        D9:
          "Virtual to physical: context-aware breakpoint v becomes np + (v - nv), as far above " +
          "the host's first context-aware one as above the guest's.",
        D10:
          "Physical to virtual: with EMU clear the number stays as it is, with no check of its " +
          "range.",
        D11: "Physical to virtual: a number below nv stays as it is.",
        D12:
          "Physical to virtual: nv to np - 1, the normal breakpoints that the guest was not " +
          "given, are invalid.",
        D13:
          "Physical to virtual: from np up p becomes nv + (p - np), which is invalid if above the " +
          "guest's BRPs.",
      },
    },
    {
      id: "D.4",
      title: "Linked breakpoint number",
      sentence:
        "LBN of every control value is converted with the breakpoint numbers, and an invalid link " +
        "is sent to an unused breakpoint.",
      confidence: "source",
      rules: {
        D14:
          "The unused physical breakpoint is np - 1, the host's last normal one: free whenever " +
          "EMU is set, while asking for it with EMU clear warns.",
        D15:
          "A control value on its way to hardware gets its LBN replaced by the physical number, " +
          "or by np - 1 if that is invalid; no other bit changes.",
        D16:
          "A control value on its way to the guest gets its LBN replaced by the virtual number, " +
          "or by 0 if that is invalid.",
        D17:
          "LBN is converted in every control value, whatever its E and BT are.",
        D18:
          "An LBN up to the guest's BRPs reads back as written; one above reads back as 0 with " +
          "EMU set, and as (np - 1) & 15 with EMU clear.",
        D19: {
          sentence:
            "An invalid link goes to an unused, disabled breakpoint so that it never fires; but " +
            "that one is not context-aware, which makes the link CONSTRAINED UNPREDICTABLE.",
          confidence: "derived",
        },
        D20:
          "A valid LBN that names one of the guest's normal breakpoints passes unchanged, and is " +
          "as unpredictable as on bare metal.",
        D21:
          "With nv = 0 the guest's control value 0 is np << 16 in hardware, and reads back as 0.",
        D22:
          "DBGWCR values have their LBN converted in the same way; watchpoint numbers, DBGWVR and " +
          "DBGBVR values are never changed.",
      },
    },
    {
      id: "D.5",
      title: "First-run conversion",
      sentence:
        "Registers that userspace set before the first run are moved once from guest numbers to " +
        "physical ones.",
      confidence: "source",
      rules: {
        D23:
          "From 15 down to 0 each breakpoint moves to its physical slot with its LBN converted, " +
          "the slot that it left or that is invalid becomes 0, and each watchpoint's LBN is " +
          "converted.",
        D24:
          "The loop runs downwards because no physical number is below its virtual one: upwards, " +
          "a slot would be overwritten before it was moved.",
        D25:
          "After the conversion slots nv to np - 1 and those of unused context-aware numbers are " +
          "0, and what userspace had put above the guest's BRPs is gone.",
        D26:
          "Host 5 breakpoints (2 context-aware), guest 4 (2): b0 linked to 2 is then linked to 3, " +
          "b2 moves to slot 3, b3 to slot 4 with its invalid link 9 sent to 2, and b4 is " +
          "discarded.",
      },
    },
    {
      id: "D.6",
      title: "Guest access",
      sentence:
        "With EMU set every guest access traps and works on the physical slot.",
      confidence: "source",
      rules: {
        D27:
          "A trapped guest access to DBGBCR<n> or DBGBVR<n> with an invalid number injects UNDEF " +
          "and does not advance the PC, with EMU clear as well.",
        D28:
          "Any other trapped access reads or writes the physical slot, with a control value's LBN " +
          "converted; a write sets DIRTY.",
        D29:
          "A trapped guest access to DBGWCR<n> above the guest's WRPs injects UNDEF; any other " +
          "works on slot n, with LBN converted.",
        D30:
          "A trapped guest access to DBGWVR<n> is not checked against the guest's WRPs.",
        D31: "A 32-bit access keeps the other half of the 64-bit slot.",
      },
    },
    {
      id: "D.7",
      title: "Userspace access",
      sentence:
        "Before the vCPU's first run ONE_REG works on slot n as it is; after it on the physical " +
        "slot, with LBN converted, invalid breakpoint numbers reading 0 and ignoring writes. " +
        "Watchpoints are not range-checked.",
      confidence: "source",
      rules: {
        D32:
          "After the first run an invalid breakpoint number reads as 0 and ignores writes for " +
          "userspace, and is UNDEFINED for the guest.",
        D33:
          "A copy from or to user memory that fails gives EFAULT before anything has changed.",
        D34:
          "The register list is unchanged: all 64 breakpoint and watchpoint registers stay " +
          "enumerated.",
      },
    },
    {
      id: "D.8",
      title: "What userspace may write to ID_AA64DFR0_EL1",
      sentence:
        "The checks V1 to V8 apply in their order; BRPs or WRPs of 0, a DebugVer below 6 and a " +
        "lowered CTX_CMPs alone are not refused.",
      confidence: "source",
      rules: {
        V1: "A write of the present value succeeds, also after the VM has run.",
        V2:
          "A write to an ID register that is hidden or reads as zero gives EINVAL.",
        V3: "In a VM with 32-bit EL1 a write of another value gives EPERM.",
        V4:
          "A field above its limit gives E2BIG; the limit is the host's value with DebugVer 6 and " +
          "PMSVer 0, DoubleLock is compared as signed, and PMUVer is left to a later check.",
        V5: "CTX_CMPs above BRPs gives EINVAL.",
        V6:
          "PMUVer 0xF counts as 0; above the limit it gives E2BIG, and a PMU announced to a vCPU " +
          "created without one, or the reverse, gives EPERM.",
        V7: "A change after any vCPU of the VM has run gives EBUSY.",
        V8:
          "Any other value is stored for the whole VM, except PMUVer from a vCPU without a PMU.",
      },
    },
    {
      id: "D.9",
      title: "Worked examples of renumbering",
      sentence:
        "For host and guest counts: np, nv, EMU, both mappings, where invalid links go and read " +
        "back, and which physical breakpoints are unused.",
      confidence: "derived",
      rules: {
        X1:
          "Host 6 breakpoints (2 context-aware), guest 6 (2): not emulated; 0-5 keep their " +
          "numbers; links 6-15 go to 3 with a warning and read back as 3; none is unused.",
        X2:
          "Host 5 breakpoints (2 context-aware), guest 4 (2): emulated; 0-1 keep their numbers " +
          "and 2-3 become 3-4; links 4-15 go to 2 and read back as 0; 2 is unused.",
        X3:
          "Host 6 breakpoints (2 context-aware), guest 5 (2): emulated; 0-2 keep their numbers " +
          "and 3-4 become 4-5; links 5-15 go to 3 and read back as 0; 3 is unused.",
        X4:
          "Host 6 breakpoints (2 context-aware), guest 4 (2): emulated; 0-1 keep their numbers " +
          "and 2-3 become 4-5; links 4-15 go to 3 and read back as 0; 2-3 are unused.",
        X5:
          "Host 6 breakpoints (2 context-aware), guest 2 (2): emulated; 0-1 become 4-5; links " +
          "2-15 go to 3 and read back as 0; 0-3 are unused.",
        X6:
          "Host 6 breakpoints (2 context-aware), guest 3 (2): emulated; 0 keeps its number and " +
          "1-2 become 4-5; links 3-15 go to 3 and read back as 0; 1-3 are unused.",
        X7:
          "Host 6 breakpoints (2 context-aware), guest 5 (1): not emulated; 0-4 keep their " +
          "numbers; links 5-15 go to 3 with a warning and read back as 3; 5 is unused.",
        X8:
          "Host 6 breakpoints (2 context-aware), guest 6 (1): not emulated; 0-5 keep their " +
          "numbers; links 6-15 go to 3 with a warning and read back as 3; none is unused.",
        X9:
          "Host 6 breakpoints (2 context-aware), guest 4 (1): emulated; 0-2 keep their numbers " +
          "and 3 becomes 4; links 4-15 go to 3 and read back as 0; 3 and 5 are unused.",
        X10:
          "Host 6 breakpoints (2 context-aware), guest 1 (1): emulated; 0 becomes 4; links 1-15 " +
          "go to 3 and read back as 0; 0-3 and 5 are unused.",
        X11:
          "Host 6 breakpoints (4 context-aware), guest 4 (3): emulated; 0 keeps its number and " +
          "1-3 become 2-4; links 4-15 go to 1 and read back as 0; 1 and 5 are unused.",
        X12:
          "Host 6 breakpoints (6 context-aware), guest 5 (5): not emulated; 0-4 keep their " +
          "numbers; links 5-15 go to 15 with a warning and read back as 15; 5 is unused.",
        X13:
          "Host 8 breakpoints (4 context-aware), guest 6 (4): emulated; 0-1 keep their numbers " +
          "and 2-5 become 4-7; links 6-15 go to 3 and read back as 0; 2-3 are unused.",
        X14:
          "Host 16 breakpoints (2 context-aware), guest 15 (2): emulated; 0-12 keep their numbers " +
          "and 13-14 become 14-15; link 15 goes to 13 and reads back as 0; 13 is unused.",
        X15:
          "Host 16 breakpoints (4 context-aware), guest 4 (4): emulated; 0-3 become 12-15; links " +
          "4-15 go to 11 and read back as 0; 0-11 are unused.",
        X16:
          "Host 16 breakpoints (8 context-aware), guest 9 (8): emulated; 0 keeps its number and " +
          "1-8 become 8-15; links 9-15 go to 7 and read back as 0; 1-7 are unused.",
        X17:
          "Host 16 breakpoints (1 context-aware), guest 1 (1): emulated; 0 becomes 15; links 1-15 " +
          "go to 14 and read back as 0; 0-14 are unused.",
        X18:
          "Host 16 breakpoints (16 context-aware), guest 16 (16): not emulated; 0-15 keep their " +
          "numbers; no link is invalid; none is unused.",
        X19:
          "Host 16 breakpoints (4 context-aware), guest 12 (1): emulated; 0-10 keep their numbers " +
          "and 11 becomes 12; links 12-15 go to 11 and read back as 0; 11 and 13-15 are unused.",
        X20:
          "Host 2 breakpoints (1 context-aware), guest 1 (1): emulated; 0 becomes 1; links 1-15 " +
          "go to 0 and read back as 0; 0 is unused.",
      },
    },
    {
      id: "D.10",
      title: "Weak spots of renumbering",
      sentence:
        "What the series gets wrong or leaves open, found by following its code.",
      confidence: "derived",
      rules: {
        W1:
          "A breakpoint hidden by lowering BRPs and CTX_CMPs alike is not seen: EMU stays clear, " +
          "so an access to it is UNDEFINED while accesses trap, and reaches hardware once they do " +
          "not.",
        W2:
          "With CTX_CMPs lowered alone a context-aware hardware breakpoint is announced as " +
          "normal, and a context type in it matches where it should be unpredictable.",
        W3:
          "With EMU clear a trapped write of a control value whose LBN is above BRPs warns and " +
          "links to np - 1, a breakpoint that is in use; with np = 0 to 15.",
        W4:
          "If first-run initialisation fails after the conversion, the next KVM_RUN converts " +
          "again: the guest loses its highest breakpoint, and a lower one appears under that " +
          "number.",
        W5:
          "A guest write of DBGWVR<n> above the guest's WRPs is stored, while DBGWCR<n> gives " +
          "UNDEF.",
        W6:
          "Lowering WRPs without EMU has no effect once accesses no longer trap: watchpoint " +
          "registers above the guest's count reach hardware.",
        W7:
          "Userspace's debug registers are in physical numbers and the capabilities return the " +
          "host's counts: a VMM that counts by the guest's ID register programs wrong slots.",
        W8:
          "The breakpoint that invalid links are sent to is itself not context-aware.",
        W9:
          "Debug registers written before the ID register is lowered are kept for all 16 numbers, " +
          "those above BRPs until the first run; after that the ID register cannot change.",
        W10:
          "With EMU set every debug-register access traps for the life of the VM.",
        W11:
          "A reset after the first run writes 0 to all 16 slots without mapping; with nv = 0 a " +
          "link to physical 0 reads back as 0 only because it has no virtual number.",
      },
    },
    {
      id: "E",
      title: "Later mainline",
      sentence:
        "What Linux does from 5.18 on, before and after the debug-owner redesign of 6.14.",
      confidence: "source",
      rules: {},
    },
    {
      id: "E.1",
      title: "Linux about 6.1",
      sentence:
        "Guest debug by debug_ptr and DIRTY as merged in 2015, with the OS lock emulated.",
      confidence: "source",
      kernels: { since: "5.18", until: "6.14" },
      rules: {
        "E.1.1":
          "vcpu_debug_state holds the guest's registers and external_debug_state userspace's; " +
          "debug_ptr selects the set in use, and DEBUG_DIRTY says that it needs switching.",
        "E.1.2":
          "KVM_SET_GUEST_DEBUG refuses unknown control bits with EINVAL, copies the external " +
          "registers under USE_HW with no validation, and without ENABLE sets guest_debug to 0.",
        "E.1.3":
          "Each entry builds MDCR_EL2: HPMN, TPM, TPMS, TTRF, TPMCR, TDRA, TDOSA; TDE under guest " +
          "debug; TDA under USE_HW, with DIRTY clear or with the guest's OS lock held.",
        "E.1.4":
          "Guest debug and the OS lock save MDSCR_EL1 (and PSTATE.SS since 6.1); SINGLESTEP sets " +
          "MDSCR.SS and PSTATE.SS, the latter not after an active-pending exit; otherwise " +
          "MDSCR.SS is cleared.",
        "E.1.5":
          "USE_HW sets MDSCR.MDE but not KDE, selects the external set and sets DIRTY; otherwise " +
          "the OS lock clears MDSCR.MDE.",
        "E.1.6": {
          sentence:
            "MDSCR.KDE or MDE sets DIRTY only after TDA was computed: the registers are loaded, " +
            "but each access still traps; a trapped write alone untraps, until the next exit.",
          confidence: "recorded",
        },
        "E.1.7":
          "With VHE a recomputed MDCR_EL2 is written to the CPU only if it changed since " +
          "vcpu_load.",
        "E.1.8":
          "Under DIRTY the entry loads as many registers as the physical CPU has, and " +
          "MDCCINT_EL1; the exit saves them to debug_ptr, restores the host's and clears DIRTY, " +
          "so that trapping begins again.",
        "E.1.9": {
          sentence:
            "After an exit PSTATE.SS = 0 under SINGLESTEP is remembered as active-pending, and " +
            "MDSCR_EL1, PSTATE.SS and debug_ptr are put back; the saved MDSCR_EL1 has 32 bits, so " +
            "its upper half becomes 0.",
          confidence: "recorded",
        },
        "E.1.10": "A trapped write sets DIRTY; a trapped read does not.",
        "E.1.11": {
          sentence:
            "A debug exit has hsr, hsr_high with a valid flag (since 5.19), and far for a " +
            "watchpoint only; a software-step exit clears active-pending.",
          kernels: { since: "5.19" },
        },
        "E.1.12":
          "Without guest debug a debug_ptr that is not the guest's set is a kernel BUG.",
        "E.1.13": {
          sentence:
            "ID_AA64DFR0_EL1 shows DebugVer 6, PMSVer 0 and a capped PMUVer; writing the same " +
            "value succeeds, any other gives EINVAL, before and after the first run (PMUVer may " +
            "change since 6.2).",
          confidence: "recorded",
        },
        "E.1.14": {
          sentence:
            "KVM does not check the number of a trapped access, because one that the machine " +
            "lacks is UNDEFINED before the trap; userspace reaches all 16.",
          confidence: "recorded",
        },
      },
    },
    {
      id: "E.2",
      title: "Linux after the debug-owner redesign",
      sentence:
        "An owner decided at vcpu_load replaces DIRTY and debug_ptr, and the guest's MDSCR_EL1 is " +
        "never modified.",
      confidence: "source",
      kernels: { since: "6.14" },
      rules: {
        "E.2.1":
          "vcpu_load decides the owner of the debug registers: guest debug or the guest's OS lock " +
          "make it the host, otherwise MDSCR.MDE or KDE the guest, otherwise nobody.",
        "E.2.2":
          "TDA is set unless the guest is the owner, and TDE under guest debug.",
        "E.2.3":
          "A trapped read or write of a breakpoint or watchpoint register, MDSCR or MDCCINT makes " +
          "the guest the owner if there was none, and reprograms MDCR_EL2 at once; it never takes " +
          "ownership from the host.",
        "E.2.4": "Ownership ends at vcpu_put, not at each exit.",
        "E.2.5":
          "The guest's MDSCR_EL1 is never modified; while the host is the owner a copy is loaded, " +
          "without SS, MDE and KDE, plus SS when stepping, plus MDE and KDE under USE_HW.",
        "E.2.6":
          "When userspace steps, vcpu_load keeps the guest's PSTATE.SS aside and sets it by the " +
          "host's own pending step; vcpu_put does the reverse.",
        "E.2.7":
          "A guest write of OSLAR_EL1 updates OSLSR.OSLK, then puts and loads the vCPU, so that " +
          "the owner is decided anew.",
        "E.2.8":
          "The world switch copies the guest's or the external registers, by the owner, as many " +
          "as were counted once for the physical CPU.",
        "E.2.9":
          "One accessor serves all 64 registers: op2 selects the array (4 BVR, 5 BCR, 6 WVR, 7 " +
          "WCR) and CRm the number, with no range check.",
        "E.2.10":
          "KVM_SET_GUEST_DEBUG is simplified, and refuses the same control bits.",
        "E.2.11":
          "In protected mode the owner and the registers are copied to the hypervisor's own vCPU " +
          "and back.",
        "E.2.12":
          "Under nested virtualisation the guest hypervisor's MDCR_EL2 traps and its TDE routing " +
          "are honoured.",
        "E.2.13": {
          sentence:
            "Of ID_AA64DFR0_EL1 DoubleLock, WRPs, PMUVer and DebugVer (not below 6) may be " +
            "lowered, BRPs and CTX_CMPs not changed at all: else EINVAL, and after the first run " +
            "EBUSY.",
          kernels: { since: "6.12" },
        },
        "E.2.14":
          "Fields of ID_AA64DFR0_EL1 are not checked against each other: KVM only ensures that " +
          "what is announced is a subset of what the host has.",
        "E.2.15": {
          sentence:
            "A lowered WRPs is not enforced: the watchpoint registers above it stay accessible.",
          confidence: "derived",
        },
        "E.2.16": {
          sentence:
            "Only the first access of a KVM_RUN traps, none if MDSCR.MDE or KDE is set when it " +
            "begins; under ENABLE without USE_HW the guest's own breakpoints are off; " +
            "MDSCR[63:32] survives guest debug.",
          confidence: "recorded",
          kernels: { since: "7.2" },
        },
      },
    },
    {
      id: "E.3",
      title: "Differences between arm64 kernels",
      sentence:
        "Kernels differ in where external and guest values live, which MDSCR bits are forced, " +
        "what untraps and for how long, the OS lock, exit data, and which counts a guest may be " +
        "given.",
      confidence: "source",
      rules: {},
    },
    {
      id: "F",
      title: "Bugs and pitfalls",
      sentence:
        "Mistakes of kernels, VMMs and tests that a scenario can demonstrate.",
      confidence: "source",
      rules: {
        F1: {
          title: "Debug register indexing",
          sentence:
            "The trap table held 0 as the number of every debug register and the accessors used " +
            "it as index, so all DBGBVR<n>, BCR, WVR and WCR were aliases of number 0.",
          kernels: { until: "5.13" },
        },
        F2: {
          title: "PSTATE.SS not preserved",
          sentence:
            "Stepping by userspace forced PSTATE.SS to 1 on each entry and lost the guest's own, " +
            "which was wrong afterwards and visible through ONE_REG.",
          kernels: { until: "6.1" },
        },
        F3: {
          title: "Active-pending step lost",
          sentence:
            "An exit between the stepped instruction and its step exception re-entered with " +
            "PSTATE.SS set again: two instructions ran in one step.",
          kernels: { until: "6.1" },
        },
        F4: {
          title: "Step not advanced over emulation",
          sentence:
            "An emulated instruction was skipped without advancing the step state machine, so a " +
            "step over a trapped access was reported one instruction late.",
          kernels: { until: "5.0" },
        },
        F5: {
          title: "No exit after emulation",
          sentence:
            "No debug exit followed an instruction emulated in the kernel, so a debugger jumped " +
            "over it; the fix then faked a software-step exit.",
          kernels: { until: "4.16" },
        },
        F6: {
          title: "Debug state in protected mode",
          sentence:
            "The owner and the registers were not copied to the protected hypervisor's vCPU, so " +
            "guest breakpoints never fired.",
          kernels: { until: "6.14" },
        },
        F7: {
          title: "OS lock not emulated",
          sentence:
            "Writes of OSLAR_EL1 were ignored: a guest holding the lock still got debug " +
            "exceptions, and migration lost the lock.",
          kernels: { until: "5.18" },
        },
        F8: {
          title: "32-bit hsr",
          sentence:
            "The debug exit had 32 bits for the syndrome, so that the upper bits were lost.",
          kernels: { until: "5.19" },
        },
        F9: {
          title: "MDCR_EL2 prepared too late",
          sentence:
            "With VHE a new vCPU was loaded with MDCR_EL2 = 0: HPMN was 0 and nothing trapped " +
            "until the first setup.",
        },
        F10: {
          title: "Guest MDSCR_EL1 hijacked",
          sentence:
            "Forced bits lived in the guest's own MDSCR_EL1 between setup and clear, where any " +
            "reader saw them.",
          kernels: { until: "6.14" },
        },
        F11: {
          title: "PMUVer 0xF exposed",
          sentence:
            'The value "implementation defined" passed through the cap, so a guest saw a PMU that ' +
            "KVM does not provide, and migration to a fixed kernel failed.",
        },
        F12: {
          title: "DebugVer minimum",
          sentence:
            "Any lower DebugVer counted as safe, so userspace could announce 0 to 5 to the guest.",
        },
        F13: {
          title: "Step over exclusives",
          sentence:
            "A step takes an exception between load-exclusive and store-exclusive, which clears " +
            "the monitor: a stepped atomic loop never ends.",
        },
        F14: {
          title: "Inexact watchpoint address",
          sentence:
            "Hardware may report a watchpoint address below the watched bytes; a debugger that " +
            "compares exactly does not recognise its own watchpoint.",
          confidence: "memory",
          kernels: { until: "4.10" },
        },
        F15: {
          title: "Single-byte watchpoint",
          sentence:
            "A one-byte watchpoint at offset 3 was refused with EINVAL.",
          kernels: { until: "5.3" },
        },
        F16: {
          title: "QEMU's watch range",
          sentence:
            "QEMU's range helper takes 4 of the 5 bits of MASK, includes the end, and counts " +
            "leading ones of BAS in 32 bits, so that ranges come out wrong.",
          confidence: "derived",
        },
        F17: {
          title: "QEMU's link bound",
          sentence:
            "Where the bound changes from the BRPs field to the count, lbn > brps must become lbn " +
            ">= brps.",
        },
        F18: {
          title: "Hard-coded counts",
          sentence:
            "A VMM that assumes 4 breakpoints, without asking the capability, has unused or " +
            "failing slots on other CPUs.",
        },
        F19: {
          title: "Stale PC",
          sentence:
            "A VMM that reads the PC before it fetches the CPU's state reports a breakpoint at " +
            "the old address.",
        },
        F20: {
          title: "Two debuggers",
          sentence:
            "While userspace debugs, TDE takes all the guest's own debug exceptions to the host " +
            "and MDSCR.SS is suppressed: the guest's debugger silently stops working.",
        },
        F21: {
          title: "Breakpoint hit again",
          sentence:
            "A breakpoint fires before its instruction, so resuming with it enabled hits it " +
            "again, unless the handler sets SPSR.D or steps over with it off.",
        },
        F22: {
          title: "Filters for EL1 only",
          sentence:
            "Control values that filter for EL1 do not match in a guest booted at EL2, which " +
            "needs HMC.",
        },
      },
    },
    {
      id: "G",
      title: "Scenarios",
      sentence:
        "Cases to run, from the kernel's self test, the renumbering series, kvm-unit-tests and " +
        "from the rules themselves.",
      confidence: "source",
      rules: {},
    },
    {
      id: "G.1",
      title: "Kernel self test: the guest debugs itself",
      sentence:
        "Breakpoint, watchpoint, step, BRK, OS lock and links, each alone and in all combinations " +
        "of numbers.",
      confidence: "source",
      rules: {
        S1: "BRK is class 0x3C with ELR at the BRK itself.",
        S2:
          "A breakpoint at A on a NOP is class 0x31 with ELR = A; the NOP executes after the " +
          "return.",
        S3:
          "A breakpoint on an SVC at A is taken at A, then the SVC with ELR = A + 4.",
        S4:
          "A breakpoint on a BRK is taken before the BRK, both with ELR at it.",
        S5:
          "A watchpoint on a byte is class 0x35 with FAR at the byte; after the return the byte " +
          "is written.",
        S6:
          "With MDSCR.SS, KDE and D clear the steps are at A, A + 4 and A + 8 while the handler " +
          "sets SPSR.SS, and end once an instruction masks D.",
        S7: "With the OS lock set OSLSR bit 1 reads 1, and BRK is still taken.",
        S8: "With the OS lock set no breakpoint is taken.",
        S9:
          "With the OS lock set no watchpoint is taken, and the data is written.",
        S10: "With the OS lock set no single step is taken.",
        S11:
          "A breakpoint linked to a linked Context ID breakpoint is taken when CONTEXTIDR_EL1 has " +
          "its value.",
        S12:
          "A watchpoint linked to a linked Context ID breakpoint is taken when CONTEXTIDR_EL1 has " +
          "its value.",
        S13:
          "S1 to S12 hold for every normal breakpoint, every watchpoint and every context-aware " +
          "breakpoint of a machine with at least two breakpoints.",
        S14:
          "A linked breakpoint is not taken when CONTEXTIDR_EL1 has another value.",
        S15:
          "A breakpoint linked to a disabled, unlinked, missing or normal breakpoint is not " +
          "taken.",
      },
    },
    {
      id: "G.2",
      title: "Kernel self test: userspace steps the guest",
      sentence:
        "Each step exit is one instruction further, emulated instructions included.",
      confidence: "source",
      rules: {
        S20:
          "Stepped through NOPs and trapped writes and reads of DBGBVR0 and DBGWVR0, each exit's " +
          "PC is 4 above the one before, and the guest reads back what it wrote.",
        S21:
          "With host interrupts at pseudo-random moments no step is lost or doubled.",
        S22: "Stepping over an LDXR/STXR loop never ends.",
      },
    },
    {
      id: "G.3",
      title: "Tests of the renumbering series",
      sentence:
        "What userspace and guest write, the other reads, before and after the first run, for all " +
        "counts.",
      confidence: "source",
      rules: {
        S30:
          "What userspace writes to all registers before the first run it reads back unchanged.",
        S31:
          "The guest reads what userspace wrote before the first run, and reads back what it " +
          "writes itself.",
        S32: "After the exit userspace reads what the guest wrote.",
        S33: "What userspace writes after the first run the guest reads.",
        S34:
          "S30 to S33 and S1 to S13 hold for every CTX_CMPs, every BRPs above it and every WRPs, " +
          "each in a new VM.",
        S35: "Writes of ID_AA64DFR0_EL1 give the listed error numbers.",
        S36:
          "After the first run DBGBCR15 of a small guest reads 0 for userspace and ignores " +
          "writes.",
        S37: "A guest access to breakpoint BRPs + 1 is UNDEFINED.",
      },
    },
    {
      id: "G.4",
      title: "kvm-unit-tests: a bare-metal guest at EL1",
      sentence:
        "All breakpoints, all watchpoints and the first step, with and without migration.",
      confidence: "source",
      rules: {
        U1:
          "N breakpoints on N consecutive instructions give N hits, the i-th at A + 4i.",
        U2:
          "Migrated after arming, a guest has as many breakpoints as before, and all N hit.",
        U3:
          "N watchpoints on N consecutive bytes give N hits with the right addresses, and the " +
          "data is written.",
        U4:
          "Migrated after arming, a guest has as many watchpoints as before, and all N hit.",
        U5: "The first single step is at the first instruction.",
        U6:
          "Migrated between arming and stepping, the first single step is still at the first " +
          "instruction.",
      },
    },
    {
      id: "G.5",
      title: "Further arm64 scenarios",
      sentence: "Cases that the three series raise beyond their tests.",
      confidence: "derived",
      rules: {
        N1:
          "MDCR_EL2, debug_ptr and DIRTY through one entry: idle, USE_SW_BP alone, SINGLESTEP, " +
          "and USE_HW_BP, each as the order of setup says.",
        N2:
          "While userspace's hardware debug has a breakpoint elsewhere the guest's armed one does " +
          "not fire; afterwards it fires again.",
        N3:
          "A breakpoint exit after a watchpoint exit still shows the watchpoint's far.",
        N4:
          "A guest's BRK under SINGLESTEP alone exits to userspace, which injects it again.",
        N5:
          "In every cell of v2's decision table, and in v3, the guest reads back what it wrote.",
        N6:
          "v2 with clear right after the exit loses a guest write of MDSCR_EL1.",
        N7:
          "The conversion run upwards destroys context-aware breakpoints of the guest.",
        N8:
          "Equal reduction, the needless warning and the double conversion behave as the weak " +
          "spots say.",
        N9:
          "Every virtual, physical and linked number maps as the worked examples say.",
        N10:
          "A second vCPU, whose registers userspace set before its own first run, is converted " +
          "once, at that run.",
        N11:
          "A link to a normal or missing breakpoint has each of the three permitted outcomes, and " +
          "reads back as 0 under v7, unlike on bare metal.",
        N12:
          "Two guest reads of DBGBCR0 trap twice on 6.1, and once on the newest kernel.",
        N13:
          "With MDE set every read traps on 6.1, until a trapped write frees accesses up to the " +
          "next exit; on the newest kernel none traps.",
        N14:
          "A guest that sets the OS lock under userspace's hardware debug leaves MDE set for the " +
          "host.",
        N15:
          "BAS windows, MASK 3, 12 and 31, the word form, a split BAS, and MASK with BAS other " +
          "than 0xFF, each watching the bytes that the matching rules say.",
        N16: "A pending step is reported before a breakpoint at the same PC.",
        N17:
          "Stepping over a trapped write of DBGBVR0 gives exactly one step exit, and the value is " +
          "stored.",
        N18:
          "The newest kernel refuses BRPs lowered from 5 to 4, takes WRPs from 3 to 2, and the " +
          "guest still reaches DBGWCR3.",
      },
    },
    {
      id: "H",
      title: "Uncertain points",
      sentence: "What is not certain, and what is left out.",
      confidence: "source",
      rules: {
        "H.0":
          "What is marked as derived was obtained by following code, not by running it.",
        "H.1": {
          sentence:
            "The order of the pseudocode, reserved state filters, BT rules and the unpredictable " +
            "outcomes of MASK and BAS are partly from memory; rows with SSC 11 or Secure EL2 are " +
            "unchecked.",
          confidence: "memory",
        },
        "H.2":
          "The fields WPT, WPTV and FnV of newer watchpoint syndromes are left out.",
        "H.3":
          "Where v2 runs clear relative to the handling of exits is not visible in its patch, and " +
          "that it forced KDE is inferred from v3.",
        "H.4":
          "Where v3 saves MDSCR_EL1 and PSTATE.SS is taken from the rest of the series and from " +
          "the merged code.",
        "H.5":
          "That PMUVer can be written from 6.2 on is known from mail, not from the source of 6.1.",
        "H.6":
          "The newest source that was read is of 2025 to 2026; a later proposal renames the " +
          "owners, with no change of behaviour seen.",
        "H.7": {
          sentence:
            "The first fix of the late MDCR_EL2, the title of the fix for inexact watchpoint " +
            "addresses and some release numbers are from memory, and approximate.",
          confidence: "memory",
        },
        "H.8": {
          sentence: "DebugVer reads 6 on 6.1 and 9 on 6.12, on the same CPU.",
          confidence: "recorded",
        },
        "H.9":
          "The renumbering series was never merged and no review of its patches 12 to 15 was " +
          "found; mainline later decided the opposite.",
        "H.10":
          "FEAT_Debugv8p9 (more than 16 pairs, banks, LBNX) and FEAT_BWE are outside the model.",
      },
    },
  ];
}
