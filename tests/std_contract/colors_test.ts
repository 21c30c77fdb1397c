/**
 * @std/fmt/colors.
 *
 * @module
 */
import * as colors from "@std/fmt/colors";
import assert from "node:assert/strict";

const STYLES: readonly [
  name: string,
  style: (text: string) => string,
  open: string,
  close: string,
][] = [
  ["reset", colors.reset, "0", "0"],
  ["bold", colors.bold, "1", "22"],
  ["dim", colors.dim, "2", "22"],
  ["italic", colors.italic, "3", "23"],
  ["underline", colors.underline, "4", "24"],
  ["inverse", colors.inverse, "7", "27"],
  ["strikethrough", colors.strikethrough, "9", "29"],
  ["black", colors.black, "30", "39"],
  ["red", colors.red, "31", "39"],
  ["green", colors.green, "32", "39"],
  ["yellow", colors.yellow, "33", "39"],
  ["blue", colors.blue, "34", "39"],
  ["magenta", colors.magenta, "35", "39"],
  ["cyan", colors.cyan, "36", "39"],
  ["white", colors.white, "37", "39"],
  ["gray", colors.gray, "90", "39"],
  ["brightRed", colors.brightRed, "91", "39"],
  ["brightGreen", colors.brightGreen, "92", "39"],
  ["brightYellow", colors.brightYellow, "93", "39"],
  ["brightBlue", colors.brightBlue, "94", "39"],
  ["brightMagenta", colors.brightMagenta, "95", "39"],
  ["brightCyan", colors.brightCyan, "96", "39"],
  ["bgRed", colors.bgRed, "41", "49"],
  ["bgGreen", colors.bgGreen, "42", "49"],
  ["bgYellow", colors.bgYellow, "43", "49"],
  ["bgBlue", colors.bgBlue, "44", "49"],
  ["rgb8", (text) => colors.rgb8(text, 208), "38;5;208", "39"],
  ["rgb8, too high", (text) => colors.rgb8(text, 300), "38;5;255", "39"],
  ["bgRgb8", (text) => colors.bgRgb8(text, 17), "48;5;17", "49"],
  ["rgb24", (text) => colors.rgb24(text, 0x0102ff), "38;2;1;2;255", "39"],
  [
    "rgb24, by channel",
    (text) => colors.rgb24(text, { r: 9, g: 8, b: 300 }),
    "38;2;9;8;255",
    "39",
  ],
];

/** Runs `body` with colours on or off, and leaves them as they were. */
function withColor(enabled: boolean, body: () => void): void {
  const before = colors.getColorEnabled();
  colors.setColorEnabled(enabled);
  try {
    body();
  } finally {
    colors.setColorEnabled(before);
  }
}

for (const [name, style, open, close] of STYLES) {
  Deno.test(`std fmt: ${name}() with colours on`, () => {
    // With NO_COLOR in the environment nothing turns them on.
    const [start, end] = Deno.noColor
      ? ["", ""]
      : [`\x1b[${open}m`, `\x1b[${close}m`];
    withColor(true, () => {
      assert.equal(style("x"), `${start}x${end}`);
    });
  });
  Deno.test(`std fmt: ${name}() starts again where one ends inside it`, () => {
    const [start, end] = [`\x1b[${open}m`, `\x1b[${close}m`];
    withColor(true, () => {
      assert.equal(
        style(`a${end}b`),
        Deno.noColor ? `a${end}b` : `${start}a${start}b${end}`,
      );
    });
  });
  Deno.test(`std fmt: ${name}() with colours off`, () => {
    withColor(false, () => assert.equal(style("x"), "x"));
  });
}

Deno.test("std fmt: setColorEnabled() never overrules NO_COLOR", () => {
  withColor(true, () => assert.equal(colors.getColorEnabled(), !Deno.noColor));
  withColor(false, () => assert.equal(colors.getColorEnabled(), false));
});

Deno.test("std fmt: stripAnsiCode() leaves the text", () => {
  assert.equal(
    colors.stripAnsiCode("\x1b[1m\x1b[38;5;208mdr7\x1b[39m\x1b[22m = \x1b[2K0"),
    "dr7 = 0",
  );
});
