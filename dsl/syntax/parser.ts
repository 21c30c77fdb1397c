/**
 * The parser: the grammar of one line, which is that of the forms, its shape only. What a line means, and whether its words exist, is for
 * `resolve/`.
 *
 * The grammar looks one token ahead and says the rest by gates. It has no actions: it is also recorded, and
 * can be walked to find what may stand at a place.
 *
 * @module
 */
import type { IOrAlt, IToken, Rule } from "chevrotain";
import { FORMS } from "../forms/mod.ts";
import {
  EXPLORED_FORMS,
  PROGRAM_FORMS,
  SCRIPT_FORMS,
} from "../forms/tables.ts";
import type { Grammar, GrammarRule } from "./grammar/grammar.ts";
import type { ParserOptions, Shape } from "./grammar/line_parser.ts";
import { PartRules } from "./grammar/parts.ts";
import { keptLookahead } from "./lookahead/kept_lookahead.ts";
import {
  type Choosers,
  readLookahead,
  writeLookahead,
} from "./lookahead/lookahead_table.ts";
import { Inline, keywordType } from "./tokens.ts";

export type {
  ParserOptions,
  Shape,
  ShapeError,
} from "./grammar/line_parser.ts";

/** Ways that a rule can go on. */
type Ways = IOrAlt<unknown>[];

/** The parser; `theParser()` gives the one of the process. */
export class DregsParser extends PartRules {
  /** Chevrotain's own, which it does not declare. */
  declare private lookAheadFuncsCache: Choosers;

  /** Of all forms, by name. */
  readonly rules: Readonly<Record<string, GrammarRule>> = this.#formRules();

  /** What begins a line of an `explore` block and nothing else; `host`, `user` and `set` begin others too. */
  readonly exploreLine: GrammarRule = this.RULE("exploreLine", () => {
    this.OR(this.#exploreLines ??= this.#waysOfExploreLine());
  });

  readonly statement: GrammarRule = this.RULE("statement", () => {
    this.OR(this.#statements ??= this.#waysOfStatement());
  });

  /**
   * One line; whatever stands after the statement is taken as junk. Lines and blocks are told apart by
   * `balance()`: braces need no grammar, and without them nothing can leave its line.
   */
  readonly line: GrammarRule = this.RULE("line", () => {
    this.OPTION({ MAX_LOOKAHEAD: 1, DEF: () => this.SUBRULE(this.statement) });
    this.MANY(() => this.CONSUME(Inline, { LABEL: "junk" }));
  });

  /** Made once: it is the rule that is entered most. */
  #statements: Ways | undefined;
  #exploreLines: Ways | undefined;

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

  /** @throws {RangeError} if a rule has a name that something else has: chevrotain finds a rule as the property of its name */
  #formRules(): Record<string, GrammarRule> {
    const rules: Record<string, GrammarRule> = {};
    // Chevrotain keeps its methods to this class; forms are written with some of them.
    const grammar = this as unknown as Grammar;
    for (const form of FORMS) {
      for (const [name, write] of Object.entries(form.grammar)) {
        if (name in this) throw new RangeError(`${name} is no name for a rule`);
        rules[name] = this.RULE(name, () => write(grammar));
        Object.assign(this, { [name]: rules[name] });
      }
    }
    return rules;
  }

  /** A way to each of the rules. */
  #ways(names: readonly string[]): Ways {
    return names.map((name) => {
      const rule = this.rules[name] ?? this[name as "break" | "watch"];
      return { ALT: () => this.SUBRULE(rule) };
    });
  }

  #waysOfStatement(): Ways {
    const begins = SCRIPT_FORMS.flatMap((form) => form.begins);
    return [
      ...this.#ways(begins),
      { ALT: () => this.SUBRULE(this.exploreLine) },
    ];
  }

  #waysOfExploreLine(): Ways {
    return [
      ...PROGRAM_FORMS.flatMap(({ inProgram: { rules, words } }) => [
        ...this.#ways(rules),
        ...words.map((word) => ({
          ALT: () => this.CONSUME(keywordType(word)),
        })),
      ]),
      ...this.#ways(EXPLORED_FORMS.flatMap(({ begins }) => begins)),
    ];
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
