/**
 * Expressions where a statement is carried out: a value, or a problem that stops the statement.
 *
 * @module
 */
import type { Expr } from "./syntax/nodes.ts";
import type { Note } from "./diagnostics.ts";
import { evaluate } from "./resolve/expressions.ts";
import type { Lookup } from "./operands.ts";
import { fail, Problem } from "./problem.ts";

/** Why a name has no value. */
export interface Missing {
  /** `get OSLAR_EL1 was refused: ENOENT`. */
  readonly why: string;
  /** Where that was, if it was somewhere. */
  readonly notes: readonly Note[];
}

/**
 * The value of an expression.
 *
 * @param explain why a name has none, if that is known
 * @throws {Problem} if it has none
 */
export function valueOf(
  expr: Expr,
  lookup: Lookup,
  explain: (name: string) => Missing | undefined = () => undefined,
): bigint {
  const evaluated = evaluate(expr, ({ text }) => lookup(text));
  switch (evaluated.kind) {
    case "value":
      return evaluated.value;
    case "error":
      throw new Problem(evaluated.diagnostic);
    case "unknown": {
      const { text, span } = evaluated.name;
      const missing = explain(text);
      const reason = missing ? `: ${missing.why}` : "";
      fail("no-value", span, `${text} has no value${reason}`, {
        notes: missing?.notes,
      });
    }
  }
}
