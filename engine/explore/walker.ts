/**
 * One schedule at random.
 *
 * @module
 */
import type { Coverage } from "./coverage.ts";
import type { Found } from "./found.ts";
import type { Model } from "./model.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { PossibleSteps } from "./possible_steps.ts";
import { brokenOf, Schedules } from "./schedule.ts";
import { Steps } from "./steps.ts";

/** Takes random schedules of a model, one after the other. */
export class Walker {
  /** Steps of all schedules. */
  walked = 0;
  readonly #steps: Steps;
  readonly #possible: PossibleSteps;
  readonly #rest: boolean;

  /**
   * @param rest clear what no later step reads
   * @param numbers where what is tried is counted, if not in memory of its own
   */
  constructor(model: Model, rest: boolean, numbers?: Float64Array) {
    this.#rest = rest;
    this.#steps = new Steps(model, rest);
    this.#steps.vmVaries = true;
    if (numbers) this.#steps.tried.numbers = numbers;
    this.#possible = new PossibleSteps(model, this.#steps, true);
  }

  /** What was tried: the steps that were possible in the states that schedules came to. */
  get coverage(): Coverage {
    return this.#steps.coverage();
  }

  /** How many numbers count what is tried. */
  get triedLength(): number {
    return this.#steps.tried.length;
  }

  /** Adds what another thread has tried. */
  addTried(numbers: Float64Array): void {
    this.#steps.tried.add(numbers);
  }

  /**
   * One schedule.
   *
   * @param random gives a number from 0 to below its argument
   * @returns undefined if it broke nothing
   */
  walk(random: (below: number) => number, stepsMax: number): Found | undefined {
    const possible = this.#possible;
    let state = possible.start;
    const path: number[] = [];
    for (let depth = 0; depth < stepsMax; depth++) {
      const count = possible.find(state);
      if (count === 0) return undefined;
      const chosen = random(count);
      path.push(chosen);
      this.walked++;
      const broken = possible.brokenBy(chosen);
      if (broken !== 0) return this.#found(path, broken);
      state = possible.after(state, chosen);
    }
    return undefined;
  }

  #found(path: readonly number[], broken: number): Found {
    const { components, memo, ruleRuns, bytes } = this.#steps;
    const possible = this.#possible;
    const schedule = new Schedules(this.#steps, possible).byNumbers(path);
    return {
      complete: false,
      bound: undefined,
      broken: brokenOf(broken),
      schedule,
      leftOut: 0,
      before: possible.machineIn(schedule.at(-2)?.after ?? possible.start),
      end: possible.machineIn(schedule.at(-1)?.after ?? possible.start),
      states: 0,
      transitions: this.walked,
      depth: path.length,
      vcpuBlocks: components.vcpus.count,
      cpuBlocks: components.cpus.count,
      pairs: memo.pairs,
      ruleRuns,
      bytes,
      bytesPerState: 0,
      reductions: { ...NO_REDUCTIONS, rest: this.#rest },
      order: "all",
      symmetries: 1,
      coverage: this.coverage,
    };
  }
}
