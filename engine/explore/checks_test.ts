/** What counts as a leak, by registers that read as a test makes them. */
import { makeInsn } from "../program.ts";
import { type Frame, MODE, VCPU_BASE, type ViewValue } from "../rules.ts";
import type { Model } from "./model.ts";
import { UNBOUNDED } from "./options.ts";
import type { UserAction } from "./programmed_machine.ts";
import { propertiesOf, PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { search } from "./search.ts";
import { modelOf, straight, x86Guest } from "./testing.ts";
import { assertEquals } from "@std/assert";

const [DR0, DR1] = [0, 1];

/** DR0 and DR1 at the start of the search. */
const FIRST = 0x7000n;

/** The model with DR0 reading as one value once its guest has written it, whatever that was. */
function reading(model: Model, value: bigint): Model {
  const { rules } = model;
  const own = rules.userView.bind(rules);
  const peek: typeof rules.peek = (f, register): ViewValue => {
    if (register !== DR0) return rules.peek(f, register);
    const seen = own(f, DR0);
    const isFirst = seen.kind === "value" && seen.value === FIRST;
    return { kind: "value", value: isFirst ? FIRST : value };
  };
  return { ...model, rules: Object.create(rules, { peek: { value: peek } }) };
}

const GUEST = x86Guest(0);

const SET: UserAction = { kind: "set", register: DR0, value: 0x4000n };

const RAW: UserAction = {
  kind: "guest-debug",
  request: {
    control: 0,
    inject: undefined,
    blockirq: false,
    registers: [{ register: DR0, value: 0x5000n }],
  },
};

/** What DR0 reads as after the guest has written 0x1000 to it: what is broken, and by which userspace. */
const READS: readonly (readonly [
  value: bigint,
  broken: readonly string[],
  users?: readonly UserAction[],
])[] = [
  [0x1000n, []],
  // What the reset, the start and other writes of the guest have put there.
  [0n, ["stale"]],
  [FIRST, ["stale"]],
  [0x2000n, ["stale"]],
  // What is in another register.
  [0x3000n, ["leak", "stale"]],
  [0x4000n, ["leak", "stale"]],
  [0x5000n, ["leak", "stale"]],
  // What userspace may put there, whether it has or not.
  [0x4000n, ["stale"], [SET]],
  [0x5000n, ["stale"], [RAW]],
  [0x6000n, ["stale"], [{
    kind: "debugger",
    request: { action: "break", address: 0x6000n },
  }]],
];

for (const [value, broken, users = []] of READS) {
  const names = users.map(({ kind }) => kind).join();
  Deno.test(`checks: DR0 reads as 0x${value.toString(16)} ${names}: ${broken.join(", ") || "as written"}`, () => {
    const model = modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus: 1,
      guests: [
        straight([
          GUEST.writeDr0(0x1000),
          makeInsn({ op: "write", register: DR1, lo: 0x3000, lengthBytes: 3 }),
          GUEST.exec(0x9000),
          GUEST.writeDr0(0x2000),
        ]),
      ],
      users: [straight(users)],
      before: (machine) => {
        machine.userSet(0, DR0, FIRST, "dr0");
      },
      preempt: "none",
      // A signal would let userspace act first.
      never: PROPERTY.leak | PROPERTY.stale,
    });
    // The last write is never come to where something is broken; where nothing is, it is left out.
    const given = broken.length > 0 ? model : {
      ...model,
      guests: [straight([GUEST.writeDr0(0x1000), GUEST.exec(0x9000)])],
    };
    const found = search({ ...reading(given, value), signals: "none" }, {
      reductions: NO_REDUCTIONS,
      bounds: UNBOUNDED,
    });
    assertEquals(
      propertiesOf(found.broken?.properties ?? 0).map(({ name }) => name),
      broken,
    );
  });
}

/** A guest that its userspace gives DR0, which reads as something else in the guest. */
function given(users: readonly UserAction[]): Model {
  const model = modelOf({
    arch: "x86",
    profile: "linux-6.1",
    cpus: 1,
    guests: [straight([GUEST.exec(0x9000)])],
    users: [straight(users)],
    never: PROPERTY.leak | PROPERTY.stale,
  });
  const { rules } = model;
  const peek: typeof rules.peek = (f, register) =>
    f.w[f.vcpu + VCPU_BASE.mode] === MODE.guest
      ? { kind: "value", value: 0x8000n }
      : rules.peek(f, register);
  return { ...model, rules: Object.create(rules, { peek: { value: peek } }) };
}

/** What a search finds broken, and which expectation with it. */
function brokenOf(model: Model) {
  const { broken } = search(model, {
    reductions: NO_REDUCTIONS,
    bounds: UNBOUNDED,
  });
  const names = propertiesOf(broken?.properties ?? 0).map(({ name }) => name);
  return [names, broken?.expectation];
}

Deno.test("checks: a register that userspace alone writes is watched as well", () => {
  assertEquals(brokenOf(given([SET])), [["leak", "stale"], undefined]);
  assertEquals(brokenOf(given([])), [[], undefined]);
});

Deno.test("checks: a step breaks a property and what is always expected of the vCPU or the CPU at once", () => {
  for (const owner of ["vcpu", "cpu"] as const) {
    const found = brokenOf({
      ...given([SET]),
      always: [{
        of: owner,
        index: 0,
        holds: ({ w, vcpu }) => w[vcpu + VCPU_BASE.mode] !== MODE.guest,
        isThere: () => true,
      }],
    });
    assertEquals(found, [["leak", "stale"], 0]);
  }
});

/** The lockstep's answers that a test makes, and what is then noticed first of a register that reads otherwise. */
const ON_ITS_WAY = [
  [{}, "leak"],
  // An exception that the guest takes next, or one that the bare machine does, may change the register.
  [
    { pending: (_: Frame, held: boolean) => held ? "db" : undefined },
    undefined,
  ],
  [{ due: () => "db" }, "missed"],
] as const;

for (const [made, kind] of ON_ITS_WAY) {
  Deno.test(`checks: a register is not compared while ${Object.keys(made).join() || "nothing"} is on its way: ${kind}`, () => {
    const model = given([SET]);
    const { lockstep } = model.monitor;
    const monitor: Model["monitor"] = Object.create(model.monitor, {
      lockstep: { value: Object.assign(Object.create(lockstep), made) },
    });
    const found = search({ ...model, monitor, never: PROPERTY.noticed }, {
      reductions: NO_REDUCTIONS,
      bounds: UNBOUNDED,
    });
    assertEquals(found.schedule.at(-1)?.noticed?.kind, kind);
  });
}
