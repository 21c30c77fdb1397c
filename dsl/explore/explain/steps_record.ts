/**
 * The record of events that a schedule's steps make, as `why` searches it.
 *
 * @module
 */
import type { ScheduleStep } from "../../../engine/mod.ts";
import { type Recorded, recorded } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";

/** The events of the steps and of what stands before the block, newest first; a step's cause is its number, from 1. */
export function stepsRecord(
  { model: { rules }, session }: Instance,
  schedule: readonly ScheduleStep[],
): Recorded[] {
  const steps = schedule.flatMap(({ events }, at): Recorded[] =>
    events.map((event) => ({
      event: { ...event, rule: rules.ruleOf?.(event) ?? event.rule },
      statement: undefined,
      cause: at + 1,
    }))
  );
  return [...steps.reverse(), ...recorded(session)];
}
