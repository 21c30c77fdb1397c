/**
 * What a search finds, as text: the verdict with its schedule and why, what was tried, and how many states it took.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Document } from "../../cli/explore/verdict.ts";
import type { ArchName } from "../../engine/mod.ts";
import { MemoryIo } from "../../cli/memory_io.ts";
import { run } from "../explore_command.ts";
import { randomBlocks } from "../random_blocks.ts";

/** States that a search of a random block may have. */
const STATES = 2000;

/** Random blocks of an architecture, of one seed always the same. */
export function randomSearches(arch: ArchName, count: number): string[] {
  return fc.sample(randomBlocks(arch), { numRuns: count, seed: 1 }).map((
    text,
  ) => text.replace(/bound states=\d+/, `bound states=${STATES}`));
}

/**
 * Searches a text.
 *
 * @param args options of `dregs explore`
 */
export async function searchText(
  text: string,
  args: readonly string[],
): Promise<string> {
  const io = new MemoryIo({ files: { "block.dregs": text } });
  const options = ["--format", "json", "--workers", "1", ...args];
  const json = await run(io, ...options, "block.dregs");
  if (json === "") throw new Error(`${text}\n${io.stderr}`);
  const { verdicts } = JSON.parse(json) as Document;
  return JSON.stringify(
    // What a search cost differs each time, and its text is no behaviour.
    verdicts.map((verdict) => ({
      ...verdict,
      digest: undefined,
      seconds: 0,
      bytes: 0,
    })),
    null,
    1,
  );
}
