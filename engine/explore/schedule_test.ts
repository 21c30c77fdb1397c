import type { ArchName } from "../architecture.ts";
import { architecture, createMachine } from "../architectures.ts";
import { type Insn, makeInsn } from "../program.ts";
import { type Frame, type HostDebugRequest, VCPU_BASE } from "../rules.ts";
import type { ScheduleStep } from "./found.ts";
import { STEP } from "./model.ts";
import { UNBOUNDED } from "./options.ts";
import { ALL_REDUCTIONS, NO_REDUCTIONS } from "./reductions.ts";
import type { UserAction } from "./programmed_machine.ts";
import { PROPERTY } from "./properties.ts";
import { search } from "./search.ts";
import { searchStart } from "./search_start.ts";
import {
  anyOf,
  breakpointGuest,
  modelOf,
  straight,
  x86Guest,
} from "./testing.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const HOST: HostDebugRequest = { action: "break", address: 0x9000n };
const DR0 = architecture("x86")!.registers.find("dr0")!.id;
const STEPS: UserAction = { kind: "debugger", request: { action: "step" } };

/** What acts in a step. */
function acting({ insn, userAction, hostRequest }: ScheduleStep) {
  return [insn, userAction, hostRequest].filter((one) => one !== undefined);
}

for (const reductions of [NO_REDUCTIONS, ALL_REDUCTIONS]) {
  Deno.test(`a step of a schedule has what acts in it (${JSON.stringify(reductions)})`, () => {
    const guest = breakpointGuest(0);
    const model = modelOf({
      arch: "x86",
      profile: "linux-4.4",
      cpus: 1,
      guests: [guest, breakpointGuest(1)],
      users: [straight([STEPS])],
      hosts: [straight([HOST])],
      never: 0,
    });
    // The schedule comes to the end of all programs.
    const { schedule } = search({
      ...model,
      finally: [{
        of: "vcpu",
        index: 0,
        // What the host has set is needed.
        holds: (f) => {
          const seen = model.rules.cpuView(f, DR0);
          return seen.kind !== "value" || seen.value !== 0x9000n;
        },
        isThere: () => true,
      }],
    }, { reductions, bounds: UNBOUNDED });
    assert(schedule.length > 0);
    const kinds = new Set<number>();
    for (const step of schedule) {
      kinds.add(step.kind);
      const { node, vcpu, cpu } = step;
      const program = step.kind === STEP.host
        ? model.hosts[cpu!]
        : step.kind === STEP.user
        ? model.users[vcpu!]
        : model.guests[vcpu ?? 0];
      const acts = step.kind === STEP.instruction ||
        step.kind === STEP.user || step.kind === STEP.host;
      const there = program.nodes[node];
      assertEquals(
        acting(step),
        acts && there.kind === "act" ? [there.action] : [],
      );
    }
    for (const kind of [STEP.instruction, STEP.user, STEP.host, STEP.idle]) {
      assert(kinds.has(kind), `no step of kind ${kind}`);
    }
  });
}

Deno.test("a try of an instruction that is still to be chosen has the one that is chosen later", () => {
  const writes: readonly Insn[] = [0x1000, 0x2000].map((lo) =>
    makeInsn({ op: "write", register: 0, lo, addressLo: 0x100, lengthBytes: 3 })
  );
  const model = modelOf({
    arch: "x86",
    profile: "linux-6.1",
    cpus: 1,
    guests: [anyOf(writes, 1)],
    users: [straight<UserAction>([{
      kind: "debugger",
      request: { action: "break", address: 0x4000n },
    }])],
    never: PROPERTY.stale,
  });
  const { schedule } = search(model, {
    reductions: ALL_REDUCTIONS,
    bounds: UNBOUNDED,
  });
  const tries = schedule.filter(({ kind }) => kind === STEP.instruction);
  assert(tries.length > 0);
  assertEquals(new Set(tries.map(({ insn }) => insn)).size, 1);
  assert(writes.includes(tries[0].insn!));
});

for (
  const [title, given, users] of [
    ["goes", {}, 0],
    ["stays where another value would not hold without it", {
      shows: true,
    }, 2],
    ["stays where all would hold without it", { holds: true }, 2],
  ] as const
) {
  Deno.test(`debugging that ends ${title}`, () => {
    const { shows, holds }: { shows?: boolean; holds?: boolean } = given;
    const address = 0x4000n;
    const model = modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus: 1,
      guests: [
        straight([
          makeInsn({ op: "write", register: DR0, lo: 0x1000, lengthBytes: 3 }),
        ]),
      ],
      users: [straight<UserAction>([
        { kind: "debugger", request: { action: "break", address } },
        { kind: "debugger", request: { action: "off" } },
      ])],
      never: 0,
    });
    // Userspace's address, or the guest's.
    const shown = (f: Frame): string => {
      const seen = model.rules.cpuView(f, DR0);
      return seen.kind === "value" ? `${seen.value}` : seen.kind;
    };
    const { schedule } = search({
      ...model,
      finally: [{
        of: "vcpu",
        index: 0,
        holds: (f) => holds === true && shown(f) !== `${address}`,
        isThere: () => true,
        ...shows && { shown },
      }],
    }, { reductions: ALL_REDUCTIONS, bounds: UNBOUNDED });
    const acts = schedule.filter(({ kind }) => kind === STEP.user);
    assertEquals(acts.length, users);
  });
}

/** What the CPU holds in DR0 where a property breaks: nothing yet instead of the guest's, or userspace's. */
const HELD = [
  ["missed", { register: DR0, seen: 0n }, undefined],
  ["stray", undefined, { register: DR0, seen: 0x2000n }],
] as const;

for (const [kind, missed, stray] of HELD) {
  Deno.test(`the step that breaks \`${kind}\` alone has the register in which the CPU differs`, () => {
    const { writeDr0, writeDr7, exec } = x86Guest(0);
    const { schedule } = search(
      modelOf({
        arch: "x86",
        profile: "linux-4.4",
        cpus: 1,
        guests: [
          straight([writeDr0(0x1000), writeDr7(2), exec(0x2000), exec(0x1000)]),
          breakpointGuest(1),
        ],
        users: [straight<UserAction>([
          {
            kind: "debugger",
            request: { action: "break", address: 0x2000n },
          },
          { kind: "debugger", request: { action: "off" } },
        ])],
        never: PROPERTY[kind],
      }),
      { reductions: ALL_REDUCTIONS, bounds: UNBOUNDED },
    );
    const found = schedule.map(({ mismatch }) => mismatch);
    assertEquals(found.pop(), { missed, stray, isHidden: false });
    assertEquals(found.filter((one) => one !== undefined), []);
    assert(schedule.filter(({ insn }) => insn !== undefined).length > 2);
  });
}

Deno.test("a step has what the guest notices where that breaks a property, not where it is allowed", () => {
  const { writeDr0, writeDr7, exec } = x86Guest(0);
  // The guest's own breakpoint is missed while userspace debugs, which `debugged` alone does not allow.
  const missed = {
    kind: "missed",
    exception: "db",
    allowance: "debugged",
  } as const;
  for (
    const [never, noticed] of [
      [PROPERTY.noticed, undefined],
      [PROPERTY.noticed | PROPERTY.debugged, missed],
    ] as const
  ) {
    const model = modelOf({
      arch: "x86",
      profile: "linux-7.2",
      cpus: 1,
      guests: [straight([writeDr0(0x1000), writeDr7(2), exec(0x1000)])],
      users: [straight<UserAction>([{
        kind: "debugger",
        request: { action: "break", address: 0x4000n },
      }])],
      preempt: "none",
      never,
    });
    const { schedule } = search({
      ...model,
      signals: "none",
      always: [{
        of: "vcpu",
        index: 0,
        holds: ({ w, vcpu }) => w[vcpu + VCPU_BASE.pc] !== 0x1001,
        isThere: () => true,
      }],
    }, { reductions: ALL_REDUCTIONS, bounds: UNBOUNDED });
    const found = schedule.map((step) => step.noticed);
    assertEquals(found.pop(), noticed);
    assertEquals(new Set(found), new Set([undefined]));
  }
});

for (const name of ["arm64", "x86"] as const) {
  Deno.test(`searchStart() of ${name}: the machine as it is, copied; no vCPU may be loaded`, () => {
    const arch = architecture(name satisfies ArchName)!;
    const kernel = {
      profile: arch.defaultProfile,
      vendor: undefined,
      options: {},
    };
    const host = {
      counts: { cpus: 2 },
      model: undefined,
      unpredictable: undefined,
    };
    const machine = createMachine(arch, kernel, host);
    machine.growTo(2);
    machine.append(1, { op: "exec", lengthBytes: arch.codeAlignment });
    machine.run(1, { cpu: 1 });
    const start = searchStart(arch, kernel, host, machine);
    assertEquals([start.vcpus, start.cpus], [2, 2]);
    assertEquals(start.initial, machine.blocks());
    assertEquals(start.rules.sizes.vm, start.initial.vm.length);
    machine.append(1, { op: "exec", lengthBytes: arch.codeAlignment });
    machine.run(1, { stop: "guest" });
    assertThrows(
      () => searchStart(arch, kernel, host, machine),
      RangeError,
      "vCPU 1 is loaded",
    );
  });
}
