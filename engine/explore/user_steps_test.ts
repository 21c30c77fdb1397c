/** What userspace does between two KVM_RUNs, and what the guest can tell of it. */
import type { GuestDebugRequest } from "../rules.ts";
import { UNBOUNDED } from "./options.ts";
import { NONE } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { search } from "./search.ts";
import { Steps } from "./steps.ts";
import { modelOf, type Setup, straight, x86Guest } from "./testing.ts";
import { assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

const GET: UserAction = { kind: "get", register: 0 };

const DR0 = 0;
const DR7 = 7;

const MODEL: Setup = {
  arch: "x86",
  profile: "linux-6.1",
  cpus: 1,
  guests: [straight([GUEST.exec(0x1000)])],
  never: 0,
};

function userDebug(
  request: Partial<GuestDebugRequest>,
): UserAction {
  return {
    kind: "guest-debug",
    request: {
      control: 1,
      inject: undefined,
      blockirq: false,
      registers: [],
      ...request,
    },
  };
}

/** What is broken by what userspace does to a guest that has written DR0; of what it notices, the kind. */
const USERS: readonly (readonly [
  name: string,
  users: readonly UserAction[],
  never: number,
  broken: string | undefined,
])[] = [
  ["reads a register", [GET], PROPERTY.stale | PROPERTY.leak, undefined],
  [
    "writes it",
    [{ kind: "set", register: DR0, value: 0x3000n }],
    PROPERTY.stale | PROPERTY.leak,
    undefined,
  ],
  [
    "writes it, which the guest can tell from nothing",
    [{ kind: "set", register: DR0, value: 0x3000n }],
    PROPERTY.noticed,
    undefined,
  ],
  [
    "is refused a write",
    [{ kind: "set", register: DR7, value: 1n << 32n }],
    PROPERTY.stale | PROPERTY.noticed,
    undefined,
  ],
  [
    "resets the vCPU",
    [{ kind: "init" }],
    PROPERTY.stale | PROPERTY.leak,
    undefined,
  ],
  [
    "resets it, beside a bare machine",
    [{ kind: "init" }],
    PROPERTY.noticed,
    undefined,
  ],
  [
    "injects #BP, as into the bare machine",
    [userDebug({ inject: "bp" })],
    PROPERTY.noticed,
    undefined,
  ],
  [
    "has a breakpoint of its own between the two tries of an access",
    [{ kind: "debugger", request: { action: "break", address: 0x4000n } }],
    PROPERTY.noticed,
    "stale",
  ],
];

for (const [name, users, never, broken] of USERS) {
  Deno.test(`user steps: userspace ${name}`, () => {
    const found = search(
      modelOf({
        ...MODEL,
        guests: [straight([GUEST.writeDr0(0x1000), GUEST.exec(0x2000)])],
        users: [straight(users)],
        preempt: "any",
        never,
      }),
      { reductions: NO_REDUCTIONS, bounds: UNBOUNDED },
    );
    assertEquals(found.schedule.at(-1)?.noticed?.kind, broken);
    assertEquals(found.broken !== undefined, broken !== undefined);
  });
}

Deno.test("user steps: none while KVM_RUN goes on, loaded or not", () => {
  const steps = new Steps(
    modelOf({ ...MODEL, users: [straight([GET, GET])] }),
    false,
  );
  const { vm, vcpus: [first], cpus: [cpu] } = steps.initial();
  const countOf = (vcpu: number) => steps.successorsOf(vcpu, NONE, vm).length;
  assertEquals(countOf(first), 1);
  const [load] = steps.successorsOf(first, cpu, vm);
  assertEquals(countOf(load.vcpu), 0);
  // To the guest, and scheduled out while KVM_RUN goes on.
  for (const after of steps.successorsOf(load.vcpu, load.cpu, vm)) {
    const { mode } = steps.components;
    const isReturned = steps.successorsOf(after.vcpu, NONE, vm).length > 0;
    const isOut = mode[after.vcpu] === mode[first];
    if (!isOut) assertEquals(isReturned, false);
  }
  const put = steps.successorsOf(load.vcpu, load.cpu, vm)[1];
  assertEquals([steps.components.mode[put.vcpu], countOf(put.vcpu)], [
    steps.components.mode[first],
    0,
  ]);
});
