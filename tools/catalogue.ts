/**
 * The texts of the catalogue, for programs that carry it along.
 *
 * @module
 */

/** The catalogue. */
const FOLDER = new URL("../scenarios/", import.meta.url);

/** Texts of all scenarios, by their path in the catalogue. */
export async function scenarioTexts(): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const walk = async (inside: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(inside, FOLDER))) {
      const path = `${inside}${entry.name}`;
      if (entry.isDirectory) await walk(`${path}/`);
      else if (path.endsWith(".dregs")) {
        texts[path] = await Deno.readTextFile(new URL(path, FOLDER));
      }
    }
  };
  await walk("");
  const byPath = Object.entries(texts).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(byPath);
}
