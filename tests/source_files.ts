/**
 * The files of the working copy that are the project's own.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);

/** Folders that hold what was built, fetched or remembered. */
const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);

/**
 * Every file by its path from the root, `/` between, in order. Folders and
 * files whose name begins with a dot are left out, but for those in `.ci`.
 *
 * @param accept which paths to read
 */
export async function sourceFiles(
  accept: (path: string) => boolean,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  async function visit(folder: string): Promise<void> {
    const entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory, isFile } of entries) {
      const path = folder + name;
      const isHidden = name.startsWith(".") && name !== ".ci";
      if (isHidden || (isDirectory && NOT_OURS.has(name))) continue;
      if (isDirectory) await visit(`${path}/`);
      if (isFile && accept(path)) {
        files.set(path, await Deno.readTextFile(new URL(path, ROOT)));
      }
    }
  }
  await visit("");
  return files;
}
