import { assert, assertEquals } from "@std/assert";
import type { ArchName } from "./architecture.ts";
import { architecture, createMachine } from "./architectures.ts";
import type { Machine } from "./machine.ts";
import type { InsnParts } from "./program.ts";
import { join64 } from "./word64.ts";

function machineOf(arch: ArchName): Machine {
  const found = architecture(arch)!;
  const kernel = {
    profile: found.defaultProfile,
    vendor: undefined,
    options: {},
  };
  const host = { counts: {}, model: undefined, unpredictable: undefined };
  return createMachine(found, kernel, host);
}

/** An instruction that always raises an exception, and one that never does. */
const RAISING: Readonly<Record<ArchName, InsnParts>> = {
  arm64: { op: "brk", lengthBytes: 4 },
  x86: { op: "write", register: 0, level: 3, lengthBytes: 3 },
};
const PLAIN: InsnParts = { op: "exec", lengthBytes: 1 };

for (const arch of ["arm64", "x86"] as const) {
  Deno.test(`Machine.nextAddress() of ${arch}: where append() puts the next instruction`, () => {
    const machine = machineOf(arch);
    machine.growTo(2);
    const appended = (v: number, parts: InsnParts, address?: bigint) => {
      const next = machine.nextAddress(v);
      const { addressLo, addressHi } = machine.append(v, parts, address);
      const at = join64(addressLo, addressHi);
      assertEquals(at, address ?? next);
      return at;
    };
    for (const v of [0, 1]) {
      const first = appended(v, RAISING[arch]);
      const second = appended(v, PLAIN);
      assertEquals(second - first, BigInt(RAISING[arch].lengthBytes!));
      appended(v, PLAIN, 0x5000n);
      assertEquals(machine.nextAddress(v), 0x5001n);
    }
    // Where userspace sets the PC and the program has nothing.
    machine.userSetPc(0, 0x7000n);
    assertEquals(appended(0, PLAIN), 0x7000n);
    assertEquals(machine.nextAddress(0), 0x7001n);
    assertEquals(machine.nextAddress(1), 0x5001n);
  });

  Deno.test(`Machine.beginProgram() of ${arch}: what append() does to the vCPU, once`, () => {
    const ran = () => {
      const machine = machineOf(arch);
      machine.append(0, RAISING[arch]);
      // Not to idle, which is a beginning too.
      machine.run(0, { steps: 1 });
      return machine;
    };
    const [before, appended, begun] = [ran(), ran(), ran()];
    appended.append(0, PLAIN);
    begun.beginProgram(0);
    assertEquals(begun.words, appended.words);
    begun.beginProgram(0);
    assertEquals(begun.words, appended.words);
    // The handler has recorded one exception, which no longer counts.
    assert(before.words.some((word, at) => word !== begun.words[at]));
  });

  Deno.test(`Machine.beginProgram() of ${arch}: nothing while an instruction is pending`, () => {
    const machine = machineOf(arch);
    machine.append(0, RAISING[arch]);
    machine.append(0, PLAIN);
    machine.run(0, { steps: 1 });
    const before = machine.words.slice();
    machine.beginProgram(0);
    assertEquals(machine.words, before);
  });
}

Deno.test("Machine.blocks(): copies, which together are the words", () => {
  const machine = machineOf("arm64");
  machine.growTo(3);
  machine.append(1, PLAIN);
  machine.run(1);
  const { vm, cpus, vcpus, bare } = machine.blocks();
  const ofVcpus = vcpus.flatMap((block, v) => [block, bare![v]]);
  const joined = [vm, ...cpus, ...ofVcpus].flatMap((block) => [...block]);
  assertEquals(joined, [...machine.words]);
  vcpus[1].fill(7);
  assertEquals(joined, [...machine.words]);
});

Deno.test("Machine.snapshot(): what is appended or patched later is not in it, on either machine", () => {
  const machine = machineOf("x86");
  const ops = (of: Machine) => of.program(0).map(({ op }) => op);
  machine.append(0, PLAIN);
  const before = machine.snapshot();
  const { addressLo } = machine.append(0, { op: "hlt", lengthBytes: 1 });
  const after = machine.snapshot();

  const other = machineOf("x86");
  other.restore(before);
  other.append(0, { op: "int3", lengthBytes: 1 });
  assertEquals(ops(machine), ["exec", "hlt"]);
  assertEquals(ops(other), ["exec", "int3"]);

  assert(machine.patch(0, BigInt(addressLo), { op: "cpuid", lengthBytes: 1 }));
  assertEquals(ops(machine), ["exec", "cpuid"]);
  other.restore(after);
  assertEquals(ops(other), ["exec", "hlt"]);
  machine.restore(before);
  assertEquals(ops(machine), ["exec"]);
  assertEquals(machine.pendingInsns(0).length, 1);
});

Deno.test("Machine.snapshot(): a program is not copied", () => {
  const machine = machineOf("x86");
  machine.append(0, PLAIN);
  const [first] = machine.snapshot().programs;
  machine.append(0, PLAIN);
  const [second] = machine.snapshot().programs;
  assert(first.insns === second.insns);
  assertEquals([first.length, second.length], [1, 2]);
});
