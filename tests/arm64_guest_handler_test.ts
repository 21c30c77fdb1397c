import { assertEquals } from "@std/assert";
import { VCPU } from "../engine/arm64/blocks.ts";
import { injectUndefined } from "../engine/arm64/hardware/exception_entry.ts";
import { takeAsynchronous } from "../engine/arm64/hardware/interrupts.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import { highWord, lowWord } from "../engine/word64.ts";
import {
  CODE,
  EL0_UNMASKED,
  idOf,
  MDE_KDE,
  TDE,
  TestCpu,
} from "./arm64_cpu.ts";

/** PSTATE.SS, and PSTATE.D. */
const SS = 1 << 21;
const D = 1 << 9;

/** As the recordings' guest took them, with FAR_EL1 0 here. */
const RECORDED: readonly [
  name: string,
  parts: Parameters<TestCpu["step"]>[0],
  exception: string,
][] = [
  [
    "BRK #0",
    { op: "brk", lo: 0 },
    "brk esr=0xf2000000 far=0x0 elr=0x40080000 spsr=0x3c5",
  ],
  [
    "BRK #4660",
    { op: "brk", lo: 4660 },
    "brk esr=0xf2001234 far=0x0 elr=0x40080000 spsr=0x3c5",
  ],
  [
    "SVC #7",
    { op: "svc", lo: 7 },
    "svc esr=0x56000007 far=0x0 elr=0x40080004 spsr=0x3c5",
  ],
  [
    "a number that is not there",
    { op: "read", register: idOf("dbgbcr6") },
    "undef esr=0x2000000 far=0x0 elr=0x40080000 spsr=0x3c5",
  ],
];
for (const [name, parts, exception] of RECORDED) {
  Deno.test(`arm64:A/8 takeToEl1(): ${name}`, () => {
    const cpu = new TestCpu();
    cpu.pstate = 0x3c5;
    assertEquals(cpu.step(parts), "skipped");
    assertEquals(cpu.exceptions, [exception]);
    assertEquals(cpu.pc, CODE + 4n);
    assertEquals(cpu.pstate, 0x3c5);
    assertEquals(cpu.inHandler, 0);
  });
}

Deno.test("arm64:A/13 takeToEl1(): PSTATE is EL1h, masked, SS clear, the flags kept", () => {
  const cpu = new TestCpu();
  cpu.pstate = 0xf000_0000 | EL0_UNMASKED | SS;
  injectUndefined(cpu.f);
  assertEquals(cpu.pstate >>> 0, 0xf000_03c5);
  assertEquals(cpu.pc, 0x4000_0400n);
  assertEquals(cpu.vcpu64(VCPU.elr), CODE);
  assertEquals(cpu.vcpu64(VCPU.esr), 0x200_0000n);
  assertEquals(cpu.inHandler, 1);
});

Deno.test("HVC at EL0 is undefined", () => {
  const cpu = new TestCpu();
  cpu.pstate = EL0_UNMASKED;
  assertEquals(cpu.step({ op: "hvc" }), "skipped");
  assertEquals(cpu.exceptions, [
    "undef esr=0x2000000 far=0x0 elr=0x40080000 spsr=0x1c0",
  ]);
});

Deno.test("handler stop: the guest stays where it recorded the exception", () => {
  const cpu = new TestCpu();
  cpu.handler = "stop";
  assertEquals(cpu.step({ op: "brk" }), "drained");
  assertEquals(cpu.step({ op: "exec" }), "drained");
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("arm64:G/1 S5 handler mask: the access is done with debug exceptions masked", () => {
  const cpu = new TestCpu().write({
    mdscr: MDE_KDE,
    dbgwvr0: 0x4004_0000n,
    dbgwcr0: 0x1ffbn,
  });
  cpu.handler = "mask";
  assertEquals(cpu.data("store", 0x4004_0000n, 1), "stay");
  assertEquals(cpu.pc, CODE);
  assertEquals(cpu.pstate, 0x3c5);
  assertEquals(cpu.data("store", 0x4004_0000n, 1), "next");
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("handler: the twentieth exception of a program masks debug exceptions, no other does", () => {
  const cpu = new TestCpu();
  for (let i = 1; i <= 20; i++) {
    cpu.step({ op: "brk" });
    assertEquals(cpu.pstate, i < 20 ? 0x1c5 : 0x3c5, `after ${i}`);
  }
  const unmask = {
    op: "write",
    register: idOf("pstate"),
    lo: 0,
    maskLo: D,
  } as const;
  cpu.step(unmask);
  assertEquals(cpu.pstate, 0x1c5);
  cpu.step({ op: "brk" });
  assertEquals(cpu.pstate, 0x1c5);
  assertEquals(cpu.step(null), "drained");
  for (let i = 1; i <= 20; i++) {
    cpu.step({ op: "brk" });
    assertEquals(cpu.pstate, i < 20 ? 0x1c5 : 0x3c5, `again after ${i}`);
  }
});

Deno.test("handler: userspace steps into the vector and through the routine, as recorded", () => {
  const cpu = new TestCpu().write({ mdscr: 1n, mdcr: TDE });
  cpu.pstate = 0x3c5 | SS;
  assertEquals(cpu.step({ op: "svc", lo: 1 }), "stay");
  const seen: string[] = [];
  let outcome = "";
  for (let i = 0; i < 100 && outcome !== "skipped"; i++) {
    outcome = cpu.step({ op: "svc", lo: 1 }, CODE);
    if (outcome !== "exits") continue;
    seen.push(
      `${cpu.pc.toString(16)} ${cpu.vcpu64(VCPU.exitEsr).toString(16)}`,
    );
    cpu.pstate |= SS;
  }
  assertEquals(seen.slice(0, 3), [
    "40000200 ca000022",
    "40000800 cb000022",
    "40000804 cb000022",
  ]);
  assertEquals(outcome, "skipped");
  assertEquals(cpu.exceptions, [
    "svc esr=0x56000001 far=0x0 elr=0x40080004 spsr=0x3c5",
  ]);
  assertEquals(cpu.pc, CODE + 4n);
});

Deno.test("handler: userspace's breakpoint in the routine is hit before the exception is recorded", () => {
  const cpu = new TestCpu().write({
    mdscr: 0x8000n,
    mdcr: TDE,
    dbgbvr0: 0x4000_0804n,
    dbgbcr0: 0x1e7n,
  });
  const svc = { op: "svc", lo: 1 } as const;
  let outcome = cpu.step(svc);
  for (let i = 0; i < 100 && outcome === "stay"; i++) {
    outcome = cpu.step(svc, CODE);
  }
  assertEquals(outcome, "exits");
  assertEquals(cpu.pc, 0x4000_0804n);
  assertEquals(cpu.exceptions, []);
  cpu.write({ dbgbcr0: 0n });
  outcome = "stay";
  for (let i = 0; i < 100 && outcome === "stay"; i++) {
    outcome = cpu.step(svc, CODE);
  }
  assertEquals(outcome, "skipped");
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("arm64:A/7 BRK goes to EL2 under TDE, whatever is masked", () => {
  const cpu = new TestCpu().write({ mdcr: TDE, oslar: 1n });
  cpu.pstate = 0x3c5;
  assertEquals(cpu.step({ op: "brk", lo: 0x77 }), "exits");
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xf200_0077n);
  assertEquals(cpu.pc, CODE);
});

/** VBAR_EL1 of the guest is 0x4000_0000. Arm ARM, vector table: by the level that the exception comes from. */
const VECTORS: readonly [
  name: string,
  pstate: number,
  enter: (cpu: TestCpu) => void,
  pc: bigint,
][] = [
  ["synchronous", 0x3c5, ({ f }) => injectUndefined(f), 0x4000_0200n],
  ["synchronous", 0x3c0, ({ f }) => injectUndefined(f), 0x4000_0400n],
  ["IRQ", 0x345, ({ f }) => pending(f, VCPU.spis), 0x4000_0280n],
  ["IRQ", 0x340, ({ f }) => pending(f, VCPU.spis), 0x4000_0480n],
  ["SError", 0x2c5, ({ f }) => pending(f, VCPU.serror), 0x4000_0380n],
  ["SError", 0x2c0, ({ f }) => pending(f, VCPU.serror), 0x4000_0580n],
];

/** Makes an asynchronous exception pending, and takes it. */
function pending(f: TestCpu["f"], field: number): void {
  f.w[f.vcpu + field] = 1;
  assertEquals(takeAsynchronous(f), true);
}

for (const [name, pstate, enter, pc] of VECTORS) {
  Deno.test(`arm64:A/8 enterEl1(): the vector of ${name} from 0x${pstate.toString(16)}`, () => {
    const cpu = new TestCpu();
    cpu.pstate = pstate;
    cpu.pc = 0x7_4008_0004n;
    const high = [VCPU.esr, VCPU.elr];
    for (const field of high) cpu.f.w[cpu.f.vcpu + field + 1] = 9;
    enter(cpu);
    assertEquals(cpu.pc, pc);
    assertEquals(cpu.vcpu64(VCPU.elr), 0x7_4008_0004n);
    assertEquals(cpu.pstate, 0x3c5);
    // An interrupt leaves ESR_EL1 as it is.
    assertEquals(cpu.vcpu64(VCPU.esr) >> 32n, name === "IRQ" ? 9n : 0n);
  });
}

/** ESR_EL1 of a virtual SError: EC 0x2f and IL, and with RAS ISV, for the rest is IMPLEMENTATION DEFINED. */
const SERRORS: readonly [model: string, esr: bigint][] = [
  ["architecture", 0xbf00_0000n],
  ["max", 0xbf00_0000n],
  ["neoverse-n1", 0xbf00_0000n],
  ["cortex-a57", 0xbe00_0000n],
];
for (const [model, esr] of SERRORS) {
  Deno.test(`arm64:A/17.3 takeAsynchronous(): the syndrome of an SError (${model})`, () => {
    const cpu = new TestCpu({ model });
    cpu.pstate = 0x2c5;
    pending(cpu.f, VCPU.serror);
    assertEquals(cpu.vcpu64(VCPU.esr), esr);
  });
}

Deno.test("arm64:A/16.3 STXR: nothing is marked, whatever its address", () => {
  const status = (mark: bigint | undefined, store: bigint) => {
    const cpu = new TestCpu();
    const parts = (address: bigint) => ({
      lo: lowWord(address),
      hi: highWord(address),
      sizeBytes: 8,
    });
    if (mark !== undefined) cpu.step({ op: "ldxr", ...parts(mark) });
    cpu.events.length = 0;
    cpu.step({ op: "stxr", ...parts(store) });
    cpu.step({ op: "stxr", ...parts(store) });
    return cpu.events.flatMap((event) =>
      event.kind === "access" ? [event.value] : []
    );
  };
  // 0: it stores, and the mark is gone.
  assertEquals(status(undefined, 0n), [1n, 1n]);
  assertEquals(status(0x7_0000_1000n, 0x7_0000_1000n), [0n, 1n]);
  assertEquals(status(0n, 0n), [0n, 1n]);
  assertEquals(status(0x7_0000_1000n, 0x7_0000_1008n), [1n, 1n]);
  assertEquals(status(0x7_0000_1000n, 0x8_0000_1000n), [1n, 1n]);
});

/** The log of exceptions: 32 bytes each from 0x4001_0000, 0x8000 for each vCPU, written as two stores of 16. */
const LOGGED: readonly [vcpu: number, exceptions: number, first: bigint][] = [
  [0, 0, 0x4001_0000n],
  [0, 3, 0x4001_0060n],
  [2, 1, 0x4002_0020n],
];
for (const [vcpu, exceptions, first] of LOGGED) {
  Deno.test(`handler: vCPU ${vcpu} writes exception ${exceptions} to its log, which a debugger's watchpoint sees`, () => {
    const seen: number[] = [];
    for (let offset = -1; offset <= 32; offset++) {
      const cpu = new TestCpu();
      const { f } = cpu;
      f.w[f.vcpu + VCPU_BASE.index] = vcpu;
      f.w[f.vcpu + VCPU.exceptions] = exceptions;
      f.w[f.vcpu + VCPU.guestDebug] = 0x2_0001;
      const address = first + BigInt(offset);
      const bas = 1n << (address & 7n) << 5n;
      cpu.write({
        mdcr: TDE,
        mdscr: MDE_KDE,
        dbgwvr0: address & ~7n,
        dbgwcr0: 0x1fn | bas,
      });
      cpu.step({ op: "svc" });
      let outcome = "stay";
      while (outcome === "stay" && cpu.inHandler !== 0) {
        outcome = cpu.step(null);
      }
      if (outcome === "exits") {
        seen.push(offset);
        assertEquals(cpu.vcpu64(VCPU.exitFar), address);
      }
    }
    assertEquals(seen, Array.from({ length: 32 }, (_, offset) => offset));
  });
}

/** What raises an exception, by itself, and where. */
const RAISED: readonly [
  parts: Parameters<TestCpu["step"]>[0],
  raised: string,
][] = [
  [{ op: "brk" }, "brk BRK arm64:A/7"],
  [{ op: "svc" }, "svc SVC arm64:A/8.1"],
  [{ op: "eret", level: 0 }, "undef ERET at EL0 arm64:A/8.1"],
  [{ op: "hvc", level: 0 }, "undef HVC at EL0 arm64:A/8.1"],
  [
    { op: "read", register: idOf("dbgbcr6") },
    "undef the access is UNDEFINED arm64:A/1",
  ],
  [
    { op: "read", register: idOf("pstate"), level: 0 },
    "undef EL0 may not access it arm64:A/1",
  ],
];
for (const [parts, raised] of RAISED) {
  Deno.test(`arm64:A/8 what raises an exception: ${raised}`, () => {
    const cpu = new TestCpu();
    cpu.f.w[cpu.f.vcpu + VCPU_BASE.index] = 3;
    cpu.step(parts);
    const found = cpu.events.flatMap((event) =>
      event.kind === "raise"
        ? [
          `${event.vcpu} ${event.pc.toString(16)} ${event.exception} ` +
          `${event.what} ${event.rule}`,
        ]
        : []
    );
    assertEquals(found, [`3 40080000 ${raised}`]);
  });
}

Deno.test("arm64:A/17.1 what raises an interrupt and an SError: where the vCPU is, and what they needed", () => {
  for (
    const [field, name, mask, text] of [
      [VCPU.spis, "pending_spis", 0x80n, "virtual interrupt arm64:A/17.1"],
      [VCPU.serror, "serror_pending", 0x100n, "virtual SError arm64:A/17.3"],
    ] as const
  ) {
    const cpu = new TestCpu();
    cpu.f.w[cpu.f.vcpu + VCPU_BASE.index] = 3;
    cpu.pstate = 0x45;
    cpu.pc = 0x7_4008_0004n;
    pending(cpu.f, field);
    const found = cpu.events.flatMap((event) =>
      event.kind === "raise" ? [event] : []
    );
    assertEquals(found.map(({ vcpu, pc }) => [vcpu, pc]), [
      [3, 0x7_4008_0004n],
    ]);
    assertEquals(found.map(({ what, rule }) => `${what} ${rule}`), [text]);
    const needed = found[0].needed!.map((part) => [
      part?.place.name,
      part?.bits,
    ]);
    assertEquals(needed, [[name, -1n], ["PSTATE", mask]]);
  }
});

Deno.test("arm64:A/17 the handler records interrupts and SErrors by their own rule, exceptions by theirs", () => {
  const recorded = (change: (cpu: TestCpu) => void, op: "exec" | "svc") => {
    const cpu = new TestCpu();
    cpu.pstate = 0x45;
    change(cpu);
    cpu.step({ op });
    return cpu.events.flatMap((event) =>
      event.kind === "exception" ? [`${event.exception} ${event.rule}`] : []
    );
  };
  const set = (field: number) => ({ f }: TestCpu) => f.w[f.vcpu + field] = 1;
  assertEquals(recorded(set(VCPU.spis), "exec"), ["interrupt arm64:A/17"]);
  assertEquals(recorded(set(VCPU.serror), "exec"), ["serror arm64:A/17"]);
  assertEquals(recorded(() => {}, "svc"), ["svc arm64:A/8"]);
});
