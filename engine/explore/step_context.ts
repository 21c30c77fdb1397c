/**
 * What the steps of all actors work with, and how a step that is not an instruction is tried.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import { type Frame, VCPU_BASE } from "../rules.ts";
import type { Checks } from "./checks.ts";
import type { Components } from "./components.ts";
import type { Tried } from "./coverage.ts";
import type { Model, StepKind } from "./model.ts";
import { NONE, type PairFrame } from "./pair_frame.ts";
import type { Address, Programs } from "./programs.ts";
import {
  type Expansion,
  sameResult,
  type StepResult,
  type StepResults,
} from "./step_results.ts";
import { actionOf } from "./successors.ts";

/** The parts that belong to one model. */
export interface StepContext {
  readonly model: Model;
  readonly frame: PairFrame;
  readonly programs: Programs;
  readonly components: Components;
  readonly checks: Checks;
  readonly results: StepResults;
  readonly tried: Tried;
}

/** Sets the frame's next address. */
export function pointNext({ f }: PairFrame, { lo, hi }: Address): void {
  f.nextLo = lo;
  f.nextHi = hi;
}

/**
 * Tries a step of a vCPU or its userspace that is not an instruction. Where the program's next instruction is still
 * open, and may be at several addresses, it happens for each; if the address makes no difference the choice stays
 * open.
 *
 * @param position where the guest's program is after the step
 */
export function tryStep(
  { frame, programs, checks, results }: StepContext,
  step: Expansion,
  { kind, node = NONE, position, completed }: {
    readonly kind: StepKind;
    readonly node?: number;
    readonly position: number;
    /** The guest's instruction that the step completes. */
    readonly completed?: Insn;
  },
  act: (f: Frame) => void,
): void {
  results.begin(step);
  const { f, w, pc, vcpuIndex: v } = frame;
  const program = programs.guests[v];
  const targets = program.addresses[position];
  const action = actionOf(kind, node);
  const onCpu = step.cpu >= 0;
  const didAt = (node: number) => ({
    insn: completed ?? program.actionAt(node) ?? null,
    isComplete: completed !== undefined,
    isGuests: completed !== undefined,
  });
  const [firstNode] = program.options[position];
  const broken = (node = firstNode): number =>
    checks.ofBare(v, didAt(node)) | checks.ofVcpu(v, onCpu);
  if (targets.length < 2) {
    frame.position = position;
    pointNext(frame, targets[0] ?? program.addressAfterPc(w, pc));
    results.tries++;
    act(f);
    const settled = results.settle(broken());
    results.emit(step, settled, action, true);
    return;
  }
  let first: StepResult | undefined;
  const tried = targets.map((target) => {
    results.begin(step);
    frame.position = position;
    pointNext(frame, target);
    program.choose(w, pc, position, target);
    checks.placed();
    results.tries++;
    act(f);
    program.leaveOpen(w, pc, position, target);
    const bits = broken(program.optionAt(position, target));
    const taken = results.take(bits, first);
    first ??= taken;
    return taken;
  });
  if (tried.every((one) => sameResult(one, tried[0]))) {
    results.emitTaken(step, tried[0], action, true);
    return;
  }
  tried.forEach((one, k) => {
    const vcpu = one.vcpu.slice();
    vcpu[VCPU_BASE.next] = program.narrowed[position][k];
    program.choose(vcpu, VCPU_BASE.pc, position, targets[k]);
    results.emitTaken(step, { ...one, vcpu }, action, false);
  });
}
