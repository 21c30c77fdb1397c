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

/**
 * A start ends before memory of this size is full, so that nothing of it is collected; and before a function is called
 * so often that V8 compiles it anew with Maglev, which a thread beside it would do for a dozen. A loop that runs long
 * is compiled as before.
 */
export const V8_FLAGS =
  "--v8-flags=--min-semi-space-size=16,--invocation-count-for-maglev=2500";

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
