/**
 * The sources of the recorder, which exported programs carry along.
 *
 * @module
 */
import { textsBesideSource } from "./beside_source.ts";
import { embedded, unpack } from "./embedded.ts";
import type { Io } from "./io.ts";

/** The recorder in a checkout, from the root of the repository. */
const FOLDER = "recorder";

/** Texts of a checkout by their path in the folder. */
export function recorderBesideSource(io: Io): Record<string, string> {
  const files = textsBesideSource(
    io,
    FOLDER,
    (path) => path.endsWith(".c") || path.endsWith(".h"),
  );
  return Object.fromEntries(
    [...files].map(([path, text]) => [path.slice(FOLDER.length + 1), text])
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** Texts by their path in the recorder's folder. */
export async function recorderTexts(
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const carried = embedded();
  const texts = carried === undefined
    ? recorderBesideSource(io)
    : await unpack<Record<string, string>>((await carried.texts()).recorder);
  return new Map(Object.entries(texts));
}
