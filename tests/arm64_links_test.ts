import { assertEquals } from "@std/assert";
import { CODE, type CpuOptions, MDE_KDE, TestCpu } from "./arm64_cpu.ts";

const DATA = 0x4004_0000n;

/** A linking breakpoint and a linking watchpoint, each at EL1. */
const LINKING: readonly [
  name: string,
  registers: (lbn: bigint) => Record<string, bigint>,
][] = [
  ["breakpoint", (lbn) => ({ dbgbvr0: CODE, dbgbcr0: 0x1001e3n | lbn << 16n })],
  ["watchpoint", (lbn) => ({ dbgwvr0: DATA, dbgwcr0: 0x101ffbn | lbn << 16n })],
];

/** What the target holds, and whether the link matches in the context 0x1234. */
const TARGETS: readonly [
  name: string,
  registers: Record<string, bigint>,
  lbn: bigint,
  fires: boolean,
][] = [
  ["same context", { dbgbvr5: 0x1234n, dbgbcr5: 0x3001e7n }, 5n, true],
  [
    "another context-aware one",
    { dbgbvr4: 0x1234n, dbgbcr4: 0x3001e7n },
    4n,
    true,
  ],
  ["other context", { dbgbvr5: 0x1235n, dbgbcr5: 0x3001e7n }, 5n, false],
  ["target disabled", { dbgbvr5: 0x1234n, dbgbcr5: 0x3001e6n }, 5n, false],
  ["target not linked", { dbgbvr5: 0x1234n, dbgbcr5: 0x2001e5n }, 5n, false],
  ["target an address", { dbgbvr5: 0x1234n, dbgbcr5: 0x1e7n }, 5n, false],
  [
    "target a linked address",
    { dbgbvr5: 0x1234n, dbgbcr5: 0x1001e7n },
    5n,
    false,
  ],
  ["target without PMC", { dbgbvr5: 0x1234n, dbgbcr5: 0x3001e1n }, 5n, true],
  ["target for EL0", { dbgbvr5: 0x1234n, dbgbcr5: 0x3001e5n }, 5n, true],
  ["target without BAS", { dbgbvr5: 0x1234n, dbgbcr5: 0x300007n }, 5n, true],
  [
    "upper half of the value set",
    { dbgbvr5: 0xffff_ffff_0000_1234n, dbgbcr5: 0x3001e7n },
    5n,
    true,
  ],
  ["linked CONTEXTIDR_EL1", { dbgbvr5: 0x1234n, dbgbcr5: 0x7001e7n }, 5n, true],
];

function run(options: CpuOptions, registers: Record<string, bigint>): TestCpu {
  const cpu = new TestCpu(options).write({
    mdscr: MDE_KDE,
    contextidr: 0x1234n,
    ...registers,
  });
  cpu.data("store", DATA, 8);
  return cpu;
}

for (const [kind, linking] of LINKING) {
  for (const [name, registers, lbn, fires] of TARGETS) {
    for (const model of ["architecture", "max"]) {
      Deno.test(`arm64:A/12 linkMatches(): ${kind}, ${name} (${model})`, () => {
        const cpu = run({ model }, { ...registers, ...linking(lbn) });
        assertEquals(cpu.exceptions.length, fires ? 1 : 0);
        assertEquals(cpu.unpredictable, []);
      });
    }
  }

  /** A plain number, itself, and numbers that the machine lacks. */
  for (const lbn of [0n, 1n, 3n, 6n, 15n]) {
    const bad = { dbgbvr1: 0x1234n, dbgbcr1: 0x3001e7n, ...linking(lbn) };
    const links = `${
      kind === "breakpoint" ? "DBGBCR0_EL1" : "DBGWCR0_EL1"
    } links to breakpoint ${lbn}, ${
      lbn < 6n ? "which is not context-aware" : "which is not there"
    }`;
    Deno.test(`arm64:A/12 linkMatches(): ${kind} to ${lbn}, never by default`, () => {
      const cpu = run({}, bad);
      assertEquals(cpu.exceptions, []);
      assertEquals(cpu.unpredictable, [`${links}: it never matches`]);
    });
    Deno.test(`arm64:A/12 linkMatches(): ${kind} to ${lbn}, ignore-link`, () => {
      const cpu = run({ unpredictable: "ignore-link" }, bad);
      assertEquals(cpu.exceptions.length, 1);
      assertEquals(cpu.unpredictable, [
        `${links}: it matches as if not linked`,
      ]);
    });
    Deno.test(`arm64:A/12 settleLink(): ${kind} to ${lbn}, other reads back as 4`, () => {
      const cpu = run({ unpredictable: "other" }, {
        ...bad,
        dbgbvr4: 0x1234n,
        dbgbcr4: 0x3001e7n,
      });
      assertEquals(cpu.exceptions.length, 1);
      const control = cpu.read(kind === "breakpoint" ? "dbgbcr0" : "dbgwcr0");
      assertEquals(control >> 16n & 15n, 4n);
    });
  }
}

Deno.test("arm64:A/12 linkMatches(): filters are the linking breakpoint's own", () => {
  const cpu = run({}, {
    dbgbvr5: 0x1234n,
    dbgbcr5: 0x3001e7n,
    dbgbvr0: CODE,
    dbgbcr0: 0x1501e5n, // EL0 only.
  });
  assertEquals(cpu.exceptions, []);
});

Deno.test("arm64:A/12 linkMatches(): many link to one", () => {
  const cpu = run({}, {
    dbgbvr5: 0x1234n,
    dbgbcr5: 0x3001e7n,
    dbgbvr0: CODE + 4n,
    dbgbcr0: 0x1501e3n,
    dbgbvr1: CODE + 8n,
    dbgbcr1: 0x1501e3n,
  });
  cpu.step({ op: "exec" });
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions.length, 2);
});

Deno.test("arm64:A/12 linkMatches(): a context-aware breakpoint may hold a linked address", () => {
  const cpu = run({}, {
    dbgbvr5: 0x1234n,
    dbgbcr5: 0x3001e7n,
    dbgbvr4: CODE,
    dbgbcr4: 0x1501e3n,
  });
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("arm64:A/11 contextMatches(): a linked CONTEXTIDR_EL2, by the half that each CPU compares", () => {
  const rows = [
    ["architecture", 0x77_0000_0000n, 1],
    ["architecture", 0x77n, 0],
    ["max", 0x77_0000_0000n, 0],
    ["max", 0x77n, 1],
  ] as const;
  for (const [model, value, count] of rows) {
    const cpu = run({ model }, {
      contextidr_el2: 0x77n,
      dbgbvr5: value,
      dbgbcr5: 0xd001e7n,
      dbgbvr0: CODE,
      dbgbcr0: 0x1501e3n,
    });
    assertEquals(cpu.exceptions.length, count, `${model} ${value}`);
  }
});

Deno.test("arm64:A/11 contextMatches(): a VMID is BVR[47:32], on the CPUs that compare it", () => {
  // The modelled VM's is 1. The stand-ins have no such type.
  const rows = [
    ["architecture", 0x0001_0000_0000n, 1],
    ["architecture", 0x0101_0000_0000n, 0],
    ["architecture", 0x0002_0000_0000n, 0],
    ["neoverse-n1", 0x0001_0000_0000n, 1],
    ["neoverse-n1", 0x8001_0000_0000n, 0],
    ["neoverse-n1", 0x0000_0000_0000n, 0],
    // Above the field.
    ["neoverse-n1", 0x7fff_0001_0000_0000n, 1],
    ["max", 0x0001_0000_0000n, 0],
    ["cortex-a57", 0x0001_0000_0000n, 0],
  ] as const;
  for (const [model, value, count] of rows) {
    const linked = run({ model }, {
      dbgbvr5: value,
      dbgbcr5: 0x9001e7n,
      dbgbvr0: CODE,
      dbgbcr0: 0x1501e3n,
    });
    linked.step({ op: "exec" });
    assertEquals(linked.exceptions.length, count, `${model} ${value}`);
    // With CONTEXTIDR_EL1, which is 0x1234, in BVR[31:0].
    for (const context of [0x1234n, 0x1235n]) {
      const both = run({ model }, {
        dbgbvr5: value | context,
        dbgbcr5: 0xb001e7n,
        dbgbvr0: CODE,
        dbgbcr0: 0x1501e3n,
      });
      both.step({ op: "exec" });
      assertEquals(
        both.exceptions.length,
        context === 0x1234n ? count : 0,
        `${model} ${value | context}`,
      );
    }
  }
});

Deno.test("arm64:A/12.2 a read of LBN shows where the hardware links to, of what links alone", () => {
  const kept = (register: string, value: bigint) =>
    new TestCpu({ unpredictable: "other" }).write({ [register]: value })
      .read(register);
  // Breakpoints 4 and 5 are context-aware: 4 is the lowest.
  assertEquals(kept("dbgbcr0", 0x10_01e3n), 0x14_01e3n);
  assertEquals(kept("dbgbcr0", 0x15_01e3n), 0x15_01e3n);
  assertEquals(kept("dbgbcr0", 0x00_01e3n), 0x00_01e3n);
  // A linked context type is linked to: its own LBN says nothing.
  assertEquals(kept("dbgbcr5", 0x30_01e3n), 0x30_01e3n);
  assertEquals(kept("dbgwcr0", 0x1f_1ffbn), 0x14_1ffbn);
  assertEquals(kept("dbgwcr0", 0x0f_1ffbn), 0x0f_1ffbn);
  // WT is bit 20 alone, also on a CPU that keeps the bits above it.
  const max = new TestCpu({ unpredictable: "other", model: "max" })
    .write({ dbgwcr0: 0x30_1ffbn });
  assertEquals(max.read("dbgwcr0"), 0x34_1ffbn);
  assertEquals(max.unpredictable, [
    "DBGWCR0_EL1 links to breakpoint 0, which is not context-aware or not there: it links to breakpoint 4",
  ]);
});
