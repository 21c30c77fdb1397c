/**
 * Comparing once more for a report: what a comparison says by itself has been said already.
 *
 * @module
 */
import type { CpuComparison } from "../../comparison.ts";
import type { Arm64Frame } from "../frame.ts";

/**
 * Runs a report whose comparisons tell no events.
 *
 * @param change what becomes of each comparison on its way
 */
export function quietly(
  f: Arm64Frame,
  report: () => void,
  change: (comparison: CpuComparison) => CpuComparison = (one) => one,
): void {
  const { sink } = f;
  if (sink === null || !sink.compared) return;
  f.sink = {
    push: () => {},
    compared: (comparison) => sink.compared?.(change(comparison)),
  };
  report();
  f.sink = sink;
}
