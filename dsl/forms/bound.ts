/**
 * `bound [states=N] [depth=N]`: where a search stops
 *
 * @module
 */
import { optionWords } from "../completion/line.ts";
import { optionsIn, spaced } from "../print/parts.ts";
import { Options } from "../resolve/options.ts";
import { statementOptions } from "../statements.ts";
import type { Argument, Node } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `bound states=N depth=N`: where the search stops. */
export interface BoundLine extends Node<"bound"> {
  /** Its options. */
  readonly args: readonly Argument[];
}

/** Where the search stops. */
export interface BoundAction {
  readonly kind: "bound";
  readonly states: number | undefined;
  readonly depth: number | undefined;
}

/** The form. */
export const boundForm: Form<BoundLine, BoundAction> = {
  isExplored: true,
  begins: ["bound"],
  grammar: {
    bound: (g) => {
      g.CONSUME(kw("bound"));
      g.SUBRULE(g.settings);
    },
  },
  build: (parts, node, span) => ({
    kind: "bound",
    args: parts.args(node, "settings"),
    span,
  }),
  resolve: {
    bound: (c, { args }) => {
      const options = new Options(c, args, statementOptions("bound"), "bound");
      return {
        kind: "bound",
        states: options.number("states"),
        depth: options.number("depth"),
      };
    },
  },
  perform: { bound: onlyExplored },
  write: {
    bound: ({ states, depth }) =>
      spaced("bound", optionsIn("bound", { states, depth })),
  },
  completeOptions: {
    bound: ({ context: { arch } }) =>
      optionWords(statementOptions("bound"), arch.name),
  },
};
