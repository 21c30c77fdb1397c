import { assertEquals } from "@std/assert";
import { maskedIn2008, maskedSince44 } from "./task_switch.ts";

/** DR7 before, after the switch of 2008 (x86:Q11) and since 4.x (x86:D28), as x86:G/4 and x86:G/3 have them. */
const ROWS: readonly [before: number, in2008: number, since44: number][] = [
  [0x4ff, 0x4c8, 0x4aa],
  [0x455, 0x440, 0x400],
  [0x7ff, 0x7c8, 0x6aa],
  [0x401, 0x400, 0x400],
  [0x440, 0x440, 0x400],
];
for (const [before, in2008, since44] of ROWS) {
  Deno.test(`x86:B26 maskedIn2008(), x86:D28 maskedSince44(): ${before.toString(16)}`, () => {
    assertEquals(maskedIn2008(before), in2008);
    assertEquals(maskedSince44(before), since44);
  });
}
