/**
 * Of a schedule to an end, the steps that have to do with what does not hold there. The others only bring programs to
 * their ends, which the search has to wait for.
 *
 * @module
 */
import { STEP } from "./model.ts";
import type { ScheduleStep } from "./found.ts";

/** What is asked of a step. */
type Step = Pick<ScheduleStep, "kind" | "vcpu" | "cpu">;

/** Who acts in a step: a vCPU with its userspace, or a CPU's host. */
function actorOf({ vcpu, cpu }: Step): string {
  return vcpu === undefined ? `host ${cpu}` : `vcpu ${vcpu}`;
}

/** Where a vCPU's steps fall into parts: each from a load to the put, and each of userspace's and the host's alone. */
function partsOf(steps: readonly Step[]): (readonly number[])[] {
  const parts: number[][] = [];
  const open = new Map<number, number[]>();
  steps.forEach(({ kind, vcpu }, at) => {
    if (vcpu === undefined || kind === STEP.user) {
      parts.push([at]);
      return;
    }
    const part = open.get(vcpu);
    if (kind === STEP.load || part === undefined) {
      const begun = [at];
      open.set(vcpu, begun);
      parts.push(begun);
    } else part.push(at);
  });
  return parts;
}

/**
 * Leaves out what is not needed: all that an actor does, then parts from the last one to the first, alone or two together.
 *
 * @param steps to an end in which something does not hold
 * @param isOwn whose value does not hold: a step without which there would be nothing to expect, so that it stays
 * @param tried does some of the steps; undefined where that is not possible, or nothing is broken after them
 * @returns steps that lead to a state in which it does not hold either
 */
export function relevantSteps<S extends Step>(
  steps: readonly S[],
  isOwn: (step: S) => boolean,
  tried: (
    steps: readonly S[],
  ) => readonly S[] | undefined,
): readonly S[] {
  let kept = steps;
  const without = (left: ReadonlySet<number>): boolean => {
    if (left.size === 0 || kept.some((one, at) => left.has(at) && isOwn(one))) {
      return false;
    }
    const found = tried(kept.filter((_, at) => !left.has(at)));
    kept = found ?? kept;
    return found !== undefined;
  };
  for (const actor of new Set(steps.map(actorOf))) {
    without(
      new Set(
        kept.flatMap((step, at) => actorOf(step) === actor ? [at] : []),
      ),
    );
  }
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    const parts = partsOf(kept);
    for (let a = parts.length - 1; a >= 0 && !isShorter; a--) {
      isShorter = without(new Set(parts[a]));
      for (let b = a - 1; b >= 0 && !isShorter; b--) {
        isShorter = without(new Set([...parts[a], ...parts[b]]));
      }
    }
  }
  return kept;
}
