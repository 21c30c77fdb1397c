/**
 * A world in which no file that was read is overwritten.
 *
 * @module
 */
import {
  FileProblem,
  type Io,
  type OutputFile,
  type WriteOptions,
} from "./io.ts";
import { IoOver } from "./io_over.ts";

/** Remembers what was read, and refuses to write there. */
export class GuardedIo extends IoOver {
  /** The paths that were read. */
  readonly #read = new Set<string>();
  #stdin: string | undefined;

  /** @param under the world that is guarded */
  constructor(under: Io) {
    super(under);
  }

  /** Counts the file that is standard input, if it is one, as read. */
  async guardStdin(): Promise<void> {
    this.#stdin = await this.under.stdinId();
  }

  override readFile(path: string): string {
    const text = this.under.readFile(path);
    this.#read.add(path);
    return text;
  }

  /**
   * Checks that a path means no file that was read, by whatever name.
   *
   * @throws {FileProblem} it does
   */
  refuseRead(path: string): void {
    const id = this.under.fileId(path);
    if (id === undefined) return;
    const read = id === this.#stdin
      ? "standard input"
      : [...this.#read].find((one) => this.under.fileId(one) === id);
    if (read === undefined) return;
    throw new FileProblem(
      path,
      `would replace ${read}, which is read; name another file`,
    );
  }

  override writeFile(path: string, text: string, options?: WriteOptions): void {
    if (!options?.inPlace) this.refuseRead(path);
    this.under.writeFile(path, text, options);
  }

  override create(path: string): OutputFile {
    this.refuseRead(path);
    return this.under.create(path);
  }
}
