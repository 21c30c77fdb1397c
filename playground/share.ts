/**
 * A script as the fragment of an address: `#v1.…`, its JSON deflated, in base64 for URLs.
 *
 * @module
 */
import type { Script } from "./messages.ts";

/** What a fragment begins with. */
const VERSION = "v1.";

/** Bytes that a fragment may hold once inflated: more is not a scenario. */
export const SHARED_BYTES_MAX = 400_000;

/** Kernels that a fragment may name. */
const KERNELS_MAX = 64;

/** What is wrong with a fragment, for people. */
export class BadFragment extends Error {
  override name = "BadFragment";
}

async function bytesOf(
  stream: ReadableStream<Uint8Array>,
  max: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > max) throw new BadFragment("it is too long");
    parts.push(part);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Writes a script as a fragment, without `#`. */
export async function fragmentOf(script: Script): Promise<string> {
  const stream = new Blob([JSON.stringify(script)]).stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = await bytesOf(stream, Infinity);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return VERSION +
    btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whether something that was read is a script, of a length that a page takes. */
export function isScript(value: unknown): value is Script {
  const { name, text, kernels } = (value ?? {}) as Partial<Script>;
  return typeof name === "string" && name.length < 200 &&
    typeof text === "string" && Array.isArray(kernels) &&
    kernels.length <= KERNELS_MAX &&
    kernels.every((one) => typeof one === "string" && one.length < 200);
}

/**
 * Reads a fragment.
 *
 * @returns undefined if it is not one of a script
 * @throws {BadFragment} it is one, and is spoilt
 */
export async function scriptOf(fragment: string): Promise<Script | undefined> {
  if (!fragment.startsWith(VERSION)) return undefined;
  let value: unknown;
  try {
    const packed = fragment.slice(VERSION.length).replaceAll("-", "+")
      .replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(packed), (unit) => unit.charCodeAt(0));
    const stream = new Blob([bytes]).stream()
      .pipeThrough(new DecompressionStream("deflate-raw"));
    const json = await bytesOf(stream, SHARED_BYTES_MAX);
    value = JSON.parse(new TextDecoder().decode(json));
  } catch (error) {
    if (error instanceof BadFragment) throw error;
    throw new BadFragment("it is not complete");
  }
  if (!isScript(value)) throw new BadFragment("it holds no scenario");
  const { name, text, kernels } = value;
  return { name, text, kernels };
}
