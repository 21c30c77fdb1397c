/**
 * Files of JSON, a value a line, which an interrupted run goes on from.
 *
 * @module
 */

/** Adds a value. */
export async function appendLine(path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value) + "\n";
  await Deno.writeTextFile(path, text, { append: true });
}

/** All values, none if there is no file; an unfinished last line is left out. */
export async function readLines<T>(path: string): Promise<T[]> {
  let text = "";
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}
