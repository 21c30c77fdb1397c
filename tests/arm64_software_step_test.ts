import { assertEquals } from "@std/assert";
import { VCPU } from "../engine/arm64/blocks.ts";
import {
  returnFromEl1,
  returnFromEl2,
  STEP,
  stepState,
} from "../engine/arm64/hardware/software_step.ts";
import { skipEmulated } from "../engine/arm64/kvm/step_flag.ts";
import { arm64Record } from "./arm64_record.ts";
import { CODE, idOf, TDE, TestCpu } from "./arm64_cpu.ts";

/** PSTATE.SS, and PSTATE.D. */
const SS = 1 << 21;
const D = 1 << 9;

/** MDSCR_EL1 with SS, and KDE for stepping at EL1. */
const STEPPING = 0x2001n;

function stepping(
  options: ConstructorParameters<typeof TestCpu>[0] = {},
): TestCpu {
  return new TestCpu(options).write({ mdscr: STEPPING });
}

const STATES: readonly [
  name: string,
  mdscr: bigint,
  mdcr: bigint,
  pstate: number,
  state: number,
][] = [
  ["MDSCR.SS clear", 0x2000n, 0n, 0x1c5 | SS, STEP.inactive],
  ["KDE clear at EL1", 0x1n, 0n, 0x1c5, STEP.inactive],
  ["PSTATE.D set at EL1", 0x2001n, 0n, 0x3c5, STEP.inactive],
  ["PSTATE.SS set", 0x2001n, 0n, 0x1c5 | SS, STEP.activeNotPending],
  ["PSTATE.SS clear", 0x2001n, 0n, 0x1c5, STEP.activePending],
  ["EL0 needs neither KDE", 0x1n, 0n, 0x3c0, STEP.activePending],
  ["EL2 steps EL1 whatever D is", 0x1n, TDE, 0x3c5 | SS, STEP.activeNotPending],
  ["EL2 steps EL1, pending", 0x1n, TDE, 0x3c5, STEP.activePending],
  ["EL2 steps nobody without SS", 0x0n, TDE, 0x3c5, STEP.inactive],
];
for (const [name, mdscr, mdcr, pstate, state] of STATES) {
  Deno.test(`arm64:A/13 stepState(): ${name}`, () => {
    const cpu = new TestCpu().write({ mdscr, mdcr });
    cpu.pstate = pstate;
    assertEquals(stepState(cpu.f), state);
  });
}

Deno.test("arm64:G/1 S6 a guest steps itself: A, A+4, A+8, then D is set", () => {
  const cpu = stepping();
  const dSet = {
    op: "write",
    register: idOf("pstate"),
    lo: D,
    maskLo: D,
  } as const;
  const outcomes = [
    cpu.step({ op: "exec" }, CODE), // Pending: the exception.
    cpu.step({ op: "exec" }, CODE),
    cpu.step({ op: "exec" }, CODE + 4n),
    cpu.step({ op: "exec" }, CODE + 4n),
    cpu.step(dSet, CODE + 8n),
    cpu.step(dSet, CODE + 8n),
    cpu.step({ op: "exec" }, CODE + 12n),
  ];
  assertEquals(outcomes, [
    "stay",
    "next",
    "stay",
    "next",
    "stay",
    "next",
    "next",
  ]);
  assertEquals(cpu.exceptions, [
    "step esr=0xce000022 far=0x0 elr=0x40080000 spsr=0x1c5",
    "step esr=0xcf000022 far=0x0 elr=0x40080004 spsr=0x1c5",
    "step esr=0xcf000022 far=0x0 elr=0x40080008 spsr=0x1c5",
  ]);
  assertEquals(cpu.pstate, 0x3c5);
});

Deno.test("arm64:A/13 the stand-ins end a step in its exception whatever the instruction did", () => {
  const cpu = stepping({ model: "max" });
  cpu.pstate = 0x1c5 | SS;
  assertEquals(
    cpu.step({ op: "write", register: idOf("mdscr"), lo: 0x2000 }),
    "next",
  );
  assertEquals(cpu.exceptions, [
    "step esr=0xcf000022 far=0x0 elr=0x40080004 spsr=0x1c5",
  ]);
});

/** Instructions that take an exception while stepped: SPSR.SS, and the address to return to. */
const EXCEPTIONS: readonly [
  name: string,
  parts: Parameters<TestCpu["step"]>[0],
  recorded: string,
][] = [
  [
    "SVC counts as executed",
    { op: "svc", lo: 7 },
    "svc esr=0x56000007 far=0x0 elr=0x40080004 spsr=0x1c5",
  ],
  [
    "BRK does not",
    { op: "brk", lo: 3 },
    "brk esr=0xf2000003 far=0x0 elr=0x40080000 spsr=0x2001c5",
  ],
  [
    "nor does an undefined access",
    { op: "write", register: idOf("oslsr") },
    "undef esr=0x2000000 far=0x0 elr=0x40080000 spsr=0x2001c5",
  ],
];
for (const [name, parts, recorded] of EXCEPTIONS) {
  for (const model of ["architecture", "max"]) {
    Deno.test(`arm64:A/13 while stepped, ${name} (${model})`, () => {
      const cpu = stepping({ model });
      cpu.pstate = 0x1c5 | SS;
      assertEquals(cpu.step(parts), "skipped");
      assertEquals(cpu.exceptions, [recorded]);
    });
  }
}

Deno.test("arm64:A/13 SVC with the handler's SPSR.SS: the step goes on after it, as recorded", () => {
  const cpu = stepping();
  cpu.pstate = 0x1c5 | SS;
  cpu.step({ op: "svc", lo: 0x53 });
  assertEquals(cpu.pstate, 0x1c5 | SS);
  cpu.step({ op: "exec" });
  cpu.step({ op: "exec" });
  assertEquals(
    cpu.exceptions[1],
    "step esr=0xcf000022 far=0x0 elr=0x40080008 spsr=0x1c5",
  );
});

Deno.test("arm64:A/13 an ERET to where stepping is not active clears SS", () => {
  for (const mdscr of [0x2000n, 0x1n, 0n]) {
    const cpu = new TestCpu().write({ mdscr });
    cpu.step({ op: "svc", lo: 0x53 });
    assertEquals(cpu.pstate, 0x1c5);
  }
  const masked = stepping();
  masked.pstate = 0x3c5;
  masked.step({ op: "svc", lo: 0x53 });
  assertEquals(masked.pstate, 0x3c5);
});

Deno.test("arm64:A/13 HVC counts as executed, and the PC is past it at the exit", () => {
  const cpu = new TestCpu().write({ mdscr: 1n, mdcr: TDE });
  cpu.pstate = 0x3c5 | SS;
  assertEquals(cpu.step({ op: "hvc", lo: 1 }), "exits");
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0x5a00_0001n);
  assertEquals(cpu.pc, CODE + 4n);
  assertEquals(cpu.pstate, 0x3c5);
});

Deno.test("arm64:A/8 takeStep(): to EL2, ISV tells if an instruction was stepped since the return", () => {
  const cpu = new TestCpu().write({ mdscr: 1n, mdcr: TDE });
  cpu.pstate = 0x3c5 | SS;
  returnFromEl2(cpu.f);
  assertEquals(cpu.step({ op: "exec" }), "next");
  assertEquals(cpu.pstate, 0x3c5);
  assertEquals(cpu.step({ op: "exec" }), "exits");
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xcb00_0022n);
  assertEquals(cpu.pc, CODE + 4n);
  returnFromEl2(cpu.f);
  assertEquals(cpu.step({ op: "exec" }), "exits");
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xca00_0022n);
});

Deno.test("takeStep(): the way to a pending step leaves nothing by which the search would tell two states apart", () => {
  const after = (isStepped: boolean, op: "exec" | "ldxr") => {
    const cpu = new TestCpu().write({ mdscr: 1n, mdcr: TDE });
    cpu.pstate = isStepped ? 0x3c5 | SS : 0x3c5;
    if (isStepped) cpu.step({ op, lo: 0x1000, sizeBytes: 8 });
    cpu.pc = CODE;
    assertEquals(cpu.step({ op: "exec" }), "exits");
    const { w, vcpu } = cpu.f;
    // The syndrome tells them apart, as it has to, and so does the monitor.
    const told = [VCPU.exitEsr, VCPU.exclusive, VCPU.exclusiveAddress];
    for (const field of told) w[vcpu + field] = 0;
    return w;
  };
  assertEquals(after(true, "exec"), after(false, "exec"));
  assertEquals(after(true, "ldxr"), after(false, "exec"));
});

Deno.test("arm64:A/7 takeStep(): a pending step comes before a breakpoint", () => {
  const cpu = new TestCpu().write({
    mdscr: 0x8001n,
    mdcr: TDE,
    dbgbvr0: CODE,
    dbgbcr0: 0x1e7n,
  });
  cpu.pstate = 0x3c5;
  cpu.step({ op: "exec" });
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xca00_0022n);
  cpu.pstate = 0x3c5 | SS;
  cpu.step({ op: "exec" });
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xc200_0022n);
  assertEquals(cpu.pstate, 0x3c5 | SS);
});

Deno.test("arm64:A/13 a step is reported at the program's end too", () => {
  const cpu = new TestCpu().write({ mdscr: 1n, mdcr: TDE });
  cpu.pstate = 0x3c5 | SS;
  cpu.step({ op: "exec" });
  assertEquals(cpu.step(null), "exits");
  cpu.pstate = 0x3c5 | SS;
  assertEquals(cpu.step(null), "drained");
});

Deno.test("arm64:F4 arm64:F27 arm64:N17 skipEmulated(): the step state advances where the kernel says so, as an event", () => {
  const rows = [
    ["linux-4.20", false, undefined],
    ["linux-5.4", true, "arm64:F27"],
    ["linux-6.1", true, "arm64:N17"],
  ] as const;
  for (const [kernel, advances, rule] of rows) {
    const cpu = new TestCpu();
    cpu.pstate = 0x3c5 | SS;
    cpu.f.nextLo = Number(CODE + 4n);
    skipEmulated({ ...cpu.f, kernel: arm64Record(kernel) });
    assertEquals(cpu.pc, CODE + 4n);
    assertEquals(cpu.pstate, advances ? 0x3c5 : 0x3c5 | SS);
    assertEquals(cpu.events.map((event) => event.rule), rule ? [rule] : []);
  }
});

Deno.test("arm64:A/13 returnFromEl2(): SS survives only where stepping becomes active", () => {
  const rows = [
    [0x1n, TDE, 0x3c5, true],
    [0x0n, TDE, 0x3c5, false],
    [0x2001n, 0n, 0x1c5, true],
    [0x2001n, 0n, 0x3c5, false],
    [0x0001n, 0n, 0x1c5, false],
    [0x0001n, 0n, 0x3c0, true],
  ] as const;
  for (const [mdscr, mdcr, pstate, survives] of rows) {
    const cpu = new TestCpu().write({ mdscr, mdcr });
    cpu.pstate = pstate | SS;
    returnFromEl2(cpu.f);
    assertEquals(cpu.pstate, survives ? pstate | SS : pstate);
  }
});

Deno.test("arm64:A/13 returnFromEl1(): SS is lost where debug exceptions were enabled already", () => {
  const rows = [
    [0x2001n, 0n, 0x3c5, true],
    [0x2001n, 0n, 0x1c5, false],
    [0x1n, TDE, 0x3c5, false],
  ] as const;
  for (const [mdscr, mdcr, pstate, survives] of rows) {
    const cpu = new TestCpu().write({ mdscr, mdcr });
    cpu.pstate = pstate;
    returnFromEl1(cpu.f, 0x1c5 | SS);
    assertEquals(cpu.pstate, survives ? 0x1c5 | SS : 0x1c5);
  }
});

Deno.test("arm64:A/13.1 MSR of other bits of PSTATE leaves SS as it is", () => {
  const cpu = new TestCpu();
  cpu.pstate = 0x1c5 | SS;
  const write = { op: "write", register: idOf("pstate"), lo: D } as const;
  cpu.step({ ...write, maskLo: D });
  assertEquals(cpu.pstate, 0x3c5 | SS);
});

Deno.test("arm64:A/13.1 after el= SS is clear where stepping is not active", () => {
  for (const [level, left] of [[0, 0x1c5], [-1, 0x1c5 | SS]] as const) {
    const cpu = new TestCpu();
    cpu.pstate = 0x1c5 | SS;
    cpu.step({ op: "exec", level });
    // At once, and not only where the next instruction begins.
    assertEquals(cpu.pstate, left);
    cpu.step({ op: "exec" });
    assertEquals(cpu.pstate, left);
  }
});

Deno.test("arm64:A/13 a step that began at el= EL0 ends at the vCPU's own level, where its exception comes from", () => {
  for (const model of ["architecture", "max"]) {
    const cpu = stepping({ model });
    cpu.pstate = 0x1c5 | SS;
    assertEquals(cpu.step({ op: "exec", level: 0 }), "next");
    if (model === "architecture") {
      assertEquals(cpu.step({ op: "exec", level: 0 }, CODE + 4n), "stay");
    }
    assertEquals(cpu.exceptions, [
      "step esr=0xcf000022 far=0x0 elr=0x40080004 spsr=0x1c5",
    ], model);
  }
});

Deno.test("arm64:A/13.1 ERET: to the next instruction, at the level that SPSR_EL1 names", () => {
  const rows = [
    [{ maskLo: 0 }, 0x1c5],
    [{ lo: 0, maskLo: 0b1100 }, 0x1c0],
    [{ lo: 0b0100, maskLo: 0b1100 }, 0x1c5],
    [{ lo: D, maskLo: D }, 0x3c5],
    [{ lo: 0x8000_0000 | 0, maskLo: 0x8000_0000 | 0 }, 0x8000_01c5 | 0],
  ] as const;
  for (const [parts, pstate] of rows) {
    const cpu = new TestCpu();
    assertEquals(cpu.step({ op: "eret", ...parts }, 0x7_4008_0000n), "next");
    assertEquals(cpu.pstate, pstate);
    assertEquals(cpu.pc, 0x7_4008_0004n);
    assertEquals(cpu.vcpu64(VCPU.elr), 0x7_4008_0004n);
    assertEquals(cpu.f.w[cpu.f.vcpu + VCPU.spsr], pstate);
  }
});

Deno.test("arm64:A/13.1 ERET with el=1 returns to the vCPU's own level, with its flags and masks", () => {
  for (const pstate of [0x1c0, 0xa000_0080 | 0]) {
    const cpu = new TestCpu();
    cpu.pstate = pstate;
    assertEquals(cpu.step({ op: "eret", maskLo: 0, level: 1 }), "next");
    assertEquals(cpu.pstate, pstate);
    assertEquals(cpu.f.w[cpu.f.vcpu + VCPU.spsr], pstate);
  }
});

Deno.test("returnFromEl1(): a step that is pending from the return on has no valid syndrome", () => {
  const cpu = stepping();
  cpu.pstate = 0x3c5;
  // What was stepped before the exception is no part of it.
  cpu.f.w[cpu.f.vcpu + VCPU.stepped] = 1;
  cpu.f.w[cpu.f.vcpu + VCPU.steppedExclusive] = 1;
  returnFromEl1(cpu.f, 0x1c5);
  cpu.step({ op: "exec" });
  assertEquals(cpu.exceptions, [
    "step esr=0xce000022 far=0x0 elr=0x40080000 spsr=0x1c5",
  ]);
});

Deno.test("arm64:A/13 SVC in a step: it raises its exception, and then clears SS", () => {
  const cpu = stepping();
  cpu.pstate = 0x1c5 | SS;
  cpu.step({ op: "svc" });
  assertEquals(
    cpu.events.slice(0, 2).map((event) =>
      event.kind === "set" ? event.to.name : event.kind
    ),
    ["raise", "PSTATE"],
  );
});
