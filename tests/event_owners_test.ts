/**
 * Every event names the vCPU and the physical CPU that it happened on, and the copy of the right one; and each change
 * of a place begins with the value that the one before left, and a load or a save has the value of where it is from.
 */
import { assert, assertEquals } from "@std/assert";
import type { Event, Place } from "../engine/events.ts";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";
import {
  DEBUG,
  memory,
  nop,
  plain,
  popf,
  read,
  type Step,
  write,
  X86Machine,
} from "./x86_machine.ts";

/** Neither is the first, so that an index that is left at 0 shows. */
const VCPU = 1;
const CPU = 2;

/** What names another vCPU, CPU or copy. */
function strangers(event: Event): string[] {
  const found: string[] = [];
  const check = (what: string, index: unknown, expected: number): void => {
    if (typeof index === "number" && index !== expected) {
      found.push(`${event.kind} ${event.rule}: ${what} ${index}`);
    }
  };
  const checkPlace = (place: Place): void => {
    const { space, index, name } = place;
    const expected = space === "vm"
      ? 0
      : space === "cpu" || space === "host"
      ? CPU
      : VCPU;
    check(`${space} ${name}`, index, expected);
  };
  if ("vcpu" in event) check("vCPU", event.vcpu, VCPU);
  if ("cpu" in event) check("CPU", event.cpu, CPU);
  if (event.kind === "set") {
    checkPlace(event.to);
    if (event.from) checkPlace(event.from);
  }
  if ("needed" in event) {
    for (const { place } of event.needed ?? []) checkPlace(place);
  }
  return found;
}

/** Of these only some changes are events: those of TF. */
const IN_PART = new Set(["RFLAGS", "pushed_RFLAGS"]);

/** Changes that do not begin with the value that the one before left, and loads and saves of another value than the source has. */
function jumps(events: readonly Event[]): string[] {
  const values = new Map<string, bigint>();
  const found = new Set<string>();
  for (const event of events) {
    if (event.kind !== "set") continue;
    const { space, index, name } = event.to;
    if (IN_PART.has(name)) continue;
    const place = `${space}@${index} ${name}`;
    const last = values.get(place);
    if (last !== undefined && last !== event.old) {
      found.add(`${place} ${event.rule} ${event.cause}`);
    }
    values.set(place, event.new);
    const { from, cause } = event;
    if (from === null || cause !== "load" && cause !== "save") continue;
    const source = values.get(`${from.space}@${from.index} ${from.name}`);
    if (source !== undefined && source !== event.new) {
      found.add(
        `${place} ${event.rule} ${cause} from ${from.space} ${from.name}`,
      );
    }
  }
  return [...found];
}

function eventsOf(machine: Machine): readonly Event[] {
  return [...machine.journal.chapters()].reverse().flatMap(({ events }) =>
    events
  );
}

/** Checks the events of a machine without those of its making, which are vCPU 0's too. @returns their kinds */
function checkAll(machine: Machine, making: readonly Event[]): Set<string> {
  const old = new Set(making);
  const events = eventsOf(machine).filter((event) => !old.has(event));
  assertEquals([...new Set(events.flatMap(strangers))], []);
  assertEquals(jumps(events), []);
  return new Set(events.map(({ kind }) => kind));
}

/** The variable that is watched. */
const V = 0x6000n;

const X86_PROGRAM: readonly Step[] = [
  write("dr0", V),
  write("dr1", 0x5000n),
  write("dr7", 0xd_0402n | 8n),
  memory("store", V),
  memory("load", V),
  nop(0x5000n),
  plain("int3"),
  plain("icebp"),
  plain("movss"),
  popf(true),
  nop(),
  plain("cpuid"),
  popf(false),
  { op: "pushf", name: "flags", lengthBytes: 1 },
  read("dr6", "dr6"),
  { op: "hypercall", lengthBytes: 3 },
  { op: "ud2", lengthBytes: 2 },
  { op: "sysret", level: 3, lengthBytes: 3 },
  { op: "stos", lo: Number(V), sizeBytes: 4, count: 3, lengthBytes: 2 },
  { op: "out", lo: 0x80, sizeBytes: 1, lengthBytes: 2 },
  memory("store", 0xfee0_0000n, 4, true),
  plain("taskswitch"),
  write("dr7", 0x2400n),
  read("dr0", "gd"),
];

for (const profile of ["kiszka-2008", "linux-4.4", "linux-7.2"]) {
  for (const vendor of ["vmx", "svm"]) {
    Deno.test(`owners of events of x86, ${profile} ${vendor}`, () => {
      const m = new X86Machine(profile, { vendor, vcpus: 2, cpus: 3 });
      const { machine } = m;
      machine.journal.keepAll = true;
      const making = eventsOf(machine);
      const runAll = () => {
        for (let runs = 0; runs < 9; runs++) m.run(VCPU, { cpu: CPU });
      };
      m.program(VCPU, ...X86_PROGRAM);
      runAll();
      m.debug(
        DEBUG.ENABLE | DEBUG.USE_HW_BP | DEBUG.SINGLESTEP,
        { dr0: 0x9000n, dr7: 0x402n },
        VCPU,
      );
      m.program(VCPU, ...X86_PROGRAM);
      runAll();
      m.debug(0, {}, VCPU);
      machine.hostDebug(CPU, {
        action: "watch",
        address: V,
        sizeBytes: 4,
        on: "store",
      });
      m.set("dr3", 0x1234n, VCPU);
      m.program(VCPU, ...X86_PROGRAM);
      runAll();
      machine.userInit(VCPU);
      const kinds = checkAll(machine, making);
      for (
        const kind of ["set", "hit", "raise", "exception", "exit", "load"]
      ) {
        assert(kinds.has(kind), `no ${kind}`);
      }
    });
  }
}

for (
  const profile of ["bennee-v2", "linux-4.15", "linux-5.10", "linux-6.18"]
) {
  for (const model of ["architecture", "cortex-a57"]) {
    Deno.test(`owners of events of arm64, ${profile} ${model}`, () => {
      const machine = createMachine(
        architecture("arm64")!,
        { profile, vendor: undefined, options: {} },
        { counts: { cpus: 3 }, model, unpredictable: undefined },
      );
      machine.growTo(2);
      machine.journal.keepAll = true;
      const making = eventsOf(machine);
      const set = (name: string, lo: number) =>
        machine.append(VCPU, { op: "write", register: registerId(name), lo });
      const program = () => {
        set("dbgwvr0", Number(V));
        set("dbgwcr0", 0x1 | 3 << 1 | 3 << 3 | 0xff << 5);
        set("dbgbvr0", 0x4009_0000);
        set("dbgbcr0", 0x1 | 3 << 1 | 0xf << 5);
        set("mdscr", 0xa000);
        machine.append(VCPU, {
          op: "write",
          register: registerId("pstate"),
          lo: 0,
          maskLo: 0x200,
          maskHi: 0,
        });
        for (const op of ["store", "load"] as const) {
          machine.append(VCPU, { op, lo: Number(V), sizeBytes: 8 });
        }
        machine.append(VCPU, { op: "exec" }, 0x4009_0000n);
        for (const op of ["brk", "svc", "hvc", "smc"] as const) {
          machine.append(VCPU, { op });
        }
        machine.append(VCPU, { op: "eret", level: 0 });
        machine.append(VCPU, {
          op: "read",
          register: registerId("dbgbvr0"),
          name: "value",
        });
        machine.append(VCPU, { op: "store", lo: 0, sizeBytes: 4, mmio: true });
        set("oslar", 1);
        set("dbgbvr1", 0x5000);
      };
      const runAll = () => {
        for (let runs = 0; runs < 9; runs++) machine.run(VCPU, { cpu: CPU });
      };
      program();
      runAll();
      machine.debugger(VCPU, { action: "break", address: 0x4009_0000n });
      machine.debugger(VCPU, { action: "step" });
      program();
      runAll();
      machine.debugger(VCPU, { action: "off" });
      machine.hostDebug(CPU, { action: "break", address: 0x4009_0000n });
      machine.userSet(VCPU, registerId("dbgbvr2"), 8n, "");
      program();
      runAll();
      const kinds = checkAll(machine, making);
      for (const kind of ["set", "hit", "raise", "exception", "exit", "trap"]) {
        assert(kinds.has(kind), `no ${kind}`);
      }
    });
  }
}
