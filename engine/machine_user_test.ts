/** What userspace does between two KVM_RUNs: to the vCPU, and to the bare machine beside it. */
import { architecture, createMachine } from "./architectures.ts";
import type { Machine } from "./machine.ts";
import type { InsnParts } from "./program.ts";
import { assert, assertEquals } from "@std/assert";

const X86 = architecture("x86")!;

const [DR0, DR1, DR7] = ["dr0", "dr1", "dr7"].map((name) =>
  X86.registers.find(name)!.id
);

function machine(): Machine {
  const made = createMachine(X86, {
    profile: "linux-6.1",
    vendor: undefined,
    options: {},
  }, { counts: { cpus: 2 }, model: undefined, unpredictable: undefined });
  made.growTo(2);
  return made;
}

const EXEC: InsnParts = { op: "exec", lengthBytes: 1 };

/** Ioctls of vCPU 1, by name. */
const IOCTLS: Readonly<Record<string, (machine: Machine) => unknown>> = {
  get: (one) => one.userGet(1, DR0, "dr0"),
  set: (one) => one.userSet(1, DR0, 0x1000n, "dr0"),
  "set of several": (one) =>
    one.userSetAll(1, [{ register: DR0, value: 0x1000n }], "set debugregs"),
  "set pc": (one) => one.userSetPc(1, 0x5000n),
  event: (one) => one.userEvent(1, 2, "nmi"),
  init: (one) => one.userInit(1),
  "guest debug": (one) =>
    one.setGuestDebug(1, {
      control: 0,
      inject: undefined,
      blockirq: false,
      registers: [],
    }),
  debugger: (one) => one.debugger(1, { action: "off" }),
};

for (const [name, ioctl] of Object.entries(IOCTLS)) {
  Deno.test(`machine: KVM_RUN has returned before an ioctl: ${name}`, () => {
    const one = machine();
    for (const v of [0, 1]) {
      one.append(v, EXEC);
      one.append(v, EXEC);
      one.run(v, { stop: "guest", cpu: v });
    }
    assertEquals([one.isLoaded(0), one.isLoaded(1)], [true, true]);
    ioctl(one);
    assertEquals([one.isLoaded(0), one.isLoaded(1)], [true, false]);
  });
}

/** Values of DR0, DR1 and DR7 that userspace sets, and whether it may. */
const SETS = [
  [[[DR0, 0x1000n], [DR1, 0x2000n]], true],
  [[[DR0, 0x1000n], [DR7, 1n << 32n]], false],
] as const;

Deno.test("machine: what userspace writes the bare machine has too, and nothing that is refused", () => {
  const registers = [DR0, DR1, DR7];
  for (const [values, isAllowed] of SETS) {
    const all = values.map(([register, value]) => ({ register, value }));
    const [single, together] = [machine(), machine()];
    for (const { register, value } of all) {
      single.userSet(1, register, value, "");
    }
    const { result } = together.userSetAll(1, all, "");
    assertEquals(result >= 0, isAllowed);
    for (const one of [single, together]) {
      assert(!one.differsFromBare(0, registers));
      assert(!one.differsFromBare(1, registers));
    }
    const value = (one: Machine, v: number, register: number) => {
      const seen = one.view("guest", v, register);
      return seen.kind === "value" ? seen.value : seen.kind;
    };
    assertEquals(value(single, 1, DR0), 0x1000n);
    assertEquals(value(single, 0, DR0), 0n);
    // What one ioctl has set before it was refused is taken back.
    assertEquals(value(together, 1, DR0), isAllowed ? 0x1000n : 0n);
  }
});
