/**
 * What is said of a line that the grammar does not take: the wrong word, what can stand there, and the nearest of it.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import { fail } from "../../problem.ts";
import { span } from "../../source.ts";
import { statementRow, VIEW_WORDS } from "../../statements.ts";
import { didYouMean } from "../../suggest.ts";
import type { ShapeError } from "../parser.ts";
import {
  BadNumber,
  BadString,
  Comparison,
  Equals,
  HasNoOperand,
  HasOperand,
  MayHaveOperand,
  Name,
  ReadsRegister,
  Stray,
  View,
  Word,
  WritesRegister,
} from "../tokens.ts";
import { INSTRUCTIONS } from "../../instructions.ts";
import type { Parts } from "./parts.ts";

/** Statements after whose word a name can stand as well as a word of the grammar. */
const WITH_NAMES = ["expect", "show"];

/** What can follow such a statement's word: nearly one of these is a misspelt one. */
function wordsAfter(statement: string): readonly string[] {
  const words = statementRow(statement)?.words ?? [];
  return [...VIEW_WORDS, ...words.filter((word) => word !== "on")];
}

/** The category of an instruction's word, for the words of a message. */
const INSTRUCTION_CATEGORIES: readonly unknown[] = [
  WritesRegister,
  ReadsRegister,
  HasOperand,
  MayHaveOperand,
  HasNoOperand,
];

function labels({ expected }: ShapeError): string[] {
  const words = expected.flatMap((type) =>
    INSTRUCTION_CATEGORIES.includes(type) ? [] : [type.LABEL ?? type.name]
  );
  const instructions =
    expected.some((type) => INSTRUCTION_CATEGORIES.includes(type))
      ? INSTRUCTIONS.map(({ word }) => word)
      : [];
  return [...instructions, ...words];
}

/** Fails where the grammar could not go on; `end` is where the line ends, if it ends too early. */
export function failShape(
  parts: Parts,
  error: ShapeError,
  { end, line }: {
    readonly end: number;
    /** The tokens of the line, if it is one. */
    readonly line: readonly IToken[];
  },
): never {
  const { token } = error;
  failMisspelt(parts, token, line);
  const expected = expectedAt(error, line);
  if (!token) {
    fail({
      code: "unexpected",
      span: span(parts.source, end, end),
      message: missingText(expected),
      expected,
    });
  }
  failLexical(parts, token);
  const compares = token.tokenType === Equals &&
    error.expected.includes(Comparison);
  const words = expected.filter((word) => /^\w+$/.test(word));
  if (error.expected.includes(View)) words.push(...VIEW_WORDS);
  fail({
    code: "unexpected",
    span: parts.spanOf(token),
    message: `\`${token.image}\` cannot stand here`,
    expected,
    hint: compares
      ? "`==` compares, `=` gives a value"
      : didYouMean(token.image, words),
  });
}

/** Names that the grammar leaves open, by the word before them. */
const NAMED: Readonly<Record<string, string>> = {
  exit: "an exit reason",
  exception: "an exception",
  exceptions: "an exception",
  error: "an errno",
  kernel: "a kernel",
  arch: "an architecture",
  handler: "what the handler does",
  let: "a name",
  for: "a name",
  as: "a name",
  choose: "a name",
  check: "a capability",
  never: "a property",
  on: "a kernel",
  with: "a change",
  without: "a change",
  cost: "a counter",
  write: "a register",
  read: "a register",
  get: "a register",
  ".": "a field",
};

/** What is expected: a bare name is called by what it names. */
function expectedAt(
  error: ShapeError,
  line: readonly IToken[],
): readonly string[] {
  const last = error.token ? line[line.indexOf(error.token) - 1] : line.at(-1);
  const named = last && Object.hasOwn(NAMED, last.image)
    ? NAMED[last.image]
    : undefined;
  // A hash may look like a number; it is a change all the same.
  if (named === NAMED.with) return [named];
  return labels(error).map((label) =>
    label === Name.LABEL && named !== undefined ? named : label
  );
}

function missingText(expected: readonly string[]): string {
  const [one, ...more] = expected;
  return one !== undefined && more.length === 0
    ? `expected ${
      /^\w+ \w/.test(one) ? one : `\`${one}\``
    } at the end of the line`
    : "the statement is not complete";
}

/**
 * A misspelt word after `expect` or `show` begins an expression or a register as well, and the grammar only fails
 * after it. The word is what is wrong then, if it is nearly one that can stand there.
 */
export function failMisspelt(
  parts: Parts,
  token: IToken | undefined,
  line: readonly IToken[],
): void {
  // In an explore block, `always` or `finally` goes before.
  const from = line.at(1)?.image === "expect" ? 1 : 0;
  const [statement, word, next] = line.slice(from);
  if (!statement || !WITH_NAMES.includes(statement.image)) return;
  // What failed stands right after the word, or is missing there.
  if (token !== next || word?.tokenType !== Word) return;
  const words = wordsAfter(statement.image);
  const hint = didYouMean(word.image, words);
  if (hint === undefined) return;
  fail({
    code: "unexpected",
    span: parts.spanOf(word),
    message: `\`${word.image}\` cannot stand here`,
    expected: words,
    hint,
  });
}

/** Rejects a token that is wrong wherever it stands. */
export function failLexical(parts: Parts, token: IToken): void {
  const span = parts.spanOf(token);
  if (token.tokenType === Stray) {
    fail({
      code: "stray-character",
      span,
      message: `\`${token.image}\` is not a character of the language`,
    });
  }
  if (token.tokenType === BadNumber) {
    fail({
      code: "malformed-number",
      span,
      message: `\`${token.image}\` is not a number`,
      expected: [
        "decimal digits",
        "0x and hexadecimal digits",
        "0b and 0 or 1",
      ],
      hint: "`_` may stand between digits",
    });
  }
  if (token.tokenType === BadString) {
    fail({
      code: "unclosed-string",
      span,
      message: 'the text has no closing `"`',
    });
  }
}
