/**
 * Data as a text that can stand in a program or a page: JSON, deflated, in base64.
 *
 * @module
 */

/** Bytes that become characters at once: an argument each. */
const CHUNK = 0x2000;

/** Packs data. */
export async function pack(data: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(data)]).stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}

/**
 * The data that was packed.
 *
 * @throws {Error} if the text is not what `pack()` gives
 */
export async function unpack<T>(packed: string): Promise<T> {
  const bytes = Uint8Array.from(
    atob(packed.trim()),
    (unit) => unit.charCodeAt(0),
  );
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).json();
}
