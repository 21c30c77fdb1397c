import { assertEquals } from "@std/assert";
import { renderDiagnostic } from "./render.ts";
import { loadText } from "./testing.ts";

function shown(text: string): string {
  return loadText(text).diagnostics.map((one) => renderDiagnostic(one)).join(
    "\n",
  );
}

Deno.test("renderDiagnostic(): place, line, caret, what was expected, hint", () => {
  assertEquals(
    shown("run\n\tguest write dbgbcr0 lbm=2 # é"),
    [
      "test.dregs:2:22: error[unknown-field]: DBGBCR0_EL1 has no field \`lbm\`",
      "  \tguest write dbgbcr0 lbm=2 # é",
      "  \t                    ^^^",
      "  expected bt, lbn, ssc, hmc, bas, pmc or e",
      "  did you mean \`lbn\`?",
    ].join("\n"),
  );
});

Deno.test("renderDiagnostic(): notes are places of their own", () => {
  assertEquals(
    shown("let x = 1\nlet x = 2"),
    [
      "test.dregs:2:5: error[already-defined]: \`x\` is already defined",
      "  let x = 2",
      "      ^",
      "  note: test.dregs:1:5: defined here",
    ].join("\n"),
  );
});

Deno.test("renderDiagnostic(): a column counts characters, not code units", () => {
  assertEquals(
    shown('scenario "😀" { wrun }').split("\n")[0],
    "test.dregs:1:16: error[unknown-statement]: \`wrun\` is not a statement",
  );
});

Deno.test("renderDiagnostic(): control characters do not reach the terminal", () => {
  const text = shown("run \u001b[2J \u0007");
  assertEquals([...text].filter((c) => c < " " && c !== "\n"), []);
});

Deno.test("renderDiagnostic(): of a very long line, the part around the mistake", () => {
  const lines = shown(`let x = ${"1 + ".repeat(200)}nothing + 1`).split("\n");
  assertEquals(lines[1].length <= 162, true);
  const column = lines[2].indexOf("^");
  assertEquals(lines[1].slice(column, column + 7), "nothing");
});
