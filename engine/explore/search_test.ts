import { makeInsn } from "../program.ts";
import { type Frame, type HostDebugRequest, VCPU_BASE } from "../rules.ts";
import { type Model, STEP } from "./model.ts";
import { type SearchFailure, UNBOUNDED } from "./options.ts";
import {
  ALL_REDUCTIONS as ALL,
  NO_REDUCTIONS as NONE,
  type Reductions,
} from "./reductions.ts";
import type { UserAction } from "./programmed_machine.ts";
import { PROPERTY } from "./properties.ts";
import { search } from "./search.ts";
import { simulate } from "./simulate.ts";
import {
  alone,
  anyOf,
  breakpointGuest,
  modelOf,
  OWN,
  type Setup,
  straight,
  x86Guest,
} from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

function searched(model: Model, reductions: Reductions) {
  return search(model, { reductions, bounds: UNBOUNDED });
}

/** The two guests of the report of 2016, each with one breakpoint. */
function twoGuests(profile: string, host = false): Setup {
  const guests = [0, 1].map(breakpointGuest);
  const hosts = host
    ? [straight<HostDebugRequest>([{ action: "break", address: 0x9000n }])]
    : [];
  return { arch: "x86", profile, cpus: 1, guests, hosts, never: OWN };
}

Deno.test("x86:C/4 linux-4.4 misses a breakpoint, 15 steps from the start", () => {
  const found = searched(modelOf(twoGuests("linux-4.4")), ALL);
  assertEquals(found.broken?.properties, PROPERTY.missed);
  assertEquals(found.schedule.length, 15);
  const last = found.schedule.at(-1)!;
  assertEquals(last.kind, STEP.instruction);
  assert(last.events.some(({ kind }) => kind === "missed"));
});

for (const profile of ["linux-4.9", "linux-6.1", "linux-7.2", "reload-2016"]) {
  Deno.test(`x86:C/6 ${profile} misses none in any schedule`, () => {
    const found = searched(modelOf(twoGuests(profile)), ALL);
    assert(found.complete);
    assertEquals(found.broken, undefined);
  });
}

Deno.test("x86:C/6 reload-2016 misses one once the host has a breakpoint, linux-4.9 does not", () => {
  const broken = searched(modelOf(twoGuests("reload-2016", true)), ALL);
  assertEquals(broken.broken?.properties, PROPERTY.missed);
  const mended = searched(modelOf(twoGuests("linux-4.9", true)), ALL);
  assertEquals(mended.broken, undefined);
});

Deno.test("more CPUs than a state has room for at first: each has acted or not, and the vCPU is on one or on none", () => {
  for (const cpus of [2, 8]) {
    const act: HostDebugRequest = { action: "break", address: 0x9000n };
    const model = modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus,
      guests: [straight([])],
      hosts: Array.from({ length: cpus }, () => straight([act])),
      preempt: "none",
      never: 0,
    });
    const { states } = searched(model, NONE);
    // It is loaded, in the guest, or has left it.
    assertEquals(states, 2 ** cpus * (1 + 3 * cpus));
  }
});

Deno.test("more CPUs than a state has room for at the start", () => {
  for (const cpus of [1, 40]) {
    const model = modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus,
      guests: [straight([])],
      preempt: "none",
      never: 0,
    });
    assertEquals(searched(model, NONE).states, 1 + 3 * cpus);
  }
});

Deno.test("x86:D10 guest debug between a trapped access and its second try shows userspace's address", () => {
  const guest = x86Guest(0);
  const found = searched(
    modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus: 1,
      guests: [straight([guest.writeDr0(0x1000)])],
      users: [straight<UserAction>([{
        kind: "debugger",
        request: { action: "break", address: 0x4000n },
      }])],
      never: OWN,
    }),
    ALL,
  );
  assertEquals(found.broken?.properties, PROPERTY.stale);
  assertEquals(found.schedule.length, 7);
});

Deno.test("symmetry: guests that are alike halve the states, guests that are not change nothing", () => {
  const alike = [0, 1].map((v) => {
    const guest = x86Guest(v);
    const address = 0x1000 + 0x1_0000 * v;
    return straight([guest.writeDr0(address), guest.exec(address)]);
  });
  const common = { arch: "x86", profile: "linux-4.9", cpus: 1 } as const;
  const model = modelOf({ ...common, guests: alike, never: OWN });
  const full = searched(model, { ...NONE, rest: true });
  const reduced = searched(model, { ...NONE, rest: true, symmetry: true });
  assertEquals(reduced.symmetries, 2);
  assert(reduced.states < 0.6 * full.states);

  const guest = x86Guest(1);
  const other = straight([guest.writeDr0(0x2000), guest.writeDr7(2)]);
  const different = modelOf({
    ...common,
    guests: [alike[0], other],
    never: OWN,
  });
  assertEquals(searched(different, ALL).symmetries, 1);
});

/** Two guests that may write either slot. */
function eitherSlot(): Setup {
  const guests = [0x5000, 0x1_5000].map((addressLo) =>
    anyOf(
      [0, 1].map((register) =>
        makeInsn({
          op: "write",
          register,
          lo: 0x1000,
          addressLo,
          lengthBytes: 3,
        })
      ),
      1,
    )
  );
  return { ...twoGuests("linux-6.1"), guests };
}

Deno.test("a search with all reductions tells which took effect, one with none tells of none", () => {
  // What a proof by pairs breaks has its schedule from transactions.
  const broken = modelOf(twoGuests("linux-4.4"));
  assertEquals(searched(broken, ALL).reductions, {
    symmetry: true,
    slots: false,
    transactions: true,
    pairs: false,
    rest: true,
  });
  const proved = modelOf(eitherSlot());
  assertEquals(searched(proved, ALL).reductions, {
    symmetry: true,
    slots: true,
    transactions: false,
    pairs: true,
    rest: true,
  });
  for (const model of [broken, proved]) {
    const { reductions } = searched(model, NONE);
    assertEquals(new Set(Object.values(reductions)), new Set([false]));
  }
});

Deno.test("symmetry: the way to a failure is one of the machine, as short as without", () => {
  for (const count of [2, 3]) {
    const guests = Array.from({ length: count }, (_, v) => breakpointGuest(v));
    const model = modelOf({
      arch: "x86",
      profile: "linux-4.4",
      cpus: 1,
      guests,
      never: OWN,
    });
    const full = searched(model, { ...NONE, rest: true });
    const reduced = searched(model, { ...NONE, rest: true, symmetry: true });
    assert(reduced.symmetries > 1);
    assert(reduced.broken !== undefined);
    assertEquals(reduced.broken, full.broken);
    assertEquals(reduced.schedule.length, full.schedule.length);
  }
});

Deno.test("a proof by pairs has no depth", () => {
  const model = modelOf(twoGuests("linux-4.9"));
  const found = searched(model, ALL);
  assertEquals(
    [found.reductions.pairs, found.complete, found.depth],
    [true, true, 0],
  );
});

Deno.test("a search that goes on past what does not hold at an end says that it is at the end", () => {
  const model = modelOf({
    arch: "x86",
    profile: "linux-6.1",
    cpus: 1,
    guests: [straight([x86Guest(0).writeDr0(0x1000)])],
    never: 0,
  });
  const failures: SearchFailure[] = [];
  const found = search({
    ...model,
    finally: [true, false].map((holds) => ({
      of: "vcpu",
      index: 0,
      holds: () => holds,
      isThere: () => true,
    })),
  }, {
    reductions: NONE,
    bounds: UNBOUNDED,
    judge: (failure) => {
      failures.push(failure);
      return true;
    },
  });
  assertEquals(failures, [{
    broken: { properties: 0, expectation: 1, atEnd: true },
    noticed: undefined,
  }]);
  assert(found.complete);
});

Deno.test("a step past one that lost a breakpoint of the host's tells of none that it has not lost itself", () => {
  const own = modelOf({ ...alone("linux-6.1"), never: PROPERTY["host-lost"] });
  const lost = { register: 0, wanted: 0x9000n };
  const pc = ({ w, vcpu }: Frame) => w[vcpu + VCPU_BASE.pc];
  // It is lost until the guest has executed its first instruction.
  const monitor: Model["monitor"] = Object.create(own.monitor, {
    hostLost: { value: (f: Frame) => pc(f) === 0x1000 ? lost : undefined },
  });
  const { schedule, broken } = search({
    ...own,
    monitor,
    always: [{
      of: "vcpu",
      index: 0,
      holds: (f) => pc(f) !== 0x2001,
      isThere: () => true,
    }],
  }, {
    reductions: NONE,
    bounds: UNBOUNDED,
    judge: ({ broken }) => broken.expectation === undefined,
  });
  assertEquals([broken?.properties, broken?.expectation], [0, 0]);
  const found = schedule.map((step) => step.lost);
  assertEquals([found[0], found.at(-1)], [lost, undefined]);
});

Deno.test("bounds are reported, and nothing is claimed", () => {
  const model = modelOf(twoGuests("linux-4.9"));
  const shallow = search(model, {
    reductions: NONE,
    bounds: { ...UNBOUNDED, depthMax: 5 },
  });
  assertEquals([shallow.complete, shallow.bound], [false, "depth"]);
  const small = search(model, {
    reductions: NONE,
    bounds: { ...UNBOUNDED, bytesMax: 1000 },
  });
  assertEquals([small.complete, small.bound], [false, "memory"]);
});

Deno.test("what breaks within the bounds is broken, though its schedule is longer in single steps", () => {
  const model = modelOf(twoGuests("linux-4.4"));
  const within = (bounds: Partial<typeof UNBOUNDED>) =>
    search(model, { reductions: ALL, bounds: { ...UNBOUNDED, ...bounds } });
  for (const bounds of [{ depthMax: 3 }, { depthMax: 14 }]) {
    const found = within(bounds);
    assertEquals(found.broken?.properties, PROPERTY.missed);
    assertEquals([found.bound, found.breaks], [undefined, undefined]);
    assertEquals(found.schedule.length, 15);
  }
  const nothing = within({ depthMax: 2 });
  assertEquals([nothing.bound, nothing.breaks], ["depth", undefined]);
});

Deno.test("where memory ends the search for the schedule, the result says that something breaks", () => {
  let searches = 0;
  const { broken, breaks, bound, complete } = search(
    modelOf(twoGuests("linux-4.4")),
    {
      reductions: { ...ALL, pairs: false },
      bounds: {
        ...UNBOUNDED,
        get bytesMax() {
          return searches++ === 0 ? Infinity : 1000;
        },
      },
    },
  );
  assertEquals(
    [broken, breaks, bound, complete],
    [undefined, true, "memory", false],
  );
});

Deno.test("simulate(): the same seed gives the same schedule", () => {
  const walk = (seed: number) => {
    const walking = simulate(modelOf(twoGuests("linux-4.4")), {
      schedules: 2000,
      seed,
      stepsMax: 60,
      rest: true,
    });
    for (;;) {
      const { done, value } = walking.next();
      if (done) return value;
    }
  };
  const first = walk(1);
  assert(first.found, "2000 random schedules find the bug of 2016");
  const again = walk(first.seed!);
  assertEquals(again.schedules, 1);
  assertEquals(
    again.found?.schedule.map(({ kind, vcpu }) => [kind, vcpu]),
    first.found.schedule.map(({ kind, vcpu }) => [kind, vcpu]),
  );
});
