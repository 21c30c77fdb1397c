/**
 * `never PROPERTY, …`
 *
 * @module
 */
import { propertyNames } from "../resolve/vocabulary.ts";
import { listed } from "../resolve/words.ts";
import type { Name, Node } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `never missed, stray, …`: properties. */
export interface NeverLine extends Node<"never"> {
  /** Their names. */
  readonly properties: readonly Name[];
}

/** What must never happen. */
export interface NeverAction {
  readonly kind: "never";
  readonly properties: readonly string[];
}

/** The form. */
export const neverForm: Form<NeverLine, NeverAction> = {
  isExplored: true,
  begins: ["never"],
  grammar: {
    never: (g) => {
      g.CONSUME(kw("never"));
      g.SUBRULE(g.names);
    },
  },
  build: (parts, node, span) => ({
    kind: "never",
    properties: parts.names(node),
    span,
  }),
  resolve: {
    never: (c, { properties }) => {
      const names = propertyNames();
      return {
        kind: "never",
        properties: properties.flatMap((name) =>
          c.attempt(() => listed(name, "a property", names)) ?? []
        ),
      };
    },
  },
  perform: { never: onlyExplored },
  write: { never: ({ properties }) => `never ${properties.join(", ")}` },
  named: { never: { what: "a property" } },
  complete: { "never names": () => propertyNames() },
};
