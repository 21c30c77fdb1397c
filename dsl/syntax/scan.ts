/**
 * A text's tokens, a piece at a time, so that a long file never has all of them at once.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import type { Source } from "../source.ts";
import { tokensOf } from "./lexer.ts";

/** Characters that are read at once; a piece ends at a line's end, which no token crosses. */
const PIECE_LENGTH = 1 << 16;

/** Where the piece that begins at `from` ends: after a line's end, or with the text. */
function pieceEnd(text: string, from: number): number {
  const enough = from + PIECE_LENGTH;
  if (enough >= text.length) return text.length;
  for (let at = enough; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) {
      return at + 1;
    }
  }
  return text.length;
}

/** Where a token ends: the offset after its last character. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

/**
 * The tokens of a text in order, in pieces.
 *
 * @param comments whether comments are wanted as tokens, for the formatter
 */
export function* scan(
  { text }: Source,
  { comments = false }: { readonly comments?: boolean } = {},
): Generator<readonly IToken[]> {
  for (let from = 0; from < text.length;) {
    const to = pieceEnd(text, from);
    yield tokensOf(text.slice(from, to), from, comments);
    from = to;
  }
}
