/**
 * Names that `let` and `for` bound, block by block.
 *
 * @module
 */

import { hex } from "./notation.ts";

/** The names of a block and of those around it. */
export class Scope {
  readonly #names = new Map<string, bigint>();
  /** Those that count turns. */
  readonly #counters = new Set<string>();

  /**
   * Opens a block.
   *
   * @param outer the block around this one
   */
  constructor(readonly outer?: Scope) {}

  /** Binds a name in this block. */
  bind(name: string, value: bigint): void {
    this.#names.set(name, value);
  }

  /** Binds the variable of a loop in this block. */
  count(name: string, value: bigint): void {
    this.bind(name, value);
    this.#counters.add(name);
  }

  /** The value of a name, here or further out. */
  find(name: string): bigint | undefined {
    return this.#names.get(name) ?? this.outer?.find(name);
  }

  /** The names with their values, outermost first: `i = 2, x = 0x0`; undefined without names. */
  describe(): string | undefined {
    const names = this.names().reverse();
    if (names.length === 0) return undefined;
    return names.map((name) => {
      const value = this.find(name)!;
      return `${name} = ${this.#isCounter(name) ? value : hex(value)}`;
    }).join(", ");
  }

  #isCounter(name: string): boolean {
    if (this.#names.has(name)) return this.#counters.has(name);
    return this.outer !== undefined && this.outer.#isCounter(name);
  }

  /** A copy that goes its own way: what is bound in it is not bound here. */
  copy(): Scope {
    const copy = new Scope(this.outer?.copy());
    for (const [name, value] of this.#names) copy.bind(name, value);
    for (const name of this.#counters) copy.#counters.add(name);
    return copy;
  }

  /** All names that can be seen, innermost first. */
  names(): string[] {
    return [...this.#names.keys(), ...this.outer?.names() ?? []];
  }
}
