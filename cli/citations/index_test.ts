import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../io.ts";
import { citationIndex, citedBy, citingKind } from "./index.ts";
import { citationsBesideSource } from "./load.ts";

const KINDS: readonly [path: string, kind: string | undefined][] = [
  ["engine/x86/kvm/entry.ts", "code"],
  ["dsl/run/why.ts", "code"],
  ["engine/x86/kvm/dr_registers_test.ts", "tests"],
  ["tests/x86_machine.ts", "tests"],
  ["scenarios/x86/dr7/gd.dregs", "scenarios"],
  ["scenarios/README.md", undefined],
  ["tests/recordings/x86/a.jsonl", undefined],
  ["tests/outside.ts", undefined],
  ["tests/rule_book_test.ts", undefined],
  ["engine/x86/rule_book.ts", undefined],
  ["engine/x86/rule_book/mainline.ts", undefined],
  ["engine/x86/rule_book_test.ts", undefined],
  ["engine/events.ts", undefined],
  ["cli/rules_test.ts", undefined],
  ["cli/citations/scan.ts", undefined],
  ["docs/rules/x86_c.md", undefined],
];
for (const [path, kind] of KINDS) {
  Deno.test(`citingKind("${path}") is ${kind}`, () => {
    assertEquals(citingKind(path), kind);
  });
}

Deno.test("citationIndex(), citedBy(): files by kind, with the lines", () => {
  const index = citationIndex(
    new Map([
      ["engine/x86/b.ts", "// x86:D1\n// x86:D2 to x86:D3\n// x86:D1"],
      ["engine/x86/a.ts", "\n// x86:D1"],
      ["engine/x86/c.ts", "// D1"],
      ["scenarios/x86/a.dregs", "# Rules x86:D3."],
      ["tests/outside.ts", "x86:D1"],
    ]),
  );
  assertEquals(Object.keys(index), [
    "engine/x86/a.ts",
    "engine/x86/b.ts",
    "scenarios/x86/a.dregs",
  ]);
  assertEquals(citedBy(index, "x86:D1"), {
    code: [
      { path: "engine/x86/a.ts", lines: [2] },
      { path: "engine/x86/b.ts", lines: [1, 3] },
    ],
    tests: [],
    scenarios: [],
  });
  assertEquals(citedBy(index, "x86:D3"), {
    code: [{ path: "engine/x86/b.ts", lines: [2] }],
    tests: [],
    scenarios: [{ path: "scenarios/x86/a.dregs", lines: [1] }],
  });
});

Deno.test("citationsBesideSource(): has code, tests and scenarios of this checkout", () => {
  const paths = Object.keys(citationsBesideSource(denoIo()));
  for (const kind of ["code", "tests", "scenarios"]) {
    assert(paths.some((path) => citingKind(path) === kind), kind);
  }
  assert(paths.includes("engine/x86/kvm/entry.ts"));
});
