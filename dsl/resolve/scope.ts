/**
 * Names that `let`, `for`, `choose` and `as` define, block by block.
 *
 * @module
 */
import { hex } from "../notation.ts";
import type { Span } from "../source.ts";
import type { Name } from "../syntax/nodes.ts";

/** A name's definition. */
export interface Definition {
  /** Where it was defined. */
  readonly span: Span;
  /** Its value; undefined for `as`, whose value the machine has, and where none is known before anything runs. */
  readonly value: bigint | undefined;
  /** It counts the iterations of a loop. */
  readonly isCounter?: boolean;
  /** `as` gave it to what a guest or userspace reads. */
  readonly isRead?: boolean;
  /** `as` gave it to a saved VM. */
  readonly isSaved?: boolean;
}

/** Definitions in order; copies of a scope share them, and each knows how many of them it has. */
type Definitions = Map<
  string,
  { readonly definition: Definition; readonly order: number }
>;

/** The names of a block, and of those around it. */
export class Scope {
  #definitions: Definitions = new Map();
  #count = 0;
  /** Words of lines that were not understood: they may have been meant to define any of these. */
  readonly #tainted = new Set<string>();
  #anything = false;

  /**
   * Opens a block.
   *
   * @param outer the block around this one
   */
  constructor(readonly outer?: Scope) {}

  /** The definition of a name, from here outwards. */
  find(text: string): Definition | undefined {
    return this.#own(text) ?? this.outer?.find(text);
  }

  /** Whether this very block defines a name. */
  has(text: string): boolean {
    return this.#own(text) !== undefined;
  }

  #own(text: string): Definition | undefined {
    const found = this.#definitions.get(text);
    return found && found.order < this.#count ? found.definition : undefined;
  }

  /** Defines a name in this block; whether that is allowed is for the caller. */
  define(
    { text, span }: Name,
    value?: bigint,
    kind: Pick<Definition, "isCounter" | "isRead" | "isSaved"> = {},
  ): void {
    // A copy has gone on, or the name is there already: from here on this scope has definitions of its own.
    if (this.#definitions.size > this.#count || this.has(text)) {
      this.#definitions = new Map(
        [...this.#definitions].filter(([name, { order }]) =>
          order < this.#count && name !== text
        ).map(([name, { definition }], order) => [name, { definition, order }]),
      );
      this.#count = this.#definitions.size;
    }
    const definition = { span, value, ...kind };
    this.#definitions.set(text, { definition, order: this.#count++ });
  }

  /** From here on, using one of these words is no mistake. */
  taint(words: Iterable<string>): void {
    for (const word of words) this.#tainted.add(word);
  }

  /** From here on, using any name is no mistake. */
  taintAll(): void {
    this.#anything = true;
  }

  /** Whether a name may have been defined on a line that was not understood. */
  mayDefine(text: string): boolean {
    return this.#anything || this.#tainted.has(text) ||
      (this.outer?.mayDefine(text) ?? false);
  }

  /** A scope that knows the same and goes its own way; those around it stay shared. */
  copy(): Scope {
    const copy = new Scope(this.outer);
    copy.#definitions = this.#definitions;
    copy.#count = this.#count;
    copy.taint(this.#tainted);
    copy.#anything = this.#anything;
    return copy;
  }

  /** The names with their values, outermost first: `i = 2, x = 0x0`; undefined without such names. */
  describe(): string | undefined {
    const names = [...this.names()].reverse();
    const known = names.flatMap((name) => {
      const { value, isCounter } = this.find(name)!;
      if (value === undefined) return [];
      return [`${name} = ${isCounter ? value : hex(value)}`];
    });
    return known.length === 0 ? undefined : known.join(", ");
  }

  /** All names that can be seen, innermost first. */
  *names(): Generator<string> {
    for (const name of this.#definitions.keys()) {
      if (this.has(name)) yield name;
    }
    if (this.outer) yield* this.outer.names();
  }
}
