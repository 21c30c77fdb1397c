/**
 * Between lexer and grammar: cuts a text into lines and blocks, and makes braces match, so that the grammar
 * only ever sees one line. What is wrong with braces is a diagnostic from here.
 *
 * @module
 */
import type { IToken, TokenType } from "chevrotain";
import type { Diagnostic } from "../diagnostics.ts";
import { BLOCK_DEPTH_MAX, OPERATORS_MAX, PAREN_DEPTH_MAX } from "../limits.ts";
import { endOf, scan } from "./scan.ts";
import { type Source, span } from "../source.ts";
import {
  End,
  LeftBrace,
  LeftBracket,
  LeftParen,
  RightBrace,
  RightBracket,
  RightParen,
} from "./tokens.ts";

/** A line, or the end of a block. */
export type Piece =
  | {
    readonly kind: "line";
    /** Without its end and its brace; empty only if it begins with the brace. */
    readonly tokens: readonly IToken[];
    /** The `{` that it ends with. */
    readonly brace: IToken | undefined;
    /** It has a diagnostic from here, and nothing more is reported about it. */
    readonly blamed: boolean;
  }
  | {
    readonly kind: "close";
    /** Offset after the `}`, or where one is missing. */
    readonly end: number;
  };

/** What is wrong with the braces, and everything else found on the way. */
export interface Balance {
  readonly report: (problem: Diagnostic) => void;
  /** Set if braces did not match: then what is inside what is not known. */
  unbalanced: boolean;
}

/** A brace that is open. */
interface Open {
  readonly brace: IToken;
  /** Indentation of the line on which it stands. */
  readonly indent: number;
  /** An inner brace whose `}` stood so far left that it may have been meant for this one. */
  suspect: IToken | undefined;
  /** It begins its line: that alone is a mistake, which is reported where lines are built. */
  readonly headless: boolean;
}

/** Spaces before the first character of the line that holds an offset. */
function indentAt(text: string, offset: number): number {
  const start = lineStartBefore(text, offset);
  let at = start;
  while (text[at] === " " || text[at] === "\t") at++;
  return at - start;
}

function lineStartBefore(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== "\n" && text[at - 1] !== "\r") at--;
  return at;
}

/** Whether only spaces stand before an offset on its line. */
function firstOnLine(text: string, offset: number): boolean {
  return lineStartBefore(text, offset) + indentAt(text, offset) === offset;
}

/** What a `}` shows about the brace that it closes. */
interface Closing {
  /** A `}` that closes a brace of a line further left: it may be the one too many. */
  suspect: IToken | undefined;
}

/** Cuts a text into lines and ends of blocks; see the module's comment. */
export function* balance(source: Source, state: Balance): Generator<Piece> {
  const { text } = source;
  const open: Open[] = [];
  const closing: Closing = { suspect: undefined };
  let line: IToken[] = [];
  let blamed = false;
  let parens = 0;
  let operators = 0;
  /** Braces open inside a block that is too deep, which is left out whole. */
  let skipped = 0;

  const place = (token: IToken) =>
    span(source, token.startOffset, endOf(token));
  const taken = (brace: IToken | undefined): Piece => {
    const piece: Piece = { kind: "line", tokens: line, brace, blamed };
    line = [];
    blamed = false;
    parens = 0;
    operators = 0;
    return piece;
  };
  const neverClosed = ({ brace, suspect, headless }: Open) => {
    state.unbalanced = true;
    if (headless && !suspect) return;
    state.report({
      code: "unclosed-brace",
      span: place(suspect ?? brace),
      message: "`{` is never closed",
      expected: ["}"],
    });
  };
  const stray = (token: IToken) => {
    state.unbalanced = true;
    state.report({
      code: "stray-brace",
      span: place(closing.suspect ?? token),
      message: "`}` has no `{`",
    });
    closing.suspect = undefined;
  };

  for (const tokens of scan(source)) {
    for (const token of tokens) {
      const type = token.tokenType;
      if (skipped > 0) {
        if (type === LeftBrace) skipped++;
        else if (type === RightBrace) skipped--;
        continue;
      }
      if (type === End) {
        if (line.length > 0) yield taken(undefined);
        continue;
      }
      if (type === LeftBrace) {
        if (open.length < BLOCK_DEPTH_MAX) {
          const indent = indentAt(text, token.startOffset);
          const headless = line.length === 0;
          open.push({ brace: token, indent, suspect: undefined, headless });
          yield taken(token);
          continue;
        }
        state.report({
          code: "too-deep",
          span: place(token),
          message: `blocks are nested more than ${BLOCK_DEPTH_MAX} deep`,
        });
        blamed = true;
        if (line.length > 0) yield taken(undefined);
        skipped = 1;
        continue;
      }
      if (type === RightBrace) {
        if (line.length > 0) yield taken(undefined);
        const closed = open.pop();
        if (!closed) {
          stray(token);
          continue;
        }
        compareIndents(text, token, { closed, outer: open.at(-1), closing });
        yield { kind: "close", end: endOf(token) };
        continue;
      }
      line.push(token);
      if (blamed) continue;
      if (type === LeftParen || type === LeftBracket) parens++;
      else if (type === RightParen || type === RightBracket) parens--;
      else if (isOperator(type)) operators++;
      if (parens <= PAREN_DEPTH_MAX && operators <= OPERATORS_MAX) continue;
      state.report({
        code: "too-deep",
        span: place(token),
        message: parens > PAREN_DEPTH_MAX
          ? `parentheses are nested more than ${PAREN_DEPTH_MAX} deep`
          : `more than ${OPERATORS_MAX} operators in one statement`,
        hint: "use `let` to name a part of it",
      });
      blamed = true;
    }
  }
  if (line.length > 0) yield taken(undefined);
  for (const one of open.reverse()) {
    neverClosed(one);
    yield { kind: "close", end: text.length };
  }
}

/**
 * Where a `}` begins its line, its indentation should be that of the line with its `{`. Where braces turn out
 * not to match, the first pair that differs shows which one was forgotten or is too many.
 */
function compareIndents(
  text: string,
  token: IToken,
  { closed, outer, closing }: {
    readonly closed: Open;
    readonly outer: Open | undefined;
    readonly closing: Closing;
  },
): void {
  if (!firstOnLine(text, token.startOffset)) return;
  const indent = indentAt(text, token.startOffset);
  if (indent < closed.indent && outer) {
    outer.suspect ??= closed.suspect ?? closed.brace;
  }
  if (indent > closed.indent) closing.suspect ??= token;
}

function isOperator(type: TokenType): boolean {
  return type.CATEGORIES?.[0]?.name === "Operator";
}
