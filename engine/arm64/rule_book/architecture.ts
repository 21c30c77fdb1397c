/**
 * Rules of the architecture: registers, exceptions, matching, linking, stepping and traps. A data table, longer
 * than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { by, commit, kvm, manual, recording, together } from "./sources.ts";

/** Pseudocode of the manual with its section. */
const PSEUDOCODE = {
  breakpointMatch: "J1.1.1.25 AArch64.BreakpointMatch()",
  breakpointValueMatch: "J1.1.1.26 AArch64.BreakpointValueMatch()",
  stateMatch: "J1.1.1.28 AArch64.StateMatch()",
  generate: "J1.1.1.43 AArch64.GenerateDebugExceptionsFrom()",
  translate: "J1.1.4.63 AArch64.TranslateAddress()",
  watchpointByteMatch: "J1.1.1.129 AArch64.WatchpointByteMatch()",
  watchpointMatch: "J1.1.1.130 AArch64.WatchpointMatch()",
  validState: "J1.3.1.34 CheckValidStateMatch()",
  checkStep: "J1.3.1.129 CheckSoftwareStep()",
  returnStep: "J1.3.1.130 DebugExceptionReturnSS()",
} as const;

/** The sections of the architecture. */
export function architectureSections(): readonly RuleSection[] {
  return [
    {
      id: "A",
      title: "Architecture",
      sentence:
        "Self-hosted debug of Armv8-A: the registers, when debug exceptions are possible, matching, linking, stepping, " +
        "and the traps to EL2.",
      confidence: "architecture",
      source: manual("D2.1"),
      rules: {},
    },
    {
      id: "A/1",
      title: "Register encodings",
      sentence:
        "op0, op1, CRn, CRm and op2 select a debug register. An access to a breakpoint or watchpoint register that the CPU " +
        "does not implement is UNDEFINED, and this takes priority over a trap to EL2.",
      confidence: "architecture",
      source: together(
        manual("D24.3.2 DBGBCR<n>_EL1", "D24.3.11 DBGWCR<n>_EL1"),
        recording("oob-guest"),
      ),
      rules: {
        "A/1.1": {
          sentence:
            "A read of an ID register at EL0 is trapped to EL1, with EC 0x18, if the CPU has FEAT_IDST (Armv8.4). Without it, " +
            "the read is UNDEFINED, with EC 0x0.",
          confidence: "architecture",
          source: manual("D24.2 ID_AA64DFR0_EL1"),
        },
        "A/1.2": {
          sentence:
            "While SCTLR_EL1.UMA is 0, an access to DAIF at EL0 is trapped to EL1, with EC 0x18. For MSR DAIFSet and DAIFClr " +
            "the syndrome has op0 0, op1 3, CRn 4, the immediate as CRm, op2 6 or 7, and Rt 31.",
          confidence: "architecture",
          source: together(
            manual("D24.2 SCTLR_EL1", "D24.2 ESR_EL1"),
            recording("el0-daif"),
          ),
        },
        "A/1.3": {
          sentence:
            "A write of a read-only register, such as OSLSR_EL1, or a read of a write-only one, such as OSLAR_EL1, is UNDEFINED. It " +
            "does not trap to EL2.",
          source: together(
            manual("D24.3 OSLAR_EL1", "D24.3 OSLSR_EL1"),
            kvm(
              "5.18.12 to 7.1.5",
              "sys_regs.c: write_to_read_only()",
              "sys_regs.c: read_from_write_only()",
            ),
          ),
        },
      },
    },
    {
      id: "A/2",
      title: "MDSCR_EL1",
      sentence:
        "MDE (bit 15) enables breakpoint and watchpoint exceptions, KDE (13) debug exceptions taken to the current level, " +
        "SS (0) software step. HDE, ERR and the bits from 19 up are writable only with the OS lock set.",
      confidence: "architecture",
      source: manual("D24.3.20 MDSCR_EL1"),
      rules: {},
    },
    {
      id: "A/3",
      title: "DBGBCR<n>_EL1",
      sentence:
        "A breakpoint has E, PMC, BAS, HMC, SSC, LBN and BT. BT bit 0 means linked. BT 0b0x0x compares an address, any other " +
        "a context, which needs a context-aware breakpoint. LBN is used with BT 0b0001 only.",
      confidence: "architecture",
      source: manual("D24.3.2 DBGBCR<n>_EL1", "D2.8.3.2"),
      rules: {},
    },
    {
      id: "A/4",
      title: "DBGWCR<n>_EL1",
      sentence:
        "A watchpoint has E, PAC, LSC, BAS, HMC, SSC, LBN, WT and MASK. LSC 0 disables it, LBN is used with WT=1 only, " +
        "MASK 3 to 31 is a number of low address bits to ignore, and MASK 1 and 2 are reserved.",
      confidence: "architecture",
      source: manual("D24.3.11 DBGWCR<n>_EL1", "D2.9.7.6", "D2.9.7.7"),
      rules: {},
    },
    {
      id: "A/5",
      title: "Values of DBGBVR and DBGWVR",
      sentence:
        "Bits 1:0 of an address are RES0, and the bits above the virtual address should repeat its top bit. BT selects " +
        "which bits of a context value are compared.",
      confidence: "architecture",
      source: manual("D24.3.3 DBGBVR<n>_EL1", "D24.3.12 DBGWVR<n>_EL1"),
      rules: {
        "A/5.1": {
          sentence:
            "An address breakpoint or watchpoint compares VA[48:2], not the bits above. If bits 63:48 of the register are neither " +
            "all zero nor all ones, it is CONSTRAINED UNPREDICTABLE whether they are compared.",
          source: manual(
            "D24.3.3 DBGBVR<n>_EL1",
            "D24.3.12 DBGWVR<n>_EL1",
            PSEUDOCODE.breakpointValueMatch,
            PSEUDOCODE.watchpointByteMatch,
          ),
        },
        "A/5.2": {
          sentence:
            "A context breakpoint compares BVR[31:0] as Context ID, BVR[39:32] or BVR[47:32] as VMID, and BVR[63:32] as " +
            "CONTEXTIDR_EL2.",
          source: manual("D24.3.3 DBGBVR<n>_EL1"),
        },
        "A/5.3": {
          sentence:
            "A watchpoint value has bits 1:0 RES0 and its address from bit 2 up. Bit 2 set selects the deprecated " +
            "word-aligned form.",
          source: manual("D24.3.12 DBGWVR<n>_EL1", "D2.9.5.2"),
        },
        "A/5.4": {
          sentence:
            "With MASK above 0 the masked low bits of DBGWVR must be 0. Otherwise it is CONSTRAINED UNPREDICTABLE whether " +
            "the watchpoint matches.",
          source: manual("D2.9.7.7", PSEUDOCODE.watchpointByteMatch),
        },
      },
    },
    {
      id: "A/6",
      title: "ID_AA64DFR0_EL1",
      sentence:
        "BRPs, WRPs and CTX_CMPs are counts minus one. BRPs and WRPs are at least 1, CTX_CMPs is at most BRPs. The " +
        "highest-numbered breakpoints, from BRPs - CTX_CMPs to BRPs, are the context-aware ones.",
      confidence: "architecture",
      source: manual("D24.2.80 ID_AA64DFR0_EL1", "D2.8.3"),
      rules: {},
    },
    {
      id: "A/7",
      title: "When a debug exception is possible",
      sentence:
        "A debug exception needs its enable (MDE or SS), no OS lock or double lock, and a target level EL_D above the " +
        "current one, or equal to it with MDSCR.KDE=1 and PSTATE.D=0. BRK needs none of these.",
      confidence: "architecture",
      source: manual("D2.3", "D2.3.1"),
      rules: {
        "A/7.1": {
          sentence:
            "With the OS lock set, the double lock in force, or in Debug state, no debug exception other than BRK and BKPT " +
            "is generated.",
          source: manual("D2.4", PSEUDOCODE.generate),
        },
        "A/7.2": {
          sentence:
            "In Secure state with MDCR_EL3.SDD set no debug exception other than BRK and BKPT is generated.",
          source: manual("D2.3.1", PSEUDOCODE.generate),
        },
        "A/7.3": {
          sentence:
            "EL_D is EL2 under MDCR_EL2.TDE or HCR_EL2.TGE, otherwise EL1. If EL_D is above the current level, the exception " +
            "is generated whatever PSTATE.D and MDSCR.KDE are.",
          source: manual("D2.2", "D2.3.1", PSEUDOCODE.generate),
        },
        "A/7.4": {
          sentence:
            "If EL_D is the current level, the exception is generated only with MDSCR.KDE=1 and PSTATE.D=0.",
          source: manual("D2.3.1", PSEUDOCODE.generate),
        },
        "A/7.5": {
          sentence:
            "If EL_D is below the current level, no debug exception other than BRK is generated, and BRK is taken to the " +
            "current level.",
          source: manual("D2.2", "D2.3.1"),
        },
        "A/7.6": {
          sentence:
            "A watchpoint is looked for only if the translation of its access does not fault: a Data Abort comes before it.",
          source: manual(PSEUDOCODE.translate),
        },
      },
    },
    {
      id: "A/8",
      title: "Exception classes and syndromes",
      sentence:
        "EC is 0x30/0x31 for a breakpoint, 0x32/0x33 for a step, 0x34/0x35 for a watchpoint (lower/same level), 0x3C for " +
        "BRK. ELR is the instruction, after a step the next one. FAR is the data address of a watchpoint.",
      confidence: "architecture",
      source: together(
        manual(
          "D24.2.45 ESR_EL1",
          "D2.7.3",
          "D2.8.8",
          "D2.9.8",
          "D2.11.9",
        ),
        recording("exceptions"),
      ),
      rules: {
        "A/8.1": {
          sentence:
            "EC is 0x00 for an UNDEFINED instruction, with ELR at it, and 0x15 for an SVC, with ELR after it.",
          source: manual("D24.2.45 ESR_EL1"),
        },
        "A/8.2": {
          sentence:
            "An HVC has EC 0x16 and returns to the next instruction. An SMC that HCR_EL2.TSC traps has EC 0x17 and returns " +
            "to the SMC: it was not executed.",
          source: by(
            manual("C6.2 HVC", "C6.2 SMC"),
            commit(
              "f5115e8869e1",
              "arm64: KVM: Increment PC after handling an SMC trap",
            ),
          ),
        },
      },
    },
    {
      id: "A/9",
      title: "Matching",
      sentence:
        "A breakpoint matches if it is enabled, has a legal type other than linked context, compares equal, passes its " +
        "state filter and, if linked, its link matches. A watchpoint matches if any byte of the access does.",
      confidence: "architecture",
      source: manual("D2.8.1", "D2.9.1"),
      rules: {
        "A/9.1": {
          sentence:
            "A breakpoint number at or above the implemented count is CONSTRAINED UNPREDICTABLE: it never matches, or " +
            "behaves as some implemented breakpoint.",
          source: manual(PSEUDOCODE.breakpointValueMatch),
        },
        "A/9.2": {
          sentence: "A breakpoint with E=0 never matches.",
          source: manual("D2.8.1", PSEUDOCODE.breakpointValueMatch),
        },
        "A/9.3": {
          sentence:
            "A breakpoint whose BT is reserved, or not allowed for it, behaves as disabled or as some legal type.",
          source: manual("D2.8.7.1"),
        },
        "A/9.4": {
          sentence:
            "A linked context breakpoint never matches by itself. It serves only as the target of a link.",
          source: manual("D2.8.3.1", PSEUDOCODE.breakpointMatch),
        },
        "A/9.5": {
          sentence:
            "An address breakpoint compares VA[top:2], and BAS selects halfwords. A match of the second halfword alone is " +
            "CONSTRAINED UNPREDICTABLE.",
          source: manual("D2.8.5", "D2.8.5.1", "D2.8.7.6"),
        },
        "A/9.6": {
          sentence:
            "A context breakpoint matches if all of the current context that BT names compares equal.",
          source: manual("D2.8.6", PSEUDOCODE.breakpointValueMatch),
        },
        "A/9.7": {
          sentence:
            "A match also needs the state filter (PMC, HMC, SSC) and, with BT 0b0001, a match of the linked context " +
            "breakpoint.",
          source: manual("D2.8.3.1", "D2.8.4", PSEUDOCODE.breakpointMatch),
        },
        "A/9.w1": {
          sentence:
            "A watchpoint matches only with E=1, an LSC that includes the direction, a state filter (PAC, HMC, SSC) that " +
            "includes the level and, if WT=1, a matching link. LDTR and STTR count as EL0.",
          source: manual("D2.9.1", "D2.9.4", PSEUDOCODE.watchpointMatch),
        },
        "A/9.w2": {
          sentence:
            "A byte is watched if its doubleword (its word if WVR[2]=1) equals WVR and BAS selects it, or if the bits above " +
            "MASK are equal. MASK with BAS other than 0xFF, and a BAS with gaps, are CONSTRAINED UNPREDICTABLE.",
          source: manual(
            "D2.9.5.2",
            "D2.9.5.3",
            "D2.9.7.4",
            "D2.9.7.5",
            PSEUDOCODE.watchpointByteMatch,
          ),
        },
        "A/9.w3": {
          sentence:
            "One matching byte of the access is enough. MASK covers 2^MASK bytes, from 8 bytes to 2 GiB.",
          source: manual("D2.9.5.1", "D2.9.5.3"),
        },
      },
    },
    {
      id: "A/10",
      title: "State filter",
      sentence:
        "HMC, SSC and PMC or PAC select exception levels and security states. With HMC=0, bit 0 of PMC or PAC selects EL1 " +
        "and bit 1 EL0. A reserved combination behaves as disabled or as some legal one.",
      confidence: "architecture",
      source: manual(
        "D2.8.4",
        "D2.8.7.2",
        "D2.9.4",
        PSEUDOCODE.stateMatch,
        PSEUDOCODE.validState,
      ),
      rules: {},
    },
    {
      id: "A/11",
      title: "Context comparison",
      sentence:
        "All 32 bits are compared: Context ID types with CONTEXTIDR_EL1 at EL0 and EL1 (CONTEXTIDR_EL2 in a VHE host), VMID " +
        "types with the VMID, CONTEXTIDR_EL2 types with BVR[63:32]. Nothing matches at AArch64 EL3.",
      confidence: "architecture",
      source: manual("D2.8.6", PSEUDOCODE.breakpointValueMatch),
      rules: {},
    },
    {
      id: "A/12",
      title: "Linking",
      sentence:
        "A linked address breakpoint or watchpoint matches only if its own address and state match and breakpoint LBN is " +
        "context-aware, enabled, of a linked context type and equal to the current context.",
      confidence: "architecture",
      source: manual("D2.8.3.1", "D2.9.3.1"),
      rules: {
        "A/12.1": {
          sentence:
            "With BT 0b0001 or WT=1 the breakpoint numbered LBN must be enabled and of a linked context type, and its " +
            "context must compare equal as well.",
          source: manual("D2.8.3.1", "D2.9.3.1", PSEUDOCODE.stateMatch),
        },
        "A/12.2": {
          sentence:
            "A link to a breakpoint that is missing or not context-aware is CONSTRAINED UNPREDICTABLE: it never matches, is " +
            "ignored, or goes to an UNKNOWN context-aware breakpoint. LBN then reads UNKNOWN.",
          source: manual("D2.8.7.5", "D2.9.7.3", PSEUDOCODE.stateMatch),
        },
        "A/12.3": {
          sentence:
            "A link to a breakpoint that is disabled, of an unlinked type or of an address type never matches.",
          source: manual("D2.8.7.5", "D2.9.7.3"),
        },
        "A/12.4": {
          sentence:
            "PMC, HMC and SSC are those of the linking breakpoint or watchpoint. Those of the link target are ignored.",
          source: manual("D2.8.3.1", "D2.9.3.1"),
        },
        "A/12.5": {
          sentence:
            "Any number of address breakpoints and watchpoints may link to one context breakpoint.",
          source: manual("D2.8.3.1"),
        },
        "A/12.6": {
          sentence:
            "A context-aware breakpoint may also be a plain or a linked address breakpoint.",
          source: manual("D2.8.3"),
        },
      },
    },
    {
      id: "A/13",
      title: "Software step",
      sentence:
        "With MDSCR.SS=1 and debug exceptions enabled, PSTATE.SS=1 executes one instruction and clears PSTATE.SS " +
        "(active-not-pending); PSTATE.SS=0 raises Software Step before the next instruction (active-pending).",
      confidence: "architecture",
      source: manual(
        "D2.11.3",
        "D2.11.4",
        "D2.11.5",
        "D2.11.7",
        PSEUDOCODE.checkStep,
        PSEUDOCODE.returnStep,
      ),
      rules: {
        "A/13.1": {
          sentence:
            "An exception return takes PSTATE.SS from SPSR if debug exceptions are disabled where it is and software step is " +
            "active where it goes. Otherwise it clears PSTATE.SS.",
          source: together(
            manual("D2.11.4", PSEUDOCODE.returnStep),
            recording("eret"),
          ),
        },
        "A/13.2": {
          sentence:
            "ISV of a step syndrome is 1 if an instruction was executed since the exception return. EX is then 1 if it was " +
            "a load-exclusive.",
          source: together(
            manual("D24.2.45 ESR_EL1", "D2.11.9"),
            recording("exclusives"),
          ),
        },
      },
    },
    {
      id: "A/14",
      title: "MDCR_EL2",
      sentence:
        "TDA traps accesses to the debug registers, TDOSA to the OS lock registers, TDRA to the debug ROM address; TDE " +
        "routes debug exceptions from EL0 and EL1 to EL2 and acts as if all three were set.",
      confidence: "architecture",
      source: manual("D24.3.17 MDCR_EL2"),
      rules: {},
    },
    {
      id: "A/15",
      title: "Other registers when trapped",
      sentence:
        "MDRAR, OSDLR, DBGPRCR, claim tags and the DCC read 0 and ignore writes. OSLAR sets the vCPU's OS lock, OSLSR " +
        "reads 8 plus it, DBGAUTHSTATUS is the host's. OSDTRRX, OSDTRTX and OSECCR are UNDEFINED.",
      confidence: "source",
      source: by(
        kvm(
          "4.4.1 to 7.1.5, the OS lock 5.18.12 to 7.1.5",
          "sys_regs.c: sys_reg_descs",
          "sys_regs.c: trap_dbgauthstatus_el1()",
          "sys_regs.c: trap_oslsr_el1()",
          "sys_regs.c: trap_oslar_el1()",
        ),
        commit("7dabf02f43a1", "KVM: arm64: Emulate the OS Lock"),
      ),
      rules: {},
    },
    {
      id: "A/16",
      title: "Exclusive monitor",
      sentence:
        "A load-exclusive marks its address. A store-exclusive stores, with status 0, if its address is marked, and else has " +
        "status 1. It may fail for any other reason as well.",
      confidence: "architecture",
      source: together(
        manual("C6.2 LDXR", "C6.2 STXR"),
        recording("exclusives"),
      ),
      rules: {
        "A/16.1": {
          sentence:
            "A store-exclusive, whether it stores or not, and CLREX leave nothing marked.",
          source: manual("C6.2 STXR", "C6.2 CLREX"),
        },
        "A/16.2": {
          sentence:
            "An exception return leaves nothing marked: after an exception between the two a store-exclusive fails.",
          source: manual("C6.2 ERET", "D2.11.10.3"),
        },
        "A/16.3": {
          sentence:
            "Whether a store-exclusive that fails takes a watchpoint exception is IMPLEMENTATION DEFINED. In the model it does " +
            "not.",
          confidence: "architecture",
          source: manual("D2.9.6.1"),
        },
      },
    },
    {
      id: "A/17",
      title: "Interrupts and SErrors",
      sentence:
        "An interrupt is taken to EL1 while PSTATE.I is 0, an SError while PSTATE.A is 0, at vectors of their own, before the " +
        "next instruction. ELR is that instruction, and SPSR has PSTATE, SS with it.",
      confidence: "architecture",
      source: manual("D1.3.1", "D1.3.4", "D1.3.6"),
      rules: {
        "A/17.1": {
          sentence:
            "A virtual interrupt is taken as a physical one is, from EL0 or EL1 alone. It writes neither ESR_EL1 nor FAR_EL1.",
          source: manual("D1.3.6", "D24.2.45 ESR_EL1"),
        },
        "A/17.2": {
          sentence:
            "A read of ICC_IAR1_EL1 acknowledges the pending interrupt of the highest priority: it is active, and pending no " +
            "more. The model takes the lowest number of several.",
          confidence: "memory",
          source: {
            where: ["Arm IHI 0069 (GICv3) ICC_IAR1_EL1"],
            read: "from memory",
          },
        },
        "A/17.3": {
          sentence:
            "HCR_EL2.VSE pends a virtual SError, and is cleared when it is taken. Its EC is 0x2F and IL 1; with FEAT_RAS the rest " +
            "is VSESR_EL2's, without it IMPLEMENTATION DEFINED.",
          source: manual("D1.3.4", "D24.2.45 ESR_EL1"),
        },
        "A/17.4": {
          sentence:
            "Whether an interrupt or SError comes before a pending step is not defined. In the model, as in QEMU, a step whose " +
            "instruction was just executed comes first; else the interrupt does, and the step at its vector.",
          confidence: "memory",
          source: manual("D1.3.6", "D2.11.7"),
        },
      },
    },
  ];
}
