import { assertEquals } from "@std/assert";
import { UNMET } from "./unmet.ts";
import { highUnmet } from "./value_match.ts";

const { none, address, signExtension } = UNMET;

/** Bits 63:32 of the register and of the address. Bit 16 is VA[48]. */
const ROWS: readonly (readonly [number, number, number])[] = [
  [0, 0, none],
  // A tag in the address.
  [0, 0x0100_0000, none],
  [0, 0xfffe_0000 | 0, none],
  [0xffff_8000 | 0, 0x00ff_8000, none],
  [0xffff_8000 | 0, 0x0001_8000, none],
  // VA[48] and below.
  [0, 0x0001_0000, address],
  [0, 0xffff_0000 | 0, address],
  [0xffff_8000 | 0, 0xfffe_8000 | 0, address],
  [0x1234, 0x0100_1235, address],
  // The register's bits 63:48 are neither: bit 63 alone, and VA[48] alone.
  [0x8000_0000 | 0, 0, signExtension],
  [0x8000_0000 | 0, 0x8000_0000 | 0, none],
  [0x0001_0000, 0x0101_0000, signExtension],
  [0xfffe_0000 | 0, 0, signExtension],
];
for (const [register, of, want] of ROWS) {
  const hex = (word: number) => (word >>> 0).toString(16);
  Deno.test(`arm64:A/5.1 highUnmet(): register 0x${hex(register)}, address 0x${hex(of)}`, () => {
    assertEquals(highUnmet({ register, address: of }), want);
  });
}
