/** Random schedules, and what threads share of them, here in the thread of the test. */
import {
  CONTROL,
  ENDING,
  jobStatus,
  stopJob,
  TALLY,
  triedMemory,
  type WalkJob,
} from "./job.ts";
import { PROPERTY } from "./properties.ts";
import { shareWalks, walkJob, walksOf } from "./shared_walks.ts";
import { mixed, randomOf, simulate } from "./simulate.ts";
import { breakpointGuest, modelOf } from "./testing.ts";
import { work } from "./work.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("simulate: the mixing is MurmurHash3's, whose hashes of nothing are known by their seeds", () => {
  assertEquals([0, 1, 0xffff_ffff].map(mixed), [
    0,
    0x514e_28b7,
    0x81f1_6f39,
  ]);
});

Deno.test("simulate: numbers below a bound, the same for the same seed", () => {
  const numbers = (seed: number) => {
    const random = randomOf(seed);
    return Array.from({ length: 600 }, () => random(6));
  };
  assertEquals(numbers(5), numbers(5));
  const counts = Map.groupBy(numbers(5), (n) => n);
  assertEquals([...counts.keys()].toSorted(), [0, 1, 2, 3, 4, 5]);
  // A hundred each on the average.
  assert([...counts.values()].every(({ length }) => length > 70));
  // All of a seed counts, not its lower 32 bits alone.
  for (const seed of [1 + 2 ** 32, 1 + 2 ** 52]) {
    assert(`${numbers(seed)}` !== `${numbers(1)}`, `${seed}`);
  }
  // The sequence begins one step after its seed.
  assertEquals(randomOf(-0x9e37_79b9)(10), 0);
  assertEquals(randomOf(1 - 0x9e37_79b9)(1 << 30), 0x514e_28b7 % (1 << 30));
});

/** Random schedules without a model, of which some seeds break something; tells which were tried. */
function shared(
  given: Partial<WalkJob>,
  breaks: (seed: number) => boolean,
  { before, after }: {
    readonly before?: (job: WalkJob) => void;
    /** After a seed was tried. */
    readonly after?: (job: WalkJob, seed: number) => void;
  } = {},
): { job: WalkJob; tried: number[] } {
  const job = walkJob({
    threads: 1,
    tried: triedMemory(1, 3),
    seed: 100,
    schedules: 10,
    stepsMax: 5,
    rest: false,
    states0: 0,
    transitions0: 0,
    ...given,
  });
  before?.(job);
  const tried: number[] = [];
  shareWalks(job, 0, (seed) => {
    tried.push(seed);
    after?.(job, seed);
    return { steps: 7 * tried.length, isBroken: breaks(seed) };
  });
  return { job, tried };
}

const never = () => false;

Deno.test("simulate: a thread takes all seeds that are left, and counts them", () => {
  const { job, tried } = shared({ states0: 3, transitions0: 50 }, never);
  assertEquals(tried, [103, 104, 105, 106, 107, 108, 109]);
  assertEquals(walksOf(job), {
    schedules: 10,
    transitions: 50 + 7 * 7,
    seed: undefined,
  });
  assertEquals(jobStatus(job), {
    states: 10,
    transitions: 50 + 7 * 7,
    frontier: 0,
    depth: 5,
    bytes: 0,
  });
  const sizes = [job.control, job.tallies, job.tried];
  assertEquals(sizes.map(({ byteLength }) => byteLength), [
    4 * CONTROL.words,
    8 * TALLY.numbers,
    8 * 3,
  ]);
});

Deno.test("simulate: what each thread counts is beside what others do", () => {
  const { job } = shared({ threads: 2, schedules: 4 }, never, {
    after: (job, seed) => {
      if (seed === 101) stopJob(job);
    },
  });
  new Int32Array(job.control)[CONTROL.stop] = 0;
  shareWalks(job, 1, () => ({ steps: 100, isBroken: false }));
  const tallies = new Float64Array(job.tallies);
  assertEquals(tallies.length, 2 * TALLY.numbers);
  assertEquals(
    [0, TALLY.numbers].map((at) => [
      tallies[at + TALLY.states],
      tallies[at + TALLY.transitions],
    ]),
    [[2, 14], [2, 100]],
  );
  assertEquals(walksOf(job).transitions, 114);
});

Deno.test("simulate: no seed above the least that broke something is tried", () => {
  const { job, tried } = shared({}, (seed) => seed === 104);
  assertEquals(tried, [100, 101, 102, 103, 104]);
  assertEquals(walksOf(job).seed, 104);
  assertEquals(walksOf(job).schedules, 5);
});

Deno.test("simulate: of several threads' seeds the least counts, and those below it are tried", () => {
  const lower = (job: WalkJob, n: number) => {
    new Int32Array(job.control)[CONTROL.brokenSeed] = n + 1;
  };
  // Another thread has found that seed 103 breaks something: this one's must be lower.
  const before = (job: WalkJob) => lower(job, 3);
  const found = shared({}, never, { before });
  assertEquals(found.tried, [100, 101, 102]);
  assertEquals(walksOf(found.job).seed, 103);
  const own = shared({}, (seed) => seed === 101, { before });
  assertEquals([own.tried, walksOf(own.job).seed], [[100, 101], 101]);
  // Another one has found a lower one meanwhile, which stays.
  for (const n of [0, 1]) {
    const { job } = shared({}, (seed) => seed === 101, {
      after: (job, seed) => {
        if (seed === 101) lower(job, n);
      },
    });
    assertEquals(walksOf(job).seed, 100 + n);
  }
});

Deno.test("simulate: a thread that finds the least seed changed meanwhile looks again", () => {
  const { compareExchange } = Atomics;
  let races = 0;
  Object.assign(Atomics, {
    compareExchange: (words: Int32Array, at: number, ...args: number[]) => {
      // The first time another thread is faster, with a higher seed.
      if (races++ === 0) words[at] = 9;
      return compareExchange(words, at, args[0], args[1]);
    },
  });
  try {
    const { job } = shared({}, (seed) => seed === 102);
    assertEquals([walksOf(job).seed, races], [102, 2]);
  } finally {
    Object.assign(Atomics, { compareExchange });
  }
});

Deno.test("simulate: a thread that is stopped takes no more seeds", () => {
  const { tried } = shared({}, never, {
    after: (job, seed) => {
      if (seed === 102) stopJob(job);
    },
  });
  assertEquals(tried, [100, 101, 102]);
  const control = (job: WalkJob) => new Int32Array(job.control);
  const { job } = shared({}, never, { before: stopJob });
  assertEquals(control(job)[CONTROL.stop], ENDING.stopped);
  assertEquals(walksOf(job).schedules, 0);
});

Deno.test("simulate: what is handed over comes to the seed and the schedule that one thread comes to", () => {
  const setup = {
    arch: "x86",
    profile: "linux-4.4",
    cpus: 1,
    guests: [0, 1].map(breakpointGuest),
  } as const;
  for (const never of [PROPERTY.missed, 0]) {
    const model = modelOf({ ...setup, never });
    const walked = (steps: number | undefined, schedules: number) => {
      const walking = simulate(model, {
        schedules,
        seed: 1000,
        stepsMax: 40,
        rest: true,
        handOver: steps === undefined ? undefined : { threads: 1, steps },
      });
      let jobs = 0;
      for (let next = walking.next();;) {
        if (next.done) return { jobs, ...next.value };
        const job = next.value.job?.();
        if (job) {
          jobs++;
          work(model, job, 0);
        }
        next = walking.next(job && "worked");
      }
    };
    // The bug of 2016 is found by one in some hundreds.
    const count = never === 0 ? 50 : 1000;
    const alone = walked(undefined, count);
    const shared = walked(0, count);
    assertEquals([alone.jobs, shared.jobs], [0, 1]);
    assertEquals(shared.seed, alone.seed);
    assertEquals(alone.found !== undefined, never !== 0);
    assertEquals(shared.schedules, alone.schedules);
    const steps = ({ found }: typeof alone) =>
      found?.schedule.map(({ kind, vcpu, cpu, node }) => [
        kind,
        vcpu,
        cpu,
        node,
      ]);
    assertEquals(steps(shared), steps(alone));
    if (never === 0) {
      assertEquals([alone.schedules, shared.steps], [count, alone.steps]);
      // Not before there are so many steps, and not where nothing is left.
      assertEquals(walked(alone.steps, count).jobs, 0);
      assertEquals(walked(0, 1).jobs, 0);
      assertEquals(walked(100, count).jobs, 1);
    }
  }
});
