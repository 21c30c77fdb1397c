/**
 * The end of an instruction that has completed, and of an iteration of one that repeats.
 *
 * @module
 */
import type { Condition } from "../../comparison.ts";
import type { Insn, Operation } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { SHADOW, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { FLAGS } from "../registers/rflags.ts";
import { boundaryCause, isRaised, raiseDb } from "./exceptions.ts";
import { popsResume } from "./flags.ts";
import { reportStep } from "./hits.ts";

/** Instructions after which QEMU begins another block of translated code. */
const ENDS_BLOCK: ReadonlySet<Operation> = new Set([
  "write",
  "movss",
  "popf",
  "iret",
  "sti",
  "cli",
]);

/** What an instruction had before it: a step is due after it, or not although TF is set, or it is an STI that sets IF. */
export interface Before {
  readonly stepping: boolean;
  readonly unmet: Condition | undefined;
  readonly enables: boolean;
  /** RFLAGS by which the step is due. */
  readonly flags: number;
}

/** The instruction completed: RF goes, the program counter moves on, traps are due. */
export function retire(
  f: X86Frame,
  insn: Insn,
  { stepping, unmet, enables, flags }: Before,
): Outcome {
  const { w, vcpu } = f;
  // INT3 and its kind went there, or are about to.
  if (w[vcpu + VCPU.inHandler] !== 0 || isRaised(f)) return OUTCOME.next;
  // The flags after a task switch are those of the new task, of which the model knows nothing.
  const isNewTask = insn.op === "taskswitch";
  const steps = stepping && !isNewTask;
  const isHeld = w[vcpu + VCPU.shadow] === SHADOW.movSs;
  const holds = insn.op === "movss" && f.model.movSsHolds &&
    (f.model.movSsHoldsAgain || !isHeld);
  if (f.sink !== null && !isNewTask) {
    const isBefore = flags !== w[vcpu + VCPU.rflags];
    reportStep(f, steps, { isHeld: holds, isBefore, unmet });
  }
  if (f.model.rfEnds === "instruction" || stepping || ENDS_BLOCK.has(insn.op)) {
    w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  }
  if (insn.op === "iret" && popsResume(insn)) {
    w[vcpu + VCPU.rflags] |= FLAGS.RF;
  }
  w[vcpu + VCPU.pc] = f.nextLo;
  w[vcpu + VCPU.pc + 1] = f.nextHi;
  if (steps) w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  if (holds) {
    w[vcpu + VCPU.shadow] = SHADOW.movSs;
    if (f.model.movSsLosesStep) w[vcpu + VCPU.pendingDb] = 0;
    return OUTCOME.next;
  }
  w[vcpu + VCPU.shadow] = enables ? SHADOW.sti : SHADOW.none;
  return trapAfter(f);
}

/** The #DB of what is due now, after an instruction that has completed. */
function trapAfter(f: X86Frame): Outcome {
  const { w, vcpu } = f;
  const due = w[vcpu + VCPU.pendingDb];
  if (due === 0) return OUTCOME.next;
  const cause = boundaryCause(f, due, true);
  if (f.bare?.isStepwise) {
    w[vcpu + VCPU.pendingDb] = cause;
    return OUTCOME.next;
  }
  const outcome = raiseDb(f, cause);
  if (outcome !== OUTCOME.exits) return OUTCOME.next;
  w[vcpu + VCPU.exitDone] = 1;
  return OUTCOME.exits;
}

/**
 * An iteration of a string instruction is done, and it is not the last: the program counter stays, traps are due, and
 * what is pushed now has RF set, so that the instruction goes on without an execute breakpoint.
 *
 * Rules x86:A/7.1, x86:A/7.2, x86:A/7.3.
 */
export function iterationDone(
  f: X86Frame,
  { stepping, unmet }: Pick<Before, "stepping" | "unmet">,
): Outcome {
  const { w, vcpu } = f;
  if (f.sink !== null) {
    reportStep(f, stepping, { isHeld: false, isBefore: false, unmet });
  }
  w[vcpu + VCPU.rflags] |= FLAGS.RF;
  if (stepping) w[vcpu + VCPU.pendingDb] |= DR6_BITS.BS;
  w[vcpu + VCPU.shadow] = SHADOW.none;
  const due = w[vcpu + VCPU.pendingDb];
  if (due === 0) return OUTCOME.repeats;
  // No execute breakpoint joins in: the instruction has begun.
  const cause = boundaryCause(f, due, true);
  if (!f.model.iterationsSetRf) w[vcpu + VCPU.rflags] &= ~FLAGS.RF;
  if (f.bare?.isStepwise) {
    w[vcpu + VCPU.pendingDb] = cause;
    return OUTCOME.repeats;
  }
  const outcome = raiseDb(f, cause);
  return outcome === OUTCOME.exits ? outcome : OUTCOME.repeats;
}
