import { assertEquals } from "@std/assert";
import { pathReader } from "../load.ts";
import { run } from "../testing_run.ts";

/** Mistakes in iterations of a loop too long for the checks. */
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
    'for i in 1..20_000 { let y = 1 / (i ^ 9_000); scenario "{i}" { } }',
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
  Deno.test(`what is wrong outside scenarios where the checks did not look: ${text}`, () => {
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

Deno.test("where a name outside scenarios has no value, the scenarios after it do not run", () => {
  const wrong = "let y = 1 / (i ^ 9_000)";
  for (const line of [wrong, 'include "wrong.dregs"']) {
    const text =
      `for i in 1..20_000 { ${line}; scenario "a{i}" { }; for j in y..y { scenario "b{i}" { } } }`;
    const reader = pathReader(() => wrong);
    assertEquals(
      run(text, { filter: "9000" }, { reader }).map(({ name, status }) =>
        `${name} ${status}`
      ),
      ["let error", "a19000 passed", "b19000 passed"],
    );
  }
});

Deno.test("a name outside scenarios is one in each of them", () => {
  const [one, other] = run(
    'let x = 1; scenario "a" { expect x == 1 }; scenario "b" { expect x == 2 }',
  );
  assertEquals([one.status, other.status], ["passed", "failed"]);
});

Deno.test("scenarios with names of their own all run", () => {
  const results = run('for i in 0..20_000 { scenario "x{i}" { } }');
  assertEquals(results.length, 20_001);
  assertEquals(
    new Set(results.map(({ status }) => status)),
    new Set(["passed"]),
  );
});

Deno.test("a name without a value says why, and where", () => {
  const rows: readonly (readonly [string, string, string[]])[] = [
    [
      "user get oslar as y\nexpect error ENOENT\nexpect y == 1",
      "`y` has no value (`get OSLAR_EL1` was refused: ENOENT), expected 0x1",
      ["refused here"],
    ],
    [
      "user get oslar as y\nexpect error ENOENT\nexpect y == undef",
      "`y` has no value (`get OSLAR_EL1` was refused: ENOENT), expected undef",
      ["refused here"],
    ],
    [
      "user get oslar as y\nexpect error ENOENT\nexpect 1 < y + 1",
      "`y` has no value: `get OSLAR_EL1` was refused: ENOENT",
      ["refused here"],
    ],
    [
      "user get oslar as y\nexpect error ENOENT\nexpect hw dbgbvr0 == y",
      "`y` has no value: `get OSLAR_EL1` was refused: ENOENT",
      ["refused here"],
    ],
    [
      "guest read dbgbcr15 as y\nrun\nlet z = y + 1",
      "`y` has no value: the guest's read was undefined",
      [],
    ],
    [
      "guest read dbgbcr0 as y\nexpect y == 0",
      "`y` has no value: the guest has not read it yet",
      [],
    ],
    [
      "guest read dbgbcr0 as y\nexpect y == undef",
      "`y` has no value: the guest has not read it yet",
      [],
    ],
    [
      "guest read dbgbcr15 as y\nrun\nexpect y == 2",
      "`y` is undef, expected 0x2",
      [],
    ],
  ];
  for (const [text, message, notes] of rows) {
    const [{ diagnostic }] = run(text)[0].failures;
    assertEquals(diagnostic.message, message);
    const told = diagnostic.notes ?? [];
    assertEquals(told.map((note) => note.message), notes);
    for (const { span } of told) assertEquals(span.start, 0);
  }
});

Deno.test("a name that is read again is no longer refused", () => {
  const [result] = run(
    "for i in 0..1 { guest write dbgbcr0 i; run; user get dbgbcr0 as y; expect y == i }",
  );
  assertEquals(result.failures, []);
});

Deno.test("an expectation for other kernels is not evaluated", () => {
  const [result] = run(
    "user get oslar as y\nexpect error ENOENT\n" +
      "expect y == 1 on linux-6.12\nexpect y + 1 < 2 on linux-6.12\nexpect hw dbgbvr0 == y on linux-6.12",
  );
  assertEquals(result.failures, []);
});

Deno.test("a VM has one vCPU before anything has needed the machine", () => {
  const [one] = run("let n = 1; set vcpus=n; expect ok");
  assertEquals([one.status, one.failures], ["passed", []]);
});

Deno.test("the architecture of a scenario may be chosen in an included file", () => {
  const reader = pathReader(() => "let a = 1\narch x86");
  const text = `include "a.dregs"; run; expect exit idle`;
  // A kernel that x86 alone has, and one that arm64 alone has.
  const found = ["kiszka-2008", "bennee-v2"].map((profile) => {
    const [result] = run(text, { profile }, { reader });
    return [result.arch, result.status, result.skip?.reason];
  });
  assertEquals(found, [
    ["x86", "passed", undefined],
    ["x86", "skipped", "for x86"],
  ]);
});

Deno.test("a result has the warnings of its own scenario, of each of its runs", () => {
  const results = run(`
    scenario "both" {
      kernel watanabe-v7
      guest write dbgbcr0 lbn=6
      run
      guest write dbgbcr0 lbn=7
      run
    }
    scenario "none" { guest write dbgbcr0 lbn=2; run }`);
  assertEquals(
    results.map(({ name, notices }) => [name, notices.map(({ kind }) => kind)]),
    [["both", ["warn", "warn"]], ["none", []]],
  );
});
