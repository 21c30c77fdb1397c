/**
 * Random blocks on the newest kernels: whatever breaks is in docs/found.md, by its name.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { foundNames } from "../dsl/explore/found_failures.ts";
import type { ArchName } from "../engine/architecture.ts";
import { verdictOn } from "./explore_command.ts";
import { randomBlocks } from "./random_blocks.ts";

/** More blocks: `DREGS_BLOCKS=100 deno task test tests/explore_random_test.ts`; `DREGS_SEED` draws others. */
const numRuns = Number(Deno.env.get("DREGS_BLOCKS") ?? 25);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2026);

/** Breaks in some of the blocks, where nothing is left out or what is allowed is asked for. */
const BROKEN: Readonly<
  Record<ArchName, (text: string) => readonly [text: string]>
> = {
  x86: (text) => [text],
  arm64: (
    text,
  ) => [
    text.replace("noticed", "noticed, debugged, external-debug, step-flag"),
  ],
};

for (const arch of ["x86", "arm64"] satisfies ArchName[]) {
  Deno.test(`random blocks: nothing but what docs/found.md has, in ${numRuns} of ${arch} (seed ${seed})`, async () => {
    const blocks = fc.sample(randomBlocks(arch), { numRuns, seed });
    let broken = 0;
    for (const text of blocks) {
      const { outcome, noticed, schedule, explanation } = await verdictOn(
        text,
        "--workers",
        "1",
        "--except",
        foundNames().join(","),
      );
      const told = JSON.stringify({ noticed, schedule, explanation }, null, 2);
      assert(outcome !== "broken", `${text}\n${told}`);
      const [all] = BROKEN[arch](text);
      const found = await verdictOn(all, "--workers", "1");
      if (found.outcome === "broken") broken++;
    }
    assert(broken > 0, "nothing breaks in any of them");
    assertEquals(blocks.length, numRuns);
  });
}
