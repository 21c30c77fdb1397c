/**
 * What a run on x86 did, beside what the kernel did.
 *
 * @module
 */
import type { Event, RunResult } from "../../engine/mod.ts";
import type { GuestRun, Stage } from "../architecture.ts";
import type { Comparison } from "../difference.ts";
import { ruleOfReturn, ruleOfValue } from "../causes.ts";
import { differingFields } from "../fields.ts";
import { registerOf } from "../operands.ts";
import { compareOccurrences, earliest, EINTR, NO_EXIT } from "../run.ts";
import type { StepReader } from "../step_reader.ts";
import { isWindow, WINDOW_EXIT } from "./windows.ts";

/** OF, SF, ZF, AF, PF and CF. */
const ARITHMETIC_FLAGS = 0x8d5n;

/** A run and what it is compared with. */
export interface RunComparison {
  readonly stage: Stage;
  readonly v: number;
  readonly reader: StepReader;
  readonly comparison: Comparison;
  /** Index of the op that contains an address: -1 outside the program. */
  indexOf(pc: bigint): number;
}

/** Compares exceptions and the state in which KVM_RUN returned. */
export function compareRun(
  run: RunComparison,
  { events, result }: GuestRun,
): void {
  compareExceptions(run, events);
  compareReturn(run, { events, result });
}

function compareExceptions(
  { stage, reader, comparison, indexOf }: RunComparison,
  events: readonly Event[],
): void {
  const recorded = reader.list("guest_exceptions");
  const taken = events.filter((event) => event.kind === "exception");
  const agreed = compareOccurrences(
    comparison,
    "guest_exceptions",
    recorded.map((one) => ({
      at: one.number("at"),
      kind: `${one.number("vector")}`,
    })),
    taken.map(({ values, rule }) => ({
      at: indexOf(values.rip),
      kind: `${values.vector}`,
      rule,
    })),
  );
  for (const [i, one] of recorded.slice(0, agreed).entries()) {
    const { values } = taken[i];
    const before = events.slice(0, events.indexOf(taken[i]));
    const at = one.number("at");
    // One in the handler comes before the one that the handler was for.
    const place = earliest(at) ?? earliest(recorded[i + 1]?.number("at"));
    const value = (
      name: string,
      recorded: bigint | undefined,
      modelled = values[name],
    ): void => {
      const register = stage.arch.registers.find(name);
      const of = register && differingFields(register);
      const what = `guest_exceptions[${i}].${name}`;
      const rule = register && ruleOfValue(before, register.name) ||
        taken[i].rule;
      comparison.value(what, recorded, modelled, { of, at: place, rule });
    };
    if (at >= 0) value("rip", one.value("rip"));
    const kept = flagsKept(at);
    value("rflags", one.value("rflags") & kept, values.rflags & kept);
    // The recorder's stub pushes 0 where the CPU pushes no error code.
    value("error", one.value("error"), values.error ?? 0n);
    value("dr6", one.optional("dr6"));
    value("dr7", one.optional("dr7"));
  }
}

function compareReturn(
  { stage, v, reader, comparison, indexOf }: RunComparison,
  { events, result }: GuestRun,
): void {
  const { arch, machine } = stage;
  const kvm = (name: string): bigint | undefined => {
    const view = machine.kvmView(v, name);
    return view.kind === "value" ? view.value : undefined;
  };
  const recordedExit = reader.text("exit");
  const recordedAt = reader.number("at");
  if (result.exit === "preempted" && !isWindow(result)) {
    const isEnded = recordedExit === "ERRNO" &&
      reader.number("errno") === EINTR;
    const exit = isEnded ? NO_EXIT : recordedExit;
    comparison.text("exit", exit, NO_EXIT, { at: earliest(recordedAt) });
    return;
  }
  const rip = kvm("rip") ?? 0n;
  const at = indexOf(rip);
  const known = { at: earliest(recordedAt, at), rule: ruleOfReturn(events) };
  const isSame = comparison.text(
    "exit",
    recordedExit,
    exitName(result),
    known,
  );
  comparison.text("at", `${recordedAt}`, `${at}`, known);
  // Different exits have different data.
  if (!isSame) return;
  const value = (
    name: string,
    recorded: bigint | undefined,
    modelled = result.values[name],
  ): void => {
    const register = arch.registers.find(name);
    const of = register && differingFields(register);
    comparison.value(name, recorded, modelled, { of, ...known });
  };
  if (recordedExit === "ERRNO") value("errno", reader.value("errno"));
  const inHandler = at < 0 && recordedAt < 0;
  if (!inHandler) value("rip", reader.value("rip"), rip);
  const { id, name } = registerOf(reader, arch, "rflags");
  const kept = flagsKept(inHandler ? -1 : at);
  value(
    "rflags",
    reader.value("rflags") & kept,
    (machine.userGet(v, id, name).value ?? 0n) & kept,
  );
  for (const name of ["exception", "pc", "dr6", "dr7"]) {
    if (name === "pc" && inHandler) continue;
    if (result.exit !== "debug" && !reader.has(name)) continue;
    value(name, reader.optional(name));
  }
  for (
    const name of ["port", "count", "addr", "len", "is_write", "reason"]
  ) {
    if (reader.has(name)) value(name, reader.value(name));
  }
  if (reader.has("direction")) {
    const direction = result.values.is_write === 1n ? "out" : "in";
    comparison.text("direction", reader.text("direction"), direction, known);
  }
}

/**
 * The bits of RFLAGS that are compared at an op. Outside the program is the guest's handler: its addresses, and what
 * its arithmetic leaves in the flags, are the recorder's.
 */
function flagsKept(at: number): bigint {
  return at < 0 ? ~ARITHMETIC_FLAGS : ~0n;
}

/** Exits by the recorder's names. */
export function exitName(result: RunResult): string {
  if (isWindow(result)) return WINDOW_EXIT;
  const { exit, values } = result;
  switch (exit) {
    case "idle":
      return "HLT";
    case "error":
      return values.errno === undefined ? "FAIL_ENTRY" : "ERRNO";
    default:
      return exit.toUpperCase();
  }
}
