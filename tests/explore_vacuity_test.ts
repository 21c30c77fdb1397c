/**
 * Blocks that hold and have nothing wrong with them, each spoilt so that something in it can no longer break: a
 * warning names the line.
 *
 * @module
 */
import { explored, FOLDER, verdictOn } from "./explore_command.ts";
import { BASES } from "./explore_vacuity_blocks.ts";
import { assertEquals } from "@std/assert";

for (const { name, text, spoilt } of BASES) {
  Deno.test(`explore: no warning about ${name}`, async () => {
    const { outcome, warnings } = await verdictOn(`${text}\n`);
    assertEquals([outcome, warnings], ["holds", []]);
  });
  for (const [from, to, code, at] of spoilt) {
    Deno.test(`explore warns: ${name}, \`${to.trim()}\` instead of \`${from.trim()}\`: ${code}`, async () => {
      assertEquals(text.split(from).length, 2, "one place is changed");
      const verdict = await verdictOn(`${text.replace(from, to)}\n`);
      const found = verdict.warnings.map(({ code, text }) => [code, text]);
      assertEquals(
        [
          verdict.outcome,
          found.filter((one) => one[0] === code && one[1] === at).length,
        ],
        ["holds", 1],
        JSON.stringify(found),
      );
    });
  }
}

Deno.test("explore: no block of the catalogue has a warning under its own kernel", async () => {
  for (const { warnings } of (await explored(FOLDER)).verdicts) {
    assertEquals(warnings, []);
  }
});
