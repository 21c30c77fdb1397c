/**
 * Grammar of the statements that look at the machine: expect, show, why.
 *
 * @module
 */
import type { CstNode, ParserMethod } from "chevrotain";
import { Dot, keywordType as kw, Name, Star } from "../tokens.ts";
import { ScriptRules } from "./script.ts";

/** Rules of statements that look at the machine. */
export class ViewRules extends ScriptRules {
  readonly expect: ParserMethod<[], CstNode> = this.RULE("expect", () => {
    this.CONSUME(kw("expect"));
    const GATE = () => this.isWordOfForm();
    this.OR([
      { GATE, ALT: () => this.SUBRULE(this.expectSeen) },
      { GATE, ALT: () => this.SUBRULE(this.expectExit) },
      { ALT: () => this.SUBRULE(this.expectExceptions) },
      { GATE, ALT: () => this.SUBRULE(this.expectException) },
      { GATE, ALT: () => this.SUBRULE(this.expectNo) },
      { GATE, ALT: () => this.SUBRULE(this.expectError) },
      { GATE, ALT: () => this.CONSUME(kw("ok")) },
      { GATE, ALT: () => this.CONSUME(kw("trap")) },
      { GATE, ALT: () => this.CONSUME(kw("warning")) },
      { ALT: () => this.SUBRULE(this.expectTraps) },
      { GATE, ALT: () => this.SUBRULE(this.expectCost) },
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.expectExpression),
      },
    ]);
    this.OPTION(() => {
      this.CONSUME(kw("on"));
      this.SUBRULE(this.kernels);
    });
  });

  readonly expectSeen: ParserMethod<[], CstNode> = this.RULE(
    "expectSeen",
    () => {
      this.SUBRULE(this.seen);
      this.SUBRULE(this.comparison);
    },
  );

  readonly expectExit: ParserMethod<[], CstNode> = this.RULE(
    "expectExit",
    () => {
      this.CONSUME(kw("exit"));
      this.CONSUME(Name);
      this.SUBRULE(this.arguments);
    },
  );

  readonly expectExceptions: ParserMethod<[], CstNode> = this.RULE(
    "expectExceptions",
    () => {
      this.CONSUME(kw("exceptions"));
      this.OR([
        { ALT: () => this.SUBRULE(this.comparison) },
        { ALT: () => this.SUBRULE(this.names) },
      ]);
    },
  );

  readonly expectException: ParserMethod<[], CstNode> = this.RULE(
    "expectException",
    () => {
      this.CONSUME(kw("exception"));
      this.CONSUME(Name);
      this.SUBRULE(this.arguments);
    },
  );

  readonly expectNo: ParserMethod<[], CstNode> = this.RULE("expectNo", () => {
    this.CONSUME(kw("no"));
    this.OR([
      { ALT: () => this.CONSUME(kw("exception")) },
      { ALT: () => this.CONSUME(kw("trap")) },
      { ALT: () => this.CONSUME(kw("warning")) },
    ]);
  });

  readonly expectError: ParserMethod<[], CstNode> = this.RULE(
    "expectError",
    () => {
      this.CONSUME(kw("error"));
      this.CONSUME(Name);
    },
  );

  readonly expectTraps: ParserMethod<[], CstNode> = this.RULE(
    "expectTraps",
    () => {
      this.CONSUME(kw("traps"));
      this.SUBRULE(this.comparison);
    },
  );

  readonly expectCost: ParserMethod<[], CstNode> = this.RULE(
    "expectCost",
    () => {
      this.CONSUME(kw("cost"));
      this.OPTION(() => this.SUBRULE(this.at));
      this.CONSUME(Name);
      this.SUBRULE(this.comparison);
    },
  );

  readonly expectExpression: ParserMethod<[], CstNode> = this.RULE(
    "expectExpression",
    () => {
      this.SUBRULE(this.expression);
      this.SUBRULE(this.comparison);
    },
  );

  readonly show: ParserMethod<[], CstNode> = this.RULE("show", () => {
    this.CONSUME(kw("show"));
    this.OR([
      { ALT: () => this.CONSUME(kw("map")) },
      { ALT: () => this.CONSUME(kw("cost")) },
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.showTable),
      },
    ]);
  });

  readonly showTable: ParserMethod<[], CstNode> = this.RULE("showTable", () => {
    this.MANY(() => this.SUBRULE(this.view));
    this.MANY2(() => this.SUBRULE(this.pattern));
  });

  /** Part of a pattern such as `dbgb*`: the parts touch. */
  readonly pattern: ParserMethod<[], CstNode> = this.RULE("pattern", () => {
    this.OR([
      { ALT: () => this.CONSUME(Star) },
      { ALT: () => this.SUBRULE(this.register) },
    ]);
  });

  readonly why: ParserMethod<[], CstNode> = this.RULE("why", () => {
    this.CONSUME(kw("why"));
    this.OR([
      { ALT: () => this.SUBRULE(this.seen) },
      { ALT: () => this.SUBRULE(this.whyNot) },
      { ALT: () => this.SUBRULE(this.whyHappened) },
    ]);
  });

  /** Something that did not happen: `not [guest@v|user@v] breakpoint N [at=ADDRESS]`. */
  readonly whyNot: ParserMethod<[], CstNode> = this.RULE("whyNot", () => {
    this.CONSUME(kw("not"));
    this.OPTION(() => this.SUBRULE(this.view));
    this.SUBRULE(this.unmet);
    this.SUBRULE(this.arguments);
  });

  readonly unmet: ParserMethod<[], CstNode> = this.RULE("unmet", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(kw("breakpoint"));
          this.SUBRULE(this.expression);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw("watchpoint"));
          this.SUBRULE2(this.expression);
        },
      },
      { ALT: () => this.CONSUME(kw("step")) },
      { ALT: () => this.CONSUME(kw("exit")) },
      { ALT: () => this.CONSUME(kw("trap")) },
    ]);
  });

  /** A field of an exit or an exception, or of a register that is one: `dr6.b0`. */
  readonly whyField: ParserMethod<[], CstNode> = this.RULE("whyField", () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(Dot);
      this.CONSUME2(Name);
    });
  });

  /** Something that happened: the last of its kind is meant. */
  readonly whyHappened: ParserMethod<[], CstNode> = this.RULE(
    "whyHappened",
    () => {
      this.OR([
        { ALT: () => this.CONSUME(kw("trap")) },
        {
          ALT: () => {
            this.CONSUME(kw("exit"));
            this.OPTION(() => this.SUBRULE(this.whyField));
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw("exception"));
            this.OPTION2(() => this.SUBRULE2(this.whyField));
          },
        },
        { ALT: () => this.CONSUME(kw("miss")) },
        { ALT: () => this.CONSUME(kw("refused")) },
      ]);
    },
  );
}
