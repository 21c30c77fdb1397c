/**
 * `choose NAME in A..B` and `choose NAME in A, B, C`
 *
 * @module
 */
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { refuseBackwards } from "../resolve/ranges.ts";
import type { Expr, Name as NameNode, Node } from "../syntax/nodes.ts";
import { Comma, DotDot, keywordType as kw, Name } from "../syntax/tokens.ts";
import { nodes, tokens } from "../syntax/tree/cst.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `choose x in A..B` or `choose x in A, B, C`: x has one of the values, to the end of the block. */
export interface ChooseLine extends Node<"choose"> {
  /** The name. */
  readonly name: NameNode;
  /** The values; of a range, first and last. */
  readonly values: readonly Expr[];
  /** The values are a range. */
  readonly isRange: boolean;
}

/** A name has one of several values. */
export interface ChooseAction {
  readonly kind: "choose";
  readonly values: readonly bigint[];
}

/** Most values of a `choose`. */
const VALUES_MAX = 10_000n;

function resolveChoose(
  c: Context,
  { values, isRange }: ChooseLine,
): ChooseAction {
  const known = values.map((value) => c.number(value));
  if (known.some((value) => value === undefined)) {
    return { kind: "choose", values: [] };
  }
  const all = known as bigint[];
  if (!isRange) return { kind: "choose", values: [...new Set(all)] };
  const [from, to] = all;
  const [first, last] = values;
  refuseBackwards({ from, to }, { first, last });
  if (to - from >= VALUES_MAX) {
    fail({
      code: "limit",
      span: { ...first.span, end: last.span.end },
      message: `the range ${from}..${to} has more than ${VALUES_MAX} values`,
    });
  }
  const count = Number(to - from) + 1;
  return {
    kind: "choose",
    values: Array.from({ length: count }, (_, i) => from + BigInt(i)),
  };
}

/** The form. */
export const chooseForm: Form<ChooseLine, ChooseAction> = {
  isExplored: true,
  begins: ["choose"],
  grammar: {
    choose: (g) => {
      g.CONSUME(kw("choose"));
      g.CONSUME(Name);
      g.CONSUME(kw("in"));
      g.SUBRULE(g.expression);
      g.OR([
        {
          ALT: () => {
            g.CONSUME(DotDot);
            g.SUBRULE2(g.expression);
          },
        },
        {
          ALT: () =>
            g.MANY(() => {
              g.CONSUME(Comma);
              g.SUBRULE3(g.expression);
            }),
        },
      ]);
    },
  },
  build: (parts, node, span) => ({
    kind: "choose",
    name: parts.defined(parts.nameIn(node)),
    values: nodes(node, "expression").map((one) => parts.expression(one)),
    isRange: tokens(node, "DotDot").length > 0,
    span,
  }),
  resolve: { choose: resolveChoose },
  perform: { choose: onlyExplored },
  write: {
    choose: () => {
      throw new RangeError("a choice has no name of its own");
    },
  },
  named: { choose: { what: "a name" } },
};
