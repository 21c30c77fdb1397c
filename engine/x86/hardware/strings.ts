/**
 * String instructions with REP, an iteration at a time.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { EXIT, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { compareData, reportLeaves } from "./data_access.ts";
import { leaveByAccess, leaveByInstruction } from "./exceptions.ts";
import { accessesOf } from "./iteration.ts";
import { ACCESS } from "./match.ts";
import { type Before, iterationDone } from "./retire.ts";

/**
 * Executes the next iteration. With RCX at 0, which KVM's emulator leaves, there is none, and the instruction is over.
 *
 * @param before whether a step is due after each iteration
 * @returns `next` after the last one, `repeats` after any other
 *
 * Rules x86:A/7.1 to x86:A/7.4.
 */
export function repeat(
  f: X86Frame,
  insn: Insn,
  before: Pick<Before, "stepping" | "unmet">,
): Outcome {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.repeating] === 0) {
    w[vcpu + VCPU.repeating] = 1;
    w[vcpu + VCPU.rcx] = insn.count;
  }
  const left = w[vcpu + VCPU.rcx];
  if (left > 0) {
    const outcome = f.bare === undefined ? leaves(f, insn, left) : undefined;
    if (outcome !== undefined) return outcome;
    for (const one of accessesOf(insn, left)) compareData(f, one, one.access);
    w[vcpu + VCPU.rcx] = left - 1;
    if (left > 1) return iterationDone(f, before);
  } else if (
    f.model.emptyStringExits && f.bare === undefined && isPort(insn)
  ) {
    return leaveByInstruction(f, EXIT.io, insn.op === "outs" ? 1 : 0);
  }
  w[vcpu + VCPU.repeating] = 0;
  return OUTCOME.next;
}

function isPort({ op }: Insn): boolean {
  return op === "ins" || op === "outs";
}

/** The iteration exits before it is done, so that no breakpoint sees any of its accesses. */
function leaves(f: X86Frame, insn: Insn, left: number): Outcome | undefined {
  const accesses = accessesOf(insn, left);
  const cause = accesses.find((one) => one.leaves);
  if (cause === undefined) return undefined;
  for (const one of accesses) reportLeaves(f, one, one.access);
  const isWrite = (cause.access & ACCESS.write) !== 0;
  return isPort(insn)
    ? leaveByInstruction(f, EXIT.io, insn.op === "outs" ? 1 : 0)
    : leaveByAccess(f, isWrite);
}
