/**
 * What the bundle carries along with the program: tools/bundle.ts puts it there.
 *
 * @module
 */

/** Name under which it is, a property of `globalThis`. */
export const EMBEDDED_NAME = "DREGS_EMBEDDED";

/** What is carried along. */
export interface Embedded {
  /** The commit of the source; empty where that was not known. */
  readonly commit: string;
  /** The catalogue: a JSON object of texts by path, deflated, in base64. */
  readonly catalogue: string;
  /** Where rules are cited, as `citationIndex()` of `citations/index.ts` gives it: JSON, deflated, in base64. */
  readonly citations: string;
  /** The recorder's sources: a JSON object of texts by path, deflated, in base64. */
  readonly recorder: string;
  /** What the grammar can go on with, as `DregsParser.writeLookahead()` gives it. */
  readonly lookahead: string;
}

/** What is carried along; undefined where the program runs from its source. */
export function embedded(): Embedded | undefined {
  return (globalThis as { [EMBEDDED_NAME]?: Embedded })[EMBEDDED_NAME];
}

/** Data as `Embedded` has it: JSON, deflated, in base64. */
export async function pack(data: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(data)]).stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer()).toBase64();
}

/** The data that was packed. */
export async function unpack<T>(packed: string): Promise<T> {
  const stream = new Blob([Uint8Array.fromBase64(packed)]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).json();
}
