/** How near an x86 instruction comes to match one of the guest's own breakpoints, and what is said of it. */
import { assertEquals, assertThrows } from "@std/assert";
import { THERE } from "../engine/explore/breakpoints.ts";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { set64 } from "../engine/word64.ts";
import { nearness, obstacle } from "../engine/x86/explore/nearness.ts";
import { OWN } from "../engine/x86/explore/own_registers.ts";
import { UNMET } from "../engine/x86/hardware/unmet.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { frameOf, setVcpu, type VcpuWords } from "./x86_frame.ts";

/** Of another address: LENn would have to be another. */
const [UNALIGNED, LENGTH] = [30, 31];

/** DR7 of slot n: its type and length, enabled or not. */
function dr7(n: number, rw: number, len: number, enable = 2): number {
  return enable << 2 * n | (len << 2 | rw) << 16 + 4 * n;
}

const [EXECUTE, WRITE, IO, ACCESS] = [0, 1, 2, 3];
const [ONE, TWO, EIGHT, FOUR] = [0, 1, 2, 3];

/** A case of each slot: the address in DRn, RWn and LENn, an instruction, and what it comes to. */
const CASES: readonly (readonly [
  what: string,
  own: readonly [address: bigint, rw: number, len: number, enable?: number],
  insn: InsnParts,
  found: number,
  words?: VcpuWords,
])[] = [
  ["it executes there", [0x6000n, EXECUTE, ONE], {
    op: "exec",
    addressLo: 0x6000,
  }, 0],
  [
    "not enabled",
    [0x6000n, EXECUTE, ONE, 0],
    { op: "exec", addressLo: 0x6000 },
    THERE + UNMET.enable,
  ],
  [
    "another type",
    [0x6000n, WRITE, ONE],
    { op: "exec", addressLo: 0x6000 },
    THERE + UNMET.type,
  ],
  [
    "RF",
    [0x6000n, EXECUTE, ONE],
    { op: "exec", addressLo: 0x6000 },
    THERE + UNMET.resumeFlag,
    { rflags: 0x1_0002 },
  ],
  [
    "elsewhere",
    [0x6000n, EXECUTE, ONE],
    { op: "exec", addressLo: 0x6001 },
    UNMET.address,
  ],
  ["elsewhere, above 4 GiB", [0x6000n, EXECUTE, ONE], {
    op: "exec",
    addressLo: 0x6000,
    addressHi: 1,
  }, UNMET.address],
  ["elsewhere, not enabled", [0x6000n, EXECUTE, ONE, 0], {
    op: "exec",
    addressLo: 0x6001,
  }, UNMET.enable],
  ["elsewhere, another type", [0x6000n, WRITE, ONE], {
    op: "exec",
    addressLo: 0x6001,
  }, UNMET.type],
  ["a store there, not enabled", [0x6000n, WRITE, FOUR, 0], {
    op: "store",
    lo: 0x6000,
    sizeBytes: 4,
  }, THERE + UNMET.enable],
  ["a load there, of a watchpoint for stores", [0x6000n, WRITE, FOUR], {
    op: "load",
    lo: 0x6000,
    sizeBytes: 4,
  }, THERE + UNMET.type],
  ["a store there, of a breakpoint", [0x6000n, EXECUTE, ONE], {
    op: "store",
    lo: 0x6000,
    sizeBytes: 4,
  }, THERE + UNMET.type],
  [
    "a port without CR4.DE",
    [0x80n, IO, ONE],
    { op: "out", lo: 0x80, sizeBytes: 1 },
    THERE + UNMET.ioEnable,
    { cr4: 0x7 },
  ],
  [
    "a port of a watchpoint",
    [0x80n, ACCESS, ONE],
    { op: "in", lo: 0x80, sizeBytes: 1 },
    THERE + UNMET.type,
    { cr4: 8 },
  ],
  ["a store after what LENn has", [0x6000n, ACCESS, FOUR], {
    op: "store",
    lo: 0x6004,
    sizeBytes: 2,
  }, LENGTH],
  ["the last byte that a length could have", [0x6000n, ACCESS, TWO], {
    op: "store",
    lo: 0x6007,
    sizeBytes: 1,
  }, LENGTH],
  ["after all lengths", [0x6000n, ACCESS, EIGHT], {
    op: "store",
    lo: 0x6008,
    sizeBytes: 1,
  }, UNMET.address],
  [
    "before",
    [0x6000n, ACCESS, FOUR],
    { op: "store", lo: 0x5fff, sizeBytes: 1 },
    UNMET.address,
  ],
  ["4 GiB above", [0x6000n, ACCESS, FOUR], {
    op: "store",
    lo: 0x6004,
    hi: 1,
    sizeBytes: 2,
  }, UNMET.address],
  ["an address that is aligned down", [0x6002n, ACCESS, FOUR], {
    op: "store",
    lo: 0x6004,
    sizeBytes: 1,
  }, UNALIGNED],
  ["another place, not enabled", [0x6002n, ACCESS, FOUR, 0], {
    op: "store",
    lo: 0x6004,
    sizeBytes: 1,
  }, UNMET.enable],
  ["another place and type", [0x6000n, IO, ONE], {
    op: "store",
    lo: 0x9000,
    sizeBytes: 1,
  }, UNMET.type],
  ["not canonical", [0x8000_0000_0000_6000n, ACCESS, FOUR], {
    op: "store",
    lo: 0x9000,
    sizeBytes: 1,
  }, UNMET.canonical],
];

for (
  const [what, [address, rw, len, enable], insn, found, words = {}] of CASES
) {
  Deno.test(`x86 nearness: ${what}`, () => {
    for (let n = 0; n < 4; n++) {
      const { f, at } = frameOf();
      setVcpu(f, words);
      set64(f.w, at + OWN.dr + 2 * n, address);
      f.w[at + OWN.dr7] = dr7(n, rw, len, enable);
      assertEquals(nearness(f, at, makeInsn(insn), n), found, `slot ${n}`);
    }
  });
}

Deno.test("x86 nearness: an access that is not aligned comes as near as the parts in which the CPU compares it", () => {
  // QEMU loads the aligned bytes around a load, and compares a store from the start of the page on.
  const near = (
    model: "architecture" | "tcg",
    address: bigint,
    insn: InsnParts,
  ) => {
    const { f, at } = frameOf({ vendor: "svm", model });
    set64(f.w, at + OWN.dr, address);
    f.w[at + OWN.dr7] = dr7(0, ACCESS, ONE, 0);
    return nearness(f, at, makeInsn(insn), 0);
  };
  const [there, elsewhere] = [THERE + UNMET.enable, UNMET.enable];
  const load: InsnParts = { op: "load", lo: 0x6001, sizeBytes: 4 };
  const store: InsnParts = { op: "store", lo: 0x6101, sizeBytes: 4 };
  for (
    const [insn, address, manual, qemu] of [
      [load, 0x6000n, elsewhere, there],
      [load, 0x6001n, there, there],
      [load, 0x6007n, elsewhere, there],
      [load, 0x6008n, elsewhere, elsewhere],
      [store, 0x6000n, elsewhere, there],
      [store, 0x6104n, there, there],
      [store, 0x6105n, elsewhere, elsewhere],
    ] as const
  ) {
    const found = [
      near("architecture", address, insn),
      near("tcg", address, insn),
    ];
    assertEquals(found, [manual, qemu], `${insn.op}, ${address.toString(16)}`);
  }
});

Deno.test("x86 nearness: the register and the bits that are said to be the reason", () => {
  for (let n = 0; n < 4; n++) {
    const of = (condition: number) => {
      const { registers, bits } = obstacle(condition, n);
      return [registers, bits?.mask, bits?.value];
    };
    for (const more of [0, THERE]) {
      assertEquals(of(more + UNMET.enable), [[REG.DR7], 3 << 2 * n, 0]);
      assertEquals(of(more + UNMET.type), [[REG.DR7], undefined, undefined]);
      assertEquals(of(more + UNMET.ioEnable), [[REG.CR4], 8, 0]);
      assertEquals(of(more + UNMET.canonical), [[n], undefined, undefined]);
    }
    assertEquals(of(UNMET.address)[0], [n]);
    assertEquals(of(UNALIGNED)[0], [n]);
    assertEquals(of(LENGTH)[0], [REG.DR7]);
    assertEquals(of(UNMET.none)[0], []);
    assertEquals(of(THERE + UNMET.resumeFlag)[0], []);
    assertEquals(obstacle(THERE + UNMET.resumeFlag, n).isReturn, true);
    for (const other of [UNMET.shadow, UNMET.exits, UNMET.trapFlag]) {
      assertThrows(() => obstacle(other, n), RangeError);
    }
  }
});
