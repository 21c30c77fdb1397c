/**
 * Rules of string instructions with REP. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { kvm, recording, sdm, source, together } from "./sources.ts";

/** The emulator, as it was read. */
const EMULATOR = kvm(
  "3.6, 4.19.y and 6.12",
  "emulate.c: x86_emulate_insn()",
  "emulate.c: pio_in_emulated()",
);

/** REP in the manual of instructions. */
const REP = {
  where: ["Intel SDM vol. 2B 4.3"],
  read: "REP in SDM 253667, from memory",
} as const;

/** The sections. */
export function stringSections(): readonly RuleSection[] {
  return [
    {
      id: "A/7",
      title: "String instructions with REP",
      sentence:
        "MOVS, STOS, INS and OUTS with REP repeat RCX times. Between two iterations RIP is that of the instruction, RCX counts those " +
        "that are left, and traps and interrupts are taken. With RCX at 0 nothing is accessed.",
      confidence: "architecture",
      source: together(sdm("3B", "17.3.1.1", "17.3.1.2"), REP),
      rules: {
        "A/7.1": {
          sentence:
            "A data breakpoint or I/O breakpoint that an iteration matches is a trap after that iteration, with the RIP of the " +
            "instruction unless it was the last. P6 reports those of REP MOVS and STOS an iteration late.",
          source: together(
            sdm("3B", "17.3.1.2"),
            recording(
              "intel-6.1/rep-movs-watch",
              "intel-6.1/rep-movs-watch-last",
            ),
          ),
        },
        "A/7.2": {
          sentence:
            "RF is pushed as 1 by a trap or an interrupt after any iteration but the last, so that an execute breakpoint on the " +
            "instruction does not hit again. A VM exit there saves it the same.",
          source: sdm("3B", "17.3.1.1"),
        },
        "A/7.3": {
          sentence: "With TF there is a single-step trap after each iteration.",
          source: together(
            sdm("3B", "17.3.1.4"),
            REP,
            recording("intel-6.1/rep-stos-tf"),
          ),
        },
        "A/7.4": {
          sentence:
            "INS and OUTS exit before each iteration, as IN and OUT do, and neither their port nor their memory hits a breakpoint then. " +
            "With RCX at 0 they do not exit.",
          source: together(
            sdm("3C", "25.1.3"),
            source("from memory", "AMD APM vol. 2 15.10"),
          ),
        },
      },
    },
    {
      id: "D/15",
      title: "String instructions in the emulator",
      sentence:
        "INS and OUTS, and MOVS and STOS where nothing answers, go to the emulator. It compares no data breakpoints, and moves RIP only " +
        "where RCX is 0 before an iteration, which is left to the guest.",
      confidence: "source",
      kernels: { since: "3.6" },
      source: EMULATOR,
      rules: {
        "D/15.1": {
          sentence:
            "REP INS is one KVM_EXIT_IO for as many items as are left, as fit in the page of the destination and in 1024 bytes. They " +
            "are stored at the next KVM_RUN, with RCX less by their number; then the guest is entered.",
          source: together(
            EMULATOR,
            recording("intel-6.1/rep-ins-watch", "intel-6.1/rep-ins-step"),
          ),
        },
        "D/15.2": {
          sentence:
            "REP OUTS is a KVM_EXIT_IO for each item, with RCX already less and RIP at the instruction. The next KVM_RUN enters the " +
            "guest without a look for a step.",
          source: together(
            kvm("4.19.y, 6.1 and 7.1", "x86.c: x86_emulate_instruction()"),
            recording("intel-6.1/rep-outs", "intel-6.1/rep-outs-step"),
          ),
        },
        "D/15.3": {
          sentence:
            "REP MOVS and REP STOS are a KVM_EXIT_MMIO for each access where nothing answers. A store ends the emulator's work as with " +
            "OUTS. After a load it goes on with the next, until RCX is a multiple of 1024.",
          source: together(
            EMULATOR,
            kvm("4.19.y, 6.1 and 7.1", "x86.c: complete_emulated_mmio()"),
            recording("intel-6.1/rep-stos-mmio", "intel-6.1/rep-movs-mmio"),
          ),
        },
        "D/15.4": {
          sentence:
            "The emulator sets RF in the flags while iterations are left. A step is due when it goes back to the guest, once for all that " +
            "it did, and not when it goes to userspace.",
          source: together(
            EMULATOR,
            kvm("4.19.y, 6.1 and 7.1", "x86.c: x86_emulate_instruction()"),
          ),
        },
        "D/15.5": {
          sentence:
            "On VMX an execute breakpoint of the guest's on INS or OUTS hits for ever: the exit saves RF as 0, so that the emulator finds " +
            "the breakpoint that the handler has set RF for.",
          confidence: "recorded",
          source: together(
            sdm("3C", "27.3.3"),
            kvm(
              "6.1 and 7.1",
              "x86.c: kvm_vcpu_check_code_breakpoint()",
            ),
            recording("intel-6.1/rep-outs-exec"),
          ),
        },
      },
    },
  ];
}
