/** What a search counts as tried: by hand, and of small models. */
import { architecture } from "../architectures.ts";
import {
  type Insn,
  type InsnParts,
  makeInsn,
  type Operation,
} from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { type Coverage, TRIED, Tried, WHOLE } from "./coverage.ts";
import type { Model } from "./model.ts";
import { UNBOUNDED } from "./options.ts";
import { PairFrame } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS as NONE } from "./reductions.ts";
import { search } from "./search.ts";
import { alone, modelOf, type Setup, straight, x86Guest } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

/** RFLAGS.TF. */
const TF = 0x100;

const ALONE = alone("linux-6.1");

const SET: UserAction = { kind: "set", register: 0, value: 0x1000n };
const GET: UserAction = { kind: "get", register: 0 };
const HOST: HostDebugRequest = { action: "break", address: 0x2000n };

const [MDSCR, PSTATE, OSLAR] = ["mdscr", "pstate", "oslar"].map((name) =>
  architecture("arm64")!.registers.find(name)!.id
);

function arm64(
  op: Operation,
  addressLo: number,
  parts: Partial<InsnParts> = {},
): Insn {
  return makeInsn({ ...parts, op, addressLo, lengthBytes: 4 });
}

function tried(setup: Partial<Setup>): Coverage {
  const model = modelOf({ ...ALONE, ...setup });
  return search(model, { reductions: NONE, bounds: UNBOUNDED }).coverage;
}

/** The numbers of an actor's actions, in the order of the program, by name. */
function numbersOf(
  { actions }: Coverage,
  who: string,
): Record<string, number>[] {
  return actions.filter(({ actor }) => actor === who).map(({ numbers }) => {
    const { numbers: _, ...places } = TRIED;
    return Object.fromEntries(
      Object.entries(places).map(([name, at]) => [name, numbers[at]]),
    );
  }).toReversed();
}

const NOTHING = {
  begun: 0,
  done: 0,
  refused: 0,
  stopped: 0,
  matched: 0,
  errno: 0,
  nearness: 0,
};

Deno.test("coverage: each number has a place of its own", () => {
  const { numbers, ...places } = TRIED;
  const { asked, ...whole } = WHOLE;
  for (const [all, count] of [[places, numbers], [whole, asked]] as const) {
    assertEquals(
      Object.values(all),
      Array.from({ length: count }, (_, n) => n),
    );
  }
});

Deno.test("coverage: an action counts once a pair, with its smallest errno, and no pair that has counted", () => {
  const model = modelOf({
    ...ALONE,
    users: [straight([SET, GET])],
    hosts: [straight([HOST])],
  });
  const counts = new Tried(model);
  const [set, get] = [2, 1];
  const inPair = (isNew: boolean, act: () => void) => {
    counts.begin(isNew);
    act();
    counts.end();
  };
  inPair(true, () => {
    counts.asked("user", 0, set, -22);
    counts.asked("user", 0, set, -17);
    counts.asked("user", 0, set, -95);
  });
  inPair(true, () => {
    counts.asked("user", 0, set, 0);
    counts.asked("user", 0, get, -1);
    counts.asked("user", 0, get, -5);
    counts.asked("host", 0, 1, 3);
    counts.over(0, 2, true);
    counts.over(0, 1, false);
  });
  inPair(false, () => {
    counts.asked("user", 0, set, -2);
    counts.asked("host", 0, 1, -28);
    counts.over(0, 2, false);
  });
  // After the end of a pair.
  counts.asked("user", 0, set, -2);
  counts.count(WHOLE.failed);
  const coverage = counts.coverage();
  assertEquals(coverage.whole[WHOLE.pairs], 2);
  assertEquals(coverage.whole[WHOLE.failed], 0);
  assertEquals(numbersOf(coverage, "user"), [
    { ...NOTHING, begun: 2, done: 1, refused: 1, errno: 17 },
    { ...NOTHING, begun: 1, refused: 1, errno: 1 },
  ]);
  assertEquals(numbersOf(coverage, "host"), [{
    ...NOTHING,
    begun: 1,
    done: 1,
  }]);
  assertEquals(numbersOf(coverage, "guest"), [
    { ...NOTHING, done: 1 },
    { ...NOTHING, refused: 1 },
  ]);
  assertEquals(counts.isFirst(WHOLE.failed), false);
  counts.begin(true);
  assertEquals(
    [counts.isFirst(WHOLE.failed), counts.isFirst(WHOLE.pairs)],
    [true, false],
  );
  counts.note(WHOLE.failed);
  counts.note(WHOLE.failed);
  assertEquals(counts.coverage().whole[WHOLE.failed], 1);
});

Deno.test("coverage: how near the guest comes to step itself counts in pairs that have not counted", () => {
  const own = modelOf({
    ...ALONE,
    guests: [straight([makeInsn({ op: "popf", lo: TF, lengthBytes: 1 })])],
  });
  const nearness = 5;
  const { monitor } = own;
  const breakpoints = Object.create(monitor.breakpoints, {
    stepNearness: { value: () => nearness },
  });
  const model: Model = {
    ...own,
    monitor: Object.create(monitor, { breakpoints: { value: breakpoints } }),
  };
  const counts = new Tried(model);
  const { f } = new PairFrame(model);
  for (const isNew of [false, true]) {
    counts.begin(isNew);
    counts.nextStep(0, null, f, 0);
    counts.end();
    // It is over.
    counts.nextStep(0, null, f, 0);
    assertEquals(numbersOf(counts.coverage(), "guest"), [
      isNew ? { ...NOTHING, nearness } : NOTHING,
    ]);
  }
});

/** Two numbers that count together, by name: what they come to. */
const JOINED = [
  ["begun", 2, 3, 5],
  ["done", 0, 3, 3],
  ["matched", 1, 1, 2],
  // The smaller errno, where 0 is none.
  ["errno", 0, 0, 0],
  ["errno", 0, 5, 5],
  ["errno", 5, 0, 5],
  ["errno", 1, 5, 1],
  ["errno", 5, 1, 1],
  ["errno", 22, 17, 17],
  ["errno", 17, 22, 17],
  ["nearness", 3, 7, 7],
  ["nearness", 7, 3, 7],
] as const;

Deno.test("coverage: what several threads, and what actions that are alike have counted, together", () => {
  const model = modelOf({
    ...ALONE,
    users: [straight([SET, GET])],
    hosts: [straight([HOST])],
  });
  for (const [name, a, b, both] of JOINED) {
    const [one, other, alike] = [1, 2, 3].map(() => new Tried(model));
    const set = one.placeOf("user", 0, 2) + TRIED[name];
    const get = one.placeOf("user", 0, 1) + TRIED[name];
    const at = one.placeOf("host", 0, 1) + TRIED[name];
    one.numbers[at] = a;
    other.numbers[at] = b;
    one.numbers[WHOLE.read] = a;
    other.numbers[WHOLE.read] = b;
    one.add(other.numbers);
    assertEquals([name, one.numbers[at]], [name, both]);
    assertEquals(one.numbers[WHOLE.read], a + b);
    alike.numbers[set] = a;
    alike.numbers[get] = b;
    alike.numbers[at] = a;
    const classes = [[set - TRIED[name], get - TRIED[name]]];
    const counted = alike.coverage(classes);
    const all = [...numbersOf(counted, "user"), ...numbersOf(counted, "host")];
    assertEquals(all.map((one) => one[name]), [both, both, a]);
  }
  const counts = new Tried(model);
  assertEquals(
    [counts.placeOf("user", 0, 0), counts.placeOf("guest", 0, 9)],
    [-1, -1],
  );
  assertEquals(counts.length, counts.numbers.length);
});

Deno.test("coverage: where a breakpoint matches how near others came to does not count", () => {
  const model = modelOf(ALONE);
  const counts = new Tried(model);
  const [first, second] = [2, 1].map((node) =>
    counts.placeOf("guest", 0, node)
  );
  counts.numbers[first + TRIED.matched] = 1;
  counts.numbers[first + TRIED.nearness] = 5;
  counts.numbers[second + TRIED.nearness] = 6;
  assertEquals(
    numbersOf(counts.coverage(), "guest").map(({ nearness }) => nearness),
    [0, 6],
  );
});

Deno.test("coverage: a debugger's and the host's breakpoint are matched by what is at their addresses", () => {
  const [there, elsewhere] = [0x1000n, 0x3000n].map((address): UserAction => ({
    kind: "debugger",
    request: { action: "break", address },
  }));
  const host: HostDebugRequest = { action: "break", address: 0x9000n };
  const coverage = tried({
    users: [straight([there, elsewhere])],
    hosts: [straight([HOST, host, { action: "off" }])],
  });
  const matched = (who: string) =>
    numbersOf(coverage, who).map(({ begun, done, refused, matched }) => [
      begun > 0 && begun === done && refused === 0,
      matched > 0,
    ]);
  assertEquals(matched("user"), [[true, true], [true, false]]);
  assertEquals(matched("host"), [[true, true], [true, false], [true, false]]);
  // The debugger's breakpoint comes before its instruction.
  assertEquals(
    numbersOf(coverage, "guest").map(({ done, stopped }) => [
      done > 0,
      stopped > 0,
    ]),
    [[true, true], [true, false]],
  );
});

Deno.test("coverage: a guest's writes are matched by what is at the breakpoint that they make", () => {
  const write = (register: number, lo: number) =>
    makeInsn({ op: "write", register, lo, lengthBytes: 3 });
  const coverage = tried({
    guests: [straight([
      GUEST.writeDr0(0x1000),
      write(1, 0x1000),
      GUEST.writeDr7(2),
      GUEST.exec(0x1000),
      // Not in force where the breakpoint matches.
      write(0, 0x5000),
    ])],
    users: [
      straight<UserAction>([{ kind: "set", register: 2, value: 0x1000n }]),
    ],
  });
  assertEquals(
    numbersOf(coverage, "guest").map(({ matched }) => matched > 0),
    [true, false, true, false, false],
  );
  assertEquals(numbersOf(coverage, "user")[0].matched, 0);
});

Deno.test("coverage: an access to a debug register is stopped by general detect, and nothing else is", () => {
  const mov = (op: "read" | "write", register: number, lo = 0) =>
    makeInsn({ op, register, lo, lengthBytes: 3 });
  const [DR6, DR7] = [6, 7];
  for (
    const [insn, isStopped] of [
      [mov("write", 1, 0x1000), true],
      [mov("read", 1), true],
      [mov("write", DR6), true],
      [mov("read", DR7), true],
      [GUEST.exec(0x2000), false],
    ] as const
  ) {
    const coverage = tried({
      guests: [straight([mov("write", DR7, 0x2400), insn])],
    });
    assertEquals(
      numbersOf(coverage, "guest").map(({ stopped }) => stopped > 0),
      [false, isStopped],
    );
  }
});

/** A model in which nothing of `WHOLE` but its pairs and the guest counts, and what makes more of it count. */
const WHOLES: readonly (readonly [
  name: string,
  setup: Partial<Setup>,
  counts: readonly (keyof typeof WHOLE)[],
  more?: (model: Model) => Partial<Model>,
])[] = [
  ["an instruction", {}, []],
  ["a guest that comes to its own breakpoint", {
    guests: [
      straight([GUEST.writeDr0(0x1000), GUEST.writeDr7(2), GUEST.exec(0x1000)]),
    ],
  }, ["ownMatch"]],
  ["a guest that has registers to read, where that is asked", {
    guests: [straight([GUEST.writeDr0(0x1000)])],
    never: PROPERTY.stale,
  }, ["read"]],
  ["a debugger that has nothing to do", {
    users: [straight<UserAction>([GET])],
  }, []],
  ["a debugger with a breakpoint", {
    users: [straight<UserAction>([{
      kind: "debugger",
      request: { action: "break", address: 0x4000n },
    }])],
  }, ["debugged"]],
  ["a debugger that steps", {
    users: [
      straight<UserAction>([{ kind: "debugger", request: { action: "step" } }]),
    ],
  }, ["debugged", "stepped"]],
  ["a debugger that has the breakpoint of the guest's", {
    guests: [
      straight([GUEST.writeDr0(0x1000), GUEST.writeDr7(2), GUEST.exec(0x1000)]),
    ],
    users: [
      straight<UserAction>([{
        kind: "debugger",
        request: { action: "break", address: 0x1000n },
      }]),
    ],
  }, ["ownMatch", "debugged"]],
  ["the host's breakpoint", {
    hosts: [straight<HostDebugRequest>([HOST])],
  }, ["hostHeld"]],
  ["a guest that steps itself", {
    arch: "arm64",
    profile: "linux-7.2",
    // PSTATE.D clear, MDSCR_EL1.SS and KDE set, the OS lock unlocked.
    guests: [straight([
      arm64("write", 0x1000, { register: PSTATE, maskLo: 1 << 9, maskHi: 0 }),
      arm64("write", 0x1004, { register: MDSCR, lo: 1 | 1 << 13 }),
      arm64("write", 0x1008, { register: OSLAR }),
      arm64("exec", 0x100c),
    ])],
  }, ["ownStep"]],
  ["a guest of arm64 with a handler of its own", {
    arch: "arm64",
    profile: "linux-7.2",
    guests: [straight([arm64("brk", 0x1000), arm64("exec", 0x1004)])],
  }, []],
  ["a guest that has an exception of another kind", {
    guests: [straight([makeInsn({ op: "ud2", lengthBytes: 2 })])],
  }, []],
  ["first-run initialisation that may fail", {
    arch: "arm64",
    profile: "linux-7.2",
    guests: [straight([arm64("isb", 0x1000)])],
    fail: "pmu",
  }, ["failed"]],
  ["a failure that the architecture does not have", { fail: "pmu" }, []],
  ["an end that is asked about", {}, ["ended"], () => ({
    finally: [{
      of: "vcpu",
      index: 0,
      holds: () => true,
      isThere: () => true,
    }],
  })],
];

for (const [name, setup, counts, more] of WHOLES) {
  Deno.test(`coverage: of the whole, of ${name}`, () => {
    const model = modelOf({ ...ALONE, ...setup });
    const { coverage: { whole } } = search(
      { ...model, ...more?.(model) },
      { reductions: NONE, bounds: UNBOUNDED },
    );
    const { asked, ...places } = WHOLE;
    const counted = Object.entries(places).filter(([, at]) => whole[at] > 0)
      .map(([name]) => name);
    assertEquals(
      new Set(counted),
      new Set(["pairs", "guest", ...counts]),
    );
    assertEquals(whole.length, asked + (more ? 1 : 0));
    assert(whole[WHOLE.pairs] > whole[WHOLE.guest]);
  });
}
