/**
 * What the CPU says of a comparison that failed, on both kinds of watchpoint unit; and what a hit depended on.
 */
import { assertEquals } from "@std/assert";
import type { CpuComparison, Unit } from "../engine/comparison.ts";
import type { InsnParts } from "../engine/program.ts";
import {
  CODE,
  type CpuOptions,
  EL0_UNMASKED,
  idOf,
  MDE_KDE,
  TDE,
  TestCpu,
} from "./arm64_cpu.ts";

/** A double word in the middle of nowhere. */
const DATA = 0x4004_0020n;

/** BT=unlinked address, BAS=0xf, PMC=EL1, E. */
const BREAK = 0x1e3n;
/** BAS=0xff, LSC both, PAC=EL1, E. */
const WATCH = 0x1ffbn;
/** BT=linked address, or WT, with LBN=5. */
const LINKED_TO_5 = 0x15_0000n;

const EXEC: InsnParts = { op: "exec" };
const STORE: InsnParts = { op: "store", lo: Number(DATA), sizeBytes: 4 };

/** What one comparison says: `met`, or the register, the field and its value, and what it must be. */
function text({ unmet, isThere }: CpuComparison): string {
  if (unmet === undefined) return isThere ? "met" : "met elsewhere";
  const { place, field, value, needed } = unmet;
  const where = place === undefined
    ? "fact"
    : `${place.name}${field === undefined ? "" : `.${field}`} is 0x${
      value.toString(16)
    }`;
  return `${where}; ${needed}${isThere ? "" : "; elsewhere"}`;
}

/** Executes one instruction. @returns what is said of each comparison, by unit and number */
function comparisons(
  registers: Readonly<Record<string, bigint>>,
  insn: InsnParts,
  { pstate, ...options }: CpuOptions & { readonly pstate?: number } = {},
): ReadonlyMap<string, string> {
  const cpu = new TestCpu(options).write({ mdscr: MDE_KDE, ...registers });
  if (pstate !== undefined) cpu.pstate = pstate;
  const found = new Map<string, string>();
  const key = (unit: Unit, number: number) => `${unit} ${number}`;
  cpu.f.sink = {
    push: () => {},
    compared: (one) => found.set(key(one.unit, one.number), text(one)),
  };
  cpu.step(insn);
  return found;
}

const ADDRESS = "the instruction's address, 0x40080000";
const ACCESSED = "the address of what is accessed, 0x40040020 to 0x40040023";
const NO_TARGET = "the number of a context-aware breakpoint";

/** Breakpoint 0, or the one that is named. Arm ARM, CheckBreakpoint conditions; rules arm64:A/9 to arm64:A/12. */
const BREAKPOINTS: readonly (readonly [
  registers: Readonly<Record<string, bigint>>,
  said: string,
  number?: number,
])[] = [
  [{ dbgbvr0: CODE, dbgbcr0: BREAK }, "met"],
  [{ dbgbvr0: CODE + 8n }, "DBGBCR0_EL1.E is 0x0; 1; elsewhere"],
  [
    { dbgbvr0: CODE + 8n, dbgbcr0: BREAK },
    `DBGBVR0_EL1 is 0x40080008; ${ADDRESS}; elsewhere`,
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0x183n },
    "DBGBCR0_EL1.BAS is 0xc; 0xf, or a value with bit 0 set",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | 4n << 20n },
    "DBGBCR0_EL1.BT is 0x4; a type that AArch64 has",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | 5n << 20n },
    "DBGBCR0_EL1.BT is 0x5; a type that AArch64 has",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | 2n << 20n },
    "DBGBCR0_EL1.BT is 0x2; an address type: the breakpoint is not context-aware",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0xc1e5n },
    "DBGBCR0_EL1.PMC is 0x2; a value that is allocated with HMC=0 SSC=0b11",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0x61e5n },
    "DBGBCR0_EL1.PMC is 0x2; a value that is allocated with HMC=1 SSC=0b01",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0x1e5n },
    "DBGBCR0_EL1.PMC is 0x2; `el1` or `both`: the CPU is at EL1",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0x81e3n },
    "DBGBCR0_EL1.SSC is 0x2; 0b00 or 0b01: the guest is in the Non-secure state",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: 0xc1e3n },
    "DBGBCR0_EL1.SSC is 0x3; 0b00 or 0b01: the guest is in the Non-secure state",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | LINKED_TO_5 },
    "DBGBCR5_EL1.E is 0x0; 1: it is linked to",
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | 0x13_0000n },
    `DBGBCR0_EL1.LBN is 0x3; ${NO_TARGET}`,
  ],
  [
    { dbgbvr0: CODE, dbgbcr0: BREAK | LINKED_TO_5, dbgbcr5: BREAK },
    "DBGBCR5_EL1.BT is 0x0; a linked context type: it is linked to",
  ],
  [
    {
      dbgbvr0: CODE,
      dbgbcr0: BREAK | LINKED_TO_5,
      dbgbvr5: 0x7n,
      dbgbcr5: 0x30_01e7n,
      contextidr: 0x8765_4321n,
    },
    "DBGBVR5_EL1 is 0x7; CONTEXTIDR_EL1, 0x87654321: it is linked to",
  ],
  [
    { dbgbcr5: 0x30_01e7n },
    "DBGBCR5_EL1.BT is 0x3; an unlinked type: a linked context type fires only through a link",
    5,
  ],
];

for (const [registers, said, number = 0] of BREAKPOINTS) {
  Deno.test(`arm64:A/9 why a breakpoint does not match: ${said}`, () => {
    const found = comparisons(registers, EXEC);
    assertEquals(found.get(`breakpoint ${number}`), said);
  });
}

Deno.test("each breakpoint and watchpoint that the machine has is compared, and no other", () => {
  for (const model of ["architecture", "max"]) {
    const found = comparisons({}, STORE, { model, brps: 3, wrps: 2 });
    assertEquals([...found.keys()].sort(), [
      "breakpoint 0",
      "breakpoint 1",
      "breakpoint 2",
      "step -1",
      "watchpoint 0",
      "watchpoint 1",
    ]);
  }
});

/** What a context type compares with, by BT; contexts 0x8765_4321 and 0x9abc_def0, VMID 1. */
const CONTEXTS: readonly (readonly [bt: bigint, needed: string])[] = [
  [0b0010n, "CONTEXTIDR_EL1, 0x87654321"],
  [0b0110n, "CONTEXTIDR_EL1, 0x87654321"],
  [0b1000n, "the VMID, 0x1"],
  [0b1010n, "CONTEXTIDR_EL1, 0x87654321, and the VMID, 0x1"],
  [0b1100n, "CONTEXTIDR_EL2, 0x9abcdef0"],
  [0b1110n, "CONTEXTIDR_EL1, 0x87654321, and CONTEXTIDR_EL2, 0x9abcdef0"],
];

for (const [bt, needed] of CONTEXTS) {
  Deno.test(`arm64:A/11 why a breakpoint of BT 0x${bt.toString(16)} does not match`, () => {
    const found = comparisons({
      contextidr: 0x8765_4321n,
      contextidr_el2: 0x9abc_def0n,
      dbgbvr4: 0x5n,
      dbgbcr4: BREAK | bt << 20n,
    }, EXEC);
    assertEquals(found.get("breakpoint 4"), `DBGBVR4_EL1 is 0x5; ${needed}`);
  });
}

/** Watchpoint 1 and a store, on both kinds of unit. */
const WATCHPOINTS: readonly (readonly [
  registers: Readonly<Record<string, bigint>>,
  said: string,
])[] = [
  [{ dbgwvr1: DATA, dbgwcr1: WATCH }, "met"],
  [
    { dbgwvr1: DATA, dbgwcr1: 0x1febn },
    "DBGWCR1_EL1.LSC is 0x1; `store` or `both`",
  ],
  [
    { dbgwvr1: DATA + 8n, dbgwcr1: WATCH },
    `DBGWVR1_EL1 is 0x40040028; ${ACCESSED}; elsewhere`,
  ],
  [
    { dbgwvr1: DATA, dbgwcr1: 0x200_1ffbn },
    "DBGWCR1_EL1.MASK is 0x2; 0, or at least 3; elsewhere",
  ],
  [
    { dbgwvr1: DATA, dbgwcr1: 0x1ffdn },
    "DBGWCR1_EL1.PAC is 0x2; `el1` or `both`: the CPU is at EL1",
  ],
  [
    { dbgwvr1: DATA, dbgwcr1: WATCH | LINKED_TO_5 },
    "DBGBCR5_EL1.E is 0x0; 1: it is linked to",
  ],
  [
    { dbgwvr1: DATA, dbgwcr1: WATCH | 0x13_0000n },
    `DBGWCR1_EL1.LBN is 0x3; ${NO_TARGET}`,
  ],
  [
    { mdscr: 0x2000n, dbgwvr1: DATA, dbgwcr1: WATCH },
    "MDSCR_EL1.MDE is 0x0; 1",
  ],
];

for (const [registers, said] of WATCHPOINTS) {
  for (const model of ["architecture", "max"]) {
    Deno.test(`arm64:A/9 why a watchpoint does not match: ${said} (${model})`, () => {
      for (const number of ["0", "1", "3"]) {
        const names = Object.entries(registers).map(([name, value]) =>
          [name.replace("1", number), value] as const
        );
        const found = comparisons(Object.fromEntries(names), STORE, { model });
        assertEquals(
          found.get(`watchpoint ${number}`),
          said.replace(/DBGW([CV])R1/, `DBGW$1R${number}`),
        );
      }
    });
  }
}

Deno.test("arm64:A/9 why a watchpoint does not match: neither byte, at EL0", () => {
  // BAS of bytes 4 to 7, LSC both, PAC both, E.
  const registers = { dbgwvr1: DATA, dbgwcr1: 0x1e1fn };
  const found = comparisons(registers, STORE, { pstate: EL0_UNMASKED });
  assertEquals(
    found.get("watchpoint 1"),
    "DBGWCR1_EL1.BAS is 0xf0; a value with the bit of a byte of the access, 0x40040020 to 0x40040023; elsewhere",
  );
});

/** The condition of all debug exceptions, which comes before those of one breakpoint; and of a step. */
const GENERAL: readonly (readonly [
  registers: Readonly<Record<string, bigint>>,
  pstate: number,
  breakpoint: string,
  step: string,
])[] = [
  [
    { mdscr: 0x2001n },
    0x20_01c5,
    "MDSCR_EL1.MDE is 0x0; 1",
    "met",
  ],
  [
    { mdscr: 0x8000n },
    0x1c5,
    "MDSCR_EL1.KDE is 0x0; 1 for a debug exception that EL1 takes from EL1",
    "MDSCR_EL1.SS is 0x0; 1",
  ],
  [
    { mdscr: 0xa001n },
    0x3c5,
    "PSTATE.D is 0x1; 0 for a debug exception that EL1 takes from EL1",
    "PSTATE.D is 0x1; 0 for a debug exception that EL1 takes from EL1",
  ],
  [
    { mdscr: 0xa001n, oslar: 1n },
    0x1c5,
    "OSLSR_EL1.OSLK is 0x1; 0",
    "OSLSR_EL1.OSLK is 0x1; 0",
  ],
  [
    { mdscr: 0xa001n, osdlr: 1n },
    0x1c5,
    "OSDLR_EL1.DLK is 0x1; 0",
    "OSDLR_EL1.DLK is 0x1; 0",
  ],
];

for (const [registers, pstate, breakpoint, step] of GENERAL) {
  Deno.test(`arm64:A/7 why no debug exception is taken: ${breakpoint}`, () => {
    const armed = { dbgbvr0: CODE, dbgbcr0: BREAK, ...registers };
    const found = comparisons(armed, EXEC, { pstate });
    assertEquals(found.get("breakpoint 0"), breakpoint);
    assertEquals(found.get("step -1"), step);
  });
}

/** What a hit of breakpoint or watchpoint 0 depended on, as registers. */
const NEEDED: readonly (readonly [
  what: string,
  registers: Readonly<Record<string, bigint>>,
  insn: InsnParts,
  parts: string,
  pstate?: number,
])[] = [
  [
    "a breakpoint",
    { dbgbvr0: CODE, dbgbcr0: BREAK },
    EXEC,
    "DBGBVR0_EL1 DBGBCR0_EL1 MDSCR_EL1:a000 PSTATE:200",
  ],
  [
    "a breakpoint at EL0",
    { dbgbvr0: CODE, dbgbcr0: 0x1e5n },
    EXEC,
    "DBGBVR0_EL1 DBGBCR0_EL1 MDSCR_EL1:8000",
    EL0_UNMASKED,
  ],
  [
    "a breakpoint that EL2 takes",
    { dbgbvr0: CODE, dbgbcr0: BREAK, mdcr: TDE },
    EXEC,
    "DBGBVR0_EL1 DBGBCR0_EL1 MDSCR_EL1:8000",
  ],
  [
    "a linked breakpoint",
    { dbgbvr0: CODE, dbgbcr0: BREAK | LINKED_TO_5, dbgbcr5: 0x30_01e7n },
    EXEC,
    "DBGBVR0_EL1 DBGBCR0_EL1 MDSCR_EL1:a000 PSTATE:200 DBGBCR5_EL1 DBGBVR5_EL1 CONTEXTIDR_EL1",
  ],
  [
    "a watchpoint",
    { dbgwvr0: DATA, dbgwcr0: WATCH },
    STORE,
    "DBGWVR0_EL1 DBGWCR0_EL1 MDSCR_EL1:a000 PSTATE:200",
  ],
  [
    "a linked watchpoint",
    { dbgwvr0: DATA, dbgwcr0: WATCH | LINKED_TO_5, dbgbcr5: 0x30_01e7n },
    STORE,
    "DBGWVR0_EL1 DBGWCR0_EL1 MDSCR_EL1:a000 PSTATE:200 DBGBCR5_EL1 DBGBVR5_EL1 CONTEXTIDR_EL1",
  ],
];

for (const [what, registers, insn, parts, pstate] of NEEDED) {
  Deno.test(`arm64:A/9 what a hit depended on: ${what}`, () => {
    const cpu = new TestCpu({}).write({ mdscr: MDE_KDE, ...registers });
    if (pstate !== undefined) cpu.pstate = pstate;
    cpu.step(insn);
    const needed = cpu.events.flatMap((event) =>
      event.kind === "hit"
        ? (event.needed ?? []).filter((part) => part !== undefined)
        : []
    );
    const all = (1n << 64n) - 1n;
    assertEquals(
      needed.map(({ place, bits }) =>
        bits === all ? place.name : `${place.name}:${bits.toString(16)}`
      ).join(" "),
      parts,
    );
  });
}

Deno.test("arm64:A/9 what a hit of a context type depended on", () => {
  const cpu = new TestCpu().write({
    mdscr: MDE_KDE,
    dbgbcr5: BREAK | 2n << 20n,
  });
  cpu.step(EXEC);
  const needed = cpu.events.flatMap((event) =>
    event.kind === "hit"
      ? (event.needed ?? []).filter((part) => part !== undefined)
      : []
  );
  assertEquals(needed.map(({ place }) => place.name), [
    "DBGBVR5_EL1",
    "DBGBCR5_EL1",
    "MDSCR_EL1",
    "PSTATE",
    "CONTEXTIDR_EL1",
  ]);
});

Deno.test("what is compared: where it is, its bytes, and for data whether it is read or written", () => {
  const compared = (insn: InsnParts) => {
    const found = new Set<string>();
    const cpu = new TestCpu();
    cpu.f.sink = {
      push: () => {},
      compared: ({ unit, address, sizeBytes, access, isThere }) =>
        found.add(
          `${unit} 0x${address.toString(16)} ${sizeBytes} ${access}${
            isThere ? "" : " elsewhere"
          }`,
        ),
    };
    cpu.step(insn);
    return [...found].sort();
  };
  const instruction = (unit: Unit) => `${unit} 0x40080000 4 0`;
  // The registers are 0: only breakpoints and watchpoints are set elsewhere.
  const all = [
    `${instruction("breakpoint")} elsewhere`,
    instruction("step"),
  ];
  assertEquals(compared(EXEC), all);
  assertEquals(compared({ op: "read", register: idOf("mdscr") }), [
    ...all,
    instruction("trap"),
  ]);
  // LSC in place: bit 3 a load, bit 4 a store.
  assertEquals(compared(STORE), [
    ...all,
    "watchpoint 0x40040020 4 16 elsewhere",
  ]);
  assertEquals(compared({ ...STORE, op: "load", sizeBytes: 8 }), [
    ...all,
    "watchpoint 0x40040020 8 8 elsewhere",
  ]);
});

Deno.test("arm64:A/9 an access touches what a watchpoint watches, enabled or not", () => {
  for (const model of ["architecture", "max"]) {
    const touched = (dbgwcr0: bigint) => {
      const cpu = new TestCpu({ model }).write({ dbgwvr0: DATA, dbgwcr0 });
      const found: boolean[] = [];
      cpu.f.sink = {
        push: () => {},
        compared: ({ unit, number, isThere }) => {
          if (unit === "watchpoint" && number === 0) found.push(isThere);
        },
      };
      cpu.step(STORE);
      return found;
    };
    assertEquals([WATCH, WATCH & ~1n].map(touched), [[true], [true]], model);
  }
});

/** Instructions beside those above whose way through the CPU depends on what looks on. */
const OTHERS: readonly InsnParts[] = [
  { op: "read", register: idOf("dbgbvr0") },
  { op: "read", register: idOf("dbgbcr15") },
  { op: "read", register: idOf("mdscr"), level: 0 },
  { op: "write", register: idOf("pstate"), lo: 0, maskLo: 0x200 },
  { op: "load", lo: 0x1000_0000, sizeBytes: 4, mmio: true },
  { op: "ldxr", lo: Number(DATA), sizeBytes: 8 },
  { op: "stxr", lo: Number(DATA), sizeBytes: 8 },
  { op: "svc", lo: 1 },
  { op: "hvc", lo: 1 },
  { op: "smc", lo: 1 },
  { op: "eret", level: 0 },
  { op: "brk", lo: 1 },
  { op: "eret" },
];

Deno.test("a step is the same whether nothing, events or comparisons are reported", () => {
  const steps: (readonly [Readonly<Record<string, bigint>>, InsnParts])[] = [
    ...BREAKPOINTS.map(([registers]) => [registers, EXEC] as const),
    ...WATCHPOINTS.map(([registers]) => [registers, STORE] as const),
    ...GENERAL.map(([registers]) => [registers, EXEC] as const),
    ...NEEDED.map(([, registers, insn]) => [registers, insn] as const),
    ...OTHERS.map((insn) => [{}, insn] as const),
    ...OTHERS.map((insn) => [{ mdcr: 0xf00n }, insn] as const),
  ];
  for (const model of ["architecture", "max", "cortex-a57"]) {
    for (const [registers, insn] of steps) {
      const after = [null, "events", "comparisons"].map((told) => {
        const cpu = new TestCpu({ model });
        cpu.write({ mdscr: MDE_KDE, ...registers });
        const push = () => {};
        if (told === null) cpu.f.sink = null;
        if (told === "comparisons") cpu.f.sink = { push, compared: push };
        const outcome = cpu.step(insn);
        return [outcome, cpu.f.w];
      });
      assertEquals(after[1], after[0], `${model} ${insn.op}`);
      assertEquals(after[2], after[0], `${model} ${insn.op}`);
    }
  }
});
