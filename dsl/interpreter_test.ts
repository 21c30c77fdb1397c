import { assertEquals } from "@std/assert";
import { engineVocabulary } from "./engine_vocabulary.ts";
import { runFile } from "./interpreter.ts";
import { load } from "./load.ts";
import type { ScenarioResult } from "./result.ts";

/** The results of a text that has no diagnostic. */
function run(text: string): ScenarioResult[] {
  const source = { name: "test.dregs", text };
  const loaded = load(source, { vocabulary: engineVocabulary() });
  assertEquals(loaded.diagnostics, []);
  return [...runFile(loaded.file!, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: 1_000_000,
  })];
}

/** Mistakes in turns of a loop too long for the checks. */
const LATE: readonly (readonly [text: string, code: string, note: string])[] = [
  [
    'for i in 0..20_000 { scenario "x{i - i / 1000 % 2}" { } }',
    "already-defined",
    "with i = 1000",
  ],
  [
    'for i in 1..20_000 { scenario "{i}x{1 / (i ^ 9_000)}" { } }',
    "division-by-zero",
    "with i = 9000",
  ],
  [
    'for i in 1..20_000 { for j in 0..1 / (i ^ 9_000) { scenario "{i}x{j}" { } } }',
    "division-by-zero",
    "with i = 9000",
  ],
];

for (const [text, code, note] of LATE) {
  Deno.test(`a scenario's name where the checks did not look: ${text}`, () => {
    const failures = run(text).flatMap((one) => one.failures);
    const [{ diagnostic }] = failures;
    assertEquals([diagnostic.code, diagnostic.notes?.at(-1)?.message], [
      code,
      note,
    ]);
    assertEquals(
      failures.length,
      new Set(failures.map((one) => one.diagnostic.code)).size,
    );
  });
}

Deno.test("scenarios with names of their own all run", () => {
  const results = run('for i in 0..20_000 { scenario "x{i}" { } }');
  assertEquals(results.length, 20_001);
  assertEquals(
    new Set(results.map(({ status }) => status)),
    new Set(["passed"]),
  );
});
