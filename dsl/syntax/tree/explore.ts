/**
 * From the concrete tree of a line to its statement: those that only an `explore` block has.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { Span } from "../../source.ts";
import { firstKey, nodes, sub, tokens } from "./cst.ts";
import { buildExpect } from "./expectation.ts";
import type { Parts } from "./parts.ts";
import {
  buildHostAction,
  buildInstruction,
  buildUser,
  type Unfinished,
} from "./statements.ts";

/** Builds a line from the rule `exploreLine`. */
export function buildExploreLine(
  parts: Parts,
  node: CstNode,
  span: Span,
): Unfinished {
  const rule = firstKey(node);
  switch (rule) {
    case "Keyword_either":
      return { kind: "either", isFirst: true, span };
    case "Keyword_or":
      return { kind: "either", isFirst: false, span };
    case "Keyword_init":
    case "userGet":
    case "userDebug": {
      const operation = buildUser(parts, node, span);
      return { kind: "user-line", operation, span };
    }
    case "Keyword_off":
    case "break":
    case "watch": {
      const action = buildHostAction(parts, node, span);
      return { kind: "host-line", action, span };
    }
    default:
      return buildRule(parts, rule, sub(node, rule), span);
  }
}

function buildRule(
  parts: Parts,
  rule: string,
  node: CstNode,
  span: Span,
): Unfinished {
  switch (rule) {
    case "instruction": {
      const instruction = buildInstruction(parts, node, span);
      return { kind: rule, instruction, span };
    }
    case "vcpuProgram": {
      const index = parts.number(tokens(node, "NumberToken")[0]);
      return { kind: "program", of: "vcpu", index, span };
    }
    case "repeat": {
      const count = parts.expression(sub(node, "expression"));
      return { kind: rule, count, span };
    }
    case "choose":
      return {
        kind: rule,
        name: parts.defined(parts.nameIn(node)),
        values: nodes(node, "expression").map((one) => parts.expression(one)),
        isRange: tokens(node, "DotDot").length > 0,
        span,
      };
    case "preempt":
    case "migrate":
    case "fail":
      return { kind: rule, mode: parts.nameIn(node), span };
    case "never":
      return { kind: rule, properties: parts.names(node), span };
    case "always":
    case "finally": {
      const expected = buildExpect(parts, sub(node, "expect"), span);
      return { kind: "property", when: rule, ...expected, span };
    }
    case "bound":
      return { kind: rule, args: parts.args(node, "settings"), span };
    default:
      throw new RangeError(`No builder for the rule ${rule}`);
  }
}
