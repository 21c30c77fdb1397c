/**
 * Paths of `deno task kvm`.
 */
import { assertEquals } from "@std/assert";
import { fromCaller } from "../tools/kvm/paths.ts";

const ROWS: readonly (readonly [
  path: string,
  caller: string | undefined,
  whole: string,
])[] = [
  ["scenarios/x86", undefined, "scenarios/x86"],
  ["x86", "/project/scenarios", "scenarios/x86"],
  ["../tests", "/project/scenarios", "tests"],
  [".", "/project", "."],
  ["case.jsonl", "/elsewhere", "/elsewhere/case.jsonl"],
  ["/project/./tests/a.jsonl", "/elsewhere", "tests/a.jsonl"],
  ["/projects/a.jsonl", undefined, "/projects/a.jsonl"],
];
for (const [path, caller, whole] of ROWS) {
  Deno.test(`fromCaller(): ${path} in ${caller ?? "the project"}`, () => {
    assertEquals(fromCaller(path, caller, "/project"), whole);
  });
}
