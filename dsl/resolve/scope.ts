/**
 * Names that `let`, `for` and `as` define, by block.
 *
 * @module
 */
import type { Name } from "../syntax/nodes.ts";
import type { Span } from "../source.ts";

/** A name's definition. */
export interface Definition {
  readonly span: Span;
  /** Its value, where that is known before anything runs. */
  readonly value: bigint | undefined;
}

/** The names of a block, and of those around it. */
export class Scope {
  readonly #names = new Map<string, Definition>();
  /** Words of lines that were not understood: they may have been meant to define any of these. */
  readonly #tainted = new Set<string>();
  #anything = false;

  constructor(readonly outer?: Scope) {}

  /** The definition of a name, from here outwards. */
  find(text: string): Definition | undefined {
    return this.#names.get(text) ?? this.outer?.find(text);
  }

  /** Whether this very block defines a name. */
  has(text: string): boolean {
    return this.#names.has(text);
  }

  /** Defines a name; whether that is allowed is for the caller. */
  define({ text, span }: Name, value?: bigint): void {
    this.#names.set(text, { span, value });
  }

  /** From here on, nobody is blamed for using one of these. */
  taint(words: Iterable<string>): void {
    for (const word of words) this.#tainted.add(word);
  }

  /** From here on, nobody is blamed for using any name. */
  taintAll(): void {
    this.#anything = true;
  }

  /** Whether a name may have been defined on a line that was not understood. */
  mayDefine(text: string): boolean {
    return this.#anything || this.#tainted.has(text) ||
      (this.outer?.mayDefine(text) ?? false);
  }

  /** Takes over what a block inside this one defined. */
  adopt(inner: Scope): void {
    for (const [text, definition] of inner.#names) {
      this.#names.set(text, definition);
    }
  }

  /** A scope that knows the same and goes its own way; those around it stay shared. */
  copy(): Scope {
    const copy = new Scope(this.outer);
    for (const [text, definition] of this.#names) {
      copy.#names.set(text, definition);
    }
    copy.taint(this.#tainted);
    copy.#anything = this.#anything;
    return copy;
  }

  /** All names, for suggestions. */
  *names(): Generator<string> {
    yield* this.#names.keys();
    if (this.outer) yield* this.outer.names();
  }
}
