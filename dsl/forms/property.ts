/**
 * `always expect …` and `finally expect …`: what a search expects
 *
 * @module
 */
import type { Expected, KernelTerm } from "../action_parts.ts";
import { onText, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { resolveKernels } from "../resolve/kernel_terms.ts";
import type { ExpectationNode, KernelTermNode, Node } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import { sub } from "../syntax/tree/cst.ts";
import { resolveView } from "./expect/resolve.ts";
import { expectedText } from "./expect/text.ts";
import { buildExpect } from "./expect/tree.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `always expect …` and `finally expect …`. */
export interface PropertyLine extends Node<"property"> {
  /** After each step, or at the end of all programs. */
  readonly when: "always" | "finally";
  /** What is expected. */
  readonly expectation: ExpectationNode;
  /** Only these kernels; every one if empty. */
  readonly on: readonly KernelTermNode[];
}

/** A view is expected to hold. */
export interface PropertyAction {
  readonly kind: "property";
  readonly when: "always" | "finally";
  readonly expected: Extract<Expected, { readonly kind: "view" }>;
  readonly on: readonly KernelTerm[];
}

function resolveProperty(
  c: Context,
  { when, expectation, on, span }: PropertyLine,
): PropertyAction | undefined {
  if (expectation.kind !== "view") {
    fail({
      code: "misplaced",
      span,
      message: "`always` and `finally` must test a view",
      expected: ["VIEW R[.field] OP VALUE"],
    });
  }
  const expected = c.attempt(() => resolveView(c, expectation));
  const kernels = resolveKernels(c, on);
  return expected && { kind: "property", when, expected, on: kernels };
}

/** The form. */
export const propertyForm: Form<PropertyLine, PropertyAction> = {
  isExplored: true,
  begins: ["always", "finally"],
  grammar: {
    always: (g) => {
      g.CONSUME(kw("always"));
      g.SUBRULE(g.rules.expect);
    },
    finally: (g) => {
      g.CONSUME(kw("finally"));
      g.SUBRULE(g.rules.expect);
    },
  },
  build: (parts, node, span) => ({
    kind: "property",
    when: node.name as PropertyLine["when"],
    ...buildExpect(parts, sub(node, "expect"), span),
    span,
  }),
  resolve: { property: resolveProperty },
  perform: { property: onlyExplored },
  write: {
    property: ({ when, expected, on }, arch) =>
      spaced(when, "expect", expectedText(arch, expected), onText(on)),
  },
};
