import { assertEquals } from "@std/assert";
import { CODE, EL0_UNMASKED, MDE_KDE, TDE, TestCpu } from "./arm64_cpu.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";

/** BT=unlinked address, BAS=0xf, PMC=EL1, E. */
const AT_EL1 = 0x1e3n;

function armed(
  registers: Record<string, bigint>,
  options: ConstructorParameters<typeof TestCpu>[0] = {},
): TestCpu {
  return new TestCpu(options).write({ mdscr: MDE_KDE, ...registers });
}

Deno.test("arm64:A/8 checkBreakpoints(): a breakpoint at EL1, before its instruction", () => {
  const cpu = armed({ dbgbvr3: CODE, dbgbcr3: AT_EL1 });
  assertEquals(cpu.step({ op: "exec" }), "skipped");
  assertEquals(cpu.exceptions, [
    "breakpoint esr=0xc6000022 far=0x0 elr=0x40080000 spsr=0x1c5",
  ]);
});

Deno.test("arm64:A/8 checkBreakpoints(): from EL0 the class is that of a lower level", () => {
  const cpu = armed({ dbgbvr0: CODE, dbgbcr0: 0x1e5n });
  cpu.pstate = EL0_UNMASKED;
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions, [
    "breakpoint esr=0xc2000022 far=0x0 elr=0x40080000 spsr=0x1c0",
  ]);
});

const CONDITIONS: readonly [
  name: string,
  registers: Record<string, bigint>,
  pstate: number,
  fires: boolean,
][] = [
  ["armed", {}, 0x1c5, true],
  ["MDE clear", { mdscr: 0x2000n }, 0x1c5, false],
  ["KDE clear", { mdscr: 0x8000n }, 0x1c5, false],
  ["KDE clear, from EL0", { mdscr: 0x8000n }, 0x1c0, true],
  ["PSTATE.D set", {}, 0x3c5, false],
  ["PSTATE.D set, from EL0", {}, 0x3c0, true],
  ["the CPU's OS lock set", { oslar: 1n }, 0x1c5, false],
  ["the double lock set", { osdlr: 1n }, 0x1c5, false],
  [
    "the double lock without power down",
    { osdlr: 1n, dbgprcr: 1n },
    0x1c5,
    true,
  ],
  ["E clear", { dbgbcr0: 0x1e6n }, 0x1c5, false],
  ["address of the instruction before", { dbgbvr0: CODE - 4n }, 0x1c5, false],
  ["a bit of VA[48:32]", { dbgbvr0: CODE | 1n << 48n }, 0x1c5, false],
];
for (const [name, registers, pstate, fires] of CONDITIONS) {
  Deno.test(`arm64:A/7 breakpointsEnabled(): ${name}`, () => {
    const cpu = armed({ dbgbvr0: CODE, dbgbcr0: 0x1e7n, ...registers });
    cpu.pstate = pstate;
    assertEquals(cpu.step({ op: "exec" }), fires ? "skipped" : "next");
    assertEquals(cpu.exceptions.length, fires ? 1 : 0);
    assertEquals(cpu.unpredictable, []);
  });
}

Deno.test("arm64:A/7 checkBreakpoints(): TDE routes to EL2, without KDE and with D set", () => {
  const cpu = armed({
    mdscr: 0x8000n,
    mdcr: TDE,
    dbgbvr0: CODE,
    dbgbcr0: 0x1e7n,
  });
  cpu.pstate = 0x3c5;
  assertEquals(cpu.step({ op: "exec" }), "exits");
  assertEquals(cpu.pc, CODE);
  assertEquals(cpu.pstate, 0x3c5);
  assertEquals(cpu.exceptions, []);
});

/** BAS: whether an A64 instruction at the address matches. */
const BAS: readonly [bas: bigint, fires: boolean, open: boolean][] = [
  [0x0n, false, false],
  [0x1n, true, false],
  [0x2n, false, false],
  [0x3n, true, false],
  [0x4n, false, true],
  [0x5n, true, false],
  [0x6n, false, true],
  [0x7n, true, false],
  [0x8n, false, false],
  [0x9n, true, false],
  [0xan, false, false],
  [0xbn, true, false],
  [0xcn, false, true],
  [0xdn, true, false],
  [0xen, false, true],
  [0xfn, true, false],
];
for (const [bas, fires, open] of BAS) {
  Deno.test(`arm64:A/9 breakpointMatches(): BAS=0x${bas.toString(16)}`, () => {
    const cpu = armed({ dbgbvr0: CODE, dbgbcr0: bas << 5n | 3n });
    cpu.step({ op: "exec" });
    assertEquals(cpu.exceptions.length, fires ? 1 : 0);
    assertEquals(cpu.unpredictable.length, open ? 1 : 0);
  });
}

Deno.test("arm64:A/5 breakpointMatches(): bits above VA[48] take part, and are said to be open", () => {
  const cpu = armed({ dbgbvr0: CODE | 1n << 63n, dbgbcr0: AT_EL1 });
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions, []);
  assertEquals(cpu.unpredictable.length, 1);
});

Deno.test("arm64:A/5.1 breakpointMatches(): a tag in the PC is not compared", () => {
  const cpu = armed({ dbgbvr0: CODE, dbgbcr0: AT_EL1 });
  set64(cpu.f.w, cpu.f.vcpu + VCPU_BASE.pc, CODE | 0x5an << 56n);
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions.length, 1);
  assertEquals(cpu.unpredictable, []);
});

/**
 * Breakpoint types on a context-aware breakpoint of the architecture, in the context 0x42 of VM 1 with
 * CONTEXTIDR_EL2 0x77: whether the breakpoint fires by itself with the value given.
 */
const TYPES: readonly [type: bigint, value: bigint, fires: boolean][] = [
  [0x0n, CODE, true],
  [0x1n, CODE, false], // Linked to breakpoint 0, which is no target.
  [0x2n, 0x42n, true],
  [0x2n, 0x43n, false],
  [0x3n, 0x42n, false],
  [0x4n, 0x42n, false],
  [0x5n, 0x42n, false],
  [0x6n, 0x42n, true],
  [0x6n, 0x1_0000_0042n, true],
  [0x7n, 0x42n, false],
  [0x8n, 0x1_0000_0000n, true],
  [0x8n, 0x2_0000_0000n, false],
  [0x9n, 0x1_0000_0000n, false],
  [0xan, 0x1_0000_0042n, true],
  [0xan, 0x2_0000_0042n, false],
  [0xan, 0x1_0000_0043n, false],
  [0xbn, 0x1_0000_0042n, false],
  [0xcn, 0x77_0000_0000n, true],
  [0xcn, 0x77n, false],
  [0xdn, 0x77_0000_0000n, false],
  [0xen, 0x77_0000_0042n, true],
  [0xen, 0x77_0000_0043n, false],
  [0xen, 0x78_0000_0042n, false],
  [0xfn, 0x77_0000_0042n, false],
];
for (const [type, value, fires] of TYPES) {
  Deno.test(`arm64:A/3 breakpointMatches(): BT=0x${type.toString(16)}, value 0x${value.toString(16)}`, () => {
    const cpu = armed({
      contextidr: 0x42n,
      contextidr_el2: 0x77n,
      dbgbvr5: value,
      dbgbcr5: AT_EL1 | type << 20n,
    });
    cpu.step({ op: "exec" });
    assertEquals(cpu.exceptions.length, fires ? 1 : 0);
  });
}

Deno.test("arm64:A/9 breakpointMatches(): a context type on a plain breakpoint is disabled", () => {
  const cpu = armed({ contextidr: 0x42n, dbgbvr3: 0x42n, dbgbcr3: 0x2001e3n });
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions, []);
});

Deno.test("arm64:A/9 breakpointMatches(): a reserved type at the instruction's address is said to be open", () => {
  for (
    const [number, type] of [[3, 0x2n], [3, 0x9n], [5, 0x4n], [
      0,
      0x5n,
    ]] as const
  ) {
    const cpu = armed({
      [`dbgbvr${number}`]: CODE,
      [`dbgbcr${number}`]: AT_EL1 | type << 20n,
    });
    cpu.step({ op: "exec" });
    assertEquals(cpu.exceptions, []);
    assertEquals(cpu.unpredictable.length, 1);
  }
});

Deno.test("arm64:A/11 contextMatches(): the stand-ins fire none of the context types by themselves", () => {
  for (let type = 2n; type < 16n; type++) {
    const cpu = armed(
      {
        contextidr: 0x42n,
        dbgbvr5: 0x1_0000_0042n,
        dbgbcr5: AT_EL1 | type << 20n,
      },
      { model: "max" },
    );
    cpu.step({ op: "exec" });
    assertEquals(cpu.exceptions, [], `BT=${type}`);
  }
});

Deno.test("arm64:A/9 checkBreakpoints(): the lowest-numbered one that matches is reported", () => {
  const cpu = armed({
    dbgbvr1: CODE,
    dbgbcr1: AT_EL1,
    dbgbvr4: CODE,
    dbgbcr4: AT_EL1,
  });
  cpu.step({ op: "exec" });
  const hits = cpu.events.flatMap((event) =>
    event.kind === "hit" ? [event.what] : []
  );
  assertEquals(hits, ["DBGBCR1_EL1"]);
});

Deno.test("arm64:A/9 breakpointMatches(): a number that the machine lacks holds nothing", () => {
  const cpu = armed({ dbgbvr6: CODE, dbgbcr6: AT_EL1 });
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions, []);
  assertEquals(cpu.read("dbgbcr6"), 0n);
});

Deno.test("arm64:A/7 executeInstruction(): a breakpoint comes before BRK, SVC and a watchpoint", () => {
  for (const op of ["brk", "svc", "store"] as const) {
    const cpu = armed({
      dbgbvr0: CODE,
      dbgbcr0: AT_EL1,
      dbgwvr0: 0x4004_0000n,
      dbgwcr0: 0x1fffn,
    });
    const data = op === "store" ? { sizeBytes: 8, lo: 0x4004_0000 } : {};
    assertEquals(cpu.step({ op, ...data }), "skipped");
    assertEquals(cpu.exceptions, [
      "breakpoint esr=0xc6000022 far=0x0 elr=0x40080000 spsr=0x1c5",
    ]);
  }
});

Deno.test("arm64:G/1 S4 handler: with the mask policy both the breakpoint and the BRK are taken", () => {
  const cpu = armed({ dbgbvr0: CODE, dbgbcr0: AT_EL1 });
  cpu.handler = "mask";
  assertEquals(cpu.step({ op: "brk" }), "stay");
  assertEquals(cpu.step({ op: "brk" }), "skipped");
  assertEquals(cpu.exceptions, [
    "breakpoint esr=0xc6000022 far=0x0 elr=0x40080000 spsr=0x1c5",
    "brk esr=0xf2000000 far=0x0 elr=0x40080000 spsr=0x3c5",
  ]);
});
