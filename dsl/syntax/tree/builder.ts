/**
 * From the pieces of a text to its lines.
 *
 * A line that the grammar does not take has one diagnostic, and is in the tree as `broken`.
 *
 * @module
 */
import type { CstNode, IToken } from "chevrotain";
import type { Diagnostic } from "../../diagnostics.ts";
import type { Built } from "../../forms/mod.ts";
import { FORM_OF_RULE, PROGRAM_FORMS } from "../../forms/tables.ts";
import { fail, Problem } from "../../problem.ts";
import { type Source, type Span, span } from "../../source.ts";
import {
  type LinePlace,
  PLACE_TEXT,
  placesOf,
  PROGRAMS,
  SCRIPT_WORD,
  wordsAt,
} from "../../statements.ts";
import { isVendor } from "../../vendors.ts";
import { suggestion } from "../../suggest.ts";
import type { Piece } from "../balance.ts";
import type { BrokenLine, File, Header, Line } from "../lines.ts";
import type { StringLiteral } from "../nodes.ts";
import { theParser } from "../parser.ts";
import { endOf } from "../scan.ts";
import { Comparison, KEYWORDS, Word } from "../tokens.ts";
import { firstKey, optional, sub, tokens } from "./cst.ts";
import { Parts } from "./parts.ts";
import { failKnownInOneLine } from "./known_in_one_line.ts";
import { failLexical, failMisspelt, failShape } from "./shape_problem.ts";

/** Kinds of statements that have a block. */
const WITH_BLOCK: ReadonlySet<string> = new Set<Header["kind"]>([
  "scenario",
  "for",
  "explore",
  "program",
  "repeat",
  "either",
  "known",
]);

/** The words that they begin with; `user` and `host` begin other statements too. */
const BLOCK_WORDS: ReadonlySet<string> = new Set([
  "scenario",
  "for",
  "explore",
  "vcpu",
  "user",
  "host",
  "repeat",
  "either",
  "or",
  "known",
]);

function opensBlock(statement: Built): statement is Header {
  return WITH_BLOCK.has(statement.kind);
}

/** What a `Builder` needs. */
export interface BuilderOptions {
  /** Takes the diagnostics, one a line at most. */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Gives what an `include` reads; undefined if that cannot be, which it has reported. */
  readonly include: (path: StringLiteral, place: Span) => File | undefined;
  /** Told of each statement, by the offsets of its first word. */
  readonly count: (start: number, end: number) => void;
}

/** A block that is being built. */
interface Frame {
  /** What it belongs to; undefined if that was not understood. */
  readonly header: Header | undefined;
  /** The same as a line that was not understood. */
  readonly broken: BrokenLine;
  readonly open: Span;
  readonly lines: Line[];
}

/** Builds the lines of one source. */
export class Builder {
  readonly #parts: Parts;
  readonly #options: BuilderOptions;
  /** Blocks that are open, the innermost last. */
  readonly #frames: Frame[] = [];
  /** The lines outside all blocks. */
  readonly #lines: Line[] = [];
  /** A header that has no block yet, until the next line shows whether it begins with one. */
  #waiting: Pick<Frame, "header" | "broken"> | undefined;

  /** @param source what is read */
  constructor(readonly source: Source, options: BuilderOptions) {
    const parts: Parts = new Parts(source, (tokens, end) => {
      const { node, error } = theParser().parseExpression(tokens);
      if (error) failShape(parts, error, { end, line: [] });
      return node;
    });
    this.#parts = parts;
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
    const statement = piece.blamed ? undefined : this.#statement(tokens);
    const header = statement && opensBlock(statement) ? statement : undefined;
    if (!brace) {
      if (!statement) this.#push(this.#broken(tokens));
      else if (opensBlock(statement)) {
        this.#waiting = { header: statement, broken: this.#broken(tokens) };
      } else this.#push(this.#complete(statement));
      return;
    }
    if (statement && !header) {
      this.#options.report({
        code: "stray-block",
        span: this.#parts.spanOf(brace),
        message: `\`${tokens[0].image}\` takes no block`,
        hint: "only `scenario`, `for` and `explore` take one",
      });
    }
    this.#frames.push({
      header,
      broken: this.#broken(tokens),
      open: this.#parts.spanOf(brace),
      lines: [],
    });
  }

  /** After the last piece: the lines outside all blocks. */
  finish(): readonly Line[] {
    this.#flush();
    return this.#lines;
  }

  #push(line: Line): void {
    (this.#frames.at(-1)?.lines ?? this.#lines).push(line);
  }

  #close(end: number): void {
    this.#flush();
    const { header, broken, open, lines } = this.#frames.pop()!;
    const body = { lines, span: span(this.source, open.start, end) };
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
        ? "`{` must be on the same line as the statement before it"
        : "a block needs a statement before its `{`",
      hint: waiting
        ? undefined
        : '`scenario "name" { … }` or `for i in 0..3 { … }`',
    });
    const broken: BrokenLine = {
      kind: "broken",
      head: "",
      names: new Set(),
      body: undefined,
      span: open,
    };
    const of = waiting ?? { header: undefined, broken };
    this.#frames.push({ ...of, open, lines: [] });
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
      message: `\`${broken.head}\` needs a block`,
      expected: ["{"],
    });
    this.#push(broken);
  }

  /** A statement that has no block. */
  #complete(statement: Exclude<Built, Header>): Line {
    if (statement.kind !== "include") return statement;
    const file = this.#options.include(statement.path, statement.span);
    return { ...statement, file };
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

  /** Whose lines are expected here; undefined if a block around was not understood. */
  #place(): LinePlace | undefined {
    let place: LinePlace = "script";
    for (const { header } of this.#frames) {
      if (!header) return undefined;
      if (header.kind === "explore" || header.kind === "known") {
        place = header.kind;
      } else if (header.kind === "program") place = header.of;
    }
    return place;
  }

  /** The statement of a line, or undefined if the line has a diagnostic. */
  #statement(line: readonly IToken[]): Built | undefined {
    try {
      const { node, error } = theParser().parseLine(line);
      if (error) {
        this.#failMisplaced(line);
        failShape(this.#parts, error, { end: endOf(line.at(-1)!), line });
      }
      const junk = tokens(node, "junk")[0];
      if (junk) this.#failJunk(junk, line, this.#takesBlock(node, line));
      const statement = sub(node, "statement");
      return this.#build(statement, this.#spanOf(line));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#options.report(problem.diagnostic);
      return undefined;
    }
  }

  /** Whether a line with leftovers begins with a statement that takes a block. */
  #takesBlock(node: CstNode, line: readonly IToken[]): boolean {
    const statement = optional(node, "statement");
    if (!statement || !BLOCK_WORDS.has(line[0].image)) return false;
    return opensBlock(this.#build(statement, this.#spanOf(line)));
  }

  #build(node: CstNode, span: Span): Built {
    const rule = firstKey(node);
    const form = FORM_OF_RULE[rule];
    if (form) return form.build(this.#parts, sub(node, rule), span);
    if (rule === "exploreLine") return this.#build(sub(node, rule), span);
    const { inProgram } = PROGRAM_FORMS.find(({ inProgram }) =>
      inProgram.rules.includes(rule) ||
      inProgram.words.some((word) => rule === `Keyword_${word}`)
    )!;
    return inProgram.build(this.#parts, node, span);
  }

  /** A line whose first word cannot begin one here: that is what is wrong, not how the line goes on. */
  #failMisplaced([head]: readonly IToken[]): void {
    const place = this.#place();
    if (!place || !KEYWORDS.has(head.image)) return;
    if (wordsAt(place).includes(head.image)) return;
    if (placesOf(head.image).length === 0) return;
    this.#failUnknownStatement(head, place);
  }

  #failUnknownStatement(head: IToken, place: LinePlace | undefined): never {
    const words = wordsAt(place ?? "script");
    const { image } = head;
    const program = place === "script"
      ? PROGRAMS.find((one) => wordsAt(one).includes(image))
      : undefined;
    fail({
      code: "unknown-statement",
      span: this.#parts.spanOf(head),
      message: place === undefined || place === "script"
        ? `\`${image}\` is not a statement`
        : `\`${image}\` is not a line of ${PLACE_TEXT[place]}`,
      expected: words,
      ...(program === undefined ? {} : {
        hint: `did you mean \`${SCRIPT_WORD[program]} ${image} …\`?`,
        suggestion: `${SCRIPT_WORD[program]} ${image}`,
      }),
      ...suggestion(image, words),
    });
  }

  /**
   * Leftovers: the statement was complete before, or the line begins with no statement.
   *
   * @param opens the statement takes a block
   */
  #failJunk(junk: IToken, line: readonly IToken[], opens: boolean): never {
    failLexical(this.#parts, junk);
    if (junk === line[0]) this.#failUnknownStatement(junk, this.#place());
    this.#failMisplaced(line);
    failMisspelt(this.#parts, junk, line);
    failKnownInOneLine(this.#parts, junk);
    fail({
      code: "unexpected",
      span: this.#parts.spanOf(junk),
      message: `unexpected \`${junk.image}\``,
      expected: [opens ? "`{`" : "end of the statement"],
      hint: opens
        ? `\`${
          line[0].image
        }\` takes a block: write \`{\` before \`${junk.image}\`, and \`}\` at its end`
        : junk.tokenType.CATEGORIES?.includes(Comparison)
        ? "`=` gives a value, `==` compares"
        : isVendor(junk.image)
        ? `a vendor comes before \`with\` and \`without\``
        : this.#oneWord(line) ?? this.#nextStatement(junk),
    });
  }

  /** The word begins another statement: what stands between two in one line. */
  #nextStatement({ image }: IToken): string | undefined {
    const place = this.#place();
    if (place === undefined || !wordsAt(place).includes(image)) {
      return undefined;
    }
    return `write \`;\` before \`${image}\`, or begin a new line: a statement ends there`;
  }

  /** `linux-6.1` for `linux 6.1` and for the tag `v6.1`. */
  #oneWord(
    [statement, name, version]: readonly IToken[],
  ): string | undefined {
    if (statement?.image !== "kernel" || !version) return undefined;
    const tagged = this.source.text.slice(name.startOffset);
    const tag = /^v(\d+\.\d+(?:\.\d+)?)/.exec(tagged)?.[1];
    if (tag !== undefined) return `write \`linux-${tag}\``;
    const rest = this.source.text.slice(version.startOffset);
    const [number] = /^\d+(?:\.\d+)*/.exec(rest) ?? [];
    return number && `a kernel's name is one word: \`${name.image}-${number}\``;
  }
}
