/**
 * What is said of a line that the grammar does not take: the wrong word, what can stand there, and the nearest of it.
 *
 * @module
 */
import type { IToken, TokenType } from "chevrotain";
import type { Named } from "../../forms/form.ts";
import { NAMED, SCRIPT_FORMS } from "../../forms/tables.ts";
import { fail } from "../../problem.ts";
import { isVendor } from "../../vendors.ts";
import { span } from "../../source.ts";
import { statementRow, VIEW_WORDS } from "../../statements.ts";
import { listed, type Suggestion, suggestion } from "../../suggest.ts";
import type { ShapeError } from "../grammar/line_parser.ts";
import {
  BadNumber,
  BadString,
  Comparison,
  Equals,
  HasNoOperand,
  HasOperand,
  HasPrefix,
  MayHaveOperand,
  MayWriteRegister,
  ReadsRegister,
  Stray,
  View,
  Word,
  wordsOfType,
  WritesRegister,
} from "../tokens.ts";
import { instructionRow, INSTRUCTIONS } from "../../instructions.ts";
import { endOf } from "../scan.ts";
import { failKnownInOneLine } from "./known_in_one_line.ts";
import type { Parts } from "./parts.ts";

/** Statements after whose word a name can stand as well as a word of the grammar. */
const WITH_NAMES: readonly string[] = SCRIPT_FORMS.flatMap((form) =>
  form.mayBeName ? form.begins : []
);

/** What can follow such a statement's word: nearly one of these is a misspelt one. */
function wordsAfter(statement: string): readonly string[] {
  const words = statementRow(statement)?.words ?? [];
  return [...VIEW_WORDS, ...words.filter((word) => word !== "on")];
}

/** The category of an instruction's word, for the words of a message. */
const INSTRUCTION_CATEGORIES: readonly unknown[] = [
  WritesRegister,
  MayWriteRegister,
  ReadsRegister,
  HasOperand,
  MayHaveOperand,
  HasNoOperand,
  HasPrefix,
];

/** Kinds of tokens, with their articles: a word of the grammar stands as it is. */
const KINDS: Readonly<Record<string, string>> = {
  name: "a name",
  word: "a word",
  number: "a number",
  comparison: "a comparison",
  view: "a view",
  '"text"': 'a "text"',
  "end of the statement": "the end of the statement",
};

function labelOf({ LABEL, name }: TokenType): string {
  const label = LABEL ?? name;
  return Object.hasOwn(KINDS, label) ? KINDS[label] : label;
}

function labels({ expected }: ShapeError): string[] {
  const words = expected.flatMap((type) =>
    INSTRUCTION_CATEGORIES.includes(type) ? [] : wordsOf(type)
  );
  const isPrefixed = expected.includes(HasPrefix);
  const instructions =
    expected.some((type) => INSTRUCTION_CATEGORIES.includes(type))
      ? INSTRUCTIONS.flatMap(({ word, prefix }) =>
        isPrefixed === (prefix !== undefined) ? [word] : []
      )
      : [];
  return [...instructions, ...words];
}

/** The words that a type stands for. */
function wordsOf(type: TokenType): readonly string[] {
  return wordsOfType(type) ?? [labelOf(type)];
}

/** Fails where the grammar could not go on; `end` is where the line ends, if it is not complete. */
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
  failWithoutKernel(parts, line);
  if (token) failKnownInOneLine(parts, token);
  const expected = expectedAt(error, line);
  if (!token) {
    fail({
      code: "unexpected",
      span: span(parts.source, end, end),
      message: missingText(error, line, parts.source.text.slice(end)),
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
    message: `unexpected \`${token.image}\``,
    expected,
    ...suggestion(token.image, words),
    ...prefixHint(token, expected),
    ...quoteHint(parts, token, expected),
    ...releaseHint(parts, token, line),
    ...(compares
      ? { hint: "`==` compares, `=` gives a value", suggestion: "==" }
      : {}),
  });
}

/** An instruction without the prefix that it needs. */
function prefixHint(
  { image }: IToken,
  expected: readonly string[],
): Suggestion {
  const prefix = instructionRow(image)?.prefix;
  if (prefix === undefined || !expected.includes(prefix)) return {};
  return { hint: `write \`${prefix} ${image}\`` };
}

/** What stands without quotes where only a text in quotes can stand. */
function quoteHint(
  { source: { text } }: Parts,
  { startOffset }: IToken,
  expected: readonly string[],
): Suggestion {
  if (expected.length !== 1 || expected[0] !== KINDS['"text"']) return {};
  const [bare] = /^[\w.:/-]+/.exec(text.slice(startOffset)) ?? [];
  return bare === undefined ? {} : { hint: `write \`"${bare}"\`` };
}

/** Words and comparisons after which a release can stand. */
const BEFORE_RELEASE: readonly string[] = [
  ...["kernel", "on", ","],
  ...[">=", ">", "<=", "<", "!=", ".."],
];

/** Whether a line can name kernels: after `kernel`, or after the `on` of a test. */
function namesKernels(line: readonly IToken[]): boolean {
  return line.some(({ image }) => image === "kernel" || image === "on");
}

/** A release that is written as a number where a kernel is named. */
function releaseHint(
  parts: Parts,
  token: IToken,
  line: readonly IToken[],
): Suggestion {
  const at = line.indexOf(token);
  const before = line[at - 1]?.image ?? "";
  if (!BEFORE_RELEASE.includes(before)) return {};
  if (!namesKernels(line.slice(0, at))) return {};
  const rest = parts.source.text.slice(token.startOffset);
  const [release] = /^\d+\.\d+(?:\.\d+)?/.exec(rest) ?? [];
  return release === undefined ? {} : { hint: `write \`linux-${release}\`` };
}

const A_CHANGE: Named = { what: "a change" };

/** Names that the grammar leaves open, by the word before them. */
const NAMES: Readonly<Record<string, Named>> = {
  ...NAMED,
  as: { what: "a name" },
  on: { what: "a kernel" },
  with: A_CHANGE,
  without: A_CHANGE,
  ".": { what: "a field" },
};

/** What is named where a line failed; undefined if that is no place for a name. */
function namedAt(
  error: ShapeError,
  line: readonly IToken[],
): Named | undefined {
  const last = error.token ? line[line.indexOf(error.token) - 1] : line.at(-1);
  return last && Object.hasOwn(NAMES, last.image)
    ? NAMES[last.image]
    : undefined;
}

/** What is expected: a bare name is called by what it names, or is one of the words that it can be. */
function expectedAt(
  error: ShapeError,
  line: readonly IToken[],
): readonly string[] {
  const named = namedAt(error, line);
  // A hash may look like a number; it names a change.
  if (named === A_CHANGE) return [named.what];
  return labels(error).flatMap((label) =>
    label === KINDS.name && named !== undefined
      ? named.words ?? [named.what]
      : [label]
  );
}

/** What is missing, and where. */
function missingText(
  error: ShapeError,
  line: readonly IToken[],
  after: string,
): string {
  const [label, ...more] = labels(error);
  const found = namedAt(error, line);
  if (label === undefined || more.length > 0 && found !== A_CHANGE) {
    return "the statement is not complete";
  }
  const named = label === KINDS.name || found === A_CHANGE ? found : undefined;
  if (named?.words) return `expected ${named.what}: ${listed(named.words)}`;
  const what = named?.what ?? label;
  const isPhrase = /^\w+ ["\w]/.test(what);
  const [, next] = /^[^\S\n]*([{};])/.exec(after) ?? [];
  const place = next === undefined
    ? "at the end of the line"
    : `before \`${next}\``;
  return `expected ${isPhrase ? what : `\`${what}\``} ${place}`;
}

/** Whether a word after `require` is of a test that only `expect` has. */
function isOnlyExpected(statement: string, word: string): boolean {
  return statement === "require" && wordsAfter("expect").includes(word) &&
    !wordsAfter(statement).includes(word);
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
  if (token !== next || !word) return;
  const isWord = word.tokenType === Word ||
    isOnlyExpected(statement.image, word.image);
  if (!isWord) return;
  const words = wordsAfter(statement.image);
  const meant = isOnlyExpected(statement.image, word.image)
    ? { hint: `only \`expect\` tests \`${word.image}\`` }
    : statement.image === "require" && isVendor(word.image)
    ? { hint: `write \`require kernel ${word.image}\`` }
    : suggestion(word.image, words);
  if (meant.hint === undefined) return;
  fail({
    code: "unexpected",
    span: parts.spanOf(word),
    message: `unexpected \`${word.image}\``,
    expected: words,
    ...meant,
  });
}

/** Rejects `require with CHANGE`: a change is of a kernel. */
function failWithoutKernel(parts: Parts, line: readonly IToken[]): void {
  const [statement, word] = line;
  if (statement?.image !== "require" || !word) return;
  if (word.image !== "with" && word.image !== "without") return;
  const rest = parts.source.text.slice(endOf(word));
  const [change] = /^[ \t]+\w[\w-]*/.exec(rest) ?? [" CHANGE"];
  fail({
    code: "unexpected",
    span: parts.spanOf(word),
    message: `unexpected \`${word.image}\``,
    expected: wordsAfter(statement.image),
    hint: `write \`require kernel ${word.image} ${change.trim()}\``,
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
        "0x with hexadecimal digits",
        "0b with binary digits",
      ],
      hint: "`_` is allowed between digits",
    });
  }
  if (token.tokenType === BadString) {
    fail({
      code: "unclosed-string",
      span,
      message: 'the string has no closing `"`',
    });
  }
}
