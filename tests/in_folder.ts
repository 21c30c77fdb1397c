/**
 * A folder of its own for a test.
 *
 * @module
 */

/** Makes one, and removes it with all that is in it once `use` has ended. */
export async function inFolder(
  use: (folder: string) => Promise<void>,
  options: Deno.MakeTempOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir(options);
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
