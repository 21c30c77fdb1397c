/**
 * Resolves what a scenario needs.
 *
 * @module
 */
import type { ActionOf, Required } from "../actions.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { RequirementNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { resolveExpression, resolveView } from "./expect.ts";
import { resolveKernels } from "./kernel_terms.ts";
import { capabilityNamed } from "./user.ts";

/** `require …` */
export function resolveRequire(
  c: Context,
  { requirement }: LineOf<"require">,
): ActionOf<"require"> {
  return { kind: "require", required: resolveRequired(c, requirement) };
}

function resolveRequired(c: Context, node: RequirementNode): Required {
  switch (node.kind) {
    case "kernel":
      return { kind: "kernel", on: resolveKernels(c, node.on) };
    case "capability":
      return {
        kind: "capability",
        capability: capabilityNamed(c, node.capability),
      };
    case "view":
      return resolveView(c, node);
    case "expression":
      return resolveExpression(c, node, "require");
    default:
      return node satisfies never;
  }
}
