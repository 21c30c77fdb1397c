/**
 * The way of the guest through its handler, an instruction at a time: that of the recorder's guest, whose code
 * recorder/arm64/handler.c has.
 */
import { assertEquals } from "@std/assert";
import { VCPU } from "../engine/arm64/blocks.ts";
import { injectUndefined } from "../engine/arm64/hardware/exception_entry.ts";
import { takeAsynchronous } from "../engine/arm64/hardware/interrupts.ts";
import { CODE, MDE_KDE, TDE, TestCpu } from "./arm64_cpu.ts";

/** A guest that userspace debugs, whose handler is executed an instruction at a time. */
function observed(): TestCpu {
  return new TestCpu().write({ mdcr: TDE, mdscr: MDE_KDE });
}

/** Makes an asynchronous exception pending, and takes it. */
function pending({ f }: TestCpu, field: number): void {
  f.w[f.vcpu + VCPU.pstate] = 0;
  f.w[f.vcpu + field] = 1;
  assertEquals(takeAsynchronous(f), true);
}

/** Takes an exception of a class and an immediate, of those that a program has had. */
function taken(cpu: TestCpu, ec: number, iss = 0, before = 0): void {
  const { f } = cpu;
  injectUndefined(f);
  f.w[f.vcpu + VCPU.esr] = ec << 26 | 1 << 25 | iss;
  f.w[f.vcpu + VCPU.exceptions] = before;
}

/** Numbers of a list that goes on. */
function to(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The handler's first part, which logs. The twentieth exception sets SPSR.D, at 9 and 10. */
const LOGS = [...to(0, 8), ...to(11, 14)];
const LOGS_LAST = to(0, 14);

/** Exceptions, with the indexes of the instructions that their handler executes, from its address. */
const WAYS: readonly [
  name: string,
  enter: (cpu: TestCpu) => void,
  address: number,
  way: readonly number[],
][] = [
  [
    "UNDEFINED",
    (cpu) => taken(cpu, 0),
    0x4000_0800,
    [...LOGS, ...to(15, 22)],
  ],
  [
    "the twentieth",
    (cpu) => taken(cpu, 0, 0, 19),
    0x4000_0800,
    [...LOGS_LAST, ...to(15, 22)],
  ],
  [
    "the twenty-first",
    (cpu) => taken(cpu, 0, 0, 20),
    0x4000_0800,
    [...LOGS, ...to(15, 22)],
  ],
  [
    "SVC",
    (cpu) => taken(cpu, 0x15, 7),
    0x4000_0800,
    [...LOGS, ...to(23, 26)],
  ],
  [
    "SVC #0x53",
    (cpu) => taken(cpu, 0x15, 0x53),
    0x4000_0800,
    [...LOGS, ...to(23, 25), ...to(27, 30)],
  ],
  [
    "a software step from EL1",
    (cpu) => taken(cpu, 0x33),
    0x4000_0800,
    [...LOGS, 15, 16, ...to(27, 30)],
  ],
  [
    "a software step from EL0",
    (cpu) => taken(cpu, 0x32),
    0x4000_0800,
    [...LOGS, ...to(15, 18), ...to(27, 30)],
  ],
  [
    "an interrupt",
    (cpu) => pending(cpu, VCPU.spis),
    0x4000_0c00,
    to(0, 7),
  ],
  [
    "an SError",
    (cpu) => pending(cpu, VCPU.serror),
    0x4000_0c40,
    to(0, 7),
  ],
];
for (const [name, enter, address, way] of WAYS) {
  Deno.test(`arm64:A/8 the handler's way: ${name}`, () => {
    const cpu = observed();
    enter(cpu);
    // The branch at the vector.
    cpu.step(null, CODE);
    const gone: number[] = [];
    while (cpu.inHandler !== 0 && gone.length < 100) {
      gone.push((Number(cpu.pc) - address) / 4);
      cpu.step(null, CODE);
    }
    assertEquals(gone, way);
    assertEquals(cpu.pc === CODE || cpu.pc === CODE + 4n, true);
  });
}

Deno.test("arm64:A/8 the handler: an exception is logged by the second STP", () => {
  const rows: readonly [enter: (cpu: TestCpu) => void, pc: bigint][] = [
    [(cpu) => taken(cpu, 0), 0x4000_0800n + 4n * 6n],
    [(cpu) => pending(cpu, VCPU.spis), 0x4000_0c00n + 4n * 4n],
    [(cpu) => pending(cpu, VCPU.serror), 0x4000_0c40n + 4n * 5n],
  ];
  for (const [enter, pc] of rows) {
    const cpu = observed();
    enter(cpu);
    const logs = () => cpu.events.some(({ kind }) => kind === "exception");
    let last = cpu.pc;
    for (let i = 0; i < 100 && !logs(); i++) {
      last = cpu.pc;
      cpu.step(null, CODE);
    }
    assertEquals(last, pc);
  }
});

Deno.test("arm64:A/8 the handler: which exceptions it returns past, and with which bits of PSTATE", () => {
  // SS and D.
  const [SS, D] = [1 << 21, 1 << 9];
  const rows: readonly [
    ec: number,
    iss: number,
    before: number,
    past: boolean,
    bits: number,
  ][] = [
    [0, 0, 0, true, 0],
    [0, 0, 18, true, 0],
    [0, 0, 19, true, D],
    [0, 0, 20, true, 0],
    [0x3c, 0x53, 0, true, 0],
    [0x15, 7, 0, false, 0],
    [0x15, 0x53, 0, false, SS],
    [0x15, 0x53, 19, false, D],
    [0x33, 0, 0, false, SS],
    [0x32, 0, 0, false, SS],
    [0x31, 0, 0, true, 0],
    [0x35, 0, 0, true, 0],
  ];
  for (const [ec, iss, before, past, bits] of rows) {
    // The guest steps itself, so that an exception return loads PSTATE.SS from SPSR, unless it masks with D.
    const cpu = new TestCpu().write({ mdscr: 0x2001n });
    taken(cpu, ec, iss, before);
    cpu.step(null, CODE);
    assertEquals(cpu.inHandler, 0);
    const said = `${ec.toString(16)} ${iss} ${before}`;
    assertEquals(cpu.pc, past ? CODE + 4n : CODE, said);
    assertEquals(cpu.pstate & (SS | D), bits, said);
  }
});

Deno.test("arm64:A/8 the handler returns to all of an address above 4 GiB", () => {
  for (const address of [0x7_4008_0000n, 0x7_ffff_fffcn]) {
    const cpu = new TestCpu();
    cpu.step({ op: "brk" }, address);
    assertEquals(cpu.pc, address + 4n);
    cpu.step({ op: "svc" }, address);
    assertEquals(cpu.pc, address + 4n);
    // Without an exception it goes on there too.
    cpu.step({ op: "exec" }, address);
    assertEquals(cpu.pc, address + 4n);
  }
});
