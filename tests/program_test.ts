import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoConfig from "../deno.json" with { type: "json" };
import { denoRun, dependencyFlags } from "./child_deno.ts";

/** The program, as its task starts it. */
const PROGRAM = [
  "--allow-read",
  "--allow-write",
  "--allow-env=COLORTERM,COLUMNS,LINES,NO_COLOR,TERM",
  "cli/program.ts",
];

const ROOT = new URL("../", import.meta.url);

const EXAMPLE = "scenarios/arm64/renumbering/patch_example.dregs";

Deno.test("the program: the README's script runs", async () => {
  const { code, stdout, stderr } = await denoRun([
    ...PROGRAM,
    "run",
    "-e",
    "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run",
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "LBN=2→4");
  assert(!stdout.includes("\x1b"), "colour without a terminal");
});

Deno.test("the program: the same from standard input", async () => {
  const { code, stdout } = await denoRun(
    [...PROGRAM, "run", "--format", "tap", "-"],
    { stdin: "set brps=4 ctx=2\nexpect ok\n" },
  );
  assertEquals([code, stdout], [0, "TAP version 14\nok 1 - <stdin>\n1..1\n"]);
});

Deno.test("the program: a mistake is status 2, without a stack", async () => {
  for (
    const args of [["run", "nowhere.dregs"], ["run", "-e", "rnu"], ["rnu"], [
      "run",
      "-o",
      "nowhere/out",
      "-e",
      "run",
    ]]
  ) {
    const { code, stderr } = await denoRun([...PROGRAM, ...args]);
    assertEquals(code, 2, args.join(" "));
    assert(stderr !== "");
    assert(!/\bat \S*(:\/\/|ext:)/.test(stderr), stderr);
  }
});

Deno.test("the program: mod.ts run as main is the program too", async () => {
  const { code, stdout } = await denoRun([
    ...PROGRAM.slice(0, -1),
    "mod.ts",
    "--version",
  ]);
  assertEquals(code, 0);
  assert(/^dregs \d+\.\d+\.\d+\n$/.test(stdout), stdout);
});

/** Runs the program for a reader that goes away after the first bytes. */
async function readLittle(
  args: readonly string[],
): Promise<{ code: number; stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", ...dependencyFlags(), ...PROGRAM, ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  const { code } = await child.status;
  return { code, stderr };
}

Deno.test("the program: a closed pipe ends it quietly", async () => {
  const loop =
    'for i in 1..400 { scenario "s{i}" { guest write dbgbvr0 i; run; show dbgb*; show map } }';
  for (
    const args of [
      ["run", "-e", loop],
      ["run", "--format", "json", "--trace", "-e", loop],
      ["run", ...Array(300).fill(EXAMPLE)],
    ]
  ) {
    assertEquals(await readLittle(args), { code: 0, stderr: "" });
  }
});

Deno.test("the program: help and lists load no parser", async () => {
  const graph = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...dependencyFlags(), "cli/program.ts"],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const { modules }: {
    modules: {
      specifier: string;
      dependencies?: {
        specifier: string;
        isDynamic?: boolean;
        code?: { specifier?: string };
      }[];
    }[];
  } = JSON.parse(new TextDecoder().decode(graph.stdout));
  const byName = new Map(modules.map((one) => [one.specifier, one]));
  /** What a module imports before it runs, from itself on. */
  const loaded = (start: string): Set<string> => {
    const seen = new Set([new URL(start, ROOT).href]);
    for (const name of seen) {
      for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
        if (!isDynamic && code?.specifier) seen.add(code.specifier);
      }
    }
    return seen;
  };
  for (
    const start of [
      "cli/program.ts",
      "cli/run.ts",
      "cli/check.ts",
      "cli/fmt.ts",
      "cli/profiles.ts",
      "cli/registers.ts",
      "cli/architectures.ts",
      "dsl/render/register.ts",
      "dsl/table.ts",
    ]
  ) {
    const parsers = [...loaded(start)].filter((name) =>
      /chevrotain|dsl\/parser/.test(name)
    );
    assertEquals(parsers, [], start);
  }
  assert([...loaded("cli/loading.ts")].some((name) => /parser/.test(name)));
});

Deno.test({
  name: "the program: the interactive view reads a pipe by its name, once",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/pipe`;
    const { success } = await new Deno.Command("mkfifo", { args: [path] })
      .output();
    assert(success);
    const [{ code, stdout }] = await Promise.all([
      denoRun(["-A", "cli/program.ts", "repl", path]),
      Deno.writeTextFile(path, "guest write dbgbcr0 e=1\nrun\n"),
    ]);
    await Deno.remove(folder, { recursive: true });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "exit idle");
  },
});

/** Calls, and what they may still do with files while they run. */
const LEFT: readonly [args: readonly string[], access: string][] = [
  [["run", "-e", "run"], "read granted, write denied"],
  [["run", "-e", "run", "-o", "-"], "read granted, write denied"],
  [["run", "-e", "run", "-o", "OUT"], "read granted, write granted"],
  [["check", "builtin:x86"], "read granted, write denied"],
  [["fmt", "builtin:x86"], "read granted, write granted"],
  [["fmt", "-"], "read granted, write denied"],
  [["fmt", "--check", "builtin:x86"], "read granted, write denied"],
  [
    ["explore", "builtin:explore/two_conversions"],
    "read granted, write denied",
  ],
  [["repl"], "read granted, write granted"],
  [["profiles"], "read denied, write denied"],
  [["registers"], "read denied, write denied"],
  [["completions", "bash"], "read denied, write denied"],
  [["run", "--help"], "read denied, write denied"],
  [["--version"], "read denied, write denied"],
  [["help"], "read denied, write denied"],
  [["help", "run"], "read denied, write denied"],
];

for (const [args, access] of LEFT) {
  Deno.test(`dregs ${args.join(" ")}: ${access}`, async () => {
    const out = await Deno.makeTempFile();
    try {
      const given = args.map((arg) => arg === "OUT" ? out : arg);
      const { stderr } = await denoRun([
        "-A",
        "tests/permissions_left.ts",
        ...given,
      ]);
      // What was all granted is denied, or asked for, once it was given back.
      assertEquals(stderr.trim().replaceAll("prompt", "denied"), access);
    } finally {
      await Deno.remove(out);
    }
  });
}

Deno.test("deno task dregs: relative paths start where the task was asked for", async () => {
  const folder = new URL("recordings/arm64/", import.meta.url);
  const [caps, elsewhere] = await Promise.all(
    ["caps.jsonl", "tests/recordings/arm64/caps.jsonl"].map((path) =>
      denoRun(["-A", "cli/program.ts", "conform", path], {
        env: { DREGS_CWD: folder.pathname },
      })
    ),
  );
  assertEquals([caps.code, caps.stderr], [0, ""]);
  assertStringIncludes(caps.stdout, "ok  caps.jsonl: ");
  assertEquals(elsewhere.code, 2);
  const { command } = denoConfig.tasks.dregs;
  assert(command.startsWith('DREGS_CWD="$INIT_CWD" '), command);
});
