import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { format } from "../dsl/print/format.ts";
import { isOpen } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { GOOD_STATEMENTS, loadText } from "../dsl/testing.ts";
import { programs, written } from "./dsl_programs.ts";

/** Whatever the text: an answer, and diagnostics that lie in it and can be shown. */
function survives(text: string): void {
  const loaded = loadText(text);
  assertEquals(loaded.ok, loaded.diagnostics.length === 0);
  for (const { span, notes = [] } of loaded.diagnostics) {
    for (const { start, end, source } of [span, ...notes.map((n) => n.span)]) {
      assert(start >= 0 && start <= end && end <= source.text.length);
    }
  }
  const shown = renderDiagnostics(loaded.diagnostics);
  const heads = shown.split("\n").filter((line) => /^\S/.test(line));
  assertEquals(heads.length, loaded.diagnostics.length, shown);
  for (const head of heads) assert(/^test\.dregs:\d+:\d+: error\[/.test(head));
  const { ok } = format({ name: "test.dregs", text });
  assert(ok || !loaded.ok);
  isOpen(text);
}

/** Words, signs and ends of lines in any order: more often nearly right than random characters are. */
const PIECES = [
  ...new Set(GOOD_STATEMENTS.flatMap((text) => text.split(/\b/))),
  ...["{", "}", "\n", ";", " ", "#", '"', '"a{i}"', "@", "\\", "..", "-"],
  ...["scenario", "for", "let", "include", "in", "arch", "x86", "kernel"],
];

Deno.test("10,000 random texts: never a crash, a hang or a throw", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((all) =>
      all.join("")
    ),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((all) =>
      all.join(" ")
    ),
  );
  fc.assert(fc.property(texts, survives), { numRuns: 10_000 });
});

Deno.test("10,000 random edits of good programs: never a crash, a hang or a throw", () => {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.integer({ min: 0, max: 6 }),
    insert: fc.oneof(
      fc.constant(""),
      fc.constantFrom(...PIECES),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
  });
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(programs, edits, (program, all) => {
      let { text } = written(program);
      for (const { at, remove, insert } of all) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + insert + text.slice(from + remove);
      }
      survives(text);
    }),
    { numRuns: 10_000 },
  );
});
