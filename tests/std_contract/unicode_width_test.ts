/**
 * unicodeWidth() of @std/cli.
 *
 * @module
 */
import { unicodeWidth } from "@std/cli/unicode-width";
import assert from "node:assert/strict";

const WIDTHS: readonly [text: string, columns: number][] = [
  ["", 0],
  ["dbgbcr0_el1", 11],
  ["│ ─ ┼ ╞ ▶ → ≠ – … ✓ ✗ ·", 23],
  ["é", 1],
  ["e\u0301", 1],
  ["レジスタ", 8],
  ["ｱ", 1],
  ["Ａ", 2],
  ["한", 2],
  ["🐛", 2],
  ["👩‍💻", 4],
  ["a\u200bb", 2],
  ["a\tb\n", 2],
  ["\x1b[1mx\x1b[22m", 8],
  ["\u{ad}", 1],
  ["\ufeff", 0],
];

for (const [text, columns] of WIDTHS) {
  Deno.test(`std cli: unicodeWidth(${JSON.stringify(text)})`, () => {
    assert.equal(unicodeWidth(text), columns);
  });
}
