import { assertEquals } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { CPU, VCPU } from "../engine/arm64/blocks.ts";
import { MODELS } from "../engine/arm64/hardware/models.ts";
import { ARM64_REGISTERS } from "../engine/arm64/registers/table.ts";
import {
  CODE,
  EL0_UNMASKED,
  idOf,
  TDA,
  TDE,
  TDOSA,
  TDRA,
  TestCpu,
} from "./arm64_cpu.ts";

const ALL_TRAPS = TDA | TDOSA | TDRA;

/** A CPU on which everything traps that can: MDCR_EL2's controls, and HCR_EL2.TID3. */
function trappingAll(): TestCpu {
  const cpu = new TestCpu().write({ mdcr: ALL_TRAPS });
  cpu.f.w[cpu.f.cpu + CPU.tid3] = 1;
  return cpu;
}

/** What happens: `undef`, `hardware`, or the control that traps. */
function outcomeOf(
  cpu: TestCpu,
  op: "read" | "write",
  register: string,
): string {
  const outcome = cpu.step({ op, register: idOf(register) });
  for (const event of cpu.events) {
    if (event.kind === "trap") {
      assertEquals(outcome, "exits");
      return event.because;
    }
    if (event.kind === "access") {
      const isDone = event.by === "hardware" || event.by === "kvm";
      assertEquals(outcome, isDone ? "next" : "skipped");
      return event.by;
    }
  }
  return "nothing";
}

/** What each register's read and write come to, with everything trapped and with nothing. */
const ACCESSES: readonly [
  register: string,
  trapped: readonly [read: string, write: string],
  free: readonly [read: string, write: string],
][] = [
  ["dbgbcr0", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgbvr5", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgbcr6", ["undef", "undef"], ["undef", "undef"]],
  ["dbgbvr15", ["undef", "undef"], ["undef", "undef"]],
  ["dbgwcr3", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgwvr4", ["undef", "undef"], ["undef", "undef"]],
  ["mdscr", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["mdccint", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["oseccr", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["osdtrrx", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["osdtrtx", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgclaimset", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgclaimclr", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgauthstatus", ["TDA", "undef"], ["hardware", "undef"]],
  ["mdccsr", ["TDA", "undef"], ["hardware", "undef"]],
  ["dbgdtr", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgdtrrx", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["dbgdtrtx", ["TDA", "TDA"], ["hardware", "hardware"]],
  ["oslar", ["undef", "TDOSA"], ["undef", "hardware"]],
  ["oslsr", ["TDOSA", "undef"], ["hardware", "undef"]],
  ["osdlr", ["TDOSA", "TDOSA"], ["hardware", "hardware"]],
  ["dbgprcr", ["TDOSA", "TDOSA"], ["hardware", "hardware"]],
  ["mdrar", ["TDRA", "undef"], ["hardware", "undef"]],
  ["id_aa64dfr0", ["TID3", "undef"], ["hardware", "undef"]],
  ["id_aa64dfr1", ["TID3", "undef"], ["hardware", "undef"]],
  ["contextidr", ["hardware", "hardware"], ["hardware", "hardware"]],
  ["contextidr_el2", ["undef", "undef"], ["undef", "undef"]],
  ["mdcr", ["undef", "undef"], ["undef", "undef"]],
  ["dbgvcr32", ["undef", "undef"], ["undef", "undef"]],
  ["mdselr", ["undef", "undef"], ["undef", "undef"]],
];
for (const [register, trapped, free] of ACCESSES) {
  (["read", "write"] as const).forEach((op, i) => {
    Deno.test(`arm64:A/14 access(): ${op} of ${register}`, () => {
      assertEquals(
        outcomeOf(trappingAll(), op, register),
        trapped[i],
      );
      assertEquals(outcomeOf(new TestCpu(), op, register), free[i]);
      // TDE counts as all three.
      const debug = ["TDA", "TDOSA", "TDRA"].includes(trapped[i]);
      assertEquals(
        outcomeOf(new TestCpu().write({ mdcr: TDE }), op, register),
        debug ? "TDE" : free[i],
      );
    });
  });
}

Deno.test("arm64:A/14 access(): each of the three controls traps its own registers alone", () => {
  const rows = [
    [TDA, "mdscr", "TDA"],
    [TDA, "oslsr", "hardware"],
    [TDA, "mdrar", "hardware"],
    [TDOSA, "mdscr", "hardware"],
    [TDOSA, "oslsr", "TDOSA"],
    [TDRA, "mdrar", "TDRA"],
    [1n << 27n, "dbgdtr", "TDCC"],
    [1n << 27n, "mdscr", "hardware"],
  ] as const;
  for (const [mdcr, register, want] of rows) {
    assertEquals(
      outcomeOf(new TestCpu().write({ mdcr }), "read", register),
      want,
    );
  }
});

Deno.test("every register of the table has an outcome, on every CPU, from EL0 and EL1", () => {
  for (const { name: model } of MODELS) {
    for (const { short } of ARM64_REGISTERS.all) {
      for (const op of ["read", "write"] as const) {
        for (const pstate of [0x1c5, EL0_UNMASKED]) {
          const cpu = new TestCpu({ model }).write({ mdcr: TDA });
          cpu.pstate = pstate;
          outcomeOf(cpu, op, short);
        }
      }
    }
  }
});

/** Syndromes of trapped accesses: EC 0x18, IL, op0 op2 op1 CRn Rt=0 CRm, direction. */
const SYNDROMES: readonly [
  op: "read" | "write",
  register: string,
  esr: bigint,
][] = [
  ["write", "dbgbvr0", 0x6228_0000n],
  ["read", "dbgbvr0", 0x6228_0001n],
  ["write", "dbgbcr3", 0x622a_0006n],
  ["read", "dbgwcr1", 0x622e_0003n],
  ["write", "mdscr", 0x6224_0004n],
  ["write", "oslar", 0x6228_0400n],
  ["read", "id_aa64dfr0", 0x6230_000bn],
];
for (const [op, register, esr] of SYNDROMES) {
  Deno.test(`arm64:A/8 accessIss(): ${op} of ${register}`, () => {
    const cpu = trappingAll();
    assertEquals(cpu.step({ op, register: idOf(register) }), "exits");
    assertEquals(cpu.vcpu64(VCPU.exitEsr), esr);
    assertEquals(cpu.pc, CODE);
  });
}

Deno.test("arm64:A/1.2 DAIFSet and DAIFClr at EL0 trap to EL1, with the encoding of the instruction", () => {
  // [PSTATE bits that the instruction sets or clears, what it sets of them, ESR_EL1]
  const rows = [
    [0x200, 0x200, 0x620c_d3f0n],
    [0x200, 0, 0x620e_d3f0n],
    [0x3c0, 0x3c0, 0x620c_d3fen],
    [0x080, 0, 0x620e_d3e4n],
    // Of no bit: what is set beside the mask tells them apart.
    [0, 0x3c0, 0x620c_d3e0n],
    [0, 0, 0x620e_d3e0n],
    // Some set and some cleared: MSR DAIF.
    [0x3c0, 0x200, 0x6232_d004n],
    [-1, 0x3c5, 0x6232_d004n],
  ] as const;
  for (const [maskLo, lo, esr] of rows) {
    const cpu = new TestCpu();
    cpu.pstate = EL0_UNMASKED;
    cpu.step({ op: "write", register: idOf("pstate"), lo, maskLo });
    assertEquals(cpu.vcpu64(VCPU.esr), esr, `${maskLo} ${lo}`);
    assertEquals(cpu.vcpu64(VCPU.elr), CODE + 4n);
  }
});

Deno.test("arm64:A/1 access(): EL0 reaches nothing but the channel, and that unless TDCC is set", () => {
  const rows = [
    ["mdscr", 0n, "undef esr=0x2000000"],
    ["dbgbcr0", 0n, "undef esr=0x2000000"],
    ["contextidr", 0n, "undef esr=0x2000000"],
    ["mdccsr", 0n, undefined],
    ["mdccsr", 0x1000n, "undef esr=0x6220c003"],
    ["dbgdtr", 0n, undefined],
    ["dbgdtrrx", 0n, undefined],
    ["dbgdtrtx", 0n, undefined],
    // The direction says which of the two it is.
    ["dbgdtrrx", 0x1000n, "undef esr=0x6220c00b"],
    ["dbgdtrtx", 0x1000n, "undef esr=0x6220c00b"],
    ["pstate", 0n, "undef esr=0x6232d005"],
  ] as const;
  for (const [register, mdscr, exception] of rows) {
    const cpu = new TestCpu().write({ mdscr });
    cpu.pstate = EL0_UNMASKED;
    cpu.step({ op: "read", register: idOf(register) });
    assertEquals(
      cpu.exceptions.map((e) => e.split(" far")[0]),
      exception ? [exception] : [],
      register,
    );
  }
});

/** ESR of a read of ID_AA64DFR0_EL1 at EL0, by CPU. */
const AT_EL0: readonly [model: string, esr: string][] = [
  ["architecture", "0x6230000b"],
  ["max", "0x6230000b"],
  ["neoverse-n1", "0x2000000"],
  ["cortex-a57", "0x2000000"],
];
for (const [model, esr] of AT_EL0) {
  Deno.test(`arm64:A/1.1 access(): a read of an ID register at EL0 (${model})`, () => {
    const cpu = new TestCpu({ model });
    cpu.pstate = EL0_UNMASKED;
    cpu.step({ op: "read", register: idOf("id_aa64dfr0") });
    assertEquals(cpu.exceptions.map((e) => e.split(" far")[0]), [
      `undef esr=${esr}`,
    ]);
    // What is no ID register is UNDEFINED.
    cpu.step({ op: "read", register: idOf("mdscr") });
    assertEquals(cpu.exceptions[1].split(" far")[0], "undef esr=0x2000000");
  });
}

Deno.test("arm64:A/1 access(): el= holds for its instruction alone", () => {
  const cpu = new TestCpu();
  assertEquals(
    cpu.step({ op: "read", register: idOf("mdscr"), level: 0 }),
    "skipped",
  );
  assertEquals(cpu.exceptions, [
    "undef esr=0x2000000 far=0x0 elr=0x40080000 spsr=0x1c0",
  ]);
  assertEquals(cpu.pstate, 0x1c5);
  assertEquals(cpu.step({ op: "read", register: idOf("mdscr") }), "next");
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("the stand-ins lack registers: UNDEFINED without an exit", () => {
  for (
    const register of [
      "osdtrrx",
      "oseccr",
      "dbgprcr",
      "dbgclaimset",
      "dbgauthstatus",
      "dbgdtr",
      "dbgdtrrx",
    ]
  ) {
    for (const model of ["max", "cortex-a57"]) {
      const cpu = new TestCpu({ model }).write({ mdcr: ALL_TRAPS });
      assertEquals(outcomeOf(cpu, "read", register), "undef", register);
    }
  }
});

Deno.test("CONTEXTIDR_EL1: with HCR_EL2.TVM a write traps, a read does not", () => {
  const cpu = (tvm: number) => {
    const made = new TestCpu();
    made.f.w[made.f.cpu + CPU.tvm] = tvm;
    return made;
  };
  assertEquals(outcomeOf(cpu(1), "write", "contextidr"), "TVM");
  assertEquals(outcomeOf(cpu(1), "read", "contextidr"), "hardware");
  assertEquals(outcomeOf(cpu(0), "write", "contextidr"), "hardware");
});

/** Whether a write of CONTEXTIDR_EL1 traps: cortex-a57 and neoverse-n1 have no FEAT_S2FWB. */
const TVM:
  readonly (readonly [kernel: string, model: string, traps: number])[] = [
    ["linux-5.4", "architecture", 1],
    ["linux-5.4", "neoverse-n1", 1],
    ["linux-5.5", "architecture", 0],
    ["linux-5.5", "neoverse-n1", 1],
    ["linux-7.2", "architecture", 0],
    ["linux-7.2", "cortex-a57", 1],
  ];
for (const [kernel, model, traps] of TVM) {
  Deno.test(`arm64:E/1.38 trapsVm(): a write of CONTEXTIDR_EL1 on ${kernel}, ${model}`, async () => {
    const io = new MemoryIo({
      files: {
        "a.dregs":
          `host model=${model}\nguest write contextidr 7\nrun\nexpect traps == ${traps}\n`,
      },
    });
    const status = await main(["run", "--kernel", kernel, "a.dregs"], io);
    assertEquals(status, 0, io.stdout + io.stderr);
  });
}

/** All ones written natively, and what reads back. */
const KEPT: readonly [register: string, architecture: bigint, max: bigint][] = [
  ["dbgbcr0", 0x00ff_e1e7n, 0xffff_ffff_ffff_ffffn],
  ["dbgbvr0", 0xffff_ffff_ffff_fffcn, 0xffff_ffff_ffff_ffffn],
  ["dbgbvr5", 0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
  ["dbgwcr0", 0x1f1f_ffffn, 0xffff_ffff_ffff_ffffn],
  ["dbgwvr0", 0xffff_ffff_ffff_fffcn, 0xffff_ffff_ffff_fffcn],
  ["mdscr", 0x0000_b001n, 0xffff_ffff_ffff_ffffn],
  ["mdccint", 0x6000_0000n, 0n],
  ["contextidr", 0xffff_ffffn, 0xffff_ffff_ffff_ffffn],
  ["osdlr", 1n, 1n],
];
for (const [register, architecture, max] of KEPT) {
  Deno.test(`arm64:A/5 writePhysical(): what ${register} keeps`, () => {
    for (
      const [model, want] of [["architecture", architecture], [
        "max",
        max,
      ]] as const
    ) {
      const cpu = new TestCpu({ model }).write({
        [register]: 0xffff_ffff_ffff_ffffn,
      });
      assertEquals(cpu.read(register), want, model);
    }
  });
}

/** As recorded: BAS[3] and BAS[1] copy BAS[2] and BAS[0]. */
const PAIRS: readonly [written: bigint, kept: bigint][] = [
  [0x3n, 0x3n],
  [0x23n, 0x63n],
  [0x43n, 0x3n],
  [0x83n, 0x183n],
  [0xa3n, 0x1e3n],
  [0x103n, 0x3n],
  [0x1c3n, 0x183n],
  [0x1e3n, 0x1e3n],
];
for (const [written, kept] of PAIRS) {
  Deno.test(`arm64:A/3 writePhysical(): BAS of 0x${written.toString(16)} in pairs`, () => {
    assertEquals(
      new TestCpu({ model: "max" }).write({ dbgbcr0: written }).read("dbgbcr0"),
      kept,
    );
    assertEquals(
      new TestCpu().write({ dbgbcr0: written }).read("dbgbcr0"),
      written,
    );
  });
}

Deno.test("arm64:A/2 writePhysical(): under the OS lock MDSCR_EL1 keeps external debug state too", () => {
  const cpu = new TestCpu().write({ oslar: 1n, mdscr: (1n << 64n) - 1n });
  assertEquals(cpu.read("mdscr"), 0xece8_f041n);
  assertEquals(cpu.read("oslsr"), 0xan);
  assertEquals(cpu.write({ oslar: 0n }).read("oslsr"), 0x8n);
});

Deno.test("arm64:A/2 writePhysical(): without the OS lock HDE and external debug state are read-only", () => {
  const cpu = new TestCpu().write({ oslar: 1n, mdscr: 0xffff_ffffn })
    .write({ oslar: 0n });
  assertEquals(cpu.write({ mdscr: 0n }).read("mdscr"), 0xece8_4040n);
  cpu.write({ oslar: 1n }).write({ mdscr: 0n }).write({ oslar: 0n });
  assertEquals(cpu.write({ mdscr: 0xffff_ffffn }).read("mdscr"), 0xb001n);
});

Deno.test("arm64:A/1 claim tags are set by one register and cleared by the other", () => {
  const cpu = new TestCpu().write({ dbgclaimset: 0xf5n });
  assertEquals(cpu.read("dbgclaimset"), 0xffn);
  assertEquals(cpu.read("dbgclaimclr"), 0xf5n);
  assertEquals(cpu.write({ dbgclaimclr: 0x11n }).read("dbgclaimclr"), 0xe4n);
});

Deno.test("arm64:A/1 DBGDTR_EL0: what is written goes out with its low word, and is read with its high one", () => {
  const cpu = new TestCpu().write({ dbgdtr: 0x1111_1111_2222_2222n });
  assertEquals(cpu.read("osdtrtx"), 0x2222_2222n);
  assertEquals(cpu.read("osdtrrx"), 0x1111_1111n);
  assertEquals(cpu.read("dbgdtr"), 0x2222_2222_1111_1111n);
  assertEquals(cpu.read("dbgdtrrx"), 0x1111_1111n);
  cpu.write({ dbgdtrtx: 0x3333_3333n });
  assertEquals(cpu.read("dbgdtr"), 0x3333_3333_1111_1111n);
});

Deno.test("arm64:A/13 a read of PSTATE", () => {
  const cpu = new TestCpu();
  cpu.pstate = 0x8000_01c5 | 0;
  [cpu.f.lo, cpu.f.hi] = [-1, -1];
  assertEquals(cpu.step({ op: "read", register: idOf("pstate") }), "next");
  const values = cpu.events.flatMap((event) =>
    event.kind === "access" ? [event.value] : []
  );
  assertEquals(values, [0x8000_01c5n]);
});

/** ID_DFR0_EL1: PerfMon 27:24, MMapTrc 23:20, CopSDbg 7:4, CopDbg 3:0. As QEMU 7.2 gives them, cpu64.c. */
const ID_DFR0: readonly [model: string, value: bigint][] = [
  ["architecture", 0x601_0009n],
  ["max", 0x601_0009n],
  ["cortex-a57", 0x301_0006n],
  ["neoverse-n1", 0x401_0088n],
];
for (const [model, value] of ID_DFR0) {
  Deno.test(`arm64:A/1 ID_DFR0_EL1 of ${model}`, () => {
    assertEquals(new TestCpu({ model }).read("id_dfr0"), value);
  });
}

Deno.test("arm64:A/6 ID_AA64DFR0_EL1 of the machine has its counts", () => {
  assertEquals(new TestCpu({ model: "max" }).read("id_aa64dfr0"), 0x1030_5609n);
  const least = new TestCpu({ brps: 2, ctx: 1, wrps: 2, model: "cortex-a57" });
  assertEquals(least.read("id_aa64dfr0"), 0x0010_1106n);
  const n1 = new TestCpu({ model: "neoverse-n1" });
  assertEquals(n1.read("id_aa64dfr0"), 0x1_1030_5408n);
  const most = new TestCpu({ brps: 16, ctx: 16, wrps: 16 });
  assertEquals(most.read("id_aa64dfr0"), 0xf0f0_f609n);
});
