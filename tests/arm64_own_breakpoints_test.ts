/**
 * Which of its own breakpoints and watchpoints a guest's instruction matches, as coverage and the properties of a
 * search ask it.
 */
import { assertEquals } from "@std/assert";
import { CPU, VCPU, VM } from "../engine/arm64/blocks.ts";
import { ARM64_MONITOR } from "../engine/arm64/explore/monitor.ts";
import { UNMET, type Unmet } from "../engine/arm64/hardware/unmet.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { DEBUGGING, THERE } from "../engine/explore/breakpoints.ts";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import { highWord, lowWord, set64 } from "../engine/word64.ts";
import {
  CODE,
  type CpuOptions,
  idOf,
  MDE_KDE,
  TDE,
  type TestCpu,
} from "./arm64_cpu.ts";
import { accept, guest } from "./arm64_guest_beside.ts";

const { breakpoints } = ARM64_MONITOR;

/** A double word in the middle of nowhere. */
const DATA = 0x4004_0020;

/** BT=unlinked address, BAS=0xf, PMC=EL1, E. */
const BREAK = 0x1e3n;
/** BAS=0xff, LSC both, PAC=EL1, E. */
const WATCH = 0x1ffbn;
/** BT=linked address, or WT, with LBN=5. */
const LINKED_TO_5 = 0x15_0000n;
/** BT=linked Context ID, PMC both, E. */
const CONTEXT = 0x30_01e7n;

const EXEC: InsnParts = {
  op: "exec",
  addressLo: lowWord(CODE),
  addressHi: highWord(CODE),
};
const LOAD: InsnParts = { ...EXEC, op: "load", lo: DATA, sizeBytes: 4 };

/** The slots that an instruction matches, by the registers that the guest has written. */
const MATCHES: readonly [
  what: string,
  registers: Readonly<Record<string, bigint>>,
  insn: InsnParts,
  slots: readonly number[],
][] = [
  ["a breakpoint", { dbgbvr1: CODE, dbgbcr1: BREAK }, EXEC, [1]],
  [
    "two breakpoints",
    { dbgbvr0: CODE, dbgbcr0: BREAK, dbgbvr3: CODE, dbgbcr3: BREAK },
    EXEC,
    [0, 3],
  ],
  ["another address", { dbgbvr1: CODE + 4n, dbgbcr1: BREAK }, EXEC, []],
  ["one that is disabled", { dbgbvr1: CODE, dbgbcr1: BREAK & ~1n }, EXEC, []],
  [
    "a linked breakpoint, and what it links to",
    { dbgbvr1: CODE, dbgbcr1: BREAK | LINKED_TO_5, dbgbcr5: CONTEXT },
    EXEC,
    [1, 5],
  ],
  [
    "LBN of a breakpoint that is not linked",
    { dbgbvr1: CODE, dbgbcr1: BREAK | 5n << 16n, dbgbcr5: CONTEXT },
    EXEC,
    [1],
  ],
  ["a watchpoint", { dbgwvr2: BigInt(DATA), dbgwcr2: WATCH }, LOAD, [18]],
  [
    "a linked watchpoint, and what it links to",
    {
      dbgwvr0: BigInt(DATA),
      dbgwcr0: WATCH | LINKED_TO_5,
      dbgbcr5: CONTEXT,
    },
    LOAD,
    [16, 5],
  ],
  [
    "a breakpoint at an access that a watchpoint sees",
    {
      dbgbvr1: CODE,
      dbgbcr1: BREAK,
      dbgwvr3: BigInt(DATA),
      dbgwcr3: WATCH,
    },
    LOAD,
    [1, 19],
  ],
  [
    "an access that userspace emulates",
    { dbgwvr2: BigInt(DATA), dbgwcr2: WATCH },
    { ...LOAD, mmio: true },
    [18],
  ],
  [
    "an address in both words",
    { dbgbvr1: 0xffff_8000_4008_0000n, dbgbcr1: BREAK },
    { ...EXEC, addressHi: highWord(0xffff_8000_0000_0000n) },
    [1],
  ],
  ["MDE clear", { mdscr: 0x2000n, dbgbvr1: CODE, dbgbcr1: BREAK }, EXEC, []],
  [
    "EL1 left out, at EL0",
    { dbgbvr1: CODE, dbgbcr1: BREAK },
    { ...EXEC, level: 0 },
    [],
  ],
];

/** The bits of slots. */
function bitsOf(list: readonly number[]): number {
  return list.reduce((bits, slot) => bits | 1 << slot, 0);
}

for (const [what, registers, insn, own] of MATCHES) {
  Deno.test(`arm64:A/9 breakpoints.matches(): ${what}`, () => {
    for (const model of [undefined, "max"]) {
      const cpu = guest({ mdscr: MDE_KDE, ...registers }, { model });
      const found = breakpoints.matches(cpu.f, cpu.beside, makeInsn(insn));
      assertEquals(found, { own: bitsOf(own), user: 0, isDetected: false });
    }
  });
}

Deno.test("breakpoints.matches(): of a BAS with holes, a stand-in watches the first run alone", () => {
  const holes = WATCH & ~0x1fe0n | 0x82n << 5n;
  const own = (model: string | undefined, byte: number) => {
    // Bits 1 and 0 of DBGWVR<n>_EL1 are RES0.
    const registers = { dbgwvr2: BigInt(DATA + 3), dbgwcr2: holes };
    const cpu = guest({ mdscr: MDE_KDE, ...registers }, { model });
    const insn = makeInsn({ ...LOAD, lo: DATA + byte, sizeBytes: 1 });
    return breakpoints.matches(cpu.f, cpu.beside, insn)?.own;
  };
  for (const byte of [0, 1, 2, 7, 8]) {
    assertEquals(own(undefined, byte), byte < 8 ? 1 << 18 : 0);
    assertEquals(own("max", byte), byte === 1 ? 1 << 18 : 0);
  }
});

Deno.test("breakpoints.matches(): as many as the guest was given", () => {
  const armed = { dbgbvr4: CODE, dbgbcr4: BREAK };
  const cpu = guest({ mdscr: MDE_KDE, ...armed });
  const own = () => breakpoints.matches(cpu.f, cpu.beside, makeInsn(EXEC))?.own;
  assertEquals(own(), 1 << 4);
  set64(cpu.f.w, VM.dfr0, ID_AA64DFR0.with(0n, { BRPs: 3n, CTX_CMPs: 0n }));
  assertEquals(own(), 0);
  // A guest that has 4 cannot write to the fifth, and nothing else may bring it in.
  accept(cpu, "dbgwvr4", BigInt(DATA));
  accept(cpu, "dbgwcr4", WATCH);
  const found = breakpoints.matches(cpu.f, cpu.beside, makeInsn(LOAD));
  assertEquals(found?.own, 0);
});

Deno.test("arm64:A/7 breakpoints.matches(): the guest's own debug exceptions go to EL1, whatever the hypervisor routes", () => {
  const cpu = guest({ mdscr: 0x8000n, dbgbvr1: CODE, dbgbcr1: BREAK });
  cpu.write({ mdcr: TDE });
  const found = breakpoints.matches(cpu.f, cpu.beside, makeInsn(EXEC));
  assertEquals(found?.own, 0);
});

Deno.test("breakpoints.matches(): the guest's OS lock", () => {
  const cpu = guest({ mdscr: MDE_KDE, dbgbvr1: CODE, dbgbcr1: BREAK });
  cpu.f.w[cpu.f.vcpu + VCPU.oslsr] = 0xa;
  const found = breakpoints.matches(cpu.f, cpu.beside, makeInsn(EXEC));
  assertEquals(found?.own, 0);
});

Deno.test("breakpoints.matches(): userspace's, in the CPU, by its flag alone", () => {
  const cpu = guest({});
  cpu.write({ mdscr: MDE_KDE, dbgbvr2: CODE, dbgbcr2: BREAK });
  const user = (control: number) => {
    cpu.f.w[cpu.f.vcpu + VCPU.guestDebug] = control;
    return breakpoints.matches(cpu.f, cpu.beside, makeInsn(EXEC))?.user;
  };
  // ENABLE, with SINGLESTEP or USE_HW.
  assertEquals([user(0), user(0x3), user(0x2_0001)], [0, 0, 1 << 2]);
  // What userspace emulates counts.
  cpu.write({ dbgwvr3: BigInt(DATA), dbgwcr3: WATCH });
  const insn = makeInsn({ ...LOAD, addressLo: 0, mmio: true });
  const found = breakpoints.matches(cpu.f, cpu.beside, insn);
  assertEquals(found?.user, 1 << 19);
});

Deno.test("breakpoints: something else than the program's instruction comes first", () => {
  const asks = (change: (cpu: TestCpu) => void, options: CpuOptions = {}) => {
    const armed = { mdscr: MDE_KDE, dbgbvr1: CODE, dbgbcr1: BREAK };
    const cpu = guest(armed, options);
    change(cpu);
    const insn = makeInsn(EXEC);
    return [
      breakpoints.matches(cpu.f, cpu.beside, insn)?.own,
      ARM64_MONITOR.hits(cpu.f, cpu.beside, insn)?.own,
    ];
  };
  assertEquals(asks(() => {}), [1 << 1, 1]);
  const none = [undefined, undefined];
  for (const field of [VCPU_BASE.inHandler, VCPU_BASE.stopped]) {
    assertEquals(asks(({ f }) => f.w[f.vcpu + field] = 1), none);
  }
  assertEquals(asks(() => {}, { model: "max" }), [1 << 1, 1]);
  // MDSCR_EL1.SS, and PSTATE.SS is 0: the step exception is taken.
  assertEquals(asks((cpu) => cpu.write({ mdscr: 0xa001n })), none);
});

Deno.test("breakpoints: what userspace and the host have in the CPU", () => {
  const { f } = guest({});
  const set = (bank: number, name: string, value: bigint) =>
    set64(f.w, f.cpu + bank + 2 * idOf(name), value);
  set(CPU.hw, "dbgbvr3", 0x3_0000n);
  set(CPU.hw, "dbgwvr2", 0x7_0000_2000n);
  assertEquals(breakpoints.userAddress(f, 3), 0x3_0000n);
  assertEquals(breakpoints.userAddress(f, 18), 0x7_0000_2000n);
  set(CPU.host, "dbgbvr0", 0x1000n);
  set(CPU.host, "dbgbvr1", 0x8_0000_1000n);
  set(CPU.host, "dbgwvr0", 0x4000n);
  assertEquals(breakpoints.hostAddresses(f), []);
  f.w[f.cpu + CPU.hostBreakpoints] = 2;
  f.w[f.cpu + CPU.hostWatchpoints] = 1;
  assertEquals(breakpoints.hostAddresses(f), [
    0x1000n,
    0x8_0000_1000n,
    0x4000n,
  ]);
});

Deno.test("debugging(): userspace debugs the guest, and steps it", () => {
  const { f } = guest({});
  const debugging = (control: number) => {
    f.w[f.vcpu + VCPU.guestDebug] = control;
    return breakpoints.debugging(f);
  };
  // ENABLE, SINGLESTEP, USE_HW.
  assertEquals(debugging(0), 0);
  assertEquals(debugging(0x2_0001), DEBUGGING.on);
  assertEquals(debugging(0x3), DEBUGGING.on | DEBUGGING.steps);
});

Deno.test("hits(): by the guest's registers, and by the CPU's", () => {
  const cpu = guest({ mdscr: MDE_KDE, dbgbvr1: CODE, dbgbcr1: BREAK });
  const hits = (insn: InsnParts) =>
    ARM64_MONITOR.hits(cpu.f, cpu.beside, makeInsn(insn));
  assertEquals(hits(EXEC), { own: 1, physical: 0 });
  cpu.write({ mdscr: MDE_KDE, dbgwvr2: BigInt(DATA), dbgwcr2: WATCH });
  const elsewhere = { ...LOAD, addressLo: lowWord(CODE + 8n) };
  assertEquals(hits(elsewhere), { own: 0, physical: 1 });
  // A Data Abort comes first. Rule arm64:A/7.6.
  assertEquals(hits({ ...elsewhere, mmio: true }), { own: 0, physical: 0 });
  cpu.f.w[cpu.f.vcpu + VCPU.guestDebug] = 1;
  assertEquals(hits(EXEC), undefined);
});

/** MDSCR_EL1, BVR and BCR of breakpoint 1, WVR and WCR of watchpoint 2 that all match; and what each is spoilt by. */
const NEAR: readonly (readonly [
  what: string,
  insn: InsnParts,
  slot: number,
  spoilt: Readonly<Record<string, bigint>>,
  unmet: Unmet,
  isThere: boolean,
])[] = [
  ["it matches", EXEC, 1, {}, UNMET.none, false],
  ["MDE", EXEC, 1, { mdscr: 0x2000n }, UNMET.monitorEnable, true],
  ["KDE", EXEC, 1, { mdscr: 0x8000n }, UNMET.kernelEnable, true],
  ["E", EXEC, 1, { dbgbcr1: 0x1e2n }, UNMET.enable, true],
  ["the filter", EXEC, 1, { dbgbcr1: 0x1e5n }, UNMET.level, true],
  ["the address", EXEC, 1, { dbgbvr1: CODE + 4n }, UNMET.address, false],
  [
    "the address, without MDE",
    EXEC,
    1,
    { mdscr: 0n, dbgbvr1: CODE + 4n },
    UNMET.address,
    false,
  ],
  ["a watchpoint, of no access", EXEC, 18, {}, UNMET.none, false],
  ["a watchpoint that matches", LOAD, 18, {}, UNMET.none, false],
  ["LSC", LOAD, 18, { dbgwcr2: 0x1ff3n }, UNMET.direction, true],
  [
    "another double word",
    LOAD,
    18,
    { dbgwvr2: 0x4004_0028n },
    UNMET.address,
    false,
  ],
  ["a breakpoint that the guest does not have", EXEC, 6, {}, UNMET.none, false],
  ["a watchpoint that it does not have", LOAD, 20, {}, UNMET.none, false],
  ["the last watchpoint", LOAD, 19, {}, UNMET.enable, false],
  ["the last breakpoint", EXEC, 5, {}, UNMET.enable, false],
];

for (const [what, insn, slot, spoilt, unmet, isThere] of NEAR) {
  Deno.test(`nearness(): ${what}`, () => {
    const cpu = guest({
      mdscr: MDE_KDE,
      dbgbvr1: CODE,
      dbgbcr1: BREAK,
      dbgwvr2: BigInt(DATA),
      dbgwcr2: WATCH,
      ...spoilt,
    });
    const found = breakpoints.nearness(
      cpu.f,
      cpu.beside,
      makeInsn(insn),
      slot,
    );
    assertEquals(found, isThere ? THERE + unmet : unmet);
  });
}

Deno.test("nearness(): something else comes first", () => {
  const cpu = guest({ dbgbvr1: CODE, dbgbcr1: BREAK });
  cpu.f.w[cpu.f.vcpu + VCPU_BASE.inHandler] = 1;
  assertEquals(
    breakpoints.nearness(cpu.f, cpu.beside, makeInsn(EXEC), 1),
    0,
  );
});

Deno.test("slotsOf(): an address names its own slot, a control value if it enables", () => {
  const rows: readonly [register: string, lo: number, bits: number][] = [
    ["dbgbvr3", 0x1000, 1 << 3],
    ["dbgbcr3", 0x1e7, 1 << 3],
    ["dbgbcr3", 0x1e6, 0],
    ["dbgwvr2", 0x1000, 1 << 18],
    ["dbgwcr2", 0x1ffb, 1 << 18],
    ["dbgwcr2", 0x1ffa, 0],
    ["mdscr", 1, 0],
  ];
  for (const [register, lo, bits] of rows) {
    assertEquals(breakpoints.slotsOf(idOf(register), lo), bits, register);
  }
});

Deno.test("arm64:A/3 isWide(): more than the double word at the address, or no address", () => {
  const rows: readonly [register: string, lo: number, wide: boolean][] = [
    ["dbgbcr0", 0x1e7, false],
    ["dbgbcr0", 0x1f_01e7, false],
    ["dbgbcr0", 0x20_01e7, true],
    ["dbgbcr0", 0xf0_01e7, true],
    ["dbgwcr0", 0x1fff, false],
    ["dbgwcr0", 0x300_1fff, true],
    ["dbgwcr0", 0x1000_1fff, true],
    ["dbgwcr0", 0xe0_ffff, false],
  ];
  for (const [register, lo, wide] of rows) {
    assertEquals(breakpoints.isWide(idOf(register), lo), wide, `${lo}`);
  }
});

Deno.test("slots: their registers and names", () => {
  const rows: readonly [slot: number, string, string, string][] = [
    [0, "dbgbcr0", "dbgbvr0", "breakpoint 0"],
    [15, "dbgbcr15", "dbgbvr15", "breakpoint 15"],
    [16, "dbgwcr0", "dbgwvr0", "watchpoint 0"],
    [31, "dbgwcr15", "dbgwvr15", "watchpoint 15"],
  ];
  for (const [slot, control, address, name] of rows) {
    assertEquals(breakpoints.controlRegister(slot), idOf(control));
    assertEquals(breakpoints.addressRegister(slot), idOf(address));
    assertEquals(breakpoints.slotName(slot), name);
  }
});

Deno.test("isInForce(): the bits that the mask has, of both words", () => {
  const cpu = guest({ dbgbvr1: 0x7_0000_4000n });
  const inForce = (lo: number, hi: number, maskLo = -1, maskHi = -1) =>
    breakpoints.isInForce(cpu.f, cpu.beside, idOf("dbgbvr1"), {
      lo,
      hi,
      maskLo,
      maskHi,
    });
  assertEquals(inForce(0x4000, 7), true);
  assertEquals(inForce(0x4004, 7), false);
  assertEquals(inForce(0x4000, 6), false);
  assertEquals(inForce(0x4004, 7, ~4), true);
  assertEquals(inForce(0x4000, 6, -1, ~1), true);
});
