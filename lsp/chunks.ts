/**
 * A text as chunks, each some lines at top level with their blocks, so that an edit reads one chunk again and not the
 * whole text.
 *
 * @module
 */
import { read, type Reader } from "../dsl/load.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import type { Source } from "../dsl/source.ts";
import { type Line, wholeSpan } from "../dsl/syntax/lines.ts";

/** Lines at top level, and the text from the first of them to the next chunk. */
export interface Chunk {
  /** What was read: the chunk's text is a part of it. */
  readonly source: Source;
  /** Where the chunk begins in the source. */
  readonly origin: number;
  /** Its length, in UTF-16 code units. */
  readonly length: number;
  /** Its lines; their spans are in the source. */
  readonly lines: readonly Line[];
  /** What reading them found. */
  readonly syntax: readonly Diagnostic[];
}

/** The text of a chunk. */
export function chunkText({ source, origin, length }: Chunk): string {
  return source.text.slice(origin, origin + length);
}

/** Whether text between two lines has the end of a line, so that a chunk may begin after it. */
function endsLine(text: string): boolean {
  return /\n/.test(text);
}

/** The offset after the first end of a line at or after `from`. */
function afterLineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}

/**
 * Cuts what was read into chunks, one for each line at top level that begins on a line of its own.
 *
 * @param lines the source's lines
 * @param syntax what reading found, in any order
 */
export function chunksOf(
  source: Source,
  lines: readonly Line[],
  syntax: readonly Diagnostic[],
): Chunk[] {
  const { text } = source;
  const starts = [0];
  const groups: Line[][] = [[]];
  let end = 0;
  for (const line of lines) {
    const { start } = line.span;
    // A block without a header, or a header that is broken, may belong to the line before.
    const mayBegin = groups.at(-1)!.length > 0 && line.kind !== "broken" &&
      endsLine(text.slice(end, start));
    if (mayBegin) {
      starts.push(afterLineEnd(text, end));
      groups.push([]);
    }
    groups.at(-1)!.push(line);
    ({ end } = wholeSpan(line));
  }
  const found: Diagnostic[][] = groups.map(() => []);
  for (const diagnostic of syntax) {
    const offset = offsetIn(source, diagnostic);
    found[chunkAt(starts, offset)].push(diagnostic);
  }
  return groups.map((group, index) => ({
    source,
    origin: starts[index],
    length: (starts[index + 1] ?? text.length) - starts[index],
    lines: group,
    syntax: found[index],
  }));
}

/** What was read as one chunk. */
export function wholeChunk(
  source: Source,
  lines: readonly Line[],
  syntax: readonly Diagnostic[],
): Chunk {
  return { source, origin: 0, length: source.text.length, lines, syntax };
}

/** Index of the chunk that an offset lies in. */
export function chunkAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a diagnostic is in a source: its own place, or the `include` that leads to it. */
function offsetIn(source: Source, { span }: Diagnostic): number {
  let at = span;
  while (at.source !== source && at.source.includedFrom) {
    at = at.source.includedFrom;
  }
  return at.start;
}

/** Where each chunk begins in the text that they make. */
export function chunkStarts(chunks: readonly Chunk[]): number[] {
  let start = 0;
  return chunks.map(({ length }) => {
    const own = start;
    start += length;
    return own;
  });
}

/** An edit: `[start, end)` of the old text is replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What an edit made of the chunks. */
export interface Edited {
  readonly chunks: readonly Chunk[];
  /** The new chunks among them: `[first, last)`. */
  readonly first: number;
  readonly last: number;
}

/**
 * Applies an edit, and reads the chunks again that it touches.
 *
 * @returns undefined if the text must be read as a whole: braces do not match, or it is not a text
 */
export function editChunks(
  chunks: readonly Chunk[],
  { start, end, text }: Edit,
  name: string,
  reader: Reader,
): Edited | undefined {
  const starts = chunkStarts(chunks);
  // A line that begins at the edit may now belong to the line before it.
  let first = chunkAt(starts, start);
  if (first > 0 && starts[first] === start) first--;
  let last = chunkAt(starts, end) + 1;
  const joined = (from: number, to: number): string =>
    chunks.slice(from, to).map(chunkText).join("");
  const offset = start - starts[first];
  const old = joined(first, last);
  let now = old.slice(0, offset) + text +
    old.slice(end - starts[first]);
  while (last < chunks.length && !now.endsWith("\n")) {
    now += chunkText(chunks[last++]);
  }
  const source: Source = { name, text: now };
  const reading = read(source, { reader });
  const { file, unbalanced, diagnostics } = reading;
  if (!file || unbalanced) return undefined;
  const made = chunksOf(source, file.lines, diagnostics);
  // Nothing tells whether a line that was not understood ends where it did before.
  if (file.lines.length === 0 || isUncertain(made.at(-1)!, chunks[last])) {
    return undefined;
  }
  return {
    chunks: [...chunks.slice(0, first), ...made, ...chunks.slice(last)],
    first,
    last: first + made.length,
  };
}

/** Whether the first line of a chunk may belong to the last one of another. */
function isUncertain(before: Chunk, after: Chunk | undefined): boolean {
  return after !== undefined && before.lines.at(-1)?.kind === "broken" &&
    /^\s*\{/.test(chunkText(after));
}
