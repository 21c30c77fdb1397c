/**
 * A schedule to an end without the debugging that has no part in what does not hold there: userspace begins to debug
 * its vCPU and stops, or the host sets breakpoints and removes them. Without it an instruction may need another number
 * of tries, so that the other steps are searched anew.
 *
 * @module
 */
import type { Ending, PossibleStep } from "./ending.ts";
import { STEP } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import type { PossibleSteps, State } from "./possible_steps.ts";
import type { Steps } from "./steps.ts";
import { actionParts } from "./successors.ts";

/** Places at which a search for a shorter schedule gives up. */
const PLACES_MAX = 20_000;

/** A state of a shorter schedule, how much of the longer one it has come to, and what led there. */
interface Place {
  readonly state: State;
  /** Index of the part that is next. */
  readonly part: number;
  readonly from: Place | undefined;
  /** The step that led there, by its number among those of the state before; `NONE` if the part alone has changed. */
  readonly number: number;
}

/** What the schedule has next: steps of a vCPU in the kernel and the guest, or an action that is done or left out. */
interface Part {
  readonly step: PossibleStep;
  readonly isRun: boolean;
  readonly isLeftOut: boolean;
}

/** A shorter schedule: by step, the state before it and its number among the steps that are possible there. */
export type Shorter = readonly (readonly [state: State, number: number])[];

function isRun({ kind }: PossibleStep): boolean {
  return kind !== STEP.user && kind !== STEP.host && kind !== STEP.restore;
}

/** What an action does with debugging; undefined if it has nothing to do with that. */
function debugging(
  { userAction: user, hostRequest: host }: PossibleStep,
): "on" | "off" | undefined {
  if (user?.kind === "debugger") {
    return user.request.action === "off" ? "off" : "on";
  }
  if (user?.kind === "guest-debug" && user.request.inject === undefined) {
    return (user.request.control & 1) === 0 ? "off" : "on";
  }
  if (host === undefined || host.action === "wrmsr") return undefined;
  return host.action === "off" ? "off" : "on";
}

/**
 * The debugging in a schedule that has an end in it.
 *
 * @returns sets of indices: from the first action that debugs a vCPU or sets a host's breakpoint to the one that stops it
 */
export function endedDebugging(
  steps: readonly PossibleStep[],
): readonly ReadonlySet<number>[] {
  const found: ReadonlySet<number>[] = [];
  const open = new Map<string, number[]>();
  steps.forEach((step, at) => {
    const does = debugging(step);
    if (does === undefined) return;
    const actor = `${step.kind} ${step.vcpu ?? step.cpu}`;
    const begun = open.get(actor) ?? [];
    if (does === "on") {
      open.set(actor, [...begun, at]);
      return;
    }
    open.delete(actor);
    if (begun.length > 0) found.push(new Set([...begun, at]));
  });
  return found;
}

/** Looks for schedules in which actors come one after the other as in a longer one. */
export class ShorterSchedules {
  readonly #steps: Steps;
  readonly #possible: PossibleSteps;
  readonly #ending: Ending;

  constructor(steps: Steps, possible: PossibleSteps, ending: Ending) {
    this.#steps = steps;
    this.#possible = possible;
    this.#ending = ending;
  }

  /**
   * The shortest schedule without some actions, in which each guest comes to where it does in the longer one, and
   * the same value does not hold.
   *
   * @param steps the longer one
   * @param left indices of actions to leave out
   * @param most how many steps it may have
   * @returns undefined if there is none
   */
  without(
    steps: readonly PossibleStep[],
    left: ReadonlySet<number>,
    most: number,
  ): Shorter | undefined {
    const { start } = this.#possible;
    const end = steps.at(-1)?.after ?? start;
    const parts = partsOf(steps, left);
    const executed = new Set(
      steps.filter(({ kind }) => kind === STEP.instruction).map(insnOf),
    );
    const seen = new Set<string>();
    let level: Place[] = [];
    let next: Place[] = [];
    const come = (to: Place[], place: Place): void => {
      const key = `${place.part} ${place.state.join(" ")}`;
      if (seen.has(key)) return;
      seen.add(key);
      to.push(place);
    };
    come(next, { state: start, part: 0, from: undefined, number: NONE });
    for (let depth = 0; depth <= most && next.length > 0; depth++) {
      [level, next] = [next, []];
      // Going on to the next part is no step: such places are added to the level.
      for (let at = 0; at < level.length; at++) {
        if (seen.size > PLACES_MAX) return undefined;
        const place = level[at];
        const { state } = place;
        const part = parts[place.part];
        if (part === undefined) {
          if (this.#isSame(state, end)) return pathTo(place);
          continue;
        }
        const goesOn = { part: place.part + 1, from: place, number: NONE };
        if (part.isRun) come(level, { ...goesOn, state });
        else if (part.isLeftOut) {
          come(level, { ...goesOn, state: this.#past(state, part.step) });
          continue;
        }
        const to = part.isRun ? place.part : place.part + 1;
        for (const [number, after] of this.#stepsOf(state, part, executed)) {
          come(next, { state: after, part: to, from: place, number });
        }
      }
    }
    return undefined;
  }

  /** Steps of a part that break nothing, with the states after them. */
  #stepsOf(
    state: State,
    { step, isRun }: Part,
    executed: ReadonlySet<string>,
  ): (readonly [number: number, after: State])[] {
    const possible = this.#possible;
    const count = possible.find(state);
    const numbers = Array.from({ length: count }, (_, n) => n).filter((n) => {
      if (possible.vcpus[n] !== (step.vcpu ?? NONE)) return false;
      if (possible.brokenBy(n) !== 0) return false;
      const { kind, node } = actionParts(possible.actionOf(n));
      const onCpu = possible.cpus[n] === (step.cpu ?? NONE);
      if (!isRun) return onCpu && kind === step.kind && node === step.node;
      return onCpu && (kind !== STEP.instruction ||
        executed.has(insnOf({ vcpu: step.vcpu, node })));
    });
    return numbers.map((n) => [n, possible.after(state, n)] as const);
  }

  /** The state in which an action that is left out counts as done. */
  #past(state: State, { kind, vcpu, cpu, node }: PossibleStep): State {
    const steps = this.#steps;
    if (kind === STEP.user) {
      return state.with(vcpu!, steps.pastUser(state[vcpu!], node));
    }
    const at = steps.programs.guests.length + cpu!;
    return state.with(at, steps.pastHost(state[at], node));
  }

  #isSame(state: State, end: State): boolean {
    const { components, programs } = this.#steps;
    const { isBroken, shown } = this.#ending;
    return programs.guests.every((_, v) =>
      components.isSamePlace(state[v], end[v])
    ) && isBroken(state) && shown(state) === shown(end);
  }
}

/** What comes one after the other: what a vCPU does on a CPU until another acts is one part. */
function partsOf(
  steps: readonly PossibleStep[],
  left: ReadonlySet<number>,
): readonly Part[] {
  const parts: Part[] = [];
  steps.forEach((step, at) => {
    const last = parts.at(-1);
    if (
      isRun(step) && last?.isRun && last.step.vcpu === step.vcpu &&
      last.step.cpu === step.cpu
    ) return;
    parts.push({ step, isRun: isRun(step), isLeftOut: left.has(at) });
  });
  return parts;
}

function insnOf({ vcpu, node }: Pick<PossibleStep, "vcpu" | "node">): string {
  return `${vcpu} ${node}`;
}

function pathTo(end: Place): Shorter {
  const path: (readonly [state: State, number: number])[] = [];
  for (let at = end; at.from !== undefined; at = at.from) {
    if (at.number !== NONE) path.push([at.from.state, at.number]);
  }
  return path.reverse();
}
