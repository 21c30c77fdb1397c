import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoConfig from "../deno.json" with { type: "json" };
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

// What its session prints is compared with the others in tests/docs_test.ts.

const README = Deno.readTextFileSync(
  new URL("../README.md", import.meta.url),
);

Deno.test("README: it is short", () => {
  assert(README.split("\n").length <= 120);
});

Deno.test("README: its tasks are there", () => {
  const tasks: Readonly<Record<string, unknown>> = denoConfig.tasks;
  const named = [...README.matchAll(/deno(?:@[\d.]+)? task ([a-z]+)/g)].map((
    [, task],
  ) => task);
  assert(named.includes("demo") && named.includes("test"));
  for (const task of named) assert(task in tasks, task);
});

Deno.test("README: the demo runs", async () => {
  const io = new MemoryIo({ under: denoIo() });
  assertEquals(await main(["demo"], io), 0);
  assertEquals(io.stderr, "");
  assertStringIncludes(io.stdout, "Try next:");
});

Deno.test("README: what it says of the example is so", async () => {
  const io = new MemoryIo({ under: denoIo() });
  const args = ["explore", "builtin:explore/missed_breakpoint"];
  assertEquals(await main(args, io), 1);
  assert(/dr0(?: +0x1000){4} +0x0\n/.test(io.stdout), io.stdout);
});
