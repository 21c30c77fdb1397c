/**
 * Files of the checkout that the program runs from.
 *
 * @module
 */
import type { Io } from "./io.ts";

/** The root of the checkout, as a path that ends in a slash. */
function root(): string {
  const { pathname } = new URL("../", import.meta.url);
  // `/C:/…` is a URL's path of `C:/…`.
  return decodeURIComponent(pathname).replace(/^\/([A-Za-z]:)/, "$1");
}

/**
 * Reads the files below a folder of the checkout, hidden ones and those of hidden folders left out.
 *
 * @param folder from the root of the checkout
 * @param accepts which files, by their path from the root
 * @returns texts by path from the root, in no order
 */
export function textsBesideSource(
  io: Io,
  folder: string,
  accepts: (path: string) => boolean,
): Map<string, string> {
  const base = root();
  const texts = new Map<string, string>();
  const walk = (inside: string): void => {
    for (const { name, isFolder } of io.list(base + inside) ?? []) {
      if (name.startsWith(".")) continue;
      const path = `${inside}/${name}`;
      if (isFolder) walk(path);
      else if (accepts(path)) texts.set(path, io.readFile(base + path));
    }
  };
  walk(folder);
  return texts;
}
