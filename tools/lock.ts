/**
 * Writes offline/deno.lock anew: every package of npm that offline/'s import
 * map names, whether or not a module imports it yet.
 *
 * Deno itself writes the part that one command's modules need, so that the
 * tasks use this file frozen.
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
    ...packages,
  ],
}).spawn().status;
Deno.exit(code);
