import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NEXT } from "./demo.ts";
import { commandHelp } from "./help.ts";
import { denoIo } from "./io.ts";
import { COMMANDS, main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

/** Words of a shell's line: spaces part them, `'…'` is one. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|[^\s']+/g)].map(([word, quoted]) =>
    quoted ?? word
  );
}

/** Runs a line of an example: `dregs …`, or `echo … | dregs …`. What it writes stays in memory. */
async function runLine(
  line: string,
): Promise<{ status: number; io: MemoryIo }> {
  const [first, second] = line.split(" | ");
  const stdin = second ? `${shellWords(first).slice(1).join(" ")}\n` : "";
  const io = new MemoryIo({ stdin, under: denoIo() });
  const [program, ...args] = shellWords(second ?? first);
  assertEquals(program, "dregs");
  return { status: await main(args, io), io };
}

for (const { name, about, load } of COMMANDS) {
  Deno.test(`dregs ${name} --help: what the overview says, all options, no line too long`, async () => {
    const { command } = await load();
    const { help } = command;
    assertEquals([help.name, help.about], [name, about]);
    const text = commandHelp(help);
    for (const option of help.options) {
      assertStringIncludes(text, `--${option.name}`);
    }
    const prose = text.slice(0, text.indexOf("examples:"));
    for (const line of prose.split("\n")) assert(line.length <= 80, line);
    const io = new MemoryIo();
    assertEquals(await main([name, "--help"], io), 0);
    assertEquals(io.stdout, text);
    assert(help.examples.length > 0);
  });

  Deno.test(`dregs ${name} --help: the examples run`, async (t) => {
    const { command } = await load();
    for (const example of command.help.examples) {
      await t.step(example.command, async () => {
        const { status, io } = await runLine(example.command);
        assertEquals(io.stderr, "");
        assertEquals(status, 0);
      });
    }
  });
}

Deno.test("dregs demo: what it names to try runs", async (t) => {
  for (const [, command] of NEXT) {
    await t.step(command, async () => {
      const { status, io } = await runLine(`dregs ${command}`);
      assertEquals(io.stderr, "");
      assertEquals(status, 0);
    });
  }
});
