/**
 * One schedule at random.
 *
 * @module
 */
import type { Found } from "./found.ts";
import type { Model } from "./model.ts";
import { NO_REDUCTIONS } from "./options.ts";
import { brokenOf, Schedules } from "./schedule.ts";
import { Steps } from "./steps.ts";

/** Takes random schedules of a model, one after the other. */
export class Walker {
  /** Steps of all schedules. */
  walked = 0;
  readonly #steps: Steps;
  readonly #schedules: Schedules;
  readonly #rest: boolean;

  /** @param rest clear what no later step reads */
  constructor(model: Model, rest: boolean) {
    this.#rest = rest;
    this.#steps = new Steps(model, rest);
    this.#steps.vmVaries = true;
    this.#schedules = new Schedules(model, this.#steps, true);
  }

  /**
   * One schedule.
   *
   * @param random gives a number from 0 to below its argument
   * @returns undefined if it broke nothing
   */
  walk(random: (below: number) => number, stepsMax: number): Found | undefined {
    const schedules = this.#schedules;
    let state = schedules.start;
    const path: number[] = [];
    for (let depth = 0; depth < stepsMax; depth++) {
      const steps = schedules.stepsFrom(state);
      if (steps.length === 0) return undefined;
      const chosen = random(steps.length);
      const { broken, after } = steps[chosen];
      path.push(chosen);
      this.walked++;
      if (broken !== 0) return this.#found(path, broken);
      state = after;
    }
    return undefined;
  }

  #found(path: readonly number[], broken: number): Found {
    const { components, memo, ruleRuns, bytes } = this.#steps;
    const schedule = this.#schedules.byNumbers(path);
    const { start } = this.#schedules;
    return {
      complete: false,
      bound: undefined,
      broken: brokenOf(broken),
      schedule,
      end: this.#schedules.machineIn(schedule.at(-1)?.after ?? start),
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
      symmetries: 1,
    };
  }
}
