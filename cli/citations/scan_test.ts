import { assertEquals } from "@std/assert";
import type { RuleId } from "../../engine/mod.ts";
import { citations, citedLines, isCitationOf } from "./scan.ts";

const FOUND: readonly [name: string, text: string, ids: string][] = [
  ["an id", "// x86:C9", "x86:C9"],
  ["the end of a sentence", "Rule arm64:D4.", "arm64:D4"],
  ["a dotted id at the end of a sentence", "As arm64:E/2.13.", "arm64:E/2.13"],
  ["a letter at the end", "Rule x86:D/12a, here", "x86:D/12a"],
  ["a part of a rule", "arm64:A/9.w1", "arm64:A/9.w1"],
  ["a slash", "Rules x86:A/1, arm64:E/2.13.", "x86:A/1 arm64:E/2.13"],
  ["a slash and a letter", "x86:D/12a, arm64:A/9.w1", "x86:D/12a arm64:A/9.w1"],
  ["a slash that ends the id", "x86:A5/x86:A6, D6/8", "x86:A5 x86:A6"],
  ["a string", 'rule: "arm64:E/1.5", clear', "arm64:E/1.5"],
  ["a possessive", "arm64:B8's order", "arm64:B8"],
  ["a list", "Rules arm64:B8, arm64:B9;x86:B8", "arm64:B8 arm64:B9 x86:B8"],
  ["a hyphen", "Rules arm64:D6-D9 (on)", "arm64:D6 arm64:D7 arm64:D8 arm64:D9"],
  ["a dash", "arm64:D6–D7", "arm64:D6 arm64:D7"],
  ["both ends whole", "x86:Q1-x86:Q3", "x86:Q1 x86:Q2 x86:Q3"],
  ["to", "arm64:S30 to arm64:S32.", "arm64:S30 arm64:S31 arm64:S32"],
  ["to and a short end", "arm64:V1 to V3.", "arm64:V1 arm64:V2 arm64:V3"],
  [
    "a dotted series",
    "arm64:E/2.9-E/2.11",
    "arm64:E/2.9 arm64:E/2.10 arm64:E/2.11",
  ],
  ["sections", "x86:A/1 to x86:A/3", "x86:A/1 x86:A/2 x86:A/3"],
  ["sections with a slash", "x86:A/1 to A/3", "x86:A/1 x86:A/2 x86:A/3"],
  [
    "a range over lines of a doc comment",
    "x86:C4 to\n * x86:C5",
    "x86:C4 x86:C5",
  ],
  ["a range over lines of a scenario", "x86:Q1\n# to x86:Q2", "x86:Q1 x86:Q2"],
  ["a range over lines of code", "x86:Q1 to\n  // x86:Q2", "x86:Q1 x86:Q2"],
  ["each once", "x86:Q1, x86:Q2, x86:Q1-Q3", "x86:Q1 x86:Q2 x86:Q3"],
  [
    "a range in a list",
    "x86:Q9, x86:Q1-Q2, x86:Q7",
    "x86:Q9 x86:Q1 x86:Q2 x86:Q7",
  ],
  ["a whole part", "Rules x86:B, table x86:B/7", "x86:B x86:B/7"],
  ["no range: to and a word", "from x86:D6 to Debug", "x86:D6"],
  ["no range: a list that ends in no architecture", "x86:D6, D9", "x86:D6"],
  ["no architecture", "rule D9, row X2, DR6", ""],
  ["another word before the colon", "xarm64:D9 arm64:d9 arm:D9", ""],
];
for (const [name, text, ids] of FOUND) {
  Deno.test(`citations() finds ${name}`, () => {
    assertEquals(citations(text), {
      ids: (ids === "" ? [] : ids.split(" ")) as RuleId[],
      malformed: [],
    });
  });
}

const MALFORMED: readonly [name: string, text: string][] = [
  ["ends before it begins", "arm64:D9-D6"],
  ["ends where it begins", "arm64:D9-D9"],
  ["goes from one series to another", "arm64:D9-E12"],
  ["goes from one depth to another", "arm64:E/1.3-E/2"],
  ["goes from rules to tables", "arm64:D9-D/10"],
  ["goes from rules to sections", "arm64:D9-D/10"],
  ["goes from one architecture to another", "arm64:D9 to x86:D12"],
];
for (const [name, text] of MALFORMED) {
  Deno.test(`citations() refuses a range that ${name}`, () => {
    assertEquals(citations(text), { ids: [], malformed: [text] });
  });
}

Deno.test("isCitationOf() takes a part for the rule, and nothing else", () => {
  assertEquals(isCitationOf("arm64:A/1", "arm64:A/1"), true);
  assertEquals(isCitationOf("arm64:A/1.2", "arm64:A/1"), true);
  assertEquals(isCitationOf("arm64:A/1", "arm64:A"), true);
  assertEquals(isCitationOf("arm64:A/12", "arm64:A/1"), false);
  assertEquals(isCitationOf("arm64:A/1", "arm64:A/1.2"), false);
  assertEquals(isCitationOf("x86:A/1", "arm64:A/1"), false);
});

Deno.test("citedLines(): each rule with its lines, a range by its first", () => {
  const text = "/** x86:D1, x86:D1. */\n\n// x86:D2 to\n// x86:D4\n// x86:D1\n";
  assertEquals(
    [...citedLines(text)],
    [["x86:D1", [1, 5]], ["x86:D2", [3]], ["x86:D3", [3]], ["x86:D4", [3]]],
  );
});
