/**
 * Warnings about a guest that makes itself single-step and never does, at the line whose value keeps it from that.
 *
 * @module
 */
import { lowWord } from "../../engine/mod.ts";
import { asksForStep, TRIED } from "../../engine/explore/mod.ts";
import { type CoveredPlace, isSamePlace, placeIn } from "./coverage.ts";
import {
  type CoverageWarning,
  type Searched,
  warning,
} from "./coverage_warning.ts";
import { writesOf } from "./writes.ts";

/**
 * The lines of a vCPU's program and userspace that were carried out and make the guest step itself.
 *
 * @returns undefined if it does; with the condition that fails, as `Breakpoints.stepNearness` has it
 */
function neverStepping(
  { instance: { model, origins }, tried }: Searched,
  vcpu: number,
): { readonly places: CoveredPlace[]; readonly nearness: number } | undefined {
  const { breakpoints } = model.monitor;
  const asking = tried.actions.filter(({ actor, index, action, numbers }) =>
    index === vcpu && actor !== "host" && numbers[TRIED.done] > 0 &&
    asksForStep(breakpoints, action)
  );
  if (asking.some(({ numbers }) => numbers[TRIED.matched] > 0)) {
    return undefined;
  }
  const places: CoveredPlace[] = [];
  for (const { action } of asking) {
    const line = origins.lines.get(action);
    const place = line && placeIn(line.span);
    if (place && !places.some((one) => isSamePlace(one, place))) {
      places.push(place);
    }
  }
  const nearness = Math.max(
    0,
    ...asking.map(({ numbers }) => numbers[TRIED.nearness]),
  );
  return { places, nearness };
}

/** Warnings about the steps of all guests. */
export function* ofSteps(searched: Searched): Generator<CoverageWarning> {
  const { instance: { arch, model } } = searched;
  const { breakpoints } = model.monitor;
  for (const vcpu of model.guests.keys()) {
    const found = neverStepping(searched, vcpu);
    if (found === undefined || found.places.length === 0) continue;
    const isReached = found.nearness > 0;
    const { registers, what, needed, bits } = breakpoints.obstacle(
      found.nearness,
      0,
      0,
    );
    const writers = registers.flatMap((one) => breakpoints.writersOf(one));
    const deciding = writesOf(searched, vcpu).filter((one) =>
      one.isDone && writers.includes(one.register) &&
      (bits === undefined || (one.maskLo & bits.mask) !== 0)
    );
    const cause = deciding.findLast(({ value }) =>
      bits === undefined || (lowWord(value) & bits.mask) === bits.value
    );
    const names = registers.map((id) => arch.registers.byId(id).name);
    const unwritten = deciding.length > 0 || names.length === 0
      ? ""
      : `, and the block never writes ${names.join(" or ")}`;
    for (const place of cause ? [cause.place] : found.places) {
      yield warning(
        place,
        "never-stepped",
        `vCPU ${vcpu} never single-steps itself: ${
          isReached
            ? what
            : "no instruction is executed while this is in effect"
        }${unwritten}`,
        needed === undefined ? null : `it must be ${needed}`,
      );
    }
  }
}
