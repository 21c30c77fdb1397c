import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

Deno.test("dregs check: nothing runs, every file is looked at", async () => {
  const io = new MemoryIo({
    files: {
      "a.dregs": "guest write dbgbcr0 lbm=2\n",
      "b.dregs": "expect guest dbgbcr0 == 7\n",
      "c.dregs": "guest write dbgbcr99\n",
    },
  });
  assertEquals(await main(["check", "a.dregs", "b.dregs", "c.dregs"], io), 2);
  assertStringIncludes(io.stderr, "a.dregs:1:21:");
  assertStringIncludes(io.stderr, "did you mean `lbn`?");
  assertStringIncludes(io.stderr, "c.dregs:1:13:");
  assertEquals(io.stdout, "3 files, 2 with mistakes\n");
  assertEquals(await main(["check", "b.dregs"], io), 0);
});

Deno.test("dregs check: only what was checked is counted", async () => {
  const rows: readonly [args: readonly string[], said: string][] = [
    [["empty"], "nothing was checked\n"],
    [["nowhere.dregs"], "nothing was checked\n"],
    [["a.dregs", "empty"], "1 file, no mistakes; 1 path not checked\n"],
    [
      ["a.dregs", "b.dregs", "empty", "nowhere.dregs"],
      "2 files, 1 with mistakes; 2 paths not checked\n",
    ],
  ];
  for (const [args, said] of rows) {
    const io = new MemoryIo({
      files: { "a.dregs": "run\n", "b.dregs": "rnu\n", "empty/a.txt": "" },
    });
    assertEquals(await main(["check", ...args], io), 2);
    assertEquals(io.stdout, said);
  }
});

Deno.test("dregs check: included files are found beside the file", async () => {
  const io = new MemoryIo({
    files: { "d/a.dregs": 'include "b.dregs"\n', "d/b.dregs": "rnu\n" },
  });
  assertEquals(await main(["check", "d/a.dregs"], io), 2);
  assertStringIncludes(io.stderr, "d/b.dregs:1:1:");
  assertStringIncludes(io.stderr, "d/a.dregs:1:");
});

Deno.test("dregs fmt: changes files, lists them, and leaves what has a mistake", async () => {
  const files = {
    "a.dregs": "set  brps=4   ctx=2;run\n",
    "b.dregs": "rnu\n",
    "c.dregs": "run\n",
  };
  const checked = new MemoryIo({ files });
  assertEquals(
    await main(["fmt", "--check", "a.dregs", "c.dregs"], checked),
    1,
  );
  assertEquals(checked.stdout, "a.dregs\n");
  assertEquals(checked.files.get("a.dregs"), files["a.dregs"]);

  const io = new MemoryIo({ files });
  assertEquals(await main(["fmt", "a.dregs", "b.dregs", "c.dregs"], io), 2);
  assertEquals(io.stdout, "a.dregs\n");
  assertEquals(io.files.get("a.dregs"), "set brps=4 ctx=2\nrun\n");
  assertEquals(io.files.get("b.dregs"), files["b.dregs"]);
  assertStringIncludes(io.stderr, "b.dregs:1:1:");
  assertEquals(
    await main(
      ["fmt", "--check", "a.dregs"],
      new MemoryIo({
        files: Object.fromEntries(io.files),
      }),
    ),
    0,
  );
});

Deno.test("dregs fmt -: standard input to standard output", async () => {
  const io = new MemoryIo({ stdin: "set  brps=4;run" });
  assertEquals(await main(["fmt", "-"], io), 0);
  assertEquals(io.stdout, "set brps=4\nrun\n");
});
