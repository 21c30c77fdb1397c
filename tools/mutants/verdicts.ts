/**
 * What became of each mutant, and the file that a run goes on from.
 *
 * @module
 */
import type { Copy } from "./copy.ts";
import { type TestFile, testsOf } from "./coverage.ts";
import { applied, type Mutant, nameOf } from "./operators.ts";

/** What became of a mutant. */
export type Fate =
  /** A test failed. */
  | "caught"
  /** A test did not end. */
  | "hung"
  /** Only the type checker refuses it. */
  | "types"
  /** All tests that run the line pass. */
  | "survived"
  /** No test runs the line. */
  | "never run"
  /** It is in the list of those that change nothing. */
  | "equivalent";

/** A mutant with what became of it: a line of the file of results. */
export interface Verdict {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly fate: Fate;
  /** The file of tests that noticed. */
  readonly by?: string;
  readonly ms: number;
}

/** A test may take this many times as long as it does without a change, and so many milliseconds more. */
const PATIENCE = { factor: 5, ms: 10_000 };

/** Runs the tests that can notice a mutant, until one does. */
export async function judge(
  copy: Copy,
  mutant: Mutant,
  tests: readonly TestFile[],
  caught: Map<string, number>,
): Promise<Verdict> {
  const { path, before, after } = mutant;
  const begun = performance.now();
  const verdict = (fate: Fate, by?: string): Verdict => ({
    name: nameOf(mutant),
    before,
    after,
    fate,
    by,
    ms: Math.round(performance.now() - begun),
  });
  const original = await copy.read(path);
  await copy.write(path, applied(original, mutant));
  try {
    const asked = testsOf(tests, mutant, caught);
    for (const test of asked) {
      const limit = test.ms * PATIENCE.factor + PATIENCE.ms;
      const { passed, timedOut } = await copy.test(test.path, limit);
      if (passed) continue;
      caught.set(test.path, (caught.get(test.path) ?? 0) + 1);
      return verdict(timedOut ? "hung" : "caught", test.path);
    }
    if (!await copy.typesHold(path)) return verdict("types");
    return verdict(asked.length === 0 ? "never run" : "survived");
  } finally {
    await copy.write(path, original);
  }
}
