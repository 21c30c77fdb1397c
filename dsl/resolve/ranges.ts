/**
 * Ranges of values.
 *
 * @module
 */
import { fail } from "../problem.ts";
import type { Expr } from "../syntax/nodes.ts";

/** A range that ends before it begins is a mistake. */
export function refuseBackwards(
  { from, to }: { readonly from: bigint; readonly to: bigint },
  { first, last }: { readonly first: Expr; readonly last: Expr },
): void {
  if (from <= to) return;
  fail({
    code: "out-of-range",
    span: { ...first.span, end: last.span.end },
    message: `the range ${from}..${to} runs backwards`,
  });
}
