/**
 * Texts in quotes with `{EXPR}` inside: the names of scenarios.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import { OPERATORS_MAX, PAREN_DEPTH_MAX } from "../../limits.ts";
import { fail } from "../../problem.ts";
import { span } from "../../source.ts";
import type { Expr, StringLiteral, Template } from "../nodes.ts";
import { scan } from "../scan.ts";
import { LeftParen, Operator } from "../tokens.ts";
import type { Parts } from "./parts.ts";

/** Builds a text with expressions inside. */
export function template(parts: Parts, token: IToken): Template {
  const found: (StringLiteral | Expr)[] = [];
  const from = token.startOffset + 1;
  const inner = token.image.slice(1, -1);
  const piece = /((?:[^{}\\]|\\.)+)|\{([^{}]*)\}|[{}]/gsu;
  for (const match of inner.matchAll(piece)) {
    const [whole, text, expr] = match;
    const start = from + match.index;
    if (text !== undefined) {
      found.push({
        value: parts.unescaped(text, start),
        span: span(parts.source, start, start + text.length),
      });
    } else if (expr !== undefined) {
      found.push(interpolated(parts, start + 1, start + 1 + expr.length));
    } else {
      fail({
        code: "bad-escape",
        span: span(parts.source, start, start + whole.length),
        message: `\`${whole}\` has no match in the string`,
        hint: `write \`\\${whole}\` for the character itself`,
      });
    }
  }
  return { parts: found, span: parts.spanOf(token) };
}

/** The expression between two offsets. */
function interpolated(parts: Parts, start: number, end: number): Expr {
  const { name, text } = parts.source;
  const inside: IToken[] = [];
  let nested = 0;
  let operators = 0;
  for (const piece of scan({ name, text: text.slice(start, end) })) {
    for (const token of piece) {
      token.startOffset += start;
      inside.push(token);
      const { tokenType } = token;
      if (tokenType === LeftParen) nested++;
      if (tokenType.CATEGORIES?.includes(Operator)) operators++;
    }
  }
  if (nested > PAREN_DEPTH_MAX || operators > OPERATORS_MAX) {
    fail({
      code: "too-deep",
      span: span(parts.source, start, end),
      message: "the expression in the string is too long",
      hint: "use `let` to name a part of it",
    });
  }
  return parts.expression(parts.expressionOf(inside, end));
}
