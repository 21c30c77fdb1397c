/**
 * What was typed or pasted, taken apart: statements, and words that only the interactive view has.
 *
 * @module
 */
import { scan } from "../dsl/syntax/scan.ts";
import { End, LeftBrace, RightBrace } from "../dsl/syntax/tokens.ts";
import { replWord, type ReplWordName } from "./words.ts";

/** Statements, or a word of this view with what follows it. */
export type Part =
  | { readonly kind: "statements"; readonly text: string }
  | {
    readonly kind: "word";
    readonly word: ReplWordName;
    readonly rest: string;
  };

/** Where the lines of a text begin and end that stand outside all braces; `;` ends one as a newline does. */
function* lineSpans(
  text: string,
): Generator<{ readonly start: number; readonly end: number }> {
  let start = 0;
  let depth = 0;
  for (const tokens of scan({ name: "", text })) {
    for (const { tokenType, startOffset, image } of tokens) {
      if (tokenType === LeftBrace) depth++;
      else if (tokenType === RightBrace) depth = Math.max(0, depth - 1);
      else if (tokenType === End && depth === 0) {
        const end = startOffset + image.length;
        yield { start, end };
        start = end;
      }
    }
  }
  yield { start, end: text.length };
}

/** Takes a text apart, in order. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let held = "";
  const flush = (): void => {
    if (held.replace(/[;\s]/g, "") !== "") {
      parts.push({ kind: "statements", text: held });
    }
    held = "";
  };
  for (const { start, end } of lineSpans(text)) {
    const line = text.slice(start, end);
    const found = replWord(line);
    if (found) {
      flush();
      parts.push({ kind: "word", ...found });
    } else held += line;
  }
  flush();
  return parts;
}
