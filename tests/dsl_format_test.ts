import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { format } from "../dsl/print/format.ts";
import { parse } from "../dsl/load.ts";
import { withoutSpans } from "../dsl/testing.ts";
import { programs, written } from "./dsl_programs.ts";

function formatted(text: string): string {
  const result = format({ name: "test.dregs", text });
  if (!result.ok) throw new Error(result.diagnostics[0].message);
  return result.text;
}

/** Texts and their canonical form. */
const FORMS: readonly (readonly [text: string, want: string])[] = [
  [
    "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run",
    "set brps=4 ctx=2\nguest write dbgbcr0 lbn=2\nrun\n",
  ],
  [
    "for i in 0 .. 3 { guest  write dbgbvr [ i ] i } # all\n",
    "for i in 0..3 {\n  guest write dbgbvr[i] i\n}  # all\n",
  ],
  [
    "\n\n# first\n\n\n\n# second\nrun@1   cpu = 2 #third  \n\n\n",
    "# first\n\n# second\nrun @1 cpu=2  #third\n",
  ],
  [
    'scenario "a"{ # why\n\n  run\n\n\n  run;;\n\n}\nscenario "b" { }',
    'scenario "a" {  # why\n  run\n\n  run\n}\nscenario "b" {\n}\n',
  ],
  [
    "guest @ 1 write dbgbvr0 ( 0X1F+2 )*3<<1 e=1\nlet x=0B11",
    "guest@1 write dbgbvr0 (0x1f + 2) * 3 << 1 e=1\nlet x = 0b11\n",
  ],
  [
    "expect hw@(1 + 1) dbgbcr0 . lbn==3 on linux-6.1 , watanabe-v7",
    "expect hw@(1 + 1) dbgbcr0.lbn == 3 on linux-6.1, watanabe-v7\n",
  ],
  // A hash that begins with a decimal digit is not a number.
  [
    "kernel  linux-5.4.120  svm with 70e4da7a8ff6   without  1234567 with  12e4567 a = b",
    "kernel linux-5.4.120 svm with 70e4da7a8ff6 without 1234567 with 12e4567 a=b\n",
  ],
  [
    "expect ok on with 0b10101  without  7e10 ,without  root-cause-fix,linux-4.4  with 70E4DA7",
    "expect ok on with 0b10101 without 7e10, without root-cause-fix, linux-4.4 with 70E4DA7\n",
  ],
  ["show  guest dbgb* * mds*r", "show guest dbgb* * mds*r\n"],
  ["# ends with {\n\nrun", "# ends with {\n\nrun\n"],
  // What lines mean does not matter.
  ["let x=1\nlet  x = 2", "let x = 1\nlet x = 2\n"],
  ["let  undef=1;kernel  x", "let undef = 1\nkernel x\n"],
  [
    "guest write  nothing 1 e=1  e=2\nset brps=4  brps=5",
    "guest write nothing 1 e=1 e=2\nset brps=4 brps=5\n",
  ],
  [
    "run  stop=zz\nrun sop=1;run  stop=1",
    "run stop=zz\nrun sop=1\nrun stop=1\n",
  ],
  [
    "let x  = 99999999999999999999999",
    "let x = 99999999999999999999999\n",
  ],
  ["", ""],
  ["\r\n;;\r\n", ""],
];

for (const [text, want] of FORMS) {
  Deno.test(`format(): ${JSON.stringify(text)}`, () => {
    assertEquals(formatted(text), want);
    assertEquals(formatted(want), want);
  });
}

/** A program with comments and spaces wherever they may stand. */
const untidy = fc.tuple(
  programs,
  fc.infiniteStream(
    fc.constantFrom("", "", " ", "  # comment {", "\n\n\n", "\n# } own line\n"),
  ),
  fc.infiniteStream(fc.constantFrom(" ", " ", "  ", "\t")),
).map(([program, ends, blanks]) =>
  written(program).text.split("\n").map((line) => {
    const spaced = line.includes('"')
      ? line
      : line.replaceAll(" ", () => blanks.next().value);
    return spaced + ends.next().value;
  }).join("\n")
);

function comments(text: string): string[] {
  return text.match(/#.*/g)?.map((comment) => comment.trimEnd()) ?? [];
}

Deno.test("format(): twice is once, the tree stays, every comment stays", () => {
  fc.assert(
    fc.property(untidy, (text) => {
      const before = parse({ name: "a", text });
      assertEquals(before.diagnostics, []);
      const once = formatted(text);
      assertEquals(formatted(once), once);
      const after = parse({ name: "a", text: once });
      assertEquals(withoutSpans(after.file), withoutSpans(before.file));
      assertEquals(comments(once), comments(text));
      assert(!/[ \t]$/m.test(once.replaceAll(/#.*/g, "#")), once);
    }),
    { numRuns: 500 },
  );
});

Deno.test("format(): a text whose shape is wrong is left alone", () => {
  const result = format({ name: "a", text: "guest wirte dbgbcr0" });
  assertEquals(result.ok, false);
});

Deno.test("format(): a line that the grammar does not take keeps the text as it is", () => {
  const texts = [
    "run  2 3",
    "rnu",
    "let x = 4 -1",
    "for i in 0..3 { run",
    "run }",
    "{ }",
    "let x = 1ab",
    'scenario "x',
    "run ?",
    "a\0b",
  ];
  for (const text of texts) {
    const result = format({
      name: "test.dregs",
      text: `${text}\nlet  x = 1\n`,
    });
    assert(!result.ok && result.diagnostics.length > 0, text);
  }
});
