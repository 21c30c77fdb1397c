/**
 * Runs of a report under several kernels.
 *
 * @module
 */
import type { Recorded } from "../report/report.ts";

/** Runs a file under each kernel, in step, as `dregs run` does. */
export function* inStep(
  runs: readonly Generator<Recorded>[],
): Generator<Recorded[]> {
  for (;;) {
    const found = runs.flatMap((run) => {
      const next = run.next();
      return next.done ? [] : [next.value];
    });
    if (found.length === 0) return;
    const asked = found.filter(({ result }) => result.skip?.cause !== "arch");
    yield asked.length > 0 ? asked : found.slice(0, 1);
  }
}
