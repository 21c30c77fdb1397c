/**
 * The VM is saved and restored into a new one, between two runs: what that does to one vCPU. It happens to all of them
 * together, where none is in KVM_RUN.
 *
 * @module
 */
import { renewVcpu } from "../renewed_vcpu.ts";
import { VCPU_BASE } from "../rules.ts";
import { type Carried, lostEvents } from "../saving.ts";
import { WHOLE } from "./coverage.ts";
import { STEP } from "./model.ts";
import { EXTRA } from "./pair_frame.ts";
import { type StepContext, tryStep } from "./step_context.ts";
import type { Expansion } from "./step_results.ts";

/** Adds what a vCPU is after its save and restore; nothing while it is in KVM_RUN, or userspace owes it an access. */
export function restoreSteps(context: StepContext, step: Expansion): void {
  const { model: { rules, restores }, frame, results, tried } = context;
  const { saving } = rules;
  results.begin(step);
  const { f, w, vcpu, extra, position } = frame;
  if (
    restores === undefined || saving === undefined ||
    w[extra + EXTRA.inRun] !== 0 || saving.isAccessPending(f)
  ) return;
  const list = (): readonly Carried[] => saving.carried(frame.scratch());
  tryStep(context, step, { kind: STEP.restore, position }, (f) => {
    const isAsked = f.sink !== null;
    const before = isAsked ? list() : [];
    const saved = saving.save(f, restores);
    const was = w.slice();
    renewVcpu(rules, f);
    const fresh = isAsked ? list() : [];
    if (saving.restore(f, saved, restores) < 0) {
      // The new VM is given up, and the old one goes on.
      w.set(was);
      return;
    }
    if (!isAsked) return;
    if (before.some(({ value }, n) => value !== fresh[n].value)) {
      tried.count(WHOLE.carried);
    }
    const v = w[vcpu + VCPU_BASE.index];
    const lists = { before, after: list() };
    for (const event of lostEvents(saving, v, restores, lists)) {
      f.sink!.push(event);
    }
  });
}
