/**
 * A transaction of one instruction: XBEGIN, the instruction, XEND. The fallback is the instruction after XEND.
 *
 * @module
 */
import { placeIn } from "../../moves.ts";
import { type Insn, TRANSACTION_BYTES } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { CPU, VCPU, VECTOR, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { FLAGS } from "../registers/rflags.ts";
import { reportCodeCompared, reportDataCompared } from "./comparisons.ts";
import { hitsInTransaction } from "./data_access.ts";
import { raiseDb, raiseFault } from "./exceptions.ts";
import { reportCodeHits, reportDataHits, reportRaise } from "./hits.ts";
import { ACCESS, codeMatches, enabledSlots } from "./match.ts";
import { UNMET } from "./unmet.ts";

/** Kinds of access that an instruction in a transaction has. */
const ACCESSES: Readonly<Partial<Record<Insn["op"], number>>> = {
  load: ACCESS.read,
  store: ACCESS.write,
  rmw: ACCESS.read | ACCESS.write,
};

/** XBEGIN is an instruction: on Intel, where the guest's CPUID has RTM. Rule x86:A/11. */
function hasTransactions({ w, vm, vendor, model }: X86Frame): boolean {
  return vendor === "vmx" && model.statusFeatures && w[vm + VM.rtm] !== 0;
}

/** DR7.RTM and DEBUGCTL.RTM: advanced debugging of transactions. Rule x86:A/11.2. */
function isDebuggable({ w, cpu }: X86Frame): boolean {
  return (w[cpu + CPU.dr7] & DR7_BITS.RTM) !== 0 &&
    (w[cpu + CPU.debugctl] & DEBUGCTL_BITS.RTM) !== 0;
}

/** What happens first of what debugs the transaction. */
interface Event {
  /** Bits of DR6: breakpoints and BS. INT3 has none. */
  readonly cause: number;
  readonly what: "step" | "code" | "data" | "int3";
}

/** Execute breakpoints at the instruction in the transaction; RF ended with XBEGIN. */
function codeHits(f: X86Frame): number {
  const { w, vcpu, cpu } = f;
  const dr7 = w[cpu + CPU.dr7];
  if (f.bare?.debugged || !f.model.entryArms) return 0;
  const [lo, hi] = [w[vcpu + VCPU.pc], w[vcpu + VCPU.pc + 1]];
  return enabledSlots(dr7) & codeMatches(w, cpu + CPU.dr, dr7, lo, hi);
}

/** The first event of a transaction; undefined if it commits. `last` is why a hit is none. */
function eventOf(
  f: X86Frame,
  insn: Insn,
  stepping: boolean,
  last: typeof UNMET.none | typeof UNMET.transaction,
): Event | undefined {
  const { w, vcpu } = f;
  const isCompared = f.sink !== null && f.sink.compared !== undefined;
  // A trap that the shadow of MOV SS held comes with XBEGIN's.
  const held = w[vcpu + VCPU.pendingDb] | (stepping ? DR6_BITS.BS : 0);
  w[vcpu + VCPU.pendingDb] = 0;
  if (held !== 0) return { cause: held, what: "step" };
  const begin = w[vcpu + VCPU.pc];
  w[vcpu + VCPU.pc] = begin + TRANSACTION_BYTES.begin;
  const code = codeHits(f);
  if (isCompared) reportCodeCompared(f, last);
  if (code !== 0 && last === UNMET.none && f.sink !== null) {
    reportCodeHits(f, code);
  }
  w[vcpu + VCPU.pc] = begin;
  if (code !== 0) return { cause: code, what: "code" };
  if (insn.op === "int3") return { cause: 0, what: "int3" };
  const access = ACCESSES[insn.op];
  if (access === undefined) return undefined;
  if (isCompared) reportDataCompared(f, insn, access, last);
  const data = hitsInTransaction(f, insn, access);
  return data === 0 ? undefined : { cause: data, what: "data" };
}

/** What is no breakpoint raises #DB, by the bits for advanced debugging. */
function reportEvent(f: X86Frame, what: "step" | "int3"): void {
  const isStep = what === "step";
  reportRaise(f, "db", isStep ? "single step" : "INT3", "x86:A/11.2", [
    { place: placeIn(f, "cpu", "DR7"), bits: BigInt(DR7_BITS.RTM) },
    { place: placeIn(f, "cpu", "DEBUGCTL"), bits: BigInt(DEBUGCTL_BITS.RTM) },
    ...isStep
      ? [{ place: placeIn(f, "guest", "RFLAGS"), bits: BigInt(FLAGS.TF) }]
      : [],
  ], DR6_BITS.RTM | (isStep ? DR6_BITS.BS : 0));
}

/**
 * Executes a transaction. What would be #DB or #BP in it aborts it, and the guest goes on at the fallback; with advanced
 * debugging it is rolled back to before XBEGIN and raises #DB with RTM.
 *
 * @param stepping TF is set
 *
 * Rules x86:A/11, x86:A/11.1, x86:A/11.2; under KVM x86:D/19.1.
 */
export function transact(
  f: X86Frame,
  insn: Insn,
  stepping: boolean,
): Outcome {
  const { w, vcpu } = f;
  if (!hasTransactions(f)) {
    if (f.sink !== null) reportRaise(f, "ud", "XBEGIN", "x86:A/11");
    return raiseFault(f, VECTOR.UD, -1);
  }
  const debugs = isDebuggable(f);
  const event = eventOf(
    f,
    insn,
    stepping,
    debugs ? UNMET.none : UNMET.transaction,
  );
  if (event !== undefined && debugs) {
    const { cause, what } = event;
    if (f.sink !== null) {
      if (what === "data") reportDataHits(f, cause);
      else if (what !== "code") reportEvent(f, what);
    }
    w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
    return raiseDb(f, cause | DR6_BITS.RTM);
  }
  return OUTCOME.next;
}
