/**
 * What each x86 rule says: the architecture, the virtualization of 2008 with its quirks, the missed
 * breakpoint of 2016, mainline since, the host's own breakpoints, known bugs, and scenarios. A data table, as long as there are rules.
 *
 * @module
 */
import type { RuleSection } from "../rule_section.ts";

/** The x86 rules by section, made anew on each call: nothing is built for who does not ask. */
export function x86RuleSections(): readonly RuleSection[] {
  return [
    {
      id: "A",
      title: "Architecture",
      sentence:
        "DR0-DR7, what matches and when, faults and traps, and what VMX and SVM do with the " +
        "registers.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.1",
      title: "Debug registers",
      sentence:
        "DR0-DR3 take any 64-bit address; DR4 and DR5 alias DR6 and DR7, or give #UD with " +
        "CR4.DE=1; MOV DR at CPL above 0 gives #GP(0), and so do bits 63:32 of a value for DR6 or " +
        "DR7.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.2",
      title: "DR7",
      sentence:
        "Slot n is enabled by Ln or Gn; R/Wn is execute, write, I/O (with CR4.DE=1) or access, " +
        "LENn 1, 2, 8 or 4 bytes; GD is bit 13, RTM bit 11, bit 10 reads as 1, bits 12, 14, 15 " +
        "and 63:32 are 0.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.3",
      title: "DR6",
      sentence:
        "B0-B3, BD, BS and BT are 1 on a hit, BLD (bit 11) and RTM (bit 16) are 0 on one; a #DB " +
        "sets the hits and may clear the other B0-B3, but only software clears BD, BS and BT.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "A.4",
      title: "Matching",
      sentence:
        "A slot compares the first byte of an instruction, the bytes of a data access or an I/O " +
        "port; all conditions that are met at one boundary make one #DB.",
      confidence: "architecture",
      rules: {
        A1:
          "An execute breakpoint (LEN 00) matches the linear address of an instruction's first " +
          "byte, prefixes included, with RFLAGS.RF=0; it is a fault, pushed with RF=0. RF is " +
          "cleared after one instruction.",
        A2:
          "A data breakpoint matches if any byte of the access lies in its LEN bytes, the address " +
          "taken as aligned to LEN; it is a trap after the instruction, or after the iteration of " +
          "REP that matched.",
        A3:
          "An I/O breakpoint matches port numbers as a data breakpoint matches addresses, only " +
          "with CR4.DE=1; it is a trap after the IN or OUT.",
        A4:
          "Several conditions met at one instruction boundary make one #DB with all their bits in " +
          "DR6.",
      },
    },
    {
      id: "A.5",
      title: "Fault or trap",
      sentence:
        "Execute breakpoints and general detect are faults; data, I/O, step and task-switch " +
        "conditions are traps; ICEBP and INT3 report the RIP after them; INT 1 is a software " +
        "interrupt that leaves DR6 and GD alone.",
      confidence: "architecture",
      rules: {
        A5:
          "With DR7.GD=1 a MOV to or from a DR faults with BD=1, and GD is cleared on entry to " +
          "the handler; the order is #UD (DR4/5 with DE), #GP (CPL), #DB (GD), #GP (reserved " +
          "bits).",
        A6:
          "The instruction that sets TF does not trap, the next one does; TF is cleared while the " +
          "handler runs, and the STI shadow does not delay the trap.",
        A7:
          "Data and step traps of MOV SS and POP SS are held for one more instruction and then " +
          "delivered together; an execute breakpoint on that instruction is suppressed on Intel, " +
          "not on AMD.",
        A8:
          "A hardware task switch clears L0-L3 and LE (mask 0x155), and traps with BT if the new " +
          "TSS has T=1.",
        A9:
          "At a boundary: T-flag trap, SMI/INIT, traps of the previous instruction, NMI, IRQ, " +
          "execute breakpoint of the next instruction, then its fetch, decode and execution " +
          "faults, GD among the last.",
      },
    },
    {
      id: "A.6",
      title: "What the virtualization hardware does",
      sentence:
        "Neither VMX nor SVM switches DR0-DR3; both switch DR7; SVM switches DR6, already updated " +
        "at a #DB exit, while VMX has one physical DR6, unchanged at a #DB exit, with the cause " +
        "in the exit qualification.",
      confidence: "architecture",
      rules: {},
    },
    {
      id: "B",
      title: "2008: debug registers virtualized",
      sentence:
        "The first virtualization of DR0-DR7: every access emulated on VMX, some on SVM, and the " +
        "host's values kept around each entry.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {},
    },
    {
      id: "B.1",
      title: "Constants of 2008",
      sentence:
        "DR6 is stored as v & 0xE00F | 0xFFFF0FF0 and DR7 as v & 0xFFFF23FF | 0x400, so that " +
        "neither RTM bit nor BLD can be changed.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {},
    },
    {
      id: "B.2",
      title: "State of 2008",
      sentence:
        "db, dr6 and dr7 are what the guest wrote; eff_db is what is loaded, equal to db without " +
        "USE_HW_BP; switch_db_regs is the low byte of the effective DR7; host_db, host_dr6 and " +
        "host_dr7 last one entry.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {},
    },
    {
      id: "B.3",
      title: "World switch of 2008",
      sentence:
        "The host's DR6 and DR7 are saved and restored around each entry, its DR0-DR3 only if " +
        "switch_db_regs is not 0, so that host breakpoints survive every run.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {
        B1: "Before every entry the host's DR6 and DR7 are saved.",
        B2:
          "If switch_db_regs is not 0 the host's DR0-DR3 are saved, DR7 is cleared and eff_db is " +
          "loaded; otherwise DR0-DR3 and DR7 stay the host's up to the entry itself.",
        B3:
          "VMX loads arch.dr6 into DR6 just before the launch, also with switch_db_regs 0.",
        B4: {
          sentence: "The guest runs with the DR7 of the VMCS or VMCB.",
          kernels: { since: "2.6.30" },
        },
        B5: "VMX stores DR6 to arch.dr6 right after every exit.",
        B6:
          "If switch_db_regs is not 0 DR7 is cleared after the exit and the host's DR0-DR3 are " +
          "loaded.",
        B7:
          "After every exit the host's DR6 and then its DR7 are restored, DR7 last so that the " +
          "addresses are right before it enables any.",
      },
    },
    {
      id: "B.4",
      title: "MOV DR on VMX in 2008",
      sentence:
        "Every DR access exits and is emulated, GD first; after the emulation RIP is advanced " +
        "even if a fault was queued.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {
        B8:
          "GUEST_DR7.GD is tested first of all: under USE_HW_BP KVM_EXIT_DEBUG with dr6 = " +
          "arch.dr6, no BD added; otherwise GD is cleared, BD set and #DB queued. RIP stays at " +
          "the MOV.",
        B9:
          "A read gives db[n] for DR0-DR3, arch.dr6, arch.dr7, and 0 for DR4 and DR5 whatever " +
          "CR4.DE is.",
        B10: {
          sentence:
            "A write of DR0-DR3 goes to db[n], and without USE_HW_BP to eff_db[n].",
          kernels: { since: "2.6.30" },
        },
        B11:
          "A write of DR4 or DR5 queues #UD with CR4.DE=1, and does nothing with CR4.DE=0.",
        B12:
          "A write of DR6 queues #GP if any of bits 63:32 is set; otherwise arch.dr6 becomes v & " +
          "0xE00F | 0xFFFF0FF0.",
        B13:
          "A write of DR7 queues #GP if any of bits 63:32 is set; otherwise arch.dr7 becomes v & " +
          "0xFFFF23FF | 0x400, and without USE_HW_BP GUEST_DR7 the same and switch_db_regs v & " +
          "0xFF.",
        B14:
          "After an emulated read or write RIP is always advanced, also if #UD or #GP was queued.",
        B15:
          "The source register is read from the raw array, not through the accessor that fetches " +
          "RSP.",
        B16: "CPL is not tested.",
      },
    },
    {
      id: "B.5",
      title: "MOV DR on SVM in 2008",
      sentence:
        "Only some DR accesses are intercepted, and those go to the instruction emulator.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {
        B17:
          "set_dr treats DR0-DR3, DR6 and DR7 as VMX does, with the VMCB's DR7; DR4/5 give #UD " +
          "with DE=1 and nothing with DE=0, numbers above 7 #UD and a log line.",
        B18: "set_dr of DR6 writes arch.dr6 and never the VMCB's DR6.",
        B19:
          "get_dr gives db[n] for DR0-DR3, the VMCB's DR6 and DR7 (under USE_HW_BP arch.dr6 and " +
          "arch.dr7), and 0 for DR4 and DR5.",
        B20: "SVM's set_dr no longer tests GD: KVM does not emulate it there.",
        B21:
          "Reads of DR0-DR3 and writes of DR0-DR3, DR5 and DR7 are intercepted; an exception in " +
          "their emulation makes the guest exit for ever. All others reach the VMCB's values " +
          "directly.",
      },
    },
    {
      id: "B.6",
      title: "#DB, task switch, reset and guest debug in 2008",
      sentence:
        "#DB is intercepted only for a debugging userspace, and most updates reach some but not " +
        "all copies of a register.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {
        B22:
          "#DB is intercepted only under SINGLESTEP or USE_HW_BP, and in VMX's emulated real " +
          "mode; otherwise the hardware delivers it to the guest.",
        B23:
          "A #DB exit on VMX without SINGLESTEP and USE_HW_BP overwrites arch.dr6 with " +
          "qualification | 0xFFFF0FF0 and queues #DB.",
        B24: {
          sentence:
            "A #DB exit on VMX with SINGLESTEP or USE_HW_BP gives KVM_EXIT_DEBUG with dr6 = " +
            "qualification | 0xFFFF0FF0, dr7 = GUEST_DR7, linear pc and exception 1; #BP gives pc " +
            "and exception 3 only.",
          kernels: { since: "2.6.30" },
        },
        B25: {
          sentence:
            "A #DB exit on SVM with SINGLESTEP or USE_HW_BP gives KVM_EXIT_DEBUG with pc and " +
            "exception only.",
          kernels: { since: "2.6.30", until: "5.18" },
        },
        B26:
          "A task switch on VMX ends with GUEST_DR7 & ~55 (decimal, 0x37); no T-flag trap is " +
          "raised, arch.dr7 and switch_db_regs are not updated.",
        B27:
          "A vCPU reset sets switch_db_regs and db to 0, dr6 to 0xFFFF0FF0, dr7 and GUEST_DR7 to " +
          "0x400; it neither clears eff_db nor looks at guest_debug.",
        B28:
          "SET_GUEST_DEBUG takes eff_db, switch_db_regs and DR7 from debugreg (unmasked) under " +
          "USE_HW_BP, else from db and arch.dr7; SINGLESTEP sets TF and RF, its end clears both; " +
          "INJECT_* queues, unchecked.",
        B29: {
          sentence:
            "Under USE_HW_BP the guest's MOVs change db, dr6 and dr7 and read them back, with no " +
            "effect on the hardware; when it is dropped they take effect.",
          kernels: { since: "2.6.30" },
        },
      },
    },
    {
      id: "B.7",
      title: "Quirks of 2008",
      sentence:
        "What differs from the architecture or from later kernels, each with the kernel in which " +
        "it was read as corrected.",
      confidence: "source",
      kernels: { since: "2.6.30", until: "4.4" },
      rules: {
        Q1:
          "A read of DR4 or DR5 gives 0 and no #UD; 4.4 gives #UD with DE=1 and DR6 or DR7 with " +
          "DE=0.",
        Q2:
          "A write of DR4 or DR5 with DE=0 is ignored; 4.4 writes DR6 or DR7.",
        Q3:
          "A write of DR4 or DR5 with DE=1 queues #UD and advances RIP, so that the saved RIP is " +
          "wrong; 4.4 keeps RIP.",
        Q4:
          "High bits of DR6 or DR7 queue #GP without error code and advance RIP; 4.4 gives #GP(0) " +
          "at the MOV.",
        Q5:
          "GD is tested before the DR number, so DR4 with DE=1 and GD=1 gives #DB; 4.4 gives #UD.",
        Q6:
          "A MOV DR at CPL above 0 that exits is emulated; 4.4 gives #GP(0) with RIP kept.",
        Q7: {
          sentence:
            "A GD exit to the debugger shows arch.dr6 without BD, in 4.4 and 4.9 too; 5.18 shows " +
            "0xFFFF2FF0.",
          kernels: { since: "2.6.30", until: "5.18" },
        },
        Q8:
          "GD sets BD and leaves B0-B3; 4.4 clears B0-B3 and sets BD and RTM, 5.18 applies the " +
          "payload rule.",
        Q9: {
          sentence:
            "A #DB delivered by hardware clears GUEST_DR7.GD, but arch.dr7, which the guest " +
            "reads, keeps it; 4.4 intercepts every #DB and clears GD in arch.dr7.",
          confidence: "derived",
        },
        Q10:
          "A #DB exit overwrites DR6 and loses BS, BD and BT from before; since 2014 only B0-B3 " +
          "are replaced.",
        Q11:
          "A task switch clears L0, G0, L1, L2 and G2 and leaves L3 and LE; 4.4 clears L0-L3 and " +
          "LE (0x155) through set_dr.",
        Q12:
          "A task switch changes GUEST_DR7 alone: the guest still reads the old bits, and a " +
          "debugger's DR7 is damaged; 4.4 goes through set_dr.",
        Q13: {
          sentence:
            "A new TSS with T=1 raises no trap, up to 6.19.9 and beyond.",
          kernels: { since: "2.6.30" },
        },
        Q14:
          "An emulated write of DR6 on SVM never reaches the VMCB, so the guest's clearing is " +
          "lost; 4.4 writes the VMCB, 5.18 keeps the truth in arch.dr6.",
        Q15:
          "SVM does not intercept reads of DR6 and DR7 and writes of DR6: under USE_HW_BP a guest " +
          "reads the debugger's DR7; 4.4 intercepts all sixteen accesses.",
        Q16:
          "An exception from a MOV DR on SVM is never injected, and the guest exits again for " +
          "ever; 4.4 injects it.",
        Q17: {
          sentence:
            "KVM_EXIT_DEBUG on SVM has no dr6 and dr7, in 4.4 and 4.9 too; since 2020 the VMCB's " +
            "are filled in.",
          kernels: { since: "2.6.30", until: "5.18" },
        },
        Q18:
          "eff_db survives a reset, so a guest that arms DR7 without writing DR0 gets the old " +
          "address; since 2015 reset copies db to eff_db.",
        Q19:
          "A reset or INIT under guest debug drops the debugger's DR7 and switch flag; since 2012 " +
          "guest_debug_dr7 is kept and applied again.",
        Q20:
          "A MOV to DR from RSP may take a stale cached RSP; 4.4 reads through the accessor.",
        Q21:
          "DR7.RTM and DR6.RTM cannot be stored; since 2014 bit 11 of DR7 can, and bit 16 of DR6 " +
          "follows the guest's CPUID.",
        Q22:
          "The host's DR6 and DR7 are read and rewritten around every exit; later kernels restore " +
          "them only if host breakpoints are active.",
        Q23: {
          sentence:
            "Host breakpoints stay armed in the entry code while switch_db_regs is 0; since 5.15 " +
            "DR7 is cleared first if the host has any.",
          kernels: { since: "2.6.30", until: "5.15" },
        },
        Q24:
          "Real-mode emulation queues a #DB again without touching DR6; later kernels give it a " +
          "payload.",
        Q25:
          "switch_db_regs is the low byte of the unmasked value, to the same effect as masked, " +
          "since bits 7:0 are all writable.",
      },
    },
    {
      id: "C",
      title: "2016: missed hardware breakpoints",
      sentence:
        "Lazy switching of 2014, the breakpoint that it misses, the workaround, the fix and the " +
        "removal of RELOAD.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.1",
      title: "Flags of lazy switching",
      sentence:
        "BP_ENABLED (1) says that the effective DR7 enables a slot, WONT_EXIT (2) that the guest " +
        "accesses DRs natively until the next exit, RELOAD (4, 2015 to 5.14) that the next entry " +
        "must load DR0-DR3.",
      confidence: "source",
      kernels: { since: "3.15" },
      rules: {},
    },
    {
      id: "C.2",
      title: "Update functions of 4.4",
      sentence:
        "update_dr0123, update_dr6 and update_dr7 carry the guest's values to what is loaded, " +
        "unless userspace debugs.",
      confidence: "source",
      kernels: { since: "4.4" },
      rules: {
        C1: {
          sentence:
            "Without USE_HW_BP update_dr0123 copies db to eff_db; it sets RELOAD.",
          kernels: { since: "4.4", until: "5.15" },
        },
        C2: {
          sentence:
            "Without USE_HW_BP update_dr6 gives arch.dr6 to the vendor: nothing to do on VMX, the " +
            "VMCB's DR6 on SVM.",
          kernels: { since: "4.4", until: "5.18" },
        },
        C3:
          "update_dr7 takes guest_debug_dr7 under USE_HW_BP and arch.dr7 otherwise, writes it to " +
          "the VMCS or VMCB and recomputes BP_ENABLED from its low byte.",
        C4: {
          sentence:
            "An emulated write of DR0-DR3 goes to db, and without USE_HW_BP to eff_db, without " +
            "RELOAD; DR4-DR7 refuse high bits with #GP(0), are masked, and run update_dr6 or " +
            "update_dr7.",
          kernels: { since: "4.4", until: "5.18" },
        },
        C5: {
          sentence:
            "get_dr of DR6 gives arch.dr6 under USE_HW_BP, otherwise the vendor's: arch.dr6 on " +
            "VMX, the VMCB's DR6 on SVM.",
          kernels: { since: "4.4", until: "5.18" },
        },
      },
    },
    {
      id: "C.3",
      title: "Entry and exit of 4.4.1",
      sentence:
        "A DR access without guest debug exits once and then runs natively; the next exit reads " +
        "the registers back.",
      confidence: "source",
      kernels: { since: "4.4" },
      rules: {
        C6: {
          sentence:
            "An entry with any flag in switch_db_regs clears DR7, loads eff_db and arch.dr6 and " +
            "clears RELOAD; with none it loads nothing. DR7 comes from the VMCS or VMCB in any " +
            "case.",
          kernels: { since: "4.4", until: "5.15" },
        },
        C7: {
          sentence:
            "A DR exit on VMX tests DR4/5 with DE (#UD), CPL (#GP(0)) and GD; then without guest " +
            "debug MOV-DR exiting goes off, WONT_EXIT on, and the MOV runs again natively; " +
            "otherwise it is emulated.",
          kernels: { since: "4.4", until: "5.18" },
        },
        C8:
          "A DR exit on SVM without guest debug clears all DR intercepts and sets WONT_EXIT; " +
          "otherwise the access is emulated.",
        C9: {
          sentence:
            "After an exit under WONT_EXIT db, dr6 and dr7 are read back, WONT_EXIT is cleared " +
            "and DR accesses are intercepted again; then only eff_db follows, and BP_ENABLED is " +
            "not recomputed.",
          kernels: { since: "4.4", until: "4.4.155" },
        },
        C10:
          "After the sync the host's breakpoints are restored, if it has any active.",
        C11: "vcpu_load does nothing about debug registers.",
      },
    },
    {
      id: "C.4",
      title: "The missed breakpoint",
      sentence:
        "A native write of DR7 never runs update_dr7: BP_ENABLED stays 0, the next entry loads no " +
        "DR0-DR3, and the breakpoint works only while they happen to hold this vCPU's addresses.",
      confidence: "source",
      kernels: { since: "3.15", until: "4.4.155" },
      rules: {},
    },
    {
      id: "C.5",
      title: "The interleaving of the miss",
      sentence:
        "v0 arms A0 and v1 then A1 on one CPU; v0 enters with switch_db_regs 0 and DR0 = A1, " +
        "misses A0 and hits at A1, until a guest DR access has eff_db loaded.",
      confidence: "source",
      kernels: { since: "3.15", until: "4.4.155" },
      rules: {},
    },
    {
      id: "C.6",
      title: "Three variants",
      sentence:
        "4.4.1 misses; RELOAD at each vcpu_load hits, unless DR0-DR3 change without one, as by a " +
        "host breakpoint; rerunning the update functions after the sync keeps BP_ENABLED right, " +
        "and always hits.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.7",
      title: "Two questions of the review",
      sentence:
        "BP_ENABLED is not set by native writes of DR7, so registers are not always reloaded; " +
        "once it is right, a reload at each vcpu_load only costs five to six DR writes.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.8",
      title: "Which trees have which",
      sentence:
        "4.4.1 has neither the reload at vcpu_load nor the fix; some 4.4.y of 2016 and 4.5.7 have " +
        "both, so they are right but reload at each reschedule; 4.4.155 and 4.9 to 5.14 have the " +
        "fix alone.",
      confidence: "source",
      rules: {},
    },
    {
      id: "C.9",
      title: "RELOAD removed",
      sentence: "DR0-DR3 are loaded for BP_ENABLED or WONT_EXIT alone.",
      confidence: "source",
      kernels: { since: "5.15" },
      rules: {
        C12:
          "Hardware needs fresh DR0-DR3 only while breakpoints are enabled (BP_ENABLED) or the " +
          "guest can read them (WONT_EXIT); at other times a fresh eff_db is enough.",
        C13:
          "update_dr0123 only copies db to eff_db: after a reset or SET_DEBUGREGS with DR7 = " +
          "0x400, 4.4 to 5.14 load DR0-DR3 once at the next entry, and 5.15 does not.",
        C14:
          "DR6 is loaded only under WONT_EXIT, the VMX sync leaves 0xFFFF0FF0 in DR6 for the " +
          "host, and the host's DR7 is cleared before entry also if the guest uses no " +
          "breakpoints.",
      },
    },
    {
      id: "D",
      title: "Linux 6.1 and newest",
      sentence:
        "set_dr, entry, exit, #DB by payload, emulation, guest debug and the debug-register " +
        "ioctls of mainline.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {},
    },
    {
      id: "D.1",
      title: "Constants",
      sentence:
        "DR6 has 0xFFFE07F0 fixed to 1 and 0x1E80F writable (in 4.4 0xFFFE0FF0 and 0x1E00F), DR7 " +
        "0x400 and 0xFFFF2BFF; 0xFFFF0FF0 is both DR6's initial value and its active-low mask.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {},
    },
    {
      id: "D.2",
      title: "set_dr and get_dr",
      sentence:
        "The guest's values are kept masked, and arch.dr6 is the one truth for DR6.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D1:
          "require_dr queues #UD for DR4 and DR5 with CR4.DE=1; VMX calls it, SVM does not, " +
          "because the CPU raises #UD before the intercept.",
        D2:
          "set_dr of DR0-DR3 stores any 64-bit value to db[n], and without USE_HW_BP to " +
          "eff_db[n].",
        D3:
          "set_dr of DR4 or DR6 fails if bits 63:32 are set; otherwise dr6 = v & 0x1E80F | " +
          "0xFFFE07F0, plus 0x10000 for a guest without RTM, plus 0x800 for one without bus lock " +
          "detect.",
        D4:
          "set_dr of DR5 or DR7 fails if bits 63:32 are set; otherwise dr7 = v & 0xFFFF2BFF | " +
          "0x400, the RTM bit whether or not the guest has RTM, and update_dr7 runs.",
        D5:
          "get_dr gives db[n] for DR0-DR3, dr6 for DR4 and DR6, dr7 for DR5 and DR7, without " +
          "asking the vendor.",
        D6: {
          sentence:
            "The emulator takes set_dr's failure (1) for success, as it tests for below 0: high " +
            "bits written through DR4 or DR5 are silently ignored there.",
          confidence: "derived",
        },
      },
    },
    {
      id: "D.3",
      title: "update_dr7",
      sentence:
        "The effective DR7 is the debugger's under USE_HW_BP, otherwise the guest's.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D7:
          "update_dr7 writes guest_debug_dr7, unmasked, under USE_HW_BP and arch.dr7 otherwise to " +
          "GUEST_DR7 or the VMCB, and sets BP_ENABLED if its low byte is not 0.",
      },
    },
    {
      id: "D.4",
      title: "Entry",
      sentence:
        "With switch_db_regs not 0 DR7 is disabled and eff_db loaded; otherwise DR7 is disabled " +
        "if host breakpoints are active; DR6 is arch.dr6 under WONT_EXIT, and clean on SVM " +
        "otherwise.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D8: {
          sentence:
            "Under AUTO_SWITCH, for TDX guests, the hardware switches all DRs: KVM loads nothing, " +
            "and restores host breakpoints after the exit.",
          kernels: { since: "6.16" },
        },
        D9:
          "Unless the guest may access DR6 natively, SVM runs it with DR6 = 0xFFFF0FF0, so that " +
          "the VMCB's DR6 holds exactly the cause of a #DB exit.",
      },
    },
    {
      id: "D.5",
      title: "After an exit",
      sentence:
        "What the guest wrote natively is read back, and everything derived from it recomputed.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D10:
          "After an exit under WONT_EXIT the vendor's sync runs, then update_dr0123 and " +
          "update_dr7; after that, with host breakpoints active, they are restored.",
        D11:
          "The VMX sync reads DR0-DR3 to db, DR6 to dr6, GUEST_DR7 to dr7, clears WONT_EXIT, " +
          "turns MOV-DR exiting on and sets DR6 to 0xFFFF0FF0.",
        D12:
          "The SVM sync reads DR0-DR3 to db and the VMCB's DR6 and DR7 to dr6 and dr7, clears " +
          "WONT_EXIT and sets all 16 DR intercepts; the VMCB's DR6 is left. For SEV-ES it does " +
          "nothing.",
        D13:
          "The sync does not mask: dr6 and dr7 become the raw hardware values.",
      },
    },
    {
      id: "D.6",
      title: "DR-access exits",
      sentence:
        "The first access without guest debug turns interception off and runs again natively; " +
        "under guest debug every access is emulated.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D14:
          "VMX: #UD for DR4/5 with DE; #GP(0) for CPL; GD, a debug exit with dr6 0xFFFF2FF0 under " +
          "USE_HW_BP, else #DB with payload BD; lazy mode without guest debug; else emulation, " +
          "#GP(0) on failure.",
        D15:
          "SVM: lazy mode without guest debug; with decode assists set_dr or get_dr, GD being the " +
          "hardware's; without them the emulator: CPL, high bits of DR6/7, DR4/5 with DE, GD, in " +
          "this order.",
        D16:
          "Any guest_debug, USE_SW_BP or SINGLESTEP alone too, turns lazy mode off.",
      },
    },
    {
      id: "D.7",
      title: "#DB delivery and payload",
      sentence:
        "A queued #DB carries its cause, active-high, and DR6 changes when it is delivered.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D17:
          "A payload replaces B0-B3, is ORed into DR6 with 0xFFFF0FF0, clears RTM and BLD where " +
          "it has them, and loses bit 12; BD, BS and BT from before stay.",
        D18:
          "The payload is VMX's exit qualification, SVM's VMCB DR6 ^ 0xFFFF0FF0, 0x4000 for an " +
          "emulated step, Bn for an emulated code breakpoint, 0x2000 for GD; it is applied when " +
          "queued, except in nested mode.",
        D19:
          "The injection of a #DB clears arch.dr7.GD and runs update_dr7; RFLAGS.RF is set in the " +
          "pushed flags for fault-class exceptions, but never for #DB.",
        D20:
          "A #DB from the emulator (code breakpoint, GD) is fault-like: RIP is not advanced.",
        D21: "INJECT_DB has no payload and leaves DR6 as it is.",
        D22:
          "ICEBP on VMX is known by its event type; RIP is advanced first, and the payload 0 " +
          "clears B0-B3.",
        D23:
          "For a step under STI or MOV SS blocking KVM sets BS in VMX's pending debug exceptions, " +
          "as the entry check demands; since May 2026 for every injected #DB.",
        D24: {
          sentence:
            "In the newest kernel GET_DEBUGREGS and GET_SREGS first deliver a pending payload " +
            "unless KVM_CAP_EXCEPTION_PAYLOAD is on; 6.19.9 did so in GET_VCPU_EVENTS only.",
          kernels: {},
        },
      },
    },
    {
      id: "D.8",
      title: "Instructions that KVM emulates",
      sentence:
        "Code breakpoints and single step are emulated, data and I/O breakpoints are not.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D25:
          "Before decoding, the debugger's execute slots give KVM_EXIT_DEBUG, RF ignored; without " +
          "any the guest's give #DB with payload Bn, if RF=0 and, on Intel, not under MOV SS " +
          "blocking.",
        D26:
          "Data and I/O breakpoints are not emulated: an emulated MMIO or port access hits no " +
          "watchpoint.",
        D27:
          "After an instruction that KVM emulated or skipped with TF set, SINGLESTEP gives " +
          "KVM_EXIT_DEBUG with dr6 0xFFFF4FF0 and the new RIP (4.4: the old one), otherwise #DB " +
          "with payload BS.",
        D28: "An emulated task switch clears 0x155 in dr7.",
      },
    },
    {
      id: "D.9",
      title: "KVM_SET_GUEST_DEBUG",
      sentence:
        "The control flags are ENABLE, SINGLESTEP, USE_SW_BP, USE_HW_BP, INJECT_DB, INJECT_BP and " +
        "BLOCKIRQ; unknown bits are accepted, and debugreg[4] to [6] ignored.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D29:
          "INJECT_* gives EBUSY if an exception is pending, and changes nothing; else it queues. " +
          "Then guest_debug, eff_db and guest_debug_dr7 are set, update_dr7 runs, and RFLAGS is " +
          "written back with or without TF.",
        D30:
          "RFLAGS hides TF under SINGLESTEP, and TF is added only while linear RIP equals " +
          "singlestep_rip: if userspace moves RIP before the run, the guest is not stepped. RF is " +
          "not touched.",
        D31:
          "Under SINGLESTEP VMX clears STI and MOV SS blocking before each entry.",
        D32:
          "BLOCKIRQ holds back new SMIs, NMIs and IRQs; exceptions, and events already injected, " +
          "still go in.",
      },
    },
    {
      id: "D.10",
      title: "KVM_EXIT_DEBUG",
      sentence:
        "#DB: dr6 is qualification | 0xFFFF0FF0 on VMX, the VMCB's on SVM, dr7 the effective one; " +
        "#BP leaves both stale; an emulated step has the new RIP and 0xFFFF4FF0, an emulated code " +
        "breakpoint Bn | 0xFFFF0FF0.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D33:
          "Under USE_HW_BP or SINGLESTEP every #DB goes to userspace, those of the guest's own TF " +
          "too, which must inject them again; arch.dr6 is not changed by such an exit.",
      },
    },
    {
      id: "D.11",
      title: "KVM_GET_DEBUGREGS and KVM_SET_DEBUGREGS",
      sentence:
        "Userspace reads and writes the guest's view: db[4], dr6, dr7 and flags.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {
        D34:
          "GET gives db (never eff_db), dr6 and dr7, with flags and reserved words 0; the newest " +
          "kernel gives EINVAL for a protected guest.",
        D35:
          "SET gives EINVAL for flags not 0 and for bits 63:32 of dr6 or dr7 (since 2016); " +
          "otherwise it stores db, dr6 and dr7 unmasked and runs update_dr0123 and update_dr7.",
      },
    },
    {
      id: "D.12",
      title: "Nested virtualisation",
      sentence:
        "L2's DR7 is vmcs12's under \"load debug controls\", else L1's; a #DB that L1 intercepts " +
        "leaves DR6 alone; VMRUN fails for high bits in vmcb12's DR6 or DR7; L1 gets DR7 = 0x400 " +
        "at the exit.",
      confidence: "source",
      kernels: { since: "5.18" },
      rules: {},
    },
    {
      id: "D.12a",
      title: "Recorded on 7.2",
      sentence:
        "On kvm-amd under USE_HW_BP the guest's own GD waits until the debugger is gone, the " +
        "debugger's GD exits with dr6 0xFFFF2FF0 and dr7 0 at each resume, and the guest's TF on " +
        "an emulated instruction exits.",
      confidence: "recorded",
      kernels: { since: "7.2" },
      rules: {},
    },
    {
      id: "D.13",
      title: "Differences between x86 kernels",
      sentence:
        "Kernels differ in when DR0-DR3 and DR6 are loaded, which copy a read returns, DR4/5, the " +
        "RIP of faults, GD, what a #DB does to DR6, exit data, task switches, reset and what the " +
        "host gets back.",
      confidence: "source",
      rules: {},
    },
    {
      id: "E",
      title: "Host side",
      sentence:
        "The host kernel has its own breakpoints per CPU: cpu_dr7, without bit 10, and " +
        "cpu_debugreg[4].",
      confidence: "source",
      rules: {
        E1:
          "A new host breakpoint takes the first free slot: DRn and cpu_debugreg[n], then cpu_dr7 " +
          "with its nibble, Gn and GE, and only then DR7. Without a free slot it is EBUSY.",
        E2:
          "A host breakpoint is removed from DR7 first and then from cpu_dr7.",
        E3:
          "Host breakpoints are active if cpu_dr7 & 0xAA is not 0: Linux uses global enables " +
          "only.",
        E4:
          "hw_breakpoint_restore writes cpu_debugreg to DR0-DR3, 0xFFFF0FF0 to DR6 (4.4: the " +
          "current task's saved DR6) and cpu_dr7 to DR7.",
        E5:
          "DR7 is cleared before DR0-DR3 are overwritten, so that no mix of addresses and enables " +
          "can fire in the host.",
        E6: {
          sentence:
            "With host breakpoints active DR7 is cleared before entry also if switch_db_regs is " +
            "0, because the code around the entry must not take #DB.",
          kernels: { since: "5.15" },
        },
        E7:
          "A VM exit leaves DR7 = 0x400, so guest breakpoints never fire in the host; only the " +
          "contents of DR0-DR3 are the guest's.",
        E8:
          "After an exit the host's registers are all restored if host breakpoints are active; " +
          "otherwise guest addresses stay in DR0-DR3, harmless with DR7 off.",
        E9:
          "DR0-DR3 thus keep the values of the last vCPU, or with a host breakpoint the host's " +
          "after every exit; an entry with switch_db_regs 0 runs with whatever they hold.",
        E10:
          "Without active host breakpoints the guest's DR6 stayed in the CPU on VMX, where a " +
          "later host #DB saw it; vcpu_put cleared it from 2017, and since 2021 the VMX sync sets " +
          "0xFFFF0FF0.",
        E11:
          "An early nested VMX entry check that fails on hardware leaves DR7 clobbered; KVM " +
          "rewrites cpu_dr7 if host breakpoints are active.",
        E12:
          "KVM does not rely on SEV-ES DebugSwap for the host's DR0-DR3: with host breakpoints " +
          "active it restores them itself.",
        E13:
          "Text patching disables and restores host breakpoints, kgdb restores them and kexec " +
          "disables them.",
      },
    },
    {
      id: "F",
      title: "Bugs over the years",
      sentence: "Mistakes of kernels that a scenario can demonstrate.",
      confidence: "source",
      rules: {
        F1: {
          title: "Missed hardware breakpoints",
          sentence:
            "A native write of DR7 left BP_ENABLED 0, so that DR0-DR3 were not loaded after " +
            "another vCPU had run; fixed by rerunning the update functions after the sync.",
          kernels: { since: "3.15", until: "4.4.155" },
        },
        F2: {
          title: "Workaround applied twice",
          sentence:
            "Stable trees of 2016 applied the workaround again after the fix had removed it: " +
            "RELOAD was set at each vcpu_load, and DR writes topped the profile.",
          kernels: {},
        },
        F3: {
          title: "DR0-DR3 survive reset",
          sentence:
            "Reset cleared db but neither eff_db nor the hardware, so that an old address was " +
            "alive after INIT.",
          kernels: { until: "4.4" },
        },
        F4: {
          title: "INIT drops the debugger's DR7",
          sentence:
            "INIT overwrote the hardware's DR7 and the switch flag: a debugger's breakpoint on " +
            "the start of an AP never hit.",
          kernels: { until: "4.4" },
        },
        F5: {
          title: "DR6 overwritten on #DB",
          sentence:
            "A #DB exit assigned arch.dr6 instead of merging it: the guest lost a BS set before.",
          kernels: { until: "4.4" },
        },
        F6: {
          title: "DR7 mask on task switch",
          sentence:
            "Decimal 55 stood for hexadecimal 0x55: a task switch lost G0 and G2, and L3 " +
            "survived.",
          confidence: "memory",
          kernels: { until: "4.4" },
        },
        F7: {
          title: "Guest DR6 escapes to the host",
          sentence:
            "The guest's DR6 was left in the CPU when KVM was left, and the host's #DB handler " +
            "warned about a stray BS.",
          kernels: {},
        },
        F8: {
          title: "VMCB DR6 not isolated",
          sentence:
            "SVM merged each #DB cause into the VMCB's DR6: the debugger saw old causes, and the " +
            "guest's DR6 was clobbered.",
          kernels: { until: "5.18" },
        },
        F9: {
          title: "Stale DR6 in the inner run loop",
          sentence:
            "A fast-path re-entry loaded arch.dr6 without a sync before it: a guest that had " +
            "written DR6 read the old value afterwards.",
          kernels: { until: "6.14" },
        },
        F10: {
          title: "#DB during #DB",
          sentence:
            "A guest that arranged a #DB during the delivery of #DB kept the CPU in microcode for " +
            "ever; #DB is always intercepted since (CVE-2015-8104).",
          confidence: "memory",
          kernels: { until: "4.4" },
        },
        F11: {
          title: "ICEBP by qualification",
          sentence:
            "An exit qualification of 0 was taken for ICEBP, so that a #DB after MOV SS was " +
            "mishandled; the interruption type is tested since (CVE-2018-1087).",
          confidence: "memory",
          kernels: {},
        },
        F12: {
          title: "High bits in SET_DEBUGREGS",
          sentence:
            "SET_DEBUGREGS took dr6 and dr7 with high bits, and writing them to the CPU gave the " +
            "host #GP; EINVAL since 2016.",
          confidence: "memory",
          kernels: {},
        },
        F13: {
          title: "GD exit without BD",
          sentence:
            "A GD exit to the debugger reported arch.dr6 without BD, so that the cause could not " +
            "be told.",
          kernels: { until: "5.18" },
        },
        F14: {
          title: "Step under STI or MOV SS blocking",
          sentence:
            "A #DB injected again under blocking, with BS not pending, made the VM entry fail; " +
            "pending BS is set since 2022.",
          kernels: {},
        },
        F15: {
          title: "TF wherever flags are reloaded",
          sentence:
            "A debugger's step put TF into whatever flags were loaded and landed in handlers; " +
            "since 2009 only at singlestep_rip.",
          kernels: {},
        },
        F16: {
          title: "IRQ on resume",
          sentence:
            "An IRQ injected when a debugger continued jumped to the handler, hit again for ever " +
            "and left TF on the guest's stack; BLOCKIRQ (5.15) prevents it.",
          kernels: {},
        },
        F17: {
          title: "Internal TF visible",
          sentence:
            "TF and RF that SVM sets to single-step over an NMI were visible and spread to nested " +
            "state; masked in get_rflags since 2017.",
          kernels: {},
        },
        F18: {
          title: "GET_DEBUGREGS leaks",
          sentence:
            "A 32-bit host copied 16 of 32 bytes and left stack bytes in the rest; the structure " +
            "is zeroed first since 2023 (CVE-2023-1513).",
          confidence: "memory",
          kernels: {},
        },
        F19: {
          title: "Emulated breakpoint under MOV SS",
          sentence:
            "The emulator took a code breakpoint on the instruction after MOV SS, which Intel " +
            "suppresses: one #DB too many; the vendor is tested since.",
          kernels: {},
        },
        F20: {
          title: "Host breakpoint in the entry path",
          sentence:
            "A host breakpoint could fire between the switch and the entry, in code that must not " +
            "take #DB; DR7 is cleared first since 2021.",
          kernels: { until: "5.15" },
        },
        F21: {
          title: "Watchpoint on an emulated access",
          sentence:
            "The emulator does not check data breakpoints: a watchpoint on MMIO never hits. No " +
            "kernel corrects it.",
          kernels: {},
        },
        F22: {
          title: "T-flag trap",
          sentence:
            "The trap of a new TSS with T=1 is not emulated: no BT #DB. No kernel corrects it.",
          kernels: {},
        },
        F23: {
          title: "DR6 changed before L1's intercept",
          sentence:
            "DR6 changed before L1 intercepted the #DB, where hardware leaves it alone; since " +
            "2018 the payload is deferred.",
          kernels: {},
        },
        F24: {
          title: "Host DR0-DR3 left to DebugSwap",
          sentence:
            "Relying on DebugSwap could leave the host's DR0-DR3 zero, as a guest may lie about " +
            "the feature; since 2025 they are always restored.",
          kernels: {},
        },
        F25: {
          title: "Step over an instruction that exits",
          sentence:
            "Skipping an instruction only moved RIP, so a step over CPUID came one instruction " +
            "late; the common helper tests TF since about 4.10.",
          confidence: "memory",
          kernels: {},
        },
        F26: {
          title: "Step check after a fault",
          sentence:
            "The emulator checked for a step even if the instruction had faulted: a #DB with BS " +
            "too many; only after success in 6.1.",
          kernels: { since: "4.4", until: "6.1" },
        },
        F27: {
          title: "The same errors elsewhere",
          sentence:
            "Other hypervisors lost breakpoints while MOV DR exits, left GD set, did not alias " +
            "DR4 and DR5, reloaded DRs only on update, or failed the entry when stepping over " +
            "STI.",
          kernels: {},
        },
      },
    },
    {
      id: "G",
      title: "Scenarios",
      sentence:
        "Cases to run, from the KVM selftest, from kvm-unit-tests and from the rules themselves.",
      confidence: "source",
      rules: {},
    },
    {
      id: "G.1",
      title: "KVM selftest: the host debugs the guest",
      sentence:
        "Software and hardware breakpoints, watchpoints, steps and general detect, each ending in " +
        "KVM_EXIT_DEBUG.",
      confidence: "source",
      rules: {
        S1: "USE_SW_BP: INT3 exits with exception 3 and pc at the INT3.",
        S2:
          "USE_HW_BP, slot i on a nop: exception 1, pc at the nop, dr6 = 0xFFFF0FF0 | 1<<i with " +
          "that one bit only.",
        S3:
          "USE_HW_BP, slot i watching a store of 4 bytes: pc after the store, dr6 = 0xFFFF0FF0 | " +
          "1<<i.",
        S4:
          "SINGLESTEP and BLOCKIRQ with an IRQ pending: each exit has the next instruction's pc " +
          "and dr6 0xFFFF4FF0, over emulated instructions too, and no IRQ is taken.",
        S5:
          "USE_HW_BP with GD in DR7: a guest read of DR0 exits with pc at the MOV and dr6 " +
          "0xFFFF2FF0.",
        S6: "With control 0 the guest runs to its end.",
      },
    },
    {
      id: "G.2",
      title: "kvm-unit-tests: the guest debugs itself",
      sentence:
        "Aliases, execute and data breakpoints, steps, shadows, general detect and ICEBP, native " +
        "and emulated.",
      confidence: "source",
      rules: {
        U1:
          "With DE=0, after a write of 0 through DR4 and of 0xFFFF4FF2 to DR6, DR4 reads " +
          "0xFFFF4FF2 without #UD.",
        U2: "With DE=1 a read of DR4 gives #UD.",
        U3:
          "An execute breakpoint in DR2 gives one #DB with RIP at it and DR6 = 0xFFFF0FF4; the " +
          "handler sets RF.",
        U4:
          "With 0x4002 written to DR6 before, the same hit gives 0xFFFF4FF4: B1 cleared, BS kept.",
        U5:
          "With TF set there is a #DB at each boundary, one instruction after TF was set, with " +
          "DR6 = 0xFFFF4FF0.",
        U6:
          "With CPUID and IN between native instructions TF gives a #DB at each of them too, 7 in " +
          "all, in kernel and user mode.",
        U7:
          "If POPF sets TF and STI follows, the first #DB comes right after the STI, 4 in all.",
        U8:
          "If POPF sets TF and MOV SS and AND follow, the first #DB comes after the AND, 3 in " +
          "all.",
        U9:
          "TF, MOV SS, ICEBP, ICEBP give 5 #DBs: two with DR6 = 0xFFFF0FF0 and RIP after each " +
          "ICEBP, then three steps.",
        U10:
          "With GD, TF and MOV SS before a MOV to DR6, the first #DB has BD alone (0xFFFF2FF0) at " +
          "the MOV and clears GD; the MOV runs again, then steps follow.",
        U11:
          "TF over STI and HLT with a timer gives step #DBs, and the guest wakes as usual.",
        U12:
          "A write watchpoint in DR1 with BS set in DR6 gives #DB after the store with DR6 = " +
          "0xFFFF4FF2.",
        U13:
          "A write watchpoint in DR1 with DR6 written as 0 gives #DB after the store with DR6 = " +
          "0xFFFF0FF2.",
        U14: "ICEBP alone gives DR6 = 0xFFFF0FF0 and the RIP after it.",
        U15:
          "A MOV SS that reads a watched variable, then a prefixed ICEBP, runs the handler " +
          "exactly once.",
        U16:
          "A MOV SS that reads a watched variable, then INT 1 (CD 01), runs the handler twice.",
        U17:
          "A MOV SS that reads a watched variable, then INT3, gives one #DB and one #BP, the #BP " +
          "with the RIP after the INT3.",
        U18:
          "A split-lock access with the features off gives neither #AC nor #DB.",
        U19:
          "A code breakpoint on the instruction after MOV SS or POP SS gives no #DB on Intel and " +
          "one on AMD, native or emulated.",
        U20:
          "An emulated write of 0 to DR6 reads back as 0xFFFF0FF0, less the RTM bit for a guest " +
          "with RTM and the BLD bit for one with bus lock detect.",
        U21:
          "Nested VMX: when L1 intercepts the #DB of a stepped nop, the exit qualification is " +
          "0x4000 alone, DR6 is unchanged and nothing is pending.",
        U22:
          "Nested VMX: the same step with 0x5001 pending in a MOV SS shadow gives exit " +
          "qualification 0x4001.",
        U23:
          "Nested VMX: with load and save debug controls L2 reads vmcs12's DR7 and its write " +
          "lands there; without, L2 reads L1's and vmcs12 is unchanged; L1 reads 0x400 after the " +
          "exit.",
        U24:
          "Nested SVM: any of bits 63:32 in vmcb12's DR6 or DR7 makes VMRUN fail.",
        U25:
          "Nested SVM: with all DR intercepts on, each access of L2 to DR0-DR7 exits once, with " +
          "code 0x20+n or 0x30+n.",
      },
    },
    {
      id: "G.3",
      title: "Further x86 scenarios",
      sentence: "Cases that follow from the rules, across kernels.",
      confidence: "derived",
      rules: {
        "G.3.1":
          "The interleaving of the miss: missed under 4.4.1, hit with the workaround and with the " +
          "fix, which differ in DR writes.",
        "G.3.2":
          "With a host breakpoint on that CPU the workaround misses, and the fix hits.",
        "G.3.3":
          "After the miss a guest read of DR6 has eff_db loaded, and the breakpoint works again.",
        "G.3.4":
          "Eight DR writes in a row cost one exit since 3.15, and eight on VMX in 2008.",
        "G.3.5":
          "Under ENABLE and USE_SW_BP lazy mode is off, and eight DR writes cost eight exits.",
        "G.3.6":
          "Under USE_HW_BP the guest reads back the DR0 and DR7 that it writes and its breakpoint " +
          "does not fire; once USE_HW_BP is dropped, it does.",
        "G.3.7":
          "On SVM of 2008 under USE_HW_BP the guest reads the host's DR7.",
        "G.3.8":
          "A task switch turns DR7 0x4FF into 0x4C8 in 2008 and 0x4AA later, 0x401 into 0x400 in " +
          "both, 0x440 into 0x440 in 2008 and 0x400 later.",
        "G.3.9":
          "DR7 armed after a reset, with DR0 not written, hits the old address in 2008 and " +
          "address 0 later.",
        "G.3.10":
          "A MOV to DR7 with bit 32 set gives #GP with the RIP of the next instruction in 2008, " +
          "of the MOV later.",
        "G.3.11":
          "A host breakpoint survives a guest that uses all four slots: after the exit DR0-DR3 " +
          "equal cpu_debugreg.",
        "G.3.12": "A second INJECT_DB without a run between them gives EBUSY.",
        "G.3.13":
          "If userspace moves RIP after asking for a step, TF is not set and the guest runs free.",
        "G.3.14":
          "After a hit the guest writes 0xFFFF0FF0 to DR6 and takes a fast-path exit: on 6.1 DR6 " +
          "reads the old value, on the newest kernel what was written.",
        "G.3.15":
          "Two debugger hits on SVM, DR0 then DR1, leave 3 in the low bits of the VMCB's DR6 in " +
          "4.4, and only the new bit in 6.1.",
      },
    },
    {
      id: "G.4",
      title: "Worked values",
      sentence:
        "DR7 values with their meaning, values through set_dr, the payload rule, task-switch " +
        "masks and data ranges, each worked out by hand.",
      confidence: "derived",
      rules: {},
    },
    {
      id: "H",
      title: "Uncertain points",
      sentence: "What was not verified.",
      confidence: "source",
      rules: {
        "H.1":
          "SVM is taken to test DR7.GD before a DR intercept, because KVM's code has relied on " +
          "that since 2008.",
        "H.2": {
          sentence:
            "The 4.4.y trees of 2016 and 4.10 to 5.14 were not read, nor 4.5.0; the release " +
            "numbers 3.15 and 5.15 are from memory.",
          confidence: "memory",
        },
        "H.3": {
          sentence:
            "What the fix of 2016 and the removal of RELOAD do was read in code; the wording of " +
            "their messages is from memory.",
          confidence: "memory",
        },
        "H.4":
          "In which release each fix of 2020 to 2022 appeared first is only known between 4.9, " +
          "5.18 and 6.1.",
        "H.5": {
          sentence:
            "CVE numbers and years of known bugs that are marked as from memory were not found in " +
            "texts.",
          confidence: "memory",
        },
        "H.6":
          "The newest vendor code was not read: whether it still applies a payload when queued is " +
          "not known.",
        "H.7": {
          sentence:
            "B0-B3 may be set for a slot that matches but is disabled; the manual allows it and " +
            "does not require it.",
          confidence: "architecture",
        },
        "H.8":
          "That ICEBP clears B0-B3 is KVM on VMX, by a payload of 0; hardware that leaves DR6 " +
          "alone differs only if B bits were set before.",
      },
    },
  ];
}
