/**
 * The parser: the grammar of one line, its shape only. What a line means, and whether its words exist, is for
 * `resolve/`.
 *
 * The grammar looks one token ahead and says the rest by gates. It has no actions: it is also recorded, and
 * can be walked to find what may stand at a place.
 *
 * @module
 */
import {
  type CstNode,
  type IOrAlt,
  type IToken,
  type ParserMethod,
  type Rule,
} from "chevrotain";
import { BlockRules } from "./grammar/blocks.ts";
import type { ParserOptions, Shape } from "./grammar/line_parser.ts";
import { keptLookahead } from "./lookahead/kept_lookahead.ts";
import {
  type Choosers,
  readLookahead,
  writeLookahead,
} from "./lookahead/lookahead_table.ts";
import { Inline } from "./tokens.ts";

export type {
  ParserOptions,
  Shape,
  ShapeError,
} from "./grammar/line_parser.ts";

/** The parser; `theParser()` gives the one of the process. */
export class DregsParser extends BlockRules {
  /** Chevrotain's own, which it does not declare. */
  declare private lookAheadFuncsCache: Choosers;

  /**
   * One line; whatever stands after the statement is taken as junk. Lines and blocks are told apart by
   * `balance()`: braces need no grammar, and without them nothing can leave its line.
   */
  readonly line: ParserMethod<[], CstNode> = this.RULE("line", () => {
    this.OPTION({ MAX_LOOKAHEAD: 1, DEF: () => this.SUBRULE(this.statement) });
    this.MANY(() => this.CONSUME(Inline, { LABEL: "junk" }));
  });

  /** Made once: it is the rule that is entered most. */
  #statements: IOrAlt<CstNode>[] | undefined;

  readonly statement: ParserMethod<[], CstNode> = this.RULE(
    "statement",
    () => {
      this.OR(
        this.#statements ??= [
          { ALT: () => this.SUBRULE(this.guest) },
          { ALT: () => this.SUBRULE(this.expect) },
          { ALT: () => this.SUBRULE(this.run) },
          { ALT: () => this.SUBRULE(this.require) },
          { ALT: () => this.SUBRULE(this.user) },
          { ALT: () => this.SUBRULE(this.set) },
          { ALT: () => this.SUBRULE(this.host) },
          { ALT: () => this.SUBRULE(this.arch) },
          { ALT: () => this.SUBRULE(this.kernel) },
          { ALT: () => this.SUBRULE(this.vcpuOperation) },
          { ALT: () => this.SUBRULE(this.show) },
          { ALT: () => this.SUBRULE(this.why) },
          { ALT: () => this.SUBRULE(this.scenario) },
          { ALT: () => this.SUBRULE(this.let) },
          { ALT: () => this.SUBRULE(this.for) },
          { ALT: () => this.SUBRULE(this.include) },
          { ALT: () => this.SUBRULE(this.explore) },
          { ALT: () => this.SUBRULE(this.exploreLine) },
        ],
      );
    },
  );

  constructor(options: ParserOptions = {}) {
    super(options);
    this.performSelfAnalysis();
    if (options.lookahead !== undefined) {
      this.lookAheadFuncsCache = readLookahead(options.lookahead);
    }
    // What is an object's prototype has fast properties: that is the phase left out below.
    Object.create(this);
  }

  /**
   * Chevrotain calls it around each phase of making a parser, to time it. One phase gives the parser fast properties;
   * then the grammar is recorded, which adds and deletes a hundred of them, slowly if they are fast. So that phase
   * is left out, and done at the end. The phase that records is left out if nothing needs it; those after it then
   * have nothing to do.
   */
  protected TRACE_INIT<T>(phase: string, work: () => T): T | undefined {
    const isLeftOut = phase === "toFastProps" ||
      phase === "Grammar Recording" && !this.hasGrammar;
    return isLeftOut ? undefined : work();
  }

  /** The grammar, which chevrotain asks for too when a line has a mistake. */
  override getGAstProductions(): Record<string, Rule> {
    return this.hasGrammar ? super.getGAstProductions() : theGrammar();
  }

  /** What the grammar can go on with, for `lookahead` of a later parser; only if it was not made so itself. */
  writeLookahead(): string {
    return writeLookahead(this.lookAheadFuncsCache, this.strategy);
  }

  /** Takes the tokens of one line, without its end or block; `error` is where it failed first. */
  parseLine(tokens: readonly IToken[]): Shape {
    return this.shape(tokens, () => this.line());
  }

  /** Takes the tokens of an expression alone. */
  parseExpression(tokens: readonly IToken[]): Shape {
    return this.shape(tokens, () => this.expression());
  }
}

let grammar: Record<string, Rule> | undefined;

/** The grammar, recorded. */
function theGrammar(): Record<string, Rule> {
  return grammar ??= new DregsParser().getGAstProductions();
}

let parser: DregsParser | undefined;

/** The parser of the process, made at its first use. */
export function theParser(): DregsParser {
  return parser ??= new DregsParser({ lookahead: keptLookahead() });
}
