/**
 * Random schedules, for what is too large to search.
 *
 * @module
 */
import type { Coverage } from "./coverage.ts";
import type { Found } from "./found.ts";
import { triedBy, triedMemory, type WalkJob } from "./job.ts";
import type { Model } from "./model.ts";
import type { Answer, Progress } from "./progress.ts";
import { shareWalks, walkJob, walksOf } from "./shared_walks.ts";
import { Walker } from "./walker.ts";

/** What random schedules came to. */
export interface Simulated {
  /** Schedules that were tried. */
  readonly schedules: number;
  /** Seed of the one that broke something; undefined if none did. */
  readonly seed: number | undefined;
  /** What was found, if anything. */
  readonly found: Found | undefined;
  /** Steps of all schedules. */
  readonly steps: number;
  /** What was tried: the steps that were possible in the states that they came to; each thread counts by itself. */
  readonly coverage: Coverage;
}

/** The finalizer of MurmurHash3, for words of 32 bits. */
export function mixed(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Numbers that are the same for the same seed: the finalizer over a Weyl sequence. */
export function randomOf(seed: number): (below: number) => number {
  // Seeds that differ above 32 bits alone must not have the same numbers.
  let state = seed ^ mixed(Math.trunc(seed / 2 ** 32));
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    return mixed(state) % below;
  };
}

/**
 * Tries schedules at random, with seeds from `seed` on, until one breaks something.
 *
 * @param stepsMax steps of one schedule
 */
export function* simulate(
  model: Model,
  { schedules, seed, stepsMax, rest, handOver }: {
    readonly schedules: number;
    readonly seed: number;
    readonly stepsMax: number;
    readonly rest: boolean;
    readonly handOver?: { readonly threads: number; readonly steps: number };
  },
): Generator<Progress, Simulated, Answer> {
  const walker = new Walker(model, rest);
  let isAlone = handOver === undefined;
  for (let n = 0; n < schedules; n++) {
    const found = walker.walk(randomOf(seed + n), stepsMax);
    if (found) {
      const { walked: steps, coverage } = walker;
      return { schedules: n + 1, seed: seed + n, found, steps, coverage };
    }
    const progress = {
      states: n + 1,
      transitions: walker.walked,
      frontier: 0,
      depth: stepsMax,
      bytes: 0,
    };
    const isLarge = !isAlone && walker.walked >= handOver!.steps &&
      n + 1 < schedules;
    let made: WalkJob | undefined;
    const job = isLarge
      ? () =>
        made = walkJob({
          threads: handOver!.threads,
          tried: triedMemory(handOver!.threads, walker.triedLength),
          seed,
          schedules,
          stepsMax,
          rest,
          states0: n + 1,
          transitions0: walker.walked,
        })
      : undefined;
    const answer = yield { ...progress, job };
    if (answer === "stop") {
      const { walked: steps, coverage } = walker;
      return { schedules: n + 1, seed: undefined, found, steps, coverage };
    }
    if (answer === "worked") {
      for (const numbers of triedBy(made!)) walker.addTried(numbers);
      return walkedBy(model, made!, walker.coverage);
    }
    if (isLarge) isAlone = true;
  }
  const { walked: steps, coverage } = walker;
  return { schedules, seed: undefined, found: undefined, steps, coverage };
}

/** What several threads came to: the least seed that breaks something, as one thread would find it. */
function walkedBy(
  model: Model,
  job: WalkJob,
  coverage: Coverage,
): Simulated {
  const { schedules, transitions: steps, seed } = walksOf(job);
  if (seed === undefined) {
    return { schedules, seed, found: undefined, steps, coverage };
  }
  const found = new Walker(model, job.rest).walk(randomOf(seed), job.stepsMax);
  return { schedules: seed - job.seed + 1, seed, found, steps, coverage };
}

/** One thread's part of random schedules. */
export function workOnWalks(model: Model, job: WalkJob, thread: number): void {
  const walker = new Walker(model, job.rest, triedBy(job)[thread]);
  shareWalks(job, thread, (seed) => {
    const found = walker.walk(randomOf(seed), job.stepsMax);
    return { steps: walker.walked, isBroken: found !== undefined };
  });
}
