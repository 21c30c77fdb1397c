/**
 * What the search keeps of an arm64 guest: which bits of a register it can rely on, what a state forgets, and what an
 * exchange of breakpoint numbers changes.
 */
import { assertEquals } from "@std/assert";
import { BARE } from "../engine/arm64/bare/block.ts";
import { CPU, USER, VCPU, VM } from "../engine/arm64/blocks.ts";
import { ARM64_MONITOR } from "../engine/arm64/explore/monitor.ts";
import { OWN } from "../engine/arm64/explore/own_registers.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { makeInsn } from "../engine/program.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import { get64, highWord, lowWord, set64 } from "../engine/word64.ts";
import { idOf, TestCpu } from "./arm64_cpu.ts";
import { accept, guest } from "./arm64_guest_beside.ts";

const { slots } = ARM64_MONITOR;

Deno.test("executed(): a write counts, a read does not", () => {
  const cpu = guest({});
  const { f, beside } = cpu;
  const register = idOf("dbgbvr1");
  for (const op of ["read", "write"] as const) {
    const insn = makeInsn({ op, register, lo: 0x1000, hi: 7 });
    assertEquals(ARM64_MONITOR.executed(f, beside, insn), true);
    const own = ARM64_MONITOR.own(f, beside, register);
    assertEquals(own, op === "read" ? 0n : 0x7_0000_1000n);
  }
});

Deno.test("monitor: the kinds of registers", () => {
  const { isAddress, follows } = ARM64_MONITOR;
  const all = ["dbgbcr0", "dbgbvr0", "dbgbvr15", "dbgwcr0", "dbgwvr0", "mdscr"];
  const of = (is: (register: number) => boolean) =>
    all.filter((name) => is(idOf(name)));
  assertEquals(of(isAddress), ["dbgbvr0", "dbgbvr15", "dbgwvr0"]);
  assertEquals(of(follows), all);
  // An id after MDSCR_EL1's, with the bits of an address register's.
  assertEquals([isAddress(80), follows(80)], [false, false]);
});

Deno.test("arm64:A/9 exceptionOf(): a breakpoint that matches comes first, whatever the instruction", () => {
  // DBGBCR0: E, PMC=0b11 and BAS=0xf; MDSCR: MDE and KDE.
  const registers = { dbgbvr0: 0x1000n, dbgbcr0: 0x1e7n, mdscr: 0xa000n };
  const { f, beside } = guest(registers);
  for (const op of ["exec", "load", "store", "rmw", "ldxr", "stxr"] as const) {
    const of = (addressLo: number) =>
      ARM64_MONITOR.exceptionOf(f, beside, makeInsn({ op, addressLo }));
    assertEquals([of(0x1000), of(0x1004)], ["breakpoint", "watchpoint"], op);
  }
  // Without MDE no breakpoint fires.
  const off = guest({ ...registers, mdscr: 0x2000n });
  assertEquals(
    ARM64_MONITOR.exceptionOf(
      off.f,
      off.beside,
      makeInsn({ op: "load", addressLo: 0x1000 }),
    ),
    "watchpoint",
  );
});

Deno.test("arm64:A/1 exceptionOf(): of as many breakpoints as the guest was given", () => {
  const cpu = guest({ mdscr: 0xa000n, dbgbvr3: 0x1000n, dbgbcr3: 0x1e7n });
  const insn = makeInsn({ op: "load", addressLo: 0x1000 });
  const exceptionWith = (breakpoints: number) => {
    const features = { BRPs: BigInt(breakpoints - 1) };
    set64(cpu.f.w, VM.dfr0, ID_AA64DFR0.with(0n, features));
    return ARM64_MONITOR.exceptionOf(cpu.f, cpu.beside, insn);
  };
  assertEquals([2, 3, 4, 5].map(exceptionWith), [
    "watchpoint",
    "watchpoint",
    "breakpoint",
    "breakpoint",
  ]);
});

Deno.test("arm64:A/1 hits(): no watchpoint comes after the sixteenth, whatever the first has in bits 1 and 0 of its address", () => {
  // As a control register it would have E, PAC=0b11, LSC=0b11 and BAS=0xff.
  const cpu = guest({ mdscr: 0xa000n, dbgwvr0: 0x1fffn });
  set64(cpu.f.w, VM.dfr0, ID_AA64DFR0.with(0n, { WRPs: 15n }));
  const insn = makeInsn({ op: "load", lo: 0x1ffc, sizeBytes: 4 });
  const found = () => ARM64_MONITOR.hits(cpu.f, cpu.beside, insn);
  assertEquals(found(), { own: 0, physical: 0 });
  accept(cpu, "dbgwcr0", 0x1fffn);
  assertEquals(found(), { own: 1, physical: 0 });
});

Deno.test("forgetExceptions(): the count of the handler's exceptions, alone", () => {
  const { f } = guest({});
  f.w.fill(7, f.vcpu, f.vcpu + VCPU.words);
  const before = f.w.slice();
  ARM64_MONITOR.forgetExceptions(f);
  before[f.vcpu + VCPU.exceptions] = 0;
  assertEquals(f.w, before);
});

/**
 * The bits that a guest can rely on, and of these the ones of a value that compares: LBN, bits 19:16 of a control
 * register, only where it names a context-aware breakpoint. Arm ARM, DBGBCR<n>_EL1, DBGBVR<n>_EL1, DBGWCR<n>_EL1,
 * DBGWVR<n>_EL1, MDSCR_EL1, OSLSR_EL1.
 */
const ALL = 0xffff_ffff_ffff_ffffn;
const COMPARED: readonly [
  register: string,
  written: bigint,
  bits: bigint,
][] = [
  ["dbgbcr0", 0x1e7n, 0x00f0_e1e7n],
  ["dbgbcr0", 0x5_01e7n, 0x00ff_e1e7n],
  ["dbgbcr0", 0x4_01e7n, 0x00ff_e1e7n],
  ["dbgbcr0", 0x3_01e7n, 0x00f0_e1e7n],
  ["dbgbcr0", 0x6_01e7n, 0x00f0_e1e7n],
  ["dbgwcr0", 0x1fffn, 0x1f10_ffffn],
  ["dbgwcr0", 0x5_1fffn, 0x1f1f_ffffn],
  ["dbgbvr0", 0x5_0000n, ALL & ~3n],
  ["dbgwvr0", 0n, ALL & ~3n],
  ["mdscr", 0n, 0xa001n],
];

/** Both words of a value, with a bit that is the other way. */
function flipped(value: bigint, bit: number): [number, number] {
  const other = value ^ 1n << BigInt(bit);
  return [lowWord(other), highWord(other)];
}

for (const [register, written, bits] of COMPARED) {
  Deno.test(`arm64:A/12 bits that are compared: ${register} 0x${written.toString(16)}`, () => {
    const id = idOf(register);
    const cpu = guest({ [register]: written });
    const { f, beside } = cpu;
    assertEquals(ARM64_MONITOR.own(f, beside, id), written);
    for (let bit = 0; bit < 64; bit++) {
      const isSame = (bits >> BigInt(bit) & 1n) === 0n;
      const name = `bit ${bit}`;
      assertEquals(
        ARM64_MONITOR.isSame(f, id, written, written ^ 1n << BigInt(bit)),
        isSame,
        name,
      );
      // High words of control registers are RES0, and not looked at.
      const [lo, hi] = flipped(written, bit);
      assertEquals(ARM64_MONITOR.matches(f, beside, id, lo, hi), isSame, name);
    }
  });
}

Deno.test("arm64:A/1 isSame(): of other registers the bits that they have", () => {
  const { f } = guest({});
  const rows: readonly [register: string, bits: bigint][] = [
    ["mdccint", 0x6000_0000n],
    ["contextidr", 0xffff_ffffn],
    ["oslsr", 0xfn],
  ];
  for (const [register, bits] of rows) {
    for (let bit = 0n; bit < 64n; bit++) {
      assertEquals(
        ARM64_MONITOR.isSame(f, idOf(register), 0n, 1n << bit),
        (bits >> bit & 1n) === 0n,
        `${register} bit ${bit}`,
      );
    }
  }
});

Deno.test("arm64:A/12 stored(): what is compared of a value, without LBN", () => {
  const rows: readonly [register: string, stored: bigint][] = [
    ["dbgbcr2", 0x00f0_e1e7n],
    ["dbgbvr2", ALL & ~3n],
    ["dbgwcr2", 0x1f10_ffffn],
    ["dbgwvr2", ALL & ~3n],
    ["mdscr", 0xa001n],
  ];
  for (const [register, stored] of rows) {
    assertEquals(ARM64_MONITOR.stored(idOf(register), ALL), stored, register);
    assertEquals(ARM64_MONITOR.stored(idOf(register), 0n), 0n, register);
  }
});

Deno.test("accept(): a register that is not followed changes nothing", () => {
  const cpu = guest({ dbgbvr1: 0x7_0000_4000n });
  const before = cpu.f.w.slice();
  accept(cpu, "contextidr", 0x1234n);
  assertEquals(cpu.f.w, before);
  assertEquals(ARM64_MONITOR.follows(idOf("contextidr")), false);
  assertEquals(ARM64_MONITOR.follows(idOf("mdscr")), true);
  assertEquals(ARM64_MONITOR.follows(idOf("dbgwvr15")), true);
});

Deno.test("arm64:F14 hostLost(): the first register that the CPU holds otherwise", () => {
  const { f } = guest({});
  const set = (name: string, host: bigint, held: bigint) => {
    set64(f.w, f.cpu + CPU.host + 2 * idOf(name), host);
    set64(f.w, f.cpu + CPU.hw + 2 * idOf(name), held);
  };
  assertEquals(ARM64_MONITOR.hostHas(f), false);
  f.w[f.cpu + CPU.hostBreakpoints] = 2;
  f.w[f.cpu + CPU.hostWatchpoints] = 1;
  assertEquals(ARM64_MONITOR.hostHas(f), true);
  assertEquals(ARM64_MONITOR.hostLost(f), undefined);
  set("dbgbvr1", 0x8_0000_1000n, 0x8_0000_1000n);
  set("dbgwvr0", 0x7_0000_1000n, 0x7_0000_1000n);
  assertEquals(ARM64_MONITOR.hostLost(f), undefined);
  // Beyond what the host has set.
  set("dbgbvr2", 0x1000n, 0n);
  set("dbgwvr1", 0x1000n, 0n);
  assertEquals(ARM64_MONITOR.hostLost(f), undefined);
  for (
    const [name, host, held] of [
      ["dbgwcr0", 0x1fffn, 0x1ffen],
      ["dbgwvr0", 0x7_0000_0000n, 0n],
      ["dbgbcr1", 0x1e7n, 0n],
      ["dbgbvr1", 0x8_0000_1000n, 0x1000n],
      ["dbgbcr0", 0n, 0x1e7n],
    ] as const
  ) {
    set(name, host, held);
    const lost = { register: idOf(name), wanted: host };
    assertEquals(ARM64_MONITOR.hostLost(f), lost, name);
  }
});

Deno.test("rest(): what the last exit and exception have left is cleared, the latter outside the handler alone", () => {
  const exit = [
    VCPU.exitClass,
    VCPU.runExit,
    ...[
      VCPU.exitEsr,
      VCPU.exitFar,
      VCPU.runHsr,
      VCPU.runFar,
      VCPU.farEl1,
    ].flatMap((at) => [at, at + 1]),
  ];
  const exception = [
    VCPU.spsr,
    VCPU.asynchronous,
    VCPU.intid,
    ...[VCPU.elr, VCPU.esr].flatMap((at) => [at, at + 1]),
  ];
  for (const inHandler of [0, 3]) {
    const { f } = guest({});
    const { w, vcpu } = f;
    w.fill(7, vcpu, vcpu + VCPU.words);
    w[vcpu + VCPU_BASE.inHandler] = inHandler;
    const before = w.slice();
    ARM64_MONITOR.rest(f, false);
    const changed = [...w.keys()].filter((at) => w[at] !== before[at]);
    const cleared = inHandler === 0 ? [...exit, ...exception] : exit;
    assertEquals(
      changed.map((at) => at - vcpu),
      cleared.toSorted((a, b) => a - b),
    );
    assertEquals(changed.every((at) => w[at] === 0), true);
  }
});

/** Breakpoints 0 and 2 exchanged, and watchpoints 0 and 3. */
const EXCHANGED = Array.from(
  { length: 32 },
  (_, slot) => new Map([[0, 2], [2, 0], [16, 19], [19, 16]]).get(slot) ?? slot,
);

Deno.test("exchange of slots: every bank, and no other word", () => {
  const beside = ARM64_MONITOR.words + ARM64_MONITOR.lockstep.words;
  const cpu = new TestCpu({ beside });
  const { f } = cpu;
  const bare = cpu.beside + ARM64_MONITOR.words;
  const { w } = f;
  for (let at = 0; at < w.length; at++) w[at] = at;
  // Nothing was trapped last.
  w[f.vcpu + VCPU.exitEsr] = 0;
  const before = w.slice();
  slots.exchangeVcpu(f, cpu.beside, EXCHANGED);
  slots.exchangeCpu(f, EXCHANGED);
  slots.exchangeBare(f, bare, EXCHANGED);
  const banks = [
    f.vcpu + VCPU.guest,
    f.vcpu + VCPU.external,
    f.vcpu + VCPU.shadow,
    f.user + USER.bank,
    f.cpu + CPU.hw,
    f.cpu + CPU.hostSaved,
    f.cpu + CPU.host,
    cpu.beside + OWN.bank,
    bare + BARE.bank,
  ];
  const moved = [
    ["dbgbcr0", "dbgbcr2"],
    ["dbgbvr0", "dbgbvr2"],
    ["dbgwcr0", "dbgwcr3"],
    ["dbgwvr0", "dbgwvr3"],
  ].flatMap(([a, b]) => [[a, b], [b, a]]);
  const changed = new Set<number>();
  for (const bank of banks) {
    for (const [from, to] of moved) {
      const at = bank + 2 * idOf(to);
      assertEquals(get64(w, at), get64(before, bank + 2 * idOf(from)));
      changed.add(at).add(at + 1);
    }
  }
  assertEquals(
    [...w.keys()].filter((at) => w[at] !== before[at] && !changed.has(at)),
    [],
  );
  for (const [from, to] of moved) {
    assertEquals(slots.register(idOf(from), EXCHANGED), idOf(to));
  }
  for (const name of ["dbgbvr1", "dbgwcr1", "mdscr"]) {
    assertEquals(slots.register(idOf(name), EXCHANGED), idOf(name));
  }
  assertEquals(slots.register(-1, EXCHANGED), -1);
  assertEquals(slots.count, 32);
});

/**
 * ESR_EL2 of trapped accesses: EC 0x18, IL, and in the ISS Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, Rt 9:5, CRm 4:1
 * and the direction, 1 for MRS. The number of a breakpoint is CRm; DBGBVR has Op2 4, DBGBCR 5, DBGWCR 7, MDSCR_EL1 CRm 2 and Op2 2.
 */
const SYNDROMES: readonly [what: string, esr: number, exchanged: number][] = [
  ["MSR DBGBCR0_EL1", 0x622a_0000, 0x622a_0004],
  ["MSR DBGBVR1_EL1", 0x6228_0002, 0x6228_0002],
  ["MRS DBGBVR2_EL1", 0x6228_0005, 0x6228_0001],
  ["MSR DBGWCR3_EL1", 0x622e_0006, 0x622e_0000],
  ["MRS DBGWCR1_EL1", 0x622e_0003, 0x622e_0003],
  ["MSR MDSCR_EL1", 0x6224_0004, 0x6224_0004],
  ["a breakpoint from a lower level", 0xc200_0022 | 0, 0xc200_0022 | 0],
  ["a watchpoint, of the same low bits", 0xd228_0002 | 0, 0xd228_0002 | 0],
];

for (const [what, esr, exchanged] of SYNDROMES) {
  Deno.test(`arm64:A/8 exchange of slots: the syndrome of ${what}`, () => {
    const { f, beside } = guest({});
    f.w[f.vcpu + VCPU.exitEsr] = esr;
    slots.exchangeVcpu(f, beside, EXCHANGED);
    assertEquals(f.w[f.vcpu + VCPU.exitEsr], exchanged);
  });
}
