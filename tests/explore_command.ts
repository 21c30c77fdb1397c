/**
 * `dregs explore` for tests: run in memory, its verdicts as objects.
 *
 * @module
 */
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** The catalogue's blocks. */
export const FOLDER = "scenarios/explore";

/** Searches files of the working copy. */
export async function explored(
  ...args: readonly string[]
): Promise<{ readonly status: number } & Document> {
  const io = new MemoryIo({ under: denoIo() });
  const status = await main(["explore", "--format", "json", ...args], io);
  return { status, ...JSON.parse(io.stdout) as Document };
}

/** Searches, and gives what was printed. */
export async function run(io: MemoryIo, ...args: string[]): Promise<string> {
  const before = io.stdout.length;
  await main(["explore", ...args], io);
  return io.stdout.slice(before);
}

/** The verdict on a text with one block, under its own kernel. */
export async function verdictOn(
  text: string,
  ...args: readonly string[]
): Promise<Verdict> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const json = await run(io, "--format", "json", ...args, "a.dregs");
  return (JSON.parse(json) as Document).verdicts[0];
}
