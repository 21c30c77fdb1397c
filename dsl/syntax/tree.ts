/**
 * From the concrete tree, which mirrors the grammar, to the syntax tree.
 *
 * A line has one diagnostic at most: the first thing that is wrong with it. The functions here throw it as a
 * `LineProblem`, which `Builder` catches for each line.
 *
 * @module
 */
import type { CstElement, CstNode, IToken } from "chevrotain";
import type {
  BinaryOperator,
  Choice,
  Comparison,
  CountSetting,
  DebugRequest,
  Expectation,
  Expr,
  FieldSetting,
  File,
  Happening,
  HostAction,
  HostActionStatement,
  HostStatement,
  Instruction,
  Name,
  Placement,
  PlainOperation,
  RegisterPattern,
  RegisterRef,
  RegisterSetting,
  Statement,
  StringLiteral,
  Template,
  Undef,
  UserOperation,
  ViewName,
  ViewRef,
  WordSetting,
} from "./nodes.ts";
import type { Piece } from "./balance.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { OPERATORS_MAX, PAREN_DEPTH_MAX } from "../limits.ts";
import { fail, LineProblem } from "../line_problem.ts";
import type { BrokenLine, Line } from "./draft.ts";
import {
  BOUND_OPTIONS,
  DEBUG_WATCH_ON,
  HANDLER_MODES,
  HOST_WATCH_ON,
  HOST_WORDS,
  MIGRATE_MODES,
  PLACEMENT_OPTIONS,
  PREEMPT_MODES,
  RAW_INJECT,
  RAW_OPTIONS,
  RUN_FAILS,
  RUN_OPTIONS,
  RUN_STOPS,
  WATCH_OPTIONS,
} from "../options.ts";
import { VALUE_MAX } from "../resolve/expressions.ts";
import { type ShapeError, theParser } from "./parser.ts";
import { endOf, scan } from "./scan.ts";
import { joined, type Source, type Span, span } from "../source.ts";
import { AFTER, STATEMENT_WORDS, VIEW_WORDS } from "../statement_words.ts";
import { didYouMean } from "../suggest.ts";
import {
  BadNumber,
  BadString,
  Comparison as ComparisonToken,
  Equals,
  KEYWORDS,
  LeftParen,
  Operator,
  Stray,
  View,
  Word,
} from "./tokens.ts";

/** Statements of an `explore` block that have a block, and itself. */
type BlockHeader =
  | { readonly kind: "explore"; readonly span: Span }
  | {
    readonly kind: "either";
    readonly isFirst: boolean;
    readonly span: Span;
  }
  | {
    readonly kind: "program";
    readonly of: "vcpu" | "user" | "host";
    readonly index: Expr;
    readonly span: Span;
  }
  | { readonly kind: "repeat"; readonly count: Expr; readonly span: Span };

/** Kinds of statements that have a block. */
const WITH_BLOCK: ReadonlySet<string> = new Set<
  BlockHeader["kind"] | "scenario" | "for"
>([
  "scenario",
  "for",
  "explore",
  "program",
  "repeat",
  "either",
]);

/** What a statement is while its block is not built yet. */
type Header =
  | Exclude<
    Statement,
    {
      readonly kind: "scenario" | "for" | "include" | BlockHeader["kind"];
    }
  >
  | BlockHeader
  | { readonly kind: "scenario"; readonly name: Template; readonly span: Span }
  | {
    readonly kind: "for";
    readonly variable: Name;
    readonly from: Expr;
    readonly to: Expr;
    readonly span: Span;
  }
  | {
    readonly kind: "include";
    readonly path: StringLiteral;
    readonly span: Span;
  };

/** A header that a block follows. */
type Opener =
  | BlockHeader
  | Extract<Header, { readonly kind: "scenario" | "for" }>;

/** A header that needs no block. */
type LineHeader = Exclude<Header, Opener>;

function opensBlock(header: Header): header is Opener {
  return WITH_BLOCK.has(header.kind);
}

// ---- Reading the concrete tree ----------------------------------------------------------------------

function elements(
  node: CstNode,
  name: string,
): readonly CstElement[] | undefined {
  return node.children[name];
}

function nodes(node: CstNode, name: string): readonly CstNode[] {
  return (elements(node, name) ?? []) as readonly CstNode[];
}

function tokens(node: CstNode, name: string): readonly IToken[] {
  return (elements(node, name) ?? []) as readonly IToken[];
}

/** A child that a line without errors always has. */
function sub(node: CstNode, name: string): CstNode {
  return elements(node, name)![0] as CstNode;
}

function optional(node: CstNode, name: string): CstNode | undefined {
  return elements(node, name)?.[0] as CstNode | undefined;
}

/** Which of its alternatives a node has. */
function firstKey(node: CstNode): string {
  for (const key in node.children) {
    if (Object.hasOwn(node.children, key)) return key;
  }
  throw new RangeError(`${node.name} is empty`);
}

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  "|": 1,
  "^": 2,
  "&": 3,
  "<<": 4,
  ">>": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** `name=value` as the grammar has it. */
interface Argument {
  readonly register: RegisterRef;
  readonly value: Expr;
  readonly span: Span;
}

/** Parts of lines of one source. */
class Parts {
  constructor(readonly source: Source) {}

  spanOf(token: IToken): Span {
    return span(this.source, token.startOffset, endOf(token));
  }

  name(token: IToken): Name {
    return { text: token.image, span: this.spanOf(token) };
  }

  nameIn(node: CstNode, key = "Name"): Name {
    return this.name(tokens(node, key)[0]);
  }

  number(token: IToken): Expr {
    const digits = token.image;
    const value = BigInt(
      digits.includes("_") ? digits.replaceAll("_", "") : digits,
    );
    if (value > VALUE_MAX) {
      fail({
        code: "number-too-large",
        span: this.spanOf(token),
        message: `${token.image} does not fit 64 bits`,
      });
    }
    return { kind: "number", value, span: this.spanOf(token) };
  }

  operand(node: CstNode): Expr {
    const inner = optional(node, "expression");
    if (inner) {
      const open = tokens(node, "LeftParen")[0];
      const close = tokens(node, "RightParen")[0];
      return {
        ...this.expression(inner),
        span: joined(this.spanOf(open), this.spanOf(close)),
      };
    }
    const number = tokens(node, "NumberToken")[0];
    if (number) return this.number(number);
    const { text, span } = this.nameIn(node);
    return { kind: "name", text, span };
  }

  expression(node: CstNode): Expr {
    const operands = nodes(node, "operand");
    const operators = tokens(node, "Operator");
    if (operators.length === 0) return this.operand(operands[0]);
    const values: Expr[] = [this.operand(operands[0])];
    const waiting: BinaryOperator[] = [];
    const reduce = () => {
      const right = values.pop()!;
      const left = values.pop()!;
      values.push({
        kind: "binary",
        operator: waiting.pop()!,
        left,
        right,
        span: joined(left.span, right.span),
      });
    };
    operators.forEach((token, index) => {
      const operator = token.image as BinaryOperator;
      if (operator === "-") this.#blanksAround(token);
      while (
        waiting.length > 0 &&
        PRECEDENCE[waiting.at(-1)!] >= PRECEDENCE[operator]
      ) reduce();
      waiting.push(operator);
      values.push(this.operand(operands[index + 1]));
    });
    while (waiting.length > 0) reduce();
    return values[0];
  }

  #blanksAround(minus: IToken): void {
    const { text } = this.source;
    const blank = /\s/;
    if (
      blank.test(text[minus.startOffset - 1]) && blank.test(text[endOf(minus)])
    ) return;
    fail({
      code: "blanks-around-minus",
      span: this.spanOf(minus),
      message: "Subtraction needs blanks on both sides",
      hint: "a hyphen without blanks joins a name",
    });
  }

  /** `@n` */
  at(node: CstNode): Expr | undefined {
    const at = optional(node, "at");
    return at && this.operand(sub(at, "operand"));
  }

  register(node: CstNode): RegisterRef {
    const name = this.nameIn(node);
    const index = optional(node, "expression");
    if (!index) return { name, index: undefined, span: name.span };
    return {
      name,
      index: this.expression(index),
      span: joined(name.span, this.spanOf(tokens(node, "RightBracket")[0])),
    };
  }

  view(node: CstNode): ViewRef {
    const token = tokens(node, "View")[0];
    const at = this.at(node);
    const place = this.spanOf(token);
    return {
      name: token.image as ViewName,
      at,
      span: at ? joined(place, at.span) : place,
    };
  }

  seen(
    node: CstNode,
  ): {
    readonly view: ViewRef;
    readonly register: RegisterRef;
    readonly field: Name | undefined;
  } {
    const field = tokens(node, "Name")[0];
    return {
      view: this.view(sub(node, "view")),
      register: this.register(sub(node, "register")),
      field: field && this.name(field),
    };
  }

  names(node: CstNode): Name[] {
    return tokens(sub(node, "names"), "Name").map((token) => this.name(token));
  }

  /** `as NAME` */
  as(node: CstNode): Name | undefined {
    const as = optional(node, "as");
    return as && this.defined(this.nameIn(as));
  }

  /** A name that is being defined. */
  defined(name: Name): Name {
    if (name.text === "undef") {
      fail({
        code: "reserved-name",
        span: name.span,
        message: "undef cannot be a name: it says that an access is undefined",
      });
    }
    return name;
  }

  comparison(
    node: CstNode,
  ): { readonly operator: Comparison; readonly value: Expr } {
    const part = sub(node, "comparison");
    return {
      operator: tokens(part, "Comparison")[0].image as Comparison,
      value: this.expression(sub(part, "expression")),
    };
  }

  /** A comparison whose value may be `undef`. */
  comparisonOrUndef(
    node: CstNode,
  ): { readonly operator: Comparison; readonly value: Expr | Undef } {
    const { operator, value } = this.comparison(node);
    if (value.kind !== "name" || value.text !== "undef") {
      return { operator, value };
    }
    if (operator !== "==" && operator !== "!=") {
      fail({
        code: "unexpected",
        span: value.span,
        message: `undef cannot be compared by ${operator}`,
        expected: ["==", "!="],
      });
    }
    return { operator, value: { kind: "undef", span: value.span } };
  }

  /** The `name=value` of a node's `arguments` or `settings`. */
  argumentsOf(node: CstNode, key: "arguments" | "settings"): Argument[] {
    const list = optional(node, key);
    if (!list) return [];
    return nodes(list, "argument").map((argument) => {
      const register = this.register(sub(argument, "register"));
      const value = this.expression(sub(argument, "expression"));
      return { register, value, span: joined(register.span, value.span) };
    });
  }

  /** A text in quotes, without its quotes and escapes. */
  string(token: IToken): StringLiteral {
    return { value: this.#unescaped(token), span: this.spanOf(token) };
  }

  #unescaped(token: IToken): string {
    const inner = token.image.slice(1, -1);
    return inner.includes("\\")
      ? this.#literal(inner, token.startOffset + 1)
      : inner;
  }

  #literal(text: string, offset: number): string {
    return text.replace(/\\(.)/gu, (_, character: string, at: number) => {
      if ('"\\{}'.includes(character)) return character;
      return fail({
        code: "bad-escape",
        span: span(
          this.source,
          offset + at,
          offset + at + 1 + character.length,
        ),
        message: `\\${character} means nothing`,
        expected: ['\\"', "\\\\", "\\{", "\\}"],
      });
    });
  }

  /** A text in quotes with `{EXPR}` inside. */
  template(token: IToken): Template {
    const parts: (StringLiteral | Expr)[] = [];
    const from = token.startOffset + 1;
    const inner = token.image.slice(1, -1);
    const piece = /((?:[^{}\\]|\\.)+)|\{([^{}]*)\}|[{}]/gsu;
    for (const match of inner.matchAll(piece)) {
      const [whole, text, expr] = match;
      const start = from + match.index;
      if (text !== undefined) {
        parts.push({
          value: this.#literal(text, start),
          span: span(this.source, start, start + text.length),
        });
      } else if (expr !== undefined) {
        parts.push(this.#interpolated(start + 1, start + 1 + expr.length));
      } else {
        fail({
          code: "bad-escape",
          span: span(this.source, start, start + whole.length),
          message: `${whole} in a text has no partner`,
          hint: `\\${whole} stands for itself`,
        });
      }
    }
    return { parts, span: this.spanOf(token) };
  }

  /** The expression between two offsets. */
  #interpolated(start: number, end: number): Expr {
    const { name, text } = this.source;
    const inside: IToken[] = [];
    let nested = 0;
    let operators = 0;
    for (const piece of scan({ name, text: text.slice(start, end) })) {
      for (const token of piece) {
        token.startOffset += start;
        inside.push(token);
        const { tokenType } = token;
        if (tokenType === LeftParen) nested++;
        if (tokenType.CATEGORIES?.includes(Operator)) operators++;
      }
    }
    if (nested > PAREN_DEPTH_MAX || operators > OPERATORS_MAX) {
      fail({
        code: "too-deep",
        span: span(this.source, start, end),
        message: "An expression in a text has too many parts",
        hint: "let can name a part",
      });
    }
    const { node, error } = theParser().parseExpression(inside);
    if (error) failShape(this, error, { end });
    return this.expression(node);
  }
}

/** Fails where the grammar could not go on; `end` is where it ends too early, if it does. */
function failShape(
  parts: Parts,
  error: ShapeError,
  { end, line = [] }: {
    readonly end: number;
    /** The tokens of the line, if it is one. */
    readonly line?: readonly IToken[];
  },
): never {
  const { token } = error;
  const expected = labels(error);
  failMisspelt(parts, token, line);
  if (!token) {
    fail({
      code: "unexpected",
      span: span(parts.source, end, end),
      message: "This ends too early",
      expected,
    });
  }
  failLexical(parts, token);
  const compares = token.tokenType === Equals &&
    error.expected.includes(ComparisonToken);
  const words = expected.filter((word) => /^\w+$/.test(word));
  if (error.expected.includes(View)) words.push(...VIEW_WORDS);
  fail({
    code: "unexpected",
    span: parts.spanOf(token),
    message: `${token.image} cannot stand here`,
    expected,
    hint: compares
      ? "== compares, = gives a value"
      : didYouMean(token.image, words),
  });
}

/**
 * A misspelt word after `expect` or `show` begins an expression or a register as well, and the grammar only fails
 * behind it. The word is what is wrong then, if it is nearly one that can stand there.
 */
function failMisspelt(
  parts: Parts,
  token: IToken | undefined,
  line: readonly IToken[],
): void {
  // In an explore block, `always` or `finally` goes before.
  const from = line.at(1)?.image === "expect" ? 1 : 0;
  const [statement, word, next] = line.slice(from);
  const words = statement && AFTER[statement.image];
  // What failed stands right behind the word, or is missing there.
  if (!words || token !== next || word?.tokenType !== Word) return;
  const hint = didYouMean(word.image, words);
  if (hint === undefined) return;
  fail({
    code: "unexpected",
    span: parts.spanOf(word),
    message: `${word.image} cannot stand here`,
    expected: words,
    hint,
  });
}

/** `linux-6.1` for `linux 6.1`. */
function oneWord(
  { source }: Parts,
  [statement, name, version]: readonly IToken[],
): string | undefined {
  if (statement?.image !== "kernel" || !version) return undefined;
  const rest = source.text.slice(version.startOffset);
  const [number] = /^\d+(?:\.\d+)*/.exec(rest) ?? [];
  return number && `a kernel's name is one word: ${name.image}-${number}`;
}

/** Refuses a token that is wrong wherever it stands. */
function failLexical(parts: Parts, token: IToken): void {
  const span = parts.spanOf(token);
  if (token.tokenType === Stray) {
    fail({
      code: "stray-character",
      span,
      message: `${token.image} is not a character of the language`,
    });
  }
  if (token.tokenType === BadNumber) {
    fail({
      code: "malformed-number",
      span,
      message: `${token.image} is not a number`,
      expected: [
        "decimal digits",
        "0x and hexadecimal digits",
        "0b and 0 or 1",
      ],
      hint: "_ may stand between digits",
    });
  }
  if (token.tokenType === BadString) {
    fail({
      code: "unclosed-string",
      span,
      message: 'The text lacks its closing "',
    });
  }
}

function labels({ expected }: ShapeError): string[] {
  return expected.map((type) => type.LABEL ?? type.name);
}

/** The options of a line by name; whatever is not one of them is a diagnostic. */
class Options {
  readonly #given = new Map<string, Argument>();

  constructor(
    given: readonly Argument[],
    known: readonly string[],
    /** Whose options they are, for messages. */
    readonly subject: string,
  ) {
    for (const argument of given) {
      const { name, index } = argument.register;
      if (index || !known.includes(name.text)) {
        fail({
          code: "unknown-option",
          span: argument.register.span,
          message: `${name.text}= is not an option of ${subject}`,
          expected: known.map((word) => `${word}=`),
          hint: didYouMean(name.text, known),
        });
      }
      if (this.#given.has(name.text)) failTwice(name);
      this.#given.set(name.text, argument);
    }
  }

  expr(name: string): Expr | undefined {
    return this.#given.get(name)?.value;
  }

  name(name: string): Name | undefined {
    const argument = this.#given.get(name);
    return argument && wordOf(argument);
  }

  choice<const T extends string>(
    name: string,
    words: readonly T[],
  ): Choice<T> | undefined {
    const word = this.name(name);
    return word && choiceOf(word, words, `${name}=`);
  }

  placement(): Placement {
    return {
      at: this.expr("at"),
      el: this.expr("el"),
      cpl: this.expr("cpl"),
      len: this.expr("len"),
    };
  }
}

function failTwice(name: Name): never {
  fail({
    code: "duplicate-option",
    span: name.span,
    message: `${name.text}= is given twice`,
  });
}

/** The value of an argument that must be a word. */
function wordOf({ register, value }: Argument): Name {
  if (value.kind === "name") return { text: value.text, span: value.span };
  return fail({
    code: "not-a-word",
    span: value.span,
    message: `${register.name.text}= takes a word`,
  });
}

function choiceOf<T extends string>(
  { text, span }: Name,
  words: readonly T[],
  what: string,
): Choice<T> {
  const found = words.find((word) => word === text);
  if (found !== undefined) return { text: found, span };
  return fail({
    code: "unknown-word",
    span,
    message: `${what} cannot be ${text}`,
    expected: words,
    hint: didYouMean(text, words),
  });
}

/** Refuses an index, where only a plain name can stand. */
function plainName({ register }: Argument): Name {
  if (register.index) {
    fail({
      code: "unexpected",
      span: register.index.span,
      message: `${register.name.text}= takes no index`,
    });
  }
  return register.name;
}

/** Fields, each once. */
function fieldSettings(given: readonly Argument[]): FieldSetting[] {
  const seen = new Set<string>();
  return given.map((argument) => {
    const field = plainName(argument);
    const key = field.text.toLowerCase();
    if (seen.has(key)) failTwice(field);
    seen.add(key);
    return { field, value: argument.value, span: argument.span };
  });
}

function countSettings(given: readonly Argument[]): CountSetting[] {
  return fieldSettings(given).map(({ field, value, span }) => ({
    name: field,
    value,
    span,
  }));
}

// ---- Statements -------------------------------------------------------------------------------------

/** What a `Builder` needs. */
export interface BuilderOptions {
  /** Takes the diagnostics, one a line at most. */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Gives what an `include` reads; undefined if that cannot be, which it has reported. */
  readonly include: (
    path: StringLiteral,
    place: Span,
  ) => File<Line> | undefined;
  /** Told of each statement, by the offsets of its first word. */
  readonly count: (start: number, end: number) => void;
}

/** A block that is being built. */
interface Frame {
  /** What it belongs to; undefined if that was not understood. */
  readonly header: Opener | undefined;
  /** The same as a line that was not understood. */
  readonly broken: BrokenLine;
  readonly open: Span;
  readonly statements: Line[];
}

/** Builds the lines of one source. */
export class Builder {
  readonly #parts: Parts;
  readonly #options: BuilderOptions;
  /** Blocks that are open, the innermost last. */
  readonly #frames: Frame[] = [];
  /** The lines outside all blocks. */
  readonly #lines: Line[] = [];
  /** A header that lacks its block, until the next line shows whether it begins with one. */
  #waiting: Pick<Frame, "header" | "broken"> | undefined;

  /** @param source what is read */
  constructor(readonly source: Source, options: BuilderOptions) {
    this.#parts = new Parts(source);
    this.#options = options;
  }

  /** Takes the next piece. */
  add(piece: Piece): void {
    if (piece.kind === "close") {
      this.#close(piece.end);
      return;
    }
    const { tokens, brace } = piece;
    if (tokens.length === 0) {
      this.#headless(brace!);
      return;
    }
    this.#flush();
    this.#options.count(tokens[0].startOffset, endOf(tokens[0]));
    const header = piece.blamed ? undefined : this.#header(tokens);
    const opener = header && opensBlock(header) ? header : undefined;
    if (!brace) {
      if (!header) this.#push(this.#broken(tokens));
      else if (opensBlock(header)) {
        this.#waiting = { header, broken: this.#broken(tokens) };
      } else this.#push(this.#complete(header));
      return;
    }
    if (header && !opener) {
      this.#options.report({
        code: "stray-block",
        span: this.#parts.spanOf(brace),
        message: `${tokens[0].image} takes no block`,
        hint: "scenario, for and explore do",
      });
    }
    this.#frames.push({
      header: opener,
      broken: this.#broken(tokens),
      open: this.#parts.spanOf(brace),
      statements: [],
    });
  }

  /** After the last piece: the lines outside all blocks. */
  finish(): readonly Line[] {
    this.#flush();
    return this.#lines;
  }

  #push(line: Line): void {
    (this.#frames.at(-1)?.statements ?? this.#lines).push(line);
  }

  #close(end: number): void {
    this.#flush();
    const { header, broken, open, statements } = this.#frames.pop()!;
    const body = { statements, span: span(this.source, open.start, end) };
    this.#push(header ? { ...header, body } : { ...broken, body });
  }

  /** A block that has no header on its line. */
  #headless(brace: IToken): void {
    const open = this.#parts.spanOf(brace);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#options.report({
      code: "stray-block",
      span: open,
      message: waiting
        ? "{ belongs on the line of its header"
        : "A block needs a header",
      hint: waiting
        ? undefined
        : 'scenario "name" { … } or for i in 0..3 { … }',
    });
    const broken: BrokenLine = {
      kind: "broken",
      head: "",
      names: new Set(),
      body: undefined,
      span: open,
    };
    const of = waiting ?? { header: undefined, broken };
    this.#frames.push({ ...of, open, statements: [] });
  }

  /** A header that was waiting for a block did not get one. */
  #flush(): void {
    if (!this.#waiting) return;
    const { broken } = this.#waiting;
    this.#waiting = undefined;
    const { end } = broken.span;
    this.#options.report({
      code: "missing-block",
      span: span(this.source, end, end),
      message: `${broken.head} needs a block`,
      expected: ["{"],
    });
    this.#push(broken);
  }

  /** A statement that has no block. */
  #complete(header: LineHeader): Line {
    if (header.kind !== "include") return header;
    const file = this.#options.include(header.path, header.span);
    return { ...header, file };
  }

  #broken(line: readonly IToken[]): BrokenLine {
    const names = new Set<string>();
    for (const { tokenType, image } of line) {
      if (tokenType === Word || KEYWORDS.has(image)) names.add(image);
    }
    return {
      kind: "broken",
      head: line[0].image,
      names,
      body: undefined,
      span: this.#spanOf(line),
    };
  }

  #spanOf(line: readonly IToken[]): Span {
    return span(this.source, line[0].startOffset, endOf(line.at(-1)!));
  }

  /** The statement of a line, or undefined if the line has a diagnostic. */
  #header(line: readonly IToken[]): Header | undefined {
    try {
      const { node, error } = theParser().parseLine(line);
      if (error) {
        failShape(this.#parts, error, { end: endOf(line.at(-1)!), line });
      }
      const junk = tokens(node, "junk")[0];
      if (junk) this.#failJunk(junk, line);
      const statement = sub(node, "statement");
      const key = firstKey(statement);
      const span = this.#spanOf(line);
      if (key === "explore") return { kind: "explore", span };
      const part = sub(statement, key);
      return key === "exploreLine"
        ? buildExploreLine(this.#parts, part, span)
        : build(this.#parts, key, part, span);
    } catch (problem) {
      if (!(problem instanceof LineProblem)) throw problem;
      this.#options.report(problem.diagnostic);
      return undefined;
    }
  }

  /** Leftovers: the statement was complete before, or the line begins with no statement. */
  #failJunk(junk: IToken, line: readonly IToken[]): never {
    failLexical(this.#parts, junk);
    const place = this.#parts.spanOf(junk);
    if (junk === line[0]) {
      fail({
        code: "unknown-statement",
        span: place,
        message: `${junk.image} is not a statement`,
        expected: STATEMENT_WORDS,
        hint: didYouMean(junk.image, STATEMENT_WORDS),
      });
    }
    failMisspelt(this.#parts, junk, line);
    fail({
      code: "unexpected",
      span: place,
      message: `${junk.image} cannot stand here`,
      expected: ["end of the statement"],
      hint: junk.tokenType.CATEGORIES?.includes(ComparisonToken)
        ? "= gives a value, == compares"
        : oneWord(this.#parts, line),
    });
  }
}

/** Builds a statement from its rule. */
function build(parts: Parts, rule: string, node: CstNode, span: Span): Header {
  switch (rule) {
    case "arch": {
      const name = choiceOf(parts.nameIn(node), ["arm64", "x86"], "arch");
      return { kind: "arch", name, span };
    }
    case "kernel":
      return buildKernel(parts, node, span);
    case "host":
      return buildHost(parts, node, span);
    case "set": {
      if (optional(node, "register")) {
        const operation = buildUserSet(parts, node, span);
        return { kind: "user-line", operation, span };
      }
      const counts = countSettings(parts.argumentsOf(node, "settings"));
      return { kind: "set", counts, span };
    }
    case "guest":
      return buildGuest(parts, node, span);
    case "run": {
      const options = new Options(
        parts.argumentsOf(node, "arguments"),
        RUN_OPTIONS,
        "run",
      );
      return {
        kind: "run",
        vcpu: parts.at(node),
        cpu: options.expr("cpu"),
        steps: options.expr("steps"),
        attempts: options.expr("attempts"),
        stop: options.choice("stop", RUN_STOPS),
        fail: options.choice("fail", RUN_FAILS),
        span,
      };
    }
    case "interrupt":
    case "put":
      return { kind: rule, vcpu: parts.at(node), span };
    case "user": {
      const program = buildProgram(parts, node, "user", span);
      if (program) return program;
      const operation = buildUserOperation(parts, node, span);
      return { kind: "user", vcpu: parts.at(node), operation, span };
    }
    case "expect":
      return { kind: "expect", ...buildExpect(parts, node, span), span };
    case "show":
      return buildShow(parts, node, span);
    case "why": {
      const seen = optional(node, "seen");
      if (seen) return { kind: "why", ...parts.seen(seen), span };
      const what = chosenWord(sub(node, "whyHappened")) as Happening;
      return { kind: "why-happened", what, span };
    }
    case "scenario": {
      const name = parts.template(tokens(node, "StringToken")[0]);
      return { kind: "scenario", name, span };
    }
    case "let": {
      const name = parts.defined(parts.nameIn(node));
      const value = parts.expression(sub(node, "expression"));
      return { kind: "let", name, value, span };
    }
    case "for": {
      const [from, to] = nodes(node, "expression");
      return {
        kind: "for",
        variable: parts.defined(parts.nameIn(node)),
        from: parts.expression(from),
        to: parts.expression(to),
        span,
      };
    }
    case "include": {
      const path = parts.string(tokens(node, "StringToken")[0]);
      return { kind: "include", path, span };
    }
    default:
      throw new RangeError(`No builder for the rule ${rule}`);
  }
}

function buildKernel(parts: Parts, node: CstNode, span: Span): Header {
  const options: WordSetting[] = [];
  for (const argument of parts.argumentsOf(node, "arguments")) {
    const name = plainName(argument);
    if (options.some((other) => other.name.text === name.text)) failTwice(name);
    options.push({ name, value: wordOf(argument), span: argument.span });
  }
  const vendor = tokens(node, "vendor")[0];
  return {
    kind: "kernel",
    profile: parts.nameIn(node),
    vendor: vendor && parts.name(vendor),
    options,
    span,
  };
}

function buildHost(
  parts: Parts,
  node: CstNode,
  span: Span,
): HostStatement | HostActionStatement | BlockHeader {
  const program = buildProgram(parts, node, "host", span);
  if (program) return program;
  const cpu = parts.at(node);
  if (!optional(node, "settings")) {
    const action = buildHostAction(parts, node, span);
    return { kind: "host-action", cpu, action, span };
  }
  if (cpu) {
    fail({
      code: "unexpected",
      span: cpu.span,
      message: "host with counts is the whole machine, not one CPU",
      hint: "host brps=… without @",
    });
  }
  const counts: Argument[] = [];
  const words = new Map<string, Name>();
  for (const argument of parts.argumentsOf(node, "settings")) {
    const name = plainName(argument);
    if (!HOST_WORDS.some((word) => word === name.text)) {
      counts.push(argument);
      continue;
    }
    if (words.has(name.text)) failTwice(name);
    words.set(name.text, wordOf(argument));
  }
  return {
    kind: "host",
    counts: countSettings(counts),
    model: words.get("model"),
    unpredictable: words.get("unpredictable"),
    span,
  };
}

/** `break ADDR` */
function breakAddress(parts: Parts, node: CstNode): Expr | undefined {
  const part = optional(node, "break");
  return part && parts.expression(sub(part, "expression"));
}

/** `watch ADDR [size=n] [on=…]` */
function watchParts<const T extends string>(
  parts: Parts,
  node: CstNode,
  on: readonly T[],
): {
  readonly address: Expr;
  readonly size: Expr | undefined;
  readonly on: Choice<T> | undefined;
} | undefined {
  const part = optional(node, "watch");
  if (!part) return undefined;
  const options = new Options(
    parts.argumentsOf(part, "arguments"),
    WATCH_OPTIONS,
    "watch",
  );
  return {
    address: parts.expression(sub(part, "expression")),
    size: options.expr("size"),
    on: options.choice("on", on),
  };
}

function buildHostAction(parts: Parts, node: CstNode, span: Span): HostAction {
  const address = breakAddress(parts, node);
  if (address) return { kind: "break", address, span };
  const watch = watchParts(parts, node, HOST_WATCH_ON);
  if (watch) return { kind: "watch", ...watch, span };
  return { kind: "off", span };
}

function buildGuest(parts: Parts, node: CstNode, span: Span): Header {
  const vcpu = parts.at(node);
  const inner = optional(node, "instruction");
  if (inner) {
    const instruction = buildInstruction(parts, inner, span);
    return { kind: "guest", vcpu, instruction, span };
  }
  const mode = choiceOf(
    parts.nameIn(node),
    HANDLER_MODES,
    "handler",
  );
  return { kind: "handler", vcpu, mode, span };
}

/** The word by which a rule with several was chosen. */
function chosenWord(node: CstNode): string {
  return firstKey(node).replace("Keyword_", "");
}

/** Builds a guest instruction from the rule `instruction`. */
function buildInstruction(
  parts: Parts,
  node: CstNode,
  span: Span,
): Instruction {
  const rule = firstKey(node);
  const part = sub(node, rule);
  switch (rule) {
    case "write": {
      const { value, given } = valueParts(parts, part);
      const [placed, fields] = splitPlacement(given);
      return {
        kind: "write",
        register: parts.register(sub(part, "register")),
        value,
        fields: fieldSettings(fields),
        placement: new Options(placed, PLACEMENT_OPTIONS, "write").placement(),
        span,
      };
    }
    case "read": {
      const given = parts.argumentsOf(part, "arguments");
      return {
        kind: "read",
        register: parts.register(sub(part, "register")),
        as: parts.as(part),
        placement: new Options(given, PLACEMENT_OPTIONS, "read").placement(),
        span,
      };
    }
    case "access":
      return buildAccess(parts, part, span);
    case "brk": {
      const { value, given } = valueParts(parts, part);
      const options = new Options(given, PLACEMENT_OPTIONS, "brk");
      return {
        kind: "brk",
        immediate: value,
        placement: options.placement(),
        span,
      };
    }
    case "movss": {
      const { value, given } = valueParts(parts, part);
      return {
        kind: "movss",
        address: value,
        placement: new Options(given, PLACEMENT_OPTIONS, "movss").placement(),
        span,
      };
    }
    case "plain": {
      const kind = chosenWord(part) as PlainOperation | "popf";
      const own = kind === "popf" ? ["tf"] : [];
      const options = new Options(
        parts.argumentsOf(part, "arguments"),
        [...own, ...PLACEMENT_OPTIONS],
        kind,
      );
      const placement = options.placement();
      return kind === "popf"
        ? { kind, tf: options.expr("tf"), placement, span }
        : { kind, placement, span };
    }
    default:
      throw new RangeError(`No builder for the instruction ${rule}`);
  }
}

function buildAccess(parts: Parts, node: CstNode, span: Span): Instruction {
  const kind = chosenWord(node) as
    | "exec"
    | "load"
    | "store"
    | "rmw"
    | "in"
    | "out";
  const operand = parts.expression(sub(node, "expression"));
  const own = kind === "exec" ? [] : ["size"];
  const options = new Options(
    parts.argumentsOf(node, "arguments"),
    [...own, ...PLACEMENT_OPTIONS],
    kind,
  );
  const placement = options.placement();
  switch (kind) {
    case "exec":
      if (placement.at) {
        fail({
          code: "unexpected",
          span: placement.at.span,
          message: "exec has its address already: at= would give another",
        });
      }
      return { kind, address: operand, placement, span };
    case "in":
    case "out":
      return {
        kind,
        port: operand,
        size: options.expr("size"),
        placement,
        span,
      };
    case "load":
    case "store":
    case "rmw": {
      const size = options.expr("size");
      return { kind, address: operand, size, placement, span };
    }
  }
}

/** `[VALUE] [name=value …]` */
function valueParts(
  parts: Parts,
  node: CstNode,
): { readonly value: Expr | undefined; readonly given: readonly Argument[] } {
  const part = sub(node, "value");
  const value = optional(part, "expression");
  return {
    value: value && parts.expression(value),
    given: parts.argumentsOf(part, "arguments"),
  };
}

/** Tells an instruction's placement from a write's fields. */
function splitPlacement(
  given: readonly Argument[],
): [placement: Argument[], fields: Argument[]] {
  const placement: Argument[] = [];
  const fields: Argument[] = [];
  for (const argument of given) {
    const { text } = argument.register.name;
    const known: readonly string[] = PLACEMENT_OPTIONS;
    (known.includes(text) ? placement : fields).push(argument);
  }
  return [placement, fields];
}

function buildUserOperation(
  parts: Parts,
  node: CstNode,
  span: Span,
): UserOperation {
  const get = optional(node, "userGet");
  if (get) {
    const register = parts.register(sub(get, "register"));
    return { kind: "get", register, as: parts.as(get), span };
  }
  const set = optional(node, "userSet");
  if (set) return buildUserSet(parts, set, span);
  const check = optional(node, "userCheck");
  if (check) {
    const capability = parts.nameIn(check);
    return { kind: "check", capability, as: parts.as(check), span };
  }
  const debug = optional(node, "userDebug");
  if (debug) {
    const request = buildDebugRequest(parts, debug, span);
    return { kind: "debug", request, span };
  }
  return { kind: "init", span };
}

function buildUserSet(parts: Parts, node: CstNode, span: Span): UserOperation {
  const register = parts.register(sub(node, "register"));
  const { value, given } = valueParts(parts, node);
  if (register.name.text.toLowerCase() === "pc" && !register.index) {
    if (given.length > 0) {
      fail({
        code: "unknown-field",
        span: given[0].register.span,
        message: "pc has no fields",
        expected: ["value"],
      });
    }
    if (!value) {
      const { source, end } = register.span;
      fail({
        code: "unexpected",
        span: { source, start: end, end },
        message: "user set pc needs a value",
        expected: ["value"],
      });
    }
    return { kind: "set-pc", value, span };
  }
  return { kind: "set", register, value, fields: fieldSettings(given), span };
}

function buildDebugRequest(
  parts: Parts,
  node: CstNode,
  span: Span,
): DebugRequest {
  const address = breakAddress(parts, node);
  if (address) return { kind: "break", address, span };
  const watch = watchParts(parts, node, DEBUG_WATCH_ON);
  if (watch) return { kind: "watch", ...watch, span };
  for (const kind of ["step", "swbreak", "off"] as const) {
    if (tokens(node, `Keyword_${kind}`).length > 0) return { kind, span };
  }
  const own: readonly string[] = RAW_OPTIONS;
  const given = parts.argumentsOf(node, "arguments");
  const isOwn = ({ register }: Argument) => own.includes(register.name.text);
  const options = new Options(given.filter(isOwn), own, "debug raw");
  const registers: RegisterSetting[] = given.filter((one) => !isOwn(one)).map(
    ({ register, value, span }) => ({ register, value, span }),
  );
  return {
    kind: "raw",
    control: options.expr("control"),
    registers,
    inject: options.choice("inject", RAW_INJECT),
    blockirq: options.expr("blockirq"),
    span,
  };
}

/** `expect … [on PROFILE, …]` */
function buildExpect(
  parts: Parts,
  node: CstNode,
  span: Span,
): { readonly expectation: Expectation; readonly on: readonly Name[] } {
  return {
    expectation: buildExpectation(parts, node, span),
    on: optional(node, "names") ? parts.names(node) : [],
  };
}

function buildExpectation(
  parts: Parts,
  node: CstNode,
  span: Span,
): Expectation {
  // The first child is the word `expect`, the second says which form it is.
  const rule = Object.keys(node.children)[1];
  switch (rule) {
    case "expectSeen": {
      const part = sub(node, rule);
      return {
        kind: "view",
        ...parts.seen(sub(part, "seen")),
        ...parts.comparisonOrUndef(part),
        span,
      };
    }
    case "expectExpression": {
      const part = sub(node, rule);
      const left = parts.expression(sub(part, "expression"));
      return {
        kind: "expression",
        left,
        ...parts.comparisonOrUndef(part),
        span,
      };
    }
    case "expectExit": {
      const part = sub(node, rule);
      const fields = fieldSettings(parts.argumentsOf(part, "arguments"));
      return { kind: "exit", reason: parts.nameIn(part), fields, span };
    }
    case "expectException": {
      const part = sub(node, rule);
      const fields = fieldSettings(parts.argumentsOf(part, "arguments"));
      return {
        kind: "exception",
        exception: parts.nameIn(part),
        fields,
        span,
      };
    }
    case "expectExceptions": {
      const part = sub(node, rule);
      if (optional(part, "names")) {
        return { kind: "exceptions", kinds: parts.names(part), span };
      }
      const { operator, value } = parts.comparison(part);
      return { kind: "exception-count", operator, count: value, span };
    }
    case "expectNo": {
      const part = sub(node, rule);
      const has = (word: string): boolean =>
        tokens(part, `Keyword_${word}`).length > 0;
      const kind = has("trap")
        ? "no-trap"
        : has("warning")
        ? "no-warning"
        : "no-exception";
      return { kind, span };
    }
    case "expectError":
      return { kind: "error", errno: parts.nameIn(sub(node, rule)), span };
    case "expectTraps": {
      const { operator, value } = parts.comparison(sub(node, rule));
      return { kind: "traps", operator, count: value, span };
    }
    case "expectCost": {
      const part = sub(node, rule);
      const { operator, value } = parts.comparison(part);
      return {
        kind: "cost",
        vcpu: parts.at(part),
        counter: parts.nameIn(part),
        operator,
        count: value,
        span,
      };
    }
    case "Keyword_ok":
      return { kind: "ok", span };
    case "Keyword_warning":
      return { kind: "warning", span };
    case "Keyword_trap":
      return { kind: "trap", span };
    default:
      throw new RangeError(`No builder for the expectation ${rule}`);
  }
}

function buildShow(parts: Parts, node: CstNode, span: Span): Header {
  const table = optional(node, "showTable");
  if (!table) {
    const map = tokens(node, "Keyword_map").length > 0;
    return { kind: map ? "show-map" : "show-cost", span };
  }
  const registers: RegisterPattern[] = [];
  for (const part of nodes(table, "pattern")) {
    const next = patternPart(parts, part);
    const last = registers.at(-1);
    const touches = last && !last.index && last.span.end === next.span.start;
    if (!touches) registers.push(next);
    else {
      registers[registers.length - 1] = {
        text: last.text + next.text,
        index: next.index,
        span: joined(last.span, next.span),
      };
    }
  }
  const views = nodes(table, "view").map((view) => parts.view(view));
  return { kind: "show", views, registers, span };
}

function patternPart(parts: Parts, node: CstNode): RegisterPattern {
  const star = tokens(node, "Star")[0];
  if (star) return { text: "*", index: undefined, span: parts.spanOf(star) };
  const { name, index, span } = parts.register(sub(node, "register"));
  return { text: name.text, index, span };
}

// ---- Explore ----------------------------------------------------------------------------------------

/** `host N` or `user N` before a block; undefined if it is another form. */
function buildProgram(
  parts: Parts,
  node: CstNode,
  of: "user" | "host",
  span: Span,
): BlockHeader | undefined {
  const number = tokens(node, "program")[0];
  if (!number) return undefined;
  const at = parts.at(node);
  if (at) {
    fail({
      code: "unexpected",
      span: at.span,
      message: "A program's number stands without @",
    });
  }
  return { kind: "program", of, index: parts.number(number), span };
}

/** Builds a line that only an `explore` block has. */
function buildExploreLine(parts: Parts, node: CstNode, span: Span): Header {
  const rule = firstKey(node);
  switch (rule) {
    case "Keyword_either":
      return { kind: "either", isFirst: true, span };
    case "Keyword_or":
      return { kind: "either", isFirst: false, span };
    case "Keyword_init":
      return { kind: "user-line", operation: { kind: "init", span }, span };
    case "Keyword_off":
      return { kind: "host-line", action: { kind: "off", span }, span };
    case "userGet":
    case "userDebug": {
      const operation = buildUserOperation(parts, node, span);
      return { kind: "user-line", operation, span };
    }
    case "break":
    case "watch": {
      const action = buildHostAction(parts, node, span);
      return { kind: "host-line", action, span };
    }
    default:
      return buildExploreRule(parts, rule, sub(node, rule), span);
  }
}

function buildExploreRule(
  parts: Parts,
  rule: string,
  node: CstNode,
  span: Span,
): Header {
  switch (rule) {
    case "instruction": {
      const instruction = buildInstruction(parts, node, span);
      return { kind: "instruction", instruction, span };
    }
    case "vcpuProgram": {
      const index = parts.number(tokens(node, "NumberToken")[0]);
      return { kind: "program", of: "vcpu", index, span };
    }
    case "repeat": {
      const count = parts.expression(sub(node, "expression"));
      return { kind: "repeat", count, span };
    }
    case "choose":
      return {
        kind: "choose",
        name: parts.defined(parts.nameIn(node)),
        values: nodes(node, "expression").map((one) => parts.expression(one)),
        isRange: tokens(node, "DotDot").length > 0,
        span,
      };
    case "preempt": {
      const mode = choiceOf(parts.nameIn(node), PREEMPT_MODES, "preempt");
      return { kind: "preempt", mode, span };
    }
    case "migrate": {
      const mode = choiceOf(parts.nameIn(node), MIGRATE_MODES, "migrate");
      return { kind: "migrate", mode, span };
    }
    case "fail":
      return {
        kind: "fail",
        at: choiceOf(parts.nameIn(node), RUN_FAILS, "fail"),
        span,
      };
    case "never":
      return { kind: "never", properties: parts.names(node), span };
    case "always":
    case "finally": {
      const part = sub(node, "expect");
      const expected = buildExpect(parts, part, span);
      return { kind: "property", when: rule, ...expected, span };
    }
    case "bound": {
      const options = new Options(
        parts.argumentsOf(node, "settings"),
        BOUND_OPTIONS,
        "bound",
      );
      return {
        kind: "bound",
        states: options.expr("states"),
        depth: options.expr("depth"),
        span,
      };
    }
    default:
      throw new RangeError(`No builder for the rule ${rule}`);
  }
}
