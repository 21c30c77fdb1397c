/**
 * Schedules as objects: the steps of the real machine from the start, with what happened in each.
 *
 * @module
 */
import type { MachineBlocks } from "../machine_words.ts";
import type { Ending, PossibleStep } from "./ending.ts";
import type { Broken, ScheduleStep } from "./found.ts";
import { STEP, type StepKind } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import type { PossibleSteps, State } from "./possible_steps.ts";
import { PROPERTIES_MAX } from "./properties.ts";
import { relevantSteps } from "./relevance.ts";
import type { Steps } from "./steps.ts";
import { actionParts, EXPECTED_SHIFT, type Explained } from "./successors.ts";
import { endedDebugging, ShorterSchedules } from "./without_debugging.ts";

/** What bits as in `SUCCESSOR.broken` mean. */
export function brokenOf(bits: number): Broken {
  const expectation = bits >>> EXPECTED_SHIFT;
  return {
    properties: bits & ((1 << PROPERTIES_MAX) - 1),
    expectation: expectation === 0 ? undefined : expectation - 1,
    atEnd: false,
  };
}

/** The schedules of one model. */
export class Schedules {
  readonly #steps: Steps;
  readonly #possible: PossibleSteps;

  constructor(steps: Steps, possible: PossibleSteps) {
    this.#steps = steps;
    this.#possible = possible;
  }

  /** A schedule by the numbers of its steps among those that are possible. */
  byNumbers(numbers: readonly number[]): ScheduleStep[] {
    let state = this.#possible.start;
    return this.#withChoices(numbers.map((number) => {
      const step = this.#stepsFrom(state)[number];
      state = step.after;
      return step;
    }));
  }

  /**
   * A schedule by its states.
   *
   * @param path by step: whether a state is the one after it
   * @param last the schedule ends with one step more, which breaks something: whether it is one that does
   * @param ending of a schedule to an end: what does not hold there; what has nothing to do with that is left out
   * @returns with the bits of what that breaks, the machine after it, and how many steps shorter it is
   */
  byStates(
    path: readonly ((state: State) => boolean)[],
    last?: (step: PossibleStep) => boolean,
    ending?: Ending,
  ): {
    readonly leftOut: number;
    readonly schedule: ScheduleStep[];
    readonly broken: number;
    readonly before: MachineBlocks;
    readonly end: MachineBlocks;
  } {
    const all: PossibleStep[] = [];
    let state = this.#possible.start;
    for (const isNext of path) {
      const steps = this.#stepsFrom(state).filter(({ after }) => isNext(after));
      // Past a failure that the search went on from, one that is broken is the only way.
      const step = steps.find(({ broken }) => broken === 0) ?? steps[0];
      if (!step) throw new RangeError("A state has no step from its parent");
      all.push(step);
      state = step.after;
    }
    if (last) {
      const step = this.#stepsFrom(state).find((one) =>
        one.broken !== 0 && last(one)
      );
      if (!step) throw new RangeError("No step breaks a property");
      all.push(step);
    }
    const { schedule, leftOut } = ending === undefined
      ? { schedule: all, leftOut: 0 }
      : this.#relevant(all, ending);
    const end = schedule.at(-1);
    return {
      leftOut,
      schedule: this.#withChoices(schedule),
      broken: end?.broken ?? 0,
      before: this.#possible.machineIn(
        schedule.at(-2)?.after ?? this.#possible.start,
      ),
      end: this.#possible.machineIn(end?.after ?? this.#possible.start),
    };
  }

  /** Of a schedule to an end, what has to do with it, and how many steps shorter that is. */
  #relevant(
    all: readonly PossibleStep[],
    ending: Ending,
  ): {
    readonly schedule: readonly PossibleStep[];
    readonly leftOut: number;
  } {
    const relevant = relevantSteps(
      all,
      ending.isOwn,
      (some) => this.#replayed(some, ending.isBroken),
    );
    const shorter = new ShorterSchedules(this.#steps, this.#possible, ending);
    let left: ReadonlySet<number> = new Set();
    let schedule = relevant;
    for (const debugging of endedDebugging(relevant)) {
      const without = left.union(debugging);
      const found = shorter.without(relevant, without, schedule.length);
      if (found === undefined) continue;
      left = without;
      schedule = found.map(([state, number]) => this.#stepsFrom(state)[number]);
    }
    // Where a debugger's actions are left out, an instruction may need another try.
    return { schedule, leftOut: all.length - schedule.length };
  }

  /** Does some of the steps of a schedule; undefined where one is not possible, or nothing is broken after them. */
  #replayed(
    some: readonly PossibleStep[],
    isBroken: (state: State) => boolean,
  ): readonly PossibleStep[] | undefined {
    let state = this.#possible.start;
    const steps: PossibleStep[] = [];
    for (const { kind, vcpu, cpu, node } of some) {
      const step = this.#stepsFrom(state).find((one) =>
        one.kind === kind && one.vcpu === vcpu && one.cpu === cpu &&
        one.node === node
      );
      if (step === undefined || step.broken !== 0) return undefined;
      steps.push(step);
      state = step.after;
    }
    return isBroken(state) ? steps : undefined;
  }

  /** All steps that are possible in a state, in the order of the search, with what happens in them. */
  #stepsFrom(state: State): PossibleStep[] {
    const possible = this.#possible;
    const { components } = this.#steps;
    const count = possible.find(state);
    let explained: readonly Explained[] = [];
    return Array.from({ length: count }, (_, n) => {
      const [v, p, j] = [
        possible.vcpus[n],
        possible.cpus[n],
        possible.numbers[n],
      ];
      const way = possible.wayOf(n);
      if (way) return this.#restore(way, possible.after(state, n), n);
      if (j === 0) {
        explained = this.#steps.explain(...possible.pairOf(state, v, p));
      }
      const { kind, node } = actionParts(possible.actionOf(n));
      const after = possible.after(state, n);
      return {
        ...this.#acting(kind, node, v, p),
        vcpu: v === NONE ? undefined : v,
        cpu: p === NONE ? undefined : p,
        after,
        isMiddle: v !== NONE && components.isMiddle(after[v]),
        ...explained[j],
        broken: possible.brokenBy(n),
      };
    });
  }

  /** The step in which the VM is saved and restored: what happens to each vCPU, one after the other. */
  #restore(
    way: readonly number[],
    after: State,
    n: number,
  ): PossibleStep {
    const parts = way.map((at) => {
      const [vcpu, cpu, vm, number] = this.#steps.memo.placeOf(at);
      return this.#steps.explain(vcpu, cpu, vm)[number];
    });
    const first = <K extends keyof Explained>(key: K): Explained[K] =>
      parts.find((part) => part[key] !== undefined)?.[key] as Explained[K];
    return {
      kind: STEP.restore,
      node: NONE,
      vcpu: undefined,
      cpu: undefined,
      after,
      isMiddle: false,
      events: parts.flatMap(({ events }) => events),
      bareEvents: parts.flatMap(({ bareEvents }) => bareEvents),
      handler: undefined,
      unread: first("unread"),
      lost: first("lost"),
      noticed: first("noticed"),
      mismatch: first("mismatch"),
      exception: undefined,
      broken: this.#possible.brokenBy(n),
    };
  }

  /** What acts in a step, by its node in a program. */
  #acting(
    kind: StepKind,
    node: number,
    v: number,
    p: number,
  ): Pick<
    ScheduleStep,
    "kind" | "node" | "insn" | "userAction" | "hostRequest"
  > {
    const { guests, users, hosts } = this.#steps.programs;
    switch (kind) {
      case STEP.instruction:
      case STEP.idle:
        return { kind, node, insn: guests[v].actionAt(node) };
      case STEP.user:
        return { kind, node, userAction: users[v].actionAt(node) };
      case STEP.host:
        return { kind, node, hostRequest: hosts[p].actionAt(node) };
      default:
        return { kind, node };
    }
  }

  /**
   * A try of an instruction that leaves a choice open is one of what is chosen later; of the first way, if nothing
   * is.
   */
  #withChoices(schedule: readonly ScheduleStep[]): ScheduleStep[] {
    const chosen = new Map<number, number>();
    return schedule.toReversed().map((step) => {
      const { kind, vcpu, node, after } = step;
      if (kind !== STEP.instruction && kind !== STEP.idle) return step;
      const v = vcpu!;
      const own = node !== NONE
        ? node
        : chosen.get(v) ?? this.#steps.components.firstOption(after[v]);
      chosen.set(v, own);
      return own === node
        ? step
        : { ...step, ...this.#acting(kind, own, v, NONE) };
    }).toReversed();
  }
}
