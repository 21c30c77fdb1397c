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

  /** All names that can be seen, innermost first. */
  names(): string[] {
    return [...this.#names.keys(), ...this.outer?.names() ?? []];
  }
}
