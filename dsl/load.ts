/**
 * From a text, with all that it includes, to a tree that may run: reading, building, checking.
 *
 * @module
 */
import type { File, StringLiteral } from "./syntax/nodes.ts";
import { type Balance, balance } from "./syntax/balance.ts";
import { Builder } from "./syntax/tree.ts";
import { check, Checker } from "./resolve/checks.ts";
import { type Diagnostic, inOrder } from "./diagnostics.ts";
import type { Line } from "./syntax/draft.ts";
import { includePath, type PathStyle } from "./include_path.ts";
import { INCLUDE_DEPTH_MAX, type Limits, limitsOf } from "./limits.ts";
import type { Source, Span } from "./source.ts";
import type { Vocabulary } from "./resolve/vocabulary.ts";

/** How included files are found and read. */
export interface Reader {
  /** Name of the file that `path` means in a text; equal for the same file. */
  resolve(path: string, from: Source): string;
  /** The text of a file by that name, or undefined if it cannot be read. */
  read(name: string): string | undefined;
}

/** A reader of paths relative to the including file. */
export function pathReader(
  read: (path: string) => string | undefined,
  style: PathStyle = { backslash: false },
): Reader {
  return {
    resolve: (path, { name }) => includePath(path, name, style),
    read,
  };
}

/** A reader for texts that may include nothing. */
const NO_READER: Reader = {
  resolve: (path) => path,
  read: () => undefined,
};

/** What `load()` needs besides the text. */
export interface LoadOptions {
  /** The words to look up. */
  readonly vocabulary: Vocabulary;
  /** Where included files come from; without it there are none. */
  readonly reader?: Reader;
  /** Limits; those of `limitsOf()` if left out. */
  readonly limits?: Limits;
}

/** A text that was read: a tree that may run, or what is wrong with it. */
export type Loaded =
  | {
    readonly ok: true;
    readonly file: File;
    readonly diagnostics: readonly [];
  }
  | {
    readonly ok: false;
    readonly file: undefined;
    /** In the order of the text, at least one. */
    readonly diagnostics: readonly Diagnostic[];
  };

/** What reading gives before the checks. */
export interface Parsed {
  /** The tree. */
  readonly file: File<Line>;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** Braces did not match. */
  readonly unbalanced: boolean;
}

/**
 * What shows that a file is no text, at the first character that no scenario has.
 *
 * @returns undefined if it may be text; a control character alone is a mistake of its line
 */
function notText(source: Source): Diagnostic | undefined {
  const { text } = source;
  if (!text.includes("\0") && !text.includes("\ufffd")) return undefined;
  // deno-lint-ignore no-control-regex -- finding them is the point
  const start = text.search(/[\x00-\x08\x0e-\x1f\x7f\ufffd]/);
  const code = text.charCodeAt(start);
  return {
    code: "not-text",
    span: { source, start, end: start + 1 },
    message: code === 0xfffd
      ? "Not text: this byte is not UTF-8"
      : `Not text: byte 0x${code.toString(16).padStart(2, "0")}`,
  };
}

/** Reads one text and what it includes. */
class Loading implements Balance {
  readonly diagnostics: Diagnostic[] = [];
  unbalanced = false;
  readonly #seen = new Set<string>();
  /** Undefined if included files are not wanted. */
  readonly #reader: Reader | undefined;
  readonly #limits: Limits;
  readonly #texts = new Map<string, string | undefined>();
  #statements = 0;
  #includes = 0;
  /** A limit was hit: no more is read. */
  #stopped = false;

  constructor(reader: Reader | undefined, limits: Limits = limitsOf()) {
    this.#reader = reader;
    this.#limits = limits;
  }

  /** Takes a diagnostic; the same one of a file that is included twice only once. */
  readonly report = (diagnostic: Diagnostic): void => {
    const { code, span: { source, start } } = diagnostic;
    const key = `${code} ${start} ${source.name}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.diagnostics.push(diagnostic);
  };

  /** @returns undefined if it is no text: then that is all there is to say about it */
  file(source: Source): File<Line> | undefined {
    const problem = notText(source);
    if (problem) {
      this.report(problem);
      return undefined;
    }
    const builder = new Builder(source, {
      report: this.report,
      include: (path, place) => this.#include(path, place),
      count: (start, end) => this.#count(source, start, end),
    });
    for (const piece of balance(source, this)) {
      // Blocks are closed all the same.
      if (!this.#stopped || piece.kind === "close") builder.add(piece);
      else if (piece.brace) builder.add({ ...piece, blamed: true });
    }
    return { source, statements: builder.finish() };
  }

  #stop(diagnostic: Diagnostic): void {
    if (!this.#stopped) this.report(diagnostic);
    this.#stopped = true;
  }

  #count(source: Source, start: number, end: number): void {
    if (++this.#statements <= this.#limits.statements) return;
    this.#stop({
      code: "limit",
      span: { source, start, end },
      message: `More than ${this.#limits.statements} statements`,
      hint: "--limit N allows more",
    });
  }

  #include(path: StringLiteral, place: Span): File<Line> | undefined {
    if (this.#stopped || !this.#reader) return undefined;
    if (++this.#includes > this.#limits.includes) {
      this.#stop({
        code: "limit",
        span: place,
        message: `More than ${this.#limits.includes} files are included`,
        hint: "--limit N allows N / 100",
      });
      return undefined;
    }
    const name = this.#reader.resolve(path.value, place.source);
    const around: string[] = [];
    for (
      let at: Source | undefined = place.source;
      at;
      at = at.includedFrom?.source
    ) around.push(at.name);
    const plain = (one: string): string =>
      includePath(one, "", { backslash: false });
    if (around.some((one) => one === name || plain(one) === name)) {
      this.report({
        code: "include-cycle",
        span: path.span,
        message: `${name} would include itself`,
      });
      return undefined;
    }
    if (around.length > INCLUDE_DEPTH_MAX) {
      this.report({
        code: "limit",
        span: path.span,
        message: `Files include files more than ${INCLUDE_DEPTH_MAX} deep`,
      });
      return undefined;
    }
    if (!this.#texts.has(name)) {
      this.#texts.set(name, this.#reader.read(name));
    }
    const text = this.#texts.get(name);
    if (text === undefined) {
      this.report({
        code: "include-not-found",
        span: path.span,
        message: `${name} cannot be read`,
      });
      return undefined;
    }
    return this.file({ name, text, includedFrom: path.span });
  }
}

/** Reads one text alone, without looking its words up or following its includes. */
export function parse(source: Source, limits?: Limits): Parsed {
  const loading = new Loading(undefined, limits);
  const file = loading.file(source) ?? { source, statements: [] };
  const { diagnostics, unbalanced } = loading;
  return { file, diagnostics: inOrder(diagnostics), unbalanced };
}

/**
 * Reads and checks a whole text. Nothing of it may run unless all of it is right.
 *
 * @param source what was read; its `name` is what included paths are relative to
 */
export function load(source: Source, options: LoadOptions): Loaded {
  const loading = new Loading(options.reader ?? NO_READER, options.limits);
  const file = loading.file(source);
  if (file) {
    check(file, {
      vocabulary: options.vocabulary,
      unbalanced: loading.unbalanced,
      report: loading.report,
    });
  }
  return finished(file, loading.diagnostics);
}

function finished(
  file: File<Line> | undefined,
  diagnostics: readonly Diagnostic[],
): Loaded {
  return diagnostics.length > 0
    ? { ok: false, file: undefined, diagnostics: inOrder(diagnostics) }
    // Every line that was not understood has a diagnostic, so there is none.
    : { ok: true, file: file as File, diagnostics: [] };
}

/**
 * Reads texts that belong together, one after the other, as a prompt does: each knows the names and the
 * machine of those before it. A text with a mistake changes nothing.
 */
export class IncrementalLoader {
  readonly #options: LoadOptions;
  #checker: Checker;

  /** Begins with nothing known. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#checker = new Checker({
      vocabulary: options.vocabulary,
      unbalanced: false,
      report: () => {},
    });
  }

  /** Reads and checks the next text. */
  load(source: Source): Loaded {
    const { reader = NO_READER, limits } = this.#options;
    const loading = new Loading(reader, limits);
    const file = loading.file(source);
    const checker = this.#checker.fork(loading.report);
    if (file && !loading.unbalanced) checker.lines(file.statements, false);
    const loaded = finished(file, loading.diagnostics);
    if (loaded.ok) this.#checker = checker;
    return loaded;
  }

  /**
   * Remembers what is known now.
   *
   * @returns what goes back to it, as often as wanted
   */
  save(): () => void {
    const checker = this.#checker;
    return () => {
      this.#checker = checker;
    };
  }
}

/** Whether a text has a block that is still open, so that a prompt should ask for more. */
export function isOpen(text: string): boolean {
  const problems: Diagnostic[] = [];
  const state: Balance = {
    report: (problem) => void problems.push(problem),
    unbalanced: false,
  };
  for (const _ of balance({ name: "", text }, state)) { /* only the braces */ }
  return problems.some(({ code }) => code === "unclosed-brace");
}
