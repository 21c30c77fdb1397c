/** A matrix of more kernels than fit side by side: neighbours that agree are one. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** Until 5.0, OUT advances RIP before the exit. Rule x86:F29. */
const PORT = `arch x86
guest out 0x77 at=0x5000
run
`;
const FAILS = `${PORT}expect exit io pc=0x5000\n`;
const HOLDS = `${PORT}expect exit io pc=0x5002 on without port-after-exit
expect exit io pc=0x5000 on with port-after-exit
`;

/** Lines of a matrix, without the tally. */
async function matrix(
  text: string,
  ...kernels: readonly string[]
): Promise<readonly string[]> {
  const io = new MemoryIo({ files: { "port.dregs": text } });
  const options = kernels.flatMap((kernel) => ["--kernel", kernel]);
  await main(["run", ...options, "port.dregs"], io);
  const lines = io.stdout.trimEnd().split("\n");
  return lines.slice(lines.findIndex((line) => line.startsWith("x86")), -1);
}

Deno.test("a matrix of many kernels: since when something holds", async () => {
  assertEquals(await matrix(FAILS, "4.4..7.3"), [
    "x86 vmx, 61 kernels",
    "port              FAIL 4.4 to 5.0 | ok since 5.1",
    "  4.4 to 5.0:",
    "    port.dregs:4:16: `pc` of the exit is 0x5002, expected 0x5000",
    "  fails before linux-5.1 (45def77ebf79, 8764ed55c970; from memory)",
  ]);
});

Deno.test("a matrix of changes: releases that behave as one that ran are in its range", async () => {
  const [head, line] = await matrix(FAILS, "changes");
  assertStringIncludes(head, "x86 vmx, ");
  // Neither 5.0's neighbours nor the last release ran for this.
  assertEquals(line, "port              FAIL 4.4 to 5.0 | ok since 5.1");
});

Deno.test("a matrix of part of the releases: nothing is said of what did not run", async () => {
  const [, line] = await matrix(FAILS, "lts");
  assertEquals(line, "port              FAIL 4.4 to 4.19 | ok 5.4 to 6.18");
  const [, range] = await matrix(FAILS, "4.14..5.4");
  assertEquals(range, "port              FAIL 4.14 to 5.0 | ok 5.1 to 5.4");
});

Deno.test("a matrix of many kernels: what is expected of some is part of the group's lines", async () => {
  const [, line, old, recent] = await matrix(HOLDS, "4.4..7.3");
  assertEquals(line, "port              ok  4.4 to 5.0 | since 5.1");
  assertStringIncludes(old, "  without port-after-exit: line ");
  assertStringIncludes(recent, "  with port-after-exit: line ");
});

Deno.test("a matrix of many kernels: those that are no release go by their names", async () => {
  const names = ["reload-2016", "rhel-8.5", "linux-5.4.120", "kiszka-2008"];
  const [, line, more] = await matrix(FAILS, "lts", ...names);
  assertEquals(
    line,
    "port              FAIL kiszka-2008, 4.4 to 4.19, reload-2016 |",
  );
  assertEquals(more.trim(), "ok rhel-8.5, 5.4 to 6.18");
});

Deno.test("a matrix of many kernels: a stable release is in its place in the range, in whatever order they are asked for", async () => {
  const points = ["linux-5.4.120", "linux-4.4.11", "linux-4.6.7"];
  const [, line] = await matrix(FAILS, ...points, "changes");
  assertEquals(line, "port              FAIL 4.4 to 5.0 | ok since 5.1");
  const [, part] = await matrix(FAILS, ...points, "4.4..5.0");
  assertEquals(part, "port              FAIL 4.4 to 5.0 | ok 5.4.120");
});

Deno.test("a matrix of many kernels: a stable release or one with a change that differs is between its neighbours", async () => {
  // The change is in 4.19.108, and first in 5.1.
  const [, line, more] = await matrix(FAILS, "linux-4.19.108", "changes");
  assertEquals(
    [line, more.trim()],
    [
      "port              FAIL 4.4 to 4.19 | ok 4.19.108 | FAIL 4.20 to 5.0 |",
      "ok since 5.1",
    ],
  );
  // 6.18.33 has the change, and what comes before 7.1 has not.
  const queued = `arch x86
guest popf tf=1 at=0x5000
guest cpuid at=0x5001
guest exec 0x5003
run attempts=2 stop=exit
user set pc 0x5003
expect user dr6 == 0xffff0ff0
`;
  const [, ...rest] = await matrix(
    queued,
    "linux-6.18.33 vmx",
    "changes vmx",
  );
  assertStringIncludes(
    rest.map((line) => line.trim()).join(" "),
    "FAIL 4.10 to 6.18 | ok 6.18.33 | ok since 7.1",
  );
  const picked = "linux-5.0 with port-after-exit";
  const [, own, next] = await matrix(FAILS, picked, "4.14..5.2");
  assertEquals(
    [own, next.trim()],
    ["port              FAIL 4.14 to 5.0 |", `ok ${picked}, 5.1 to 5.2`],
  );
});

Deno.test("a matrix of many kernels: vendors are told apart", async () => {
  const [, line, more] = await matrix(FAILS, "4.19..5.4 vmx", "4.19..5.4 svm");
  assertEquals(
    [line, more.trim()],
    [
      "port              FAIL 4.19 to 5.0 vmx | ok 5.1 to 5.4 vmx |",
      "FAIL 4.19 to 5.0 svm | ok 5.1 to 5.4 svm",
    ],
  );
});

/** Seven changes of 5.7 are of x86; one of them changes DR6 of the exit. Loops and names are run again for each. */
const EXIT_DR6 = `arch x86
for i in 0..1 {
  scenario "slot {i}" {
    let address = 0x5000 + i
    user debug raw control=0x20001 dr0=address dr7=0x402
    guest exec address
    guest read dr7 as control
    run
    expect exit debug dr6=0xffff0ff1
    user debug off
    run
    expect control == 0x400
  }
}
`;

Deno.test("a matrix: of several changes at one release the one that makes the difference alone is named", async () => {
  const since = "  fails before linux-5.7 (13196638d5d9)";
  for (const kernels of [["5.4..5.8", "4.4..4.9"], ["lts"]]) {
    const lines = await matrix(EXIT_DR6, ...kernels);
    assertEquals(lines.filter((line) => line.startsWith("  fails")), [
      since,
      since,
    ]);
    assert(!lines.some((line) => line.includes("dregs bisect")));
  }
});

Deno.test("a matrix: where no change makes the difference alone, bisect is named", async () => {
  // It takes one for the exit and one for the mask.
  const text = `arch x86
user debug raw control=0x20001 dr0=0x5000 dr7=0x402
guest exec 0x5000
run
expect exit debug dr6=0xffff0ff1
user check set_guest_debug2 as mask
expect mask != 0
`;
  const lines = await matrix(text, "4.4..4.9", "5.4..5.6", "5.14..5.16");
  const told = lines.filter((line) => line.startsWith("  fails"));
  assertEquals(told.length, 1, lines.join("\n"));
  assertStringIncludes(told[0], "by one of ");
  assert(lines.some((line) => line.startsWith("    dregs bisect port.dregs ")));
});

Deno.test("a matrix of several vendors names each kernel's", async () => {
  const io = new MemoryIo({ files: { "port.dregs": FAILS } });
  const kernels = ["--kernel", "4.4 svm", "--kernel", "4.9 vmx"];
  await main(["run", ...kernels, "port.dregs"], io);
  const [, , head] = io.stdout.split("\n");
  assertEquals(head.split(/ {2,}/), ["x86", "4.4 svm", "4.9 vmx"]);
});
