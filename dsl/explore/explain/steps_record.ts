/**
 * The record of events that a schedule's steps make, as `why` searches it.
 *
 * @module
 */
import type { Event, Found, ScheduleStep } from "../../../engine/mod.ts";
import { bareEvent, bareRecord, KEPT } from "../../run/why_bare.ts";
import { type Recorded, recorded } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";

/** The events of the steps, newest first; a step's cause is its number, from 1. */
function ofSteps(
  schedule: readonly ScheduleStep[],
  eventsOf: (step: ScheduleStep) => readonly Event[],
): Recorded[] {
  return schedule.flatMap((step, at): Recorded[] =>
    eventsOf(step).map((event) => ({
      event,
      statement: undefined,
      cause: at + 1,
    }))
  ).reverse();
}

/** The events of the steps and of what stands before the block, newest first. */
export function stepsRecord(
  { model: { rules }, session }: Instance,
  schedule: readonly ScheduleStep[],
): Recorded[] {
  const steps = ofSteps(
    schedule,
    ({ events }) =>
      events.map((event) => ({
        ...event,
        rule: rules.ruleOf?.(event) ?? event.rule,
      })),
  );
  return [...steps, ...recorded(session)];
}

/** The same of the bare machine beside a vCPU, with what userspace writes for it. */
export function bareStepsRecord(
  { session }: Instance,
  schedule: readonly ScheduleStep[],
  vcpu: number,
): Recorded[] {
  const steps = ofSteps(schedule, (step) => {
    if (step.vcpu !== vcpu) return [];
    const written = step.events.filter((event) =>
      event.kind === "set" && event.from?.space === "user" &&
      KEPT.has(event.to.space)
    );
    return [...written, ...step.bareEvents].map((event) =>
      bareEvent(event, vcpu)
    );
  });
  return [...steps, ...bareRecord(session, vcpu)];
}

/** The vCPU whose bare machine does not hold what `always expect bare` or `finally expect bare` asks; else undefined. */
export function bareAsked(
  { always, finally: atEnd }: Instance,
  { broken }: Found,
): number | undefined {
  if (broken?.expectation === undefined) return undefined;
  const { seen } = (broken.atEnd ? atEnd : always)[broken.expectation].expected;
  return seen.view === "bare" ? seen.index : undefined;
}
