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
  /** What the grammar can go on with, as `DregsParser.writeLookahead()` gives it. */
  readonly lookahead: string;
}

/** What is carried along; undefined where the program runs from its source. */
export function embedded(): Embedded | undefined {
  return (globalThis as { [EMBEDDED_NAME]?: Embedded })[EMBEDDED_NAME];
}

/** Texts by path, for `Embedded`. */
export async function pack(
  texts: Readonly<Record<string, string>>,
): Promise<string> {
  const stream = new Blob([JSON.stringify(texts)]).stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer()).toBase64();
}

/** The texts that were packed. */
export async function unpack(
  packed: string,
): Promise<Readonly<Record<string, string>>> {
  const stream = new Blob([Uint8Array.fromBase64(packed)]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).json();
}
