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

/** What the next entry loads, as hex. */
function loaded(
  machine: Machine,
  arch: "arm64" | "x86",
  names: readonly string[],
): string[] {
  return names.map((name) => {
    const { id } = architecture(arch)!.registers.find(name)!;
    const seen = machine.view("hw", 0, id);
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
