/** The steps of small models: which kinds are possible, how often rules run, and what userspace's actions come to. */
import { makeInsn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import type { Found } from "./found.ts";
import { type Model, STEP, type StepKind } from "./model.ts";
import { provePairs } from "./modular.ts";
import { UNBOUNDED } from "./options.ts";
import { NONE as NO_ONE } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { defaultProperties, propertiesOf, PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS as NONE } from "./reductions.ts";
import { search } from "./search.ts";
import { simulate } from "./simulate.ts";
import { Steps } from "./steps.ts";
import { actionParts } from "./successors.ts";
import {
  alone,
  anyOf,
  breakpointGuest,
  modelOf,
  type Setup,
  straight,
  x86Guest,
} from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

const ALONE = alone("linux-6.1");

const GET: UserAction = { kind: "get", register: 0 };
const HOST: HostDebugRequest = { action: "break", address: 0x9000n };
const STEPS: UserAction = { kind: "debugger", request: { action: "step" } };

function searched(model: Model): Found {
  return search(model, { reductions: NONE, bounds: UNBOUNDED });
}

type KindName = keyof typeof STEP;

const KINDS = new Map<StepKind, KindName>(
  Object.entries(STEP).map(([name, kind]) => [kind, name as KindName]),
);

/** Goes a way, by the kind of its steps, and tells which kinds are possible then for vCPU 0 on a CPU. */
function kindsAfter(
  setup: Partial<Setup>,
  way: readonly KindName[],
  { cpu: on = 0, ...changes }: Partial<Model> & { readonly cpu?: number } = {},
): KindName[] {
  const steps = new Steps(
    { ...modelOf({ ...ALONE, ...setup }), ...changes },
    false,
  );
  steps.vmVaries = true;
  const start = steps.initial();
  let { vm, vcpus: [vcpu], cpus: [cpu] } = start;
  for (const kind of way) {
    const found = steps.successorsOf(vcpu, kind === "user" ? NO_ONE : cpu, vm)
      .find(({ action }) => actionParts(action).kind === STEP[kind]);
    assert(found, `${kind} of ${way} is not possible`);
    vcpu = found.vcpu;
    vm = found.vm;
    if (found.cpu !== NO_ONE) cpu = found.cpu;
  }
  const last = on === 0 ? cpu : start.cpus[on];
  return steps.successorsOf(vcpu, last, vm)
    .map(({ action }) => KINDS.get(actionParts(action).kind)!);
}

const GUEST_IN = ["load", "enter"] as const;

const FAILS: Partial<Setup> = {
  arch: "arm64",
  profile: "linux-7.2",
  guests: [straight([makeInsn({ op: "isb", lengthBytes: 4 })])],
  preempt: "any",
  fail: "pmu",
};

/** What is possible, by what came before. */
const POSSIBLE: readonly (readonly [
  name: string,
  setup: Partial<Setup>,
  way: readonly KindName[],
  kinds: readonly KindName[],
  changes?: Partial<Model> & { readonly cpu?: number },
])[] = [
  ["not loaded", {}, [], ["load"]],
  ["loaded", {}, ["load"], ["enter"]],
  ["in the guest", {}, GUEST_IN, ["instruction"]],
  ["after an instruction", {}, [...GUEST_IN, "instruction"], ["instruction"]],
  ["at the end of the program", {}, [
    ...GUEST_IN,
    "instruction",
    "instruction",
  ], ["idle"]],
  ["after that", {}, [...GUEST_IN, "instruction", "instruction", "idle"], [
    "load",
  ]],
  ["loaded, and preempted at any time", { preempt: "any" }, ["load"], [
    "enter",
    "put",
  ]],
  ["in the guest, and interrupted at any time", { preempt: "any" }, GUEST_IN, [
    "interrupt",
    "instruction",
  ]],
  ["put", { preempt: "any" }, ["load", "put"], ["load"]],
  ["between instructions", { preempt: "between" }, GUEST_IN, [
    "interrupt",
    "instruction",
  ]],
  [
    "an access that has trapped, preempted between instructions",
    {
      preempt: "between",
      guests: [straight([GUEST.writeDr0(0x1000)])],
    },
    [...GUEST_IN, "instruction"],
    ["enter"],
  ],
  [
    "the same at any time",
    {
      preempt: "any",
      guests: [straight([GUEST.writeDr0(0x1000)])],
    },
    [...GUEST_IN, "instruction"],
    ["enter", "put"],
  ],
  [
    "its second try, preempted between instructions",
    {
      preempt: "between",
      guests: [straight([GUEST.writeDr0(0x1000)])],
    },
    [...GUEST_IN, "instruction", "enter"],
    ["instruction"],
  ],
  [
    "after its second try",
    {
      preempt: "between",
      guests: [straight([GUEST.writeDr0(0x1000)])],
    },
    [...GUEST_IN, "instruction", "enter", "instruction"],
    [
      "interrupt",
      "idle",
    ],
  ],
  ["userspace has something to do", { users: [straight([GET])] }, ["load"], [
    "enter",
    "return",
  ]],
  [
    "userspace has something to do, and no signal comes",
    {
      users: [straight([GET])],
    },
    ["load"],
    ["enter"],
    { signals: "none" },
  ],
  ["userspace has done it", { users: [straight([GET])] }, ["user", "load"], [
    "enter",
  ]],
  ["userspace may save the VM", { restores: "qemu" }, ["load"], [
    "enter",
    "return",
  ]],
  ["KVM_RUN has returned", { users: [straight([GET])] }, ["load", "return"], [
    "load",
  ]],
  ["the host has something to do", { hosts: [straight([HOST])] }, ["load"], [
    "enter",
    "host",
  ]],
  ["the host has done it", { hosts: [straight([HOST])] }, ["load", "host"], [
    "enter",
  ]],
  [
    "put, and it stays on its CPU",
    {
      cpus: 2,
      preempt: "any",
      migrate: "none",
    },
    ["load", "put"],
    ["load"],
  ],
  [
    "put, and it stays on another CPU",
    {
      cpus: 2,
      preempt: "any",
      migrate: "none",
    },
    ["load", "put"],
    [],
    { cpu: 1 },
  ],
  [
    "put, and it goes to another CPU",
    { cpus: 2, preempt: "any" },
    [
      "load",
      "put",
    ],
    ["load"],
    { cpu: 1 },
  ],
  ["not loaded, on another CPU", { cpus: 2, migrate: "none" }, [], ["load"], {
    cpu: 1,
  }],
  ["first-run initialisation may fail", FAILS, [], ["fail", "load"]],
  ["it has failed", FAILS, ["fail"], ["fail", "load"]],
  ["the vCPU has run", FAILS, ["load", "put"], ["load"]],
  [
    "userspace owes an access",
    {
      guests: [
        straight([
          makeInsn({ op: "out", lo: 0x80, sizeBytes: 1, lengthBytes: 2 }),
          GUEST.exec(0x1000),
        ]),
      ],
    },
    [...GUEST_IN, "instruction"],
    ["load"],
  ],
  [
    "userspace owes an access, and steps",
    {
      guests: [
        straight([
          makeInsn({ op: "in", lo: 0x80, sizeBytes: 1, lengthBytes: 2 }),
          GUEST.exec(0x1000),
        ]),
      ],
      users: [straight([STEPS])],
    },
    ["user", ...GUEST_IN, "instruction"],
    ["complete"],
  ],
];

for (const [name, setup, way, kinds, changes] of POSSIBLE) {
  Deno.test(`steps: what is possible, ${name}`, () => {
    assertEquals(kindsAfter(setup, way, changes), kinds);
  });
}

/** Models in which no step depends on a choice. */
const PLAIN: readonly (readonly [name: string, setup: Partial<Setup>])[] = [
  ["one vCPU", {}],
  ["two vCPUs on two CPUs", {
    cpus: 2,
    guests: [0, 1].map(breakpointGuest),
    preempt: "any",
  }],
  ["userspace and host", {
    cpus: 2,
    guests: [0, 1].map(breakpointGuest),
    users: [straight([GET, STEPS])],
    hosts: [straight([HOST]), straight([HOST])],
  }],
];

for (const [name, setup] of PLAIN) {
  Deno.test(`steps: the rules run once for each step of each pair, ${name}`, () => {
    const model = modelOf({ ...ALONE, ...setup });
    const steps = new Steps(model, false);
    const proof = provePairs(model, steps, undefined);
    for (;;) {
      const { done, value } = proof.next();
      if (!done) continue;
      assert(value.holds);
      assertEquals(value.pairs, steps.memo.pairs);
      assertEquals(steps.ruleRuns, value.transitions);
      const found = searched(model);
      // A schedule comes to no pair that the proof has not looked at.
      assert(found.pairs <= value.pairs && found.ruleRuns <= steps.ruleRuns);
      break;
    }
  });
}

Deno.test("steps: one vCPU that is not preempted goes its way, step by step", () => {
  const found = searched(modelOf(ALONE));
  // load, enter, two instructions, idle; and once more without them.
  assert(found.complete);
  assertEquals(found.transitions, found.ruleRuns);
  assertEquals(found.depth, found.states - 1);
  assertEquals(found.transitions, found.states);
});

Deno.test("properties: those that are checked where none is named", () => {
  assertEquals(
    propertiesOf(defaultProperties()).map(({ name }) => name),
    ["missed", "stray", "leak", "stale", "host-lost", "warn"],
  );
});

const DR0 = 0;

/** Expectations that hold or not once the guest has written DR0: which is broken first. */
const EXPECTED: readonly (readonly [
  always: readonly (readonly ["vcpu" | "cpu", index: number, holds: boolean])[],
  expectation: number | undefined,
])[] = [
  [[["vcpu", 0, true]], undefined],
  [[["vcpu", 0, false]], 0],
  [[["vcpu", 0, true], ["vcpu", 0, false]], 1],
  [[["cpu", 0, false]], 0],
  [[["cpu", 0, false], ["vcpu", 0, false]], 1],
  [[["cpu", 0, true], ["vcpu", 0, false], ["vcpu", 0, false]], 1],
  [[["cpu", 0, true], ["vcpu", 1, true]], undefined],
  // The other vCPU does nothing.
  [[["vcpu", 1, false]], undefined],
];

for (const [always, expectation] of EXPECTED) {
  Deno.test(`steps: what is always expected, ${JSON.stringify(always)}`, () => {
    const model = modelOf({
      ...ALONE,
      guests: [straight([GUEST.writeDr0(0x1000)]), straight([])],
    });
    const isWritten = (f: Parameters<Model["rules"]["userView"]>[0]) => {
      const seen = model.rules.userView(f, DR0);
      return seen.kind === "value" && seen.value === 0x1000n;
    };
    const found = searched({
      ...model,
      always: always.map(([of, index, holds]) => ({
        of,
        index,
        holds: (f) => holds || !isWritten(f),
        isThere: () => true,
      })),
    });
    assertEquals(found.broken?.expectation, expectation);
    assertEquals(found.broken?.properties, found.broken && 0);
  });
}

Deno.test("steps: an end is where userspace and the host have nothing left to do either", () => {
  const model = modelOf({
    ...ALONE,
    guests: [straight([])],
    users: [straight([GET])],
    hosts: [straight([HOST])],
  });
  const found = searched({
    ...model,
    finally: [{
      of: "cpu",
      index: 0,
      holds: () => false,
      isThere: () => true,
    }],
  });
  const kinds = found.schedule.map(({ kind }) => KINDS.get(kind));
  // What userspace has done has no part in it, and is left out.
  assertEquals([kinds, found.depth, found.leftOut], [["host"], 2, 1]);
  assertEquals([found.broken?.expectation, found.broken?.atEnd], [0, true]);
});

const STI: Setup = {
  arch: "x86",
  profile: "linux-7.2",
  cpus: 1,
  guests: [straight([
    makeInsn({ op: "sti", addressLo: 0x1000, lengthBytes: 1 }),
    makeInsn({ op: "exec", addressLo: 0x1001, lengthBytes: 1 }),
  ])],
  preempt: "any",
  restores: "qemu",
  never: PROPERTY["lost-over-migration"],
};

Deno.test("steps: a VM is saved where no vCPU is in KVM_RUN, and what its guests lose is reported", () => {
  const two = { ...STI, guests: [...STI.guests, ...STI.guests] };
  for (const setup of [STI, two]) {
    const found = searched(modelOf(setup));
    const last = found.schedule.at(-1)!;
    assertEquals([last.kind, last.vcpu, last.cpu], [
      STEP.restore,
      undefined,
      undefined,
    ]);
    assertEquals(found.broken?.properties, PROPERTY["lost-over-migration"]);
    const lost = last.events.filter(({ kind }) => kind === "lost");
    assertEquals(lost.length, 1);
    assertEquals(found.schedule.map(({ kind }) => KINDS.get(kind)), [
      "load",
      "enter",
      "instruction",
      "interrupt",
      "return",
      "restore",
    ]);
  }
  assert(searched(modelOf({ ...STI, restores: "firecracker" })).complete);
});

Deno.test("steps: random schedules save a VM too", () => {
  const walking = simulate(modelOf(STI), {
    schedules: 500,
    seed: 1,
    stepsMax: 20,
    rest: false,
  });
  for (;;) {
    const { done, value } = walking.next();
    if (!done) continue;
    const last = value.found?.schedule.at(-1);
    assertEquals(last?.kind, STEP.restore);
    break;
  }
});

Deno.test("steps: an access that a choice leaves open is tried once for all ways", () => {
  const writes = [0x1000, 0x2000].map((value) => GUEST.writeDr0(value));
  const first = searched(
    modelOf({ ...ALONE, guests: [straight([writes[0]])] }),
  );
  const found = searched(modelOf({ ...ALONE, guests: [anyOf(writes, 1)] }));
  // Only the second try writes, and there the ways part.
  assert(found.states < 2 * first.states);
  assert(found.states > first.states);
});

Deno.test("steps: the words of a state are those that its VM, vCPU and CPU begin with", () => {
  const model = modelOf({
    arch: "arm64",
    profile: "watanabe-v7",
    host: { brps: 6, ctx: 2 },
    counts: { brps: 4 },
    cpus: 2,
    guests: [straight([])],
    never: 0,
  });
  const { vm, vcpus, cpus } = model.initial;
  const steps = new Steps(model, false);
  const begun = steps.initial();
  assert(vm.some((word) => word !== 0));
  for (const [p, cpu] of cpus.entries()) {
    const w = steps.wordsOf(begun.vm, begun.vcpus[0], begun.cpus[p]);
    const f = steps.frameOf(w);
    assertEquals(w.slice(0, vm.length), vm);
    assertEquals(w.slice(f.vcpu, f.vcpu + vcpus[0].length), vcpus[0]);
    assertEquals(w.slice(f.cpu, f.cpu + cpu.length), cpu);
  }
});

Deno.test("steps: an action of the host that is left out changes nothing of its CPU but where the host is", () => {
  const hosts = [straight([HOST]), straight([HOST])];
  const steps = new Steps(modelOf({ ...ALONE, cpus: 2, hosts }), false);
  const begun = steps.initial();
  for (const [p, cpu] of begun.cpus.entries()) {
    const [node] = steps.programs.hosts[p].options[0];
    const past = steps.pastHost(cpu, node);
    assertEquals(steps.components.hostActs[cpu], 1);
    assertEquals(steps.components.hostActs[past], 0);
    const [before, after] = [cpu, past].map((id) =>
      steps.wordsOf(begun.vm, begun.vcpus[0], id)
    );
    const changed = before.filter((word, at) => word !== after[at]);
    assertEquals(changed.length, 1);
  }
});
