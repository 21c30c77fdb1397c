/**
 * The syntax tree: a line for each statement, with the place of every part. A closed union by `kind`; each form of
 * `forms/` has the type of its own lines.
 *
 * A text may have errors: a line that was not understood is in the tree too, as `broken`, so that what follows it is
 * still checked. A tree with such a line is not run.
 *
 * `@n` and other optional parts are `undefined` where the author wrote none; the default is in the comment.
 *
 * @module
 */
import type { FormAction, FormLine } from "../forms/mod.ts";
import type { Source, Span } from "../source.ts";
import type { Header } from "./headers.ts";
import type { Node, Spanned, StringLiteral } from "./nodes.ts";

export type { Header } from "./headers.ts";

/** `{ … }`. The span holds the braces. */
export interface Block extends Spanned {
  /** In the order of the text. */
  readonly lines: readonly Line[];
}

/** `include "file"`: the file's lines stand here, in this scope. */
export interface IncludeLine extends Node<"include"> {
  /** As written, relative to this text. */
  readonly path: StringLiteral;
  /** What was read; undefined only in a tree that has errors. */
  readonly file: File | undefined;
}

/** A header with its block. */
export type Opener = Header & { readonly body: Block };

/** An opener of one kind. */
export type OpenerOf<K extends Header["kind"]> =
  & Extract<Header, { readonly kind: K }>
  & { readonly body: Block };

/** A line that has a diagnostic. What it may have meant keeps the checks from blaming good lines for it. */
export interface BrokenLine extends Node<"broken"> {
  /** Its first word. */
  readonly head: string;
  /** All its words: it may have been meant to define any of them. */
  readonly names: ReadonlySet<string>;
  /** The block that follows it, if one does. */
  readonly body: Block | undefined;
}

/** A statement without a block. */
export type PlainLine = FormLine & {
  /** What it does, where that is the same each time; `resolve/` puts it there. */
  resolved?: FormAction;
};

/** Everything that can stand on a line. */
export type Line = PlainLine | IncludeLine | Opener | BrokenLine;

/** A line of one kind. */
export type LineOf<K extends Line["kind"]> = Extract<
  Line,
  { readonly kind: K }
>;

/** One text's tree. */
export interface File {
  /** The text. */
  readonly source: Source;
  /** In the order of the text. */
  readonly lines: readonly Line[];
}

/** A line's text, with its block. */
export function lineText(line: Line): string {
  const { source, start, end } = line.span;
  return source.text.slice(start, bodyEnd(line) ?? end);
}

function bodyEnd(line: Line): number | undefined {
  return "body" in line ? line.body?.span.end : undefined;
}

/** A place from the beginning of a line to the end of its block. */
export function wholeSpan(line: Line): Span {
  const { source, start, end } = line.span;
  return { source, start, end: bodyEnd(line) ?? end };
}
