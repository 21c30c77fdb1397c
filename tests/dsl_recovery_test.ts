import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Loaded } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { positionAt } from "../dsl/source.ts";
import { BAD_STATEMENTS, GOOD_STATEMENTS, loadText } from "../dsl/testing.ts";
import { programs, spoil, spoiled, SPOILS, written } from "./dsl_programs.ts";

/** Lines that have a diagnostic, one entry each. */
function blamedLines({ diagnostics }: Loaded): number[] {
  return diagnostics.map(({ span }) => positionAt(span.source, span.start).line)
    .sort((a, b) => a - b);
}

function explained(text: string, loaded: Loaded): string {
  const numbered = text.split("\n").map((line, at) => `${at + 1}: ${line}`);
  return `${numbered.join("\n")}\n${renderDiagnostics(loaded.diagnostics)}`;
}

Deno.test("a program without a mistake has no diagnostic", () => {
  fc.assert(
    fc.property(programs, (program) => {
      const { text } = written(program);
      const loaded = loadText(text);
      assertEquals(blamedLines(loaded), [], explained(text, loaded));
    }),
    { numRuns: 500 },
  );
});

Deno.test("N bad lines have N diagnostics, good lines have none", () => {
  let bad = 0;
  fc.assert(
    fc.property(programs, fc.infiniteStream(spoil), (program, spoils) => {
      const pick = () => spoils.next().value;
      const { text, badLines } = written(spoiled(program, pick));
      bad += badLines.length;
      const loaded = loadText(text);
      assertEquals(
        blamedLines(loaded),
        [...badLines].sort((a, b) => a - b),
        explained(text, loaded),
      );
    }),
    { numRuns: 2500 },
  );
  assertEquals(bad > 2000, true, `only ${bad} lines were spoiled`);
});

/** Each bad statement, and each good one spoiled in each way. */
function* badLines(): Generator<string> {
  yield* BAD_STATEMENTS;
  for (const good of GOOD_STATEMENTS) {
    const text = good.replaceAll("$i", "1").replaceAll("$n", "7")
      .replaceAll("$d", "n0");
    for (const spoil of SPOILS) yield spoil.replaceAll("$0", text);
  }
}

/** Lines that a machine in use refuses. */
const CONFIGURATION = [
  "arch arm64",
  "kernel watanabe-v7",
  "host brps=5 ctx=2 wrps=4",
];

for (
  const [where, before, after] of [
    ["", "", ""],
    [" in a loop", "for i in 0..1 {\n", "\n}"],
    [" in a scenario", 'scenario "a" {\n', "\n}"],
  ] as const
) {
  Deno.test(`a bad line${where} does not put the machine to use`, () => {
    for (const bad of badLines()) {
      for (const good of CONFIGURATION) {
        const text = `${before}${bad}\n${good}${after}`;
        const loaded = loadText(text);
        const line = before === "" ? 1 : 2;
        assertEquals(blamedLines(loaded), [line], explained(text, loaded));
      }
    }
  });
}

/** Numbers of lines that are a brace alone, or open a block. */
function braceLines(lines: readonly string[]): {
  readonly closing: readonly number[];
  readonly opening: readonly number[];
} {
  const numbers = (test: (line: string) => boolean) =>
    lines.flatMap((line, at) => test(line) ? [at + 1] : []);
  return {
    closing: numbers((line) => line.trim() === "}"),
    opening: numbers((line) => line.endsWith("{")),
  };
}

/** The line that opens the block which a line closes. */
function openerOf(lines: readonly string[], closing: number): number {
  let depth = 0;
  for (let number = closing; number > 0; number--) {
    const line = lines[number - 1];
    if (line.trim() === "}") depth++;
    if (line.endsWith("{") && --depth === 0) return number;
  }
  throw new RangeError(`Nothing opens what line ${closing} closes`);
}

Deno.test("a missing } is one diagnostic, at the { that it should close", () => {
  fc.assert(
    fc.property(programs, fc.nat(), (program, choice) => {
      const lines = written(program).text.split("\n");
      const { closing } = braceLines(lines);
      fc.pre(closing.length > 0);
      const gone = closing[choice % closing.length];
      const opener = openerOf(lines, gone);
      const text = lines.filter((_, at) => at !== gone - 1).join("\n");
      const loaded = loadText(text);
      assertEquals(blamedLines(loaded), [opener], explained(text, loaded));
    }),
    { numRuns: 500 },
  );
});

Deno.test("a } too many is one diagnostic, at that }", () => {
  fc.assert(
    fc.property(programs, fc.nat(), (program, choice) => {
      const lines = written(program).text.split("\n");
      const at = choice % lines.length;
      // Indented like the line that follows, as a person who forgot to delete it would have it.
      const indent = /^ */.exec(lines[at])![0];
      const text = [...lines.slice(0, at), `${indent}}`, ...lines.slice(at)]
        .join("\n");
      const loaded = loadText(text);
      assertEquals(loaded.diagnostics.length, 1, explained(text, loaded));
      assertEquals(loaded.diagnostics[0].code, "stray-brace");
    }),
    { numRuns: 500 },
  );
});

Deno.test("at the end of the file a bad line and an open { are two diagnostics", () => {
  const loaded = loadText('scenario "a" {\n  run\n  guest wirte dbgbcr0');
  assertEquals(loaded.diagnostics.map(({ code }) => code), [
    "unclosed-brace",
    "unexpected",
  ]);
});

Deno.test("what is missing is said to be before the { that follows", () => {
  const message = (text: string) =>
    loadText(`${text}\n}`).diagnostics.map(({ message }) => message);
  assertEquals(message("scenario {"), ['expected a "text" before `{`']);
  assertEquals(message("for i {"), ["expected `in` before `{`"]);
  assertEquals(message("explore {\nvcpu {\n}"), [
    "expected a number before `{`",
  ]);
  assertEquals(message('scenario "x" {\ninclude # y'), [
    'expected a "text" at the end of the line',
  ]);
});
