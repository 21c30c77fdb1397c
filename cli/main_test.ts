import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoConfig from "../deno.json" with { type: "json" };
import { COMMANDS, main } from "./main.ts";
import { MemoryIo, type MemorySetup } from "./memory_io.ts";

/** Runs the program in memory. */
async function call(
  args: readonly string[],
  setup: MemorySetup = {},
): Promise<{ status: number; io: MemoryIo }> {
  const io = new MemoryIo(setup);
  return { status: await main(args, io), io };
}

Deno.test("main(): --help lists every command", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { status, io } = await call(args);
    assertEquals(status, 0);
    assertEquals(io.stderr, "");
    for (const { name, about } of COMMANDS) {
      assertStringIncludes(io.stdout, `  ${name} `);
      assertStringIncludes(io.stdout, about);
    }
  }
});

Deno.test("main(): without a command help goes to standard error", async () => {
  const { status, io } = await call([]);
  assertEquals(status, 2);
  assertEquals(io.stdout, "");
  assertStringIncludes(io.stderr, "usage: dregs COMMAND");
});

Deno.test("main(): a topic of help, and help after a command's arguments", async () => {
  const [topic, same] = await Promise.all([
    call(["explore", "--help", "properties"]),
    call(["help", "explore", "properties"]),
  ]);
  assertStringIncludes(topic.io.stdout, "properties, which `never` names");
  assertEquals(same.io.stdout, topic.io.stdout);
  const after = await call(["explore", "a.dregs", "--kernel", "4.4", "-h"]);
  assertStringIncludes(after.io.stdout, "usage: dregs explore");
});

Deno.test("main(): --version is that of deno.json", async () => {
  const { status, io } = await call(["--version"]);
  assertEquals(status, 0);
  assertEquals(io.stdout, `dregs ${denoConfig.version}\n`);
});

/** What is typed, and what standard error must say. */
const MISTAKES: readonly [args: string[], said: string[]][] = [
  [["chek", "x"], ["dregs: `chek` is not a command", "did you mean `check`?"]],
  [["zzzz"], ["`zzzz` is not a command", "expected run, repl, check"]],
  [["explor"], ["`explor` is not a command", "explore"]],
  [["rpl"], ["`rpl` is not a command", "did you mean `repl`?"]],
  [["repl", "a", "b"], ["`dregs repl` takes one file"]],
  [["--versoin"], [
    "`--versoin` is not an option",
    "did you mean `--version`?",
  ]],
  [["help", "chek"], ["did you mean `check`?"]],
  [["--version", "x"], ["unexpected argument `x`"]],
  [["explore", "--help", "propertys"], [
    "dregs explore: `--help propertys`: there is no such topic",
    "did you mean `properties`?",
  ]],
  [["explore", "a.dregs", "-h", "foo"], ["expected properties"]],
  [["explore", "--help", "properties", "b"], ["unexpected argument `b`"]],
  [["run", "--help", "foo"], ["help of this command has no topics"]],
  [["help", "run", "foo"], ["dregs run: `--help foo`: help of this command"]],
  [["run"], ["dregs run: nothing to run", "-e 'SCRIPT'"]],
  [["check"], ["nothing to check"]],
  [["fmt"], ["nothing to format"]],
  [["run", "--fromat", "json", "x"], [
    "`--fromat` is not an option",
    "did you mean `--format`?",
    "dregs run --help",
  ]],
  [["run", "-x", "y"], ["`-x` is not an option"]],
  [["run", "--format", "jsn", "x"], [
    "`--format jsn`: expected text, json",
    "did you mean `json`?",
  ]],
  [["run", "x", "--format"], ["`--format` needs a value: `--format FORMAT`"]],
  [["run", "--format", "tap", "--format", "json", "x"], [
    "`--format` is given twice",
  ]],
  [["run", "--trace=no", "x"], ["`--trace` takes no value"]],
  [["run", "--limit", "0", "x"], ["`--limit 0`: expected a whole number"]],
  [["run", "--limit", "many", "x"], [
    "`--limit many`: expected a whole number",
  ]],
  [["run", "--kernel", "linux-9.3", "x"], [
    "`--kernel linux-9.3`: 9.3 is outside of the known range, 4.4 to 7.3",
  ]],
  [["run", "--kernel", "watanabe-v8", "x"], [
    "`--kernel watanabe-v8`: there is no such kernel",
    "did you mean `watanabe-v7`?",
  ]],
  [["run", ""], ['dregs: "": the path is empty']],
  [["run", "nowhere.dregs"], ["dregs: nowhere.dregs: no such file or folder"]],
  [["check", "nowhere.dregs"], ["nowhere.dregs: no such file"]],
  [["fmt", "nowhere.dregs"], ["nowhere.dregs: no such file"]],
  [["run", "-", "-"], ["`-` is given twice"]],
  [["fmt", "-", "a.dregs"], ["`-` must be the only file"]],
  [["profiles", "linux-9.9"], ["9.9 is outside of the known range"]],
  [["history", "--from", "9.1"], ["there is no release 9.1"]],
  [["history", "rootcause-fix"], ["did you mean `root-cause-fix`?"]],
  [["history", "a", "b"], ["unexpected argument `b`"]],
  [["demo", "all"], ["unexpected argument `all`"]],
  [["registers", "dbgbrc0"], [
    "`dbgbrc0` is not a register",
    "did you mean `dbgb",
  ]],
  [["registers", "--arch", "arm"], ["`--arch arm`: expected arm64"]],
];

for (const [args, said] of MISTAKES) {
  Deno.test(`main(): dregs ${args.join(" ")}`, async () => {
    const { status, io } = await call(args);
    assertEquals(status, 2);
    for (const text of said) assertStringIncludes(io.stderr, text);
    assert(!/\bat .*\.ts:\d/.test(io.stderr), "a stack");
  });
}

Deno.test("main(): `-` is the value of an option in every form", async () => {
  for (
    const option of [["--output", "-"], ["--output=-"], ["-o", "-"]]
  ) {
    const { status, io } = await call(["run", ...option, "-e", "run"]);
    assertEquals(status, 0, io.stderr);
    assertStringIncludes(io.stdout, "ok ");
  }
  // After `--` all are operands.
  const { io } = await call(["run", "--", "--output", "-"]);
  assertStringIncludes(io.stderr, "--output: no such file");
});

Deno.test("main(): a closed pipe ends every command quietly", async () => {
  for (
    const args of [
      ["--help"],
      ["run", "--help"],
      ["run", "-e", "show map"],
      ["run", "--format", "json", "-e", "show map"],
      ["profiles"],
      ["history"],
      ["registers"],
      ["fmt", "-"],
    ]
  ) {
    const { status, io } = await call(args, { closesAfter: 0, stdin: "run\n" });
    assertEquals([status, io.stderr], [0, ""], args.join(" "));
  }
});

Deno.test("main(): colour only on a terminal, and not with NO_COLOR", async () => {
  const noColor = Deno.noColor;
  const rows: [MemorySetup, boolean][] = [
    [{ isTerminal: false }, false],
    [{ isTerminal: true, noColor: true }, false],
    // What asks for no colour in the environment is stronger than a test.
    [{ isTerminal: true }, !noColor],
  ];
  for (const [setup, coloured] of rows) {
    const { io } = await call(["profiles"], setup);
    assertEquals(io.stdout.includes("\x1b["), coloured);
  }
});

Deno.test("main(): diagnostics are coloured by where they go", async () => {
  for (const errIsTerminal of [false, true]) {
    const setup = { errIsTerminal, isTerminal: !errIsTerminal, stdin: "rnu" };
    for (const name of ["run", "check", "fmt"]) {
      const { io } = await call([name, "-"], setup);
      assertEquals(
        io.stderr.includes("\x1b["),
        errIsTerminal && !Deno.noColor,
        name,
      );
    }
  }
});
