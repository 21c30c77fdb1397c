/**
 * The next thing that the modelled guest does on its CPU.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { EXIT, STOPPED, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import {
  boundaryCause,
  enterHandler,
  isRaised,
  leaveByInstruction,
  raiseDb,
  trapsHeld,
} from "../hardware/exceptions.ts";
import { execute } from "../hardware/instruction.ts";
import { interruptDue } from "../hardware/interrupts.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { FLAGS } from "../registers/rflags.ts";
import { handlerStep } from "./handler.ts";

/**
 * Takes one step. An exception that is raised and a trap that is pending come first, then the modelled handler, then
 * the program.
 *
 * @param insn the program's instruction that is pending; null at the program's end
 * @param before looks on before the program's instruction executes
 */
export function guestStep<F extends X86Frame>(
  f: F,
  insn: Insn | null,
  before?: (f: F, insn: Insn) => void,
): Outcome {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.stopped] === STOPPED.idle) return OUTCOME.drained;
  if (w[vcpu + VCPU.stopped] !== STOPPED.no) return goesRound(f);
  const inHandler = w[vcpu + VCPU.inHandler] !== 0;
  if (!inHandler && insn !== null) {
    w[vcpu + VCPU.pc] = insn.addressLo;
    w[vcpu + VCPU.pc + 1] = insn.addressHi;
    w[vcpu + VCPU.code32] = insn.code32 ? 1 : 0;
  }
  if (isRaised(f)) {
    const vector = w[vcpu + VCPU.pendingException] - 1;
    w[vcpu + VCPU.pendingException] = 0;
    enterHandler(f, vector, w[vcpu + VCPU.pendingError], "x86:A/5");
    return OUTCOME.stay;
  }
  const due = w[vcpu + VCPU.pendingDb];
  if (due !== 0 && !trapsHeld(f)) {
    return raiseDb(f, boundaryCause(f, due, !inHandler && insn !== null));
  }
  if (w[vcpu + VCPU.events] !== 0) {
    const outcome = interruptDue(f);
    if (outcome !== undefined) return outcome;
  }
  if (inHandler) return handlerStep(f, insn);
  if (insn === null) {
    w[vcpu + VCPU.exceptions] = 0;
    return OUTCOME.drained;
  }
  before?.(f, insn);
  return execute(f, insn);
}

/**
 * The handler that gave up goes on with its loop of OUT and JMP. The port has nothing that ends a run without a
 * hypervisor: there the loop counts as the end.
 */
function goesRound(f: X86Frame): Outcome {
  const { w, vcpu, bare } = f;
  const at = vcpu + VCPU.stopped;
  if (bare !== undefined && !bare.isStepwise) return OUTCOME.drained;
  if (w[at] === STOPPED.atJump) {
    w[at] = STOPPED.atOut;
    if ((w[vcpu + VCPU.rflags] & FLAGS.TF) !== 0 && !bare?.debugged) {
      return raiseDb(f, DR6_BITS.BS);
    }
    if (bare !== undefined) return OUTCOME.stay;
  }
  if (bare === undefined) return leaveByInstruction(f, EXIT.gaveUp);
  w[at] = STOPPED.atJump;
  return OUTCOME.stay;
}
