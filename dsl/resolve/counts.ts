/**
 * Resolves counts: `brps=4` of `host` and of `set`.
 *
 * @module
 */
import type { Architecture, CountInfo } from "../../engine/mod.ts";
import type { Argument } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Once, plainName } from "./options.ts";
import { failIfOther, failUnknown, listed } from "./words.ts";

type Counts = readonly Pick<CountInfo, "name" | "min" | "max" | "names">[];

/** The number of a value, or of a word for one. */
function countOf(
  c: Context,
  value: Argument["value"],
  { name, min, max, names }: Counts[number],
): number {
  if (value.kind !== "name" || !names) {
    const range = { min: BigInt(min), max: BigInt(max) };
    return c.small(value, { what: `\`${name}\``, ...range });
  }
  const word = listed(value, `a value of \`${name}\``, Object.keys(names));
  return names[word]!;
}

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
      counts[row.name] = countOf(c, arg.value, row);
    });
  }
  return counts;
}
