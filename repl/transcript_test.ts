/**
 * Sessions as text: what is typed, and what comes back.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { memoryWorld } from "./memory_world.ts";
import { runLines } from "./plain.ts";
import { Repl } from "./repl.ts";

/** The transcript of lines. */
async function transcript(
  lines: readonly string[],
  { files, columns = 80, echoes = false }: {
    readonly files?: Map<string, string>;
    readonly columns?: number;
    readonly echoes?: boolean;
  } = {},
): Promise<string> {
  let text = "";
  const repl = new Repl(memoryWorld(files, () => columns), { echoes });
  await runLines(repl, lines, (part) => {
    text += part;
  });
  return text;
}

/** What a session says to its last line. */
async function answer(...lines: readonly string[]): Promise<string> {
  const all = await transcript(lines);
  const echo = `dregs> ${lines.at(-1)}\n`;
  return all.slice(all.lastIndexOf(echo) + echo.length);
}

const PATCH_EXAMPLE = [
  "host brps=5 ctx=2 wrps=4",
  "set brps=4 ctx=2",
  "guest write dbgbcr0 lbn=2 bt=linked-address e=1",
  "guest write dbgbvr2 0x1234",
  "run",
];

Deno.test("repl: the patch's own example, step by step and back", async (t) => {
  await t.assertSnapshot(
    await transcript([
      ...PATCH_EXAMPLE,
      "expect hw dbgbcr0.lbn == 3",
      "why hw dbgbcr0.lbn",
      "undo",
      "undo",
      "redo",
      "goto 2",
      "log",
      "quit",
      "run",
    ]),
  );
});

Deno.test("repl: mistakes are marked below the line and change nothing", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "guest write dbgbcr0 lbm=2",
      "guest write dbgbcr99 1",
      "run; guest write dbgbcr0 bas=0xff",
      "log",
      "run cpu=7",
      "interrupt",
      "kernel linux-6.1",
      "run",
      "kernel linux-6.1",
      "expect exit debug",
      "log",
    ], { echoes: true }),
  );
});

Deno.test("repl: layouts, watches and differences", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "set brps=4 ctx=2",
      "watch hw dbgbcr0.lbn",
      "layout full",
      "guest write dbgbcr0 lbn=2 e=1; run",
      "layout binary",
      "guest write dbgbcr0 lbn=3 e=1; run",
      "layout",
      "layout compact",
      "watch",
      "diff linux-6.1",
      "diff linux-4.4",
      "watch off",
      "watch",
    ]),
  );
});

Deno.test("repl: x86, with the values that native accesses leave", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "arch x86",
      "kernel linux-4.4 svm",
      "guest write dr0 0x20000; guest write dr7 g0=1",
      "run steps=2 stop=guest",
      "interrupt",
      "why guest dr7",
      "why miss",
      "undo",
      "diff linux-4.9 svm",
    ], { columns: 100 }),
  );
});

Deno.test("repl: a refusal is printed with its rule", async () => {
  const text = await transcript(["run", "set brps=4", "why refused"]);
  assertStringIncludes(text, "refused, EBUSY: ");
  assertStringIncludes(text, "arm64:V7");
});

Deno.test("repl: a scenario runs as its own", async () => {
  const text = await transcript([
    "set brps=4 ctx=2",
    'scenario "one" {',
    "  run",
    "  expect exit idle",
    "}",
    "log",
  ]);
  assertStringIncludes(text, "ok  one");
  assert(text.endsWith("dregs> log\n1  set brps=4 ctx=2\n"));
});

Deno.test("repl: a scenario is under the session's kernel, unless it chooses an architecture", async () => {
  const session = ["arch x86", "kernel linux-4.4"];
  assertStringIncludes(
    await transcript([
      ...session,
      'scenario "x86" { guest read dr7; run; show dr7 }',
    ]),
    "linux-4.4 vmx",
  );
  assertStringIncludes(
    await transcript([...session, 'scenario "other" { arch arm64; run }']),
    "ok  other",
  );
});

Deno.test("repl: names live as long as what bound them", async () => {
  assertStringIncludes(
    await answer("let a = 1", "undo", "guest write dbgbvr0 a"),
    "`a` is not defined",
  );
  assertStringIncludes(
    await answer("let a = 1", "let a = 2"),
    "already defined",
  );
  assertEquals(await answer("let a = 1", "undo", "let a = 2"), "");
});

Deno.test("repl: a file runs, and the session goes on from its end", () => {
  const files = new Map([
    ["a.dregs", "set brps=4 ctx=2\nrun\nexpect exit idle\n"],
    [
      "b.dregs",
      'arch x86\nscenario "one" { run }\nscenario "two" {\n  guest cpuid\n  run\n}\n',
    ],
    ["bad.dregs", "rnu\n"],
  ]);
  const open = (path: string, filter?: string) => {
    const repl = new Repl(memoryWorld(files));
    return { reply: repl.open(path, files.get(path)!, filter), repl };
  };
  const a = open("a.dregs");
  assertEquals(a.repl.timeline.entries.map(({ text }) => text), [
    "set brps=4 ctx=2",
    "run",
    "expect exit idle",
  ]);
  const why = a.repl.submit("why user id_aa64dfr0_el1").lines.join("\n");
  assertStringIncludes(why, "a.dregs:1:1: set brps=4 ctx=2");
  const two = open("b.dregs", "two");
  assertEquals(two.repl.timeline.entries.map(({ text }) => text), [
    "arch x86",
    "guest cpuid",
    "run",
  ]);
  assertEquals(open("bad.dregs").reply.ends, true);
});

Deno.test("repl: tables keep to the columns there are", async () => {
  const lines = [
    ...PATCH_EXAMPLE,
    "show",
    "help",
    "help hw",
    "help save",
    "why trap",
    "log",
    "watch hw dbgbcr0.lbn",
    "step",
    "info registers",
    "diff linux-6.1",
    "user set id_aa64dfr0_el1 brps=15",
    "save a b",
    "save /a/long/path/to/a/file.dregs",
    "save /a/long/path/to/a/file.dregs --expect hw",
    "goto 99",
    "undo 3",
    "redo 3",
    "history maybe",
    "diff linux-6.1 svm",
    "kernel linux-6.1",
    "expect exit debug",
    "explore { vcpu 0 { isb } }",
  ];
  for (const columns of [40, 60, 80, 120, 160]) {
    for (const echoes of [true, false]) {
      const text = await transcript(lines, { columns, echoes });
      const typed = new Set(lines.map((line) => `dregs> ${line}`));
      for (const line of text.split("\n")) {
        // A source line is shown as it was typed.
        const isSource = lines.includes(line.trim()) || /^ *\^+$/.test(line);
        assert(
          typed.has(line) || isSource || [...line].length <= columns,
          `${columns}: ${line}`,
        );
      }
    }
  }
});

Deno.test("repl: what is typed as in gdb, or too late, is answered in terms of the session", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "step",
      "x/4x 0x1000",
      "info registers",
      "load a.dregs",
      "help continue",
      "run",
      "kernel linux-6.1",
      "run; host cpus=2",
      'scenario "one" { run; kernel linux-6.1 }',
      'scenario "one" { run }; run',
    ], { echoes: true }),
  );
});

Deno.test("repl: diff with changes alone is of the session's kernel", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "arch x86; kernel linux-4.4 svm; guest write dr7 g0=1; run",
      "diff with root-cause-fix",
      "diff with",
      "diff without root-cause-fix",
      "diff with no-such-change",
      "diff watanabe-v7",
      "diff linux-4.9 reload=at-load",
    ], { echoes: true }),
  );
});

Deno.test("repl: words that take something say what", async (t) => {
  await t.assertSnapshot(
    await transcript([
      "undo",
      "redo",
      "back",
      "back x",
      "goto",
      "goto 5",
      "save",
      "save a b",
      "save --all a",
      "diff",
      "diff linux-6.1 svm",
      "layout wide",
      "history",
      "history maybe",
      "history off",
      "history",
      "watch hw nothing",
      "help nothing",
      "help dbgbcr",
      "help D9999",
    ]),
  );
});

Deno.test("repl: an explore block is not run, and changes nothing", () => {
  const world = memoryWorld(
    new Map([["search.dregs", "explore { vcpu 0 { isb } }"]]),
  );
  const repl = new Repl(world);
  repl.submit("guest isb");
  const texts = [
    "explore { vcpu 0 { isb } }",
    'include "search.dregs"',
  ];
  for (const text of texts) {
    const { lines, ends } = repl.submit(text);
    assertStringIncludes(lines.join(" "), "dregs explore FILE", text);
    assertEquals([ends, repl.timeline.position], [false, 1], text);
  }
  const search = world.files.read("search.dregs")!;
  const { lines, ends } = new Repl(world).open("search.dregs", search);
  assertStringIncludes(
    lines.join(" ").replace(/ +/g, " "),
    "use `dregs explore search.dregs`",
  );
  assert(ends);
});

Deno.test("repl: what happened last comes after a colon, a value after is", async () => {
  const access = ["guest write dbgbcr0 e=1", "run"];
  const trap = await answer(...access, "why trap");
  assertMatch(trap, /^the last trap: a write of DBGBCR0_EL1/);
  const value = await answer(...access, "why guest dbgbcr0.e");
  assertMatch(value, /^guest@0 DBGBCR0_EL1.E is 1/);
});
