import { assertEquals } from "@std/assert";
import { FILTER, filterState } from "../engine/arm64/hardware/state_filter.ts";
import { TestCpu } from "./arm64_cpu.ts";

/** Levels matched in the Non-secure state, from EL0 up; null where the combination is reserved. */
const ROWS: readonly [combination: string, levels: readonly number[] | null][] =
  [
    ["0 00 00", null],
    ["0 00 01", [1]],
    ["0 00 10", [0]],
    ["0 00 11", [0, 1]],
    ["0 01 00", null],
    ["0 01 01", [1]],
    ["0 01 10", [0]],
    ["0 01 11", [0, 1]],
    ["0 10 00", null],
    ["0 10 01", []],
    ["0 10 10", []],
    ["0 10 11", []],
    ["0 11 00", []],
    ["0 11 01", []],
    ["0 11 10", null],
    ["0 11 11", []],
    ["1 00 00", null],
    ["1 00 01", [1, 2]],
    ["1 00 10", null],
    ["1 00 11", [0, 1, 2]],
    ["1 01 00", [2]],
    ["1 01 01", [1, 2]],
    ["1 01 10", null],
    ["1 01 11", [0, 1, 2]],
    ["1 10 00", []],
    ["1 10 01", []],
    ["1 10 10", null],
    ["1 10 11", []],
    ["1 11 00", [2]],
    ["1 11 01", [1, 2]],
    ["1 11 10", null],
    ["1 11 11", [0, 1, 2]],
  ];

function control(combination: string): number {
  const [hmc, ssc, pxc] = combination.split(" ").map((s) => parseInt(s, 2));
  return hmc << 13 | ssc << 14 | pxc << 1;
}

for (const [combination, levels] of ROWS) {
  Deno.test(`arm64:A/10 filterState(): HMC SSC PxC = ${combination}`, () => {
    const { f } = new TestCpu();
    for (const level of [0, 1, 2]) {
      const want = levels === null
        ? FILTER.reserved
        : levels.includes(level)
        ? FILTER.yes
        : FILTER.no;
      assertEquals(filterState(f, control(combination), level), want);
    }
  });
}

/** What the stand-ins were recorded to do at EL0 and EL1: SSC 0b10 never, else PxC, whatever HMC is. */
Deno.test("arm64:A/10 filterState(): the stand-ins take PxC and SSC each for itself", () => {
  const { f } = new TestCpu({ model: "max" });
  for (const [combination] of ROWS) {
    const [, ssc, pxc] = combination.split(" ");
    for (const level of [0, 1]) {
      const selected = ssc !== "10" && pxc[level === 1 ? 1 : 0] === "1";
      assertEquals(
        filterState(f, control(combination), level),
        selected ? FILTER.yes : FILTER.no,
        `${combination} at EL${level}`,
      );
    }
  }
});
