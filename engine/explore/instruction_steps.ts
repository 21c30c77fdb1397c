/**
 * What the guest does next, with the exit that it causes.
 *
 * @module
 */
import { kickVcpu, RAN, returnToUser, runGuest } from "../kvm_run.ts";
import { VCPU_BASE } from "../rules.ts";
import { WHOLE } from "./coverage.ts";
import { STEP } from "./model.ts";
import { EXTRA, NONE } from "./pair_frame.ts";
import { type Address, placeOf } from "./programs.ts";
import { pointNext, type StepContext } from "./step_context.ts";
import { type Expansion, sameResult, type StepResult } from "./step_results.ts";
import {
  actionOf,
  actionParts,
  sameStates,
  type Successor,
} from "./successors.ts";

/** Adds what the guest does next, for each instruction that may be its program's next one at a position. */
export function instructionSteps(
  context: StepContext,
  step: Expansion,
  position: number,
): void {
  const { frame, programs } = context;
  const v = frame.vcpuIndex;
  const options = programs.guests[v].options[position];
  if (options.length === 1) {
    instructionStep(context, step, { v, node: options[0], stays: position });
    return;
  }
  // What does not depend on the choice leaves it open.
  let first: readonly Successor[] | undefined;
  const isOpen = options.every((node) => {
    const found: Successor[] = [];
    instructionStep(context, { ...step, found }, { v, node, stays: position });
    first ??= found;
    return found.every(({ isOpen, broken }) => isOpen && broken === 0) &&
      sameStates(found, first);
  });
  if (isOpen) {
    for (const one of first!) {
      const { kind } = actionParts(one.action);
      step.found.push({ ...one, action: actionOf(kind, NONE) });
    }
    return;
  }
  for (const node of options) {
    instructionStep(context, step, { v, node, stays: node });
  }
}

/** One way on: an instruction, or the program's end. */
interface Way {
  readonly v: number;
  readonly node: number;
  /** Where the program stays if the instruction is not complete. */
  readonly stays: number;
}

/** Adds what the guest does next, if the instruction of a node is its program's next one. */
function instructionStep(
  context: StepContext,
  step: Expansion,
  way: Way,
): void {
  const { programs, results } = context;
  const program = programs.guests[way.v];
  const next = program.after(way.node);
  const targets = program.targetsAfter(way.node);
  const tried: (StepResult & Tried)[] = [];
  for (const target of targets) {
    results.begin(step);
    const { broken, ...tries } = tryInstruction(context, way, target);
    if (targets.length === 1) {
      const settled = results.settle(broken);
      results.emit(step, settled, actionFor(way, tries), !tries.isComplete);
      return;
    }
    tried.push({ ...results.take(broken, tried[0]), ...tries });
  }
  const [first] = tried;
  const action = actionFor(way, first);
  if (tried.every((one) => sameResult(one, first))) {
    results.emitTaken(step, first, action, !first.isComplete);
    return;
  }
  tried.forEach((one, k) => {
    // The step depends on where the program goes on: it goes on there.
    const vcpu = one.vcpu.slice();
    if (one.isComplete) {
      vcpu[VCPU_BASE.next] = program.narrowed[next][k];
      program.choose(vcpu, VCPU_BASE.pc, next, targets[k]);
    }
    results.emitTaken(step, { ...one, vcpu }, action, false);
  });
}

/** How far an instruction came. */
interface Tried {
  readonly isComplete: boolean;
  /** Nothing was there to execute: KVM_RUN returned. */
  readonly isIdle: boolean;
}

function actionFor({ node }: Way, { isIdle }: Tried): number {
  return actionOf(isIdle ? STEP.idle : STEP.instruction, node);
}

/**
 * Executes on the frame.
 *
 * @param target where the program goes on after the instruction
 */
function tryInstruction(
  { model, frame, programs, checks, results, tried }: StepContext,
  { v, node, stays }: Way,
  target: Address,
): Tried & { readonly broken: number } {
  const { rules, monitor } = model;
  const { f, w, vcpu, extra, pc } = frame;
  const program = programs.guests[v];
  const insn = program.actionAt(node) ?? null;
  const next = program.after(node);
  const address = insn && placeOf(insn);
  // The choice is made: the program counter is where this option is.
  if (address !== null) {
    program.choose(w, pc, frame.position, address);
    checks.placed();
  }
  frame.position = stays;
  pointNext(frame, target);
  if (insn !== null) tried.next(v, node, insn, f, frame.monitor);
  tried.nextStep(v, insn, f, frame.monitor);
  let broken = insn === null ? 0 : checks.ofInstruction(insn);
  const inHandler = w[vcpu + VCPU_BASE.inHandler] !== 0;
  results.tries++;
  checks.beforeGuest();
  const ran = runGuest(rules, f, insn);
  if (monitor.lockstep.handled(f) === "step") tried.count(WHOLE.ownStep);
  const isComplete = (ran & RAN.complete) !== 0;
  const isIdle = (ran & RAN.drained) !== 0;
  if (isIdle) kickVcpu(rules, f);
  if (isComplete) {
    // A step out of the guest's handler ends the instruction that the handler went past.
    const isExecuted = (ran & RAN.skipped) === 0 && !inHandler &&
      (insn === null || monitor.executed(f, frame.monitor, insn));
    tried.over(v, node, isExecuted);
    frame.position = next;
  } else if (address !== null && !inHandler) {
    program.leaveOpen(w, pc, stays, address);
  }
  w[extra + EXTRA.middle] = isComplete || isIdle ? 0 : 1;
  if (isIdle || (ran & RAN.toUser) !== 0) {
    returnToUser(rules, f);
    w[extra + EXTRA.inRun] = 0;
  }
  if (isComplete) program.leaveOpen(w, pc, next, target);
  broken |= checks.ofBare(v, { insn, isComplete, isGuests: true });
  broken |= checks.ofVcpu(v, true);
  return { isComplete, isIdle, broken };
}
