/**
 * Which rule an event cites under kernels between those that are listed.
 */
import { assertEquals } from "@std/assert";
import type { Event, RuleId } from "../engine/events.ts";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";

/** Where a trapped write of DBGBVR3_EL1 is stored. */
const WRITES: readonly (readonly [
  kernel: string,
  to: string,
  rule: RuleId,
])[] = [
  ["linux-5.2", "DBGBVR3_EL1", "arm64:E/1.10"],
  ["linux-5.4", "DBGBVR0_EL1", "arm64:F1"],
  ["linux-5.13", "DBGBVR3_EL1", "arm64:E/1.10"],
];

/** Where KVM_SET_ONE_REG of DBGBVR3_EL1 is stored, and whether that is the bug. */
const USER_WRITES: readonly (readonly [
  kernel: string,
  to: string,
  isLost: boolean,
])[] = [
  ["linux-5.2", "DBGBVR3_EL1", false],
  ["linux-5.4", "DBGBVR0_EL1", true],
  ["linux-5.13", "DBGBVR3_EL1", false],
];

/** Of a number that ONE_REG loses. */
const LOST_FOR_USER: RuleId = "arm64:F25";

/** Loads of another MDCR_EL2 into the CPU in the first two runs of a vCPU with VHE, and how many of them come late. */
const LOADS: readonly (readonly [
  kernel: string,
  loads: number,
  late: number,
])[] = [
  ["linux-4.15", 2, 0],
  // The second run's, with the value of the first run's setup.
  ["linux-4.20", 1, 1],
  ["linux-5.6", 2, 0],
  ["linux-5.13", 2, 0],
];

/** Of a load that comes late. */
const LATE_LOAD: RuleId = "arm64:F24";

/** Of the step exit that 4.16 makes up. */
const FAKED_STEP: RuleId = "arm64:F23";

function machineOf(profile: string, model = "architecture"): Machine {
  const machine = createMachine(
    architecture("arm64")!,
    { profile, vendor: undefined, options: {} },
    { counts: {}, model, unpredictable: undefined },
  );
  machine.journal.keepAll = true;
  return machine;
}

/** Rules of the events that a test accepts. */
function rulesOf(
  machine: Machine,
  accepts: (event: Event) => boolean,
): RuleId[] {
  return [...machine.journal.chapters()].reverse().flatMap(({ events }) =>
    events.filter(accepts).map(({ rule }) => rule)
  );
}

/** A store to `to`, of a guest register. */
function isStoreTo(to: string, cause: string): (event: Event) => boolean {
  return (event) =>
    event.kind === "set" && event.cause === cause && event.to.name === to;
}

for (const [kernel, to, rule] of WRITES) {
  Deno.test(`${rule} ${kernel}: a trapped write of DBGBVR3_EL1 is stored in ${to}`, () => {
    // Without VHE the first access traps under every kernel.
    const machine = machineOf(kernel, "cortex-a57");
    machine.append(0, {
      op: "write",
      register: registerId("dbgbvr3"),
      lo: 0x1000,
    });
    machine.run(0);
    const stores = rulesOf(
      machine,
      (event) =>
        isStoreTo(to, "write")(event) && event.kind === "set" &&
        event.from?.name === "DBGBVR3_EL1",
    );
    assertEquals(stores, [rule]);
  });
}

for (const [kernel, to, isLost] of USER_WRITES) {
  Deno.test(`${LOST_FOR_USER} ${kernel}: KVM_SET_ONE_REG of DBGBVR3_EL1 is stored in ${to}`, () => {
    const machine = machineOf(kernel);
    machine.userSet(0, registerId("dbgbvr3"), 1n, "dbgbvr3");
    const rules = rulesOf(machine, isStoreTo(to, "write"));
    assertEquals(rules.map((rule) => rule === LOST_FOR_USER), [isLost]);
  });
}

for (const [kernel, loads, late] of LOADS) {
  Deno.test(`${LATE_LOAD} ${kernel}: ${late} of ${loads} loads of MDCR_EL2 come late`, () => {
    const machine = machineOf(kernel);
    for (let runs = 0; runs < 2; runs++) {
      machine.append(0, { op: "exec" });
      machine.run(0);
    }
    const rules = rulesOf(machine, isStoreTo("MDCR_EL2", "load"));
    assertEquals(rules.length, loads);
    assertEquals(rules.filter((rule) => rule === LATE_LOAD).length, late);
  });
}

Deno.test(`${FAKED_STEP} linux-4.16: a faked step exit`, () => {
  const machine = machineOf("linux-4.16", "cortex-a57");
  machine.append(0, { op: "write", register: registerId("dbgbvr1"), lo: 1 });
  machine.append(0, { op: "exec" });
  machine.debugger(0, { action: "step" });
  machine.run(0);
  assertEquals(
    rulesOf(machine, ({ kind }) => kind === "user-exit"),
    [FAKED_STEP],
  );
});
