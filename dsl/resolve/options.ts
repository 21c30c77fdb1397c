/**
 * `name=value` after a statement: each one known, given once, and in its range.
 *
 * @module
 */
import { fail } from "../problem.ts";
import type { OptionRow } from "../statements.ts";
import { suggestion } from "../suggest.ts";
import type { Argument, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";

/** The options of one line. */
export class Options {
  readonly #numbers = new Map<string, bigint>();
  readonly #words = new Map<string, string>();

  /**
   * Reads options.
   *
   * @param rows those that there are
   * @param subject whose options they are, for messages
   */
  constructor(
    c: Context,
    args: readonly Argument[],
    rows: readonly OptionRow[],
    subject: string,
  ) {
    const given = new Once();
    for (const arg of args) {
      c.attempt(() => {
        const row = rowOf(arg, rows, subject);
        given.take(arg.target.name, row.name);
        refuseOtherArch(c, arg, row);
        if (row.kind === "number") {
          this.#numbers.set(row.name, c.within(arg.value, row));
        } else this.#words.set(row.name, choiceOf(arg, row.words));
      });
    }
  }

  /** The number that an option gives; undefined if it is not given. */
  number(name: string): number | undefined {
    const value = this.#numbers.get(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The number that an option gives, all 64 bits of it; undefined if it is not given. */
  value(name: string): bigint | undefined {
    return this.#numbers.get(name);
  }

  /** All that are given, by name. */
  given(): Readonly<Record<string, number | string>> {
    return Object.fromEntries([
      ...[...this.#numbers].map(([name, value]) => [name, Number(value)]),
      ...this.#words,
    ]);
  }

  /** The word that an option gives; undefined if it is not given. */
  word<T extends string>(name: string): T | undefined {
    return this.#words.get(name) as T | undefined;
  }
}

function rowOf(
  { target }: Argument,
  rows: readonly OptionRow[],
  subject: string,
): OptionRow {
  const { name, index } = target;
  const row = rows.find((one) => one.name === name.text);
  if (row && !index) return row;
  const known = rows.map((one) => one.name);
  fail({
    code: "unknown-option",
    span: target.span,
    message: `\`${name.text}=\` is not an option of \`${subject}\``,
    expected: known.map((word) => `${word}=`),
    ...suggestion(name.text, known),
  });
}

/** Rejects an option that only another architecture has. */
export function refuseOtherArch(
  { arch }: Context,
  { value }: Argument,
  row: { readonly name: string; readonly arch?: "arm64" | "x86" },
): void {
  if (!row.arch || arch.name === row.arch) return;
  fail({
    code: "wrong-arch",
    span: value.span,
    message: `\`${row.name}=\` is for ${row.arch}; this is ${arch.name}`,
  });
}

/** Names of which each may be given once. */
export class Once {
  readonly #given = new Set<string>();

  /** @param key what makes two of them the same */
  take(name: Name, key: string): void {
    if (this.#given.has(key)) {
      fail({
        code: "duplicate-option",
        span: name.span,
        message: `\`${name.text}=\` is given twice`,
      });
    }
    this.#given.add(key);
  }
}

/** The value of an argument that must be a word. */
export function argWord({ target, value }: Argument): Name {
  if (value.kind === "name") return { text: value.text, span: value.span };
  fail({
    code: "not-a-word",
    span: value.span,
    message: `\`${target.name.text}=\` takes a word`,
  });
}

/** The value of an argument that must be one of a few words. */
export function choiceOf(arg: Argument, words: readonly string[]): string {
  return oneOf(argWord(arg), words, `${arg.target.name.text}=`);
}

/**
 * A word that must be one of a few.
 *
 * @param what as it is written: `stop=`
 */
export function oneOf<T extends string>(
  { text, span }: Name,
  words: readonly T[],
  what: string,
): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  fail({
    code: "unknown-word",
    span,
    message: `\`${what}\` cannot be \`${text}\``,
    expected: words,
    ...suggestion(text, words),
  });
}

/** Rejects an index, where only a plain name can stand. */
export function plainName({ target }: Argument): Name {
  if (target.index) {
    fail({
      code: "unexpected",
      span: target.index.span,
      message: `\`${target.name.text}=\` takes no index`,
    });
  }
  return target.name;
}
