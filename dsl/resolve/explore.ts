/**
 * Resolves the headers of programs and their repetitions, in an `explore` block.
 *
 * @module
 */
import { VCPUS_MAX } from "../../engine/mod.ts";
import type { OpenerOf } from "../syntax/lines.ts";
import type { Context } from "./context.ts";

/** Most turns of a `repeat`. */
const REPEAT_MAX = 10_000n;

/** `repeat N { … }`: how often. */
export function resolveRepeat(
  c: Context,
  { count }: OpenerOf<"repeat">,
): number {
  return c.small(count, { what: "`repeat`", min: 1n, max: REPEAT_MAX });
}

/** `vcpu N { … }`, `user N { … }`, `host N { … }`: whose program it is. */
export function resolveProgram(
  c: Context,
  { of, index }: OpenerOf<"program">,
): number {
  if (of === "host") return c.cpu(index);
  return c.small(index, {
    what: "a vCPU's number",
    max: BigInt(VCPUS_MAX - 1),
  });
}
