import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { load } from "../dsl/load.ts";
import snippets from "../editors/vscode/snippets/dregs.json" with {
  type: "json",
};
import { programCommand } from "./child_deno.ts";

const ROOT = new URL("../", import.meta.url);
const VSCODE = new URL("editors/vscode/", ROOT);

/** Whether a program is there and says its version. */
function isThere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"] }).outputSync()
      .success;
  } catch {
    return false;
  }
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

/** A snippet's text, with the words that stand for places, and the first of choices. */
function expanded(body: readonly string[]): string {
  return body.join("\n").replace(/\$\{\d+\|([^,|}]*)[^}]*\}/g, "$1")
    .replace(/\$\{\d+:([^}]*)\}/g, "$1");
}

for (const [name, { body }] of Object.entries(snippets)) {
  Deno.test(`VS Code: the snippet ${name} has no mistake`, () => {
    const text = expanded(body);
    const arch = /\bdr\d/.test(text) ? "arch x86\n" : "";
    const loaded = load({ name: "snippet", text: arch + text });
    assertEquals(loaded.diagnostics.map(({ message }) => message), []);
  });
}

const hasNeovim = isThere("nvim");

Deno.test({
  name:
    `Neovim: a mistake is shown and fixed, a name renamed, the text formatted${
      hasNeovim
        ? ""
        : " (skipped: nvim is not installed; apt-get install neovim)"
    }`,
  ignore: !hasNeovim,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/mistakes.dregs`;
      await Deno.writeTextFile(
        file,
        'scenario "a" {\n  set brps=4 ctx=2\n  guest read dbgbcr0 as got\n' +
          "  guest wriet dbgbcr0 lbn=2 e=1\n  rnu\n    expect hw   dbgbcr0.lbn == 4\n" +
          " expect got == 0\n}\n",
      );
      const { success, stdout } = await new Deno.Command("nvim", {
        args: [
          "--headless",
          "-u",
          "NONE",
          "-c",
          "luafile tests/editors/neovim.lua",
        ],
        cwd: ROOT,
        env: {
          XDG_STATE_HOME: folder,
          DREGS_FILE: file,
          DREGS_VIM: new URL("editors/vim", ROOT).pathname,
          DREGS_COMMAND: JSON.stringify(programCommand(["lsp"])),
        },
        stdin: "null",
        stderr: "inherit",
      }).output();
      assert(success);
      assertEquals(
        new TextDecoder().decode(stdout).replaceAll("\r", "").split("\n"),
        [
          "two diagnostics: ok",
          "fix: ok",
          "one is left: ok",
          "fix: ok",
          "none is left: ok",
          "rename: ok",
          'scenario "a" {',
          "  set brps=4 ctx=2",
          "  guest read dbgbcr0 as value",
          "  guest write dbgbcr0 lbn=2 e=1",
          "  run",
          "  expect hw dbgbcr0.lbn == 4",
          "  expect value == 0",
          "}",
          "syntax: dregsInstruction",
          "",
        ],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const hasPackages = exists(new URL("node_modules/", VSCODE));
const why = hasPackages
  ? ""
  : " (skipped: no packages; npm ci --ignore-scripts in editors/vscode)";

/** Runs a script of the extension. */
async function npmRun(script: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npm", {
    args: ["run", script],
    cwd: VSCODE,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  assert(success, text);
  return text;
}

Deno.test({
  name: `VS Code: the grammar gives words their scopes${why}`,
  ignore: !hasPackages,
  async fn() {
    assertStringIncludes(await npmRun("grammar"), "test/scenario.dregs run");
  },
});

Deno.test({
  name: `VS Code: the package is built${why}`,
  ignore: !hasPackages,
  async fn() {
    const text = await npmRun("package");
    for (const part of ["extension.js", "dregs.tmLanguage.json", "DONE"]) {
      assertStringIncludes(text, part);
    }
  },
});
