import { assertEquals } from "@std/assert";
import { IncrementalChecker } from "../incremental.ts";
import { CHECKED_LINES_MAX } from "../limits.ts";
import { read } from "../load.ts";
import { matchesPattern } from "./pattern.ts";
import { BAD_STATEMENTS, loadText, marked } from "../testing.ts";
import { MISTAKES } from "../testing_mistakes.ts";

for (const [code, text, hint] of MISTAKES) {
  Deno.test(`${code}: ${text.replaceAll("\n", "; ")}`, () => {
    const { text: plain, start, end } = marked(text);
    const { diagnostics } = loadText(plain);
    const found = diagnostics.map((one) => ({
      code: one.code,
      start: one.span.start,
      end: one.span.end,
    }));
    assertEquals(found, [{ code, start, end }]);
    if (hint !== undefined) assertEquals(diagnostics[0].hint, hint);
  });
}

Deno.test("what is wrong in an iteration of a loop says in which", () => {
  const [first] = loadText(
    "for i in 0..3 { for j in 0..4 { guest write dbgbcr[4 * i + j] 1 } }",
  ).diagnostics;
  assertEquals(first.notes?.map(({ message }) => message), [
    "with i = 3, j = 4",
  ]);
});

Deno.test("loops in loops are gone through to a limit, not for ever", () => {
  const deep = "for i in 0..1 {".replace("i", "i$n");
  const text = Array.from({ length: 60 }, (_, n) => deep.replace("$n", `${n}`));
  assertEquals(
    loadText(`${text.join("")} run ${"}".repeat(60)}`).diagnostics,
    [],
  );
});

/** Texts that look suspicious and are right. */
const RIGHT: readonly string[] = [
  "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run",
  "for i in 0..3 { guest write dbgbvr[i] i }",
  "",
  ";;;",
  "# only a comment",
  "let run = 1\nlet guest = 2\nexpect run == guest",
  "let step = 1; guest read dbgbcr0 as let; expect let == step",
  "let exit = 1; let ok = 2; let no = 3; let error = 4; let cost = 5; let trap = 6\n" +
  "expect exit == 1; expect ok == 2; expect no == 3; expect error + 1 == 5; expect cost == 5; expect trap == 6",
  "let hw = 1\nexpect hw == 1",
  "guest write DBGBCR0_EL1 LBN=2 BT=Linked-Address",
  "arch x86; kernel linux-6.1 svm; set vcpus=2; user@1 set debugregs flags=0",
  "arch x86; guest in 0xe2 size=1; guest out 0xe2; guest popf tf=1; guest int3; guest icebp; guest int1",
  "arch x86; guest movss; guest hlt; guest taskswitch; guest cpuid cpl=3 len=2",
  "arch x86; user debug raw control=0x1 dr7=0x400 inject=db blockirq=1",
  "kernel bennee-v2 clear=after-exit",
  // A value that the guest reads may be any.
  "guest read dbgbcr0 as n; run; user save as a; user restore a brps=n ctx=8",
  "guest read dbgbcr0 as n; run; user debug raw dbgbcr[n]=1 dbgbcr[n + 1]=2",
  "host brps=5 ctx=2 wrps=4 cpus=2 model=max unpredictable=other\nrun cpu=1; show cpu@1",
  'arch x86\nscenario "a" { kernel linux-4.4 }\nscenario "b" { arch arm64; kernel linux-6.1 }',
  'for i in 0..3 { let n = i + 1; scenario "x{n}" { run } }',
  'scenario "a\\"b\\\\c\\{d\\}" { run }',
  'let x = 1\nscenario "a" { let y = x }\nscenario "b" { let y = x }',
  "for i in 0..1 { let x = i }\nfor i in 0..1 { let x = i }",
  "for i in 0..1 { guest read dbgbcr0 as x; run; let y = x + 1; expect y == 2 }",
  "set vcpus=2\nfor v in 0..1 { guest@v isb; run @v; put @(v); interrupt @v }",
  "expect guest dbgbcr0 == undef; expect user dbgbcr0.e != undef",
  "expect hw dbgbcr[1 + 1].lbn == 3 on watanabe-v7",
  "show guest user dbg*cr* * mdscr dbgbcr[2]",
  "show user kvm dirty",
  "for i in 0..1 { expect kvm stored_dbgbvr[i] == 0 }",
  "set brps=4; set ctx=1; set vcpus=2",
  "guest write contextidr_el1 0x0b_00",
  "expect exceptions == 0 on linux-6.1; expect exceptions breakpoint, step on linux-6.1",
  "for i in 0..3 { guest load 0x1000 size=1 << i }",
  "user get dbgbcr0 as n\nfor i in 1..n { guest load 0x1000 size=i }",
  "for i in 0..14 { set vcpus=i + 2; run @(i + 1) }\nrun @15",
  "for i in 0..3 { for j in 0..3 { guest write dbgbcr[4 * i + j] j } }",
  'for i in 0..3 { scenario "{i / 2}{i % 2}" { run } }',
  'scenario " x" { run }\nscenario "x" { run }',
  "for i in 0..18_446_744_073_709_551_615 { let x = i; guest write dbgbvr0 x }",
  "host watch 0x1000 size=3",
  "guest write dbgbvr0 1|2^3&4<<1>>1+2*3/2%4",
  "let a = 1\r\nlet b = a\rlet c = b\n",
  "\ufefflet a = 1",
];

for (const text of RIGHT) {
  Deno.test(`right: ${text.replaceAll(/[\r\n]+/g, "; ")}`, () => {
    const { diagnostics } = loadText(text);
    assertEquals(diagnostics.map(({ code, message }) => [code, message]), []);
  });
}

Deno.test("each of the bad statements that other tests use is one diagnostic", () => {
  for (const text of BAD_STATEMENTS) {
    assertEquals(loadText(text).diagnostics.length, 1, text);
  }
});

Deno.test("a line that was not understood is not held against the next ones", () => {
  const texts = [
    "let x 1\nexpect x == 1",
    "guest read dbgbcr0 ass x\nrun\nexpect x == 1",
    "fro i in 0..3 {\n  guest write dbgbvr[i] i\n}",
    "for in 0..3 {\n  guest write dbgbvr[i] i\n}",
    "arhc x86\nkernel linux-4.4\nguest write dr7 1",
    "arch x68\nguest write dr7 1",
    "kernel linux-4.4\nguest write dr7 1",
    "ste vcpus=2\nrun @1",
    "set vcpus=2 brsp=1\nrun @1",
    'inculde "names.dregs"\nguest write dr7 x\nrun @1',
    'include "missing.dregs"\nguest write dr7 x\nrun @1',
    'scenaro "a" {\n  host cpus=1\n  run\n}\nscenario "b" {\n  run\n}',
    'scenario "a"\n{\n  host cpus=1\n  run\n}',
    'scenario "a" {\n  arch x86\n  run\n  }\n  guest write dr7 1\n}',
  ];
  for (const text of texts) {
    const { diagnostics } = loadText(text);
    assertEquals(diagnostics.length, 1, text);
  }
});

/** Texts with all that is said of them: the message, and what would be right. */
const SAID: readonly (readonly [
  text: string,
  ...said: (readonly [message: string, expected?: string])[],
])[] = [
  [`explore { vcpu 0 { isb } }\nexplore { vcpu 0 { isb } }`, [
    "there is an explore block already",
  ]],
  ["explore { vcpu 0 { isb } }\nrun", [
    "not allowed after `explore { … }`, which must come last",
  ]],
  // The name of a line that is not allowed there is no mistake further on.
  ["choose a in 1..2\nguest write dbgbvr0 a", [
    "not allowed outside `explore { … }`",
  ]],
  // A number of a block that was not understood does not hide one of its lines.
  ["fro i in 0..2 { user @9 get dbgbcr0 }", ["`fro` is not a statement"], [
    "there is no vCPU 9: the VM has 1",
    "0",
  ]],
  // Counts are written in decimal, up to the largest of 16 bits; other values are not.
  ["guest brk 65536", [
    "the immediate of `brk` cannot be 65536",
    "0 to 65535",
  ]],
  ["arch x86\nuser debug raw control=4294967296", [
    "`control`, which has 32 bits, cannot be 0x100000000",
    "0 to 0xffffffff",
  ]],
];

for (const [text, ...said] of SAID) {
  Deno.test(`said: ${text.replaceAll("\n", "; ")}`, () => {
    const { diagnostics } = loadText(text);
    assertEquals(
      diagnostics.map(({ message }) => message),
      said.map(([one]) => one),
    );
    for (const [n, [, expected]] of said.entries()) {
      if (expected) assertEquals(diagnostics[n].expected, [expected]);
    }
  });
}

Deno.test("where the architecture is not known, what no architecture has is still wrong", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["guest write dr7 1; guest write dbgbcr0 1", 1],
    ["guest write dbgbcr16 1", 2],
    ["let x = 1; let y = x; kernel linux-4.4", 1],
    ["for i in 0..1 { guest write nothing i }", 2],
  ];
  for (const [text, count] of rows) {
    const { diagnostics } = loadText(`include "missing.dregs"\n${text}`);
    assertEquals(diagnostics.length, count, text);
  }
});

Deno.test("texts loaded one after the other know the ones before, unless these were wrong", () => {
  const checker = new IncrementalChecker();
  const codes = (text: string) => {
    const checked = checker.check(read({ name: "prompt", text }));
    if (!checked.ok) return checked.diagnostics.map(({ code }) => code);
    checker.known = checked.lines.at(-1)!.known;
    return [];
  };
  assertEquals(codes("let x = 1"), []);
  assertEquals(codes("let y = 2; let z = nothing"), ["unknown-name"]);
  assertEquals(codes("let y = x"), []);
  assertEquals(codes("let x = 2"), ["already-defined"]);
  assertEquals(codes("arch x86"), []);
  const before = checker.known;
  assertEquals(codes("arch arm64"), ["already-defined"]);
  assertEquals(codes("kernel linux-4.4\nguest write dr7 y"), []);
  assertEquals(codes("host cpus=2"), ["too-late"]);
  checker.known = before;
  assertEquals(codes("host cpus=2"), []);
  assertEquals(codes("for i in 0..1 {"), ["unclosed-brace"]);
});

Deno.test("matchesPattern(): * is any run of characters", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["DBGBCR0_EL1", "dbgb*", true],
    ["dbgbcr0", "dbgb*r0", true],
    ["dbgbcr0", "*", true],
    ["dbgbcr0", "*cr*", true],
    ["dbgbcr0", "dbgbcr0", true],
    ["dbgbcr0", "dbgbcr", false],
    ["dbgbcr0", "*x*", false],
    ["aba", "ab*ba", false],
    // Each part after the one before it.
    ["dbgbcr0", "*b*b*", true],
    ["dbgwcr0", "*b*b*", false],
    ["aba", "*ab*ba*", false],
  ];
  for (const [name, pattern, want] of rows) {
    assertEquals(matchesPattern(name, pattern), want, `${name} ${pattern}`);
  }
});

Deno.test("an event that only the other architecture has is said to be of that", () => {
  const messages = (text: string) =>
    loadText(text).diagnostics.map(({ message }) => message);
  assertEquals(messages("arch arm64; user nmi"), [
    "`user nmi` is an operation of x86; this is arm64",
  ]);
  assertEquals(messages("arch x86; user serror"), [
    "`user serror` is an operation of arm64; this is x86",
  ]);
});

Deno.test("each value of a loop is checked as long as its iterations have no more lines than the limit", () => {
  // An iteration is two lines: the loop's own, and the one in it.
  const most = CHECKED_LINES_MAX / 2;
  const codes = (last: number, wrong: number) =>
    loadText(
      `for i in 1..${last} { guest write dbgbvr0 1 / (i ^ ${wrong}) }`,
    ).diagnostics.map(({ code }) => code);
  assertEquals(codes(most, 5_000), ["division-by-zero"]);
  // One more: the first and the last.
  assertEquals(codes(most + 1, 5_000), []);
  assertEquals(codes(most + 1, 1), ["division-by-zero"]);
  assertEquals(codes(most + 1, most + 1), ["division-by-zero"]);
});
