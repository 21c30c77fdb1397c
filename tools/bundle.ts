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
import { EMBEDDED_NAME, type EmbeddedTexts, pack } from "../cli/embedded.ts";
import { denoIo } from "../cli/io.ts";
import { templateBesideSource } from "../cli/page_template.ts";
import { deno, printed } from "./deno.ts";
import { cover } from "./starts.ts";
import { scenarioTexts } from "./catalogue.ts";
import { recorderBesideSource } from "../cli/recorder_texts.ts";
import { inFiles, inOneFile, MAIN, type ProgramParts } from "./parts/files.ts";
import type { FileStarts } from "./parts.ts";

/** The program in one file, from the root of the working copy. */
export const BUNDLE = "dist/dregs.js";

/** The folder of the program in several files, of which a start reads one. */
export const PROGRAM_FOLDER = "dist/program";

/** That one. */
export const PROGRAM = `${PROGRAM_FOLDER}/dregs.js`;

/** What takes the program apart. */
const PARTS = "tools/parts.ts";

/** What marks functions, by the coverage of runs. */
const EAGER = "tools/eager.ts";

/** The file of long texts. */
const TEXTS = "texts";

/** What people start often, and should not wait for. */
const STARTS: readonly FileStarts[] = [
  {
    file: MAIN,
    starts: [
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
    ],
  },
  { file: "repl", starts: [["repl"]] },
  {
    file: "explore",
    starts: [
      "--kernel linux-4.9 builtin:explore/missed_breakpoint",
      "--kernel reload-2016 --format json builtin:explore/missed_breakpoint",
      "builtin:explore/guest_debug_arm64",
    ].map((args) => ["explore", ...args.split(" ")]),
  },
];

/** Modules of which a start uses one: the architectures, the default first. */
const LAZY = ["engine/arm64/architecture.ts", "engine/x86/architecture.ts"];

/** What starts the program, without the library's face. */
const ENTRY = "cli/program.ts";

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
function getters(texts: object, more: readonly string[] = []): string {
  const members = Object.entries(texts).map(([name, text]) =>
    `get ${name}(){return ${JSON.stringify(text)}}`
  );
  return `{${[...members, ...more].join(",")}}`;
}

/** The program taken apart, and the statements that come first in it. */
interface Taken {
  readonly line: string;
  readonly parts: ProgramParts;
}

/** Where a file of a program is: the main one, or one beside it. */
function pathOf(main: string, file: string): string {
  return file === MAIN ? main : main.replace(/\.js$/, `-${file}.js`);
}

/** Takes a program apart. */
async function takenApart(
  entry: string,
  starts: readonly FileStarts[],
  lazy: readonly string[],
  flags: readonly string[],
): Promise<Taken> {
  const own = {
    commit: await commit(),
    lookahead: await printed(["run", "-q", ...flags, LOOKAHEAD]),
  };
  const texts: EmbeddedTexts = {
    catalogue: await pack(await scenarioTexts()),
    citations: await pack(citationsBesideSource(denoIo())),
    recorder: await pack(recorderBesideSource(denoIo())),
    page: await pack(templateBesideSource(denoIo())),
  };
  const carried = (...methods: readonly string[]) =>
    `globalThis.${EMBEDDED_NAME}=${getters(own, methods)};\n`;
  const made = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      made,
      carried(`async texts(){return ${getters(texts)}}`, "async whole(){}"),
    );
    await deno([
      "run",
      "-qA",
      ...flags,
      PARTS,
      made,
      entry,
      JSON.stringify(starts),
      JSON.stringify(lazy),
      ...flags,
    ]);
    const parts: ProgramParts = JSON.parse(await Deno.readTextFile(made));
    return {
      line: carried(`texts:()=>$part("${TEXTS}")`, "whole:()=>$whole()"),
      parts: {
        ...parts,
        additions: {
          ...parts.additions,
          [TEXTS]: { [TEXTS]: `$add("${TEXTS}",[],()=>(${getters(texts)}));` },
        },
      },
    };
  } finally {
    await Deno.remove(made);
  }
}

/**
 * Runs a program as often as there are lists of arguments, and marks the functions of a file of it that the runs called.
 *
 * @param file the file's word
 */
async function mark(
  main: string,
  file: string,
  starts: readonly FileStarts[],
  flags: readonly string[],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const args of starts.flatMap(({ starts }) => starts)) {
      await cover(main, args, folder);
    }
    const path = pathOf(main, file);
    await deno(["run", "-qA", ...flags, EAGER, path, folder, file]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts whose functions the main file keeps the code of: not of long runs, which call many more. */
function shortStarts(starts: readonly FileStarts[]): FileStarts[] {
  return starts.filter(({ file }) => file !== "explore");
}

/** Writes a program that was taken apart as several files. */
async function writeFiles(
  main: string,
  { line, parts }: Taken,
  starts: readonly FileStarts[],
  flags: readonly string[],
): Promise<void> {
  const nameOf = (file: string) => pathOf(main, file).replace(/.*\//, "");
  const files = inFiles(line, parts, nameOf);
  for (const [file, text] of Object.entries(files)) {
    await Deno.writeTextFile(pathOf(main, file), text);
  }
  for (const { file } of starts) {
    const its = file === MAIN
      ? shortStarts(starts)
      : starts.filter((one) => one.file === file);
    await mark(main, file, its, flags);
  }
}

/**
 * Writes a program as several files.
 *
 * @param main the file that a start reads
 * @param entry its main module
 * @param starts arguments that it is often started with
 * @param lazy modules that the main module reaches, of which a start uses one, most often the first
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundleProgram(
  main: string,
  entry: string,
  starts: readonly (readonly string[])[],
  lazy: readonly string[],
  flags: readonly string[],
): Promise<void> {
  const groups = [{ file: MAIN, starts }];
  const taken = await takenApart(entry, groups, lazy, flags);
  await writeFiles(main, taken, groups, flags);
}

/**
 * Writes the program in several files, and in one, which is self-contained.
 *
 * @param flags where dependencies are, as offline/flags.ts has it
 */
export async function bundle(flags: readonly string[]): Promise<void> {
  const taken = await takenApart(ENTRY, STARTS, LAZY, flags);
  await Deno.remove(PROGRAM_FOLDER, { recursive: true }).catch(() => {});
  await Deno.mkdir(PROGRAM_FOLDER, { recursive: true });
  await writeFiles(PROGRAM, taken, STARTS, flags);
  await Deno.writeTextFile(BUNDLE, inOneFile(taken.line, taken.parts));
  await mark(BUNDLE, MAIN, shortStarts(STARTS), flags);
}

if (import.meta.main) await bundle(Deno.args);
