import { assertEquals } from "@std/assert";
import { highWord, lowWord, set64 } from "../../word64.ts";
import { ACCESS, codeMatches, dataMatches, reported } from "./match.ts";

/** DR0 to DR3, the first as given. */
function registers(dr0: bigint): Int32Array {
  const w = new Int32Array(8);
  set64(w, 0, dr0);
  return w;
}

function matchesData(
  dr0: bigint,
  dr7: number,
  address: bigint,
  sizeBytes: number,
  access: number = ACCESS.write,
  de = false,
): boolean {
  const bits = dataMatches(
    registers(dr0),
    0,
    dr7,
    lowWord(address),
    highWord(address),
    sizeBytes,
    access,
    de,
  );
  return (bits & 1) !== 0;
}

const RANGES: readonly [
  name: string,
  dr0: bigint,
  dr7: number,
  address: bigint,
  sizeBytes: number,
  hits: boolean,
][] = [
  ["DRn 0x1003, LEN 4: 0x1000", 0x1003n, 0x000d_0402, 0x1000n, 1, true],
  ["DRn 0x1003, LEN 4: 0x1003", 0x1003n, 0x000d_0402, 0x1003n, 1, true],
  ["an 8-byte store at 0xffc", 0x1003n, 0x000d_0402, 0xffcn, 8, true],
  ["a 4-byte store at 0xffc", 0x1003n, 0x000d_0402, 0xffcn, 4, false],
  ["a store at 0x1004", 0x1003n, 0x000d_0402, 0x1004n, 4, false],
  ["DRn 0x100f, LEN 8: 0x1008", 0x100fn, 0x0009_0402, 0x1008n, 1, true],
  ["DRn 0x100f, LEN 8: 0x1007", 0x100fn, 0x0009_0402, 0x1007n, 1, false],
  ["DRn 0x100f, LEN 8: 0x100f", 0x100fn, 0x0009_0402, 0x100fn, 1, true],
  ["DRn 0x100f, LEN 8: 0x1010", 0x100fn, 0x0009_0402, 0x1010n, 1, false],
  ["DRn 0x1001, LEN 2: 0x1000", 0x1001n, 0x0005_0402, 0x1000n, 1, true],
  ["DRn 0x1001, LEN 2: 0x1002", 0x1001n, 0x0005_0402, 0x1002n, 1, false],
  ["across 4 GiB", 0x1_0000_0000n, 0x000d_0402, 0xffff_fffcn, 8, true],
  ["just below 4 GiB", 0x1_0000_0000n, 0x000d_0402, 0xffff_fffcn, 4, false],
  [
    "the upper half of memory",
    0xffff_8000_0000_0000n,
    0x000d_0402,
    0xffff_8000_0000_0000n,
    1,
    true,
  ],
  // x86:A/1
  [
    "not canonical",
    0x8000_0000_0000_0000n,
    0x000d_0402,
    0x8000_0000_0000_0000n,
    1,
    false,
  ],
];
for (const [name, dr0, dr7, address, sizeBytes, hits] of RANGES) {
  Deno.test(`x86:A2 dataMatches(): ${name}`, () => {
    assertEquals(matchesData(dr0, dr7, address, sizeBytes), hits);
  });
}

Deno.test("x86:A2 dataMatches(): every offset of every length against byte sets", () => {
  const lengths = [[0, 1], [1, 2], [3, 4], [2, 8]] as const;
  for (const [code, length] of lengths) {
    for (let base = 0; base < 16; base++) {
      for (let start = 0; start < 32; start++) {
        for (const sizeBytes of [1, 2, 4, 8]) {
          const first = base - base % length;
          const want = start < first + length && start + sizeBytes > first;
          const dr7 = 0x402 | ((code << 2 | 1) << 16);
          assertEquals(
            matchesData(
              BigInt(0x1000 + base),
              dr7,
              BigInt(0x1000 + start),
              sizeBytes,
            ),
            want,
            `base ${base} length ${length}, access ${start} size ${sizeBytes}`,
          );
        }
      }
    }
  }
});

Deno.test("x86:A2 dataMatches(): write slots see no load, access slots do", () => {
  assertEquals(matchesData(0x10n, 0xd_0402, 0x10n, 4, ACCESS.read), false);
  assertEquals(matchesData(0x10n, 0xf_0402, 0x10n, 4, ACCESS.read), true);
  assertEquals(
    matchesData(0x10n, 0xd_0402, 0x10n, 4, ACCESS.read | ACCESS.write),
    true,
  );
});

Deno.test("x86:A3 dataMatches(): I/O slots need CR4.DE and a port access", () => {
  assertEquals(matchesData(0x77n, 0x2_0402, 0x77n, 1, ACCESS.io, true), true);
  assertEquals(matchesData(0x77n, 0x2_0402, 0x77n, 1, ACCESS.io, false), false);
  assertEquals(
    matchesData(0x77n, 0x2_0402, 0x77n, 1, ACCESS.write, true),
    false,
  );
  assertEquals(matchesData(0x77n, 0xe_0402, 0x74n, 1, ACCESS.io, true), true);
});

Deno.test("x86:A1 codeMatches(): the first byte alone, whatever LENn", () => {
  const w = registers(0x1001n);
  assertEquals(codeMatches(w, 0, 0x402, 0x1001, 0, false), 1);
  assertEquals(codeMatches(w, 0, 0x402, 0x1000, 0, false), 0);
  assertEquals(codeMatches(w, 0, 0xc_0402, 0x1001, 0, false), 1);
  assertEquals(codeMatches(w, 0, 0xd_0402, 0x1001, 0, false), 0);
});

Deno.test("x86:A/3 reported(): only what is enabled, or all once one is", () => {
  assertEquals(reported(0b0111, 0x409, false), 0b0011);
  assertEquals(reported(0b0111, 0x409, true), 0b0111);
  assertEquals(reported(0b0100, 0x409, true), 0);
  assertEquals(reported(0b1000, 0x440, false), 0b1000);
});
