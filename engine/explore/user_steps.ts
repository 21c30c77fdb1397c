/**
 * What a vCPU's userspace does between two KVM_RUNs.
 *
 * @module
 */
import type { Frame } from "../rules.ts";
import { highWord, lowWord } from "../word64.ts";
import { STEP } from "./model.ts";
import { EXTRA } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { type StepContext, tryStep } from "./step_context.ts";
import type { Expansion } from "./step_results.ts";

/** Adds the next actions of userspace's program, unless KVM_RUN is in progress. */
export function userSteps(context: StepContext, step: Expansion): void {
  const { frame, programs, results } = context;
  const { w, extra } = frame;
  results.begin(step);
  if (w[extra + EXTRA.inRun] !== 0) return;
  const { position } = frame;
  const program = programs.users[frame.vcpuIndex];
  for (const node of program.options[w[extra + EXTRA.user]]) {
    const action = program.actionAt(node);
    if (action === undefined) continue;
    tryStep(context, step, { kind: STEP.user, node, position }, (f) => {
      act(context, action, f);
      w[extra + EXTRA.user] = program.after(node);
    });
  }
}

/** An ioctl; a refused one changes nothing. What it leaves in the guest's registers counts as written. */
function act(
  { model: { rules }, checks }: StepContext,
  action: UserAction,
  f: Frame,
): void {
  switch (action.kind) {
    case "debugger":
      rules.debugger(f, action.request);
      return;
    case "guest-debug":
      if (
        rules.setGuestDebug(f, action.request) >= 0 && action.request.inject
      ) checks.injectBare(action.request.inject);
      return;
    case "get":
      rules.userGet(f, action.register);
      return;
    case "set":
      f.lo = lowWord(action.value);
      f.hi = highWord(action.value);
      if (rules.userSet(f, action.register) >= 0) {
        const { register, value } = action;
        checks.accept(register);
        checks.writeBare(register, lowWord(value), highWord(value));
      }
      return;
    case "init":
      if (rules.userInit(f) >= 0) {
        checks.accept();
        checks.beginBare();
      }
      return;
    default:
      return action satisfies never;
  }
}
