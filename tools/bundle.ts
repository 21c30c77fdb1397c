/**
 * Makes the program one JavaScript file, dist/dregs.js: what deno bundle makes
 * of it, and before that, on a line of its own, what the program carries along:
 * the catalogue, where rules are cited, the recorder, the template of reports, the commit, and the lookahead of the grammar. Then the functions
 * that a start calls are marked, as tools/eager.ts has it, after some starts.
 *
 * Arguments: the flags that offline/flags.ts printed.
 *
 * @module
 */

import { citationsBesideSource } from "../cli/citations/load.ts";
import { type Embedded, EMBEDDED_NAME, pack } from "../cli/embedded.ts";
import { denoIo } from "../cli/io.ts";
import { templateBesideSource } from "../cli/page_template.ts";
import { deno, printed } from "./deno.ts";
import { cover } from "./starts.ts";
import { scenarioTexts } from "./catalogue.ts";
import { recorderBesideSource } from "../cli/recorder_texts.ts";

/** The bundle, from the root of the working copy. */
export const BUNDLE = "dist/dregs.js";

/** What makes one file of the program, in parts. */
const PARTS = "tools/parts.ts";

/** What marks functions, by the coverage of runs. */
const EAGER = "tools/eager.ts";

/** What people start often, and should not wait for. */
const STARTS: readonly (readonly string[])[] = [
  ["run", "-e", "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run"],
  ["--version"],
  ["--help"],
  ["run", "-e", "arch x86; guest write dr7 l0=1; run; show guest dr7"],
  [
    "run",
    "-e",
    "for i in 0..1 { guest write dbgbcr[i] e=1 }; run; expect hw dbgbcr1.e == 1",
  ],
  ["run", "builtin:arm64/renumbering/patch-example"],
  ["check", "builtin:arm64/renumbering/patch-example"],
  ["repl"],
];

/** Modules of which a start uses one: the architectures, the default first. */
const LAZY = ["engine/arm64/architecture.ts", "engine/x86/architecture.ts"];

/** What starts the program, without the library's face. */
const PROGRAM = "cli/program.ts";

/** What prints the lookahead. */
const LOOKAHEAD = "tools/lookahead.ts";

/** Runs git; its output without spaces around it, empty if it fails. */
async function git(...args: readonly string[]): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: [...args],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch {
    // No git here, or no permission to run it.
    return "";
  }
}

/** The commit of the working copy, with a `+` if files differ from it; empty where that is not known. */
async function commit(): Promise<string> {
  const hash = await git("rev-parse", "--short=12", "HEAD");
  if (hash === "") return "";
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return changed === "" ? hash : `${hash}+`;
}

/** An object whose long texts are in functions: V8 keeps the code of those that a start does not call out of its cache. */
function getters(carried: Embedded): string {
  const members = Object.entries(carried).map(([name, text]) =>
    `get ${name}(){return ${JSON.stringify(text)}}`
  );
  return `{${members.join(",")}}`;
}

/** Runs a program as often as there are lists of arguments, and marks the functions that the runs called. */
async function mark(
  path: string,
  starts: readonly (readonly string[])[],
  flags: readonly string[],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const args of starts) await cover(path, args, folder);
    await deno(["run", "-qA", ...flags, EAGER, path, folder]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Writes a program as one file.
 *
 * @param path the file
 * @param entry its main module
 * @param starts arguments that it is often started with
 * @param lazy modules that the main module reaches, of which a start uses one, most often the first
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundleProgram(
  path: string,
  entry: string,
  starts: readonly (readonly string[])[],
  lazy: readonly string[],
  flags: readonly string[],
): Promise<void> {
  const carried: Embedded = {
    commit: await commit(),
    catalogue: await pack(await scenarioTexts()),
    citations: await pack(citationsBesideSource(denoIo())),
    recorder: await pack(recorderBesideSource(denoIo())),
    page: await pack(templateBesideSource(denoIo())),
    lookahead: await printed(["run", "-q", ...flags, LOOKAHEAD]),
  };
  const line = `globalThis.${EMBEDDED_NAME}=${getters(carried)};\n`;
  await Deno.writeTextFile(path, line);
  await deno([
    "run",
    "-qA",
    ...flags,
    PARTS,
    path,
    entry,
    JSON.stringify(starts),
    JSON.stringify(lazy),
    ...flags,
  ]);
  await mark(path, starts, flags);
}

/**
 * Writes the bundle.
 *
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundle(flags: readonly string[]): Promise<void> {
  await Deno.mkdir("dist", { recursive: true });
  await bundleProgram(BUNDLE, PROGRAM, STARTS, LAZY, flags);
}

if (import.meta.main) await bundle(Deno.args);
