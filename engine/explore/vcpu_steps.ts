/**
 * The steps of a vCPU on a CPU: KVM_RUN, and what the host does to the vCPU meanwhile.
 *
 * @module
 */
import {
  beginRun,
  enterGuest,
  kickVcpu,
  returnToUser,
  vcpuLoad,
  vcpuPut,
} from "../kvm_run.ts";
import type { Insn } from "../program.ts";
import { BEGUN, isCompleted, MODE, VCPU_BASE } from "../rules.ts";
import { hostSteps } from "./host_steps.ts";
import { instructionSteps } from "./instruction_steps.ts";
import { WHOLE } from "./coverage.ts";
import { STEP } from "./model.ts";
import { EXTRA } from "./pair_frame.ts";
import { type StepContext, tryStep } from "./step_context.ts";
import type { Expansion } from "./step_results.ts";

/** Adds all that can happen next with a vCPU on a CPU. */
export function vcpuSteps(context: StepContext, step: Expansion): void {
  switch (context.components.mode[step.vcpu]) {
    case MODE.out:
      return loadSteps(context, step);
    case MODE.loaded:
      return kernelSteps(context, step);
    case MODE.guest:
      return guestSteps(context, step);
    default:
      throw new RangeError("A step ended between guest and kernel");
  }
}

/** KVM_RUN begins, if it is not in progress, and the vCPU is loaded. */
function loadSteps(context: StepContext, step: Expansion): void {
  const { model, frame, programs, results, tried } = context;
  const { rules, migrate, fail } = model;
  const { f, w, vcpu, extra } = frame;
  results.begin(step);
  const last = w[vcpu + VCPU_BASE.cpu];
  if (migrate === "none" && last !== 0 && last !== frame.cpuIndex + 1) return;
  const { position } = frame;
  const isFresh = w[extra + EXTRA.inRun] === 0;
  if (fail !== undefined && isFresh && w[vcpu + VCPU_BASE.ranOnce] === 0) {
    tryStep(context, step, { kind: STEP.fail, position }, () => {
      if (beginRun(rules, f, fail) < 0) tried.count(WHOLE.failed);
    });
    results.begin(step);
  }
  // An access that userspace completes is over: what comes after it may be a choice.
  const begun = isFresh ? rules.begin(f, undefined) : BEGUN.fresh;
  if (begun < 0) return;
  const program = programs.guests[frame.vcpuIndex];
  const options = isCompleted(begun) ? program.options[position] : [];
  for (const node of options) tried.over(frame.vcpuIndex, node, true);
  const done = options.map((node) =>
    [program.after(node), program.actionAt(node)] as const
  );
  const ways = new Map<number, Insn | undefined>(
    done.length > 0 ? done : [[position, undefined]],
  );
  const kind = returnsAtOnce(begun) ? STEP.complete : STEP.load;
  for (const [position, completed] of ways) {
    tryStep(context, step, { kind, position, completed }, () => {
      if (!isFresh) {
        vcpuLoad(rules, f);
        return;
      }
      const begun = beginRun(rules, f, undefined);
      if (begun !== BEGUN.fresh) w[extra + EXTRA.middle] = 0;
      w[extra + EXTRA.inRun] = returnsAtOnce(begun) ? 0 : 1;
    });
  }
}

/** KVM_RUN returned before it loaded the vCPU. */
function returnsAtOnce(begun: number): boolean {
  return begun === BEGUN.completedToUser || begun === BEGUN.toUser;
}

/** The host may take the CPU from the vCPU now. */
function mayPreempt({ model, frame }: StepContext): boolean {
  const { preempt } = model;
  return preempt === "any" ||
    preempt === "between" && frame.w[frame.extra + EXTRA.middle] === 0;
}

/** Loaded, in the host kernel. */
function kernelSteps(context: StepContext, step: Expansion): void {
  const { model, frame, programs, results } = context;
  const { rules, signals, restores } = model;
  const { f, w, extra } = frame;
  results.begin(step);
  const { position } = frame;
  const maySchedule = mayPreempt(context);
  const user = programs.users[frame.vcpuIndex];
  const userWaits = signals !== "none" &&
    (restores !== undefined || user.canAct(w[extra + EXTRA.user]));
  tryStep(context, step, { kind: STEP.enter, position }, () => {
    enterGuest(rules, f);
  });
  if (maySchedule) {
    tryStep(context, step, { kind: STEP.put, position }, () => {
      vcpuPut(rules, f);
    });
  }
  if (userWaits) {
    tryStep(context, step, { kind: STEP.return, position }, () => {
      returnToUser(rules, f);
      w[extra + EXTRA.inRun] = 0;
    });
  }
  hostSteps(context, step);
}

/** In the guest. */
function guestSteps(context: StepContext, step: Expansion): void {
  const { model: { rules }, frame, results } = context;
  results.begin(step);
  const { position } = frame;
  if (mayPreempt(context)) {
    tryStep(context, step, { kind: STEP.interrupt, position }, (f) => {
      kickVcpu(rules, f);
    });
  }
  instructionSteps(context, step, position);
}
