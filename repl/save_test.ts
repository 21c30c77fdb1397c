/**
 * `save`: what is written, what is pinned, and which files are not replaced.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { load } from "../dsl/load.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { memoryWorld } from "./memory_world.ts";
import { Repl } from "./repl.ts";

/** A session, with the files that it reads and writes. */
function session(...lines: string[]) {
  const files = new Map<string, string>();
  const repl = new Repl(memoryWorld(files, () => 200));
  const submit = (...more: string[]): string =>
    more.map((line) => repl.submit(line).lines.join("\n")).at(-1) ?? "";
  submit(...lines);
  return { files, repl, submit };
}

const HEAD = [
  "# Saved from a session.",
  "",
  "arch arm64",
  "kernel watanabe-v7",
  "host brps=6 ctx=2 wrps=4 cpus=1 model=architecture unpredictable=never",
  "",
];

/** Lines of a file below what every saved scenario begins with. */
function below(text: string | undefined): string[] {
  const lines = text!.trimEnd().split("\n");
  assertEquals(lines.slice(0, HEAD.length), HEAD);
  return lines.slice(HEAD.length);
}

/** Runs a text; it has to pass. */
function passes(text: string): void {
  const loaded = load({ name: "saved.dregs", text });
  assert(loaded.ok, `${loaded.diagnostics[0]?.message}\n${text}`);
  const results = [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
  for (const { status, failures } of results) {
    assertEquals([status, failures.map((one) => one.diagnostic.message)], [
      "passed",
      [],
    ], text);
  }
}

Deno.test("save: a refusal is expected", () => {
  const { files, submit } = session("run", "set brps=4");
  assertEquals(submit("save a"), "wrote a: 2 statements");
  assertEquals(below(files.get("a")), [
    "run",
    "set brps=4",
    "expect error EBUSY",
  ]);
});

Deno.test("save: the machine is written out as it was chosen", () => {
  const { files } = session(
    "let n = 2",
    "arch x86",
    "kernel linux-4.9 svm",
    "for i in 2..3 { host cpus=i }",
    "for i in 0..1 { host cpus=n; guest isb }",
    "host cpus=n + 2",
    "save a",
  );
  assertEquals(files.get("a")!.split("\n").slice(2), [
    "arch x86",
    "kernel linux-4.9 svm",
    "host cpus=4 model=architecture",
    "",
    "let n = 2",
    "",
  ]);
});

Deno.test("save: looks and commands are left out, included files are written out", () => {
  const { files } = (() => {
    const files = new Map([
      ["sub/part.dregs", "host cpus=2\nguest write dbgbvr0 0x10\n"],
      ["sub/late.dregs", "guest write dbgbvr0 0x10\n"],
    ]);
    const repl = new Repl(memoryWorld(files));
    for (
      const line of [
        'include "sub/part.dregs"',
        'for i in 0..1 { include "sub/late.dregs" }',
        "run",
        "show",
        "why hw dbgbvr0",
        "watch hw dbgbvr0",
        "layout full",
        "undo",
        "redo",
        "save b.dregs",
      ]
    ) repl.submit(line);
    return { files };
  })();
  assertEquals(files.get("b.dregs")!.split("\n").slice(4), [
    "host brps=6 ctx=2 wrps=4 cpus=2 model=architecture unpredictable=never",
    "",
    "guest write dbgbvr0 0x10",
    "for i in 0..1 {",
    "  guest write dbgbvr0 0x10",
    "}",
    "run",
    "",
  ]);
});

Deno.test("save: a file of another origin is replaced only with --force", () => {
  const { files, submit } = session("run");
  files.set("a", "mine\n");
  assertEquals(
    submit("save a"),
    "a exists already; `save a --force` replaces it",
  );
  assertEquals(files.get("a"), "mine\n");
  submit("save a --force");
  assertStringIncludes(files.get("a")!, "run");
});

Deno.test("save: a file that changed since it was saved is replaced only with --force", () => {
  const { files, submit } = session("run", "save a");
  files.set("a", files.get("a") + "# a note\n");
  submit("guest isb");
  assertEquals(
    submit("save a"),
    "a has changed since this session wrote it; `save a --force` replaces it",
  );
  assertStringIncludes(files.get("a")!, "# a note");
  assertEquals(submit("save a --force"), "wrote a: 2 statements");
  // From then on it is the session's again; and one that was removed is written anew.
  assertEquals(submit("save a"), "wrote a: 2 statements");
  files.delete("a");
  assertEquals(submit("save a"), "wrote a: 2 statements");
});

Deno.test("save --expect: what changed, what was shown, the exceptions and the exit", () => {
  const { files, submit } = session(
    "guest write mdscr_el1 mde=1",
    "guest write dbgbvr1 0x1000",
    "run",
    "show hw dbgbvr2",
    "why cpu dbgbvr3",
    "watch guest dbgbcr0.e",
    "guest svc",
    "run",
  );
  assertEquals(
    submit("save a --expect"),
    "wrote a: 5 statements, 11 expectations",
  );
  assertEquals(below(files.get("a")).slice(5), [
    "",
    "expect guest dbgbcr0.e == 0",
    "expect guest dbgbvr1 == 0x1000",
    "expect user dbgbvr1 == 0x1000",
    "expect hw dbgbvr1 == 0x1000",
    "expect hw dbgbvr2 == 0x0",
    "expect cpu dbgbvr3 == 0x0",
    "expect guest mdscr == 0x8000",
    "expect user mdscr == 0x8000",
    "expect hw mdscr == 0x8000",
    "expect exceptions svc",
    "expect exit idle pc=0x4008000c",
  ]);
  passes(files.get("a")!);
});

Deno.test("save --expect: what is named", () => {
  const { files, submit } = session(
    "guest write dbgbcr0 lbn=3 e=1",
    "guest read dbgbvr0 as x",
    "run",
  );
  submit("save a --expect dbgbcr0 hw dbgbcr0.lbn kvm@0 ran_once exit");
  assertEquals(below(files.get("a")).slice(4), [
    "expect guest dbgbcr0 == 0x30001",
    "expect user dbgbcr0 == 0x30001",
    "expect hw dbgbcr0 == 0x30001",
    "expect cpu dbgbcr0 == 0x0",
    "expect hw dbgbcr0.lbn == 3",
    "expect kvm ran_once == 0x1",
    "expect exit idle pc=0x40080008",
  ]);
  passes(files.get("a")!);
  submit("save a --expect hw dbgbvr?* exceptions --force");
  const patterns = below(files.get("a")).slice(4);
  assertEquals(patterns.length, 17);
  assertEquals(patterns.at(-1), "expect no exception");
  passes(files.get("a")!);
});

Deno.test("save --expect: what cannot be expected is reported, and nothing is written", () => {
  const { files, submit } = session();
  assertEquals(
    submit("save a --expect hw dbgbcr0"),
    "nothing to expect: there is no machine yet",
  );
  submit("guest isb");
  for (
    const [line, want] of [
      ["save a --expect dbgbrc0", "did you mean `dbgbcr0`?"],
      ["save a --expect hw", "`hw` needs a register after it"],
      ["save a --expect hw dbgbcr0", "`run` the guest first"],
      ["save a --expect exit", "nothing has run yet"],
      ["save a --expect foo*", "`foo*` matches no register of arm64"],
      ["save a --expect cpu@4 dbgbcr0", "there is no CPU 4"],
      ["save a dbgbcr0", "`save a --expect dbgbcr0`"],
      ["save", "`save case.dregs`"],
      ["save a --all", "`--all` is not an option of `save`"],
    ] as const
  ) assertStringIncludes(submit(line), want, line);
  assertEquals(files.size, 0);
  assertEquals(
    submit("save a --expect"),
    "wrote a: 1 statement; nothing has changed, so that nothing is expected",
  );
});

Deno.test("save: expectations stay in the file, each after its statement", () => {
  const { files, submit } = session(
    "guest write dbgbvr0 0x10",
    "run",
    "save a --expect guest dbgbvr0",
    "guest write dbgbvr0 0x20",
    "run",
  );
  assertEquals(submit("save a"), "wrote a: 4 statements, 1 expectation");
  const kept = [
    "guest write dbgbvr0 0x10",
    "run",
    "",
    "expect guest dbgbvr0 == 0x10",
    "",
    "guest write dbgbvr0 0x20",
    "run",
  ];
  assertEquals(below(files.get("a")), kept);
  submit("save a --expect exit");
  assertEquals(below(files.get("a")), [
    ...kept,
    "",
    "expect exit idle pc=0x40080008",
  ]);
  passes(files.get("a")!);
  // Another file has its own.
  submit("save b");
  assertEquals(
    below(files.get("b")).filter((line) => /^expect/.test(line)),
    [],
  );
  // Expectations of statements that were undone are gone with them.
  assertStringIncludes(
    submit("back 3", "guest isb", "save a"),
    "expectations after statements that were undone are left out",
  );
  assertEquals(below(files.get("a")), [
    "guest write dbgbvr0 0x10",
    "guest isb",
  ]);
});

Deno.test("save: a file that cannot be written is reported, and not taken for saved", () => {
  const world = memoryWorld(new Map([["a", "mine\n"]]));
  const write = () => {
    throw new Error("a: permission denied");
  };
  const repl = new Repl({ ...world, files: { ...world.files, write } });
  repl.submit("run");
  assertEquals(repl.submit("save a --force").lines, ["a: permission denied"]);
  assertStringIncludes(repl.submit("save a").lines[0], "exists already");
});
