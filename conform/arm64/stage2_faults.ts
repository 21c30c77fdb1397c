/**
 * Exits of the first touch of a page. The model has no memory, so that a replay makes them where they were
 * recorded: like any exit they clear what an exit clears.
 *
 * @module
 */
import type { Event, RunOptions, RunResult } from "../../engine/mod.ts";
import type { GuestRun, Stage } from "../architecture.ts";
import { GUEST_STEPS_MAX } from "../run.ts";
import type { StepReader } from "../step_reader.ts";
import type { Program } from "./program.ts";

/** Exception classes of stage-2 faults; of a data abort also that of an access without memory. */
const INSTRUCTION_ABORT = 0x20;
const DATA_ABORT = 0x24;

/** True for the exit of a first touch: an instruction abort, or a data abort at an access that has memory. */
export function isFirstTouch(
  exit: StepReader,
  { length, mmio }: Program,
): boolean {
  const ec = Number(exit.value("ec"));
  if (ec === INSTRUCTION_ABORT) return true;
  const at = exit.number("at");
  return ec === DATA_ABORT && at < length && !mmio.has(at);
}

/**
 * KVM_RUN with an exit at each op that a first touch was recorded at, and at most `GUEST_STEPS_MAX` guest steps.
 *
 * @param touches indices of the ops, in order; -1 is the guest's exception handler
 */
export function runWithFirstTouches(
  { machine }: Stage,
  v: number,
  cpu: number,
  touches: readonly number[],
): GuestRun {
  const events: Event[] = [];
  let left = GUEST_STEPS_MAX;
  const run = (options: RunOptions): RunResult => {
    const result = machine.run(v, { cpu, ...options });
    events.push(...machine.journal.sinceRun());
    return result;
  };
  for (const at of touches) {
    const reached = (): boolean =>
      at < 0 ? machine.inHandler(v) : machine.nextIndex(v) >= at;
    while (!reached() && left > 0) {
      left--;
      const result = run({ attempts: 1, stop: "guest" });
      if (result.exit !== "preempted") return { events, result };
    }
    if (!machine.isLoaded(v)) run({ attempts: 0, stop: "guest" });
    machine.journal.startRun();
    machine.interrupt(v);
    events.push(...machine.journal.sinceRun());
  }
  return { events, result: run({ attempts: left }) };
}
