import { assertEquals } from "@std/assert";
import { carryOf } from "./word64.ts";

Deno.test("carryOf(): 1 where a low word went past its end", () => {
  const rows: readonly [before: number, added: number, carry: 0 | 1][] = [
    [0xffff_ffff, 1, 1],
    [0xffff_fff8, 7, 0],
    [0xffff_fff8, 8, 1],
    [0x7fff_ffff, 1, 0],
    [0x8000_0000, 8, 0],
    [0x8000_0001, 0x7fff_ffff, 1],
    [0, 0x7fff_ffff, 0],
    [0x1000, 0, 0],
  ];
  for (const [before, added, carry] of rows) {
    const after = (before + added) | 0;
    assertEquals(carryOf(before | 0, after), carry, `${before} + ${added}`);
  }
});
