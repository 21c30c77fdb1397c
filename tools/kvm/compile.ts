/**
 * Compiles the recorder, and exported programs.
 *
 * @module
 */
import { runProgram } from "./command.ts";

/** Flags that the recorder must compile with, without a warning. */
export const C_FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-static"];

/** The recorder's sources, from the root of the repository. */
export const RECORDER = "recorder";

/** Files that only exported programs have. */
const EXPORTED_ONLY = new Set(["ktap.c"]);

/** The C files of the recorder for an architecture, from the root of the repository. */
export async function recorderSources(
  arch: "arm64" | "x86",
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const folder of [RECORDER, `${RECORDER}/${arch}`]) {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".c") || EXPORTED_ONLY.has(name)) continue;
      files.push(`${folder}/${name}`);
    }
  }
  return files.sort();
}

/**
 * Compiles C files to a program that needs no shared library.
 *
 * @param isQuick it is compiled without optimization, and without symbols: a campaign has hundreds of programs
 */
export async function compileStatic(
  compiler: string,
  sources: readonly string[],
  output: string,
  isQuick = false,
): Promise<Uint8Array> {
  const flags = isQuick ? [...C_FLAGS, "-O0", "-s"] : C_FLAGS;
  await runProgram(compiler, [...flags, "-o", output, ...sources]);
  return await Deno.readFile(output);
}
