/**
 * What `dregs run` tells of scenarios that fail, and of several kernels: the cause first.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** What a run of one file prints. */
async function printed(text: string, ...args: string[]): Promise<string> {
  const io = new MemoryIo({ files: { "case.dregs": text } });
  await main(["run", ...args, "case.dregs"], io);
  assertEquals(io.stderr, "");
  return io.stdout;
}

/** An expectation fails before the refused `set`, and two after it. */
const REFUSED = [
  "kernel linux-6.1",
  "expect guest dbgbvr0 == 1",
  "set brps=4 ctx=2",
  "guest write dbgbcr0 lbn=2 bt=linked-address e=1",
  "run",
  "expect hw dbgbcr0.lbn == 3",
  "expect exit debug",
  "user get dbgbcr0",
].join("\n");

const CAUSE = "the kernel refused `set`: EINVAL";

/** Line numbers of `case.dregs:N:1`, in order, each once. */
function lineNumbers(text: string): number[] {
  const found = [...text.matchAll(/case\.dregs:(\d+):1/g)].map(([, line]) =>
    Number(line)
  );
  return [...new Set(found)];
}

Deno.test("failures stand in the order of the statements, below a headline", async () => {
  const text = await printed(REFUSED);
  const [status, headline, next] = text.split("\n");
  assertEquals(status, "FAIL case");
  assertStringIncludes(
    headline + next,
    "4 failures. Start with case.dregs:3:1",
  );
  assertStringIncludes(headline + next, CAUSE);
  const below = text.slice(text.indexOf("  case.dregs:2:1"));
  assertEquals(lineNumbers(below), [2, 3, 6, 7]);
});

Deno.test("one failure needs no headline", async () => {
  const text = await printed("run\nexpect exit debug\n");
  assert(!text.includes("Start with"), text);
});

Deno.test("a refused operation is the first message of TAP and JUnit", async () => {
  const tap = await printed(REFUSED, "--format", "tap");
  assertStringIncludes(tap, `  message: ${JSON.stringify(CAUSE).slice(0, -1)}`);
  assertStringIncludes(tap, '  at: "case.dregs:3:1"');
  assertEquals(lineNumbers(tap), [3, 2, 6, 7]);
  const junit = await printed(REFUSED, "--format", "junit");
  assertEquals(lineNumbers(junit), [3, 2, 6, 7]);
});

Deno.test("JSON has failures in the order of the statements", async () => {
  const json = JSON.parse(await printed(REFUSED, "--format", "json"));
  const [{ failures }] = json.scenarios;
  assertEquals(
    failures.map((
      { diagnostic }: { diagnostic: { code: string; place: { line: number } } },
    ) => [diagnostic.place.line, diagnostic.code]),
    [[2, "expectation"], [3, "refused"], [6, "expectation"], [
      7,
      "expectation",
    ]],
  );
});

Deno.test("a matrix tells what ok means, and the cause of a failure", async () => {
  const text = await printed(
    REFUSED,
    "--kernel",
    "linux-6.1",
    "--kernel",
    "watanabe-v7",
  );
  const lines = text.split("\n");
  assertEquals(
    lines[0],
    "ok: as the scenario expects on that kernel, known bugs included",
  );
  assertStringIncludes(text, `case.dregs:3:1: ${CAUSE}`);
});

/** Expectations for some kernels, and the words by which a matrix tells of them. */
const WORDS: readonly [on: string, words: string][] = [
  [">= linux-6.12", "since linux-6.12"],
  ["> linux-6.1", "after linux-6.1"],
  ["<= linux-6.1", "up to linux-6.1"],
  ["< linux-6.12", "before linux-6.12"],
  ["linux-6.1..linux-6.12", "linux-6.1 to linux-6.12"],
  ["watanabe-v7, >= linux-7.2", "watanabe-v7, since linux-7.2"],
  ["bennee-v2, bennee-v3", "bennee-v2, bennee-v3"],
];

Deno.test("a matrix names releases in words, with the line of each expectation", async () => {
  const statements = WORDS.map(([on]) => `expect exit idle on ${on}`);
  const text = await printed(
    ["run", ...statements].join("\n"),
    ...["bennee-v2", "bennee-v3", "watanabe-v7", "6.1", "6.12", "7.2"].flatMap(
      (kernel) => ["--kernel", kernel],
    ),
  );
  for (const [index, [, words]] of WORDS.entries()) {
    assertStringIncludes(text, `\n  ${words}: line ${index + 2}: exit idle\n`);
  }
});

Deno.test("a failing expectation for some kernels says for which", async () => {
  const text = await printed(
    "kernel linux-6.1\nrun\nexpect exit debug on linux-6.1..linux-6.12\n",
  );
  assertStringIncludes(
    text,
    "expected of these kernels only: linux-6.1 to linux-6.12",
  );
});

/** Two vCPUs with a breakpoint each share a CPU; the first is about to execute at its own. */
function twoVcpus(kernel: string): string {
  return [
    "arch x86",
    `kernel ${kernel}`,
    "set vcpus=2",
    "guest@0 write dr0 0x401000; guest@0 write dr7 0x602",
    "guest@1 write dr0 0x401001; guest@1 write dr7 0x602",
    "for v in 0..1 {",
    "  run@v steps=2 stop=guest; interrupt@v; put@v",
    "}",
    "guest@0 exec 0x400000",
    "run@0 stop=guest",
    "show guest@0 hw cpu dr0",
  ].join("\n");
}

Deno.test("x86:C9 the table marks what the CPU does not hold for the running guest", async () => {
  const rowOf = (text: string): string =>
    /^ +dr0 .*$/m.exec(text)![0].trim().replace(/ +/g, " ");
  assertEquals(
    rowOf(await printed(twoVcpus("linux-4.4"))),
    "dr0 0x401000 0x401000 0x401001!",
  );
  assertEquals(
    rowOf(await printed(twoVcpus("linux-4.9"))),
    "dr0 0x401000 0x401000 0x401000",
  );
});
