/**
 * `let NAME = EXPR`
 *
 * @module
 */
import { hex } from "../notation.ts";
import type { Expr, Name as NameNode, Node } from "../syntax/nodes.ts";
import { Equals, keywordType as kw, Name } from "../syntax/tokens.ts";
import { sub } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";

/** `let x = EXPR`: x is known from the next statement to the end of the block. */
export interface LetLine extends Node<"let"> {
  /** Its name. */
  readonly name: NameNode;
  /** Its value. */
  readonly value: Expr;
}

/** A value is named. */
export interface LetAction {
  readonly kind: "let";
  readonly name: string;
  readonly value: bigint;
}

/** The form. */
export const letForm: Form<LetLine, LetAction> = {
  begins: ["let"],
  grammar: {
    let: (g) => {
      g.CONSUME(kw("let"));
      g.CONSUME(Name);
      g.CONSUME(Equals);
      g.SUBRULE(g.expression);
    },
  },
  build: (parts, node, span) => ({
    kind: "let",
    name: parts.defined(parts.nameIn(node)),
    value: parts.expression(sub(node, "expression")),
    span,
  }),
  resolve: {
    let: (c, { name, value }) => ({
      kind: "let",
      name: name.text,
      value: c.number(value) ?? 0n,
    }),
  },
  perform: {
    let: ({ scope, span }, { name, value }) =>
      scope.define({ text: name, span }, value),
  },
  write: { let: ({ name, value }) => `let ${name} = ${hex(value)}` },
  named: { let: { what: "a name" } },
};
