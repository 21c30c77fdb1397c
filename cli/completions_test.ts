import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { kernelNames } from "./kernels.ts";
import { COMMANDS, main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

const KERNELS = await kernelNames();

async function script(shell: string): Promise<string> {
  const io = new MemoryIo();
  assertEquals(await main(["completions", shell], io), 0);
  assertEquals(io.stderr, "");
  return io.stdout;
}

/** Runs a shell on a script; undefined if there is no such shell here. */
async function shell(
  name: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string } | undefined> {
  try {
    const output = await new Deno.Command(name, { args: [...args] }).output();
    const decoder = new TextDecoder();
    return {
      code: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

for (const name of ["bash", "zsh", "fish"]) {
  Deno.test(`dregs completions ${name}: every command, option and kernel`, async () => {
    const text = await script(name);
    for (const { name, load } of COMMANDS) {
      assertStringIncludes(text, name);
      const { command } = await load();
      for (const option of command.help.options) {
        assert(new RegExp(`(--|-l )${option.name}\\b`).test(text), option.name);
        for (const word of option.choices ?? []) {
          assertStringIncludes(text, word);
        }
      }
    }
    for (const kernel of KERNELS) {
      assertStringIncludes(text, kernel);
    }
  });

  Deno.test(`dregs completions ${name}: the shell takes it`, async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, await script(name));
    const result = await shell(name, ["-n", path]);
    await Deno.remove(path);
    if (result) assertEquals([result.code, result.stderr], [0, ""]);
  });
}

/** What is typed, the last word being completed, and what bash offers. */
const TYPED: readonly [words: readonly string[], offered: string][] = [
  [["dregs", "co"], "conform completions"],
  [["dregs", "he"], "help"],
  [["dregs", "--v"], "--version"],
  [["dregs", "help", "pro"], "profiles"],
  [["dregs", "run", "--tr"], "--trace"],
  [["dregs", "run", "--kernel", "wat"], "watanabe-v7"],
  [["dregs", "run", "--kernel", "al"], "all"],
  [["dregs", "conform", "--kernel", "al"], ""],
  [["dregs", "run", "a.dregs", "--format", "j"], "json junit"],
  [["dregs", "run", "--format", "tap", "sc"], ""],
  [["dregs", "registers", "--arch", ""], "arm64 x86"],
  [["dregs", "completions", "f"], "fish"],
  [
    ["dregs", "run", "--kernel", "="],
    [...KERNELS, "lts", "changes", "all"].join(" "),
  ],
  [["dregs", "run", "--kernel", "=", "wat"], "watanabe-v7"],
  [["dregs", "explore", "--without", "s"], "symmetry slots"],
  [["dregs", "run", "builtin", ":", "a"], "a/b.dregs a/c.dregs"],
  [["dregs", "repl", "builtin", ":", "d"], "d.dregs"],
  [["dregs", "check", "bui"], "builtin:"],
  [["dregs", "conform", "bui"], ""],
];

Deno.test("dregs completions bash: what it offers", async (t) => {
  const text = await script("bash");
  for (const [words, offered] of TYPED) {
    await t.step(words.join(" "), async () => {
      const result = await shell("bash", [
        "-c",
        `compopt() { :; }
dregs() { printf 'builtin:%s.dregs\\n' a/b a/c d; }
${text}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_WORDBREAKS=:=
COMP_LINE=\${COMP_LINE//builtin : /builtin:}
COMP_POINT=\${#COMP_LINE}
_dregs
echo "\${COMPREPLY[*]}"`,
        "bash",
        ...words,
      ]);
      if (result) assertEquals(result.stdout.trim(), offered);
    });
  }
});

Deno.test("dregs completions: which shell?", async () => {
  for (const args of [[], ["csh"], ["bash", "zsh"]]) {
    const io = new MemoryIo();
    assertEquals(await main(["completions", ...args], io), 2);
    assertStringIncludes(io.stderr, "expected bash, zsh, fish");
  }
});
