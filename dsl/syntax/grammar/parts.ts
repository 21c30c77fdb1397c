/**
 * Grammar of the parts of lines: expressions, registers, arguments, views.
 *
 * @module
 */
import type { CstNode, ParserMethod } from "chevrotain";
import {
  At,
  BadNumber,
  Comma,
  Comparison,
  Dot,
  DotDot,
  Equals,
  keywordType as kw,
  LeftBracket,
  LeftParen,
  Minus,
  Name,
  NumberToken,
  Operator,
  RightBracket,
  RightParen,
  View,
} from "../tokens.ts";
import { LineParser } from "./line_parser.ts";

/** Rules of parts of lines. */
export class PartRules extends LineParser {
  /** The grammar sees operands and operators in turn: precedence is for the tree. */
  readonly expression: ParserMethod<[], CstNode> = this.RULE(
    "expression",
    () => {
      this.SUBRULE(this.operand);
      this.MANY(() => {
        this.CONSUME(Operator);
        this.SUBRULE2(this.operand);
      });
    },
  );

  readonly operand: ParserMethod<[], CstNode> = this.RULE("operand", () => {
    this.OR([
      { ALT: () => this.CONSUME(NumberToken) },
      { ALT: () => this.CONSUME(Name) },
      {
        ALT: () => {
          this.CONSUME(LeftParen);
          this.SUBRULE(this.expression);
          this.CONSUME(RightParen);
        },
      },
      // No value is below 0: taken so that the message can say so.
      {
        ALT: () => {
          this.CONSUME(Minus);
          this.SUBRULE(this.operand);
        },
      },
    ]);
  });

  /** `@n` */
  readonly at: ParserMethod<[], CstNode> = this.RULE("at", () => {
    this.CONSUME(At);
    this.SUBRULE(this.operand);
  });

  /** `R` or `R[index]` */
  readonly register: ParserMethod<[], CstNode> = this.RULE("register", () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(LeftBracket);
      this.SUBRULE(this.expression);
      this.CONSUME(RightBracket);
    });
  });

  /** `name=value` */
  readonly argument: ParserMethod<[], CstNode> = this.RULE("argument", () => {
    this.SUBRULE(this.register);
    this.CONSUME(Equals);
    this.SUBRULE(this.expression);
  });

  readonly arguments: ParserMethod<[], CstNode> = this.RULE("arguments", () => {
    this.MANY({
      GATE: () => this.isArgument(),
      DEF: () => this.SUBRULE(this.argument),
    });
  });

  /** `[VALUE] [field=value …]` */
  readonly value: ParserMethod<[], CstNode> = this.RULE("value", () => {
    this.OPTION({
      GATE: () => !this.isArgument(),
      DEF: () => this.SUBRULE(this.expression),
    });
    this.SUBRULE(this.arguments);
  });

  /** `as NAME` */
  readonly as: ParserMethod<[], CstNode> = this.RULE("as", () => {
    this.CONSUME(kw("as"));
    this.CONSUME(Name);
  });

  readonly names: ParserMethod<[], CstNode> = this.RULE("names", () => {
    this.CONSUME(Name);
    this.MANY(() => {
      this.CONSUME(Comma);
      this.CONSUME2(Name);
    });
  });

  /** Kernels after `on`. */
  readonly kernels: ParserMethod<[], CstNode> = this.RULE("kernels", () => {
    this.SUBRULE(this.kernelTerm);
    this.MANY(() => {
      this.CONSUME(Comma);
      this.SUBRULE2(this.kernelTerm);
    });
  });

  /** `with ROW` or `without ROW` */
  readonly choice: ParserMethod<[], CstNode> = this.RULE("choice", () => {
    this.OR([
      { ALT: () => this.CONSUME(kw("with")) },
      { ALT: () => this.CONSUME(kw("without")) },
    ]);
    this.SUBRULE(this.row);
  });

  /** A change's name or its commit's hash, which looks like a number if it begins with a decimal digit. */
  readonly row: ParserMethod<[], CstNode> = this.RULE("row", () => {
    this.OR([
      { ALT: () => this.CONSUME(Name) },
      { ALT: () => this.CONSUME(NumberToken) },
      { ALT: () => this.CONSUME(BadNumber) },
    ]);
  });

  /** `NAME`, `NAME with ROW …`, `>= RELEASE`, `RELEASE..RELEASE`, `!= NAME`, with a vendor; `with ROW without ROW …` */
  readonly kernelTerm: ParserMethod<[], CstNode> = this.RULE(
    "kernelTerm",
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(Comparison);
            this.CONSUME(Name);
            this.OPTION1(() => this.CONSUME4(Name, { LABEL: "vendor" }));
          },
        },
        { ALT: () => this.AT_LEAST_ONE(() => this.SUBRULE(this.choice)) },
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => {
            this.CONSUME2(Name);
            this.OPTION(() => {
              this.CONSUME(DotDot);
              this.CONSUME3(Name);
            });
            this.OPTION2({
              GATE: () => !this.isChoice(),
              DEF: () => this.CONSUME5(Name, { LABEL: "vendor" }),
            });
            this.MANY(() => this.SUBRULE2(this.choice));
          },
        },
      ]);
    },
  );

  /** `VIEW R[.field]` */
  readonly seen: ParserMethod<[], CstNode> = this.RULE("seen", () => {
    this.SUBRULE(this.view);
    this.SUBRULE(this.register);
    this.OPTION(() => {
      this.CONSUME(Dot);
      this.CONSUME(Name);
    });
  });

  readonly view: ParserMethod<[], CstNode> = this.RULE("view", () => {
    this.CONSUME(View);
    this.OPTION(() => this.SUBRULE(this.at));
  });

  /** `OP VALUE` */
  readonly comparison: ParserMethod<[], CstNode> = this.RULE(
    "comparison",
    () => {
      this.CONSUME(Comparison);
      this.SUBRULE(this.expression);
    },
  );

  /** `name=value …`, where nothing else can stand. */
  readonly settings: ParserMethod<[], CstNode> = this.RULE("settings", () => {
    this.AT_LEAST_ONE({
      GATE: () => this.isArgument(),
      DEF: () => this.SUBRULE(this.argument),
    });
  });

  readonly break: ParserMethod<[], CstNode> = this.RULE("break", () => {
    this.CONSUME(kw("break"));
    this.SUBRULE(this.expression);
  });

  readonly watch: ParserMethod<[], CstNode> = this.RULE("watch", () => {
    this.CONSUME(kw("watch"));
    this.SUBRULE(this.expression);
    this.SUBRULE(this.arguments);
  });
}
