/**
 * What holds for every step of the x86 rules, whatever it does: it is the same whether somebody reads its
 * events or not, and it touches only the blocks of its footprint.
 *
 * @module
 */
import { X86_LOCKSTEP } from "../engine/x86/bare/lockstep.ts";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  architecture,
  type Frame,
  type InsnParts,
  Machine,
  type Rules,
} from "../engine/mod.ts";
import { reg } from "./x86_machine.ts";

const X86 = architecture("x86")!;

const ADDRESS = 0x40_1000;

/** Instructions of every kind. */
const INSNS: readonly InsnParts[] = [
  { op: "write", register: reg("dr0"), lo: ADDRESS, lengthBytes: 3 },
  { op: "write", register: reg("dr7"), lo: 0x000d_0402, lengthBytes: 3 },
  { op: "write", register: reg("dr7"), lo: 0x2402, lengthBytes: 3 },
  { op: "write", register: reg("dr7"), hi: 1, lengthBytes: 3 },
  { op: "write", register: reg("cr4"), lo: 8, maskLo: 8, lengthBytes: 3 },
  { op: "read", register: reg("dr0"), lengthBytes: 3 },
  { op: "read", register: reg("dr4"), lengthBytes: 3 },
  { op: "read", register: reg("dr6"), lengthBytes: 3, level: 3 },
  { op: "store", lo: ADDRESS, sizeBytes: 4, lengthBytes: 7 },
  { op: "load", lo: 0xc0_0000, sizeBytes: 4, lengthBytes: 7, mmio: true },
  { op: "movss", lo: ADDRESS, sizeBytes: 2, lengthBytes: 2 },
  { op: "popf", lo: 1, lengthBytes: 1 },
  { op: "popf", lengthBytes: 1 },
  { op: "out", lo: 0x77, sizeBytes: 1, lengthBytes: 2 },
  { op: "exec", lengthBytes: 1 },
  { op: "cpuid", lengthBytes: 2 },
  { op: "wrmsr", lengthBytes: 2 },
  { op: "int3", lengthBytes: 1 },
  { op: "icebp", lengthBytes: 1 },
  { op: "int1", lengthBytes: 2 },
  { op: "hlt", lengthBytes: 1 },
  { op: "taskswitch", lengthBytes: 7 },
  { op: "ud2", lengthBytes: 2 },
  { op: "sti", lengthBytes: 1 },
  { op: "cli", lengthBytes: 1, level: 3 },
  { op: "pushf", register: reg("rflags"), lengthBytes: 1 },
  { op: "iret", lo: 0x1_0100, maskLo: 0x1_0100, maskHi: 0, lengthBytes: 2 },
  { op: "int", lo: 0x80, lengthBytes: 2 },
  { op: "int", lo: 0x80, lengthBytes: 2, level: 3 },
  { op: "hypercall", lengthBytes: 3 },
];

/** What userspace does between runs. */
const CONTROLS = [0, 0x2_0001, 0x1_0001, 0x3, 0x4_0001, 0x8_0001] as const;

const plan = fc.record({
  profile: fc.constantFrom(...X86.profiles.map(({ name }) => name)),
  vendor: fc.constantFrom("vmx", "svm"),
  host: fc.boolean(),
  acts: fc.array(
    fc.record({
      v: fc.nat(1),
      cpu: fc.nat(1),
      insn: fc.nat(INSNS.length - 1),
      steps: fc.nat(3),
      stop: fc.constantFrom("put" as const, "exit" as const, "guest" as const),
      control: fc.option(fc.constantFrom(...CONTROLS)),
      event: fc.option(fc.constantFrom(2, 0x40)),
    }),
    { maxLength: 14 },
  ),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function rulesOf({ profile, vendor }: Plan): Rules {
  return X86.createRules(
    { profile, vendor, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
}

/** Plays a plan. @returns all state words */
function play(plan: Plan, rules: Rules): Int32Array {
  const machine = new Machine(rules, X86_LOCKSTEP, 2);
  machine.growTo(2);
  if (plan.host) {
    machine.hostDebug(0, {
      action: "watch",
      address: BigInt(ADDRESS),
      sizeBytes: 4,
      on: "store",
    });
  }
  for (const { v, cpu, insn, steps, stop, control, event } of plan.acts) {
    if (event !== null) machine.userEvent(v, event, "event");
    if (control !== null) {
      machine.setGuestDebug(v, {
        control,
        inject: undefined,
        blockirq: false,
        registers: [
          { register: reg("dr1"), value: BigInt(ADDRESS) },
          { register: reg("dr7"), value: 0x00d0_0408n },
        ],
      });
    }
    machine.append(v, INSNS[insn]);
    machine.run(v, { cpu, steps, stop });
  }
  return machine.words.slice();
}

Deno.test("x86 rules: a step is the same without a sink", () => {
  fc.assert(
    fc.property(plan, (plan) => {
      const rules = rulesOf(plan);
      const silent: Rules = {
        ...rules,
        frame(w) {
          const f = rules.frame(w);
          Object.defineProperty(f, "sink", { get: () => null, set() {} });
          return f;
        },
      };
      assertEquals(play(plan, silent), play(plan, rules));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("x86 rules: a step touches its own VM, vCPU, user and CPU blocks and no other", () => {
  fc.assert(
    fc.property(plan, (plan) => {
      const rules = rulesOf(plan);
      /** Runs one step between two looks at all words. */
      const watch = <R>(f: Frame, step: () => R): R => {
        const before = f.w.slice();
        const result = step();
        const { sizes } = rules;
        const own = [
          [f.vm, sizes.vm],
          [f.vcpu, sizes.vcpu],
          [f.user, sizes.user],
          [f.cpu, sizes.cpu],
        ];
        for (let i = 0; i < before.length; i++) {
          const inside = own.some(([at, size]) => i >= at && i < at + size);
          assert(inside || before[i] === f.w[i], `word ${i} changed`);
        }
        return result;
      };
      play(plan, {
        ...rules,
        load: (f) => watch(f, () => rules.load(f)),
        enter: (f) => watch(f, () => rules.enter(f)),
        instruction: (f, insn) => watch(f, () => rules.instruction(f, insn)),
        exit: (f, insn) => watch(f, () => rules.exit(f, insn)),
        put: (f) => watch(f, () => rules.put(f)),
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("x86 rules: views change nothing", () => {
  fc.assert(
    fc.property(plan, (plan) => {
      const rules = rulesOf(plan);
      const machine = new Machine(rules, X86_LOCKSTEP, 1);
      for (const { insn, steps, stop } of plan.acts) {
        machine.append(0, INSNS[insn]);
        machine.run(0, { steps, stop });
        const before = machine.words.slice();
        for (const { id } of X86.registers.all) {
          for (const view of ["guest", "user", "hw", "cpu"] as const) {
            machine.view(view, 0, id);
          }
        }
        for (const name of X86.kvmNames) machine.kvmView(0, name);
        assertEquals(machine.words, before);
      }
    }),
    { numRuns: 200 },
  );
});
