/** What a guest's write gives a register: as a whole, or the fields that are named. */
import { assertEquals } from "@std/assert";
import { run } from "../testing_run.ts";

/** Writes of a register, and what it has after each. */
const WRITES: readonly (readonly [
  arch: "arm64" | "x86",
  register: string,
  writes: readonly (readonly [value: string, after: string])[],
])[] = [
  // Written field by field: what is not named stays, unless a whole value is given.
  ["x86", "cr4", [["de=1", "0x8"], ["0x10", "0x10"], ["de=1", "0x18"], [
    "0x10 de=1",
    "0x18",
  ], ["0", "0x0"]]],
  ["x86", "rflags", [
    ["af=1", "0x12"],
    ["0x6", "0x6"],
    ["af=1", "0x16"],
    ["0x2 cf=1", "0x3"],
  ]],
  ["arm64", "pstate", [
    ["f=0", "0x385"],
    ["0x3c5", "0x3c5"],
    ["0x3c5 d=0", "0x1c5"],
    ["f=0", "0x185"],
  ]],
  // Written as a whole: what is not named is 0, or the value's.
  ["x86", "dr7", [["0x40a", "0x40a"], ["l0=1", "0x401"], [
    "0x40a l0=1",
    "0x40b",
  ]]],
  ["arm64", "dbgbcr0", [["0x1e0", "0x1e0"], ["e=1", "0x1"], [
    "0x1e0 e=1",
    "0x1e1",
  ]]],
];

for (const [arch, register, writes] of WRITES) {
  Deno.test(`a guest's writes of ${register}: as a whole, and of fields`, () => {
    const script = writes.map(([value, after]) =>
      `guest write ${register} ${value}; run; expect guest ${register} == ${after}`
    );
    const [{ failures }] = run(`arch ${arch}; ${script.join("; ")}`);
    assertEquals(failures.map(({ diagnostic }) => diagnostic.message), []);
  });
}
