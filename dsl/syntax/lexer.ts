/**
 * The lexer: at each place the first of the token types whose pattern matches there, in the order of `TOKENS`.
 *
 * Chevrotain's own gives the same tokens, as a test has it. To make it takes longer than to read a short script: it
 * sorts all types by all characters that they can begin with. Here that is done for a character when a text has it.
 *
 * @module
 */
import { type IToken, Lexer, type TokenType } from "chevrotain";
import { Blank, Comment, KEYWORDS, TOKENS, Word } from "./tokens.ts";

/** A type with what finds the end of a token that begins at a place; -1 if there is none. */
interface Matcher {
  readonly type: TokenType;
  readonly endFrom: (text: string, start: number) => number;
}

function matcher(type: TokenType): Matcher {
  const { PATTERN } = type;
  if (typeof PATTERN === "string") {
    const { length } = PATTERN;
    return {
      type,
      endFrom: (text, start) =>
        text.startsWith(PATTERN, start) ? start + length : -1,
    };
  }
  const sticky = new RegExp((PATTERN as RegExp).source, "y");
  return {
    type,
    endFrom: (text, start) => {
      sticky.lastIndex = start;
      return sticky.test(text) ? sticky.lastIndex : -1;
    },
  };
}

let all: readonly Matcher[] | undefined;

/** Of the types that have a pattern, which categories and keywords have not. */
function allMatchers(): readonly Matcher[] {
  return all ??= TOKENS.filter(({ PATTERN }) => PATTERN !== Lexer.NA)
    .map(matcher);
}

/** A type that does not say what it can begin with may begin with any character. */
function canBegin(
  { PATTERN, START_CHARS_HINT }: TokenType,
  character: string,
): boolean {
  return typeof PATTERN === "string"
    ? PATTERN.startsWith(character)
    : START_CHARS_HINT?.includes(character) ?? true;
}

/** Those that can begin with a character, by its code. */
const byFirst = new Map<number, readonly Matcher[]>();

function matchersFor(code: number): readonly Matcher[] {
  let list = byFirst.get(code);
  if (!list) {
    const character = String.fromCharCode(code);
    list = allMatchers().filter(({ type }) => canBegin(type, character));
    byFirst.set(code, list);
  }
  return list;
}

/**
 * The tokens of a text, spaces left out.
 *
 * A token has the number of its type only if there was a parser before: `numbered()` gives it.
 *
 * @param offset added to where each begins
 * @param comments whether they are wanted
 */
export function tokensOf(
  text: string,
  offset: number,
  comments: boolean,
): IToken[] {
  const tokens: IToken[] = [];
  let end = 0;
  for (let start = 0; start < text.length; start = end) {
    let found: TokenType | undefined;
    for (const { type, endFrom } of matchersFor(text.charCodeAt(start))) {
      end = endFrom(text, start);
      if (end < 0) continue;
      found = type;
      break;
    }
    if (!found) throw new RangeError(`no token begins at ${start}`);
    if (found === Blank || found === Comment && !comments) continue;
    const image = text.slice(start, end);
    const tokenType = found === Word ? KEYWORDS.get(image) ?? found : found;
    const tokenTypeIdx = tokenType.tokenTypeIdx!;
    tokens.push({
      image,
      startOffset: start + offset,
      tokenTypeIdx,
      tokenType,
    });
  }
  return tokens;
}
