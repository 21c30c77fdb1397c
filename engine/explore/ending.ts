/**
 * What does not hold at the end of a schedule, and the steps that lead there.
 *
 * @module
 */
import type { ScheduleStep } from "./found.ts";
import type { State } from "./possible_steps.ts";

/** A step with bits as in `SUCCESSOR.broken`. */
export interface PossibleStep extends ScheduleStep {
  readonly broken: number;
}

/** What does not hold where all programs are over. */
export interface Ending {
  /** Whether it does not hold in a state either. */
  readonly isBroken: (state: State) => boolean;
  /** The value that does not hold in a state, as text. */
  readonly shown: (state: State) => string | undefined;
  /** A step of the vCPU, its userspace or the host whose value it is. */
  readonly isOwn: (step: PossibleStep) => boolean;
}
