import { assertEquals } from "@std/assert";
import { comparedSpans, isAligned } from "./split_access.ts";

/** Spans of an access, as `first+bytes`. */
function spans(
  lo: number,
  sizeBytes: number,
  direction: "load" | "store",
): string[] {
  return comparedSpans({ lo, hi: 7, sizeBytes }, direction).map((span) =>
    `${span.hi}:${(span.lo >>> 0).toString(16)}+${span.sizeBytes}`
  );
}

Deno.test("comparedSpans(): a load is two aligned ones", () => {
  assertEquals(spans(0x8_0009, 2, "load"), ["7:80008+2", "7:8000a+2"]);
  assertEquals(spans(0x8_0006, 4, "load"), ["7:80004+4", "7:80008+4"]);
  assertEquals(spans(0xffff_fffd | 0, 4, "load"), ["7:fffffffc+4", "8:0+4"]);
});

Deno.test("comparedSpans(): a store is compared from the start of its page", () => {
  assertEquals(spans(0x8_0019, 4, "store"), ["7:80000+29"]);
  // The last bytes of the page.
  assertEquals(spans(0x8_0ffe, 2, "store"), ["7:80ffe+2"]);
});

Deno.test("comparedSpans(): a store across pages is compared by its parts", () => {
  assertEquals(spans(0x8_0ffd, 8, "store"), ["7:80ffd+3", "7:81000+5"]);
  assertEquals(spans(0xffff_ffff | 0, 2, "store"), ["7:ffffffff+1", "8:0+1"]);
});

Deno.test("isAligned(): a multiple of the size", () => {
  assertEquals(
    [0, 1, 2, 4, 6].map((lo) => isAligned({ lo, hi: 0, sizeBytes: 4 })),
    [true, false, false, true, false],
  );
});
