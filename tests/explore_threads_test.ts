import { assert, assertEquals, assertRejects } from "@std/assert";
import * as fc from "fast-check";
import { type Crew, driven } from "../cli/explore/progress.ts";
import { Threads, WorkerFailed } from "../cli/explore/threads.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import {
  type Bounds,
  type Found,
  type Job,
  type Reductions,
  type UserAction,
} from "../engine/mod.ts";
import { UNBOUNDED } from "../engine/explore/mod.ts";
import {
  search,
  searchSteps,
  simulate,
  stopJob,
} from "../engine/explore/mod.ts";
import { NO_REDUCTIONS as NONE } from "../engine/explore/reductions.ts";
import {
  anyOf,
  breakpointGuest,
  modelOf,
  OWN,
  type Setup,
  straight,
  x86Guest,
} from "../engine/explore/testing.ts";
import type { TestRecipe } from "./explore_worker.ts";

const WORKER = new URL("./explore_worker.ts", import.meta.url).href;

/** Each that changes the search of states, alone and together. */
const REDUCTIONS: readonly Reductions[] = [
  NONE,
  { ...NONE, rest: true },
  { ...NONE, symmetry: true },
  { ...NONE, slots: true },
  { ...NONE, transactions: true },
  { ...NONE, transactions: true, symmetry: true, slots: true, rest: true },
];

/** Gives workers to searches, and ends them. */
async function withThreads<T>(
  recipe: TestRecipe,
  count: number,
  use: (workers: Threads<TestRecipe>) => Promise<T>,
): Promise<T> {
  const workers = new Threads(count, WORKER, recipe);
  try {
    return await use(workers);
  } finally {
    workers.close();
  }
}

/** Searches with threads from the first state on, or from a number of states on. */
async function inThreads(
  workers: Threads<TestRecipe>,
  setup: Setup,
  reductions: Reductions,
  { bounds = UNBOUNDED, states = 0, onJob }: {
    readonly bounds?: Bounds;
    readonly states?: number;
    readonly onJob?: (job: Job) => void;
  } = {},
): Promise<Found> {
  let jobs = 0;
  const crew: Crew = {
    start: () => workers.start(),
    run: (job) => {
      jobs++;
      onJob?.(job);
      return workers.run(job);
    },
  };
  const handOver = { threads: workers.count, states };
  const options = { reductions, bounds, handOver };
  const searching = searchSteps(modelOf(setup), options);
  const found = await driven(searching, "test", new MemoryIo(), crew);
  assert(jobs > 0, "nothing was handed over");
  return found;
}

/** What must not depend on threads: all of a whole search, and the length of a schedule that breaks something. */
function claims(found: Found) {
  const { complete, bound, states, transitions, depth } = found;
  const { symmetries, coverage } = found;
  return found.broken
    ? { complete, bound, length: found.schedule.length }
    : { complete, bound, states, transitions, depth, symmetries, coverage };
}

/** Guests with one breakpoint each, alike or not, and perhaps a debugger. */
const setups: fc.Arbitrary<Setup> = fc.record({
  profile: fc.constantFrom("linux-4.4", "linux-4.9", "linux-6.1"),
  cpus: fc.integer({ min: 1, max: 2 }),
  alike: fc.boolean(),
  choices: fc.boolean(),
  user: fc.boolean(),
}).map(({ profile, cpus, alike, choices, user }) => ({
  arch: "x86",
  profile,
  cpus,
  guests: [0, 1].map((v) => {
    const guest = x86Guest(v);
    const own = 0x1000 + 0x1_0000 * v;
    const insns = [
      guest.writeDr0(own),
      guest.writeDr7(alike || v === 0 ? 2 : 0x400),
      guest.exec(own),
    ];
    return choices ? anyOf(insns, 2) : straight(insns);
  }),
  users: user && !alike
    ? [
      straight<UserAction>([{ kind: "debugger", request: { action: "step" } }]),
    ]
    : [],
  never: OWN,
}));

Deno.test("threads: 1, 2 and 4 come to the same states and verdict as the search without any, with each reduction and without", async () => {
  const seen = { broken: 0, holds: 0 };
  await fc.assert(
    fc.asyncProperty(setups, async (setup) => {
      const model = modelOf(setup);
      for (const threads of [1, 2, 4]) {
        await withThreads({ setup }, threads, async (workers) => {
          for (const reductions of REDUCTIONS) {
            const alone = search(model, { reductions, bounds: UNBOUNDED });
            seen[alone.broken ? "broken" : "holds"]++;
            const found = await inThreads(workers, setup, reductions);
            const what = `${threads} threads, ${JSON.stringify(reductions)}`;
            assertEquals(claims(found), claims(alone), what);
          }
        });
      }
    }),
    { numRuns: 6, seed: 8 },
  );
  assert(seen.broken > 4, "broken models are too few");
  assert(seen.holds > 4, "models that hold are too few");
});

/** Two guests on two CPUs, 70 thousand states. */
const LARGE: Setup = {
  arch: "x86",
  profile: "linux-4.9",
  cpus: 2,
  guests: [0, 1].map((v) => {
    const guest = x86Guest(v);
    const own = 0x1000 + 0x1_0000 * v;
    return anyOf([guest.writeDr0(own), guest.writeDr7(2), guest.exec(own)], 2);
  }),
  never: OWN,
};

Deno.test("threads: tables grow on the way, and a search that is under way is taken over", async () => {
  const options = { reductions: NONE, bounds: UNBOUNDED };
  const alone = search(modelOf(LARGE), options);
  assert(alone.states > 60_000, `${alone.states} states are too few`);
  for (const states of [0, 20_000]) {
    const found = await withThreads(
      { setup: LARGE },
      3,
      (workers) => inThreads(workers, LARGE, NONE, { states }),
    );
    assertEquals(claims(found), claims(alone));
    assert(found.bytesPerState < 40);
  }
});

Deno.test("threads: bounds stop them, and nothing is claimed", async () => {
  for (
    const [bounds, bound] of [
      [{ ...UNBOUNDED, depthMax: 5 }, "depth"],
      [{ ...UNBOUNDED, statesMax: 5000 }, "states"],
      [{ ...UNBOUNDED, bytesMax: 100_000 }, "memory"],
    ] as const
  ) {
    const found = await withThreads(
      { setup: LARGE },
      2,
      (workers) => inThreads(workers, LARGE, NONE, { bounds }),
    );
    assertEquals([found.complete, found.bound], [false, bound]);
    if (bound === "depth") {
      const alone = search(modelOf(LARGE), { reductions: NONE, bounds });
      assertEquals(claims(found), claims(alone));
    } else if (bound === "states") {
      assert(found.states >= 5000 && found.states < 10_000);
    } else {
      // A state takes a word or more, its parent one, and its slot more than one.
      assert(found.states > 1000 && found.states * 12 < 100_000);
    }
  }
});

Deno.test("threads: an interrupt stops them, and nothing is claimed", async () => {
  const found = await withThreads(
    { setup: LARGE },
    2,
    (workers) => inThreads(workers, LARGE, NONE, { onJob: stopJob }),
  );
  assertEquals([found.complete, found.bound], [false, "stopped"]);
});

for (const fails of ["model", "rule"] as const) {
  Deno.test(`threads: the reason of one that fails with its ${fails} is reported, and the others end`, async () => {
    const recipe: TestRecipe = { setup: LARGE, fails };
    const error = await assertRejects(
      () =>
        withThreads(recipe, 3, (workers) => inThreads(workers, LARGE, NONE)),
      WorkerFailed,
    );
    assertEquals(
      error.message,
      `a worker failed: ${
        fails === "rule" ? "a rule failed" : "there is no such model"
      }`,
    );
  });
}

Deno.test("threads: where none can be started the search goes on alone", async () => {
  const workers = new Threads(2, "data:text/javascript,throw 1", LARGE);
  const handOver = { threads: 2, states: 0 };
  const options = { reductions: NONE, bounds: UNBOUNDED };
  const searching = searchSteps(modelOf(LARGE), { ...options, handOver });
  const found = await driven(searching, "test", new MemoryIo(), workers);
  assertEquals(claims(found), claims(search(modelOf(LARGE), options)));
  assert(workers.problem !== undefined);
});

Deno.test("threads: random schedules have the same seed as one by one", async () => {
  const guests = [0, 1].map(breakpointGuest);
  const setup: Setup = { ...LARGE, profile: "linux-4.4", cpus: 1, guests };
  for (const seed of [1, 500, 9000]) {
    const walk = (threads: number, handOver: boolean) =>
      withThreads({ setup }, threads, (workers) => {
        const options = { schedules: 3000, seed, stepsMax: 60, rest: true };
        const walking = simulate(modelOf(setup), {
          ...options,
          handOver: handOver ? { threads, steps: 0 } : undefined,
        });
        return driven(walking, "test", new MemoryIo(), workers);
      });
    const alone = await walk(1, false);
    assert(alone.found, "3000 random schedules find the bug of 2016");
    const shared = await walk(3, true);
    const told = ({ seed, schedules, found }: typeof alone) => [
      seed,
      schedules,
      found?.schedule.map((
        { kind, vcpu, cpu, node },
      ) => [kind, vcpu, cpu, node]),
    ];
    assertEquals(told(shared), told(alone));
  }
});
