/**
 * What commands read and write, as an argument, so that a test gives them its own.
 *
 * @module
 */

import type { Readable, Writable } from "node:stream";
import type { Keyboard } from "../repl/terminal.ts";

/** The reader of standard output went away: there is no reader to write for. */
export class ClosedPipe extends Error {
  override name = "ClosedPipe";
}

/** A file or folder that could not be read or written: the user's mistake, in their words. */
export class FileProblem extends Error {
  override name = "FileProblem";

  /**
   * @param path as the user gave it
   * @param why `no such file or folder`
   */
  constructor(readonly path: string, readonly why: string) {
    super(`${path === "" ? '""' : path}: ${why}`);
  }
}

/** An entry of a folder. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** A file that is being written. */
export interface OutputFile {
  write(text: string): void;
  close(): void;
}

/** A terminal. */
export interface Terminal {
  readonly input: Keyboard;
  readonly output: Writable;
  /** Columns that it has now. */
  columns(): number;
  /** Lines that it has now. */
  rows(): number;
}

/** How a file is written. */
export interface WriteOptions {
  /** It may be a file that was read: the user asked for that one to be changed. */
  readonly inPlace?: boolean;
}

/** Standard input and output as streams of bytes, for a protocol. */
export interface Streams {
  readonly input: Readable;
  readonly output: Writable;
  /** Gives up what is left of the input: a read that waits would keep the process alive. */
  close(): void;
}

/** The world outside the program. */
export interface Io {
  /**
   * Writes to standard output.
   *
   * @throws {ClosedPipe} if it has no reader any more
   */
  out(text: string): void;
  /** Writes to standard error; does nothing if it has no reader. */
  err(text: string): void;
  /** All of standard input; the same text again. */
  readStdin(): string;
  /** The text of a file; of a pipe the same text again. @throws {FileProblem} */
  readFile(path: string): string;
  /**
   * The file that a path means: the same text for every name of the same file, links included.
   *
   * @returns undefined if there is none yet, or what is there is no file, such as a pipe
   */
  fileId(path: string): string | undefined;
  /** The same of the file that the shell has opened as standard input. */
  stdinId(): Promise<string | undefined>;
  /**
   * Replaces a file as a whole, or leaves it as it was.
   *
   * @throws {FileProblem}
   */
  writeFile(path: string, text: string, options?: WriteOptions): void;
  /**
   * Begins a file anew.
   *
   * @throws {FileProblem}
   */
  create(path: string): OutputFile;
  /**
   * Checks that a file can be written, as far as that can be told without changing it.
   *
   * @throws {FileProblem} it is a folder, or it does not exist yet and its folder does not either or is not writable
   */
  checkWritable(path: string): void;
  /**
   * The entries of a folder, in no order; undefined if the path is not a folder.
   *
   * @throws {FileProblem} if there is nothing by that name
   */
  list(path: string): readonly Entry[] | undefined;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Standard input is a terminal. */
  readonly isInputTerminal: boolean;
  /** Lines of standard input, without their ends, as they come. */
  lines(): AsyncIterable<string>;
  /** A variable of the environment; undefined if it is not set, or not to be known. */
  env(name: string): string | undefined;
  /** The terminal, key by key. */
  terminal(): Promise<Terminal>;
  /** Standard input and output, for a protocol. */
  streams(): Promise<Streams>;
  /** Standard error is a terminal. */
  readonly errIsTerminal: boolean;
  /** The user asked for no colour, or the terminal has none. */
  readonly noColor: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
}

/** Columns where there is no terminal. */
export const COLUMNS_DEFAULT = 80;

/** Lines of a terminal that does not tell. */
const ROWS_DEFAULT = 24;

const ENCODER = new TextEncoder();

/** What went wrong with a path, in a few words. */
function whyOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    return "the program was started without permission for it";
  }
  if (error instanceof Deno.errors.IsADirectory) return "a folder, not a file";
  if (error instanceof Deno.errors.NotADirectory) {
    return "a part of the path is not a folder";
  }
  const text = error instanceof Error ? error.message : String(error);
  // Deno appends what it was doing: `… (os error 36): readfile 'path'`.
  return text.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/** Does something with a path; what fails is reported as a problem with it. */
function withPath<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new FileProblem(path, whyOf(error));
  }
}

/** Most bytes of a file or of standard input. No text of this program is as large, and a pipe need not end. */
export const FILE_BYTES_MAX: number = 256 * 2 ** 20;

/** Reads to the end. @throws {Error} it is longer than it may be */
function readToEnd(
  file: { readSync(buffer: Uint8Array): number | null },
): string {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let length = 0;
  let text = "";
  for (;;) {
    const count = file.readSync(buffer);
    if (count === null) return text + decoder.decode();
    length += count;
    if (length > FILE_BYTES_MAX) {
      throw new Error(`larger than ${FILE_BYTES_MAX / 2 ** 20} MB`);
    }
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** Reads a file, or what comes through a pipe, which is kept: it can be read once only. */
function readWhole(path: string, pipes: Map<string, string>): string {
  const kept = pipes.get(path);
  if (kept !== undefined) return kept;
  const { isFile, isCharDevice, isBlockDevice } = Deno.statSync(path);
  // A shell's own name for a pipe or a terminal ends.
  if (
    (isCharDevice || isBlockDevice) && !/^\/dev\/(stdin|tty|fd\/)/.test(path)
  ) {
    throw new Error("a device, not a file");
  }
  const file = Deno.openSync(path);
  try {
    const text = readToEnd(file);
    if (!isFile) pipes.set(path, text);
    return text;
  } finally {
    file.close();
  }
}

/** Writes all of a text. */
function writeAll(
  file: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  let bytes = ENCODER.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
}

/** The file that a path means, with its mode; undefined if there is none yet. */
function fileAt(
  path: string,
): { readonly path: string; readonly info: Deno.FileInfo } | undefined {
  try {
    return { path: Deno.realPathSync(path), info: Deno.statSync(path) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * What tells a file from every other one, by any of its names.
 *
 * An inode number may be larger than a number can be exactly, so that its device and inode alone could be another's.
 */
function idOf(
  { dev, ino, size, mtime }: Pick<
    Deno.FileInfo,
    "dev" | "ino" | "size" | "mtime"
  >,
): string {
  return [dev, ino, size, mtime?.getTime()].join(":");
}

/** The same by a path; undefined if there is no file. */
function fileId(path: string): string | undefined {
  try {
    const info = Deno.statSync(path);
    if (!info.isFile) return undefined;
    return info.ino === null ? Deno.realPathSync(path) : idOf(info);
  } catch {
    // What is wrong with it is said where it is read or written.
    return undefined;
  }
}

/** The same of standard input. */
async function stdinId(): Promise<string | undefined> {
  const { fstatSync } = await import("node:fs");
  const info = fstatSync(0);
  return info.isFile() ? idOf(info) : undefined;
}

/** Writes a new file beside another and gives it the other's name: no reader sees a part, and no failure leaves one. */
function replaceFile(path: string, text: string): void {
  const existing = fileAt(path);
  // A pipe or a device is no file to replace.
  if (existing && !existing.info.isFile) {
    Deno.writeTextFileSync(path, text);
    return;
  }
  const target = existing?.path ?? path;
  const temporary = temporaryBeside(target);
  const file = Deno.openSync(temporary, { write: true, createNew: true });
  try {
    try {
      writeAll(file, text);
      file.syncSync();
    } finally {
      file.close();
    }
    const mode = existing?.info.mode ?? null;
    if (mode !== null && Deno.build.os !== "windows") {
      Deno.chmodSync(temporary, mode & 0o777);
    }
    Deno.renameSync(temporary, target);
  } catch (error) {
    Deno.removeSync(temporary);
    throw error;
  }
}

/** The folder of a path, with the slash at its end; empty for a name alone. */
function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1;
  return path.slice(0, end);
}

/** The name of a file that exists for a moment, in the folder of another. */
function temporaryBeside(path: string): string {
  return `${folderOf(path)}.dregs-${crypto.randomUUID()}.tmp`;
}

/** Checks a path by making a file beside it, if there is none there. @throws {Error} why that is not possible */
function checkWritable(path: string): void {
  const existing = fileAt(path);
  if (existing?.info.isDirectory) throw new Deno.errors.IsADirectory();
  if (existing !== undefined) return;
  const temporary = temporaryBeside(path);
  Deno.openSync(temporary, { write: true, createNew: true }).close();
  Deno.removeSync(temporary);
}

async function* stdinLines(): AsyncGenerator<string> {
  const decoder = new TextDecoderStream();
  let held = "";
  for await (const text of Deno.stdin.readable.pipeThrough(decoder)) {
    const lines = (held + text).split(/\r?\n/);
    held = lines.pop()!;
    yield* lines;
  }
  if (held !== "") yield held;
}

/** Entries of a folder; a link counts as what it points to, unless that is a folder: no walk goes in circles. */
function listFolder(path: string): Entry[] {
  const entries: Entry[] = [];
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(path)) {
    if (isSymlink && isFolder(`${path}/${name}`)) continue;
    entries.push({ name, isFolder: isDirectory });
  }
  return entries;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    // A link to nothing: reading it as a file will say so.
    return false;
  }
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || COLUMNS_DEFAULT;
  } catch {
    return COLUMNS_DEFAULT;
  }
}

function rows(): number {
  try {
    return Deno.consoleSize().rows || ROWS_DEFAULT;
  } catch {
    return ROWS_DEFAULT;
  }
}

/** A variable of the environment. */
function env(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    // The program was started without permission for it.
    return undefined;
  }
}

/** The real world. */
export function denoIo(): Io {
  const isTerminal = Deno.stdout.isTerminal();
  const pipes = new Map<string, string>();
  let stdin: string | undefined;
  return {
    out(text) {
      try {
        writeAll(Deno.stdout, text);
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw new ClosedPipe();
        throw new FileProblem("standard output", whyOf(error));
      }
    },
    err(text) {
      try {
        writeAll(Deno.stderr, text);
      } catch {
        // There is no reader.
      }
    },
    readStdin: () =>
      stdin ??= withPath("standard input", () => readToEnd(Deno.stdin)),
    readFile: (path) => withPath(path, () => readWhole(path, pipes)),
    fileId,
    stdinId,
    writeFile: (path, text) => withPath(path, () => replaceFile(path, text)),
    create(path) {
      const file = withPath(
        path,
        () =>
          Deno.openSync(path, { write: true, create: true, truncate: true }),
      );
      return {
        write: (text) => withPath(path, () => writeAll(file, text)),
        close: () => file.close(),
      };
    },
    checkWritable: (path) => withPath(path, () => checkWritable(path)),
    list: (path) =>
      withPath(
        path,
        () => Deno.statSync(path).isDirectory ? listFolder(path) : undefined,
      ),
    isTerminal,
    isInputTerminal: Deno.stdin.isTerminal(),
    lines: stdinLines,
    env,
    async terminal() {
      const { default: process } = await import("node:process");
      return {
        input: process.stdin as unknown as Keyboard,
        output: process.stdout as unknown as Writable,
        columns,
        rows,
      };
    },
    async streams() {
      const { default: process } = await import("node:process");
      return {
        input: process.stdin as unknown as Readable,
        output: process.stdout as unknown as Writable,
        close() {
          process.stdin.destroy();
          try {
            Deno.stdin.close();
          } catch (error) {
            // The other side has closed it.
            if (!(error instanceof Deno.errors.BadResource)) throw error;
          }
        },
      };
    },
    errIsTerminal: Deno.stderr.isTerminal(),
    get noColor() {
      return Deno.noColor || env("TERM") === "dumb";
    },
    columns: isTerminal ? columns() : COLUMNS_DEFAULT,
  };
}
