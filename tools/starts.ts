/**
 * What of a program is used by starts of it, as deno's option `--coverage` says.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { printed } from "./deno.ts";

/** Exit statuses of a start that did what it should: a search finds something, or it does not. */
const EXPECTED = [0, 1];

/** Runs a program and writes to a folder which functions it called. */
export async function cover(
  path: string,
  args: readonly string[],
  folder: string,
): Promise<void> {
  await printed([
    "run",
    "-qA",
    "--no-config",
    "--no-lock",
    `--coverage=${folder}`,
    path,
    ...args,
  ], EXPECTED);
}

/** Names of the chunks beside a program that each start loads, in the order of the starts. */
export async function loadedBy(
  path: string,
  starts: readonly (readonly string[])[],
): Promise<Set<string>[]> {
  const url = pathToFileURL(await Deno.realPath(path));
  const loaded: Set<string>[] = [];
  for (const args of starts) {
    const folder = await Deno.makeTempDir();
    await cover(path, args, folder);
    const urls = [...Deno.readDirSync(folder)].map(({ name }) =>
      JSON.parse(Deno.readTextFileSync(`${folder}/${name}`)).url as string
    );
    const base = new URL("./", url).href;
    loaded.push(
      new Set(
        urls.filter((one) => one.startsWith(base)).map((one) =>
          one.slice(base.length).replace(/\.js$/, "")
        ),
      ),
    );
    await Deno.remove(folder, { recursive: true });
  }
  return loaded;
}
