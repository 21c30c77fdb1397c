/**
 * The executable, for benchmarks that start it.
 *
 * @module
 */
import { dependencyFlags } from "../tests/child_deno.ts";

/**
 * Makes the executable, if there is a runtime to make it with: else it would be a script.
 *
 * @param folder where it is to be
 * @returns its path, or nothing
 */
export async function executable(folder: string): Promise<string[]> {
  const compiled = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-qA", "--no-config", "tools/compile.ts"],
      ...dependencyFlags(),
      ...["--outdir", folder],
    ],
    stderr: "inherit",
  }).output();
  if (!compiled.success) throw new Error("the executable is not made");
  const path = `${folder}/dregs`;
  using file = await Deno.open(path);
  const start = new Uint8Array(2);
  await file.read(start);
  return new TextDecoder().decode(start) === "#!" ? [] : [path];
}
