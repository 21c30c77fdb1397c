/**
 * The host kernel's own breakpoints around a guest. Rules x86:E.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { hex, memory, nop, plain, write, X86Machine } from "./x86_machine.ts";

const HOST = 0x7000n;

function watch(m: X86Machine, address = HOST, cpu = 0): number {
  return m.machine.hostDebug(cpu, {
    action: "watch",
    address,
    sizeBytes: 8,
    on: "store",
  }).result;
}

Deno.test("x86:E1 installed in the first free slot, with Gn, GE and bit 10; the fifth is refused", () => {
  const m = new X86Machine("linux-6.1");
  assertEquals(
    [0n, 8n, 16n, 24n, 32n].map((offset) => watch(m, HOST + offset)),
    [0, 0, 0, 0, -16],
  );
  assertEquals(m.view("cpu", "dr3"), hex(HOST + 24n));
  assertEquals(m.view("cpu", "dr7"), "0x999906aa");
  assertEquals(watch(new X86Machine("linux-6.1"), HOST + 4n), -22);
});

Deno.test("x86:E2 removed: nothing is enabled", () => {
  const m = new X86Machine("linux-6.1");
  watch(m);
  m.machine.hostDebug(0, { action: "off" });
  assertEquals(m.view("cpu", "dr7"), "0x400");
});

Deno.test("x86:E6, x86:Q23 DR7 is off before an entry that loads nothing, since 5.15", () => {
  const offs = (profile: string): number => {
    const m = new X86Machine(profile);
    m.does(nop());
    watch(m);
    m.does(nop());
    return m.events().filter((event) =>
      event.kind === "set" && event.rule === "x86:E6"
    ).length;
  };
  assertEquals(
    ["kiszka-2008", "linux-4.4", "linux-4.9", "linux-6.1", "linux-7.2"].map(
      offs,
    ),
    [0, 0, 0, 1, 1],
  );
});

Deno.test("x86:E8 without breakpoints of the host's the guest's addresses stay in the CPU", () => {
  for (const profile of ["linux-4.4", "linux-6.1"]) {
    const m = new X86Machine(profile);
    m.does(write("dr0", 0x1234n), nop());
    assertEquals(m.view("cpu", "dr0"), "0x1234");
    assertEquals(m.view("cpu", "dr7"), "0x400");
  }
});

Deno.test("x86:E9 under linux-4.4 the host's address fires in the guest: an event", () => {
  const hits = (profile: string): [number, string[]] => {
    const m = new X86Machine(profile);
    watch(m);
    // Armed natively, then any exit: 4.4 loads nothing at the next entry.
    m.does(write("dr7", 0x000d_0402n), plain("cpuid"), memory("store", HOST));
    return [m.count("host-hit"), m.dbs()];
  };
  assertEquals(hits("linux-4.4"), [1, ["0xffff0ff1"]]);
  assertEquals(hits("linux-4.9"), [0, []]);
  assertEquals(hits("linux-6.1"), [0, []]);
});

Deno.test("x86:E1 a breakpoint set while a guest is in the CPU first brings it out", () => {
  const m = new X86Machine("linux-6.1");
  m.program(0, write("dr0", 0x1234n), write("dr7", 0x402n), nop());
  m.run(0, { steps: 2, stop: "guest" });
  watch(m);
  assertEquals(m.view("cpu", "dr0"), hex(HOST));
  assertEquals(m.view("user", "dr0"), "0x1234");
  m.run();
  assertEquals(m.view("cpu", "dr0"), hex(HOST));
  assertEquals(m.count("host-lost"), 0);
});
