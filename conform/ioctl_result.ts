/**
 * What an ioctl of a recording returned.
 *
 * @module
 */
import type { Comparison } from "./difference.ts";
import type { StepReader } from "./step_reader.ts";

/** Compares what an ioctl returned: 0, or a negated errno. */
export function compareResult(
  comparison: Comparison,
  reader: StepReader,
  result: number,
): void {
  comparison.text("ret", `${reader.number("ret")}`, `${result}`);
}
