/**
 * A world over another: what it does not change is the other's.
 *
 * @module
 */
import type { Entry, Io, OutputFile, WriteOptions } from "./io.ts";

/** Passes everything on. */
export abstract class IoOver implements Io {
  /** @param under the other world */
  constructor(protected readonly under: Io) {}

  get isTerminal(): boolean {
    return this.under.isTerminal;
  }

  get isInputTerminal(): boolean {
    return this.under.isInputTerminal;
  }

  get errIsTerminal(): boolean {
    return this.under.errIsTerminal;
  }

  get noColor(): boolean {
    return this.under.noColor;
  }

  get columns(): number {
    return this.under.columns;
  }

  out(text: string): void {
    this.under.out(text);
  }

  err(text: string): void {
    this.under.err(text);
  }

  readStdin(): string {
    return this.under.readStdin();
  }

  lines(): AsyncIterable<string> {
    return this.under.lines();
  }

  env(name: string): string | undefined {
    return this.under.env(name);
  }

  terminal(): ReturnType<Io["terminal"]> {
    return this.under.terminal();
  }

  streams(): ReturnType<Io["streams"]> {
    return this.under.streams();
  }

  readFile(path: string): string {
    return this.under.readFile(path);
  }

  fileId(path: string): string | undefined {
    return this.under.fileId(path);
  }

  stdinId(): Promise<string | undefined> {
    return this.under.stdinId();
  }

  writeFile(path: string, text: string, options?: WriteOptions): void {
    this.under.writeFile(path, text, options);
  }

  create(path: string): OutputFile {
    return this.under.create(path);
  }

  checkWritable(path: string): void {
    this.under.checkWritable(path);
  }

  list(path: string): readonly Entry[] | undefined {
    return this.under.list(path);
  }
}
