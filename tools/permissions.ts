/**
 * How the bundle is started, whichever way: what it may do, as the task `dregs`
 * has it, and how V8 is to run it.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };

/** Flags for deno run and deno compile. */
export const PERMISSIONS: readonly string[] = denoConfig.tasks.dregs.command
  .split(" ").filter((word) =>
    word.startsWith("--allow-") || word === "--no-prompt"
  );

/** A start ends before memory of this size is full, so that nothing of it is collected. */
export const V8_FLAGS = "--v8-flags=--min-semi-space-size=16";

/** Flags for `deno run` before the bundle: nothing but the file is looked at. */
export const RUN_FLAGS: readonly string[] = [
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--cached-only",
  V8_FLAGS,
  ...PERMISSIONS,
];
