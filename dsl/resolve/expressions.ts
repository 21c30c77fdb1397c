/**
 * Values of expressions: 64-bit unsigned, C's precedence (already in the tree), no wrapping.
 *
 * @module
 */
import type {
  BinaryExpr,
  Comparison,
  Expr,
  NameExpr,
} from "../syntax/nodes.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { VALUE_MAX } from "../limits.ts";
import { hex } from "../notation.ts";

/** What a name stands for; `undefined` if that is not known. */
export type Lookup = (name: NameExpr) => bigint | undefined;

/** What an expression gives. `unknown`: a name in it has no known value. */
export type Evaluation =
  | { readonly kind: "value"; readonly value: bigint }
  | { readonly kind: "unknown"; readonly name: NameExpr }
  | { readonly kind: "error"; readonly diagnostic: Diagnostic };

function apply(
  operator: BinaryExpr["operator"],
  left: bigint,
  right: bigint,
): bigint {
  switch (operator) {
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "&":
      return left & right;
    case "<<":
      // A wider shift only makes a larger number that is out of range as well.
      return left << (right < 128n ? right : 128n);
    case ">>":
      return left >> right;
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
  }
}

/**
 * Evaluates an expression.
 *
 * The right side of an operator is also looked at when the left has no known value, so that `x / 0` is an
 * error wherever it stands.
 *
 * ```ts
 * import { evaluate } from "./expressions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const span = { source: { name: "a", text: "" }, start: 0, end: 0 };
 * const two = { kind: "number", value: 2n, span } as const;
 * const sum = { kind: "binary", operator: "+", left: two, right: two, span } as const;
 * assertEquals(evaluate(sum, () => undefined), { kind: "value", value: 4n });
 * ```
 */
export function evaluate(expr: Expr, lookup: Lookup): Evaluation {
  switch (expr.kind) {
    case "number":
      return { kind: "value", value: expr.value };
    case "name": {
      const value = lookup(expr);
      return value === undefined
        ? { kind: "unknown", name: expr }
        : { kind: "value", value };
    }
    case "negative":
      return {
        kind: "error",
        diagnostic: {
          code: "overflow",
          span: expr.span,
          message: "a value cannot be below 0: values are unsigned, 64 bits",
        },
      };
    case "binary": {
      const left = evaluate(expr.left, lookup);
      if (left.kind === "error") return left;
      const right = evaluate(expr.right, lookup);
      if (right.kind === "error") return right;
      const divides = expr.operator === "/" || expr.operator === "%";
      if (divides && right.kind === "value" && right.value === 0n) {
        return {
          kind: "error",
          diagnostic: {
            code: "division-by-zero",
            span: expr.right.span,
            message: "division by zero",
          },
        };
      }
      if (left.kind === "unknown") return left;
      if (right.kind === "unknown") return right;
      const value = apply(expr.operator, left.value, right.value);
      if (value >= 0n && value <= VALUE_MAX) return { kind: "value", value };
      const sum = `${hex(left.value)} ${expr.operator} ${hex(right.value)}`;
      return {
        kind: "error",
        diagnostic: {
          code: "overflow",
          span: expr.span,
          message: value < 0n
            ? `${sum} is below 0`
            : `${sum} does not fit 64 bits`,
        },
      };
    }
  }
}

/** Whether `left OP right` holds. */
export function compare(
  left: bigint,
  operator: Comparison,
  right: bigint,
): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** Every name in an expression, from left to right. */
export function* namesIn(expr: Expr): Generator<NameExpr> {
  if (expr.kind === "name") yield expr;
  if (expr.kind === "negative") yield* namesIn(expr.operand);
  if (expr.kind !== "binary") return;
  yield* namesIn(expr.left);
  yield* namesIn(expr.right);
}
