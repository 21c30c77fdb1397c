/**
 * The vocabulary of the grammar. Every token has a label that people understand: messages and completion
 * show it.
 *
 * The lexer knows words as one token; `KEYWORDS` then gives those that the grammar names their own type. A
 * keyword is also a `Name`, so that it can stand where a name is wanted.
 *
 * @module
 */
import { type ITokenConfig, Lexer, type TokenType } from "chevrotain";
import { type InstructionRow, INSTRUCTIONS, REPEATS } from "../instructions.ts";
import { STATEMENTS, VIEW_WORDS, wordsOfForm } from "../statements.ts";

/**
 * A token type as chevrotain's `createToken()` makes it, but that its number and what it knows of its categories is
 * worked out once for all by the parser, not anew for each.
 */
function createToken(
  { name, label, pattern, group, categories = [], start_chars_hint }:
    & ITokenConfig
    & { readonly categories?: TokenType[] },
): TokenType {
  const type: TokenType = { name, PATTERN: pattern, CATEGORIES: categories };
  if (label !== undefined) type.LABEL = label;
  if (group !== undefined) type.GROUP = group;
  if (start_chars_hint !== undefined) type.START_CHARS_HINT = start_chars_hint;
  return type;
}

/** Characters from one to another, as hints of what a token begins with. */
function range(first: string, last: string): string[] {
  const from = first.charCodeAt(0);
  return Array.from(
    { length: last.charCodeAt(0) - from + 1 },
    (_, index) => String.fromCharCode(from + index),
  );
}

const DIGITS = range("0", "9");

/** Everything that can stand inside a line: all tokens but `End` and braces. */
export const Inline: TokenType = createToken({
  name: "Inline",
  label: "word",
  pattern: Lexer.NA,
});

/** Any word, keywords included. */
export const Name: TokenType = createToken({
  name: "Name",
  label: "name",
  pattern: Lexer.NA,
  categories: [Inline],
});

/** An operator of expressions. */
export const Operator: TokenType = createToken({
  name: "Operator",
  label: "operator",
  pattern: Lexer.NA,
  categories: [Inline],
});

/** `==` and the like. */
export const Comparison: TokenType = createToken({
  name: "Comparison",
  label: "comparison",
  pattern: Lexer.NA,
  categories: [Inline],
});

/** `guest`, `user`, `hw`, `cpu`, `kvm`. */
export const View: TokenType = createToken({
  name: "View",
  label: "view",
  pattern: Lexer.NA,
  categories: [Name],
});

/** Spaces within a line. */
export const Blank: TokenType = createToken({
  name: "Blank",
  pattern: /[ \t\v\f\u00a0\ufeff]+/,
  start_chars_hint: [" ", "\t", "\v", "\f", "\u00a0", "\ufeff"],
  group: Lexer.SKIPPED,
});

/** `# …` to the end of the line; kept aside for the formatter. */
export const Comment: TokenType = createToken({
  name: "Comment",
  label: "comment",
  pattern: /#[^\r\n]*/,
  start_chars_hint: ["#"],
  group: "comments",
});

/** A newline or `;`. */
export const End: TokenType = createToken({
  name: "End",
  label: "end of the statement",
  pattern: /\r\n|[\r\n;]/,
  start_chars_hint: ["\r", "\n", ";"],
});

/** `{` */
export const LeftBrace: TokenType = createToken({
  name: "LeftBrace",
  label: "{",
  pattern: /\{/,
});

/** `}` */
export const RightBrace: TokenType = createToken({
  name: "RightBrace",
  label: "}",
  pattern: /\}/,
});

/** A word; a hyphen without spaces joins, and a version may follow it: `linux-5.4.120`, `linked-address`. */
export const Word: TokenType = createToken({
  name: "Word",
  label: "name",
  pattern: /[A-Za-z_]\w*(?:-\w+(?:\.\d\w*)*)*/,
  start_chars_hint: [...range("A", "Z"), ...range("a", "z"), "_"],
  categories: [Name],
});

/** A number. */
export const NumberToken: TokenType = createToken({
  name: "NumberToken",
  label: "number",
  pattern:
    /(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*|[0-9]+(?:_[0-9]+)*)(?!\w)/,
  start_chars_hint: DIGITS,
  categories: [Inline],
});

/** Digits that make no number. */
export const BadNumber: TokenType = createToken({
  name: "BadNumber",
  label: "malformed number",
  pattern: /[0-9]\w*/,
  start_chars_hint: DIGITS,
  categories: [Inline],
});

/** A text in quotes. */
export const StringToken: TokenType = createToken({
  name: "StringToken",
  label: '"text"',
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  start_chars_hint: ['"'],
  categories: [Inline],
});

/** A text whose quote is not closed on its line. */
export const BadString: TokenType = createToken({
  name: "BadString",
  label: "unclosed text",
  pattern: /"[^\r\n]*/,
  start_chars_hint: ['"'],
  categories: [Inline],
});

/** A character that the language does not have. */
export const Stray: TokenType = createToken({
  name: "Stray",
  label: "stray character",
  // deno-lint-ignore no-control-regex -- any character at all
  pattern: /[\ud800-\udbff][\udc00-\udfff]|[\u0000-\uffff]/,
  categories: [Inline],
});

function symbol(name: string, text: string, category: TokenType): TokenType {
  return createToken({
    name,
    label: text,
    pattern: text,
    categories: [category],
  });
}

/** `@` */
export const At: TokenType = symbol("At", "@", Inline);
/** `=` */
export const Equals: TokenType = symbol("Equals", "=", Inline);
/** `.` */
export const Dot: TokenType = symbol("Dot", ".", Inline);
/** `..` */
export const DotDot: TokenType = symbol("DotDot", "..", Inline);
/** `,` */
export const Comma: TokenType = symbol("Comma", ",", Inline);
/** `(` */
export const LeftParen: TokenType = symbol("LeftParen", "(", Inline);
/** `)` */
export const RightParen: TokenType = symbol("RightParen", ")", Inline);
/** `[` */
export const LeftBracket: TokenType = symbol("LeftBracket", "[", Inline);
/** `]` */
export const RightBracket: TokenType = symbol("RightBracket", "]", Inline);
/** `*`, an operator, and in patterns any run of characters. */
export const Star: TokenType = symbol("Star", "*", Operator);
/** `-`, with spaces around it. */
export const Minus: TokenType = symbol("Minus", "-", Operator);

const OPERATORS: readonly TokenType[] = [
  symbol("ShiftLeft", "<<", Operator),
  symbol("ShiftRight", ">>", Operator),
  symbol("Pipe", "|", Operator),
  symbol("Caret", "^", Operator),
  symbol("Ampersand", "&", Operator),
  symbol("Plus", "+", Operator),
  Minus,
  Star,
  symbol("Slash", "/", Operator),
  symbol("Percent", "%", Operator),
];

const COMPARISONS: readonly TokenType[] = [
  symbol("Equal", "==", Comparison),
  symbol("NotEqual", "!=", Comparison),
  symbol("LessOrEqual", "<=", Comparison),
  symbol("GreaterOrEqual", ">=", Comparison),
  symbol("Less", "<", Comparison),
  symbol("Greater", ">", Comparison),
];

/** A category of words that have the same after them. */
function wordCategory(name: string, label: string): TokenType {
  return createToken({
    name,
    label,
    pattern: Lexer.NA,
    categories: [Name],
  });
}

/** Instructions that write a register. */
export const WritesRegister: TokenType = wordCategory(
  "WritesRegister",
  "instruction",
);
/** Instructions that read a register. */
export const ReadsRegister: TokenType = wordCategory(
  "ReadsRegister",
  "instruction",
);
/** Instructions that write a register, or none if it is left out. */
export const MayWriteRegister: TokenType = wordCategory(
  "MayWriteRegister",
  "instruction",
);
/** Instructions with an operand. */
export const HasOperand: TokenType = wordCategory("HasOperand", "instruction");
/** Instructions whose operand may be left out. */
export const MayHaveOperand: TokenType = wordCategory(
  "MayHaveOperand",
  "instruction",
);
/** Instructions without an operand, with something to read that can have a name. */
export const ReadsOne: TokenType = wordCategory("ReadsOne", "instruction");
/** Instructions with an operand, and a status that can have a name. */
export const HasStatus: TokenType = wordCategory("HasStatus", "instruction");
/** Instructions that a prefix stands before, with an operand. */
export const HasPrefix: TokenType = wordCategory("HasPrefix", "instruction");
/** Instructions without an operand. */
export const HasNoOperand: TokenType = wordCategory(
  "HasNoOperand",
  "instruction",
);
/** Statements that share a form, by the form. */
const OF_FORM: ReadonlyMap<string, TokenType> = new Map(
  STATEMENTS.flatMap(({ form }) => form === undefined ? [] : [form]).map((
    form,
  ) => [form, wordCategory(`Form_${form}`, "statement")]),
);

/**
 * The category of the words of a form that several statements share.
 *
 * @throws {RangeError} if no row has the form
 */
export function wordsOfFormType(form: string): TokenType {
  const type = OF_FORM.get(form);
  if (!type) throw new RangeError(`no statement has the form ${form}`);
  return type;
}

/** The words of such a category; undefined for any other type. */
export function wordsOfType(type: TokenType): readonly string[] | undefined {
  const found = [...OF_FORM].find(([, one]) => one === type);
  return found && wordsOfForm(found[0]);
}

function categoryOf(
  { register, mayNameNone, reads, operand, hasStatus, prefix }: InstructionRow,
): TokenType {
  if (prefix) return HasPrefix;
  if (reads || hasStatus && !operand) return ReadsOne;
  if (hasStatus) return HasStatus;
  if (mayNameNone) return MayWriteRegister;
  if (register) return register === "write" ? WritesRegister : ReadsRegister;
  if (!operand) return HasNoOperand;
  return operand.isOptional ? MayHaveOperand : HasOperand;
}

function keyword(text: string, category: TokenType): [string, TokenType] {
  const type = createToken({
    name: `Keyword_${text}`,
    label: text,
    pattern: Lexer.NA,
    categories: [category],
  });
  return [text, type];
}

/** Token types of the words that the grammar names, which are those of the rows of statements and instructions. */
export const KEYWORDS: ReadonlyMap<string, TokenType> = new Map([
  ...STATEMENTS.flatMap(({ word, words = [], form }) => [
    keyword(word, form === undefined ? Name : wordsOfFormType(form)),
    ...words.map((text) => keyword(text, Name)),
  ]),
  ...INSTRUCTIONS.map((row) => keyword(row.word, categoryOf(row))),
  keyword(REPEATS, Name),
  ...VIEW_WORDS.map((text) => keyword(text, View)),
]);

/**
 * The token type of a keyword.
 *
 * @throws {RangeError} if it is none: a mistake in the grammar
 */
export function keywordType(text: string): TokenType {
  const type = KEYWORDS.get(text);
  if (!type) throw new RangeError(`${text} is not a keyword`);
  return type;
}

/** All token types, in matching order; categories and keywords, which are never matched, last. */
export const TOKENS: readonly TokenType[] = [
  Blank,
  Comment,
  End,
  Word,
  NumberToken,
  BadNumber,
  StringToken,
  BadString,
  LeftBrace,
  RightBrace,
  ...COMPARISONS.slice(0, 4),
  ...OPERATORS.slice(0, 2),
  ...COMPARISONS.slice(4),
  ...OPERATORS.slice(2),
  Equals,
  At,
  DotDot,
  Dot,
  Comma,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  Stray,
  Inline,
  Name,
  Operator,
  Comparison,
  View,
  WritesRegister,
  MayWriteRegister,
  ReadsRegister,
  HasOperand,
  MayHaveOperand,
  HasPrefix,
  HasNoOperand,
  ...OF_FORM.values(),
  ...KEYWORDS.values(),
];
