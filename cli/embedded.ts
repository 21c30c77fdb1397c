/**
 * What the bundle carries along with the program: tools/bundle.ts puts it there.
 *
 * @module
 */
export { pack, unpack } from "../report/pack.ts";

/** Name under which it is, a property of `globalThis`. */
export const EMBEDDED_NAME = "DREGS_EMBEDDED";

/** Long texts, which no start needs. */
export interface EmbeddedTexts {
  /** The catalogue: a JSON object of texts by path, as `pack()` gives it. */
  readonly catalogue: string;
  /** Where rules are cited, as `citationIndex()` of `citations/index.ts` gives it, then `pack()`. */
  readonly citations: string;
  /** The recorder's sources: a JSON object of texts by path, as `pack()` gives it. */
  readonly recorder: string;
  /** The template of reports, as tools/page.ts makes it, then `pack()`. */
  readonly page: string;
}

/** What is carried along. */
export interface Embedded {
  /** The commit of the source; empty where that was not known. */
  readonly commit: string;
  /** What the grammar can go on with, as `DregsParser.writeLookahead()` gives it. */
  readonly lookahead: string;
  /** Long texts; a program in several files reads them from one of these. */
  texts(): Promise<EmbeddedTexts>;
  /** Reads what is in other files than the one that was started, so that no file is read after it. */
  whole(): Promise<void>;
}

/** What is carried along; undefined where the program runs from its source. */
export function embedded(): Embedded | undefined {
  return (globalThis as { [EMBEDDED_NAME]?: Embedded })[EMBEDDED_NAME];
}
