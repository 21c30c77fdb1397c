/**
 * `include "file"`. Reading the file is for who reads texts (`load.ts`), and its lines are carried out as lines.
 *
 * @module
 */
import type { Node, StringLiteral } from "../syntax/nodes.ts";
import { keywordType as kw, StringToken } from "../syntax/tokens.ts";
import { tokens } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";

/** `include "file"`, before the file is read. */
export interface UnreadInclude extends Node<"include"> {
  /** As written, relative to this text. */
  readonly path: StringLiteral;
}

/** The form. */
export const includeForm: Form<never, never, UnreadInclude> = {
  begins: ["include"],
  grammar: {
    include: (g) => {
      g.CONSUME(kw("include"));
      g.CONSUME(StringToken);
    },
  },
  build: (parts, node, span) => ({
    kind: "include",
    path: parts.string(tokens(node, "StringToken")[0]),
    span,
  }),
  resolve: {},
  perform: {},
  write: {},
};
