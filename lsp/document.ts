/**
 * An open document: its text, and what is known of it. A large text that must be read as a whole is read in slices, so
 * that requests are answered in between.
 *
 * @module
 */
import type { Reader } from "../dsl/load.ts";
import type { Source, Span } from "../dsl/source.ts";
import {
  type Range,
  TextDocument,
  type TextDocumentContentChangeEvent,
} from "vscode-languageserver-textdocument";
import { analyse, type Analysis, edited } from "./analysis.ts";
import { chunkAt } from "./chunks.ts";

/** How long a slice of reading may take, in milliseconds. */
const SLICE_MS = 8;

/** A place of a chunk, as an offset in the text. */
export interface Place {
  /** Index of the chunk. */
  readonly chunk: number;
  /** What was read for it. */
  readonly source: Source;
  /** The offset in that source. */
  readonly offset: number;
}

/** A text that an editor has open. */
export class OpenDocument {
  readonly #text: TextDocument;
  /** Reads included files. */
  readonly reader: Reader;
  /** Names of the files that were included since the whole text was read. */
  readonly #included = new Set<string>();
  /** Undefined while the text is read anew. */
  #analysis: Analysis | undefined;
  #job: Promise<void> | undefined;
  /** Counts the reasons to begin anew. */
  #turn = 0;

  /**
   * @param name how diagnostics of other files call it, and what included paths are relative to
   * @param reader reads included files
   * @param changed told when there is an analysis of the current text
   */
  constructor(
    readonly uri: string,
    readonly name: string,
    version: number,
    text: string,
    reader: Reader,
    private readonly changed: (document: OpenDocument) => void,
  ) {
    this.reader = {
      ...reader,
      read: (path) => {
        this.#included.add(path);
        return reader.read(path);
      },
    };
    this.#text = TextDocument.create(uri, "dregs", version, text);
    this.reread();
  }

  /** The whole text. */
  get text(): string {
    return this.#text.getText();
  }

  /** The editor's number of the text. */
  get version(): number {
    return this.#text.version;
  }

  /** The text with its positions. */
  get lines(): TextDocument {
    return this.#text;
  }

  /** What is known of the current text; undefined while it is read. */
  get analysis(): Analysis | undefined {
    return this.#analysis;
  }

  /** Applies an editor's changes. */
  update(
    changes: readonly TextDocumentContentChangeEvent[],
    version: number,
  ): void {
    for (const change of changes) {
      const isWhole = !("range" in change);
      const start = isWhole ? 0 : this.#text.offsetAt(change.range.start);
      const end = isWhole
        ? this.text.length
        : this.#text.offsetAt(change.range.end);
      TextDocument.update(this.#text, [change], version);
      this.#analysis &&= isWhole ? undefined : edited(
        this.#analysis,
        // A range may be given from its end to its start.
        {
          start: Math.min(start, end),
          end: Math.max(start, end),
          text: change.text,
        },
        this.name,
        this.reader,
      );
    }
    if (this.#analysis) this.changed(this);
    else this.reread();
  }

  /** Reads the whole text anew: it has changed, or an included file has. */
  reread(): void {
    this.#analysis = undefined;
    this.#included.clear();
    this.#job = this.#read(++this.#turn);
  }

  /** Whether the text includes a file, as far as it has been read. */
  includes(path: string): boolean {
    return this.#included.has(path);
  }

  /** What is known of the text, when it has been read. */
  async ready(): Promise<Analysis> {
    while (!this.#analysis) await this.#job;
    return this.#analysis;
  }

  /** Stops reading: the document was closed. */
  close(): void {
    this.#turn++;
    this.#analysis ??= { chunks: [], starts: [], checks: [], base: undefined };
  }

  async #read(turn: number): Promise<void> {
    const steps = analyse({ name: this.name, text: this.text }, this.reader);
    let until = performance.now() + SLICE_MS;
    for (;;) {
      const step = steps.next();
      if (step.done) {
        this.#analysis = step.value;
        // Those that wait for the analysis get it before listeners hear of it.
        await Promise.resolve();
        this.changed(this);
        return;
      }
      if (performance.now() < until) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      // An edit came: another reading has begun, or none is needed.
      if (turn !== this.#turn || this.#analysis) return;
      until = performance.now() + SLICE_MS;
    }
  }
}

/** Where an offset of the text is. */
export function placeAt({ chunks, starts }: Analysis, offset: number): Place {
  const chunk = chunkAt(starts, offset);
  const { source, origin } = chunks[chunk];
  return { chunk, source, offset: offset - starts[chunk] + origin };
}

/** An offset of the text from one in the source of a chunk. */
export function offsetOf(
  { chunks, starts }: Analysis,
  chunk: number,
  offset: number,
): number {
  return offset - chunks[chunk].origin + starts[chunk];
}

/** The range of a span in a chunk. */
export function rangeOf(
  { lines }: OpenDocument,
  analysis: Analysis,
  chunk: number,
  { start, end }: Span,
): Range {
  return {
    start: lines.positionAt(offsetOf(analysis, chunk, start)),
    end: lines.positionAt(offsetOf(analysis, chunk, end)),
  };
}
