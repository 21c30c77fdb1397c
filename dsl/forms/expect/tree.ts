/**
 * From the concrete tree of `expect …` to what is expected.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { Span } from "../../source.ts";
import type { ExpectationNode, KernelTermNode } from "../../syntax/nodes.ts";
import { optional, sub, tokens } from "../../syntax/tree/cst.ts";
import type { Parts } from "../../syntax/tree/parts.ts";

type ExpectationOf<K extends ExpectationNode["kind"]> = Extract<
  ExpectationNode,
  { readonly kind: K }
>;

/** `expect … [on KERNEL, …]` */
export function buildExpect(parts: Parts, node: CstNode, span: Span): {
  readonly expectation: ExpectationNode;
  readonly on: readonly KernelTermNode[];
} {
  return {
    expectation: buildExpectation(parts, node, span),
    on: parts.kernels(node),
  };
}

/** The test of a view that a statement has. */
export function buildSeen(
  parts: Parts,
  node: CstNode,
  span: Span,
): ExpectationOf<"view"> {
  const part = sub(node, "expectSeen");
  const seen = parts.seen(sub(part, "seen"));
  return { kind: "view", seen, ...parts.comparisonOrUndef(part), span };
}

/** The test of an expression that a statement has. */
export function buildExpression(
  parts: Parts,
  node: CstNode,
  span: Span,
): ExpectationOf<"expression"> {
  const part = sub(node, "expectExpression");
  const left = parts.expression(sub(part, "expression"));
  return { kind: "expression", left, ...parts.comparisonOrUndef(part), span };
}

function buildExpectation(
  parts: Parts,
  node: CstNode,
  span: Span,
): ExpectationNode {
  // The first child is the word `expect`, the second says which form it is.
  const rule = Object.keys(node.children)[1];
  switch (rule) {
    case "expectSeen":
      return buildSeen(parts, node, span);
    case "expectExpression":
      return buildExpression(parts, node, span);
    case "expectExit": {
      const part = sub(node, rule);
      return {
        kind: "exit",
        reason: parts.nameIn(part),
        args: parts.args(part),
        span,
      };
    }
    case "expectException": {
      const part = sub(node, rule);
      return {
        kind: "exception",
        exception: parts.nameIn(part),
        args: parts.args(part),
        span,
      };
    }
    case "expectExceptions": {
      const part = sub(node, rule);
      if (optional(part, "names")) {
        return { kind: "exceptions", kinds: parts.names(part), span };
      }
      const { operator, value } = parts.comparison(part);
      return { kind: "exception-count", operator, count: value, span };
    }
    case "expectNo": {
      const part = sub(node, rule);
      const has = (word: string): boolean =>
        tokens(part, `Keyword_${word}`).length > 0;
      const kind = has("trap")
        ? "no-trap"
        : has("warning")
        ? "no-warning"
        : has("loss")
        ? "no-loss"
        : "no-exception";
      return { kind, span };
    }
    case "expectError":
      return { kind: "error", errno: parts.nameIn(sub(node, rule)), span };
    case "expectTraps": {
      const { operator, value } = parts.comparison(sub(node, rule));
      return { kind: "traps", operator, count: value, span };
    }
    case "expectCost": {
      const part = sub(node, rule);
      const { operator, value } = parts.comparison(part);
      return {
        kind: "cost",
        vcpu: parts.at(part),
        counter: parts.nameIn(part),
        operator,
        count: value,
        span,
      };
    }
    case "Keyword_ok":
      return { kind: "ok", span };
    case "Keyword_warning":
      return { kind: "warning", span };
    case "Keyword_loss":
      return { kind: "loss", span };
    case "Keyword_trap":
      return { kind: "trap", span };
    default:
      throw new RangeError(`No builder for the expectation ${rule}`);
  }
}
