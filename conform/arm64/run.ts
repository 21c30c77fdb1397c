/**
 * What a run on arm64 did, beside what the kernel did.
 *
 * @module
 */
import type { Event, ExceptionEvent } from "../../engine/mod.ts";
import type { GuestRun } from "../architecture.ts";
import { ruleOfReturn } from "../causes.ts";
import type { Comparison } from "../difference.ts";
import { compareResult } from "../ioctl_result.ts";
import { compareOccurrences, earliest, EINTR, NO_EXIT } from "../run.ts";
import type { StepReader } from "../step_reader.ts";
import type { Program } from "./program.ts";
import { isFirstTouch } from "./stage2_faults.ts";

/** The exception class of MRS and MSR, and Rt of its syndrome. */
const SYSTEM_REGISTER = 0x18n;
const RT = 0x3e0n;

/** PSTATE.N, Z, C and V. */
const CONDITION_FLAGS = 0xf000_0000n;

/** Compares exits, exceptions, entries and the state in which KVM_RUN returned. */
export function compareRun(
  reader: StepReader,
  comparison: Comparison,
  program: Program,
  indexOf: (pc: bigint) => number,
  { events, result }: GuestRun,
): void {
  compareExits(reader, comparison, program, indexOf, events);
  compareExceptions(reader, comparison, indexOf, events);
  compareReturn(reader, comparison, indexOf, { events, result });
  compareEntries(reader, comparison, events);
}

function compareExits(
  reader: StepReader,
  comparison: Comparison,
  program: Program,
  indexOf: (pc: bigint) => number,
  events: readonly Event[],
): void {
  const recorded = reader.list("kvm_exits").filter((exit) =>
    !isFirstTouch(exit, program)
  );
  compareOccurrences(
    comparison,
    "kvm_exits",
    recorded.map((exit) => ({ at: exit.number("at"), kind: exit.text("ec") })),
    events.flatMap((event) =>
      event.kind === "exit" && event.ec >= 0
        ? [{
          at: indexOf(event.pc),
          kind: hex(event.ec),
          rule: event.rule,
        }]
        : []
    ),
  );
}

function compareExceptions(
  reader: StepReader,
  comparison: Comparison,
  indexOf: (pc: bigint) => number,
  events: readonly Event[],
): void {
  const recorded = reader.list("guest_exceptions");
  const taken = events.filter((event) => event.kind === "exception");
  const agreed = compareOccurrences(
    comparison,
    "guest_exceptions",
    recorded.map((one) => ({ at: one.number("at"), kind: one.text("ec") })),
    taken.map((event) => ({
      at: indexOf(event.values.elr) - exceptionOffset(event),
      kind: exceptionKind(event),
      rule: event.rule,
    })),
  );
  for (const [index, one] of recorded.slice(0, agreed).entries()) {
    const isInterrupt = one.text("ec") === INTERRUPT_KIND;
    const names = isInterrupt ? ["intid"] : ["esr", "far"];
    for (const name of [...names, "elr", "spsr"]) {
      const kept = name === "esr" ? syndromeKept(one.value(name)) : ~0n;
      comparison.value(
        `guest_exceptions[${index}].${name}`,
        one.value(name) & kept,
        masked(taken[index].values[name], kept),
        { at: earliest(one.number("at")), rule: taken[index].rule },
      );
    }
  }
}

/** The bits of a value that are compared; undefined where an exit or an exception has no such value. */
function masked(value: bigint | undefined, kept: bigint): bigint | undefined {
  return value === undefined ? undefined : value & kept;
}

/**
 * The bits of a syndrome that are compared. The general-purpose register of an MRS or MSR is the recorder's choice; the
 * immediate forms, of op0 0, have none.
 */
function syndromeKept(esr: bigint): bigint {
  const isRegister = esr >> 26n === SYSTEM_REGISTER && (esr >> 20n & 3n) !== 0n;
  return isRegister ? ~RT : ~0n;
}

/** What recordings have for an interrupt in the place of the exception class, which has six bits. */
const INTERRUPT_KIND = "0x100";

/** An exception's class, as recordings write it. */
export function exceptionKind({ exception, values }: ExceptionEvent): string {
  return exception === "interrupt" ? INTERRUPT_KIND : hex(values.ec);
}

/** ELR of an SVC is the instruction after it; the recordings give the SVC itself. */
function exceptionOffset({ exception }: ExceptionEvent): number {
  return exception === "svc" ? 1 : 0;
}

/** MDCR_EL2 and MDSCR_EL1 at the entries; equal ones in a row are recorded once. */
function compareEntries(
  reader: StepReader,
  comparison: Comparison,
  events: readonly Event[],
): void {
  // Newer kernels do not trace it.
  if (!reader.has("entry_hw")) return;
  const modelled: string[] = [];
  for (const event of events) {
    if (event.kind !== "enter") continue;
    const { mdcr_el2: mdcr, mdscr_el1: mdscr } = event.values;
    const entry = `${hex(mdcr)}/${hex(mdscr)}`;
    if (modelled.at(-1) !== entry) modelled.push(entry);
  }
  comparison.text(
    "entry_hw (mdcr_el2/mdscr_el1)",
    reader.list("entry_hw").map((entry) =>
      `${entry.text("mdcr_el2")}/${entry.text("mdscr_el1")}`
    ).join(" "),
    modelled.join(" "),
  );
}

function compareReturn(
  reader: StepReader,
  comparison: Comparison,
  indexOf: (pc: bigint) => number,
  { events, result }: GuestRun,
): void {
  const { pc, errno = 0n } = result.values;
  const recordedAt = reader.number("at");
  if (result.exit === "preempted") {
    const isEnded = reader.number("ret") === -EINTR;
    const exit = isEnded ? NO_EXIT : reader.text("exit");
    comparison.text("exit", exit, NO_EXIT, { at: earliest(recordedAt) });
    return;
  }
  compareResult(comparison, reader, -Number(errno));
  const known = {
    at: earliest(recordedAt, indexOf(pc)),
    rule: ruleOfReturn(events),
  };
  const exit = result.exit.toUpperCase();
  const isSame = comparison.text("exit", reader.text("exit"), exit, known);
  if (result.exit === "error") return;
  comparison.text("at", `${recordedAt}`, `${indexOf(pc)}`, known);
  // Different exits have different data.
  if (!isSame) return;
  comparison.value("pc", reader.value("pc"), pc, known);
  for (const name of ["pstate", "hsr", "far", "mmio"]) {
    if (!reader.has(name)) continue;
    const kept = name === "pstate" ? pstateKept(recordedAt) : ~0n;
    comparison.value(
      name,
      reader.value(name) & kept,
      masked(result.values[name], kept),
      known,
    );
  }
}

/**
 * The bits of PSTATE that are compared at an op. Outside the program is the guest's handler, whose comparisons leave
 * flags.
 */
function pstateKept(at: number): bigint {
  return at < 0 ? ~CONDITION_FLAGS : ~0n;
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
