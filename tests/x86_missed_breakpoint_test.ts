/**
 * The missed breakpoint of 2016, step by step, under the three kernels that differ in it. Rules x86:C/4 to
 * x86:C/6.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { hex, nop, plain, read, write, X86Machine } from "./x86_machine.ts";

const A0 = 0x40_1000n;
const A1 = 0x40_1001n;

/** A row of the table of x86:C/5. */
interface Row {
  readonly dr0: string;
  readonly vmcs0: string;
  readonly vmcs1: string;
  readonly sw0: string;
  readonly sw1: string;
}

function row(m: X86Machine): Row {
  return {
    dr0: m.view("cpu", "dr0"),
    vmcs0: m.kvm("vmcs_dr7", 0),
    vmcs1: m.kvm("vmcs_dr7", 1),
    sw0: m.kvm("switch_db_regs", 0),
    sw1: m.kvm("switch_db_regs", 1),
  };
}

/** Steps 0 to 7: both vCPUs have armed their breakpoint, v1 last. */
function armBoth(m: X86Machine): Row[] {
  const rows: Row[] = [];
  // 0: the first entry clears the reset's RELOAD, if the kernel has one.
  for (const v of [0, 1]) m.program(v, nop()).run(v);
  rows.push(row(m));
  // 1, 2: MOV DR0 exits, is executed again, and DR7 is written natively.
  m.program(0, write("dr0", A0), write("dr7", 0x602n));
  m.run(0, { steps: 2, stop: "guest" });
  rows.push(row(m));
  // 3: the timer.
  m.machine.interrupt(0);
  rows.push(row(m));
  // 4: re-entered: nothing is loaded, the breakpoint works by luck.
  m.program(0, nop(A0));
  m.run(0, { steps: 1, stop: "guest" });
  assertEquals(m.dbs(), ["0xffff0ff1"], "step 4 hits by luck");
  // 5
  m.machine.put(0);
  // 6
  m.program(1, write("dr0", A1), write("dr7", 0x602n));
  m.run(1, { steps: 2, stop: "guest" });
  rows.push(row(m));
  // 7
  m.machine.interrupt(1);
  rows.push(row(m));
  m.machine.put(1);
  return rows;
}

Deno.test("x86:C/5 linux-4.4: the table, to the miss and the healing", () => {
  const m = new X86Machine("linux-4.4", { vcpus: 2 });
  const rows = armBoth(m);
  const a0 = hex(A0);
  const a1 = hex(A1);
  const none = { vmcs1: "0x400", sw1: "0x0" };
  assertEquals(rows, [
    { dr0: "0x0", vmcs0: "0x400", sw0: "0x0", ...none },
    // The VMCS is as of the last exit: the guest's 0x602 is in the CPU.
    { dr0: a0, vmcs0: "0x400", sw0: "0x2", ...none },
    { dr0: a0, vmcs0: "0x602", sw0: "0x0", ...none },
    { dr0: a1, vmcs0: "0x602", vmcs1: "0x400", sw0: "0x0", sw1: "0x2" },
    { dr0: a1, vmcs0: "0x602", vmcs1: "0x602", sw0: "0x0", sw1: "0x0" },
  ]);
  // 8, 9: nothing is loaded, A0 is missed.
  m.program(0, nop(A0)).run(0, { steps: 1, stop: "guest" });
  assertEquals(m.dbs(), []);
  assertEquals(m.count("missed"), 1);
  assertEquals(m.view("cpu", "dr0"), a1);
  assertEquals(m.view("hw", "dr0"), a0);
  assertEquals(m.view("guest", "dr0"), a0);
  // 10: the other vCPU's address hits.
  m.program(0, nop(A1)).run(0, { steps: 1, stop: "guest" });
  assertEquals(m.count("stray"), 1);
  assertEquals(m.exceptions().map(({ rip }) => hex(rip)), [a1]);
  // 11: its handler's read of DR6 healed it.
  assertEquals(m.view("cpu", "dr0"), a0);
  m.program(0, nop(A0)).run(0, { steps: 1 });
  assertEquals(m.dbs(), ["0xffff0ff1"]);
});

for (const profile of ["reload-2016", "linux-4.9", "linux-6.1", "linux-7.2"]) {
  Deno.test(`x86:C/6 ${profile}: step 8 hits at A0 and only there`, () => {
    const m = new X86Machine(profile, { vcpus: 2 });
    armBoth(m);
    m.program(0, nop(A0), nop(A1)).run(0);
    assertEquals(m.exceptions().map(({ rip }) => hex(rip)), [hex(A0)]);
    assertEquals(m.count("missed") + m.count("stray"), 0);
  });
}

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`x86:C9 linux-4.4 ${vendor}: BP_ENABLED is lost by the sync, x86:C/6 linux-4.9 has it`, () => {
    const flags = ["linux-4.4", "linux-4.9"].map((profile) => {
      const m = new X86Machine(profile, { vendor });
      m.does(write("dr0", A0), write("dr7", 0x602n));
      return m.kvm("switch_db_regs");
    });
    assertEquals(flags, ["0x0", "0x1"]);
  });
}

Deno.test("x86:C/6 reload-2016: still misses where the host has a breakpoint, linux-4.9 does not", () => {
  const outcomes = ["reload-2016", "linux-4.9"].map((profile) => {
    const m = new X86Machine(profile);
    m.machine.hostDebug(0, {
      action: "watch",
      address: 0x7000n,
      sizeBytes: 8,
      on: "store",
    });
    m.program(0, write("dr0", A0), write("dr7", 0x602n));
    m.run(0, { steps: 2, stop: "exit" });
    m.machine.interrupt(0);
    m.program(0, nop(A0)).run(0);
    return [m.dbs().length, m.count("missed")];
  });
  assertEquals(outcomes, [[0, 1], [1, 0]]);
});

Deno.test("x86:C/5 heals itself: a read of DR6 loads the guest's own registers", () => {
  const m = new X86Machine("linux-4.4", { vcpus: 2 });
  armBoth(m);
  m.program(0, { ...read("dr6", "x"), at: 0x50_0000n }, nop(A0)).run(0);
  assertEquals(m.dbs(), ["0xffff0ff1"]);
});

Deno.test("x86:C/1 eight DR writes in a row: one exit when lazy, eight in 2008 and while userspace debugs", () => {
  const exits = (profile: string, control: number): number => {
    const m = new X86Machine(profile);
    if (control !== 0) m.debug(control);
    m.does(...Array.from({ length: 8 }, (_, i) => write(`dr${i & 3}`, 1n)));
    return m.machine.cost(0, "dr-exits");
  };
  assertEquals(exits("linux-4.4", 0), 1);
  assertEquals(exits("linux-6.1", 0), 1);
  assertEquals(exits("kiszka-2008", 0), 8);
  assertEquals(exits("linux-6.1", 0x1_0001), 8); // x86:D16
});

Deno.test("x86:C/8 cost: the workaround loads at each vcpu_load, and only it counts reloads", () => {
  const costs = ["linux-4.4", "reload-2016", "linux-4.9"].map((profile) => {
    const m = new X86Machine(profile);
    for (let i = 0; i < 5; i++) m.does(nop());
    return [m.machine.cost(0, "dr-loads"), m.machine.cost(0, "reloads")];
  });
  // The reset asks for one load: x86:C13.
  assertEquals(costs, [[1, 1], [5, 5], [1, 1]]);
});

Deno.test("x86:C13 after reset nothing is loaded since 5.15", () => {
  const m = new X86Machine("linux-6.1");
  m.does(nop(), plain("cpuid"));
  assertEquals(m.machine.cost(0, "dr-loads"), 0);
  assertEquals(m.machine.cost(0, "entries"), 2);
});
