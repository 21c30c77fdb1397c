/**
 * What the grammar rests on: how the parser is made, what it says of a mistake, and what it asks of the next tokens.
 *
 * @module
 */
import {
  type CstNode,
  CstParser,
  EOF,
  type IParserErrorMessageProvider,
  type IToken,
  tokenMatcher,
  type TokenType,
} from "chevrotain";
import { LookaheadOnDemand } from "../lookahead/lookahead.ts";
import { End, Equals, keywordType, LeftBracket, TOKENS } from "../tokens.ts";

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

/** Gives tokens the numbers of their types, which types have once there is a parser; those that were read before have none. */
export function numbered(tokens: readonly IToken[]): IToken[] {
  for (const token of tokens) {
    token.tokenTypeIdx = token.tokenType.tokenTypeIdx!;
  }
  return tokens as IToken[];
}

/** How a parser is made. */
export interface ParserOptions {
  /** Check the grammar itself: slow, for a test. */
  readonly validate?: boolean;
  /** What `writeLookahead()` of another parser gave: then the grammar is recorded only when it is asked for. */
  readonly lookahead?: string;
}

/** The parser of one line, without its rules. */
export class LineParser extends CstParser {
  readonly #expectations: Expectations;
  /** Chooses where the grammar goes on. */
  protected readonly strategy: LookaheadOnDemand;
  /** The grammar is recorded. */
  protected readonly hasGrammar: boolean;

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
    this.strategy = strategy;
    this.hasGrammar = lookahead === undefined;
  }

  /** Takes tokens by a rule; `error` is where it failed first. */
  protected shape(tokens: readonly IToken[], rule: () => CstNode): Shape {
    this.#expectations.expected.length = 0;
    this.input = numbered(tokens);
    const node = rule();
    const first = this.errors[0];
    if (!first) return { node, error: undefined };
    const expected = this.#expectations.expected[Number(first.message)] ?? [];
    const isEnd = first.token.tokenType === EOF;
    return {
      node,
      error: { token: isEnd ? undefined : first.token, expected },
    };
  }

  /** Whether the token at distance `k` is of a type or category. */
  isAt(k: number, type: TokenType): boolean {
    return tokenMatcher(this.LA(k), type);
  }

  /** `with` or `without` comes next. */
  isChoice(): boolean {
    return this.isAt(1, keywordType("with")) ||
      this.isAt(1, keywordType("without"));
  }

  /** `name=` or `name[…]=` comes next. */
  isArgument(): boolean {
    return this.isAt(2, Equals) || this.isAt(2, LeftBracket);
  }
}
