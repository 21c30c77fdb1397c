/**
 * The template of reports: in the program, or beside its source.
 *
 * @module
 */
import { unpack } from "../report/pack.ts";
import { textsBesideSource } from "./beside_source.ts";
import { embedded } from "./embedded.ts";
import type { Io } from "./io.ts";

const FOLDER = "page";

const FILE = "page/template.html";

/** The template in the checkout that the program runs from. */
export function templateBesideSource(io: Io): string {
  return textsBesideSource(io, FOLDER, (path) => path === FILE).get(FILE)!;
}

/** The template. */
export async function pageTemplate(io: Io): Promise<string> {
  const carried = embedded();
  return carried === undefined
    ? templateBesideSource(io)
    : await unpack((await carried.texts()).page);
}
