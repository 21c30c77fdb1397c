import { assertEquals } from "@std/assert";
import { ARCH_NAMES, architecture } from "../engine/mod.ts";
import { fieldNumber, isNumber, namedNumber, tooWide } from "./notation.ts";
import { fieldText } from "./values.ts";

const ROWS: readonly (readonly [string, number, bigint, string])[] = [
  ["E", 1, 1n, "1"],
  ["SSC", 2, 3n, "3"],
  ["LBN", 4, 11n, "11"],
  ["LBN", 4, 3n, "3"],
  ["MASK", 5, 31n, "31"],
  ["BRPs", 4, 15n, "15"],
  ["BT", 4, 3n, "0x3"],
  ["BAS", 4, 15n, "0xf"],
  ["BAS", 8, 1n, "0x1"],
  ["VA", 47, 0n, "0x0"],
];

for (const [name, widthBits, value, text] of ROWS) {
  Deno.test(`fieldNumber(): ${name}, ${widthBits} bits: ${text}`, () => {
    assertEquals(fieldNumber({ name, widthBits }, value), text);
  });
}

Deno.test("fieldNumber(): a field is in one base, whatever its value", () => {
  for (const arch of ARCH_NAMES) {
    for (const { layout } of architecture(arch)!.registers.all) {
      for (const field of layout.fields) {
        const max = (1n << BigInt(field.widthBits)) - 1n;
        const bases = [0n, 1n, max >> 1n, max].map((value) =>
          fieldNumber(field, value).startsWith("0x")
        );
        const hex = field.widthBits > 3 && !isNumber(field.name);
        assertEquals(
          bases,
          [hex, hex, hex, hex],
          `${layout.name}.${field.name}`,
        );
      }
    }
  }
});

Deno.test("fieldText(): the number, and its name where it has one", () => {
  const field = { name: "BT", widthBits: 4, values: { "linked-context": 3n } };
  assertEquals(fieldText(3n, field), "0x3 (linked-context)");
  assertEquals(fieldText(15n, field), "0xf");
});

Deno.test("namedNumber(): numbers of exits and exceptions are decimal, values are not", () => {
  assertEquals(namedNumber("vector", 13n), "13");
  assertEquals(namedNumber("errno", 14n), "14");
  assertEquals(namedNumber("ec", 0x30n), "0x30");
  assertEquals(namedNumber("dr6", 1n), "0x1");
});

Deno.test("tooWide(): the value and the range are written as the field is", () => {
  assertEquals(
    tooWide("DBGBCR0_EL1", { name: "LBN", widthBits: 4 }, 16n),
    "16 does not fit DBGBCR0_EL1.LBN, 4 bits (0..15)",
  );
  assertEquals(
    tooWide("DBGBCR0_EL1", { name: "BAS", widthBits: 4 }, 0xffn),
    "0xff does not fit DBGBCR0_EL1.BAS, 4 bits (0x0..0xf)",
  );
});
