/**
 * What a random program reads, and the exceptions that it takes, are the same when its vCPU is moved between
 * CPUs at every step.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ExceptionEvent, Machine } from "../engine/mod.ts";
import {
  append,
  CODE,
  type GuestInsn,
  guestPrograms,
  HOST,
  machineFor,
  newSeed,
  registerId,
  registersOf,
  type Setting,
  settingName,
  SETTINGS,
} from "./arm64_random_program.ts";

/** Programs over all kernels. */
const PROGRAMS = 10_000;

/** Longest program. */
const INSNS_MAX = 24;

/** ISV and EX of a step's syndrome: nothing was stepped since the return to the guest, which a move is. arm64:A/8. */
const STEP_ISS = 0x0100_0040n;

/** How the vCPUs are carried through their programs. */
type Schedule = (machine: Machine) => void;

/** All at once, one after the other, on one CPU. */
const AT_ONCE: Schedule = (machine) => {
  for (let v = 0; v < machine.vcpus; v++) {
    assertEquals(machine.run(v, { cpu: 0 }).exit, "idle");
  }
};

/**
 * In turn, an instruction at a time, until all are done.
 *
 * @param turn the vCPU's instruction number `i`; true if its program is done
 */
function inTurn(
  turn: (machine: Machine, v: number, i: number) => boolean,
): Schedule {
  return (machine) => {
    const done = new Set<number>();
    for (let i = 0; done.size < machine.vcpus; i++) {
      assert(i < 100 * INSNS_MAX, "the programs do not come to their end");
      for (let v = 0; v < machine.vcpus; v++) {
        if (!done.has(v) && turn(machine, v, i)) done.add(v);
      }
    }
  };
}

/** Each instruction on another CPU. */
const MOVED = inTurn((machine, v, i) =>
  machine.run(v, { cpu: (i + v) % HOST.cpus, steps: 1 }).exit === "idle"
);

/** Interrupted after each instruction, and moved after every other. */
const INTERRUPTED = inTurn((machine, v, i) => {
  const cpu = ((i >> 1) + v) % HOST.cpus;
  const { exit } = machine.run(v, { cpu, steps: 1, stop: "guest" });
  machine.interrupt(v);
  if (i % 2 === 0) machine.put(v);
  return exit === "idle";
});

/** Out of the guest after each instruction, and in again; now and then scheduled out. */
const REENTERED = inTurn((machine, v, i) =>
  machine.run(v, { cpu: v, steps: 1, stop: i % 3 === 0 ? "put" : "exit" })
    .exit === "idle"
);

/** What the guest can tell. */
interface Seen {
  readonly reads: Readonly<Record<string, bigint | undefined>>;
  /** Of each vCPU, in order. */
  readonly exceptions: readonly (readonly string[])[];
  readonly registers: Readonly<Record<string, bigint | undefined>>;
}

function told({ exception, values }: ExceptionEvent): string {
  const { ec, elr, far, spsr } = values;
  const esr = exception === "step" ? values.esr & ~STEP_ISS : values.esr;
  return [exception, ec, esr, elr, far, spsr].map((part) =>
    typeof part === "bigint" ? `0x${part.toString(16)}` : part
  ).join(" ");
}

/** A program for each of two vCPUs. */
type Programs = readonly [readonly GuestInsn[], readonly GuestInsn[]];

function seen(
  setting: Setting,
  programs: Programs,
  schedule: Schedule,
): Seen {
  const machine = machineFor(setting, programs.length);
  machine.journal.keepAll = true;
  const names = registersOf(setting);
  const registers: Record<string, bigint | undefined> = {};
  programs.forEach((insns, v) => {
    insns.forEach((insn, index) =>
      append(machine, insn, {
        v,
        at: CODE + BigInt(v << 16) + 4n * BigInt(index),
        name: `v${v}r${index}`,
      })
    );
  });
  schedule(machine);
  for (let v = 0; v < machine.vcpus; v++) {
    for (const name of names) {
      const view = machine.view("guest", v, registerId(name));
      registers[`${name} of vCPU ${v}`] = view.kind === "value"
        ? view.value
        : undefined;
    }
  }
  const events = [...machine.journal.chapters()].reverse().flatMap((chapter) =>
    chapter.events
  );
  const exceptions = programs.map((_, v) =>
    events.flatMap((event) =>
      event.kind === "exception" && event.vcpu === v ? [told(event)] : []
    )
  );
  return { reads: Object.fromEntries(machine.reads), exceptions, registers };
}

/**
 * Kernels under which an instruction that KVM emulates does not count as stepped: whether one does then depends on
 * whether it trapped, and so on when the vCPU was last put. arm64:F4.
 */
const STEPS_DIFFER = ["bennee-v2", "bennee-v3", "linux-4.4", "linux-4.15"];

/** The same instruction, without stepping. */
function withoutStep(insn: GuestInsn): GuestInsn {
  if (insn.kind !== "write" || insn.write.register !== "mdscr") return insn;
  return { ...insn, write: { ...insn.write, value: insn.write.value & ~1n } };
}

/** Programs of two vCPUs of a setting. */
function programs(setting: Setting): fc.Arbitrary<Programs> {
  const one = guestPrograms(setting, INSNS_MAX).map((insns) =>
    STEPS_DIFFER.includes(setting.profile) ? insns.map(withoutStep) : insns
  );
  return fc.tuple(one, one);
}

for (const setting of SETTINGS) {
  const name = settingName(setting);
  Deno.test(`arm64:B9 ${name}: a vCPU that is moved sees no difference`, async (t) => {
    const seed = newSeed();
    let exceptions = 0;
    await t.step(`seed ${seed}`, () => {
      fc.assert(
        fc.property(programs(setting), fc.boolean(), (all, reenters) => {
          const expected = seen(setting, all, AT_ONCE);
          exceptions += expected.exceptions.flat().length;
          assertEquals(seen(setting, all, MOVED), expected, "moved");
          const other = reenters ? REENTERED : INTERRUPTED;
          assertEquals(seen(setting, all, other), expected, "interrupted");
        }),
        { numRuns: Math.ceil(PROGRAMS / SETTINGS.length), seed },
      );
    });
    assert(exceptions > 1000, `only ${exceptions} exceptions were taken`);
  });
}
