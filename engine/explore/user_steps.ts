/**
 * What a vCPU's userspace does between two KVM_RUNs.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import type { Frame } from "../rules.ts";
import { highWord, lowWord } from "../word64.ts";
import { STEP } from "./model.ts";
import { EXTRA } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { type StepContext, tryStep } from "./step_context.ts";
import type { Expansion } from "./step_results.ts";

/** Adds the next actions of userspace's program, unless KVM_RUN is in progress. */
export function userSteps(context: StepContext, step: Expansion): void {
  const { frame, programs, results, tried } = context;
  const { w, extra } = frame;
  results.begin(step);
  if (w[extra + EXTRA.inRun] !== 0) return;
  const { position } = frame;
  const program = programs.users[frame.vcpuIndex];
  for (const node of program.options[w[extra + EXTRA.user]]) {
    const action = program.actionAt(node);
    if (action === undefined) continue;
    tryStep(context, step, { kind: STEP.user, node, position }, (f) => {
      const guest = programs.guests[frame.vcpuIndex];
      const next = guest.actionAt(guest.options[position][0]) ?? null;
      const answer = act(context, action, next, f);
      tried.asked("user", frame.vcpuIndex, node, answer);
      w[extra + EXTRA.user] = program.after(node);
    });
  }
}

/**
 * An ioctl; a refused one changes nothing. What it leaves in the guest's registers counts as written.
 *
 * @param nextInsn the guest's program's next instruction
 * @returns 0 or more, or a negated errno
 */
function act(
  { model: { rules }, checks }: StepContext,
  action: UserAction,
  nextInsn: Insn | null,
  f: Frame,
): number {
  switch (action.kind) {
    case "debugger":
      return rules.debugger(f, action.request);
    case "guest-debug": {
      const answer = rules.setGuestDebug(f, action.request);
      if (answer >= 0 && action.request.inject) {
        checks.injectBare(action.request.inject);
      }
      return answer;
    }
    case "get":
      return rules.userGet(f, action.register);
    case "set": {
      const { register, value } = action;
      checks.beforeWrite(nextInsn);
      f.lo = lowWord(value);
      f.hi = highWord(value);
      const answer = rules.userSet(f, register);
      if (answer >= 0) {
        checks.accept(register);
        checks.writeBare(register, lowWord(value), highWord(value));
      }
      return answer;
    }
    case "interrupt":
    case "nmi":
    case "serror":
      return rules.userEvent(f, action.vector);
    case "init": {
      const answer = rules.userInit(f);
      if (answer >= 0) {
        checks.accept();
        checks.beginBare();
      }
      return answer;
    }
    default:
      return action satisfies never;
  }
}
