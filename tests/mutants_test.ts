/** The mutation test's own parts: what is changed, which tests are asked, and the list of changes without effect. */
import { assert, assertEquals } from "@std/assert";
import { readLcov } from "../tools/mutants/copy.ts";
import { testsOf } from "../tools/mutants/coverage.ts";
import {
  type Equivalent,
  equivalentOf,
  linesOf,
} from "../tools/mutants/equivalents.ts";
import { applied, mutantsOf, nameOf } from "../tools/mutants/operators.ts";
import { sourceFiles } from "./source_files.ts";

const TEXT = `import { g } from "./g.ts";
export function f(a: number, b = 0x10): boolean {
  if (a < b && a !== 3) {
    g(a, b);
    g(b);
  }
  return (a & ~b) > 1 ? true : a + 1 === 2;
}
`;

Deno.test("mutants: each kind of change, where it is", () => {
  const found = mutantsOf("engine/f.ts", TEXT).map((mutant) =>
    `${
      nameOf(mutant).slice("engine/f.ts:".length)
    }: ${mutant.before} → ${mutant.after}`
      .replaceAll(/\s+/g, " ")
  );
  assertEquals(found, [
    "2:34 number: 0x10 → 0x11",
    "3:7 condition: a < b && a !== 3 → !(a < b && a !== 3)",
    "3:9 bound: < → <=",
    "3:13 logic: && → ||",
    "3:18 equality: !== → ===",
    "3:22 number: 3 → 4",
    "4:5 statement: g(a, b); → ;",
    "4:5 order: g(a, b); g(b); → g(b); g(a, b);",
    "4:7 arguments: a, b → b, a",
    "5:5 statement: g(b); → ;",
    "7:10 condition: (a & ~b) > 1 → !((a & ~b) > 1)",
    "7:13 mask: & → |",
    "7:15 mask: ~ → ",
    "7:19 bound: > → >=",
    "7:21 number: 1 → 2",
    "7:25 boolean: true → false",
    "7:34 arithmetic: + → -",
    "7:36 number: 1 → 2",
    "7:38 equality: === → !==",
    "7:42 number: 2 → 3",
  ]);
});

Deno.test("mutants: the text with one change", () => {
  const mutant = mutantsOf("f.ts", TEXT).find(({ kind }) => kind === "bound")!;
  assertEquals(applied(TEXT, mutant), TEXT.replace("a < b", "a <= b"));
});

Deno.test("mutants: types, imports and texts of errors are left alone", () => {
  const text = `import { a } from "./a1.ts";
type Three = 3 | 4;
interface I { readonly n: 1; }
export function f(n: 1 | 2): void { throw new Error("x" + (n + 1)); }
`;
  assertEquals(mutantsOf("f.ts", text), []);
});

Deno.test("mutants: the tests that run the line, the quick and successful ones first", () => {
  const test = (path: string, ms: number, lines: number[]) => ({
    path,
    digest: "",
    ms,
    lines: { "engine/x86/step.ts": lines },
  });
  const tests = [
    test("tests/slow_test.ts", 4000, [1, 2]),
    test("tests/other_test.ts", 10, [1]),
    test("tests/quick_test.ts", 500, [2]),
    test("tests/successful_test.ts", 3000, [2]),
    test("tests/step_test.ts", 600, [2]),
  ];
  const caught = new Map([["tests/successful_test.ts", 9]]);
  const asked = testsOf(tests, { path: "engine/x86/step.ts", line: 2 }, caught);
  assertEquals(asked.map(({ path }) => path), [
    "tests/step_test.ts",
    "tests/successful_test.ts",
    "tests/quick_test.ts",
    "tests/slow_test.ts",
  ]);
});

Deno.test("mutants: lines that ran, from LCOV", () => {
  const text =
    "SF:/r/a.ts\nDA:1,2\nDA:2,0\nend_of_record\nSF:/x/b.ts\nDA:9,1\n";
  assertEquals([...readLcov(text, "/r")], [["a.ts", new Set([1])]]);
});

Deno.test("mutants: every change listed as without effect can still be made, and has its reason", async () => {
  const known: readonly Equivalent[] = JSON.parse(
    await Deno.readTextFile(
      new URL("mutants/equivalents.json", import.meta.url),
    ),
  );
  const files = await sourceFiles((path) =>
    known.some((one) => one.path === path)
  );
  for (const one of known) {
    const text = files.get(one.path);
    assert(text !== undefined, `${one.path} is gone`);
    const found = mutantsOf(one.path, text).some((mutant) =>
      equivalentOf([one], text, mutant) !== undefined
    );
    assert(found, `${one.path}: there is no such line: ${one.line}`);
    assert(/\w \w/.test(one.reason), `${one.path}: ${one.line}: no reason`);
  }
});

Deno.test("mutants: a change without effect is known by its line, wherever that is", () => {
  const [mutant] = mutantsOf("f.ts", TEXT);
  const { line, changed } = linesOf(TEXT, mutant);
  const one = { path: "f.ts", line, changed, reason: "b is unused" };
  const moved = `\n\n${TEXT}`;
  const [same] = mutantsOf("f.ts", moved);
  assertEquals(equivalentOf([one], moved, same), one);
  assertEquals(
    equivalentOf([{ ...one, path: "g.ts" }], moved, same),
    undefined,
  );
});
