/**
 * Grammar of `expect`.
 *
 * @module
 */
import type { Grammar } from "../../syntax/grammar/grammar.ts";
import {
  Comparison,
  keywordType as kw,
  Name,
  Operator,
} from "../../syntax/tokens.ts";

/** The word that comes next is not a name within an expression: no operator follows it. */
export function isWordOfForm(g: Grammar): boolean {
  return !g.isAt(2, Comparison) && !g.isAt(2, Operator);
}

/** Its rules. */
export const EXPECT_RULES: Readonly<
  Record<`expect${string}`, (g: Grammar) => void>
> = {
  expect: (g) => {
    g.CONSUME(kw("expect"));
    const GATE = () => isWordOfForm(g);
    g.OR([
      { GATE, ALT: () => g.SUBRULE(g.rules.expectSeen) },
      { GATE, ALT: () => g.SUBRULE(g.rules.expectExit) },
      { ALT: () => g.SUBRULE(g.rules.expectExceptions) },
      { GATE, ALT: () => g.SUBRULE(g.rules.expectException) },
      { GATE, ALT: () => g.SUBRULE(g.rules.expectNo) },
      { GATE, ALT: () => g.SUBRULE(g.rules.expectError) },
      { GATE, ALT: () => g.CONSUME(kw("ok")) },
      { GATE, ALT: () => g.CONSUME(kw("trap")) },
      { GATE, ALT: () => g.CONSUME(kw("warning")) },
      { GATE, ALT: () => g.CONSUME(kw("loss")) },
      { ALT: () => g.SUBRULE(g.rules.expectTraps) },
      { GATE, ALT: () => g.SUBRULE(g.rules.expectCost) },
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => g.SUBRULE(g.rules.expectExpression),
      },
    ]);
    g.OPTION(() => {
      g.CONSUME(kw("on"));
      g.SUBRULE(g.kernels);
    });
  },
  expectSeen: (g) => {
    g.SUBRULE(g.seen);
    g.SUBRULE(g.comparison);
  },
  expectExit: (g) => {
    g.CONSUME(kw("exit"));
    g.CONSUME(Name);
    g.SUBRULE(g.arguments);
  },
  expectExceptions: (g) => {
    g.CONSUME(kw("exceptions"));
    g.OR([
      { ALT: () => g.SUBRULE(g.comparison) },
      { ALT: () => g.SUBRULE(g.names) },
    ]);
  },
  expectException: (g) => {
    g.CONSUME(kw("exception"));
    g.CONSUME(Name);
    g.SUBRULE(g.arguments);
  },
  expectNo: (g) => {
    g.CONSUME(kw("no"));
    g.OR([
      { ALT: () => g.CONSUME(kw("exception")) },
      { ALT: () => g.CONSUME(kw("trap")) },
      { ALT: () => g.CONSUME(kw("warning")) },
      { ALT: () => g.CONSUME(kw("loss")) },
    ]);
  },
  expectError: (g) => {
    g.CONSUME(kw("error"));
    g.CONSUME(Name);
  },
  expectTraps: (g) => {
    g.CONSUME(kw("traps"));
    g.SUBRULE(g.comparison);
  },
  expectCost: (g) => {
    g.CONSUME(kw("cost"));
    g.OPTION(() => g.SUBRULE(g.at));
    g.CONSUME(Name);
    g.SUBRULE(g.comparison);
  },
  expectExpression: (g) => {
    g.SUBRULE(g.expression);
    g.SUBRULE(g.comparison);
  },
};
