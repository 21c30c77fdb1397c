/**
 * From the concrete tree of `require …` to what is needed.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { Span } from "../../source.ts";
import type { RequirementNode } from "../nodes.ts";
import { optional } from "./cst.ts";
import { buildExpression, buildSeen } from "./expectation.ts";
import type { Parts } from "./parts.ts";

/** Builds what is needed from the rule `require`. */
export function buildRequirement(
  parts: Parts,
  node: CstNode,
  span: Span,
): RequirementNode {
  const kernel = optional(node, "requireKernel");
  if (kernel) return { kind: "kernel", on: parts.kernels(kernel) };
  const capability = optional(node, "requireCapability");
  if (capability) {
    return { kind: "capability", capability: parts.nameIn(capability) };
  }
  return optional(node, "expectSeen")
    ? buildSeen(parts, node, span)
    : buildExpression(parts, node, span);
}
