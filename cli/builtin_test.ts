import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EMBEDDED_NAME, pack, unpack } from "./embedded.ts";
import { denoIo } from "./io.ts";
import { main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

const TEXTS = {
  "arm64/one_thing.dregs": "run\nexpect exit idle\n",
  "arm64/more/two.dregs": 'include "../one_thing.dregs"\n',
  "x86/three.dregs": "arch x86\nrun\nexpect exit idle\n",
};

/** Runs the program as if a catalogue of these texts came with it. */
async function call(
  ...args: readonly string[]
): Promise<{ status: number; io: MemoryIo }> {
  const io = new MemoryIo({ files: { "own.dregs": "run\n" } });
  const embedded = {
    commit: "0123abc",
    lookahead: "[]",
    texts: async () => ({ catalogue: await pack(TEXTS) }),
    whole: () => Promise.resolve(),
  };
  Object.assign(globalThis, { [EMBEDDED_NAME]: embedded });
  try {
    return { status: await main(args, io), io };
  } finally {
    Reflect.deleteProperty(globalThis, EMBEDDED_NAME);
  }
}

Deno.test("pack() and unpack() are each other's reverse", async () => {
  const texts = { "a": "", "b/c": "ä→\u{1f41e}\n".repeat(1000) };
  assertEquals(await unpack(await pack(texts)), texts);
});

Deno.test("builtin: names every file of the catalogue, by folder", async () => {
  const all = await call("run", "--list", "builtin:");
  assertEquals(all.io.stderr, "");
  assertEquals(
    all.io.stdout,
    "builtin:arm64/more/two.dregs\n" +
      "builtin:arm64/one_thing.dregs\n" +
      "builtin:x86/three.dregs\n",
  );
  for (const folder of ["builtin:x86", "builtin:x86/", "builtin:/x86"]) {
    const { status, io } = await call("run", folder, "--format", "tap");
    assertEquals([status, io.stdout.match(/^ok/gm)?.length], [0, 1], folder);
  }
});

Deno.test("builtin: runs what is named, the suffix or not, and what that includes", async () => {
  for (
    const name of [
      "arm64/one_thing.dregs",
      "arm64/one_thing",
      "arm64/one-thing",
      "arm64/more/two",
    ]
  ) {
    const { status, io } = await call("run", `builtin:${name}`);
    assertEquals([status, io.stderr], [0, ""], name);
  }
});

Deno.test("builtin: stands beside files of the user's", async () => {
  const { status, io } = await call(
    "run",
    "--list",
    "own.dregs",
    "builtin:x86",
  );
  assertEquals(status, 0);
  assertEquals(io.stdout, "own.dregs\nbuiltin:x86/three.dregs\n");
});

Deno.test("builtin: a name that is not there has the nearest one beside it", async () => {
  const { status, io } = await call("run", "builtin:arm64/one_thin");
  assertEquals(status, 2);
  assertStringIncludes(io.stderr, "did you mean `builtin:arm64/one_thing`?");
  const far = await call("check", "builtin:zzz");
  assertEquals(far.status, 2);
  assertStringIncludes(far.io.stderr, "`dregs run --list builtin:` lists them");
});

Deno.test("builtin: cannot be written", async () => {
  const { status, io } = await call("fmt", "builtin:arm64");
  assertEquals(status, 0, "all are in the canonical form");
  const refused = await call("run", "-o", "builtin:x", "-e", "run");
  assertEquals(refused.status, 0, "no operand of it: a file of that name");
  assert(refused.io.files.has("builtin:x"));
  const both = await call("run", "builtin:x86", "-o", "builtin:x");
  assertEquals(both.status, 2);
  assertStringIncludes(both.io.stderr, "which cannot be written");
  assertEquals(io.stderr, "");
});

Deno.test("builtin: from a checkout is the folder scenarios/", async () => {
  const io = new MemoryIo({ under: denoIo() });
  assertEquals(await main(["run", "--list", "builtin:"], io), 0);
  const inFolder = new MemoryIo({ under: denoIo() });
  await main(["run", "--list", "scenarios"], inFolder);
  assertEquals(
    io.stdout.replaceAll("builtin:", "scenarios/"),
    inFolder.stdout,
  );
});

Deno.test("dregs --version: with the commit, where it is known", async () => {
  const { io } = await call("--version");
  assert(/^dregs \d+\.\d+\.\d+ \(0123abc\)\n$/.test(io.stdout), io.stdout);
});

Deno.test("dregs repl: goes on from a scenario of the catalogue; what there is not is said as elsewhere", async () => {
  const io = new MemoryIo({ under: denoIo(), stdin: "show hw dbgbcr0\n" });
  const path = "arm64/renumbering/patch-example";
  assertEquals(await main(["repl", `builtin:${path}`], io), 0);
  assertStringIncludes(io.stdout, `ran builtin:${path}\n`);
  assertStringIncludes(io.stdout, "dregs> show hw dbgbcr0\n");

  const missing = new MemoryIo({ under: denoIo() });
  assertEquals(await main(["repl", "builtin:arm64/patch-example"], missing), 2);
  assertEquals(missing.stdout, "");
  assertStringIncludes(
    missing.stderr,
    `no such scenario; did you mean \`builtin:${path.replace("-", "_")}\`?`,
  );

  const empty = new MemoryIo({});
  assertEquals(await main(["repl", ""], empty), 2);
  assertEquals(empty.stderr, 'dregs: "": the path is empty\n');

  const nowhere = new MemoryIo({});
  assertEquals(await main(["repl", "nowhere.dregs"], nowhere), 2);
  assertEquals(
    nowhere.stderr,
    "dregs: nowhere.dregs: no such file or folder\n",
  );
});
