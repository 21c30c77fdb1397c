import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoConfig from "../deno.json" with { type: "json" };
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

const README = Deno.readTextFileSync(
  new URL("../README.md", import.meta.url),
);

/** The blocks of code below a heading, up to the next; those before any heading for an empty one. */
function blocks(heading: string): string[] {
  const from = heading === "" ? 0 : README.indexOf(`\n## ${heading}\n`) + 1;
  assert(heading === "" || from > 0, heading);
  const part = README.slice(from).split("\n## ")[0];
  return [...part.matchAll(/^```\n(.*?)^```$/gms)].map(([, text]) => text);
}

/** Words of a shell's line: blanks part them, `'…'` is one. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|[^\s']+/g)].map(([word, quoted]) =>
    quoted ?? word
  );
}

Deno.test("README: its picture is what the program prints", async () => {
  const [picture] = blocks("");
  const io = new MemoryIo({ under: denoIo() });
  const scenario = "builtin:arm64/renumbering/patch_example";
  assertEquals(await main(["run", scenario], io), 0);
  const lines = picture.split("\n").length - 1;
  assertEquals(
    picture,
    io.stdout.split("\n").slice(0, lines).join("\n") + "\n",
  );
});

Deno.test("README: its tasks are there", () => {
  const tasks: Readonly<Record<string, unknown>> = denoConfig.tasks;
  for (const [, task] of README.matchAll(/deno(?:@[\d.]+)? task ([a-z]+)/g)) {
    assert(task in tasks, task);
  }
});

Deno.test("README: the five things to try run", async (t) => {
  const commands = blocks("Five things to try").map((text) => text.trim());
  assertEquals(commands.length, 5);
  for (const command of commands) {
    await t.step(command, async () => {
      const [deno, task, dregs, ...args] = shellWords(command);
      assertEquals([deno, task, dregs], ["deno", "task", "dregs"]);
      const io = new MemoryIo({
        under: denoIo(),
        stdin: "guest write dbgbcr0 e=1\nrun\n",
      });
      assertEquals(await main(args, io), 0, io.stderr);
      assertEquals(io.stderr, "");
      assert(io.stdout.split("\n").length > 3, io.stdout);
    });
  }
});

Deno.test("README: what it says of the trace and the reason is so", async () => {
  const [why, , trace, conform] = blocks("Five things to try").map((text) =>
    shellWords(text.trim()).slice(3)
  );
  for (
    const [args, said] of [
      [why, "arm64:D15"],
      [trace, "x86:"],
      [conform, ", 0 differ"],
    ] as const
  ) {
    const io = new MemoryIo({ under: denoIo() });
    await main(args, io);
    assertStringIncludes(io.stdout, said);
  }
});
