/**
 * What holds for the program however it is packed: bundle, executable, package
 * for npm. Each is run from an empty folder, over the whole catalogue.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { COMMANDS, main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { ReportJson } from "../report/document.ts";
import { unpack } from "../report/pack.ts";
import { type ChildResult, dependencyFlags } from "./child_deno.ts";
import { inFolder } from "./in_folder.ts";

const ROOT = new URL("../", import.meta.url);

/** The working copy, as a path. */
export const ROOT_PATH: string = decodeURIComponent(ROOT.pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");

/** A way to start the program: a command and its first arguments. */
export type Start = readonly [command: string, ...args: string[]];

/** Runs a command to its end. */
export async function run(
  [command, ...args]: Start,
  { cwd, env = {} }: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<ChildResult> {
  const output = await new Deno.Command(command, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Runs a script of tools/ as its task does. */
export async function runTool(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildResult> {
  const tool: Start = [
    Deno.execPath(),
    "run",
    "-qA",
    "--no-config",
    `tools/${name}`,
    ...dependencyFlags(),
    ...args,
  ];
  const result = await run(tool, { cwd: ROOT_PATH, env });
  assertEquals(result.code, 0, result.stderr);
  return result;
}

/** What the program prints when it runs from its source. */
async function fromSource(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = new MemoryIo({ under: denoIo() });
  const code = await main(args, io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

/** A folder of its own for what `use` does in it. */
export async function inEmptyFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(use, { prefix: "dregs " });
}

/** The catalogue, help, mistakes and files: as from the source, from an empty folder. */
export async function checkPackaged(
  t: Deno.TestContext,
  start: Start,
): Promise<void> {
  /** Runs the program with these arguments in the folder. */
  const called = (
    cwd: string,
    ...args: readonly string[]
  ): Promise<ChildResult> => run([...start, ...args], { cwd });

  await t.step("the whole catalogue, as from the source", async () => {
    await inEmptyFolder(async (folder) => {
      const args = ["run", "builtin:"];
      const result = await called(folder, ...args);
      assertEquals(result.stderr, "");
      assertEquals(result, await fromSource(args));
      assertMatch(result.stdout, /\n\d+ passed, 0 failed, \d+ skipped\n$/);
      assertEquals([...Deno.readDirSync(folder)], [], "it left something");
    });
  });

  await t.step("the demo, and help of every command", async () => {
    await inEmptyFolder(async (folder) => {
      const demo = await called(folder, "demo");
      assertEquals([demo.code, demo.stderr], [0, ""]);
      assert(!demo.stdout.includes("deno task"));
      assertMatch(demo.stdout, /\n {2}dregs run /);
      for (
        const args of [
          ["--help"],
          ...COMMANDS.map(({ name }) => [name, "--help"]),
        ]
      ) {
        assertEquals(await called(folder, ...args), await fromSource(args));
      }
    });
  });

  await t.step("rules, with what cites them in the source", async () => {
    await inEmptyFolder(async (folder) => {
      const args = ["rules", "x86:C9"];
      const result = await called(folder, ...args);
      assertEquals(result, await fromSource(args));
      assertMatch(result.stdout, /\n {2}code {8}engine\/x86\/.*:\d+/);
    });
  });

  await t.step("exit statuses, and what is wrong", async () => {
    await inEmptyFolder(async (folder) => {
      const rows: readonly [code: number, args: readonly string[]][] = [
        [0, ["run", "-e", "expect guest dbgbvr0 == 0"]],
        [1, ["run", "-e", "expect guest dbgbvr0 == 1"]],
        [2, ["run", "-e", "rnu"]],
        [2, ["rnu"]],
        [2, ["help", "rnu"]],
        [2, ["run", "--help", "rnu"]],
        [2, ["run", "nowhere.dregs"]],
      ];
      for (const [code, args] of rows) {
        const result = await called(folder, ...args);
        assertEquals(result.code, code, args.join(" "));
        assertEquals(
          result.stderr,
          (await fromSource(args)).stderr,
          args.join(" "),
        );
      }
    });
  });

  await t.step("files of the user's are read and written", async () => {
    await inEmptyFolder(async (folder) => {
      await Deno.mkdir(`${folder}/a`);
      await Deno.writeTextFile(`${folder}/a/b.dregs`, "set brps=4\nrun\n");
      await Deno.writeTextFile(`${folder}/c.dregs`, 'include "a/b.dregs"\n');
      const args = ["run", "c.dregs", "a", "--format", "tap", "-o", "out.tap"];
      const { code, stdout, stderr } = await called(folder, ...args);
      assertEquals([code, stdout, stderr], [0, "", ""]);
      assertEquals(
        await Deno.readTextFile(`${folder}/out.tap`),
        "TAP version 14\nok 1 - c\nok 2 - b\n1..2\n",
      );
    });
  });

  await t.step("a report, which is one file", async () => {
    await inEmptyFolder(async (folder) => {
      const text = "set brps=4 ctx=2; run";
      const args = ["report", "-e", text, "-o", "report.html"];
      const { code, stdout, stderr } = await called(folder, ...args);
      assertEquals([code, stdout, stderr], [0, "", ""]);
      const page = await Deno.readTextFile(`${folder}/report.html`);
      const [, packed] = /id="report-data">([^<]+)</.exec(page)!;
      const { sources }: ReportJson = await unpack(packed);
      assertEquals(sources, [{ name: "<script>", text }]);
    });
  });

  await t.step("--version: the version and the commit", async () => {
    await inEmptyFolder(async (folder) => {
      const { code, stdout } = await called(folder, "--version");
      assertEquals(code, 0);
      assertMatch(stdout, /^dregs \d+\.\d+\.\d+( \([0-9a-f]{12}\+?\))?\n$/);
    });
  });
}
