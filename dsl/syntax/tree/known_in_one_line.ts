/**
 * A known failure that is written in one line, as it was before it had a block.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import { fail } from "../../problem.ts";
import type { Parts } from "./parts.ts";

/** `known "NAME" KIND, … by "RULE", … on KERNEL, …`, as it was before `known` had a block. */
const KNOWN_IN_ONE_LINE =
  /^known(?:[ \t]+("[^"\n]*"))?[ \t]+(?:kind[ \t]+)?(\w[\w-]*(?:[ \t]*,[ \t]*\w[\w-]*)*)(?:[ \t]+(?:by|rule)[ \t]+("[^"\n]*"(?:[ \t]*,[ \t]*"[^"\n]*")*))?(?:[ \t]+on[ \t]+([^;{}\n#]*))?[ \t]*(?=$|[;}\n#])/;

/** Rejects a known failure without a block, and writes what its block would have. */
export function failKnownInOneLine(parts: Parts, token: IToken): void {
  const { text } = parts.source;
  const from = text.lastIndexOf("known", token.startOffset);
  if (from < 0) return;
  const found = KNOWN_IN_ONE_LINE.exec(text.slice(from));
  if (!found || token.startOffset >= from + found[0].length) return;
  const [, name = '"NAME"', kinds, rules, kernels] = found;
  const lines = [
    `kind ${kinds}`,
    ...rules === undefined ? [] : [`rule ${rules}`],
    ...kernels === undefined ? [] : [`on ${kernels.trim()}`],
  ];
  fail({
    code: "unexpected",
    span: parts.spanOf(token),
    message: `unexpected \`${token.image}\``,
    expected: found[1] === undefined ? ['a "text"'] : ["{"],
    hint: `write \`known ${name} { ${lines.join("; ")} }\``,
  });
}
