/**
 * Resolves counts: `brps=4` of `host` and of `set`.
 *
 * @module
 */
import type { Architecture, CountInfo } from "../../engine/mod.ts";
import type { Argument } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Once, plainName } from "./options.ts";
import { failIfOther, failUnknown } from "./words.ts";

type Counts = readonly Pick<CountInfo, "name" | "min" | "max">[];

/** Counts by name, each known, given once, and in its range. */
export function countsOf(
  c: Context,
  args: readonly Argument[],
  list: (arch: Architecture) => Counts,
): Record<string, number> {
  const counts: Record<string, number> = {};
  const given = new Once();
  for (const arg of args) {
    c.attempt(() => {
      const name = plainName(arg);
      given.take(name, name.text.toLowerCase());
      const row = list(c.arch).find((one) => one.name === name.text);
      if (!row) {
        failIfOther(name, "a count", {
          arch: c.arch,
          holds: (other) => list(other).some((one) => one.name === name.text),
        });
        failUnknown(name, {
          code: "unknown-option",
          message: `\`${name.text}=\` is not a count`,
          words: list(c.arch).map((one) => one.name),
        });
      }
      counts[row.name] = c.small(arg.value, {
        what: `\`${row.name}\``,
        min: BigInt(row.min),
        max: BigInt(row.max),
      });
    });
  }
  return counts;
}
