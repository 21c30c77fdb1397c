/**
 * What the host kernel does with its own breakpoints, on a CPU that is not in the guest; a vCPU may be loaded on it.
 *
 * @module
 */
import { STEP } from "./model.ts";
import type { StepContext } from "./step_context.ts";
import type { Expansion } from "./step_results.ts";
import { actionOf } from "./successors.ts";

/** Adds the next actions of the host's program. */
export function hostSteps(
  { model, frame, programs, checks, results, tried }: StepContext,
  step: Expansion,
): void {
  const { f, w, host } = frame;
  results.begin(step);
  const program = programs.hosts[frame.cpuIndex];
  for (const node of program.options[w[host]]) {
    const request = program.actionAt(node);
    if (request === undefined) continue;
    results.begin(step);
    results.tries++;
    const answer = model.rules.hostDebug(f, request);
    tried.asked("host", frame.cpuIndex, node, answer);
    w[host] = program.after(node);
    const settled = results.settle(checks.ofCpu());
    results.emit(step, settled, actionOf(STEP.host, node), false);
  }
}
