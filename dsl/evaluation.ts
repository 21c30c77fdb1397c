/**
 * Expressions where a statement is carried out: a value, or a problem that stops the statement.
 *
 * @module
 */
import type { Expr } from "./ast.ts";
import { evaluate } from "./expressions.ts";
import type { Lookup } from "./operands.ts";
import { fail, Problem } from "./problem.ts";

/** The value of an expression. @throws {Problem} if it has none */
export function valueOf(expr: Expr, lookup: Lookup): bigint {
  const evaluated = evaluate(expr, ({ text }) => lookup(text));
  switch (evaluated.kind) {
    case "value":
      return evaluated.value;
    case "error":
      throw new Problem(evaluated.diagnostic);
    case "unknown":
      fail(
        "unknown-name",
        evaluated.name.span,
        `${evaluated.name.text} has no value`,
      );
  }
}
