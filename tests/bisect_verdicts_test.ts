/**
 * What `dregs bisect` does not try, because a kernel differs only in what a run did not depend on, comes to the same if
 * it is tried.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { scenarioQuestions } from "../cli/bisect/question.ts";
import { kernelWith } from "../cli/bisect/row_sets.ts";
import { infoOf } from "../cli/bisect/survey.ts";
import { Verdicts } from "../cli/bisect/verdicts.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { sourceFiles } from "./source_files.ts";

/** Scenarios of both architectures that run much of a kernel. */
const PATHS = [
  "scenarios/x86/history/fast_path_stops.dregs",
  "scenarios/x86/history/svm_isolated_dr6.dregs",
  "scenarios/x86/history/emulator_effective_gd.dregs",
  "scenarios/x86/missed_breakpoint/by_luck.dregs",
  "scenarios/arm64/guest_debug/exits.dregs",
  "scenarios/arm64/guest_debug/capabilities.dregs",
];

const FILES = await sourceFiles((path) => PATHS.includes(path));

/** Those that hold under some kernels and fail under others. */
const differing = new Set<string>();

for (const [path, text] of FILES) {
  Deno.test(`${path}: what is not tried comes to the same`, async () => {
    const loaded = load({ name: path, text }, {
      reader: pathReader(() => undefined),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok);
    for (
      const question of scenarioQuestions(
        loaded.file,
        undefined,
        LIMIT_DEFAULT,
      )
    ) {
      const { arch, own: { kernel: heldTo, vendor } } = question;
      const verdicts = new Verdicts(question, vendor, () => {});
      const names = arch.changes().map(({ name }) => name);
      const own = await verdicts.of(infoOf(arch, heldTo), heldTo);
      const outcomes = new Set<string>([own.outcome]);
      let asked = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...arch.distinctKernels()),
          fc.subarray(names, { maxLength: 4 }),
          async (release, changed) => {
            const rows = new Set(infoOf(arch, release).rows);
            const target = rows.symmetricDifference(new Set(changed));
            const found = kernelWith(arch, release, target);
            if (!found.ok) return;
            asked++;
            const kernel = found.info;
            const { outcome, why } = await verdicts.of(kernel, heldTo);
            outcomes.add(outcome);
            const fresh = await question.ask({
              kernel: kernel.name,
              vendor,
              heldTo,
            });
            assertEquals({ outcome, why }, {
              outcome: fresh.outcome,
              why: fresh.why,
            }, kernel.name);
          },
        ),
        { numRuns: 300 },
      );
      if (outcomes.has("holds") && outcomes.has("fails")) differing.add(path);
      assert(verdicts.tried < asked, `${verdicts.tried} of ${asked} tried`);
    }
  });
}

Deno.test("verdicts: every file is there, and most hold under some kernels only", () => {
  assertEquals([...FILES.keys()].toSorted(), PATHS.toSorted());
  assert(differing.size >= 4, [...differing].join(", "));
});
