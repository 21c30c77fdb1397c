/** What a thread does with a search, here in the thread of the test: all of it, or what it does beside others. */
import { makeInsn } from "../program.ts";
import type { Found } from "./found.ts";
import { EXPANDED, Expander } from "./expander.ts";
import {
  abandonJob,
  CONTROL,
  ENDING,
  jobStatus,
  PHASE,
  stopJob,
  TALLY,
} from "./job.ts";
import type { Model } from "./model.ts";
import { type Bounds, UNBOUNDED } from "./options.ts";
import { PairClasses } from "./pair_classes.ts";
import { endOf, type HandedOver, searchJob, workOnSearch } from "./parallel.ts";
import {
  ALL_REDUCTIONS,
  NO_REDUCTIONS as NONE,
  type Reductions,
} from "./reductions.ts";
import { search, searchSteps } from "./search.ts";
import { SharedStates } from "./shared_states.ts";
import { Steps } from "./steps.ts";
import { capacityOf, numbersOf, StateStore } from "./store.ts";
import {
  anyOf,
  breakpointGuest,
  modelOf,
  OWN,
  type Setup,
  straight,
  x86Guest,
} from "./testing.ts";
import { work } from "./work.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const GUESTS = [0, 1].map(breakpointGuest);

const HOLDS: Setup = {
  arch: "x86",
  profile: "linux-4.9",
  cpus: 1,
  guests: GUESTS,
  never: OWN,
};

const BREAKS: Setup = { ...HOLDS, profile: "linux-4.4" };

/** As many states as make tables and numbers grow. */
const LARGE: Setup = {
  ...HOLDS,
  cpus: 2,
  guests: [0, 1].map((v) => {
    const guest = x86Guest(v);
    const own = 0x1000 + 0x1_0000 * v;
    return anyOf([guest.writeDr0(own), guest.writeDr7(2)], 1);
  }),
};

/** Six numbers share a word, 5 bits each, when they are few; then there are more. */
const WIDER: Setup = {
  ...HOLDS,
  guests: [0, 1, 2, 3, 4].map((v) => {
    const { exec } = x86Guest(v);
    return straight([exec(0x1000), exec(0x2000), exec(0x3000)]);
  }),
  preempt: "none",
};

/** The first KVM_RUN changes what the VM's vCPUs share. */
const CHANGES: Setup = {
  arch: "arm64",
  profile: "linux-7.2",
  cpus: 1,
  guests: [0, 1].map(() => straight([makeInsn({ op: "isb", lengthBytes: 4 })])),
  never: 0,
};

const IN_TRANSACTIONS: Reductions = { ...NONE, transactions: true };

/** How a search is handed over. */
interface Given {
  readonly reductions?: Reductions;
  readonly bounds?: Bounds;
}

/** Searches a model; what is handed over is done at once, by this thread. */
function handedOver(
  model: Model,
  { reductions = NONE, bounds = UNBOUNDED }: Given = {},
): Found {
  const searching = searchSteps(model, {
    reductions,
    bounds,
    handOver: { threads: 1, states: 0 },
  });
  let jobs = 0;
  for (let next = searching.next();;) {
    if (next.done) {
      assert(jobs > 0, "nothing was handed over");
      return next.value;
    }
    const job = next.value.job?.();
    if (job !== undefined) {
      jobs++;
      work(model, job, 0);
    }
    next = searching.next(job && "worked");
  }
}

/** What does not depend on who searched. */
function claims(found: Found) {
  const { complete, bound, broken, states, transitions, depth } = found;
  const { coverage, schedule, end, pairs, ruleRuns } = found;
  const { vcpuBlocks, cpuBlocks } = found;
  const steps = schedule.map(({ kind, vcpu, cpu, node }) =>
    [kind, vcpu, cpu, node].join()
  );
  return broken ? { broken, steps, end } : {
    complete,
    bound,
    states,
    transitions,
    depth,
    coverage,
    pairs,
    ruleRuns,
    vcpuBlocks,
    cpuBlocks,
  };
}

/** Expects of the last vCPU's DR0, where all programs are over, what is so and then something else. */
function atEnd(setup: Setup, values: readonly bigint[]): Model {
  const model = modelOf(setup);
  return {
    ...model,
    finally: values.map((value) => ({
      of: "vcpu",
      index: 1,
      holds: (f) => {
        const seen = model.rules.userView(f, 0);
        return seen.kind === "value" && seen.value === value;
      },
      isThere: () => true,
    })),
  };
}

const LEVELS = modelOf(LARGE);

for (
  const [name, model, breaks, reductions] of [
    ["that holds", modelOf(HOLDS), false, NONE],
    ["that holds, reduced", modelOf(HOLDS), false, ALL_REDUCTIONS],
    ["that breaks", modelOf(BREAKS), true, NONE],
    ["that breaks, in transactions", modelOf(BREAKS), true, IN_TRANSACTIONS],
    ["whose tables grow", LEVELS, false, NONE],
    ["whose numbers become wider", modelOf(WIDER), false, NONE],
    ["that holds at its end", atEnd(HOLDS, [0x2000n]), false, NONE],
    ["that breaks at its end", atEnd(HOLDS, [0x2000n, 0n]), true, NONE],
    ["that breaks before its end", atEnd(BREAKS, [0n]), true, NONE],
    ["whose VM changes", modelOf(CHANGES), false, IN_TRANSACTIONS],
  ] as const
) {
  Deno.test(`parallel: one thread finds what the search alone does, of a model ${name}`, () => {
    const given = { ...reductions, pairs: false };
    const alone = search(model, { reductions: given, bounds: UNBOUNDED });
    assertEquals(alone.broken !== undefined, breaks);
    const found = handedOver(model, { reductions: given });
    assertEquals(claims(found), claims(alone));
  });
}

Deno.test("parallel: numbers that become wider than the fields of their state are met", () => {
  const { vcpuBlocks } = search(modelOf(WIDER), {
    reductions: NONE,
    bounds: UNBOUNDED,
  });
  const { packing } = begun(modelOf(WIDER), 0).store;
  assert(vcpuBlocks > 2 ** packing.bits.vcpu);
});

const { states: ALL_STATES, depth: DEPTH } = search(LEVELS, {
  reductions: NONE,
  bounds: UNBOUNDED,
});

for (
  const [bound, bounds, least, most] of [
    ["depth", { depthMax: 4 }, 2, ALL_STATES - 1],
    ["depth", { depthMax: DEPTH }, ALL_STATES, ALL_STATES],
    [undefined, { depthMax: DEPTH + 1 }, ALL_STATES, ALL_STATES],
    // No more than a portion of states is expanded before the next look.
    ["states", { statesMax: 50 }, 50, 150],
    ["states", { statesMax: ALL_STATES }, ALL_STATES, ALL_STATES],
    [undefined, { statesMax: ALL_STATES + 1 }, ALL_STATES, ALL_STATES],
    // A state takes its words, its parent, and a slot and a third.
    ["memory", { bytesMax: 10_000 }, 200, 10_000 / 12],
  ] as const
) {
  Deno.test(`parallel: one thread stops at ${JSON.stringify(bounds)}: ${bound}`, () => {
    const found = handedOver(LEVELS, { bounds: { ...UNBOUNDED, ...bounds } });
    assertEquals([found.bound, found.complete], [bound, bound === undefined]);
    const { states } = found;
    assert(states >= least && states <= most, `${states} states`);
  });
}

Deno.test("parallel: what breaks in the level in which memory ends counts, and so does what breaks where it is stopped", () => {
  for (const ending of ["stopped", "failed", "memory"] as const) {
    for (const broken of [undefined, 0]) {
      const job = searchJob({
        ...begun(LEVELS, 0),
        ...ending === "memory" && { bytesMax: 1 },
      });
      const control = new Int32Array(job.control);
      if (ending === "stopped") stopJob(job);
      if (ending === "failed") abandonJob(job);
      if (ending === "memory") control[CONTROL.full] = 1;
      if (broken !== undefined) control[CONTROL.broken] = broken + 1;
      work(LEVELS, job, 0);
      const found = endOf(job);
      assertEquals(
        [found.ending, found.broken],
        [broken === undefined ? ENDING[ending] : ENDING.broken, broken],
      );
      // Nothing was expanded.
      assertEquals([found.states, found.transitions], [1, 0]);
    }
  }
});

/** A search in one thread that has expanded some states. */
function begun(model: Model, expanded: number): HandedOver {
  const steps = new Steps(model, false);
  const { vcpus, cpus } = model;
  const store = new StateStore(
    { vcpus, cpus, vmVaries: false },
    { vcpu: 4, cpu: 4, vm: 1 },
    Infinity,
  );
  const given = { model, steps, symmetry: undefined, vmVaries: false };
  const expander = new Expander({ ...given, order: "all" }, store);
  const start = steps.initial();
  expander.begin([...start.vcpus, ...start.cpus]);
  let [levelEnd, depth, head] = [1, 0, 0];
  for (;; head++) {
    if (head === levelEnd) {
      depth++;
      levelEnd = store.count;
    }
    if (head === expanded) break;
    while (expander.expand(head, start.vm) === EXPANDED.full) {
      expander.flush();
      store.widen(steps.components.counts);
    }
    expander.flush();
  }
  return {
    ...given,
    ...UNBOUNDED,
    order: "all",
    store,
    classes: new PairClasses(undefined),
    transitions: expander.transitions,
    threads: 1,
    rest: false,
    vm: start.vm,
    head,
    levelEnd,
    depth,
  };
}

Deno.test("parallel: a search that is under way is taken over where it stands, and tells where it is", () => {
  const alone = search(LEVELS, { reductions: NONE, bounds: UNBOUNDED });
  // Where the first table is all but full, the first portion does not find room.
  let full = 100;
  while (begun(LEVELS, full + 1).store.count < capacityOf(256)) full++;
  for (const expanded of [0, 40, 100, full]) {
    const given = begun(LEVELS, expanded);
    const { store, depth, levelEnd, transitions, steps } = given;
    assert(levelEnd > expanded && levelEnd < ALL_STATES);
    const job = searchJob(given);
    assertEquals(
      [job.control, job.tallies, job.tried].map((one) => one.byteLength),
      [4 * CONTROL.words, 8 * TALLY.numbers, 8 * steps.tried.length],
    );
    const { states: { states, parents, table }, pools } = job;
    const buffers = [states, parents, table].concat(
      Object.values(pools).flatMap(({ data, table }) => [data, table]),
    );
    const bytes = () => buffers.reduce((sum, one) => sum + one.byteLength, 0);
    assertEquals(jobStatus(job), {
      states: store.count,
      transitions,
      frontier: store.count - expanded,
      depth,
      bytes: bytes(),
    });
    const { ruleRuns } = steps;
    work(LEVELS, job, 0);
    const found = endOf(job);
    assertEquals(found, {
      ending: ENDING.complete,
      depth: alone.depth,
      broken: undefined,
      atEnd: undefined,
      states: alone.states,
      transitions: alone.transitions,
      pairs: alone.pairs,
      ruleRuns: alone.ruleRuns - ruleRuns,
      ownBytes: found.ownBytes,
    });
    assert(found.ownBytes > 0);
    assertEquals(jobStatus(job), {
      states: alone.states,
      transitions: alone.transitions,
      frontier: 0,
      depth: alone.depth,
      bytes: bytes() + found.ownBytes,
    });
  }
});

/** Ends the part of a thread. */
class Left extends Error {}

/** Carries something out; where it would sleep or wake another thread something else is done. */
function withWaits<T>(
  use: () => T,
  { wait, notify = () => {} }: {
    readonly wait: () => void;
    readonly notify?: () => void;
  },
): T {
  const { wait: ownWait, notify: ownNotify } = Atomics;
  const stubs = Atomics as unknown as Record<"wait" | "notify", () => unknown>;
  stubs.wait = () => (wait(), "ok");
  stubs.notify = () => (notify(), 0);
  try {
    return use();
  } finally {
    Object.assign(Atomics, { wait: ownWait, notify: ownNotify });
  }
}

/** So few states that all have room from the start. */
const SMALL = modelOf({
  ...LARGE,
  guests: [0, 1].map((v) => straight([x86Guest(v).exec(0x1000)])),
});

Deno.test("parallel: the thread that comes last to the end of a level decides for both", () => {
  const job = searchJob({ ...begun(SMALL, 0), threads: 2 });
  const control = new Int32Array(job.control);
  let depth = 0;
  let isOther = false;
  let waits = 0;
  withWaits(() => workOnSearch(SMALL, job, 0), {
    // What both do by turns: the other one decides, expands the next level, and waits for this one.
    wait: () => {
      assert(waits++ < 100, "it waits on");
      if (isOther) throw new Left();
      assertEquals(control[CONTROL.arrived], 1);
      isOther = true;
      try {
        workOnSearch(SMALL, job, 1);
      } catch (error) {
        if (!(error instanceof Left)) throw error;
      }
      isOther = false;
    },
    // The thread that wakes the other has decided.
    notify: () => {
      const isOver = control[CONTROL.phase] === PHASE.over;
      const isEntering = control[CONTROL.phase] === PHASE.enter;
      assertEquals(control[CONTROL.arrived], 0);
      if (!isOver && !isEntering && control[CONTROL.depth] > depth) {
        assertEquals(control[CONTROL.depth], ++depth);
        assertEquals(control[CONTROL.next], control[CONTROL.levelStart]);
        assert(control[CONTROL.next] < control[CONTROL.levelEnd]);
      }
    },
  });
  assertEquals(control[CONTROL.ending], ENDING.complete);
  const alone = search(SMALL, { reductions: NONE, bounds: UNBOUNDED });
  assertEquals([control[CONTROL.depth], depth], [alone.depth, alone.depth]);
  const states = new SharedStates(job.states);
  const there = Array.from({ length: states.taken }, (_, s) => s)
    .filter((s) => states.has(s)).map((s) => numbersOf(states, s).join());
  assertEquals([there.length, new Set(there).size], [
    alone.states,
    alone.states,
  ]);
});

Deno.test("parallel: a thread does not wait for one that has failed", () => {
  for (const fails of ["before", "meanwhile"]) {
    const job = searchJob({ ...begun(LEVELS, 0), threads: 2 });
    if (fails === "before") abandonJob(job);
    let waits = 0;
    withWaits(() => work(LEVELS, job, 0), {
      wait: () => {
        waits++;
        assert(waits < 10, "it waits on");
        // It sleeps again, as long as nothing has happened.
        if (waits === 3) abandonJob(job);
      },
    });
    assertEquals(waits, fails === "before" ? 0 : 3);
    const control = new Int32Array(job.control);
    assertEquals(control[CONTROL.ending], ENDING.none);
    assertEquals(control[CONTROL.generation], 0);
  }
});

Deno.test("parallel: a thread that fails makes the others give up before it wakes them", () => {
  const job = searchJob(begun(LEVELS, 0));
  const control = new Int32Array(job.control);
  let woken = 0;
  const failing: Model = {
    ...LEVELS,
    rules: Object.create(LEVELS.rules, {
      enter: {
        value: () => {
          throw new Error("a rule failed");
        },
      },
    }),
  };
  withWaits(() => assertThrows(() => work(failing, job, 0), "a rule failed"), {
    wait: () => {},
    notify: () => {
      woken += control[CONTROL.stop] === ENDING.failed ? 1 : 0;
    },
  });
  assert(woken > 0);
});

Deno.test("parallel: each word, phase, ending and number of a tally is one of its own", () => {
  for (const { words, ...all } of [CONTROL, { ...PHASE, words: 3 }]) {
    assertEquals(
      Object.values(all).toSorted((a, b) => a - b),
      Array.from({ length: words }, (_, n) => n),
    );
  }
  for (const all of [ENDING, TALLY]) {
    const values = Object.values(all);
    assertEquals(new Set(values).size, values.length);
  }
  const { numbers, ...tallies } = TALLY;
  assert(Object.values(tallies).every((at) => at < numbers));
});
