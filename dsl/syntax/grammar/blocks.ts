/**
 * Grammar of what has a block, and of the lines that only an `explore` block has.
 *
 * @module
 */
import type { CstNode, ParserMethod } from "chevrotain";
import {
  Comma,
  DotDot,
  Equals,
  keywordType as kw,
  Name,
  NumberToken,
  StringToken,
} from "../tokens.ts";
import { ViewRules } from "./views.ts";

/** Rules of blocks, and of the lines of an `explore` block. */
export class BlockRules extends ViewRules {
  readonly scenario: ParserMethod<[], CstNode> = this.RULE("scenario", () => {
    this.CONSUME(kw("scenario"));
    this.CONSUME(StringToken);
  });

  readonly let: ParserMethod<[], CstNode> = this.RULE("let", () => {
    this.CONSUME(kw("let"));
    this.CONSUME(Name);
    this.CONSUME(Equals);
    this.SUBRULE(this.expression);
  });

  readonly for: ParserMethod<[], CstNode> = this.RULE("for", () => {
    this.CONSUME(kw("for"));
    this.CONSUME(Name);
    this.CONSUME(kw("in"));
    this.SUBRULE(this.expression);
    this.CONSUME(DotDot);
    this.SUBRULE2(this.expression);
  });

  readonly include: ParserMethod<[], CstNode> = this.RULE("include", () => {
    this.CONSUME(kw("include"));
    this.CONSUME(StringToken);
  });

  readonly explore: ParserMethod<[], CstNode> = this.RULE("explore", () => {
    this.CONSUME(kw("explore"));
  });

  /** What begins a line of an `explore` block and nothing else; `host`, `user` and `set` begin others too. */
  readonly exploreLine: ParserMethod<[], CstNode> = this.RULE(
    "exploreLine",
    () => {
      this.OR([
        { ALT: () => this.SUBRULE(this.instruction) },
        { ALT: () => this.SUBRULE(this.userGet) },
        { ALT: () => this.SUBRULE(this.userDebug) },
        { ALT: () => this.CONSUME(kw("init")) },
        { ALT: () => this.SUBRULE(this.break) },
        { ALT: () => this.SUBRULE(this.watch) },
        { ALT: () => this.CONSUME(kw("off")) },
        { ALT: () => this.SUBRULE(this.vcpuProgram) },
        { ALT: () => this.SUBRULE(this.repeat) },
        { ALT: () => this.CONSUME(kw("either")) },
        { ALT: () => this.CONSUME(kw("or")) },
        { ALT: () => this.SUBRULE(this.choose) },
        { ALT: () => this.SUBRULE(this.preempt) },
        { ALT: () => this.SUBRULE(this.migrate) },
        { ALT: () => this.SUBRULE(this.fail) },
        { ALT: () => this.SUBRULE(this.never) },
        { ALT: () => this.SUBRULE(this.always) },
        { ALT: () => this.SUBRULE(this.finally) },
        { ALT: () => this.SUBRULE(this.bound) },
      ]);
    },
  );

  readonly vcpuProgram: ParserMethod<[], CstNode> = this.RULE(
    "vcpuProgram",
    () => {
      this.CONSUME(kw("vcpu"));
      this.CONSUME(NumberToken);
    },
  );

  readonly repeat: ParserMethod<[], CstNode> = this.RULE("repeat", () => {
    this.CONSUME(kw("repeat"));
    this.SUBRULE(this.expression);
  });

  /** `choose x in A..B` or `choose x in A, B` */
  readonly choose: ParserMethod<[], CstNode> = this.RULE("choose", () => {
    this.CONSUME(kw("choose"));
    this.CONSUME(Name);
    this.CONSUME(kw("in"));
    this.SUBRULE(this.expression);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(DotDot);
          this.SUBRULE2(this.expression);
        },
      },
      {
        ALT: () =>
          this.MANY(() => {
            this.CONSUME(Comma);
            this.SUBRULE3(this.expression);
          }),
      },
    ]);
  });

  readonly preempt: ParserMethod<[], CstNode> = this.RULE("preempt", () => {
    this.CONSUME(kw("preempt"));
    this.CONSUME(Name);
  });

  readonly migrate: ParserMethod<[], CstNode> = this.RULE("migrate", () => {
    this.CONSUME(kw("migrate"));
    this.CONSUME(Name);
  });

  readonly fail: ParserMethod<[], CstNode> = this.RULE("fail", () => {
    this.CONSUME(kw("fail"));
    this.CONSUME(Name);
  });

  readonly never: ParserMethod<[], CstNode> = this.RULE("never", () => {
    this.CONSUME(kw("never"));
    this.SUBRULE(this.names);
  });

  readonly always: ParserMethod<[], CstNode> = this.RULE("always", () => {
    this.CONSUME(kw("always"));
    this.SUBRULE(this.expect);
  });

  readonly finally: ParserMethod<[], CstNode> = this.RULE("finally", () => {
    this.CONSUME(kw("finally"));
    this.SUBRULE(this.expect);
  });

  readonly bound: ParserMethod<[], CstNode> = this.RULE("bound", () => {
    this.CONSUME(kw("bound"));
    this.SUBRULE(this.settings);
  });
}
