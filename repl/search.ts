/**
 * Ctrl-R, as in a shell: the newest line of the history that has what is typed.
 *
 * @module
 */

/** Ctrl-R. */
export const SEARCH_KEY = "\x12";

/** A search that is going on. */
export class HistorySearch {
  readonly #lines: readonly string[];
  #query = "";
  #at = 0;

  /**
   * Begins with nothing typed.
   *
   * @param lines newest first
   * @param original the line that was being edited: a search that is given up brings it back
   */
  constructor(lines: readonly string[], readonly original: string) {
    this.#lines = lines;
  }

  /** What is searched. */
  get query(): string {
    return this.#query;
  }

  /** The line that has it; undefined if none has, or nothing was typed yet. */
  get found(): string | undefined {
    if (this.#query === "") return undefined;
    const at = this.#next(this.#at);
    return at < 0 ? undefined : this.#lines[at];
  }

  /** Searches for a longer text. */
  type(character: string): void {
    this.#query += character;
  }

  /** Takes the last character back, and begins at the newest line again. */
  erase(): void {
    this.#query = [...this.#query].slice(0, -1).join("");
    this.#at = 0;
  }

  /** Goes on to a line that is older and not the same; stays if there is none. */
  older(): void {
    const { found } = this;
    if (found === undefined) return;
    let at = this.#next(this.#at);
    while (at >= 0 && this.#lines[at] === found) at = this.#next(at + 1);
    if (at >= 0) this.#at = at;
  }

  #next(from: number): number {
    return this.#lines.findIndex((line, index) =>
      index >= from && line.includes(this.#query)
    );
  }
}

/** What a key does in a search. */
export type SearchKey =
  | { readonly does: "search" }
  /** The line that was found is edited; this key and those after it are the editor's. */
  | { readonly does: "accept" }
  | { readonly does: "cancel" };

/** Takes a key. */
export function searchKey(search: HistorySearch, key: string): SearchKey {
  switch (key) {
    case SEARCH_KEY:
      search.older();
      return { does: "search" };
    case "\x7f":
    case "\b":
      search.erase();
      return { does: "search" };
    // Ctrl-C and Ctrl-G.
    case "\x03":
    case "\x07":
      return { does: "cancel" };
    default:
      if (key < " ") return { does: "accept" };
      search.type(key);
      return { does: "search" };
  }
}
