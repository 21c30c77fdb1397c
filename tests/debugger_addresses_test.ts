/** Breakpoints and watchpoints of userspace at addresses of a kernel, of which both words count. */
import { assertEquals } from "@std/assert";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";

function machineOf(arch: "arm64" | "x86"): Machine {
  const vendor = arch === "x86" ? "vmx" : undefined;
  const machine = createMachine(
    architecture(arch)!,
    { profile: "linux-6.1", vendor, options: {} },
    { counts: {}, model: "architecture", unpredictable: undefined },
  );
  machine.append(0, { op: "exec" });
  machine.run(0);
  return machine;
}

/** What the next entry loads, or what the CPU has, as hex. */
function loaded(
  machine: Machine,
  arch: "arm64" | "x86",
  names: readonly string[],
  view: "hw" | "cpu" = "hw",
): string[] {
  return names.map((name) => {
    const { id } = architecture(arch)!.registers.find(name)!;
    const seen = machine.view(view, 0, id);
    return seen.kind === "value" ? `0x${seen.value.toString(16)}` : seen.kind;
  });
}

Deno.test("debugger's addresses of arm64: value registers of two watchpoints and two breakpoints", () => {
  const machine = machineOf("arm64");
  for (const address of [0xffff_8000_1234_5678n, 0x1_0000_0010n]) {
    machine.debugger(0, {
      action: "watch",
      address,
      sizeBytes: 4,
      on: "store",
    });
  }
  for (const address of [0xffff_8000_0000_1004n, 0x2_0000_0000n]) {
    machine.debugger(0, { action: "break", address });
  }
  const names = ["dbgwvr0", "dbgwvr1", "dbgbvr0", "dbgbvr1"];
  assertEquals(loaded(machine, "arm64", names), [
    "0xffff800012345678",
    "0x100000010",
    "0xffff800000001004",
    "0x200000000",
  ]);
});

/**
 * A watchpoint of a debugger on arm64, as gdb's stubs make it: PAC is EL1 and EL0, LSC is the access, and BAS names
 * bytes of a double word, or MASK a larger block. Undefined if no single watchpoint covers the bytes.
 */
const WATCHED: readonly [
  address: bigint,
  sizeBytes: number,
  on: "load" | "store" | "access",
  registers: readonly [value: string, control: string] | undefined,
][] = [
  [0x1000n, 1, "load", ["0x1000", "0x2f"]],
  [0x1000n, 1, "store", ["0x1000", "0x37"]],
  [0x1000n, 1, "access", ["0x1000", "0x3f"]],
  [0x1003n, 1, "store", ["0x1000", "0x117"]],
  [0x1007n, 1, "store", ["0x1000", "0x1017"]],
  [0x1000n, 2, "store", ["0x1000", "0x77"]],
  [0x1002n, 3, "store", ["0x1000", "0x397"]],
  [0x1004n, 4, "store", ["0x1000", "0x1e17"]],
  [0x1000n, 8, "store", ["0x1000", "0x1ff7"]],
  [0x1010n, 16, "store", ["0x1010", "0x4001ff7"]],
  [0x8000_0000n, 2 ** 31, "store", ["0x80000000", "0x1f001ff7"]],
  [0x1007n, 2, "store", undefined],
  [0x1004n, 8, "store", undefined],
  [0x1008n, 16, "store", undefined],
  [0x1000n, 24, "store", undefined],
  [0x1_0000_0000n, 2 ** 32, "store", undefined],
];
for (const [address, sizeBytes, on, registers] of WATCHED) {
  const what = `${sizeBytes} at 0x${address.toString(16)}, ${on}`;
  Deno.test(`debugger's addresses of arm64: a watchpoint of ${what}`, () => {
    const machine = machineOf("arm64");
    const { result } = machine.debugger(0, {
      action: "watch",
      address,
      sizeBytes,
      on,
    });
    assertEquals(result === 0, registers !== undefined);
    const found = loaded(machine, "arm64", ["dbgwvr0", "dbgwcr0"]);
    assertEquals(found, registers ?? ["0x0", "0x0"]);
  });
}

Deno.test("the host's own breakpoints of arm64: each has the next number, as arch/arm64/kernel/hw_breakpoint.c has it", () => {
  const machine = machineOf("arm64");
  for (const address of [0xffff_8000_0000_1004n, 0x2_0000_0000n]) {
    machine.hostDebug(0, { action: "break", address });
  }
  for (const on of ["store", "access"] as const) {
    const address = on === "store" ? 0xffff_8000_1234_5678n : 0x1004n;
    machine.hostDebug(0, { action: "watch", address, sizeBytes: 4, on });
  }
  // HMC with PMC or PAC of EL1: the host runs at EL2. BAS is that of 4 bytes.
  const registers = {
    dbgbvr0: "0xffff800000001004",
    dbgbcr0: "0x21e3",
    dbgbvr1: "0x200000000",
    dbgbcr1: "0x21e3",
    dbgbvr2: "0x0",
    dbgbcr2: "0x0",
    dbgwvr0: "0xffff800012345678",
    dbgwcr0: "0x21f3",
    dbgwvr1: "0x1000",
    dbgwcr1: "0x3e1b",
    dbgwvr2: "0x0",
    dbgwcr2: "0x0",
  };
  const found = () => loaded(machine, "arm64", Object.keys(registers), "cpu");
  assertEquals(found(), Object.values(registers));
  machine.hostDebug(0, { action: "off" });
  // HW_BREAKPOINT_UNINSTALL writes the control register alone.
  const left = Object.entries(registers).map(([name, value]) =>
    name.endsWith("cr0") || name.endsWith("cr1") ? "0x0" : value
  );
  assertEquals(found(), left);
});

Deno.test("debugger's addresses of x86: DR0 to DR2, and DR7 with a slot each", () => {
  const machine = machineOf("x86");
  machine.debugger(0, {
    action: "watch",
    address: 0xffff_8880_0000_1000n,
    sizeBytes: 4,
    on: "store",
  });
  machine.debugger(0, { action: "break", address: 0xffff_ffff_8100_0000n });
  machine.debugger(0, {
    action: "watch",
    address: 0x7fff_0000_2000n,
    sizeBytes: 8,
    on: "access",
  });
  // G0 to G2; LEN0 4 bytes, RW0 write; LEN2 8 bytes (10b), RW2 access; bit 10 is always set.
  assertEquals(loaded(machine, "x86", ["dr0", "dr1", "dr2", "dr7"]), [
    "0xffff888000001000",
    "0xffffffff81000000",
    "0x7fff00002000",
    "0xb0d042a",
  ]);
});
