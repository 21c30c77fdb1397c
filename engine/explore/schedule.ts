/**
 * Schedules as objects: the steps of the real machine from the start, with what happened in each.
 *
 * @module
 */
import type { MachineBlocks } from "../machine_words.ts";
import { MODE } from "../rules.ts";
import type { Broken, ScheduleStep } from "./found.ts";
import { type Model, STEP, type StepKind } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { PROPERTIES_MAX } from "./properties.ts";
import type { Steps } from "./steps.ts";
import { actionParts, EXPECTED_SHIFT, type Explained } from "./successors.ts";

/** A state: numbers of vCPU components, of CPU components, and of the VM's if that varies. */
export type State = readonly number[];

/** A step with bits as in `SUCCESSOR.broken`. */
export interface PossibleStep extends ScheduleStep {
  readonly broken: number;
}

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
  readonly #model: Model;
  readonly #steps: Steps;
  readonly #vmVaries: boolean;
  readonly #firstVm: number;
  /** The state in which all schedules begin. */
  readonly start: State;

  constructor(model: Model, steps: Steps, vmVaries: boolean) {
    this.#model = model;
    this.#steps = steps;
    this.#vmVaries = vmVaries;
    const { vm, vcpus, cpus } = steps.initial();
    this.#firstVm = vm;
    this.start = vmVaries ? [...vcpus, ...cpus, vm] : [...vcpus, ...cpus];
  }

  /** The machine in a state. */
  machineIn(state: State): MachineBlocks {
    const { vcpus, cpus } = this.#model;
    const vm = this.#vmVaries ? state[vcpus + cpus] : this.#firstVm;
    return this.#steps.components.blocksOf(
      vm,
      state.slice(0, vcpus),
      state.slice(vcpus, vcpus + cpus),
    );
  }

  /** All steps that are possible in a state, in the order of the search. */
  stepsFrom(state: State, withEvents = false): PossibleStep[] {
    const { mode, userActs, where, occupant, hostActs } =
      this.#steps.components;
    const { vcpus, cpus } = this.#model;
    const found: PossibleStep[] = [];
    const add = (v: number, p: number): void => {
      found.push(...this.#stepsOf(state, v, p, withEvents));
    };
    for (let v = 0; v < vcpus; v++) {
      const vid = state[v];
      const out = mode[vid] === MODE.out;
      if (out && userActs[vid] !== 0) add(v, NONE);
      for (let p = 0; p < cpus; p++) {
        if (!out && p !== where[vid]) continue;
        if (out && occupant[state[vcpus + p]] !== 0) continue;
        add(v, p);
      }
    }
    for (let p = 0; p < cpus; p++) {
      const cid = state[vcpus + p];
      if (hostActs[cid] !== 0 && occupant[cid] === 0) add(NONE, p);
    }
    return found;
  }

  /** A schedule by the numbers of its steps among those possible. */
  byNumbers(numbers: readonly number[]): ScheduleStep[] {
    let state = this.start;
    return this.#withChoices(numbers.map((number) => {
      const step = this.stepsFrom(state, true)[number];
      state = step.after;
      return step;
    }));
  }

  /**
   * A schedule by its states; nothing is broken in them.
   *
   * @param path by step: whether a state is the one after it
   * @param breaks the schedule ends with one step more, which breaks something
   * @returns with the bits of what that breaks, and the machine after it
   */
  byStates(
    path: readonly ((state: State) => boolean)[],
    breaks: boolean,
  ): {
    readonly schedule: ScheduleStep[];
    readonly broken: number;
    readonly end: MachineBlocks;
  } {
    const schedule: PossibleStep[] = [];
    let state = this.start;
    for (const isNext of path) {
      const step = this.stepsFrom(state, true).find(({ after, broken }) =>
        broken === 0 && isNext(after)
      );
      if (!step) throw new RangeError("A state has no step from its parent");
      schedule.push(step);
      state = step.after;
    }
    if (breaks) {
      const step = this.stepsFrom(state, true).find(({ broken }) =>
        broken !== 0
      );
      if (!step) throw new RangeError("No step breaks a property");
      schedule.push(step);
    }
    const last = schedule.at(-1);
    return {
      schedule: this.#withChoices(schedule),
      broken: last?.broken ?? 0,
      end: this.machineIn(last?.after ?? this.start),
    };
  }

  #stepsOf(
    state: State,
    v: number,
    p: number,
    withEvents: boolean,
  ): PossibleStep[] {
    const steps = this.#steps;
    const { vcpus } = this.#model;
    const last = state.length - 1;
    const vm = this.#vmVaries ? state[last] : this.#firstVm;
    const vcpu = v === NONE ? NONE : state[v];
    const cpu = p === NONE ? NONE : state[vcpus + p];
    const explained: readonly Explained[] = withEvents
      ? steps.explain(vcpu, cpu, vm)
      : [];
    return steps.successorsOf(vcpu, cpu, vm).map((one, j) => {
      const after = [...state];
      if (v !== NONE) after[v] = one.vcpu;
      if (p !== NONE) after[vcpus + p] = one.cpu;
      if (this.#vmVaries) after[last] = one.vm;
      const { kind, node } = actionParts(one.action);
      return {
        ...this.#acting(kind, node, v, p),
        vcpu: v === NONE ? undefined : v,
        cpu: p === NONE ? undefined : p,
        after,
        isMiddle: v !== NONE && steps.components.isMiddle(after[v]),
        events: explained[j]?.events ?? [],
        unread: explained[j]?.unread,
        lost: explained[j]?.lost,
        broken: one.broken,
      };
    });
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
