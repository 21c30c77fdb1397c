/**
 * A world in memory, for tests of the interactive view.
 *
 * @module
 */
import { PLAIN_THEME } from "../dsl/render/theme.ts";
import { memoryHistory } from "./history.ts";
import type { World } from "./world.ts";

/**
 * Makes one.
 *
 * @param files texts by path; what is written goes there
 * @param columns of the page
 */
export function memoryWorld(
  files: Map<string, string> = new Map(),
  columns: () => number = () => 80,
): World {
  return {
    files: {
      read: (path) => files.get(path),
      exists: (path) => files.has(path),
      write: (path, text) => void files.set(path, text),
      completions: (prefix) =>
        [...files.keys()].filter((path) => path.startsWith(prefix)),
    },
    history: memoryHistory(),
    page: () => ({ columns: columns(), theme: PLAIN_THEME }),
    rows: () => undefined,
  };
}
