/**
 * Explanations of what breaks in random blocks, on old and new kernels: each has two to four decisions, and what the
 * CPU did stands there only where the kernel has decided less than two things.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { ArchName } from "../engine/architecture.ts";
import { verdictOn } from "./explore_command.ts";
import { randomBlocks } from "./random_blocks.ts";

/** More blocks: `DREGS_BLOCKS=900 deno task test tests/explore_explained_random_test.ts`; `DREGS_SEED` draws others. */
const numRuns = Number(Deno.env.get("DREGS_BLOCKS") ?? 60);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2026);

const KERNELS: Readonly<Record<ArchName, readonly string[]>> = {
  x86: [
    "kiszka-2008",
    "kiszka-2008 svm",
    "linux-4.4",
    "linux-4.4 svm",
    "reload-2016",
    "linux-4.9",
    "linux-4.19 svm",
    "linux-5.4",
    "linux-5.10 svm",
    "linux-6.1 svm",
    "linux-7.2",
    "linux-7.3 svm",
  ],
  arm64: [
    "bennee-v2",
    "bennee-v3",
    "linux-4.4",
    "linux-4.9",
    "linux-4.19",
    "linux-5.4",
    "watanabe-v7",
    "linux-6.1",
    "linux-7.2",
  ],
};

const PROPERTIES = ["noticed", "missed, stray, leak, stale, host-lost, warn"];

/** The blocks of an architecture on any of its kernels. */
function blocks(arch: ArchName): string[] {
  const kernels = fc.constantFrom(...KERNELS[arch]);
  const properties = fc.constantFrom(...PROPERTIES);
  return fc.sample(fc.tuple(randomBlocks(arch), kernels, properties), {
    numRuns,
    seed,
  }).map(([text, kernel, never]) =>
    text.replace(/^kernel .*$/m, `kernel ${kernel}`)
      .replace(/bound states=\d+/, "bound states=3000")
      .replace("never noticed", `never ${never}`)
  );
}

for (const arch of ["x86", "arm64"] satisfies ArchName[]) {
  Deno.test(`explained: what breaks in ${numRuns} random blocks of ${arch} (seed ${seed})`, async () => {
    let broken = 0;
    for (const text of blocks(arch)) {
      const { outcome, explanation } = await verdictOn(text, "--workers", "1");
      if (outcome !== "broken") continue;
      broken++;
      const told = `${text}\n${JSON.stringify(explanation, null, 2)}`;
      assert(explanation.length >= 2 && explanation.length <= 4, told);
      const kernels = explanation.filter((one) => one.function !== null);
      const exits = explanation.filter((one) =>
        one.function === null && one.did.some((did) => did.startsWith("left"))
      );
      assert(kernels.length < 2 || exits.length === 0, told);
      assertEquals(
        explanation.map(({ step }) => step),
        explanation.map(({ step }) => step).toSorted((a, b) => a - b),
        told,
      );
      for (const { did, rules, file } of explanation) {
        assert(did.length > 0 && rules.length > 0 && file !== "", told);
      }
    }
    assert(broken > 3, `${broken} break`);
  });
}
