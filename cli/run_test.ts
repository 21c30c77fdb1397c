import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { architecture } from "../engine/mod.ts";
import { main } from "./main.ts";
import { MemoryIo, type MemorySetup } from "./memory_io.ts";

async function run(
  args: readonly string[],
  setup: MemorySetup = {},
): Promise<{ status: number; io: MemoryIo }> {
  const io = new MemoryIo(setup);
  return { status: await main(["run", ...args], io), io };
}

const GOOD = "set brps=4 ctx=2\nexpect ok\n";
const FALSE = "set brps=4 ctx=2\nexpect guest id_aa64dfr0.brps == 4\n";
const BAD = "rnu\nset brps=4\nexpect wirte\n";

/** Files, and what running them must give. */
const STATUSES: readonly [
  name: string,
  files: Record<string, string>,
  args: string[],
  status: number,
  lines: string[],
][] = [
  ["all held", { "a.dregs": GOOD }, ["a.dregs"], 0, ["ok  a"]],
  ["an expectation failed", { "a.dregs": FALSE }, ["a.dregs"], 1, ["FAIL a"]],
  ["a mistake", { "a.dregs": BAD }, ["a.dregs"], 2, []],
  [
    "a mistake in one hides neither the next nor its failure",
    { "a.dregs": BAD, "b.dregs": FALSE, "c.dregs": GOOD },
    ["a.dregs", "b.dregs", "c.dregs"],
    2,
    ["FAIL b", "ok  c", "1 passed, 1 failed, 1 file not run"],
  ],
  [
    "a folder, by name, folders below it too, other files not",
    { "d/b.dregs": GOOD, "d/a/z.dregs": GOOD, "d/c.txt": BAD },
    ["d"],
    0,
    ["ok  z", "ok  b", "2 passed, 0 failed"],
  ],
  [
    "a file that is not there hides nothing",
    { "b.dregs": GOOD },
    ["a.dregs", "b.dregs"],
    2,
    ["ok  b", "1 passed, 0 failed, 1 file not run"],
  ],
  ["a folder without scenarios", { "d/c.txt": "" }, ["d"], 2, []],
  [
    "blocks, filtered by name",
    {
      "a.dregs": 'scenario "one" {\nrun\n}\nscenario "two" {\nrun\n}\n',
    },
    ["--filter", "tw", "a.dregs"],
    0,
    ["ok  two"],
  ],
  [
    "a requirement that does not hold",
    { "a.dregs": `require kernel < linux-4.9\n${GOOD}` },
    ["a.dregs"],
    4,
    ["skip a"],
  ],
  [
    "expectations that are all for other kernels",
    { "a.dregs": "run\nexpect exit idle on < linux-4.9\n" },
    ["a.dregs"],
    4,
    ["skip a: no expectation applies to watanabe-v7"],
  ],
  [
    "some skipped",
    { "a.dregs": `require kernel < linux-4.9\n${GOOD}`, "b.dregs": GOOD },
    ["a.dregs", "b.dregs"],
    0,
    ["skip a", "ok  b", "1 passed, 0 failed, 1 skipped"],
  ],
  [
    "some skipped, one with a mistake",
    { "a.dregs": `require kernel < linux-4.9\n${GOOD}`, "b.dregs": BAD },
    ["a.dregs", "b.dregs"],
    2,
    ["skip a", "0 passed, 0 failed, 1 skipped, 1 file not run"],
  ],
  [
    "a filter that nothing passes",
    { "a.dregs": GOOD },
    [
      "--filter",
      "zzz",
      "a.dregs",
    ],
    2,
    [],
  ],
];

for (const [name, files, args, want, lines] of STATUSES) {
  Deno.test(`dregs run: ${name}`, async () => {
    const { status, io } = await run(args, { files });
    assertEquals(status, want, io.stderr);
    const heads = io.stdout.split("\n").filter((line) => /^\S/.test(line));
    assertEquals(heads, lines);
    // Besides that an expectation failed, which standard output says.
    assertEquals(io.stderr !== "", want > 1, io.stderr);
  });
}

Deno.test("dregs run: a false expectation is reported with place, line, values", async () => {
  const { io } = await run(["-"], { stdin: FALSE });
  assertStringIncludes(io.stdout, "<stdin>:2:");
  assertStringIncludes(io.stdout, "expect guest id_aa64dfr0.brps == 4");
  assertStringIncludes(io.stdout, "^^^^");
  assertStringIncludes(io.stdout, "3");
});

Deno.test("dregs run: every mistake of a text is reported, on standard error", async () => {
  const { io } = await run(["a.dregs"], { files: { "a.dregs": BAD } });
  const places = io.stderr.split("\n").filter((line) => /^\S/.test(line)).map(
    (line) => line.split(": ")[0].replace(/:\d+$/, ""),
  );
  assertEquals(places, ["a.dregs:1", "a.dregs:3"]);
});

Deno.test("dregs run -e: a script that says nothing shows the table", async () => {
  const script = "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run";
  const silent = await run(["-e", script]);
  assertEquals(silent.status, 0);
  assertStringIncludes(silent.io.stdout, "ok  <script>");
  assertStringIncludes(silent.io.stdout, "LBN=2→4");
  for (
    const more of [
      "expect ok",
      "show map",
      "for i in 0..1 { expect guest dbgbcr[i] == i * 0 + 0 }",
    ]
  ) {
    const { io } = await run(["-e", `set brps=4 ctx=2; ${more}`]);
    assert(!io.stdout.includes("vCPU 0 on CPU 0"), io.stdout);
  }
});

Deno.test("dregs run -e: several scripts have names of their own", async () => {
  const { io } = await run(["-e", "expect ok", "-e", "wirte"]);
  assertStringIncludes(io.stderr, "<script 2>:1:1:");
});

Deno.test("dregs run -o writes the file, and nothing else", async () => {
  const { status, io } = await run(["-o", "out.tap", "--format", "tap", "-"], {
    stdin: GOOD,
    isTerminal: true,
  });
  assertEquals(status, 0);
  assertEquals(io.stdout, "");
  assertEquals(
    io.files.get("out.tap"),
    "TAP version 14\nok 1 - <stdin>\n1..1\n",
  );
});

Deno.test("dregs run: output is written as scenarios end", async () => {
  const blocks = Array.from(
    { length: 20 },
    (_, i) => `scenario "s${i}" {\nshow map\n}\n`,
  ).join("");
  for (const format of ["text", "json", "tap", "ftrace"]) {
    const { io } = await run(["--format", format, "-"], { stdin: blocks });
    assert(io.writes >= 20, `${format}: ${io.writes} writes`);
  }
});

Deno.test("dregs run: a reader that leaves early ends it with what was known", async () => {
  const { status, io } = await run(["a.dregs", "b.dregs"], {
    files: { "a.dregs": FALSE, "b.dregs": GOOD },
    closesAfter: 1,
  });
  assertEquals([status, io.stderr], [1, ""]);
});

Deno.test("dregs run --trace tells each statement's events with their rules", async () => {
  const { io } = await run(["--trace", "-e", "set brps=4 ctx=2; expect ok"]);
  assertStringIncludes(io.stdout, "<script>:1:1: set brps=4 ctx=2");
  assert(/^ {4}arm64:\S+ +\S/m.test(io.stdout), io.stdout);
});

Deno.test("dregs run --kernel: one kernel in place of the scenario's", async () => {
  const { io } = await run([
    "--kernel",
    "linux-6.1",
    "--format",
    "json",
    "-e",
    "expect ok on linux-6.1\nset brps=4 ctx=2",
  ]);
  assertStringIncludes(io.stdout, '"kernel":"linux-6.1"');
});

Deno.test("dregs run --kernel again: a matrix, scenario by kernel", async () => {
  const stdin = `
scenario "held everywhere" {
  set brps=6 ctx=2
  expect ok
}
scenario "a name that is much longer than the column that a matrix of eighty columns has for names" {
  kernel linux-6.1
  guest write dbgbcr0 lbn=2
  run
  set brps=5
  expect ok
}
`;
  const { status, io } = await run(
    ["--kernel", "watanabe-v7", "--kernel", "linux-6.1", "-"],
    { stdin },
  );
  assertEquals(status, 1);
  const lines = io.stdout.split("\n");
  assertEquals(lines[1].trim().split(/ +/), ["watanabe", "linux"]);
  assertEquals(lines[2].split(/ +/), ["arm64", "v7", "6.1"]);
  assertEquals(lines[3].replace(/ +/g, " "), "held everywhere ok ok");
  assertStringIncludes(io.stdout, "\n    <stdin>:11:");
  for (const line of lines) {
    assert(line.length <= 80 || /^a name|^ {4}</.test(line), line);
  }
});

Deno.test("dregs run --kernel again: what is expected of some of them only is printed", async () => {
  const stdin = `
for i in 0..1 { guest read dbgbcr0 }
run
expect traps == 2 on bennee-v3, watanabe-v7, linux-6.1
expect traps == 1 on linux-7.2
expect exit idle on bennee-v3, watanabe-v7, linux-6.1, linux-7.2
`;
  const { status, io } = await run([
    ...["bennee-v3", "linux-6.1", "linux-7.2"].flatMap((name) => [
      "--kernel",
      name,
    ]),
    "-",
  ], { stdin });
  assertEquals(status, 0);
  assertEquals(io.stdout.split("\n").slice(4), [
    "  all but linux-7.2: line 4: traps == 2",
    "  linux-7.2: line 5: traps == 1",
    "3 passed, 0 failed",
    "",
  ]);
});

Deno.test("dregs run --kernel all: every kernel of the scenario's architecture", async () => {
  const { io } = await run([
    "--kernel",
    "all",
    "--format",
    "json",
    "-e",
    "expect ok on linux-6.1\nset brps=6 ctx=2",
  ]);
  const { scenarios } = JSON.parse(io.stdout);
  const ran = new Set(
    scenarios.map(({ kernel }: { kernel: string }) => kernel),
  );
  const arm64 = architecture("arm64")!;
  const named = arm64.kernelNames().filter((name) => name !== "bare");
  assertEquals(ran, new Set(named));
  assertEquals(ran.size, scenarios.length);
  for (const { name } of arm64.profiles) assert(ran.has(name), name);
  for (const name of arm64.distinctKernels()) assert(ran.has(name), name);
});

Deno.test("dregs run --limit stops a loop that is too long", async () => {
  const script = "for i in 0..999 { guest exec 0x1000 }";
  const { status, io } = await run(["--limit", "100", "-e", script]);
  assertEquals(status, 2);
  assertStringIncludes(io.stdout + io.stderr, "`--limit N` allows more");
  assertEquals((await run(["--limit", "3000", "-e", script])).status, 0);
});

Deno.test("dregs run: a byte order mark and line ends of Windows are no mistakes", async () => {
  const { status, io } = await run(["-"], {
    stdin: `\ufeff${GOOD.replaceAll("\n", "\r\n")}`,
  });
  assertEquals(status, 0, io.stderr);
  const bad = await run(["-"], { stdin: "\ufeffrnu\r\n" });
  assertStringIncludes(bad.io.stderr, "<stdin>:1:1:");
});

Deno.test("dregs run: a file that is only searched says where that is done", async () => {
  const files = { "a.dregs": "explore { vcpu 0 { isb } }\n" };
  const { status, io } = await run(["a.dregs"], { files });
  assertEquals(status, 2);
  assertStringIncludes(io.stderr, "dregs explore FILE");
});

Deno.test("a scenario that shows much is printed while it runs", async () => {
  const text = "for i in 1..150 { show }\nexpect guest dbgbvr0 == 1\n";
  const { io, status } = await run(["a.dregs"], { files: { "a.dregs": text } });
  assertEquals(status, 1);
  assert(io.writes > 40, `${io.writes} writes`);
  const lines = io.stdout.split("\n");
  assertEquals(lines[0], "...  a");
  assertEquals(lines.filter((line) => line.includes("at reset")).length, 150);
  const end = lines.indexOf("FAIL a");
  assertEquals(
    lines.slice(1, end).every((line) => line.startsWith("  ")),
    true,
  );
  assertStringIncludes(lines[end + 1], "error[expectation]");
});

Deno.test("what is shown of a scenario that shows little, and in JSON, stands at its end", async () => {
  const files = {
    "a.dregs": "for i in 1..100 { show }\n",
    "b.dregs": "for i in 1..150 { show }\n",
  };
  const { io } = await run(["a.dregs"], { files });
  assertEquals([io.writes, io.stdout.slice(0, 6)], [1, "ok  a\n"]);
  const json = await run(["--format", "json", "b.dregs"], { files });
  assertEquals(JSON.parse(json.io.stdout).scenarios[0].outputs.length, 150);
  const matrix = await run(
    ["--kernel", "linux-6.1", "--kernel", "linux-7.2", "b.dregs"],
    { files },
  );
  assertEquals(matrix.status, 0);
});

Deno.test("no reader: a scenario that shows much stops", async () => {
  const text = "for i in 1..100_000 { show }\n";
  const { io, status } = await run(["a.dregs"], {
    files: { "a.dregs": text },
    closesAfter: 10_000,
  });
  assertEquals(status, 0);
  assert(io.stdout.length < 100_000, `${io.stdout.length} characters`);
});

Deno.test("run --format junit: before which release a scenario fails", async () => {
  const text = [
    "arch x86",
    "host@0 watch 0x7000 size=8",
    "guest write dr0 0x401000",
    "guest write dr7 0x602",
    "run steps=2 stop=exit",
    "interrupt",
    "guest exec 0x401000",
    "run",
    "expect exceptions db",
  ].join("\n");
  const io = new MemoryIo({ files: { "a.dregs": text } });
  await main(
    ["run", "--format", "junit", "--kernel", "4.4", "--kernel", "4.5"].concat(
      "a.dregs",
    ),
    io,
  );
  assertStringIncludes(
    io.stdout,
    "<system-out>fails before linux-4.5 (70e4da7a8ff6)",
  );
});
