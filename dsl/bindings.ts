/**
 * Names that `let` and `for` bound, block by block.
 *
 * @module
 */

/** The names of a block and of those around it. */
export class Scope {
  readonly #names = new Map<string, bigint>();

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

  /** The value of a name, here or further out. */
  find(name: string): bigint | undefined {
    return this.#names.get(name) ?? this.outer?.find(name);
  }

  /** The names with their values, outermost first: `i = 0x2, j = 0x0`; undefined without names. */
  describe(): string | undefined {
    const names = this.names().reverse();
    if (names.length === 0) return undefined;
    return names.map((name) => `${name} = 0x${this.find(name)!.toString(16)}`)
      .join(", ");
  }

  /** A copy that goes its own way: what is bound in it is not bound here. */
  copy(): Scope {
    const copy = new Scope(this.outer?.copy());
    for (const [name, value] of this.#names) copy.bind(name, value);
    return copy;
  }

  /** All names that can be seen, innermost first. */
  names(): string[] {
    return [...this.#names.keys(), ...this.outer?.names() ?? []];
  }
}
