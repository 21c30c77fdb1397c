/**
 * The end of a task of deno.json.
 *
 * @module
 */
import { UsageError } from "../cli/command.ts";
import { denoIo } from "../cli/io.ts";

/** Runs a task: its status is what `main` gives, or 2 after a mistake in its options. */
export async function runTask(
  name: string,
  main: () => Promise<number>,
): Promise<void> {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    denoIo().err(`deno task ${name}: ${error.message}; --help explains it\n`);
    Deno.exitCode = 2;
  }
}

/** Refuses what is not an option of a task: for `unknown` of `parseArgs()`. */
export function refuseOption(arg: string): boolean {
  if (!arg.startsWith("-")) return true;
  throw new UsageError(`\`${arg}\` is not an option`);
}
