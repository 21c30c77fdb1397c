/**
 * From the concrete tree of a line to its statement: `why`.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { UnmetSubject } from "../../../engine/mod.ts";
import type { Span } from "../../source.ts";
import type { LineOf } from "../lines.ts";
import type { FieldRef, Happening } from "../nodes.ts";
import { firstKey, optional, sub, tokens } from "./cst.ts";
import type { Parts } from "./parts.ts";

/** Builds one of the forms of `why`. */
export function buildWhy(
  parts: Parts,
  node: CstNode,
  span: Span,
): LineOf<"why"> | LineOf<"why-happened"> | LineOf<"why-not"> {
  const seen = optional(node, "seen");
  if (seen) return { kind: "why", seen: parts.seen(seen), span };
  const not = optional(node, "whyNot");
  if (not) return buildWhyNot(parts, not, span);
  const happened = sub(node, "whyHappened");
  const word = firstKey(happened).replace("Keyword_", "");
  return {
    kind: "why-happened",
    what: word as Happening,
    field: fieldOf(parts, happened),
    span,
  };
}

function fieldOf(parts: Parts, node: CstNode): FieldRef | undefined {
  const field = optional(node, "whyField");
  if (!field) return undefined;
  const [name, part] = tokens(field, "Name").map((token) => parts.name(token));
  return { name, part };
}

function buildWhyNot(
  parts: Parts,
  node: CstNode,
  span: Span,
): LineOf<"why-not"> {
  const view = optional(node, "view");
  const unmet = sub(node, "unmet");
  const key = firstKey(unmet);
  const number = optional(unmet, "expression");
  return {
    kind: "why-not",
    unmet: {
      owner: view && parts.view(view),
      subject: key.replace("Keyword_", "") as UnmetSubject,
      number: number && parts.expression(number),
      args: parts.args(node),
    },
    span,
  };
}
