import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { explorations } from "../dsl/explore/exploration.ts";
import { compile } from "../dsl/explore/model.ts";
import { scenarioText } from "../dsl/explore/scenario.ts";
import { load } from "../dsl/load.ts";
import { Scope } from "../dsl/resolve/scope.ts";
import { viewText } from "../dsl/values.ts";
import { runBefore } from "../dsl/run/lines.ts";
import { Session } from "../dsl/run/session.ts";
import {
  type ArchName,
  createMachine,
  type Found,
  type Machine,
  type Reductions,
  VCPU_BASE,
} from "../engine/mod.ts";
import {
  ALL_REDUCTIONS,
  NO_REDUCTIONS,
  UNBOUNDED,
} from "../engine/explore/mod.ts";
import { PROPERTY, search } from "../engine/explore/mod.ts";
import { observe } from "../dsl/observation.ts";

/** Lines of programs, by who acts. */
interface Words {
  readonly kernels: readonly string[];
  readonly before: readonly string[];
  readonly guest: readonly string[];
  readonly user: readonly string[];
  readonly host: readonly string[];
  /** What is broken in most schedules' end, or on the way. */
  readonly properties: readonly string[];
}

const WORDS: Readonly<Record<ArchName, Words>> = {
  x86: {
    kernels: [
      "linux-4.4",
      "reload-2016",
      "linux-4.9",
      "linux-6.1",
      "linux-7.2",
      "linux-4.4 svm",
      "linux-6.1 svm",
    ],
    before: [
      "",
      "",
      "user set dr0 0x1000",
      "host break 0x9000",
      "user debug step",
    ],
    guest: [
      "write dr0 0x1000",
      "write dr1 0x2000",
      "write dr7 g0=1",
      "write dr7 g0=1 g1=1 rw1=write len1=bytes4",
      "write dr7 0",
      "write dr6 0",
      "read dr6",
      "exec 0x1000",
      "exec 0x3000",
      "store 0x2000 size=4",
      "out 0x80 size=1",
      "int3",
      "cpuid",
    ],
    user: [
      "debug break 0x4000",
      "debug watch 0x2000 size=4",
      "debug step",
      "debug off",
      "set dr7 g0=1",
      "set dr0 0x1000",
      "get dr6",
    ],
    host: ["break 0x9000", "break 0x9100", "off"],
    properties: [
      "never missed, stray, stale",
      "always expect guest dr0 == 0",
      "always expect hw dr7.g0 == 0",
      "finally expect guest dr0 == 0x3000",
      "finally expect user dr7 == 0x1234",
    ],
  },
  arm64: {
    kernels: [
      "bennee-v2",
      "bennee-v3",
      "watanabe-v7",
      "linux-6.1",
      "linux-6.12",
      "linux-7.2",
    ],
    before: [
      "",
      "",
      "user set dbgbvr0 0x1000",
      "host break 0x9000",
      "user debug step",
    ],
    guest: [
      "write dbgbvr0 0x1000",
      "write dbgbcr0 e=1 pmc=el1",
      "write dbgbcr0 0",
      "write dbgwvr0 0x2000",
      "write mdscr mde=1",
      "write mdscr mde=0",
      "read dbgbcr0",
      "exec 0x1000",
      "exec 0x3000",
      "store 0x2000 size=4",
      "brk",
      "write oslar 1",
    ],
    user: [
      "debug break 0x4000",
      "debug watch 0x2000 size=4",
      "debug step",
      "debug off",
      "set dbgbvr0 0x1000",
      "get mdscr",
    ],
    host: ["break 0x9000", "off"],
    properties: [
      "never missed, stray, stale, warn",
      "always expect guest dbgbvr0 == 0",
      "always expect hw dbgbcr0.e == 0",
      "finally expect guest dbgbvr0 == 0x3000",
      "finally expect user mdscr == 0x1234",
    ],
  },
};

function lines(
  words: readonly string[],
  maxLength: number,
): fc.Arbitrary<readonly string[]> {
  return fc.array(fc.constantFrom(...words), { maxLength });
}

/** A guest's program: straight, repeated, or one of two. */
function guest(words: readonly string[]): fc.Arbitrary<string> {
  const few = lines(words, 3).map((all) => all.join("\n"));
  return fc.oneof(
    { weight: 3, arbitrary: few },
    { weight: 1, arbitrary: few.map((body) => `repeat 2 {\n${body}\n}`) },
    {
      weight: 1,
      arbitrary: fc.tuple(few, few, few).map(([first, one, other]) =>
        `${first}\neither {\n${one}\n} or {\n${other}\n}`
      ),
    },
  );
}

function block(arch: ArchName): fc.Arbitrary<string> {
  const words = WORDS[arch];
  return fc.record({
    kernel: fc.constantFrom(...words.kernels),
    before: fc.constantFrom(...words.before),
    cpus: fc.constantFrom(1, 1, 2),
    guests: fc.array(guest(words.guest), { minLength: 1, maxLength: 2 }),
    user: lines(words.user, 2),
    host: lines(words.host, 1),
    preempt: fc.constantFrom("any", "none"),
    property: fc.constantFrom(...words.properties),
  }).map((drawn) =>
    [
      `arch ${arch}`,
      `kernel ${drawn.kernel}`,
      `host cpus=${drawn.cpus}`,
      drawn.before,
      "explore {",
      ...drawn.guests.map((body, v) => `vcpu ${v} {\n${body}\n}`),
      drawn.user.length > 0 ? `user 0 {\n${drawn.user.join("\n")}\n}` : "",
      drawn.host.length > 0 ? `host 0 {\n${drawn.host.join("\n")}\n}` : "",
      `preempt ${drawn.preempt}`,
      drawn.property,
      "bound states=2000",
      "}",
      "",
    ].join("\n")
  );
}

/** Searches the block of a text. */
function searched(text: string, reductions: Reductions) {
  const loaded = load({ name: "drawn.dregs", text });
  assert(loaded.ok, text);
  const [exploration] = explorations(loaded.file);
  const compiled = compile(exploration, { profile: undefined, limit: 1000 });
  assert(compiled.ok, text);
  const [instance] = compiled.instances;
  const bounds = { ...UNBOUNDED, states: instance.statesMax! };
  const found = search(instance.model, { reductions, bounds });
  return { exploration, instance, found };
}

/** The session in which a saved scenario has run, and how many of its expectations failed. */
function replayed(text: string): {
  readonly session: Session;
  readonly failed: number;
} {
  const loaded = load({ name: "found.dregs", text });
  assert(loaded.ok, text);
  const session = new Session({
    profile: undefined,
    trace: false,
    keepAll: false,
  });
  const { failures } = runBefore(session, loaded.file.lines, new Scope(), 1000);
  return { session, failed: failures.length };
}

/** True if userspace single-steps the vCPU. */
function isStepped(machine: Machine, vcpu: number): boolean {
  const debug = machine.kvmView(vcpu, "guest_debug");
  return debug.kind === "value" && (debug.value & 2n) !== 0n;
}

/** What all views show of the vCPUs and CPUs of a machine, and whether the vCPUs are loaded; a line each. */
function seenOf({ arch }: Session, machine: Machine): readonly string[] {
  const { sides } = observe(arch, machine);
  const ofVcpus = sides.flatMap(({ vcpu, rows, kvm }) => {
    const of = `vCPU ${vcpu}`;
    return [
      `${of} is ${machine.isLoaded(vcpu) ? "loaded" : "not loaded"}`,
      ...rows.flatMap(({ register, cells: { cpu: _, ...cells } }) =>
        Object.entries(cells).map(([view, value]) =>
          `${of}: ${view} ${register.name} ${viewText(value)}`
        )
      ),
      ...kvm.filter(({ name }) =>
        // A copy of the PC, which a search has at its program's first instruction from the start.
        name !== "singlestep_rip"
      ).map(({ name, value }) => `${of}: kvm ${name} ${viewText(value)}`),
    ];
  });
  const physical = arch.registers.all.filter((info) => info.physical);
  const ofCpus = Array.from(
    { length: machine.cpus },
    (_, cpu) =>
      physical.map(({ id, name }) =>
        `CPU ${cpu}: ${name} ${viewText(machine.view("cpu", cpu, id))}`
      ),
  );
  return [...ofVcpus, ...ofCpus.flat()];
}

/** The machine in which the search ended, with the positions in the programs that the replayed machine has. */
function endOf(session: Session, { end }: Found): Machine {
  const { machine, arch, kernelChoice, host } = session;
  const { vm, cpus, vcpus } = end!;
  const placed = vcpus.map((words, v) => {
    const own = machine.blocks().vcpus[v];
    const copy = words.slice();
    copy[VCPU_BASE.next] = own[VCPU_BASE.next];
    // A saved program ends where its schedule does, and has no instruction for the PC to point at.
    if (machine.pendingInsns(v).length === 0) {
      copy.set(own.subarray(VCPU_BASE.pc, VCPU_BASE.pc + 2), VCPU_BASE.pc);
    }
    return copy;
  });
  // The search has a bare machine beside each vCPU only where it asks for one.
  const { bare } = machine.blocks();
  const ofVcpus = placed.flatMap((block, v) => [block, bare![v]]);
  const words = [vm, ...cpus, ...ofVcpus].flatMap((block) => [...block]);
  const ended = createMachine(arch, kernelChoice, host);
  ended.restore({ ...machine.snapshot(), words: Int32Array.from(words) });
  return ended;
}

const FIRES = PROPERTY.missed | PROPERTY.stray;

for (const arch of ["x86", "arm64"] as const) {
  Deno.test(`${arch}: a saved schedule ends in the state in which the search did`, () => {
    let compared = 0;
    fc.assert(
      fc.property(
        block(arch),
        fc.constantFrom(ALL_REDUCTIONS, NO_REDUCTIONS),
        (text, reductions) => {
          const { exploration, instance, found } = searched(text, reductions);
          if (found.end === undefined) return;
          const scenario = scenarioText(exploration, instance, found);
          const { session, failed } = replayed(scenario);
          const fires = (found.broken!.properties & FIRES) !== 0;
          const { vcpu = 0 } = found.schedule.at(-1) ?? {};
          // While userspace steps on x86 it gets the #DB, and the saved scenario asks the guest.
          if (!fires || !isStepped(session.machine, vcpu)) {
            assertEquals(failed, 1, scenario);
          }
          // The guest takes an exception, or should, only after the step that breaks something.
          if (fires) return;
          compared++;
          assertEquals(
            seenOf(session, session.machine),
            seenOf(session, endOf(session, found)),
            scenario,
          );
        },
      ),
      { numRuns: 1000 },
    );
    assert(compared > 400, `${compared} schedules`);
  });
}
