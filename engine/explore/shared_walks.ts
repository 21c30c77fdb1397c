/**
 * Random schedules, shared out to threads by their seeds.
 *
 * @module
 */
import { CONTROL, TALLY, total, type WalkJob } from "./job.ts";

/** Random schedules from a seed on, some of which were tried. */
export function walkJob(
  from: Omit<WalkJob, "kind" | "control" | "tallies">,
): WalkJob {
  const control = new SharedArrayBuffer(4 * CONTROL.words);
  new Int32Array(control)[CONTROL.seed] = from.states0;
  const tallies = new SharedArrayBuffer(8 * TALLY.numbers * from.threads);
  return { kind: "walk", ...from, control, tallies };
}

/**
 * Takes seeds until there are none, or until one below them has broken something.
 *
 * @param walk tries a seed; `steps` are those of all that it has tried
 */
export function shareWalks(
  job: WalkJob,
  thread: number,
  walk: (
    seed: number,
  ) => { readonly steps: number; readonly isBroken: boolean },
): void {
  const control = new Int32Array(job.control);
  const at = 8 * TALLY.numbers * thread;
  const tally = new Float64Array(job.tallies, at, TALLY.numbers);
  while (Atomics.load(control, CONTROL.stop) === 0) {
    const n = Atomics.add(control, CONTROL.seed, 1);
    const least = Atomics.load(control, CONTROL.brokenSeed);
    if (n >= job.schedules || least !== 0 && n >= least - 1) return;
    const { steps, isBroken } = walk(job.seed + n);
    tally[TALLY.states]++;
    tally[TALLY.transitions] = steps;
    if (isBroken) lower(control, n + 1);
  }
}

/** Makes the least seed that breaks something no more than `value`. */
function lower(control: Int32Array, value: number): void {
  for (;;) {
    const known = Atomics.load(control, CONTROL.brokenSeed);
    if (known !== 0 && known <= value) return;
    const { brokenSeed } = CONTROL;
    if (Atomics.compareExchange(control, brokenSeed, known, value) === known) {
      return;
    }
  }
}

/** What threads came to: schedules, their steps, and the least seed that broke something. */
export function walksOf(job: WalkJob): {
  readonly schedules: number;
  readonly transitions: number;
  readonly seed: number | undefined;
} {
  const least = new Int32Array(job.control)[CONTROL.brokenSeed];
  return {
    schedules: job.states0 + total(job, TALLY.states),
    transitions: job.transitions0 + total(job, TALLY.transitions),
    seed: least === 0 ? undefined : job.seed + least - 1,
  };
}
