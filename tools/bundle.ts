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
import { scenarioTexts } from "./catalogue.ts";
import { recorderBesideSource } from "../cli/recorder_texts.ts";
import { withoutCharacterTable } from "./character_table.ts";

/** The bundle, from the root of the working copy. */
export const BUNDLE = "dist/dregs.js";

/** What marks functions, by the coverage of runs. */
const EAGER = "tools/eager.ts";

/** What people start often, and should not wait for. */
const STARTS: readonly (readonly string[])[] = [
  ["--version"],
  ["--help"],
  ["run", "-e", "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run"],
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

/** What starts the program, without the library's face. */
const PROGRAM = "cli/program.ts";

/** What prints the lookahead. */
const LOOKAHEAD = "tools/lookahead.ts";

/** Runs deno; ends this program with its exit status unless that is 0. */
export async function deno(
  args: readonly string[],
  execPath: string = Deno.execPath(),
): Promise<void> {
  const { code } = await new Deno.Command(execPath, { args: [...args] })
    .spawn().status;
  if (code !== 0) Deno.exit(code);
}

/** What deno prints; ends this program with its exit status unless that is 0. */
async function printed(args: readonly string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    stderr: "inherit",
  }).output();
  if (code !== 0) {
    console.error(`deno ${args.join(" ")}: exit status ${code}`);
    Deno.exit(code);
  }
  return new TextDecoder().decode(stdout).trimEnd();
}

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

/** Places where an escape would not mean the character: behind a backslash, in what is plainly a raw text. */
const NOT_ESCAPABLE =
  /(?<!\\)(?:\\\\)*\\[^\0-\x7f]|String\.raw\s*`[^`]*[^\0-\x7f]/;

/** The same program in ASCII, which takes half the memory and is read without decoding. */
function ascii(program: string): string {
  const [found] = NOT_ESCAPABLE.exec(program) ?? [];
  if (found !== undefined) {
    throw new Error(`cannot be written in ASCII: ${found}`);
  }
  return program.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The same program without the import by which deno bundle gives CommonJS packages node's modules: those of the language
 * server are only wanted when it is started.
 */
function withoutRequireImport(program: string): string {
  const [statement, name] =
    /import\{createRequire as ([\w$]+)\} from "node:module";/.exec(program) ??
      [];
  if (statement === undefined) return program;
  const use = `${name}(import.meta.url)`;
  if (program.split(use).length !== 2) {
    throw new Error(`${use} is not there once, as deno bundle wrote it`);
  }
  return program.replace(statement, "").replace(
    use,
    () => "(name=>process.getBuiltinModule(name))",
  );
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
    for (const args of starts) {
      await printed([
        "run",
        "-qA",
        "--no-config",
        "--no-lock",
        `--coverage=${folder}`,
        path,
        ...args,
      ]);
    }
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
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundleProgram(
  path: string,
  entry: string,
  starts: readonly (readonly string[])[],
  flags: readonly string[],
): Promise<void> {
  await deno(["bundle", "-q", ...flags, "--minify", "-o", path, entry]);
  const carried: Embedded = {
    commit: await commit(),
    catalogue: await pack(await scenarioTexts()),
    citations: await pack(citationsBesideSource(denoIo())),
    recorder: await pack(recorderBesideSource(denoIo())),
    page: await pack(templateBesideSource(denoIo())),
    lookahead: await printed(["run", "-q", ...flags, LOOKAHEAD]),
  };
  const line = `globalThis.${EMBEDDED_NAME}=${getters(carried)};\n`;
  const program = withoutCharacterTable(
    withoutRequireImport(await Deno.readTextFile(path)),
  );
  await Deno.writeTextFile(path, line + ascii(program));
  await mark(path, starts, flags);
}

/**
 * Writes the bundle.
 *
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundle(flags: readonly string[]): Promise<void> {
  await Deno.mkdir("dist", { recursive: true });
  await bundleProgram(BUNDLE, PROGRAM, STARTS, flags);
}

if (import.meta.main) await bundle(Deno.args);
