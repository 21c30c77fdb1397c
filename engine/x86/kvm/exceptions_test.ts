import { assertEquals } from "@std/assert";
import { withPayload } from "./exceptions.ts";

/** The table of x86:G/4. */
const ROWS: readonly [before: number, payload: number, after: number][] = [
  [0xffff_0ff0, 0x1, 0xffff_0ff1],
  [0xffff_4ff2, 0x4, 0xffff_4ff4],
  [0xffff_0ff0, 0x4000, 0xffff_4ff0],
  [0xffff_4ff0, 0x2000, 0xffff_6ff0],
  [0xffff_0ff0, 0x1_0000, 0xfffe_0ff0],
  [0xffff_0ff0, 0x800, 0xffff_07f0],
  [0xfffe_0ff0, 0x4000, 0xffff_4ff0],
  [0xffff_0ff0, 0x1001, 0xffff_0ff1],
  [0xffff_0ff3, 0x0, 0xffff_0ff0],
  [0xffff_2fff, 0x8, 0xffff_2ff8],
  [0xffff_0ff0, 0x4005, 0xffff_4ff5],
];
for (const [before, payload, after] of ROWS) {
  Deno.test(`x86:D17 withPayload(): ${before.toString(16)} with ${payload.toString(16)}`, () => {
    assertEquals(withPayload(before | 0, payload) >>> 0, after);
  });
}

/** [DR6 before, payload, DR6 after on 7.3]; the last two have payloads of VMCB DR6 0x4010 and 0x4000. */
const SINCE_7_3: readonly (readonly [number, number, number])[] = [
  [0xffff_0ff0, 0x4000, 0xffff_4ff0],
  [0xffff_07f0, 0x4000, 0xffff_47f0],
  [0xffff_0ff0, 0x1_0000, 0xfffe_0ff0],
  [0xffff_0ff0, 0x800, 0xffff_07f0],
  [0x4010, 0xffff_4fe0, 0xfffe_47f0],
  [0x4000, 0xffff_4ff0, 0xfffe_47f0],
];
for (const [before, payload, after] of SINCE_7_3) {
  Deno.test(`x86:D45 withPayload(): ${before.toString(16)} with ${payload.toString(16)}`, () => {
    const dr6 = withPayload(before | 0, payload | 0, "active-low-but-bld");
    assertEquals(dr6 >>> 0, after);
  });
}
