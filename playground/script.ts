/**
 * What a text is called, and whether two are the same.
 *
 * @module
 */
import type { Catalogue, Script } from "./messages.ts";

/** What stands after the name of a text that was changed. */
const CHANGED = " (changed)";

/** A script with the line ends of the editor. */
export function asEdited(script: Script): Script {
  return { ...script, text: script.text.replace(/\r\n?/g, "\n") };
}

/** The name of a text that began as a script: it says where the text is not that of the script or of the catalogue. */
export function calledNow(
  { name, text: first }: Script,
  text: string,
  catalogue: Catalogue,
): string {
  const base = name.endsWith(CHANGED) ? name.slice(0, -CHANGED.length) : name;
  const isListed = Object.hasOwn(catalogue, base);
  if (isListed && catalogue[base] === text) return base;
  if (!isListed && first === text) return name;
  return `${base}${CHANGED}`;
}

/** How a script differs from another; undefined if it does not. */
export function difference(
  a: Script,
  b: Script,
): "text" | "kernels" | undefined {
  if (a.text !== b.text) return "text";
  const { length } = a.kernels;
  return length === b.kernels.length &&
      a.kernels.every((one, at) => one === b.kernels[at])
    ? undefined
    : "kernels";
}
