/**
 * Writes offline/deno.lock anew, with every package of npm that offline/'s
 * import map names, whether or not a module imports it yet:
 * `deno run -A --no-config tools/lock.ts`.
 *
 * Deno itself writes the part that one command's modules need, so that the
 * tasks use this file frozen; and `deno task` looks at the lock before it runs
 * anything, so that this is no task.
 *
 * @module
 */

import importMap from "../offline/import_map.json" with { type: "json" };

const LOCK = "offline/deno.lock";

await Deno.remove(LOCK).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
const packages = Object.values(importMap.imports).filter((specifier) =>
  specifier.startsWith("npm:")
);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "cache",
    "--import-map=offline/import_map.json",
    `--lock=${LOCK}`,
    "--frozen=false",
    ...packages,
  ],
}).spawn().status;
Deno.exit(code);
