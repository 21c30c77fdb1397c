import { assert, assertEquals, assertMatch } from "@std/assert";
import { INCLUDE_DEPTH_MAX, limitsOf } from "./limits.ts";
import { isOpen, pathReader } from "./load.ts";
import { renderDiagnostic, renderDiagnostics } from "./render.ts";
import { loadText, withoutSpans } from "./testing.ts";

/** A reader of files that exist only here. */
function files(texts: Readonly<Record<string, string>>) {
  const read: string[] = [];
  const reader = pathReader((path) => {
    read.push(path);
    return Object.hasOwn(texts, path) ? texts[path] : undefined;
  });
  return { reader, read };
}

Deno.test("include: paths are relative to the including file, and names are shared", () => {
  const { reader } = files({
    "dir/a.dregs": 'include "sub/b.dregs"\nlet y = x',
    "dir/sub/b.dregs": 'include "../c.dregs"',
    "dir/c.dregs": "let x = 1",
  });
  const loaded = loadText('include "dir/a.dregs"\nexpect y == x', { reader });
  assert(loaded.ok, renderDiagnostics(loaded.diagnostics));
});

Deno.test("include: a cycle is one diagnostic at the include that closes it, with the chain", () => {
  const { reader } = files({
    "a.dregs": '# a\n  include "b.dregs"\nrun',
    "b.dregs": 'include "./a.dregs"',
  });
  const loaded = loadText('include "a.dregs"', { reader, name: "top.dregs" });
  assertEquals(
    renderDiagnostics(loaded.diagnostics),
    `b.dregs:1:9: error[include-cycle]: \`a.dregs\` would include itself
  include "./a.dregs"
          ^^^^^^^^^^^
  note: a.dregs:2:11: included from here
  note: top.dregs:1:9: included from here
`,
  );
});

Deno.test("include: a file that includes itself, under another spelling of its path", () => {
  const text = 'include "../x/self.dregs"';
  const { reader } = files({ "x/self.dregs": text });
  const { diagnostics } = loadText(text, { reader, name: "./x/self.dregs" });
  assertEquals(diagnostics.map(({ code }) => code), ["include-cycle"]);
});

Deno.test("include: a file that cannot be read is a diagnostic at its path", () => {
  const { reader } = files({});
  const { diagnostics } = loadText('run\ninclude "none.dregs"', { reader });
  assertEquals(diagnostics.map(({ code }) => code), ["include-not-found"]);
});

Deno.test("include: the mistake of a file that is included twice is reported once", () => {
  const { reader, read } = files({ "a.dregs": "guest wirte dbgbcr0" });
  const { diagnostics } = loadText('include "a.dregs"\ninclude "a.dregs"', {
    reader,
  });
  assertEquals(diagnostics.length, 1);
  assertEquals(read, ["a.dregs"]);
});

Deno.test("include: scenarios of an included file stand beside one's own", () => {
  const { reader } = files({
    "a.dregs": 'scenario "a" { run }',
    "inner.dregs": "run",
  });
  const good = loadText(
    'include "a.dregs"\nscenario "b" { include "inner.dregs" }',
    {
      reader,
    },
  );
  assertEquals(good.diagnostics, []);
  const bad = loadText('scenario "b" { include "a.dregs" }', { reader });
  assertEquals(bad.diagnostics.map(({ code }) => code), ["misplaced"]);
});

Deno.test("limits: statements, by the flag that raises them", () => {
  const text = "run\n".repeat(11);
  assert(loadText(text, { limits: limitsOf(11) }).ok);
  const { diagnostics } = loadText(text, { limits: limitsOf(10) });
  assertEquals(diagnostics.length, 1);
  assertMatch(
    renderDiagnostic(diagnostics[0]),
    /^test\.dregs:11:1: error\[limit\]: more than 10 statements\n(.*\n)* +`--limit N` allows more$/,
  );
});

Deno.test("limits: files that include two files that include two files", () => {
  const texts: Record<string, string> = { "40.dregs": "run" };
  for (let depth = 0; depth < 40; depth++) {
    const next = `include "${depth + 1}.dregs"\n`;
    texts[`${depth}.dregs`] = next + next;
  }
  const { reader } = files(texts);
  const { diagnostics } = loadText('include "0.dregs"', {
    reader,
    limits: limitsOf(5000),
  });
  assertEquals(diagnostics.map(({ code }) => code), ["limit"]);
});

Deno.test("limits: files that include files, too deep", () => {
  const texts: Record<string, string> = {};
  for (let depth = 0; depth < 100; depth++) {
    texts[`${depth}.dregs`] = `include "${depth + 1}.dregs"`;
  }
  const { reader } = files(texts);
  const { diagnostics } = loadText('include "0.dregs"', { reader });
  assertEquals(diagnostics.map(({ code }) => code), ["limit"]);
  assertEquals(
    renderDiagnostics(diagnostics).split("included from here").length - 1,
    INCLUDE_DEPTH_MAX,
  );
});

/** Headers of loops inside each other. */
function loops(count: number): string {
  let text = "";
  for (let depth = 0; depth < count; depth++) {
    text += `for i${depth} in 0..1 {\n`;
  }
  return text;
}

/** Texts that are too deep or too long for recursion. */
const DEEP: readonly (readonly [name: string, text: string])[] = [
  ["blocks", `${loops(65)}run\n${"}\n".repeat(65)}`],
  ["many more blocks", loops(50_000)],
  ["parentheses", `let x = ${"(".repeat(201)}1${")".repeat(201)}`],
  ["many more parentheses", `let x = ${"(".repeat(200_000)}1`],
  ["operators", `let x = 1${" + 1".repeat(1001)}`],
  ["many more operators", `let x = 1${" + 1".repeat(200_000)}`],
  ["brackets", `guest write ${"dbgbcr[".repeat(100_000)}`],
  ["a text in quotes", `scenario "{${"(".repeat(100_000)}}" { }`],
  [
    "a text in quotes with operators",
    `scenario "{1${" + 1".repeat(100_000)}}" { }`,
  ],
];

for (const [name, text] of DEEP) {
  Deno.test(`too deep: ${name}`, () => {
    const codes = loadText(text).diagnostics.map(({ code }) => code);
    // Blocks that are left open have one each, up to the depth that is allowed.
    const others = codes.filter((code) => code !== "unclosed-brace");
    assertEquals([others, codes.length <= 65], [["too-deep"], true]);
  });
}

Deno.test("depth: what is within the limits is right", () => {
  assertEquals(loadText(loops(64) + "}".repeat(64)).diagnostics, []);
  const parens = `let x = ${"(".repeat(200)}1${")".repeat(200)}`;
  assertEquals(loadText(parens).diagnostics, []);
  assertEquals(loadText(`let x = 0${" + 1".repeat(1000)}`).diagnostics, []);
});

for (const [name, end] of [["LF", "\n"], ["CR", "\r"], ["CR LF", "\r\n"]]) {
  Deno.test(`a text longer than what is read at once, with ${name}`, () => {
    const line = `guest write dbgbcr0 lbn=2${end}`;
    const { diagnostics } = loadText(`${line.repeat(9000)}rnu`);
    assertEquals(diagnostics.map(({ span }) => span.start), [
      9000 * line.length,
    ]);
    assertMatch(renderDiagnostic(diagnostics[0]), /^test\.dregs:9001:1: /);
  });
}

Deno.test("isOpen(): a prompt asks for more while a block is open", () => {
  assertEquals(isOpen("for i in 0..3 {"), true);
  assertEquals(isOpen("for i in 0..3 { run }"), false);
  assertEquals(isOpen('scenario "{" { # }'), true);
  assertEquals(isOpen("run }"), false);
});

/** Lines without what the checks make of them. */
function withoutActions(lines: unknown): unknown {
  return (lines as { resolved?: unknown }[]).map(({ resolved: _, ...line }) =>
    line
  );
}

Deno.test("the tree of the patch's own example", () => {
  const loaded = loadText(
    "set brps=4 ctx=2; guest write dbgbcr0 lbn=2 bt=linked-address; run @0\nexpect hw dbgbcr[i + 1].lbn == 3 on linux-6.1"
      .replace("i + 1", "1 + 2 * 3"),
  );
  assert(loaded.ok);
  const number = (value: bigint) => ({ kind: "number", value });
  const target = (text: string) => ({ name: { text } });
  assertEquals(withoutActions(withoutSpans(loaded.file.lines)), [
    {
      kind: "set",
      args: [
        { target: target("brps"), value: number(4n) },
        { target: target("ctx"), value: number(2n) },
      ],
    },
    {
      kind: "guest",
      instruction: {
        word: { text: "write" },
        register: { name: { text: "dbgbcr0" } },
        args: [
          { target: target("lbn"), value: number(2n) },
          {
            target: target("bt"),
            value: { kind: "name", text: "linked-address" },
          },
        ],
      },
    },
    { kind: "run", vcpu: number(0n), args: [] },
    {
      kind: "expect",
      expectation: {
        kind: "view",
        seen: {
          view: { name: "hw" },
          register: {
            name: { text: "dbgbcr" },
            index: {
              kind: "binary",
              operator: "+",
              left: number(1n),
              right: {
                kind: "binary",
                operator: "*",
                left: number(2n),
                right: number(3n),
              },
            },
          },
          field: { text: "lbn" },
        },
        operator: "==",
        value: number(3n),
      },
      on: [{ kind: "name", name: { text: "linux-6.1" }, choices: [] }],
    },
  ]);
});
