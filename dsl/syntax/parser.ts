/**
 * The grammar: shape only. What a line means, and whether its words exist, is for `build.ts` and the checks.
 *
 * The grammar looks one token ahead and says the rest by gates. It has no actions: it is also recorded, and
 * can be walked to find what may stand at a place.
 *
 * @module
 */
import {
  type CstNode,
  CstParser,
  EOF,
  type IOrAlt,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type Rule,
  tokenMatcher,
  type TokenType,
} from "chevrotain";
import { keptLookahead } from "./lookahead/kept_lookahead.ts";
import { LookaheadOnDemand } from "./lookahead/lookahead.ts";
import {
  type Choosers,
  readLookahead,
  writeLookahead,
} from "./lookahead/lookahead_table.ts";
import {
  At,
  Comma,
  Comparison,
  Dot,
  DotDot,
  End,
  Equals,
  Inline,
  keywordType as kw,
  LeftBracket,
  LeftParen,
  Name,
  NumberToken,
  Operator,
  RightBracket,
  RightParen,
  Star,
  StringToken,
  TOKENS,
  View,
} from "./tokens.ts";

/** What the grammar expected where it failed; the exception's message is its number in `expected`. */
class Expectations implements IParserErrorMessageProvider {
  readonly expected: (readonly TokenType[])[] = [];

  #keep(types: readonly TokenType[]): string {
    return String(this.expected.push([...new Set(types)]) - 1);
  }

  buildMismatchTokenMessage(
    options: { readonly expected: TokenType },
  ): string {
    return this.#keep([options.expected]);
  }

  buildNotAllInputParsedMessage(): string {
    return this.#keep([End]);
  }

  buildNoViableAltMessage(
    options: { readonly expectedPathsPerAlt: TokenType[][][] },
  ): string {
    return this.#keep(options.expectedPathsPerAlt.flat(2));
  }

  buildEarlyExitMessage(
    options: { readonly expectedIterationPaths: TokenType[][] },
  ): string {
    return this.#keep(options.expectedIterationPaths.flat());
  }
}

/** Where the grammar could not go on. */
export interface ShapeError {
  /** What stands there; undefined if something is missing at the end. */
  readonly token: IToken | undefined;
  readonly expected: readonly TokenType[];
}

/** A line or an expression as the grammar has it. */
export interface Shape {
  /** Not to be looked at if there is an error. */
  readonly node: CstNode;
  readonly error: ShapeError | undefined;
}

/** How a parser is made. */
export interface ParserOptions {
  /** Check the grammar itself: slow, for a test. */
  readonly validate?: boolean;
  /** What `writeLookahead()` of another parser gave: then the grammar is recorded only when it is asked for. */
  readonly lookahead?: string;
}

/** The parser; `theParser()` gives the one of the process. */
export class DregsParser extends CstParser {
  readonly #expectations: Expectations;
  readonly #strategy: LookaheadOnDemand;
  readonly #hasGrammar: boolean;

  /** Chevrotain's own, which it does not declare. */
  declare private lookAheadFuncsCache: Choosers;

  constructor({ validate = false, lookahead }: ParserOptions = {}) {
    const expectations = new Expectations();
    const strategy = new LookaheadOnDemand();
    super([...TOKENS], {
      // A line fails alone: there is nothing to recover within it.
      recoveryEnabled: false,
      maxLookahead: 1,
      lookaheadStrategy: strategy,
      nodeLocationTracking: "none",
      errorMessageProvider: expectations,
      skipValidations: !validate,
    });
    this.#expectations = expectations;
    this.#strategy = strategy;
    this.#hasGrammar = lookahead === undefined;
    this.performSelfAnalysis();
    if (lookahead !== undefined) {
      this.lookAheadFuncsCache = readLookahead(lookahead);
    }
    // What is an object's prototype has fast properties: that is the phase left out below.
    Object.create(this);
  }

  /**
   * Chevrotain calls it around each phase of making a parser, to time it. One phase gives the parser fast properties;
   * then the grammar is recorded, which adds and deletes a hundred of them, slowly if they are fast. So that phase
   * is left out, and done at the end. The phase that records is left out if nothing needs it; those behind it then
   * have nothing to do.
   */
  protected TRACE_INIT<T>(phase: string, work: () => T): T | undefined {
    const isLeftOut = phase === "toFastProps" ||
      phase === "Grammar Recording" && !this.#hasGrammar;
    return isLeftOut ? undefined : work();
  }

  /** The grammar, which chevrotain asks for too when a line has a mistake. */
  override getGAstProductions(): Record<string, Rule> {
    return this.#hasGrammar ? super.getGAstProductions() : theGrammar();
  }

  /** What the grammar can go on with, for `lookahead` of a later parser; only if it was not made so itself. */
  writeLookahead(): string {
    return writeLookahead(this.lookAheadFuncsCache, this.#strategy);
  }

  /** Takes the tokens of one line, without its end or block; `error` is where it failed first. */
  parseLine(tokens: readonly IToken[]): Shape {
    return this.#shape(tokens, () => this.line());
  }

  /** Takes the tokens of an expression alone. */
  parseExpression(tokens: readonly IToken[]): Shape {
    return this.#shape(tokens, () => this.expression());
  }

  #shape(tokens: readonly IToken[], rule: () => CstNode): Shape {
    this.#expectations.expected.length = 0;
    this.input = tokens as IToken[];
    const node = rule();
    const first = this.errors[0];
    if (!first) return { node, error: undefined };
    const expected = this.#expectations.expected[Number(first.message)] ?? [];
    const token = this.#isEnd(first.token) ? undefined : first.token;
    return { node, error: { token, expected } };
  }

  #isEnd({ tokenType }: IToken): boolean {
    return tokenType === EOF;
  }

  /** Whether the token at distance `k` is of a type or category. */
  #at(k: number, type: TokenType): boolean {
    return tokenMatcher(this.LA(k), type);
  }

  /** `name=` or `name[…]=` comes next. */
  #isArgument(): boolean {
    return this.#at(2, Equals) || this.#at(2, LeftBracket);
  }

  /** What follows `set` are counts: the word that comes next is followed by nothing that a value begins with. */
  #isSettings(): boolean {
    return !this.#at(2, NumberToken) && !this.#at(2, Name) &&
      !this.#at(2, LeftParen) && !this.#at(2, LeftBracket);
  }

  /** The word that comes next is not a name within an expression: no operator follows it. */
  #isWordOfForm(): boolean {
    return !this.#at(2, Comparison) && !this.#at(2, Operator);
  }

  /**
   * One line; whatever stands behind the statement is taken as junk. Lines and blocks are told apart by
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
          { ALT: () => this.SUBRULE(this.user) },
          { ALT: () => this.SUBRULE(this.set) },
          { ALT: () => this.SUBRULE(this.host) },
          { ALT: () => this.SUBRULE(this.arch) },
          { ALT: () => this.SUBRULE(this.kernel) },
          { ALT: () => this.SUBRULE(this.interrupt) },
          { ALT: () => this.SUBRULE(this.put) },
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

  // ---- Parts ------------------------------------------------------------------------------------------

  /** Precedence is for `build.ts`: the grammar sees operands and operators in turn. */
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
      GATE: () => this.#isArgument(),
      DEF: () => this.SUBRULE(this.argument),
    });
  });

  /** `[VALUE] [field=value …]` */
  readonly value: ParserMethod<[], CstNode> = this.RULE("value", () => {
    this.OPTION({
      GATE: () => !this.#isArgument(),
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

  // ---- The machine ------------------------------------------------------------------------------------

  readonly arch: ParserMethod<[], CstNode> = this.RULE("arch", () => {
    this.CONSUME(kw("arch"));
    this.CONSUME(Name);
  });

  readonly kernel: ParserMethod<[], CstNode> = this.RULE("kernel", () => {
    this.CONSUME(kw("kernel"));
    this.CONSUME(Name);
    this.OPTION({
      GATE: () => !this.#isArgument(),
      DEF: () => this.CONSUME2(Name, { LABEL: "vendor" }),
    });
    this.SUBRULE(this.arguments);
  });

  readonly host: ParserMethod<[], CstNode> = this.RULE("host", () => {
    this.CONSUME(kw("host"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      {
        GATE: () => !this.#isArgument(),
        ALT: () => this.SUBRULE(this.break),
      },
      {
        GATE: () => !this.#isArgument(),
        ALT: () => this.SUBRULE(this.watch),
      },
      {
        GATE: () => !this.#isArgument(),
        ALT: () => this.CONSUME(kw("off")),
      },
      // In an explore block: the program of a CPU's host.
      { ALT: () => this.CONSUME(NumberToken, { LABEL: "program" }) },
      {
        GATE: () => this.#isArgument(),
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.settings),
      },
    ]);
  });

  readonly settings: ParserMethod<[], CstNode> = this.RULE("settings", () => {
    this.AT_LEAST_ONE({
      GATE: () => this.#isArgument(),
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

  readonly set: ParserMethod<[], CstNode> = this.RULE("set", () => {
    this.CONSUME(kw("set"));
    this.OR([
      {
        GATE: () => this.#isSettings(),
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.settings),
      },
      // In a user program of an explore block.
      {
        ALT: () => {
          this.SUBRULE(this.register);
          this.SUBRULE(this.value);
        },
      },
    ]);
  });

  // ---- The guest --------------------------------------------------------------------------------------

  readonly guest: ParserMethod<[], CstNode> = this.RULE("guest", () => {
    this.CONSUME(kw("guest"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      { ALT: () => this.SUBRULE(this.instruction) },
      {
        ALT: () => {
          this.CONSUME(kw("handler"));
          this.CONSUME(Name);
        },
      },
    ]);
  });

  readonly instruction: ParserMethod<[], CstNode> = this.RULE(
    "instruction",
    () => {
      this.OR([
        { ALT: () => this.SUBRULE(this.write) },
        { ALT: () => this.SUBRULE(this.read) },
        { ALT: () => this.SUBRULE(this.access) },
        { ALT: () => this.SUBRULE(this.brk) },
        { ALT: () => this.SUBRULE(this.movss) },
        { ALT: () => this.SUBRULE(this.plain) },
      ]);
    },
  );

  /** `write R [VALUE] [field=value …]` */
  readonly write: ParserMethod<[], CstNode> = this.RULE("write", () => {
    this.CONSUME(kw("write"));
    this.SUBRULE(this.register);
    this.SUBRULE(this.value);
  });

  readonly read: ParserMethod<[], CstNode> = this.RULE("read", () => {
    this.CONSUME(kw("read"));
    this.SUBRULE(this.register);
    this.OPTION({
      GATE: () => !this.#isArgument(),
      DEF: () => this.SUBRULE(this.as),
    });
    this.SUBRULE(this.arguments);
  });

  /** An address or a port, and options. */
  readonly access: ParserMethod<[], CstNode> = this.RULE("access", () => {
    this.OR([
      { ALT: () => this.CONSUME(kw("exec")) },
      { ALT: () => this.CONSUME(kw("load")) },
      { ALT: () => this.CONSUME(kw("store")) },
      { ALT: () => this.CONSUME(kw("rmw")) },
      { ALT: () => this.CONSUME(kw("in")) },
      { ALT: () => this.CONSUME(kw("out")) },
    ]);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.arguments);
  });

  readonly brk: ParserMethod<[], CstNode> = this.RULE("brk", () => {
    this.CONSUME(kw("brk"));
    this.SUBRULE(this.value);
  });

  readonly movss: ParserMethod<[], CstNode> = this.RULE("movss", () => {
    this.CONSUME(kw("movss"));
    this.SUBRULE(this.value);
  });

  /** Nothing but options. */
  readonly plain: ParserMethod<[], CstNode> = this.RULE("plain", () => {
    this.OR([
      { ALT: () => this.CONSUME(kw("svc")) },
      { ALT: () => this.CONSUME(kw("hvc")) },
      { ALT: () => this.CONSUME(kw("isb")) },
      { ALT: () => this.CONSUME(kw("int3")) },
      { ALT: () => this.CONSUME(kw("icebp")) },
      { ALT: () => this.CONSUME(kw("int1")) },
      { ALT: () => this.CONSUME(kw("cpuid")) },
      { ALT: () => this.CONSUME(kw("wrmsr")) },
      { ALT: () => this.CONSUME(kw("popf")) },
      { ALT: () => this.CONSUME(kw("hlt")) },
      { ALT: () => this.CONSUME(kw("taskswitch")) },
    ]);
    this.SUBRULE(this.arguments);
  });

  // ---- Running ----------------------------------------------------------------------------------------

  readonly run: ParserMethod<[], CstNode> = this.RULE("run", () => {
    this.CONSUME(kw("run"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.SUBRULE(this.arguments);
  });

  readonly interrupt: ParserMethod<[], CstNode> = this.RULE("interrupt", () => {
    this.CONSUME(kw("interrupt"));
    this.OPTION(() => this.SUBRULE(this.at));
  });

  readonly put: ParserMethod<[], CstNode> = this.RULE("put", () => {
    this.CONSUME(kw("put"));
    this.OPTION(() => this.SUBRULE(this.at));
  });

  // ---- Userspace --------------------------------------------------------------------------------------

  readonly user: ParserMethod<[], CstNode> = this.RULE("user", () => {
    this.CONSUME(kw("user"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      { ALT: () => this.SUBRULE(this.userGet) },
      { ALT: () => this.SUBRULE(this.userSet) },
      { ALT: () => this.CONSUME(kw("init")) },
      { ALT: () => this.SUBRULE(this.userCheck) },
      { ALT: () => this.SUBRULE(this.userDebug) },
      // In an explore block: the program of a vCPU's userspace.
      { ALT: () => this.CONSUME(NumberToken, { LABEL: "program" }) },
    ]);
  });

  readonly userGet: ParserMethod<[], CstNode> = this.RULE("userGet", () => {
    this.CONSUME(kw("get"));
    this.SUBRULE(this.register);
    this.OPTION(() => this.SUBRULE(this.as));
  });

  readonly userSet: ParserMethod<[], CstNode> = this.RULE("userSet", () => {
    this.CONSUME(kw("set"));
    this.SUBRULE(this.register);
    this.SUBRULE(this.value);
  });

  readonly userCheck: ParserMethod<[], CstNode> = this.RULE("userCheck", () => {
    this.CONSUME(kw("check"));
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.as));
  });

  readonly userDebug: ParserMethod<[], CstNode> = this.RULE("userDebug", () => {
    this.CONSUME(kw("debug"));
    this.OR([
      { ALT: () => this.SUBRULE(this.break) },
      { ALT: () => this.SUBRULE(this.watch) },
      { ALT: () => this.CONSUME(kw("step")) },
      { ALT: () => this.CONSUME(kw("swbreak")) },
      { ALT: () => this.CONSUME(kw("off")) },
      {
        ALT: () => {
          this.CONSUME(kw("raw"));
          this.SUBRULE(this.arguments);
        },
      },
    ]);
  });

  // ---- Expectations and views -------------------------------------------------------------------------

  readonly expect: ParserMethod<[], CstNode> = this.RULE("expect", () => {
    this.CONSUME(kw("expect"));
    const GATE = () => this.#isWordOfForm();
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
      this.SUBRULE(this.names);
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
      { ALT: () => this.SUBRULE(this.whyHappened) },
    ]);
  });

  /** Something that happened: the last of its kind is meant. */
  readonly whyHappened: ParserMethod<[], CstNode> = this.RULE(
    "whyHappened",
    () => {
      this.OR([
        { ALT: () => this.CONSUME(kw("trap")) },
        { ALT: () => this.CONSUME(kw("exit")) },
        { ALT: () => this.CONSUME(kw("exception")) },
        { ALT: () => this.CONSUME(kw("miss")) },
        { ALT: () => this.CONSUME(kw("refused")) },
      ]);
    },
  );

  // ---- Structure --------------------------------------------------------------------------------------

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

  // ---- Explore ----------------------------------------------------------------------------------------

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
