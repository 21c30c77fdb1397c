/**
 * Texts and places in them.
 *
 * @module
 */

/** A text that was read: a file, standard input, `-e`, or a line typed. */
export interface Source {
  /** How messages name it: the path as the user gave it, or `<stdin>`, `<script>` … */
  readonly name: string;
  /** All of it. */
  readonly text: string;
  /** The `include` that reached this text; a file included at two places is two sources. */
  readonly includedFrom?: Span;
}

/** A half-open run of characters, `[start, end)`, counted in UTF-16 code units from 0. */
export interface Span {
  /** The text. */
  readonly source: Source;
  /** Offset of the first character. */
  readonly start: number;
  /** Offset after the last character. */
  readonly end: number;
}

/** A place as people count: both from 1, the column in characters. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Makes a span. */
export function span(source: Source, start: number, end: number): Span {
  return { source, start, end };
}

/** The smallest span that holds both; they lie in one source. */
export function joined(first: Span, last: Span): Span {
  return {
    source: first.source,
    start: Math.min(first.start, last.start),
    end: Math.max(first.end, last.end),
  };
}

/** The characters of a span. */
export function textOf({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

/** Offsets at which the lines of a source begin, made when first asked for. */
const LINE_STARTS = new WeakMap<Source, readonly number[]>();

function lineStarts(source: Source): readonly number[] {
  let starts = LINE_STARTS.get(source);
  if (!starts) {
    const found = [0];
    const { text } = source;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) {
        found.push(at + 1);
      }
    }
    starts = found;
    LINE_STARTS.set(source, starts);
  }
  return starts;
}

/** 0-based number of the line that holds an offset. */
function lineIndex(source: Source, offset: number): number {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where an offset is, as people count. */
export function positionAt(source: Source, offset: number): Position {
  const index = lineIndex(source, offset);
  const before = source.text.slice(lineStarts(source)[index], offset);
  return { line: index + 1, column: [...before].length + 1 };
}

/** The line that holds an offset, without its end, and where it begins. */
export function lineAt(
  source: Source,
  offset: number,
): { readonly text: string; readonly start: number; readonly line: number } {
  const index = lineIndex(source, offset);
  const starts = lineStarts(source);
  const start = starts[index];
  const end = index + 1 < starts.length
    ? starts[index + 1]
    : source.text.length;
  const text = source.text.slice(start, end).replace(/[\r\n]+$/, "");
  return { text, start, line: index + 1 };
}

/** The name of a file without its folders and `.dregs`. */
export function baseName(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.dregs$/, "");
}
