/**
 * A world in memory, for tests of commands.
 *
 * @module
 */
import {
  ClosedPipe,
  COLUMNS_DEFAULT,
  FileProblem,
  type Io,
  type Streams,
} from "./io.ts";

/** What a memory world begins with. */
export interface MemorySetup {
  /** Texts by path; a folder is what paths have before a `/`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Reads what is not in memory. */
  readonly under?: Io;
  /** Characters of standard output after which it has no reader any more. */
  readonly closesAfter?: number;
  readonly isTerminal?: boolean;
  readonly errIsTerminal?: boolean;
  readonly noColor?: boolean;
  readonly columns?: number;
}

/** A world in memory, and what was written to it. */
export class MemoryIo implements Io {
  readonly isTerminal: boolean;
  readonly isInputTerminal = false;
  readonly errIsTerminal: boolean;
  readonly noColor: boolean;
  readonly columns: number;
  /** Standard output and standard error so far. */
  stdout = "";
  stderr = "";
  /** How often standard output was written to. */
  writes = 0;
  readonly files: Map<string, string>;
  readonly #setup: MemorySetup;

  /** @param setup what there is */
  constructor(setup: MemorySetup = {}) {
    this.#setup = setup;
    this.files = new Map(Object.entries(setup.files ?? {}));
    this.isTerminal = setup.isTerminal ?? false;
    this.errIsTerminal = setup.errIsTerminal ?? false;
    this.noColor = setup.noColor ?? false;
    this.columns = setup.columns ?? COLUMNS_DEFAULT;
  }

  out(text: string): void {
    const { closesAfter } = this.#setup;
    if (closesAfter !== undefined && this.stdout.length >= closesAfter) {
      throw new ClosedPipe();
    }
    this.writes++;
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  readStdin(): string {
    return this.#setup.stdin ?? "";
  }

  async *lines(): AsyncGenerator<string> {
    const lines = this.readStdin().split("\n");
    if (lines.at(-1) === "") lines.pop();
    // As from a pipe: not all at once.
    for (const line of lines) yield await Promise.resolve(line);
  }

  env(): undefined {
    return undefined;
  }

  terminal(): Promise<never> {
    throw new RangeError("There is no terminal in memory");
  }

  async streams(): Promise<Streams> {
    const { Readable, Writable } = await import("node:stream");
    const input = Readable.from([this.readStdin()]);
    const output = new Writable({
      write: (bytes, _encoding, done) => {
        this.out(`${bytes}`);
        done();
      },
    });
    return { input, output, close: () => void input.destroy() };
  }

  readFile(path: string): string {
    const text = this.files.get(path) ?? this.#setup.under?.readFile(path);
    if (text === undefined) {
      throw new FileProblem(path, "no such file or folder");
    }
    return text;
  }

  fileId(path: string): string | undefined {
    const plain = path.replace(/^(?:\.\/+)+/, "");
    return this.files.has(plain) ? plain : undefined;
  }

  stdinId(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  writeFile(path: string, text: string): void {
    this.files.set(path, text);
  }

  create(path: string): { write(text: string): void; close(): void } {
    this.files.set(path, "");
    return {
      write: (text) => {
        this.files.set(path, this.files.get(path)! + text);
      },
      close: () => {},
    };
  }

  checkWritable(): void {}

  list(
    path: string,
  ):
    | readonly { readonly name: string; readonly isFolder: boolean }[]
    | undefined {
    if (this.files.has(path)) return undefined;
    const inside = path.replace(/\/*$/, "/");
    const found = new Map<string, boolean>();
    for (const file of this.files.keys()) {
      if (!file.startsWith(inside)) continue;
      const [name, ...rest] = file.slice(inside.length).split("/");
      found.set(name, rest.length > 0);
    }
    if (found.size > 0) {
      return [...found].map(([name, isFolder]) => ({ name, isFolder }));
    }
    if (this.#setup.under) return this.#setup.under.list(path);
    throw new FileProblem(path, "no such file or folder");
  }
}
