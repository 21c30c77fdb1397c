import { assertEquals } from "@std/assert";
import { VCPU } from "../engine/arm64/blocks.ts";
import {
  listedWatchpoint,
  relistWatchpoint,
} from "../engine/arm64/hardware/watchpoint_list.ts";
import {
  type CpuOptions,
  EL0_UNMASKED,
  MDE_KDE,
  TDE,
  TestCpu,
} from "./arm64_cpu.ts";

/** A double word in the middle of nowhere. */
const X = 0x4004_0020n;

/** LSC both, PAC both, E; BAS to be added. */
const BOTH = 0x1fn;

function watching(
  value: bigint,
  control: bigint,
  options: CpuOptions = {},
): TestCpu {
  return new TestCpu(options).write({
    mdscr: MDE_KDE,
    dbgwvr0: value,
    dbgwcr0: control,
  });
}

/** Which of the bytes at X - 8 to X + 15 are watched, as offsets from X. */
function watched(
  value: bigint,
  control: bigint,
  options: CpuOptions = {},
): number[] {
  const offsets = [];
  for (let offset = -8; offset < 16; offset++) {
    const cpu = watching(value, control, options);
    cpu.data("store", X + BigInt(offset), 1);
    if (cpu.exceptions.length > 0) offsets.push(offset);
  }
  return offsets;
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

/** Windows of the double-word form: the value is X. Rows with holes differ by CPU. */
const WINDOWS: readonly [bas: bigint, bytes: number[], tcg?: number[]][] = [
  [0x00n, []],
  [0x01n, [0]],
  [0x02n, [1]],
  [0x80n, [7]],
  [0x0fn, [0, 1, 2, 3]],
  [0xf0n, [4, 5, 6, 7]],
  [0x3cn, [2, 3, 4, 5]],
  [0x7en, [1, 2, 3, 4, 5, 6]],
  [0xffn, ALL],
  [0x05n, ALL, [0]],
  [0x81n, ALL, [0]],
  [0x6cn, ALL, [2, 3]],
];
for (const [bas, bytes, tcg] of WINDOWS) {
  Deno.test(`arm64:A/9 watchpointMatches(): BAS=0x${bas.toString(16)}`, () => {
    assertEquals(watched(X, BOTH | bas << 5n), bytes);
  });
  Deno.test(`arm64:A/9 checkListed(): BAS=0x${bas.toString(16)}`, () => {
    assertEquals(watched(X, BOTH | bas << 5n, { model: "max" }), tcg ?? bytes);
  });
}

/** The word-aligned form: the value is X + 4, and BAS[7:4] do not count. */
const WORD_FORM: readonly [bas: bigint, bytes: number[], tcg?: number[]][] = [
  [0x01n, [4]],
  [0x08n, [7]],
  [0x06n, [5, 6]],
  [0x0fn, [4, 5, 6, 7]],
  [0xf0n, []],
  [0xffn, [4, 5, 6, 7]],
  // With holes, the whole double word.
  [0x05n, ALL, [4]],
  [0x0an, ALL, [5]],
];
for (const [bas, bytes, tcg] of WORD_FORM) {
  for (const model of ["architecture", "max"]) {
    Deno.test(`arm64:A/9 word form, BAS=0x${bas.toString(16)} (${model})`, () => {
      assertEquals(
        watched(X + 4n, BOTH | bas << 5n, { model }),
        model === "max" && tcg || bytes,
      );
    });
  }
}

/** MASK: addresses around the block of 2^MASK bytes, and whether they are watched. */
const MASKS: readonly [
  mask: bigint,
  value: bigint,
  address: bigint,
  fires: boolean,
][] = [
  [3n, X, X - 1n, false],
  [3n, X, X, true],
  [3n, X, X + 7n, true],
  [3n, X, X + 8n, false],
  [12n, 0x4004_0000n, 0x4003_ffffn, false],
  [12n, 0x4004_0000n, 0x4004_0000n, true],
  [12n, 0x4004_0000n, 0x4004_0fffn, true],
  [12n, 0x4004_0000n, 0x4004_1000n, false],
  [31n, 0n, 0n, true],
  [31n, 0n, 0x7fff_ffffn, true],
  [31n, 0n, 0x8000_0000n, false],
  [31n, 0x8000_0000n, 0xffff_ffffn, true],
  [31n, 0x8000_0000n, 0x1_0000_0000n, false],
  [31n, 0x8000_0000n, 0x7fff_ffffn, false],
];
for (const [mask, value, address, fires] of MASKS) {
  for (const model of ["architecture", "max"]) {
    const where = `0x${address.toString(16)} in 0x${value.toString(16)}`;
    Deno.test(`arm64:A/9 MASK=${mask}, ${where} (${model})`, () => {
      const cpu = watching(value, 0x1fffn | mask << 24n, { model });
      cpu.data("load", address, 1);
      assertEquals(cpu.exceptions.length, fires ? 1 : 0);
      assertEquals(cpu.unpredictable, []);
    });
  }
}

/** The register's address, an access's, and whether it fires: the bits above VA[48] of the access are not compared. */
const TAGGED: readonly (readonly [bigint, bigint, boolean])[] = [
  [0x2000n, 0x0100_0000_0000_2000n, true],
  [0x2000n, 0xfffe_0000_0000_2007n, true],
  [0x2000n, 0x0001_0000_0000_2000n, false],
  [0xffff_8000_0000_2000n, 0x5aff_8000_0000_2000n, true],
  [0xffff_8000_0000_2000n, 0x5afe_8000_0000_2000n, false],
];
for (const [value, address, fires] of TAGGED) {
  Deno.test(`arm64:A/5.1 watchpointMatches(): 0x${address.toString(16)} at 0x${value.toString(16)}`, () => {
    const cpu = watching(value, 0x1fffn);
    cpu.data("load", address, 1);
    assertEquals(cpu.exceptions.length, fires ? 1 : 0);
    assertEquals(cpu.unpredictable, []);
  });
}

/** What the architecture leaves open, and what this machine does. */
const OPEN: readonly [
  name: string,
  value: bigint,
  control: bigint,
  fires: boolean,
][] = [
  ["MASK=1", X, 0x1fffn | 1n << 24n, false],
  ["MASK=2", X, 0x1fffn | 2n << 24n, false],
  ["MASK with a BAS that is not all ones", X, 0x3fn | 3n << 24n, true],
  ["MASK over bits that are set", X, 0x1fffn | 12n << 24n, true],
  ["BAS with holes", X, BOTH | 0x05n << 5n, true],
  [
    "bits above VA[48] that are no sign extension",
    X | 1n << 60n,
    0x1fffn,
    false,
  ],
  ["a filter that is not allocated", X, 0x1ff9n, false],
];
for (const [name, value, control, fires] of OPEN) {
  Deno.test(`arm64:A/9 watchpointMatches(): ${name}`, () => {
    const cpu = watching(value, control);
    cpu.data("store", X + 1n, 1);
    assertEquals(cpu.exceptions.length, fires ? 1 : 0);
    assertEquals(cpu.unpredictable.length, 1);
    const elsewhere = watching(value, control);
    elsewhere.data("store", 0x5000_0000n, 1);
    assertEquals(elsewhere.unpredictable, []);
  });
}

/** Accesses around 8 watched bytes at X, and the address that is reported; undefined if none fires. */
const ACCESSES: readonly [
  address: bigint,
  size: number,
  far?: bigint,
  /** On `max`, where that is another: a store that is not aligned is compared from the start of its page on. */
  farOfMax?: bigint,
][] = [
  [X - 8n, 8],
  [X - 1n, 1],
  [X - 1n, 2, X],
  [X - 3n, 4, X],
  [X - 8n, 16, X],
  [X, 16, X],
  [X + 4n, 4, X + 4n],
  [X + 7n, 1, X + 7n],
  [X + 7n, 8, X + 7n, X],
  [X + 8n, 8],
];
for (const [address, size, own, farOfMax = own] of ACCESSES) {
  for (const model of ["architecture", "max"]) {
    const far = model === "max" ? farOfMax : own;
    Deno.test(`arm64:A/8 FAR of ${size} bytes at X${address < X ? "" : "+"}${address - X} (${model})`, () => {
      const cpu = watching(X, 0x1fffn, { model });
      assertEquals(
        cpu.data("store", address, size),
        far === undefined ? "next" : "skipped",
      );
      assertEquals(
        cpu.exceptions,
        far === undefined ? [] : [
          `watchpoint esr=0xd6000062 far=0x${
            far.toString(16)
          } elr=0x40080000 spsr=0x1c5`,
        ],
      );
    });
  }
}

Deno.test("arm64:A/9 watchpointMatches(): an access across a boundary of 4 GiB", () => {
  const cpu = watching(0x1_0000_0000n, 0x1fffn);
  cpu.data("store", 0xffff_fffcn, 8);
  assertEquals(cpu.exceptions, [
    "watchpoint esr=0xd6000062 far=0x100000000 elr=0x40080000 spsr=0x1c5",
  ]);
});

/** LSC against the direction, and what WnR says of it. */
const DIRECTIONS: readonly [
  lsc: bigint,
  op: "load" | "store" | "rmw",
  esr: string | undefined,
][] = [
  [0b00n, "load", undefined],
  [0b00n, "store", undefined],
  [0b01n, "load", "0xd6000022"],
  [0b01n, "store", undefined],
  [0b10n, "load", undefined],
  [0b10n, "store", "0xd6000062"],
  [0b11n, "load", "0xd6000022"],
  [0b11n, "store", "0xd6000062"],
  [0b00n, "rmw", undefined],
  [0b01n, "rmw", "0xd6000022"],
  [0b10n, "rmw", "0xd6000062"],
  [0b11n, "rmw", "0xd6000022"],
];
for (const [lsc, op, esr] of DIRECTIONS) {
  for (const model of ["architecture", "max"]) {
    Deno.test(`arm64:A/9 LSC=${lsc.toString(2)}, ${op} (${model})`, () => {
      const cpu = watching(X, 0x1fe7n | lsc << 3n, { model });
      cpu.data(op, X, 8);
      assertEquals(
        cpu.exceptions.map((e) => e.split(/ |=/)[2]),
        esr ? [esr] : [],
      );
    });
  }
}

Deno.test("arm64:A/8 takeWatchpoint(): from EL0, even with KDE clear and D set", () => {
  const cpu = watching(X, 0x1ffdn).write({ mdscr: 0x8000n });
  cpu.pstate = EL0_UNMASKED | 0x200;
  cpu.data("load", X, 8);
  assertEquals(cpu.exceptions, [
    "watchpoint esr=0xd2000022 far=0x40040020 elr=0x40080000 spsr=0x3c0",
  ]);
});

Deno.test("arm64:A/7 takeWatchpoint(): TDE routes to EL2, with FAR_EL2 and not FAR_EL1", () => {
  const cpu = watching(X, 0x1fffn).write({ mdscr: 0x8000n, mdcr: TDE });
  assertEquals(cpu.data("store", X + 2n, 1), "exits");
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0xd200_0062n);
  assertEquals(cpu.vcpu64(VCPU.exitFar), X + 2n);
  assertEquals(cpu.vcpu64(VCPU.farEl1), 0n);
});

Deno.test("arm64:A/9 checkNumbered(): of two that match, the lowest number is reported", () => {
  const cpu = new TestCpu().write({
    mdscr: MDE_KDE,
    dbgwvr1: X,
    dbgwcr1: 0x3fn,
    dbgwvr0: X,
    dbgwcr0: 0x101fn,
  });
  cpu.data("store", X, 8);
  assertEquals(cpu.exceptions, [
    "watchpoint esr=0xd6000062 far=0x40040027 elr=0x40080000 spsr=0x1c5",
  ]);
});

Deno.test("arm64:A/7 accessMemory(): a data abort comes before a watchpoint", () => {
  const cpu = watching(X, 0x1fffn);
  const outcome = cpu.step({
    op: "store",
    lo: Number(X),
    sizeBytes: 4,
    mmio: true,
  });
  assertEquals(outcome, "exits");
  // EC 0x24, IL, ISV, SAS = word, WnR, translation fault level 3.
  assertEquals(cpu.vcpu64(VCPU.exitEsr), 0x9380_0047n);
  assertEquals(cpu.vcpu64(VCPU.exitFar), X);
  assertEquals(cpu.exceptions, []);
});

Deno.test("checkListed(): as recorded, WnR of a read after a write that hit stays a write", () => {
  const cpu = watching(X, 0x1fffn, { model: "max" });
  cpu.data("store", X, 8);
  cpu.data("load", X, 8);
  cpu.data("store", X + 8n, 1); // In the page, but not watched: forgotten.
  cpu.data("load", X, 8);
  assertEquals(cpu.exceptions.map((e) => e.split(/ |=/)[2]), [
    "0xd6000062",
    "0xd6000062",
    "0xd6000022",
  ]);
});

Deno.test("checkListed(): an access to another page forgets nothing, a breakpoint exception does", () => {
  const cpu = watching(X, 0x1fffn, { model: "max" });
  cpu.data("store", X, 8);
  cpu.data("store", X + 0x1000n, 8);
  cpu.data("load", X, 8);
  cpu.write({ dbgbvr0: cpu.pc, dbgbcr0: 0x1e3n });
  cpu.step({ op: "exec" });
  cpu.data("load", X, 8);
  assertEquals(cpu.exceptions.map((e) => e.split(/ |=/)[2]), [
    "0xd6000062",
    "0xd6000062",
    "0xc6000022",
    "0xd6000022",
  ]);
});

Deno.test("checkListed(): as recorded, the one written first is reported of two that match", () => {
  const cpu = new TestCpu({ model: "max" }).write({
    mdscr: MDE_KDE,
    dbgwvr1: X,
    dbgwcr1: 0x101fn,
    dbgwvr0: X,
    dbgwcr0: 0x3fn,
  });
  cpu.data("store", X, 8);
  cpu.write({ dbgwcr1: 0x101fn });
  cpu.data("store", X, 8);
  assertEquals(cpu.exceptions.map((e) => e.split(/ |=/)[4]), [
    "0x40040027",
    "0x40040020",
  ]);
});

Deno.test("checkListed(): a filter or link that fails passes the hit on to the next in the list", () => {
  const cpu = new TestCpu({ model: "max" }).write({
    mdscr: MDE_KDE,
    dbgwvr0: X,
    dbgwcr0: 0x1ffdn, // EL0 only.
    dbgwvr1: X,
    dbgwcr1: 0x103fn,
  });
  cpu.data("store", X, 8);
  assertEquals(cpu.exceptions.length, 1);
});

Deno.test("arm64:A/9 an access past the end of the low word: the address that is reported", () => {
  for (const model of ["architecture", "max"]) {
    for (
      const [from, sizeBytes, at] of [
        [0x7_ffff_fff8n, 16, 0x8_0000_0000n],
        [0x7_7fff_fff8n, 16, 0x7_8000_0000n],
        [0xffff_7fff_ffff_fff8n, 16, 0xffff_8000_0000_0000n],
      ] as const
    ) {
      const cpu = watching(at, BOTH | 0x1fe0n, { model });
      cpu.data("load", from, sizeBytes);
      const far = cpu.exceptions.map((text) => /far=(\S+)/.exec(text)?.[1]);
      assertEquals(far, [`0x${at.toString(16)}`], model);
      const before = watching(at, BOTH | 0x1fe0n, { model });
      before.data("load", from, 8);
      assertEquals(before.exceptions, [], model);
    }
  }
});

Deno.test("checkListed(): an access elsewhere clears the flags of a watchpoint, whichever number it has", () => {
  for (const number of [0, 1, 3]) {
    const cpu = new TestCpu({ model: "max" }).write({
      mdscr: MDE_KDE,
      // PAC both, and then EL0 alone.
      [`dbgwvr${number}`]: X,
      [`dbgwcr${number}`]: BOTH | 0x1fe0n,
      dbgwvr2: X + 8n,
      dbgwcr2: 0x1ffdn,
    });
    cpu.data("load", X, 8);
    assertEquals(cpu.exceptions.length, 1);
    cpu.pstate = 0x1c5;
    assertEquals(cpu.data("load", X + 8n, 8), "next", `${number}`);
    assertEquals(cpu.exceptions.length, 1);
  }
});

Deno.test("checkListed(): what its filter kept from firing has no flag left for the next access", () => {
  // Number 1 comes before number 0 in the list.
  const cpu = new TestCpu({ model: "max" })
    .write({ mdscr: MDE_KDE, dbgwvr1: X + 8n, dbgwcr1: 0x1ffdn })
    .write({ dbgwvr0: X, dbgwcr0: 0x1ffbn });
  // At EL0 number 0 is for EL1, at EL1 number 1 is for EL0.
  cpu.pstate = 0x1c0;
  cpu.data("load", X, 8);
  cpu.pstate = 0x1c5;
  cpu.data("load", X + 8n, 8);
  assertEquals(cpu.exceptions, []);
});

Deno.test("checkListed(): the second half of 16 bytes may be beyond the first 4 GiB", () => {
  for (const at of [0x1_0000_0000n, 0xffff_0001_0000_0000n]) {
    const cpu = watching(at, 0x1ffbn, { model: "max" });
    cpu.data("store", at - 8n, 16);
    assertEquals(
      cpu.exceptions.map((text) => /far=(\S+)/.exec(text)?.[1]),
      [`0x${at.toString(16)}`],
    );
  }
});

Deno.test("relistWatchpoint(): what is written goes to the end of the list, the others keep their order", () => {
  const { f } = new TestCpu({ model: "max", wrps: 16 });
  const list = Array.from({ length: 16 }, (_, number) => number);
  const listed = () => list.map((_, place) => listedWatchpoint(f, place));
  assertEquals(listed(), list);
  for (const number of [3, 15, 0, 8, 7, 3, 3, 12, 1, 15]) {
    relistWatchpoint(f, number);
    list.push(...list.splice(list.indexOf(number), 1));
    assertEquals(listed(), list);
  }
});

Deno.test("arm64:A/8 WnR: a load reads, a store writes, on both kinds of unit", () => {
  for (const model of ["architecture", "max"]) {
    for (const [op, esr] of [["load", "0xd6000022"], ["store", "0xd6000062"]]) {
      const cpu = watching(X, BOTH | 0x1fe0n, { model });
      cpu.data(op as "load" | "store", X, 8);
      assertEquals(
        cpu.exceptions.map((text) => /esr=(\S+)/.exec(text)?.[1]),
        [esr],
        `${model} ${op}`,
      );
    }
  }
});
