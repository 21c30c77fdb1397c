/**
 * Between lexer and parser: each line gets its `End` and braces are made to match, so that the grammar never
 * meets a stray or a missing one. What was wrong with them is a diagnostic already. The result comes one
 * top-level line at a time, with its block.
 *
 * @module
 */
import type { IToken, TokenType } from "chevrotain";
import type { Diagnostic } from "./diagnostics.ts";
import { BLOCK_DEPTH_MAX, OPERATORS_MAX, PAREN_DEPTH_MAX } from "./limits.ts";
import { endOf, scan } from "./scan.ts";
import { type Source, span } from "./source.ts";
import {
  End,
  keywordType,
  LeftBrace,
  LeftBracket,
  LeftParen,
  RightBrace,
  RightBracket,
  RightParen,
} from "./tokens.ts";

/** One line outside all blocks, with its block. */
export interface Chunk {
  /** What the grammar's `line` takes, whole. */
  readonly tokens: readonly IToken[];
  /** First tokens of lines that have a diagnostic from here; nothing more is to be said about them. */
  readonly blamed: ReadonlySet<IToken>;
}

/** What is wrong with the braces, and everything else found on the way. */
export interface Balance {
  readonly report: (problem: Diagnostic) => void;
  /** Set if braces did not match: then nobody knows what is inside what. */
  unbalanced: boolean;
}

/** A brace that is open. */
interface Open {
  readonly brace: IToken;
  /** Indentation of the line on which it stands. */
  readonly indent: number;
  readonly scenario: boolean;
  /** An inner brace whose `}` stood so far left that it may have been meant for this one. */
  suspect: IToken | undefined;
}

function synthetic(type: TokenType, offset: number): IToken {
  return {
    image: "",
    startOffset: offset,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx!,
  } as IToken;
}

/** Blanks before the first character of the line that holds an offset. */
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

/** Whether only blanks stand before an offset on its line. */
function firstOnLine(text: string, offset: number): boolean {
  return lineStartBefore(text, offset) + indentAt(text, offset) === offset;
}

/** Cuts a text into top-level lines with their blocks; see the module's comment. */
export function* balance(source: Source, state: Balance): Generator<Chunk> {
  const { text } = source;
  const Scenario = keywordType("scenario");
  let out: IToken[] = [];
  let blamed = new Set<IToken>();
  const open: Open[] = [];
  /** First token of the line that is being read. */
  let first: IToken | undefined;
  let parens = 0;
  let operators = 0;
  /** Braces open inside a block that is too deep, which is left out whole. */
  let skipped = 0;
  /** The rest of the line is left out. */
  let skipLine = false;
  /** A `}` indented further than the line of the brace that it closed: it may be the one too many. */
  let suspectClose: IToken | undefined;

  const place = (token: IToken) =>
    span(source, token.startOffset, Math.max(endOf(token), token.startOffset));
  const newLine = () => {
    first = undefined;
    parens = 0;
    operators = 0;
    skipLine = false;
  };
  const end = (token: IToken) => {
    const last = out.at(-1);
    if (first !== undefined || (last && last.tokenType !== End)) {
      if (
        first !== undefined ||
        (last!.tokenType !== LeftBrace && last!.tokenType !== RightBrace)
      ) out.push(token);
    }
    newLine();
  };
  const chunk = (): Chunk => {
    const done = { tokens: out, blamed };
    out = [];
    blamed = new Set();
    return done;
  };
  const blame = (problem: Diagnostic) => {
    state.report(problem);
    if (first) blamed.add(first);
  };
  const neverClosed = ({ brace, suspect }: Open) => {
    state.unbalanced = true;
    state.report({
      code: "unclosed-brace",
      span: place(suspect ?? brace),
      message: "{ is never closed",
      expected: ["}"],
    });
  };
  const closeOpen = (offset: number) => {
    end(synthetic(End, offset));
    out.push(synthetic(RightBrace, offset));
  };

  for (const piece of scan(source)) {
    for (const token of piece) {
      const type = token.tokenType;
      if (skipped > 0) {
        if (type === LeftBrace) skipped++;
        else if (type === RightBrace && --skipped === 0) {
          end(synthetic(End, token.startOffset));
        }
        continue;
      }
      if (type === End) {
        end(token);
        if (open.length === 0 && out.length > 0) yield chunk();
      } else if (type === LeftBrace) {
        if (open.length >= BLOCK_DEPTH_MAX) {
          blame({
            code: "too-deep",
            span: place(token),
            message: `Blocks are nested more than ${BLOCK_DEPTH_MAX} deep`,
          });
          skipped = 1;
          continue;
        }
        open.push({
          brace: token,
          indent: indentAt(text, token.startOffset),
          scenario: first?.tokenType === Scenario,
          suspect: undefined,
        });
        out.push(token);
        newLine();
      } else if (type === RightBrace) {
        end(synthetic(End, token.startOffset));
        const closed = open.pop();
        if (!closed) {
          state.unbalanced = true;
          state.report({
            code: "stray-brace",
            span: place(suspectClose ?? token),
            message: "} closes nothing",
          });
          suspectClose = undefined;
          if (out.length > 0) yield chunk();
          continue;
        }
        out.push(token);
        if (firstOnLine(text, token.startOffset)) {
          const indent = indentAt(text, token.startOffset);
          const outer = open.at(-1);
          if (indent < closed.indent && outer) {
            outer.suspect ??= closed.suspect ?? closed.brace;
          }
          if (indent > closed.indent) suspectClose ??= token;
        }
        if (open.length === 0) yield chunk();
      } else {
        if (skipLine) continue;
        if (first === undefined) {
          if (type === Scenario && open.length > 0) {
            // A scenario as far left as the one around it: that one lacks its brace.
            const around = open.findIndex(({ scenario }) => scenario);
            if (
              around >= 0 && firstOnLine(text, token.startOffset) &&
              indentAt(text, token.startOffset) <= open[around].indent
            ) {
              const inner = open.splice(around);
              for (const one of inner) neverClosed(one);
              for (const _ of inner) closeOpen(token.startOffset);
              if (open.length === 0) yield chunk();
            }
          }
          first = token;
        }
        if (type === LeftParen || type === LeftBracket) parens++;
        else if (type === RightParen || type === RightBracket) parens--;
        else if (isOperator(type)) operators++;
        if (parens > PAREN_DEPTH_MAX || operators > OPERATORS_MAX) {
          blame({
            code: "too-deep",
            span: place(token),
            message: parens > PAREN_DEPTH_MAX
              ? `Parentheses are nested more than ${PAREN_DEPTH_MAX} deep`
              : `More than ${OPERATORS_MAX} operators in one statement`,
            hint: "let can name a part",
          });
          skipLine = true;
          continue;
        }
        out.push(token);
      }
    }
  }
  end(synthetic(End, text.length));
  for (const one of open.splice(0).reverse()) {
    neverClosed(one);
    closeOpen(text.length);
  }
  if (out.length > 0) yield chunk();
}

function isOperator(type: TokenType): boolean {
  return type.CATEGORIES?.[0]?.name === "Operator";
}
