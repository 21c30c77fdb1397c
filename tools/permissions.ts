/**
 * What the program may do, whichever way it is started: as the task `dregs` has
 * it.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };

/** Flags for deno run and deno compile. */
export const PERMISSIONS: readonly string[] = denoConfig.tasks.dregs.command
  .split(" ").filter((word) =>
    word.startsWith("--allow-") || word === "--no-prompt"
  );
