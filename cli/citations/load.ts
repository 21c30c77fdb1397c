/**
 * The index of citations that the program has: the one that was built into it, or that of its checkout.
 *
 * @module
 */
import { textsBesideSource } from "../beside_source.ts";
import { embedded, unpack } from "../embedded.ts";
import type { Io } from "../io.ts";
import {
  type CitationIndex,
  citationIndex,
  CITING_FOLDERS,
  citingKind,
} from "./index.ts";

/** The index of the checkout that the program runs from. */
export function citationsBesideSource(io: Io): CitationIndex {
  const accepts = (path: string) => citingKind(path) !== undefined;
  return citationIndex(
    new Map(
      CITING_FOLDERS.flatMap((folder) => [
        ...textsBesideSource(io, folder, accepts),
      ]),
    ),
  );
}

/** The index that the program has. */
export async function loadCitations(io: Io): Promise<CitationIndex> {
  const carried = embedded();
  return carried === undefined
    ? citationsBesideSource(io)
    : await unpack<CitationIndex>((await carried.texts()).citations);
}
