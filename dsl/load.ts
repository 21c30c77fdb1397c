/**
 * From a text, with all that it includes, to a tree that may run: reading, building, checking.
 *
 * @module
 */
import { counted } from "./counted.ts";
import { type Diagnostic, inOrder } from "./diagnostics.ts";
import { includePath, type PathStyle } from "./include_path.ts";
import { INCLUDE_DEPTH_MAX, type Limits, limitsOf } from "./limits.ts";
import { check } from "./resolve/checker.ts";
import type { Source, Span } from "./source.ts";
import { type Balance, balance } from "./syntax/balance.ts";
import type { File } from "./syntax/lines.ts";
import type { StringLiteral } from "./syntax/nodes.ts";
import { Builder } from "./syntax/tree/builder.ts";

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
  readonly file: File;
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
      ? "the file is not text: a byte is not UTF-8"
      : `the file is not text: it has the byte 0x${
        code.toString(16).padStart(2, "0")
      }`,
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
  file(source: Source): File | undefined {
    const steps = this.steps(source);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same, pausing between statements. */
  *steps(source: Source): Generator<void, File | undefined> {
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
      // Blocks are still closed.
      if (!this.#stopped || piece.kind === "close") builder.add(piece);
      else if (piece.brace) builder.add({ ...piece, blamed: true });
      yield;
    }
    return { source, lines: builder.finish() };
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
      message: `more than ${counted(this.#limits.statements, "statement")}`,
      hint: "`--limit N` allows more",
    });
  }

  #include(path: StringLiteral, place: Span): File | undefined {
    if (this.#stopped || !this.#reader) return undefined;
    if (++this.#includes > this.#limits.includes) {
      this.#stop({
        code: "limit",
        span: place,
        message: `more than ${counted(this.#limits.includes, "included file")}`,
        hint: "`--limit N` allows N / 100 files",
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
        message: `\`${name}\` would include itself`,
      });
      return undefined;
    }
    if (around.length > INCLUDE_DEPTH_MAX) {
      this.report({
        code: "limit",
        span: path.span,
        message: `includes are nested more than ${INCLUDE_DEPTH_MAX} deep`,
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
        message: `\`${name}\` cannot be read`,
        ...name.startsWith("builtin:") && {
          hint:
            "a scenario that comes with the program can be run or opened, but not included",
        },
      });
      return undefined;
    }
    return this.file({ name, text, includedFrom: path.span });
  }
}

/** Reads one text alone, without resolving its lines or following its includes. */
export function parse(source: Source, limits?: Limits): Parsed {
  const loading = new Loading(undefined, limits);
  const file = loading.file(source) ?? { source, lines: [] };
  const { diagnostics, unbalanced } = loading;
  return { file, diagnostics: inOrder(diagnostics), unbalanced };
}

/** A text that was read with all that it includes, and not checked yet. */
export interface Reading {
  /** The tree; undefined if it is no text. */
  readonly file: File | undefined;
  /** Braces did not match. */
  readonly unbalanced: boolean;
  /** Takes what is wrong; the same of a file that is included twice only once. */
  readonly report: (diagnostic: Diagnostic) => void;
  /** What was reported up to now. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a text with all that it includes. */
export function read(source: Source, options: LoadOptions = {}): Reading {
  const loading = new Loading(options.reader ?? NO_READER, options.limits);
  return readingOf(loading, loading.file(source));
}

/** The same, pausing between statements, for a program that has other work to do in between. */
export function* readSteps(
  source: Source,
  options: LoadOptions = {},
): Generator<void, Reading> {
  const loading = new Loading(options.reader ?? NO_READER, options.limits);
  return readingOf(loading, yield* loading.steps(source));
}

function readingOf(
  { unbalanced, report, diagnostics }: Loading,
  file: File | undefined,
): Reading {
  return { file, unbalanced, report, diagnostics };
}

/**
 * Reads and checks a whole text. Nothing of it may run unless all of it is right.
 *
 * @param source what was read; its `name` is what included paths are relative to
 */
export function load(source: Source, options: LoadOptions = {}): Loaded {
  return checked(read(source, options));
}

/** Checks a text that was read, as one that nothing was said before. */
export function checked(reading: Reading): Loaded {
  const { file, unbalanced, report } = reading;
  if (file) check(file, { unbalanced, report });
  return finished(reading);
}

/** What is said of a text that was read and checked. */
export function finished({ file, diagnostics }: Reading): Loaded {
  return file === undefined || diagnostics.length > 0
    ? { ok: false, file: undefined, diagnostics: inOrder(diagnostics) }
    : { ok: true, file, diagnostics: [] };
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
