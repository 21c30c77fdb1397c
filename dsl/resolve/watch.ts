/**
 * Resolves `watch`, of the host or of a debugger in userspace.
 *
 * @module
 */
import { WATCH } from "../statements.ts";
import type { Argument, Expr } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Options } from "./options.ts";

/** Bytes that a watchpoint covers if not said. */
const WATCH_BYTES = 4;

/**
 * `watch ADDR [size=n] [on=…]`: of the host, or of a debugger in userspace.
 *
 * @param sizes bytes that it can cover
 * @param accesses words of `on=`
 */
export function watchOf<T extends string>(
  c: Context,
  { address, args }: {
    readonly address: Expr;
    readonly args: readonly Argument[];
  },
  { sizes, accesses }: {
    readonly sizes: readonly number[];
    readonly accesses: readonly T[];
  },
): {
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly on: T | "store";
} {
  const where = c.attempt(() => c.number(address)) ?? 0n;
  const rows = WATCH.map((row) =>
    row.kind === "word"
      ? { ...row, words: accesses }
      : { ...row, values: sizes, code: "bad-size" as const }
  );
  const options = new Options(c, args, rows, "watch");
  return {
    address: where,
    sizeBytes: options.number("size") ?? WATCH_BYTES,
    on: options.word<T>("on") ?? "store",
  };
}
