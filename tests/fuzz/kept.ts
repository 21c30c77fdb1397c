/**
 * The small corpus: inputs that failed once, and must not again.
 *
 * @module
 */
import type { Input } from "./surface.ts";

/** Inputs of a surface, of `corpus/SURFACE.json`. */
export async function keptInputs(surface: string): Promise<readonly Input[]> {
  const url = new URL(`corpus/${surface}.json`, import.meta.url);
  try {
    return JSON.parse(await Deno.readTextFile(url));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
