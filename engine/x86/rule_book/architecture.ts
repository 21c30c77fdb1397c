/**
 * Rules of the architecture: registers, matching, faults and traps, and what the virtualization hardware does. A data
 * table, longer than a file of code should be.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import {
  apm,
  by,
  kvm,
  minimal,
  recording,
  sdm,
  source,
  together,
  unitTest,
} from "./sources.ts";

/** The sections of the architecture. */
export function architectureSections(): readonly RuleSection[] {
  return [
    {
      id: "A",
      title: "Architecture",
      sentence:
        "DR0-DR7, what matches and when, which conditions are faults and which are traps, and what VMX and SVM do with " +
        "the registers.",
      confidence: "architecture",
      source: together(sdm("3B", "17.2", "17.3"), apm("13.1")),
      rules: {},
    },
    {
      id: "A/1",
      title: "Debug registers",
      sentence:
        "DR0-DR3 take any 64-bit address. DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE=1. MOV DR gives #GP(0) at CPL " +
        "above 0 and for bits 63:32 of DR6 or DR7. Reset: DR6 0xFFFF0FF0, DR7 0x400, others 0.",
      confidence: "architecture",
      source: together(
        sdm("3A", "9.1.1"),
        sdm("3B", "17.2", "17.2.1", "17.2.2", "17.2.6"),
        apm("13.1.1", "13.1.1.1", "13.1.1.2"),
      ),
      rules: {},
    },
    {
      id: "A/2",
      title: "DR7",
      sentence:
        "Ln or Gn enables slot n. R/Wn is execute, write, I/O (with CR4.DE=1) or access; LENn is 1, 2, 8 or 4 bytes. GD is " +
        "bit 13 and RTM bit 11, 0 on AMD. Bit 10 reads as 1; bits 12, 14, 15 and 63:32 are 0.",
      confidence: "architecture",
      source: together(sdm("3B", "17.2.4", "17.3.3"), apm("13.1.1.4")),
      rules: {},
    },
    {
      id: "A/3",
      title: "DR6",
      sentence:
        "B0-B3, BD, BS and BT are 1 on a hit; BLD (bit 11) and RTM (bit 16) are 0 on one. A #DB sets the bits of its causes " +
        "and clears the other B0-B3, which the SDM leaves open. Only software clears BD, BS and BT.",
      confidence: "architecture",
      source: together(sdm("3B", "17.2.3"), apm("13.1.1.3", "13.1.3.6")),
      rules: {},
    },
    {
      id: "A/4",
      title: "Matching",
      sentence:
        "A slot compares the first byte of an instruction, the bytes of a data access, or an I/O port. All conditions met " +
        "at one instruction boundary raise one #DB.",
      confidence: "architecture",
      source: together(sdm("3B", "17.2.5", "17.3.1"), apm("13.1.2")),
      rules: {
        A1: {
          sentence:
            "An execute breakpoint (LEN 00) matches the linear address of an instruction's first byte, prefixes included, " +
            "if RFLAGS.RF is 0. It is a fault and pushes RF as 0. RF is cleared after one instruction.",
          source: together(
            sdm("3B", "17.2.5", "17.3.1.1"),
            apm("13.1.3.1"),
            recording("guest-exec-bp-rf"),
          ),
        },
        A2: {
          sentence:
            "A data breakpoint matches if any byte of the access lies in its LEN bytes; the CPU aligns the address to LEN. " +
            "It is a trap after the instruction, or after the matching iteration of REP.",
          source: together(
            sdm("3B", "17.2.5", "17.3.1.2"),
            apm("13.1.2", "13.1.3.2"),
          ),
        },
        A3: {
          sentence:
            "An I/O breakpoint matches port numbers as a data breakpoint matches addresses, but only with CR4.DE=1. It is a " +
            "trap after the IN or OUT.",
          source: together(sdm("3B", "17.2.4", "17.3.1.2"), apm("13.1.3.3")),
        },
        A4: {
          sentence:
            "Several conditions met at one instruction boundary make one #DB with all their bits in DR6.",
          source: together(
            sdm("3B", "17.2.3"),
            source(
              "review of the series, December 2025",
              "Re: KVM: x86: Consolidate KVM_GUESTDBG_SINGLESTEP check into the kvm_inject_emulated_db() [PATCH 4/7]",
            ),
          ),
        },
      },
    },
    {
      id: "A/5",
      title: "Fault or trap",
      sentence:
        "Execute breakpoints and general detect are faults. Data, I/O, step and task-switch conditions are traps. ICEBP " +
        "and INT3 report the RIP after them. INT 1 is a software interrupt that leaves DR6 and GD unchanged.",
      confidence: "architecture",
      source: together(
        sdm("3B", "17.3.1", "17.3.2"),
        apm("13.1.3", "15.7.2"),
        recording("guest-int-1"),
      ),
      rules: {
        A5: {
          sentence:
            "With DR7.GD=1 a MOV to or from a DR faults with BD=1, and the CPU clears GD on entry to the handler. The order " +
            "is #UD (DR4/5 with DE), #GP (CPL), #DB (GD), #GP (reserved bits of the value).",
          source: together(
            sdm("3B", "17.2.4", "17.3.1.3"),
            apm("13.1.1.4", "13.1.3.5"),
            recording("dr45-ud-vs-gp-vs-gd-priority"),
          ),
        },
        A6: {
          sentence:
            "The instruction that sets TF does not trap, the next one does. An exception saves RFLAGS with TF on the stack and " +
            "clears TF while the handler runs; IRET restores it. The STI shadow does not delay the trap.",
          source: together(
            sdm("3B", "17.3.1.4"),
            apm("13.1.4"),
            unitTest("debug.c: singlestep_with_sti_blocking()"),
          ),
        },
        A7: {
          sentence:
            "Data and step traps of MOV SS and POP SS are held for one more instruction and then delivered together. An " +
            "execute breakpoint on that instruction is suppressed on Intel, not on AMD.",
          source: together(
            sdm("3A", "6.8.3"),
            sdm("3B", "17.3.1.1"),
            unitTest(
              "debug.c: singlestep_with_movss_blocking()",
              "emulator.c: test_mov_pop_ss_code_db()",
            ),
          ),
        },
        A8: {
          sentence:
            "A hardware task switch clears L0-L3 and LE (mask 0x155), and raises a trap with BT if the new TSS has T=1.",
          source: together(
            sdm("3B", "17.2.4", "17.3.1.5"),
            apm("13.1.1.4", "13.1.3.4"),
            kvm("4.2.8 to 7.1.5", "emulate.c: emulator_do_task_switch()"),
          ),
        },
        A9: {
          sentence:
            "At a boundary the order is: T-flag trap, SMI and INIT, traps of the previous instruction, NMI, IRQ, execute " +
            "breakpoint of the next instruction, then its fetch, decode and execution faults. GD is one of the last.",
          source: sdm("3A", "6.9"),
        },
        A10: {
          sentence:
            "PUSHF stores RF and VM as 0, whatever they are. TF is stored as it really is, also if a debugger set it.",
          source: {
            where: ["Intel SDM vol. 2B 4.3"],
            read: "PUSHF in SDM 253667",
          },
        },
        A11: {
          sentence:
            "STI sets RFLAGS.IF, CLI clears it; above IOPL they raise #GP(0). An STI that finds IF at 0 blocks maskable interrupts for " +
            "one more instruction. Exceptions and execute breakpoints are not blocked.",
          source: together(
            {
              where: ["Intel SDM vol. 2B 4.3"],
              read: "STI in SDM 253667",
            },
            sdm("3C", "24.4.2"),
          ),
        },
        A12: {
          sentence:
            "IRET pops RFLAGS with RF, which holds for the instruction that it returns to. The IRET that sets TF does not trap, " +
            "the next instruction does. It ends the blocking by NMI.",
          source: together(
            {
              where: ["Intel SDM vol. 2A 3.2"],
              read: "IRET in SDM 253666-024",
            },
            sdm("3B", "17.3.1.1"),
            sdm("3C", "24.4.2"),
          ),
        },
        A13: {
          sentence:
            "INT n pushes the RIP after it and no error code, and RFLAGS with TF as it is. A handler's gate is checked against CPL: " +
            "#GP(n*8+2). An interrupt gate clears TF, IF, NT, RF and VM.",
          source: {
            where: ["Intel SDM vol. 2A 3.2"],
            read: "INT n in SDM 253666-024",
          },
        },
        A14: {
          sentence:
            "VMCALL and VMMCALL always exit to a hypervisor that has them intercepted, at every CPL. Without one they raise #UD.",
          source: together(
            {
              where: ["Intel SDM vol. 2B 5.3"],
              read: "VMCALL in SDM 253667",
            },
            apm("15.9"),
          ),
        },
        A15: {
          sentence:
            "An interrupt is taken between two instructions if RFLAGS.IF is 1 and neither STI nor MOV SS blocks it, an NMI unless one is " +
            "being handled; IRET ends that. They push the next RIP, and RFLAGS with TF and RF as they are.",
          source: sdm("3C", "24.4.2", "26.6.1"),
        },
        A16: {
          sentence:
            "A fault that is no #DB pushes RF as 1. INT3 and INT n push it as 0. Every #DB pushes it as it is, also general detect's, " +
            "whatever the manuals say; so does an interrupt between two instructions.",
          source: by(
            together(
              sdm("3B", "17.3.1.1"),
              source("master of Bochs", "bochs/cpu/exception.cc: exception()"),
              source(
                "master of QEMU",
                "qemu/target/i386/tcg/seg_helper.c: exception_is_fault()",
              ),
            ),
            COMMITS.faultLike,
          ),
        },
        A17: {
          sentence:
            "IN, OUT, INS and OUTS above IOPL raise #GP(0) unless the TSS has a map of ports that allows it, and HLT above CPL 0 does: " +
            "before an intercept. The model's guest has no such map.",
          confidence: "recorded",
          source: recording("stock/cpl3-instructions"),
        },
      },
    },
    {
      id: "A/6",
      title: "What the virtualization hardware does",
      sentence:
        "VMX and SVM switch DR7 but not DR0-DR3. SVM switches DR6 too, and updates it before a #DB exit. VMX has one " +
        "physical DR6, which a #DB exit leaves unchanged: the exit qualification has the cause.",
      confidence: "architecture",
      source: together(
        sdm("3C", "25.1.3", "26.3.2.1", "27.1", "27.2.1", "27.5.1"),
        apm("15.5.1", "15.6", "15.9", "15.12.2"),
      ),
      rules: {
        "A/6.1": {
          sentence:
            "MOV-DR exiting makes every MOV DR exit on VMX, before the CPU looks at CPL, DE or GD. On SVM each DR access has an " +
            "intercept, which comes after these checks. Writes of CR4 can be intercepted too.",
          source: together(sdm("3C", "25.1.3"), apm("15.9")),
        },
        "A/6.2": {
          sentence:
            "No VM entry succeeds with bits 63:32 of DR7 set: VMX fails with invalid guest state, VMRUN with VMEXIT_INVALID. RIP " +
            "and the debug registers in the VMCS or VMCB stay as they are.",
          source: together(
            sdm("3C", "26.3.1.1"),
            apm("15.5.1"),
            minimal("intel-6.1", "entry-dr7-high"),
          ),
        },
        "A/6.3": {
          sentence:
            "A VMX exit that INT3 or INT1 (opcode F1) causes directly saves RFLAGS as it would have been pushed: RF is 0, also " +
            "where the handler of an execute breakpoint had set it.",
          source: together(
            sdm("3C", "27.3.3"),
            minimal("intel-6.1", "rf-icebp", "rf-int3-exit"),
          ),
        },
        "A/6.4": {
          sentence:
            "Under blocking by STI or MOV SS, the VMX entry fails if TF is 1 and BS is not pending; under blocking by STI also if IF " +
            "is 0. SVM has no such checks.",
          source: sdm("3C", "26.3.1.5"),
        },
        "A/6.5": {
          sentence:
            "With interrupt-window exiting VMX leaves the guest before an instruction if IF is 1 and neither STI nor MOV SS blocks; with " +
            "NMI-window exiting if neither MOV SS nor NMIs do. SVM has an intercept of virtual interrupts.",
          source: together(sdm("3C", "25.2"), apm("15.21.4")),
        },
        "A/6.6": {
          sentence:
            "An access whose guest-physical address EPT or nested paging does not allow exits before it is done, so that it " +
            "hits no data breakpoint. VMX saves RF as 1.",
          source: together(
            sdm("3C", "27.3.3", "28.2.3"),
            source("from memory", "AMD APM vol. 2 15.25.6"),
          ),
        },
        "A/6.7": {
          sentence:
            "IN and OUT exit before the access if the port is in the I/O bitmap, or VMX has unconditional I/O exiting. They hit " +
            "no I/O breakpoint then. VMX saves RF as 0.",
          source: together(
            sdm("3C", "25.1.3", "27.3.3"),
            source("from memory", "AMD APM vol. 2 15.10"),
          ),
        },
        "A/6.8": {
          sentence:
            "VMX loads the guest's DEBUGCTL at entry, saves it at exit, and leaves 0. SVM loads and saves it, and restores the host's, " +
            "only where LBR virtualization is on; elsewhere the guest runs with the value that the CPU holds.",
          source: together(
            sdm("3C", "26.3.2.1", "27.3.1", "27.5.1"),
            source("from memory", "AMD APM vol. 2 15.23"),
          ),
        },
        "A/6.9": {
          sentence:
            "RDMSR and WRMSR exit as the MSR bitmap says, after a #GP(0) for the privilege level.",
          source: together(sdm("3C", "25.1.1", "25.1.3"), apm("15.11")),
        },
        "A/6.10": {
          sentence:
            "VMRUN and #VMEXIT of an SEV-ES guest load and save DR6 and DR7 in the encrypted save area. With DebugSwap DR0-DR3 too, and " +
            "#VMEXIT loads the host's from the host save area, where VMRUN saves none.",
          source: by(apm("15.35.8"), COMMITS.debugSwap),
        },
      },
    },
  ];
}
