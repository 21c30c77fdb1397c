/**
 * Transactions: XBEGIN to XEND, executed at once. Nothing can look at one that has not ended: an exit or an interrupt
 * aborts it.
 *
 * @module
 */
import { fact } from "../../comparison.ts";
import { placeIn } from "../../moves.ts";
import type { Insn, Operation } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { join64, unsigned } from "../../word64.ts";
import { CPU, NO_ERROR, VCPU, VECTOR, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { dr7Arms } from "./armed.ts";
import {
  reportCodeCompared,
  reportDataCompared,
  reportTrapCompared,
} from "./comparisons.ts";
import { hitsInTransaction, spansLines } from "./data_access.ts";
import { stepsOver } from "./debugctl.ts";
import { raiseDb, raiseFault } from "./exceptions.ts";
import { reportCodeHits, reportDataHits, reportRaise } from "./hits.ts";
import { linearRip } from "./linear.ts";
import { ACCESS, codeMatches, enabledSlots } from "./match.ts";
import { UNMET } from "./unmet.ts";

/** Kinds of access that an instruction in a transaction has. */
const ACCESSES: Readonly<Partial<Record<Operation, number>>> = {
  load: ACCESS.read,
  store: ACCESS.write,
  rmw: ACCESS.read | ACCESS.write,
  lock: ACCESS.read | ACCESS.write,
};

/** Instructions that do not abort a transaction. Rule x86:A/11.3. */
const HARMLESS: ReadonlySet<Operation> = new Set<Operation>([
  "xbegin",
  "xend",
  "exec",
  "jump",
  "load",
  "store",
  "rmw",
  "lock",
]);

/** EAX after XBEGIN: what it has if the transaction commits is what _xbegin() of compilers puts there before. */
const EAX = {
  started: -1,
  /** A debug exception or INT3. */
  debug: 1 << 4,
  /** In a transaction inside another. */
  nested: 1 << 5,
} as const;

/** XBEGIN is an instruction: on Intel, where the guest's CPUID has RTM. Rule x86:A/11. */
export function hasTransactions(
  { w, vm, vendor, model }: X86Frame,
): boolean {
  return vendor === "vmx" && model.statusFeatures && w[vm + VM.rtm] !== 0;
}

/** An instruction aborts the transaction that it is in, whatever the debug registers have. Rule x86:A/11.3. */
export function abortsTransaction(insn: Insn): boolean {
  return !HARMLESS.has(insn.op) || insn.mmio ||
    insn.op === "lock" && spansLines(insn);
}

/** DR7.RTM and DEBUGCTL.RTM: advanced debugging of transactions. Rule x86:A/11.2. */
function isDebuggable({ w, cpu }: X86Frame): boolean {
  return (w[cpu + CPU.dr7] & DR7_BITS.RTM) !== 0 &&
    (w[cpu + CPU.debugctl] & DEBUGCTL_BITS.RTM) !== 0;
}

/** How a transaction ends. */
interface Ending {
  readonly what: "commit" | "abort" | "step" | "code" | "data" | "int3";
  /** Bits of DR6: breakpoints and BS. INT3 has none. */
  readonly cause: number;
  /** Transactions that are open then. */
  readonly depth: number;
}

/** Execute breakpoints at the program counter; RF ended with XBEGIN. */
function codeHits(f: X86Frame): number {
  const { w, vcpu, cpu } = f;
  const dr7 = w[cpu + CPU.dr7];
  if (f.bare?.debugged || !dr7Arms(f)) return 0;
  const [lo, hi] = [linearRip(f), w[vcpu + VCPU.pc + 1]];
  const { executeRange } = f.model;
  return enabledSlots(dr7) &
    codeMatches(w, cpu + CPU.dr, dr7, lo, hi, executeRange);
}

/** A step is due after an instruction. */
function stepIsDue(f: X86Frame, insn: Insn): boolean {
  return stepsOver(f, insn) && !f.bare?.debugged;
}

/** How a transaction ends. `last` is why a hit is none. */
function endingOf(
  f: X86Frame,
  { members }: Insn,
  stepping: boolean,
  last: typeof UNMET.none | typeof UNMET.transaction,
): Ending {
  const { w, vcpu } = f;
  const isCompared = f.sink !== null && f.sink.compared !== undefined;
  let depth = 1;
  // A trap that the shadow of MOV SS held comes with XBEGIN's.
  const held = w[vcpu + VCPU.pendingDb] | (stepping ? DR6_BITS.BS : 0);
  w[vcpu + VCPU.pendingDb] = 0;
  if (held !== 0) return { what: "step", cause: held, depth };
  for (const insn of members.slice(1)) {
    w[vcpu + VCPU.pc] = insn.addressLo;
    w[vcpu + VCPU.pc + 1] = insn.addressHi;
    w[vcpu + VCPU.code32] = insn.code32 ? 1 : 0;
    const code = codeHits(f);
    if (isCompared) reportCodeCompared(f, last);
    if (code !== 0) {
      if (last === UNMET.none && f.sink !== null) reportCodeHits(f, code);
      return { what: "code", cause: code, depth };
    }
    if (insn.op === "int3") return { what: "int3", cause: 0, depth };
    if (abortsTransaction(insn)) {
      if (isCompared) reportNoExit(f, insn);
      return { what: "abort", cause: 0, depth };
    }
    if (insn.op === "xbegin") depth++;
    if (insn.op === "xend" && --depth === 0) break;
    const access = ACCESSES[insn.op];
    let cause = 0;
    if (access !== undefined) {
      if (isCompared) reportDataCompared(f, insn, access, last);
      cause = hitsInTransaction(f, insn, access);
    }
    if (stepIsDue(f, insn)) cause |= DR6_BITS.BS;
    if (cause !== 0) {
      return { what: cause === DR6_BITS.BS ? "step" : "data", cause, depth };
    }
  }
  // Without its XEND the guest's program ends in it, and the exit aborts it.
  return { what: depth === 0 ? "commit" : "abort", cause: 0, depth };
}

/** MOV to or from a debug register aborts, and so does not exit. Rule x86:A/11.3. */
function reportNoExit(f: X86Frame, { op, register }: Insn): void {
  if (op !== "read" && op !== "write" || register > REG.DR7) return;
  const unmet = fact("the access aborts its transaction", "x86:A/11.3");
  reportTrapCompared(f, `DR${register}`, unmet);
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

/** EAX, which `as` names. Rules x86:A/11, x86:A/11.1, x86:A/11.3, x86:A/11.4. */
function reportStatus(f: X86Frame, insn: Insn, { what, depth }: Ending): void {
  const eax = what === "commit"
    ? EAX.started
    : (what === "abort" ? 0 : EAX.debug) | (depth > 1 ? EAX.nested : 0);
  f.sink?.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU.index],
    access: "read",
    register: "EAX",
    value: unsigned(eax),
    pc: join64(insn.addressLo, insn.addressHi),
    by: "hardware",
    name: insn.name,
    rule: what === "commit"
      ? "x86:A/11"
      : what === "abort"
      ? "x86:A/11.3"
      : "x86:A/11.1",
  });
}

/**
 * Executes XBEGIN and what follows it to its XEND. What would be #DB or #BP in it aborts it, and so do instructions
 * that no transaction can have: the guest goes on after XEND. With advanced debugging #DB or #BP rolls it back to
 * before XBEGIN and is #DB there, with RTM.
 *
 * @param stepping a step is due after XBEGIN
 *
 * Rules x86:A/11, x86:A/11.1 to x86:A/11.4; under KVM x86:D/19.1.
 */
export function transact(
  f: X86Frame,
  insn: Insn,
  stepping: boolean,
): Outcome {
  if (!hasTransactions(f)) return undefinedHere(f, "XBEGIN");
  const { w, vcpu } = f;
  const debugs = isDebuggable(f);
  const last = debugs ? UNMET.none : UNMET.transaction;
  const ending = endingOf(f, insn, stepping, last);
  w[vcpu + VCPU.pc] = insn.addressLo;
  w[vcpu + VCPU.pc + 1] = insn.addressHi;
  w[vcpu + VCPU.code32] = insn.code32 ? 1 : 0;
  const { what, cause } = ending;
  if (!debugs || what === "commit" || what === "abort") {
    reportStatus(f, insn, ending);
    return OUTCOME.next;
  }
  if (f.sink !== null) {
    if (what === "data") reportDataHits(f, cause & ~DR6_BITS.BS);
    else if (what !== "code") reportEvent(f, what);
  }
  w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  return raiseDb(f, cause | DR6_BITS.RTM);
}

/** XEND outside a transaction. Rule x86:A/11. */
export function endOutside(f: X86Frame): Outcome {
  if (!hasTransactions(f)) return undefinedHere(f, "XEND");
  if (f.sink !== null) {
    reportRaise(f, "gp", "XEND outside a transaction", "x86:A/11");
  }
  return raiseFault(f, VECTOR.GP, 0);
}

function undefinedHere(f: X86Frame, what: "XBEGIN" | "XEND"): Outcome {
  if (f.sink !== null) reportRaise(f, "ud", what, "x86:A/11");
  return raiseFault(f, VECTOR.UD, NO_ERROR);
}
