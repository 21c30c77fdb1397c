/**
 * The canonical form of a text: a statement a line, blocks indented, one space between words. Comments stay
 * where they are, and the tree stays what it is.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import type { Diagnostic, DiagnosticCode } from "../diagnostics.ts";
import { parse } from "../load.ts";
import { standsApart } from "./action.ts";
import { endOf, scan } from "../syntax/scan.ts";
import type { Source } from "../source.ts";
import {
  At,
  Comma,
  Comment,
  Dot,
  DotDot,
  End,
  Equals,
  LeftBrace,
  LeftBracket,
  LeftParen,
  NumberToken,
  RightBrace,
  RightBracket,
  RightParen,
  Star,
} from "../syntax/tokens.ts";

/** What formatting gives: the text, or why there is none. */
export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const INDENT = "  ";

/** Mistakes of lines that the grammar takes: what a line means does not matter for its form. */
const OF_MEANING: ReadonlySet<DiagnosticCode> = new Set([
  "number-too-large",
  "reserved-name",
]);

/** Tokens that touch what follows. */
const TOUCHES_NEXT = new Set([At, Dot, DotDot, LeftParen, LeftBracket]);
/** Tokens that touch what goes before. */
const TOUCHES_PREVIOUS = new Set([
  At,
  Dot,
  DotDot,
  Comma,
  LeftBracket,
  RightBracket,
  RightParen,
]);

function needsBlank(line: readonly IToken[], at: number): boolean {
  const previous = line[at - 1];
  const token = line[at];
  const first = line[0].image;
  if (first === "show") {
    const touch = endOf(previous) === token.startOffset;
    const star = previous.tokenType === Star || token.tokenType === Star;
    if (touch && star) return false;
  }
  const equals = previous.tokenType === Equals || token.tokenType === Equals;
  if (equals) return first === "let";
  if (TOUCHES_NEXT.has(previous.tokenType)) return false;
  if (token.tokenType === At) return at === 1 && standsApart(first);
  return !TOUCHES_PREVIOUS.has(token.tokenType);
}

function lineText(line: readonly IToken[]): string {
  let text = "";
  line.forEach((token, at) => {
    if (at > 0 && needsBlank(line, at)) text += " ";
    const number = token.tokenType === NumberToken;
    text += number ? token.image.toLowerCase() : token.image;
  });
  return text;
}

/** Collects the lines of the result. */
class Printer {
  readonly #lines: string[] = [];
  #line: IToken[] = [];
  #depth = 0;
  /** Line ends since the last line was printed. */
  #ends = 0;
  /** The line printed last opens a block. */
  #opened = false;

  token(token: IToken): void {
    switch (token.tokenType) {
      case Comment:
        this.#comment(token.image.trimEnd());
        return;
      case End:
        this.#flush("");
        if (token.image !== ";") this.#ends++;
        return;
      case LeftBrace:
        this.#flush(" {");
        this.#opened = true;
        this.#depth++;
        return;
      case RightBrace:
        this.#flush("");
        this.#depth--;
        this.#ends = Math.min(this.#ends, 1);
        this.#print("}");
        return;
      default:
        this.#line.push(token);
    }
  }

  #comment(text: string): void {
    if (this.#line.length > 0) this.#flush(`  ${text}`);
    else if (this.#ends === 0 && this.#lines.length > 0) {
      this.#lines[this.#lines.length - 1] += `  ${text}`;
    } else this.#print(text);
  }

  #flush(after: string): void {
    if (this.#line.length === 0) return;
    this.#print(lineText(this.#line) + after);
    this.#line = [];
  }

  #print(text: string): void {
    const blank = this.#ends > 1 && this.#lines.length > 0 && !this.#opened;
    if (blank) this.#lines.push("");
    this.#lines.push(INDENT.repeat(this.#depth) + text);
    this.#opened = false;
    this.#ends = 0;
  }

  finish(): string {
    this.#flush("");
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}

/**
 * Formats a text; what it includes is left alone.
 *
 * @returns the diagnostics instead, if the grammar does not take a line of it; what lines mean does not matter
 */
export function format(source: Source): Formatted {
  const diagnostics = parse(source).diagnostics.filter(({ code }) =>
    !OF_MEANING.has(code)
  );
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const printer = new Printer();
  for (const piece of scan(source, { comments: true })) {
    for (const token of piece) printer.token(token);
  }
  return { ok: true, text: printer.finish() };
}
