/**
 * Short names of texts, which are the same only if the texts are.
 *
 * @module
 */

/** The first 64 bits of a text's SHA-256, as 16 hexadecimal digits. */
export async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 16);
}
